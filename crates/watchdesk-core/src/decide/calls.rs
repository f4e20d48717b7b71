//! What hangs on a clock beside its reading: whether a call was delivered, and whether somebody answered it.

use std::collections::BTreeMap;

use crate::Instant;
use crate::clock::{Clock, ClockRef, Objective, Subject};
use crate::decide::work::Work;
use crate::event::{ActorRef, EventKind, StepRef};
use crate::ids::{ClockId, TicketId};
use crate::refusal::Because;

/// "I have seen it", of one clock or of all: nobody further is called.
pub(super) fn acknowledge(work: &mut Work<'_>, subject: Subject, only: Option<ClockId>) -> Result<(), Because> {
    let ActorRef::Agent(by) = work.actor.reference() else { return Err(work.not_allowed()) };
    let now = work.now;
    // A call that went over to another instance is answered once.
    let mut acknowledged: BTreeMap<(Objective, u32, StepRef), ClockRef> = BTreeMap::new();
    let clocks = clocks(work, subject)?;
    let wanted = only.map(|only| cycle_of(clocks, only)).transpose()?;
    for clock in clocks.iter_mut().filter(|clock| wanted.is_none_or(|cycle| (clock.objective, clock.cycle) == cycle)) {
        let reference = clock.reference();
        for record in &mut clock.steps {
            let step = StepRef { step: record.step, repetition: record.repetition };
            if let Some(wanted) = record.acknowledgement.as_mut().filter(|wanted| wanted.by.is_none()) {
                wanted.by = Some((by, now));
                acknowledged.insert((clock.objective, clock.cycle, step), reference);
            }
        }
    }
    if acknowledged.is_empty() {
        return Err(Because::NothingToAcknowledge);
    }
    for ((_, _, step), clock) in acknowledged {
        record(work, subject, now, ActorRef::Agent(by), &EventKind::StepAcknowledged { clock, step })?;
    }
    keep(work, subject)
}

/// From now on the time-out counts.
pub(super) fn delivered(
    work: &mut Work<'_>,
    subject: Subject,
    clock: ClockId,
    step: StepRef,
    at: Instant,
) -> Result<(), Because> {
    let at = crate::whole_seconds(at).min(work.now);
    let clocks = clocks(work, subject)?;
    let cycle = cycle_of(clocks, clock)?;
    let of_cycle = clocks.iter_mut().filter(|clock| (clock.objective, clock.cycle) == cycle);
    for record in of_cycle.flat_map(|clock| &mut clock.steps) {
        if (record.step, record.repetition) == (step.step, step.repetition)
            && let Some(wanted) = &mut record.acknowledgement
        {
            // Whoever sent it may have a clock that is behind.
            wanted.delivered_at = Some(wanted.delivered_at.unwrap_or(at.max(record.at)));
        }
    }
    keep(work, subject)
}

/// A call was about a cycle; meanwhile another instance of it may have taken over.
fn cycle_of(clocks: &[Clock], id: ClockId) -> Result<(Objective, u32), Because> {
    let clock = clocks.iter().find(|clock| clock.id == id).ok_or(Because::NoSuchClock)?;
    Ok((clock.objective, clock.cycle))
}

/// Changes one clock, without measuring it.
pub(super) fn change<T>(
    work: &mut Work<'_>,
    subject: Subject,
    id: ClockId,
    change: impl FnOnce(&mut Clock) -> Result<T, Because>,
) -> Result<T, Because> {
    let clock = clocks(work, subject)?.iter_mut().find(|clock| clock.id == id).ok_or(Because::NoSuchClock)?;
    let done = change(clock)?;
    keep(work, subject)?;
    Ok(done)
}

pub(super) fn clocks<'w>(work: &'w mut Work<'_>, subject: Subject) -> Result<&'w mut Vec<Clock>, Because> {
    match subject {
        Subject::Ticket(id) => Ok(&mut work.ticket_work(id)?.clocks),
        Subject::Case(id) => Ok(&mut work.change_case(id)?.clocks),
    }
}

/// The subject is saved even where no event says why.
fn keep(work: &mut Work<'_>, subject: Subject) -> Result<(), Because> {
    match subject {
        Subject::Ticket(id) => work.touch(id),
        Subject::Case(id) => drop(work.change_case(id)?),
    }
    Ok(())
}

/// On record with the ticket, or with every ticket of the case.
pub(super) fn record(
    work: &mut Work<'_>,
    subject: Subject,
    at: Instant,
    actor: ActorRef,
    kind: &EventKind,
) -> Result<(), Because> {
    for ticket in tickets(work, subject)? {
        let at = at.max(work.ticket(ticket)?.opened_at);
        work.emit_as(ticket, at, actor, kind.clone())?;
    }
    Ok(())
}

/// Those that the subject is about and that are at hand.
pub(super) fn tickets(work: &Work<'_>, subject: Subject) -> Result<Vec<TicketId>, Because> {
    match subject {
        Subject::Ticket(id) => Ok(vec![id]),
        Subject::Case(id) => {
            Ok(work.case(id)?.tickets.iter().copied().filter(|id| work.tickets.contains_key(id)).collect())
        }
    }
}
