//! What customer and desk say to each other, and what a word does to the state.

use crate::Instant;
use crate::command::{CallDirection, CloseReason, Then, Words};
use crate::decide::work::{BODY_CHARS_MAX, Work};
use crate::decide::{back, cases, notices, opening};
use crate::decision::Author;
use crate::effect::Notice;
use crate::event::{ActorRef, EventKind, MessageKind};
use crate::ids::{ContactId, MessageId, TicketId};
use crate::mail::takes_customer_message;
use crate::refusal::Because;
use crate::ticket::{Closing, Link, LinkKind, State, StateKind};

fn said(words: &Words) -> Result<(), Because> {
    if words.is_empty() {
        return Err(Because::NothingSaid);
    }
    if words.body.len() > BODY_CHARS_MAX {
        return Err(Because::TooMany { what: "characters", max: BODY_CHARS_MAX });
    }
    Ok(())
}

/// A public word of the staff; answers its event's number.
fn speak(work: &mut Work<'_>, id: TicketId, words: &Words) -> Result<i64, Because> {
    said(words)?;
    let kind = EventKind::MessageAdded { message: words.id, kind: MessageKind::Public, contact: None };
    let seq = work.emit(id, kind)?;
    work.say(id, MessageKind::Public, work.author(), work.now, words);
    Ok(seq)
}

pub(super) fn reply(work: &mut Work<'_>, id: TicketId, words: &Words, then: Then) -> Result<(), Because> {
    let seq = speak(work, id, words)?;
    notices::requester(work, id, seq, Notice::Reply { message: words.id });
    match then {
        Then::Stay => Ok(()),
        Then::Wait { until } => {
            let until = until.map(crate::whole_seconds);
            if until.is_some_and(|until| until <= work.now) {
                return Err(Because::InThePast);
            }
            let now = work.now;
            work.move_to(id, now, State::Waiting { until })
        }
    }
}

pub(super) fn note(work: &mut Work<'_>, id: TicketId, words: &Words) -> Result<(), Because> {
    said(words)?;
    work.emit(id, EventKind::MessageAdded { message: words.id, kind: MessageKind::Note, contact: None })?;
    work.say(id, MessageKind::Note, work.author(), work.now, words);
    Ok(())
}

/// The customer was spoken to; what was said is kept as a note.
pub(super) fn log_call(
    work: &mut Work<'_>,
    id: TicketId,
    words: &Words,
    direction: CallDirection,
    at: Instant,
) -> Result<(), Because> {
    said(words)?;
    let at = work.fact_time(id, at)?;
    work.emit_at(id, at, EventKind::CallLogged { message: words.id, direction })?;
    work.say(id, MessageKind::Note, work.author(), at, words);
    Ok(())
}

pub(super) fn link(work: &mut Work<'_>, id: TicketId, to: TicketId, kind: LinkKind) -> Result<(), Because> {
    if id == to {
        return Err(Because::WithItself);
    }
    work.authorize_ticket(to, crate::lifecycle::TicketAction::Link)?;
    if work.ticket(id)?.links.contains(&Link { kind, to }) {
        return Err(Because::AlreadyLinked);
    }
    opening::link_both(work, id, to, kind)
}

pub(super) fn unlink(work: &mut Work<'_>, id: TicketId, to: TicketId, kind: LinkKind) -> Result<(), Because> {
    let here = Link { kind, to };
    let there = Link { kind: kind.reverse(), to: id };
    if !work.ticket(id)?.links.contains(&here) {
        return Err(Because::NotLinked);
    }
    work.emit(id, EventKind::Unlinked(here))?;
    if work.ticket(to).is_ok_and(|ticket| ticket.links.contains(&there)) {
        work.emit(to, EventKind::Unlinked(there))?;
    }
    Ok(())
}

pub(super) fn customer_message(
    work: &mut Work<'_>,
    id: TicketId,
    from: ContactId,
    words: &Words,
    at: Instant,
) -> Result<(), Because> {
    let at = work.fact_time(id, at)?;
    let ticket = work.ticket(id)?;
    if !takes_customer_message(ticket, &work.facts.desk.settings, work.now) {
        return Err(Because::State(ticket.state.kind()));
    }
    if !ticket.participants.contains(&from) && !work.facts.contacts.contains_key(&from) {
        return Err(Because::UnknownContact);
    }
    let was = ticket.state.kind();
    let kind = EventKind::MessageAdded { message: words.id, kind: MessageKind::Customer, contact: Some(from) };
    let seq = work.emit_as(id, at, ActorRef::Contact(from), kind)?;
    work.say(id, MessageKind::Customer, Author::Contact(from), at, words);
    let now = work.now;
    match was {
        StateKind::Waiting => {
            // The pause ends when the customer wrote, not when we looked.
            let to = back(work, id)?;
            let at = at.max(work.waiting_since(id).unwrap_or(at));
            work.move_to(id, at, to)?;
        }
        StateKind::Resolved => work.move_to(id, now, State::Triaged)?,
        StateKind::Open | StateKind::Triaged | StateKind::Escalated | StateKind::Closed => {}
    }
    notices::owner(work, id, seq, Notice::CustomerWrote { message: words.id });
    Ok(())
}

/// Kept, and nothing else: a machine's mail starts, answers and ends nothing.
pub(super) fn automatic_mail(
    work: &mut Work<'_>,
    id: TicketId,
    from: Option<ContactId>,
    words: &Words,
    at: Instant,
) -> Result<(), Because> {
    let at = work.fact_time(id, at)?;
    let kind = EventKind::MessageAdded { message: words.id, kind: MessageKind::Automatic, contact: from };
    let actor = from.map_or(ActorRef::System, ActorRef::Contact);
    work.emit_as(id, at, actor, kind)?;
    let author = from.map_or(Author::System, Author::Contact);
    work.say(id, MessageKind::Automatic, author, at, words);
    Ok(())
}

/// What we sent did not arrive; staff see it on the ticket.
pub(super) fn delivery_failed(work: &mut Work<'_>, id: TicketId, message: Option<MessageId>) -> Result<(), Because> {
    work.emit(id, EventKind::DeliveryFailed { message }).map(|_| ())
}

fn no_open_case(work: &Work<'_>, id: TicketId) -> Result<(), Because> {
    match work.open_case_reference(id) {
        Some(reference) => Err(Because::CaseOpen { reference }),
        None => Ok(()),
    }
}

/// Resolved is only what the customer was told about.
pub(super) fn resolve(work: &mut Work<'_>, id: TicketId, words: &Words) -> Result<(), Because> {
    let seq = solve(work, id, words)?;
    notices::requester(work, id, seq, Notice::Resolved { message: words.id });
    Ok(())
}

/// One mail tells a person about all his tickets of one problem. The others say so and send none.
pub(super) fn resolve_along(work: &mut Work<'_>, id: TicketId, words: &Words, with: TicketId) -> Result<(), Because> {
    let (here, there) = (work.ticket(id)?, work.ticket(with)?);
    let told = here.requester == there.requester && there.state.kind() == StateKind::Resolved;
    if id == with || !told {
        return Err(Because::NoSuchTicket);
    }
    solve(work, id, words).map(drop)
}

fn solve(work: &mut Work<'_>, id: TicketId, words: &Words) -> Result<i64, Because> {
    no_open_case(work, id)?;
    let ticket = work.ticket(id)?;
    if !ticket.triaged {
        return Err(Because::NotTriaged { number: ticket.number });
    }
    let seq = speak(work, id, words)?;
    let now = work.now;
    finish(work, id, State::Resolved { at: now })?;
    Ok(seq)
}

/// A finished ticket leaves no draft of a case and no snooze behind.
fn finish(work: &mut Work<'_>, id: TicketId, to: State) -> Result<(), Because> {
    for case in work.drafts_of(id) {
        cases::leave_draft(work, case, id)?;
    }
    if work.ticket(id)?.snoozed_until.is_some() {
        work.emit(id, EventKind::Woken)?;
    }
    let now = work.now;
    work.move_to(id, now, to)
}

pub(super) fn reopen(work: &mut Work<'_>, id: TicketId, words: Option<&Words>) -> Result<(), Because> {
    if let Some(words) = words.filter(|words| !words.is_empty()) {
        note(work, id, words)?;
    }
    let now = work.now;
    work.move_to(id, now, State::Triaged)
}

pub(super) fn close(work: &mut Work<'_>, id: TicketId, reason: CloseReason) -> Result<(), Because> {
    no_open_case(work, id)?;
    let at = work.now;
    let (reason, tell) = match reason {
        CloseReason::Solved => (Closing::Solved, true),
        CloseReason::Withdrawn => (Closing::Withdrawn, true),
        CloseReason::Spam => (Closing::Spam, false),
    };
    finish(work, id, State::Closed { at, reason })?;
    let seq = work.ticket(id)?.version;
    if tell {
        notices::requester(work, id, seq, Notice::Closed);
    }
    Ok(())
}
