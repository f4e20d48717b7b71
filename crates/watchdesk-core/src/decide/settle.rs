//! The end of a decision: a touched ticket's clocks are measured anew, and what became of them is put on record.

use crate::Instant;
use crate::clock::{Clock, ClockFault, ClockState, next_fire_at, promise, read_clocks};
use crate::decide::work::TicketWork;
use crate::decision::TicketChange;
use crate::desk::Desk;
use crate::event::{ActorRef, Event, EventKind};

pub(super) fn settle(desk: &Desk, mut work: TicketWork, now: Instant) -> Result<TicketChange, ClockFault> {
    let tier = work.customer.as_ref().and_then(|customer| customer.tier.clone());
    let promise = promise(desk, &work.ticket, tier.as_ref());
    let clocks = read_clocks(work.ticket.id, &work.timeline, promise.as_ref(), &work.clocks, now)?;
    for clock in &clocks {
        let before = work.clocks.iter().find(|old| old.id == clock.id);
        for (at, kind) in changes(before, clock, now) {
            record(&mut work.ticket, &mut work.events, at, now, kind);
        }
    }
    let running = clocks.iter().filter(|clock| clock.state == ClockState::Running);
    let due_at = running.filter_map(|clock| clock.deadline).min();
    let next_fire_at = next_fire_at(&work.ticket, &clocks, promise.as_ref());
    Ok(TicketChange {
        from_version: work.from_version,
        ticket: work.ticket,
        words: work.words,
        events: work.events,
        clocks,
        due_at,
        next_fire_at,
    })
}

fn record(ticket: &mut crate::ticket::Ticket, events: &mut Vec<Event>, at: Instant, now: Instant, kind: EventKind) {
    let event =
        Event { ticket: ticket.id, seq: ticket.version + 1, at, recorded_at: now, actor: ActorRef::System, kind };
    if ticket.apply(&event).is_ok() {
        events.push(event);
    }
}

/// What happened to a clock, each at the time of the fact.
fn changes(before: Option<&Clock>, after: &Clock, now: Instant) -> Vec<(Instant, EventKind)> {
    let (objective, cycle) = (after.objective, after.cycle);
    let mut changes = Vec::new();
    if before.is_none() {
        changes.push((after.started_at, EventKind::ClockStarted { objective, cycle }));
    }
    match (before.and_then(|clock| clock.missed_at), after.missed_at) {
        (None, Some(at)) => changes.push((at, EventKind::ClockMissed { objective, cycle })),
        (Some(_), None) => changes.push((now, EventKind::ClockCorrected { objective, cycle })),
        (None, None) | (Some(_), Some(_)) => {}
    }
    if let Some(outcome) = after.outcome
        && before.and_then(|clock| clock.outcome) != Some(outcome)
    {
        changes.push((after.ended_at.unwrap_or(now), EventKind::ClockEnded { objective, cycle, outcome }));
    }
    changes
}
