//! Working on a ticket: triage, answers, notes, calls, fields, assignment, health, snooze, end.

use std::collections::BTreeSet;

use axum::extract::Path;
use axum::response::Response;
use uuid::Uuid;
use watchdesk_core::command::{Assignment, CloseReason, Command, FieldChanges, Then, Unit};
use watchdesk_core::facts::HealthStatus;
use watchdesk_core::ids::{AgentId, CustomerId, MessageId, Slug, TeamId};
use watchdesk_core::rights::Verb;
use watchdesk_core::tell;
use watchdesk_core::ticket::{Severity, Ticket};
use watchdesk_store::desk::{self, Health};
use watchdesk_store::{PAGE_ITEMS_MAX, outbox};

use super::forms::{Sent, words};
use super::timeline::carried;
use crate::input::{Email, Line, Prose, Wrong, choices};
use crate::pages::answer::Said;
use crate::pages::reading::Reading;
use crate::pages::upload;
use crate::pages::visit::{Form, UploadForm, Visit};
use crate::problem::Problem;

pub(in crate::pages) async fn triage(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let sent = Sent::of(form, number, "triage").await?;
    let mut reading = sent.reading();
    let category: Option<Slug> = reading.required("category");
    let service = reading.optional("service");
    let severity: Option<Severity> = reading.required("severity");
    let owner = owner(&mut reading, &sent.visit).flatten().map(Some);
    let team = reading.optional::<TeamId>("team").map(Some);
    let unit = reading.finish(category.zip(severity)).map(|(category, severity)| {
        let assignment = Assignment { owner, team };
        Unit::ticket(sent.id(), Command::Triage { category, service, severity, assignment })
    });
    sent.execute(unit, Said::Triaged).await
}

/// `me`, an id, or nobody; none where the form does not ask.
fn owner(reading: &mut Reading<'_>, visit: &Visit) -> Option<Option<AgentId>> {
    if reading.filled("owner") == Some("me") {
        return Some(Some(visit.agent.id));
    }
    reading.sent("owner")
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AndThen {
    Stay,
    Wait,
    Resolve,
}

choices! {
    AndThen { "stay" => AndThen::Stay, "wait" => AndThen::Wait, "resolve" => AndThen::Resolve }
}

pub(in crate::pages) async fn reply(
    Path(number): Path<i64>,
    UploadForm { visit, fields, files }: UploadForm,
) -> Result<Response, Problem> {
    let sent = Sent::with_fields(visit, fields, number, "replies").await?;
    let mut reading = sent.reading();
    let body = reading.optional::<Prose>("body").unwrap_or_default();
    let then = reading.optional("then").unwrap_or(AndThen::Stay);
    let until = reading.moment("until");
    if tell::is_unfinished(&body.0) {
        reading.wrong("body", Wrong::Said(sent.visit.say("tell.unfinished", &[])));
    }
    let cc: BTreeSet<String> = reading.listed::<Email>("cc").into_iter().map(|email| email.0).collect();
    if let Err(problem) = reading.finish(Some(())) {
        return sent.execute(Err(problem), Said::Sent).await;
    }
    let attachments = keep(&sent, files).await?;
    let mut words = words(body.0, attachments);
    words.cc = cc.into_iter().collect();
    let (command, said) = match then {
        AndThen::Stay => (Command::Reply { words, then: Then::Stay }, Said::Sent),
        AndThen::Wait => (Command::Reply { words, then: Then::Wait { until } }, Said::SentAndWaits),
        AndThen::Resolve => (Command::Resolve { words }, Said::Resolved),
    };
    let unit = Unit::ticket(sent.id(), command);
    sent.execute(Ok(unit), said).await
}

/// Nobody leaves files with a ticket that he may only read.
async fn keep(sent: &Sent, files: Vec<upload::File>) -> Result<Vec<watchdesk_core::ids::AttachmentId>, Problem> {
    if !sent.visit.may_with(Verb::WorkTicket, &sent.subject.record.ticket) {
        return Ok(Vec::new());
    }
    upload::keep(&sent.visit.app, sent.visit.rights().reference(), files).await
}

pub(in crate::pages) async fn note(
    Path(number): Path<i64>,
    UploadForm { visit, fields, files }: UploadForm,
) -> Result<Response, Problem> {
    let sent = Sent::with_fields(visit, fields, number, "notes").await?;
    let mut reading = sent.reading();
    let body = reading.optional::<Prose>("body").unwrap_or_default();
    if let Err(problem) = reading.finish(Some(())) {
        return sent.execute(Err(problem), Said::Noted).await;
    }
    let words = words(body.0, keep(&sent, files).await?);
    let unit = Unit::ticket(sent.id(), Command::Note { words });
    sent.execute(Ok(unit), Said::Noted).await
}

pub(in crate::pages) async fn log_call(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let sent = Sent::of(form, number, "calls").await?;
    let mut reading = sent.reading();
    let direction = reading.required("direction");
    let at = reading.moment("at").unwrap_or(sent.visit.now);
    let body = reading.optional::<Prose>("body").unwrap_or_default();
    let unit = reading
        .finish(direction)
        .map(|direction| Unit::ticket(sent.id(), Command::LogCall { words: words(body.0, Vec::new()), direction, at }));
    sent.execute(unit, Said::CallLogged).await
}

pub(in crate::pages) async fn assign(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let sent = Sent::of(form, number, "assignment").await?;
    let mut reading = sent.reading();
    let assignment = Assignment { owner: owner(&mut reading, &sent.visit), team: reading.sent("team") };
    let unit = reading.finish(Some(())).map(|()| Unit::ticket(sent.id(), Command::Assign(assignment)));
    sent.execute(unit, Said::Assigned).await
}

pub(in crate::pages) async fn change(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let sent = Sent::of(form, number, "fields").await?;
    let mut reading = sent.reading();
    let changes = changes(&mut reading, &sent.subject.record.ticket, &sent.subject.record.words.subject);
    let unit = reading.finish(Some(())).map(|()| Unit::ticket(sent.id(), Command::Change(Box::new(changes))));
    sent.execute(unit, Said::Saved).await
}

/// Only what is other than it was.
fn changes(reading: &mut Reading<'_>, ticket: &Ticket, subject: &str) -> FieldChanges {
    let tags: BTreeSet<String> = reading.listed::<Line>("tags").into_iter().map(|tag| tag.0).collect();
    let watchers: BTreeSet<AgentId> = reading.all("watchers").into_iter().collect();
    FieldChanges {
        subject: reading.optional::<Line>("subject").map(|line| line.0).filter(|line| line != subject),
        severity: reading.optional("severity").filter(|severity| Some(*severity) != ticket.severity),
        category: reading.optional("category").filter(|category| Some(category) != ticket.category.as_ref()),
        service: reading.sent::<Slug>("service").filter(|service| *service != ticket.service),
        customer: reading.sent::<CustomerId>("customer").filter(|customer| *customer != ticket.customer),
        tags: Some(tags).filter(|tags| *tags != ticket.tags),
        watchers: Some(watchers).filter(|watchers| *watchers != ticket.watchers),
        label: None,
        custom_fields: None,
    }
}

pub(in crate::pages) async fn snooze(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let sent = Sent::of(form, number, "snooze").await?;
    let mut reading = sent.reading();
    let until = reading.required_moment("until");
    let unit = reading.finish(until).map(|until| Unit::ticket(sent.id(), Command::Snooze { until }));
    sent.execute(unit, Said::Snoozed).await
}

pub(in crate::pages) async fn wake(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let sent = Sent::of(form, number, "waking").await?;
    let unit = sent.reading().finish(Some(())).map(|()| Unit::ticket(sent.id(), Command::Wake));
    sent.execute(unit, Said::Woken).await
}

pub(in crate::pages) async fn reopen(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let sent = Sent::of(form, number, "reopening").await?;
    let mut reading = sent.reading();
    let words = reading.optional::<Prose>("body").map(|body| words(body.0, Vec::new()));
    let unit = reading.finish(Some(())).map(|()| Unit::ticket(sent.id(), Command::Reopen { words }));
    sent.execute(unit, Said::Reopened).await
}

pub(in crate::pages) async fn close(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let sent = Sent::of(form, number, "closing").await?;
    let mut reading = sent.reading();
    let reason: Option<CloseReason> = reading.required("reason");
    let unit = reading.finish(reason).map(|reason| Unit::ticket(sent.id(), Command::Close { reason }));
    sent.execute(unit, Said::Closed).await
}

/// Health of the ticket's service, for everybody or for its customer only.
pub(in crate::pages) async fn set_health(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let sent = Sent::of(form, number, "health").await?;
    let result = record_health(&sent).await;
    sent.answer(result, Said::HealthRecorded).await
}

async fn record_health(sent: &Sent) -> Result<(), Problem> {
    sent.visit.must_be_allowed(Verb::SetHealth)?;
    let ticket = &sent.subject.record.ticket;
    let mut reading = sent.reading();
    let report = Report::read(&mut reading);
    let only = reading.checked("customer_only");
    let service = ticket.service.clone();
    if service.is_none() {
        reading.wrong("status", Wrong::NoSuch);
    }
    let (report, service) = reading.finish(report.zip(service))?;
    let customer = ticket.customer.filter(|_| only);
    sent.visit.record("health.recorded", &service).await?;
    desk::set_health(&sent.visit.app.store, &report.health(&sent.visit, service, customer)).await?;
    Ok(())
}

/// What somebody saw when he looked at a service.
pub(in crate::pages) struct Report {
    status: HealthStatus,
    note: String,
    incident: Option<String>,
}

impl Report {
    /// An outage needs a word about what is wrong.
    pub fn read(reading: &mut Reading<'_>) -> Option<Self> {
        let status: Option<HealthStatus> = reading.required("status");
        let note = reading.optional::<Prose>("note").unwrap_or_default().0;
        let incident = reading.optional::<Line>("incident").map(|line| line.0);
        if status.is_some_and(HealthStatus::is_open_outage) && note.trim().is_empty() {
            reading.wrong("note", Wrong::Missing);
        }
        status.map(|status| Self { status, note, incident })
    }

    pub fn health(self, visit: &Visit, service: Slug, customer: Option<CustomerId>) -> Health {
        Health {
            service,
            customer,
            status: self.status,
            note: self.note,
            incident: self.incident,
            checked_at: visit.now,
            checked_by: Some(visit.agent.id),
        }
    }
}

/// A mail that was given up is sent again, with the same identity.
pub(in crate::pages) async fn resend(
    Path((number, message)): Path<(i64, Uuid)>,
    form: Form,
) -> Result<Response, Problem> {
    let sent = Sent::of(form, number, "resending").await?;
    if !sent.visit.may_with(Verb::WorkTicket, &sent.subject.record.ticket) {
        return Err(crate::problem::not_allowed(sent.visit.rights()));
    }
    let store = &sent.visit.app.store;
    let mut resent = false;
    for row in outbox::latest_of_ticket(store, sent.id(), PAGE_ITEMS_MAX).await? {
        if carried(&row.notice) == Some(MessageId(message)) {
            resent |= outbox::resend(store, row.id, sent.visit.now).await?;
        }
    }
    let said = if resent { Said::Resending } else { Said::NothingToResend };
    Ok(sent.visit.done(&sent.subject.path(), said))
}
