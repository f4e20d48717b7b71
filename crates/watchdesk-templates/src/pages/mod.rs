//! The pages of the desk: one typed context per page, each with samples.
//!
//! Words live in `catalogues/pages.*.toml`, marks in `templates/pages/*.html`;
//! here is only what a handler has to know. Small closed sets are lowercase
//! slugs (`open`, `first_response`); the catalogues hold their names.

mod acknowledge;
mod cases;
mod customers;
mod entry;
mod escalations;
mod forecast;
mod import;
mod incidents;
mod mail;
mod new_ticket;
mod operator_mail;
mod people;
mod queue;
mod remediation;
mod reports;
mod resolution;
mod rotas;
mod samples;
mod search;
mod services;
mod shell;
mod synchronisations;
mod templates;
mod ticket;
mod ticket_case;
mod ticket_case_samples;
mod ticket_clocks;
mod ticket_samples;
mod ticket_timeline;

#[cfg(test)]
mod tests;

pub use acknowledge::{AcknowledgePage, AcknowledgeStanding};
pub use cases::{CaseRow, CasesPage};
pub use customers::{
    ContactRow, ContractMeasured, ContractRow, CustomerDetail, CustomerPage, CustomerRights, CustomerRow,
    CustomersPage, DomainRow,
};
pub use entry::{ErrorPage, Outside, SignInFailure, SignInPage, SignedOutPage, WelcomeError, WelcomePage};
pub use escalations::{
    EscalationFigures, EscalationFilter, EscalationMonth, EscalationPart, EscalationPeriod, EscalationRow,
    EscalationTime, EscalationsPage, UnlearnedCase, UnlearnedTicket,
};
pub use forecast::{ForecastLine, ForecastPace, ForecastPage, ForecastTicket, SuspendedLine};
pub use import::{ImportFault, ImportPage, ImportedLine};
pub use incidents::{IncidentPage, IncidentPost, IncidentRow, IncidentTicket, IncidentsPage};
pub use mail::{HeldMail, MailPage, MailboxRow, MailboxesPage};
pub use new_ticket::NewTicketPage;
pub use operator_mail::{CaseChoice, OperatorMailPage, WaitingMail};
pub use people::{PeoplePage, PersonRow};
pub use queue::{QueueChoices, QueueFilters, QueuePage, QueueRow, QueueSummary};
pub use remediation::{RemediationCase, RemediationLesson, RemediationMeasure, RemediationPage, RemediationTable};
pub use reports::{ReportBar, ReportPage, ReportRow, ReportUsed};
pub use resolution::{ResolutionPage, ResolutionRow};
pub use rotas::{RotaCard, RotaDay, RotaGapLine, RotaLevel, RotaPerson, RotaShift, RotasPage, SHIFTS_LISTED_MAX};
pub use search::SearchPage;
pub use services::{CustomerHealth, ServiceRow, ServicesPage};
pub use shell::{Choice, Countdown, Counts, Flash, FlashKind, Level, Nav, NavRights, Person, Reader, Refused, Shell};
pub use synchronisations::{SynchronisationChange, SynchronisationRun, SynchronisationsPage, SynchronisedValue};
pub use templates::{CATALOGUES, TEMPLATES};
pub use ticket::{
    Actions, Clock, ClockCall, ClockExcuse, CustomerCard, DataCountdown, LinkedTicket, PortalLink, RequesterCard,
    ServiceHealth, Subscription, TicketChoices, TicketHead, TicketIncident, TicketPage,
};
pub use ticket_case::{
    CaseActions, CaseBox, CaseLesson, CaseTicket, CaseWord, Disclosed, EscalationForm, Evidence, FileChoice, GateItem,
    IncidentNote, Keepable, Packet, PacketField, PacketFile, PacketPart,
};
pub use ticket_clocks::TicketClocksPage;
pub use ticket_timeline::{Attachment, Delivery, Entry, EventKind, EventLine, Message, Voice};

use crate::page::Page;

/// Something that wants to see every sample of every page: tests, `watchdesk check`.
pub trait SampleVisitor {
    fn visit<P: Page>(&mut self, name: &str, page: &P);
}

/// Shows every sample of every page to `visitor`.
pub fn visit_samples(visitor: &mut impl SampleVisitor) {
    visit_all(visitor, SignInPage::samples());
    visit_all(visitor, WelcomePage::samples());
    visit_all(visitor, SignedOutPage::samples());
    visit_all(visitor, ErrorPage::samples());
    visit_all(visitor, QueuePage::samples());
    visit_all(visitor, TicketPage::samples());
    visit_all(visitor, NewTicketPage::samples());
    visit_all(visitor, CustomersPage::samples());
    visit_all(visitor, CustomerPage::samples());
    visit_all(visitor, ImportPage::samples());
    visit_all(visitor, SynchronisationsPage::samples());
    visit_all(visitor, ServicesPage::samples());
    visit_all(visitor, MailPage::samples());
    visit_all(visitor, OperatorMailPage::samples());
    visit_all(visitor, CasesPage::samples());
    visit_all(visitor, ResolutionPage::samples());
    visit_all(visitor, IncidentsPage::samples());
    visit_all(visitor, IncidentPage::samples());
    visit_all(visitor, MailboxesPage::samples());
    visit_all(visitor, PeoplePage::samples());
    visit_all(visitor, SearchPage::samples());
    visit_all(visitor, TicketClocksPage::samples());
    visit_all(visitor, ReportPage::samples());
    visit_all(visitor, ForecastPage::samples());
    visit_all(visitor, EscalationsPage::samples());
    visit_all(visitor, RemediationPage::samples());
    visit_all(visitor, RotasPage::samples());
    visit_all(visitor, AcknowledgePage::samples());
}

fn visit_all<P: Page>(visitor: &mut impl SampleVisitor, samples: Vec<(&'static str, P)>) {
    for (name, page) in &samples {
        visitor.visit(name, page);
    }
}

/// Every kind of event line, so that a test can ask the catalogues for each.
pub fn event_kinds() -> &'static [EventKind] {
    EventKind::ALL
}
