//! Tickets and one another: links, incidents, merging, splitting.

use std::collections::BTreeSet;

use axum::extract::Path;
use axum::response::Response;
use watchdesk_core::command::{Command, RetestOutcome, Unit, Words};
use watchdesk_core::ids::{MessageId, TicketId};
use watchdesk_core::ticket::LinkKind;

use super::forms::{Sent, other};
use super::side::is_made_by_hand;
use crate::input::{Line, Prose, Wrong};
use crate::pages::answer::Said;
use crate::pages::visit::{Form, fresh};
use crate::problem::Problem;

pub(in crate::pages) async fn link(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let sent = Sent::of(form, number, "links").await?;
    let unit = linked(&sent).await.map(|(to, kind)| Unit::ticket(sent.id(), Command::Link { to, kind }));
    sent.execute(unit, Said::Linked).await
}

pub(in crate::pages) async fn unlink(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let sent = Sent::of(form, number, "links/removal").await?;
    let unit = linked(&sent).await.map(|(to, kind)| Unit::ticket(sent.id(), Command::Unlink { to, kind }));
    sent.execute(unit, Said::Unlinked).await
}

/// Which ticket, and how.
async fn linked(sent: &Sent) -> Result<(TicketId, LinkKind), Problem> {
    let mut reading = sent.reading();
    let kind: Option<LinkKind> = reading.required("kind");
    let number = reading.ticket_number("number");
    if kind.is_some_and(|kind| !is_made_by_hand(kind)) {
        reading.wrong("kind", Wrong::NoneOf(&["related", "parent", "child", "duplicate"]));
    }
    let (kind, number) = reading.finish(kind.zip(number))?;
    Ok((other(&sent.visit, "number", number).await?, kind))
}

pub(in crate::pages) async fn link_incident(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let sent = Sent::of(form, number, "incidents").await?;
    let command = reference(&sent).map(|reference| Command::LinkIncident { reference });
    let unit = command.map(|command| Unit::ticket(sent.id(), command));
    sent.execute(unit, Said::Linked).await
}

pub(in crate::pages) async fn unlink_incident(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let sent = Sent::of(form, number, "incidents/removal").await?;
    let command = reference(&sent).map(|reference| Command::UnlinkIncident { reference });
    let unit = command.map(|command| Unit::ticket(sent.id(), command));
    sent.execute(unit, Said::Unlinked).await
}

/// After the end of an incident somebody tried again.
pub(in crate::pages) async fn retest(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let sent = Sent::of(form, number, "retest").await?;
    let mut reading = sent.reading();
    let reference: Option<Line> = reading.required("reference");
    let outcome: Option<RetestOutcome> = reading.required("outcome");
    let words = reading.optional::<Prose>("body").map(|body| Words::text(fresh(), body.0));
    let command = reading.finish(reference.zip(outcome)).map(|(reference, outcome)| Command::Retest {
        reference: reference.0,
        outcome,
        words,
    });
    let unit = command.map(|command| Unit::ticket(sent.id(), command));
    sent.execute(unit, Said::Retested).await
}

fn reference(sent: &Sent) -> Result<String, Problem> {
    let mut reading = sent.reading();
    let reference: Option<Line> = reading.required("reference");
    reading.finish(reference).map(|reference| reference.0)
}

pub(in crate::pages) async fn merge(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let sent = Sent::of(form, number, "merge").await?;
    let unit = into(&sent).await.map(|into| Unit::ticket(sent.id(), Command::Merge { into }));
    sent.execute(unit, Said::Merged).await
}

async fn into(sent: &Sent) -> Result<TicketId, Problem> {
    let mut reading = sent.reading();
    let number = reading.ticket_number("into");
    let number = reading.finish(number)?;
    other(&sent.visit, "into", number).await
}

pub(in crate::pages) async fn unmerge(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let sent = Sent::of(form, number, "unmerge").await?;
    let unit = sent.reading().finish(Some(())).map(|()| Unit::ticket(sent.id(), Command::Unmerge));
    sent.execute(unit, Said::Unmerged).await
}

pub(in crate::pages) async fn split(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let sent = Sent::of(form, number, "split").await?;
    let mut reading = sent.reading();
    let messages: BTreeSet<MessageId> = reading.all("messages").into_iter().collect();
    let subject: Option<Line> = reading.required("subject");
    let unit = reading.finish(subject).map(|subject| {
        let into = fresh();
        Unit::ticket(sent.id(), Command::Split { messages, into, subject: subject.0 })
    });
    sent.execute(unit, Said::Split).await
}
