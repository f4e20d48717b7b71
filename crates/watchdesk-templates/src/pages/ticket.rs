//! The ticket page: where most of the work is done.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::shell::{Choice, Countdown, Person, Refused, Shell};
use super::ticket_case::{CaseBox, EscalationForm};
use super::ticket_samples;
use super::ticket_timeline::Entry;
use crate::page::Page;

/// `GET /tickets/{number}`.
#[derive(Debug, Clone, Serialize)]
pub struct TicketPage {
    pub shell: Shell,
    pub ticket: TicketHead,
    pub clocks: Vec<Clock>,
    /// Oldest first.
    pub timeline: Vec<Entry>,
    /// Leads to what came before the first entry shown.
    pub earlier: Option<String>,
    /// None while nobody knows whose ticket it is.
    pub customer: Option<CustomerCard>,
    pub requester: Option<RequesterCard>,
    /// The services this customer has; the ticket's own first.
    pub services: Vec<ServiceHealth>,
    /// The case with the operator: the open one, else the last one.
    pub case: Option<CaseBox>,
    /// Present when `actions.escalate`.
    pub escalation: Option<EscalationForm>,
    pub links: Vec<LinkedTicket>,
    pub actions: Actions,
    pub choices: TicketChoices,
    pub refused: Option<Refused>,
}

/// An incident at the operator's beside a ticket.
#[derive(Debug, Clone, Serialize)]
pub struct TicketIncident {
    pub reference: String,
    pub title: String,
    /// `open`, `retest` (over, and somebody has to try again), `over`.
    pub state: String,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Serialize)]
pub struct TicketHead {
    pub number: i64,
    /// Sent back by every form; another one means that somebody was quicker.
    pub version: i64,
    pub subject: String,
    pub state: String,
    pub severity: Option<String>,
    /// `mail`, `phone`, `web`, `api`.
    pub channel: String,
    pub opened_at: DateTime<Utc>,
    pub category: Option<Choice>,
    pub service: Option<Choice>,
    pub owner: Option<Person>,
    pub team: Option<Choice>,
    pub tags: Vec<String>,
    /// Colleagues who are told.
    pub watchers: Vec<Person>,
    /// References of the operator's incidents that explain this ticket.
    pub incidents: Vec<TicketIncident>,
    /// Open incidents of its service that nobody has linked: is it one of these?
    pub offered_incidents: Vec<TicketIncident>,
    /// The desk's own name for where the ticket stands, in words.
    pub label: Option<String>,
    /// Custom fields: the field's name and its value.
    pub custom_fields: Vec<Choice>,
    pub snoozed_until: Option<DateTime<Utc>>,
    /// While waiting for the customer: until when.
    pub waiting_until: Option<DateTime<Utc>>,
    /// `solved`, `spam`, `withdrawn`, `duplicate`, `imported`, once closed.
    pub closing_reason: Option<String>,
    pub merged_into: Option<i64>,
    /// Resolved, and the customer's answer reopens it until then.
    pub reopens_until: Option<DateTime<Utc>>,
    /// Came from an import: no clocks, no answers.
    pub imported: bool,
}

/// One clock of a ticket or of its case.
#[derive(Debug, Clone, Serialize)]
pub struct Clock {
    /// `first_response`, `next_response`, `resolution`, ... as SLA.md names them.
    pub objective: String,
    pub countdown: Countdown,
    /// Share of the target that is used, 0 to 100.
    pub used_percent: i64,
    pub target_s: i64,
    /// It was missed, whatever it is now.
    pub missed_at: Option<DateTime<Utc>>,
    /// Names it in forms: `clocks/{id}/excuse`.
    pub id: String,
    /// An excuse that stands.
    pub excuse: Option<ClockExcuse>,
    /// It was missed, and the reader may excuse it.
    pub may_excuse: bool,
    /// A step of its ladder that waits for somebody to have seen it.
    pub call: Option<ClockCall>,
}

#[derive(Debug, Clone, Serialize)]
pub struct ClockExcuse {
    pub by: String,
    pub at: DateTime<Utc>,
    pub reason: String,
    pub may_revoke: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct ClockCall {
    /// 1 is the first step.
    pub step: u32,
    /// Then the next level is called; none before the notice is delivered.
    pub until: Option<DateTime<Utc>>,
    pub may_acknowledge: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct CustomerCard {
    pub id: String,
    pub name: String,
    /// The contract's tier, in words.
    pub tier: Option<String>,
    pub contract_until: Option<NaiveDate>,
    pub language: String,
    pub domains: Vec<String>,
    /// `granted`, `withdrawn`, `unknown`.
    pub delegated_admin: String,
    pub open_tickets: i64,
    pub note: String,
    /// Those that are suspended, who loses his data first in front.
    pub suspended: Vec<Subscription>,
    /// The others, as far as they are in order or not.
    pub subscriptions: Vec<Subscription>,
    pub portals: Vec<PortalLink>,
    /// Names of portals that nobody of the desk gets into since delegated admin was withdrawn.
    pub closed_portals: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Subscription {
    pub id: String,
    pub version: i64,
    pub name: String,
    /// The operator's own.
    pub operator_id: String,
    pub quantity: Option<i64>,
    /// `active`, `pending`, `suspended`, `deleted`, `none`, or `other`.
    pub status: String,
    /// The operator's own word, for `other`.
    pub status_words: String,
    pub suspended_since: Option<DateTime<Utc>>,
    pub countdown: Option<DataCountdown>,
    pub commitment_end: Option<NaiveDate>,
    /// Portals that are about this one.
    pub portals: Vec<PortalLink>,
}

/// What a suspended subscription has left.
#[derive(Debug, Clone, Serialize)]
pub struct DataCountdown {
    pub data_lost_at: DateTime<Utc>,
    pub days_left: i64,
    /// `early`, `soon`, `urgent`, `over`.
    pub warning: String,
}

/// A deep link to the operator's portals; `href` comes from configuration.
#[derive(Debug, Clone, Serialize)]
pub struct PortalLink {
    pub label: String,
    pub href: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct RequesterCard {
    pub name: String,
    pub email: String,
    pub phone: String,
    /// Known as a contact of the customer, or a stranger?
    pub known: bool,
    pub bounced: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct ServiceHealth {
    pub slug: String,
    pub name: String,
    /// `healthy`, `degraded`, `down`, `unknown`.
    pub health: String,
    /// In words.
    pub status: String,
    pub note: String,
    pub checked_at: Option<DateTime<Utc>>,
    pub stale: bool,
    pub incident: Option<String>,
    /// The service this ticket is about.
    pub affected: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct LinkedTicket {
    pub number: i64,
    pub subject: String,
    pub state: String,
    /// `parent`, `child`, `related`, `duplicate`, `follow_up_of`, `followed_up_by`,
    /// `split_from`, `split_into`.
    pub kind: String,
    /// May this link be taken away?
    pub removable: bool,
}

/// What this reader may do with this ticket as it is now. Everything else is not offered.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Actions {
    pub triage: bool,
    pub reply: bool,
    /// A reply that waits for the customer.
    pub ask: bool,
    pub resolve: bool,
    pub note: bool,
    pub call: bool,
    pub change: bool,
    pub assign: bool,
    pub snooze: bool,
    pub wake: bool,
    pub link: bool,
    pub link_incident: bool,
    pub retest: bool,
    pub escalate: bool,
    pub merge: bool,
    pub unmerge: bool,
    pub split: bool,
    pub reopen: bool,
    /// Slugs of the reasons allowed; empty: closing is not offered.
    pub close: Vec<String>,
    /// A closed ticket offers a new one that follows it.
    pub follow_up: bool,
    /// Correct the customer: the sender was not recognised, or wrongly.
    pub set_customer: bool,
    /// Health of the service may be recorded from here.
    pub set_health: bool,
}

/// What the selects of the forms offer.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TicketChoices {
    pub categories: Vec<Choice>,
    pub services: Vec<Choice>,
    /// Slugs of severities that contract and category allow.
    pub severities: Vec<String>,
    pub owners: Vec<Choice>,
    pub teams: Vec<Choice>,
    pub customers: Vec<Choice>,
    pub health_statuses: Vec<Choice>,
}

impl Page for TicketPage {
    const TEMPLATE: &'static str = "pages/ticket.html";
}

impl TicketPage {
    pub fn samples() -> Vec<(&'static str, Self)> {
        ticket_samples::all()
    }
}
