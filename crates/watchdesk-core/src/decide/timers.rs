//! What happens by itself when its time has come. A call that is too early changes nothing.

use crate::Instant;
use crate::clock::Subject;
use crate::decide::work::Work;
use crate::decide::{back, ladders, notices};
use crate::effect::{Notice, Recipient};
use crate::event::{ActorRef, EventKind};
use crate::ids::TicketId;
use crate::refusal::Because;
use crate::ticket::State;

pub(super) fn snooze(work: &mut Work<'_>, id: TicketId, until: Instant) -> Result<(), Because> {
    let until = crate::whole_seconds(until);
    if until <= work.now {
        return Err(Because::InThePast);
    }
    work.emit(id, EventKind::Snoozed { until }).map(|_| ())
}

pub(super) fn wake(work: &mut Work<'_>, id: TicketId) -> Result<(), Because> {
    if work.ticket(id)?.snoozed_until.is_some() {
        work.emit(id, EventKind::Woken)?;
    }
    Ok(())
}

pub(super) fn fire(work: &mut Work<'_>, id: TicketId) -> Result<(), Because> {
    // Whatever is found, its next time is computed anew, so that nothing is due for ever.
    let now = work.now;
    if work.ticket_work(id)?.next_fire_at.is_some_and(|at| at <= now) {
        work.touch(id);
    }
    if let Some(until) = work.ticket(id)?.snoozed_until.filter(|until| *until <= work.now) {
        work.emit_as(id, until, ActorRef::System, EventKind::Woken)?;
    }
    ladders::fire(work, Subject::Ticket(id))
}

pub(super) fn end_of_waiting(work: &mut Work<'_>, id: TicketId) -> Result<(), Because> {
    let State::Waiting { until: Some(until) } = work.ticket(id)?.state else { return Ok(()) };
    if until > work.now {
        return Ok(());
    }
    let seq = work.emit_as(id, until, ActorRef::System, EventKind::WaitingOver)?;
    let to = back(work, id)?;
    work.move_to(id, until, to)?;
    let ticket = work.ticket(id)?.clone();
    for agent in notices::assignee(&work.facts.desk, &ticket, work.now) {
        work.enqueue(id, &format!("{id}:{seq}"), Recipient::Agent(agent), Notice::WaitingOver);
    }
    Ok(())
}
