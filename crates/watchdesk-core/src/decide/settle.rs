//! After a step: the clocks of what it touched are measured anew, and what became of them is put on record.

use crate::Instant;
use crate::case::Case;
use crate::clock::{Clock, ClockFault, ClockState, Measured, StepFate, next_fire_at, read_clocks};
use crate::decide::work::{TicketWork, Work};
use crate::decision::TicketChange;
use crate::desk::Desk;
use crate::event::{ActorRef, Event, EventKind, StepRef};
use crate::ids::{CaseId, TicketId};
use crate::refusal::Because;

pub(super) fn ticket(work: &mut Work<'_>, id: TicketId) -> Result<(), ClockFault> {
    let (desk, now) = (&work.facts.desk, work.now);
    let Some(ticket_work) = work.tickets.get_mut(&id) else { return Ok(()) };
    let tier = ticket_work.customer.as_ref().and_then(|customer| customer.tier.as_ref());
    let TicketWork { ticket, timeline, clocks, .. } = ticket_work;
    let measured = Measured::ticket(desk, ticket, tier, timeline, clocks, now);
    let mut clocks = read_clocks(&Measured { fresh: &work.fresh_clocks, ..measured })?;
    if ticket_work.clocks.is_empty() && ticket_work.from_version > 0 {
        // Nothing was promised until now, so nothing was owed for what is over.
        clocks.retain(|clock| clock.state != ClockState::Ended);
    }
    for clock in &clocks {
        let before = ticket_work.clocks.iter().find(|old| old.id == clock.id);
        if before.is_none() {
            work.fresh_clocks.insert(clock.id);
        }
        for (at, kind) in changes(before, clock, now) {
            record(ticket_work, at, now, kind);
        }
    }
    ticket_work.clocks = clocks;
    cases_about(work, id)
}

/// What the operator owes for a case goes by its first ticket: where that changed, the case is measured anew as well.
fn cases_about(work: &mut Work<'_>, id: TicketId) -> Result<(), ClockFault> {
    let about = |case: &&Case| case.tickets.first() == Some(&id) && case.state.kind().is_with_operator();
    let cases: Vec<Case> = work.cases_of(id).filter(about).cloned().collect();
    for case in cases {
        if case_clocks(work, &case)? != case.clocks {
            work.change_case(case.id).ok();
        }
    }
    Ok(())
}

fn record(work: &mut TicketWork, at: Instant, now: Instant, kind: EventKind) {
    let (ticket, seq) = (work.ticket.id, work.ticket.version + 1);
    let at = at.max(work.ticket.opened_at);
    let event = Event { ticket, seq, at, recorded_at: now, actor: ActorRef::System, kind };
    if work.ticket.apply(&event).is_ok() {
        work.events.push(event);
    }
}

/// What happened to a clock, each at the time of the fact.
fn changes(before: Option<&Clock>, after: &Clock, now: Instant) -> Vec<(Instant, EventKind)> {
    let clock = after.reference();
    let mut changes = Vec::new();
    if before.is_none() {
        changes.push((after.started_at, EventKind::ClockStarted { clock }));
    }
    match (before.and_then(|clock| clock.missed_at), after.missed_at) {
        (None, Some(at)) => changes.push((at, EventKind::ClockMissed { clock })),
        (Some(_), None) => changes.push((now, EventKind::ClockCorrected { clock })),
        (None, None) | (Some(_), Some(_)) => {}
    }
    for record in after.steps.iter().skip(before.map_or(0, |clock| clock.steps.len())) {
        if let StepFate::Suppressed(why) = record.fate {
            let step = StepRef { step: record.step, repetition: record.repetition };
            changes.push((now, EventKind::StepSuppressed { clock, step, due_at: record.due_at, why }));
        }
    }
    let ended_before = before.and_then(|clock| clock.outcome);
    match after.outcome {
        Some(outcome) if ended_before != Some(outcome) => {
            let at = after.ended_at.unwrap_or(now);
            let superseded = EventKind::ClockSuperseded { clock };
            let kind = if after.is_superseded() { superseded } else { EventKind::ClockEnded { clock, outcome } };
            changes.push((at, kind));
        }
        None if ended_before.is_some() => changes.push((now, EventKind::ClockResumed { clock })),
        Some(_) | None => {}
    }
    changes
}

/// The operator's clocks are on record with every ticket of the case.
pub(super) fn case(work: &mut Work<'_>, id: CaseId) -> Result<(), Because> {
    let case = work.case(id)?.clone();
    let clocks = case_clocks(work, &case).map_err(Because::Clock)?;
    let now = work.now;
    for clock in &clocks {
        let before = case.clocks.iter().find(|old| old.id == clock.id);
        if before.is_none() {
            work.fresh_clocks.insert(clock.id);
        }
        for (at, kind) in changes(before, clock, now) {
            for ticket in &case.tickets {
                if let Some(ticket) = work.tickets.get_mut(ticket) {
                    record(ticket, at, now, kind.clone());
                }
            }
        }
    }
    work.set_case_clocks(id, clocks)
}

fn case_clocks(work: &Work<'_>, case: &Case) -> Result<Vec<Clock>, ClockFault> {
    let desk = &work.facts.desk;
    // Category, service and tier are those of its first ticket. Where that is not at hand, what is owed stays as it was.
    let about = case.tickets.first().and_then(|id| work.tickets.get(id));
    let Some(about) = about else { return Ok(case.clocks.clone()) };
    let tier = about.customer.as_ref().and_then(|customer| customer.tier.as_ref());
    let measured = Measured::case(desk, case, &about.ticket, tier, work.now);
    let mut clocks = read_clocks(&Measured { fresh: &work.fresh_clocks, ..measured })?;
    let is_just_filed = case.timeline.beats().nth(1).is_none();
    if case.clocks.is_empty() && !is_just_filed {
        clocks.retain(|clock| clock.state != ClockState::Ended);
    }
    Ok(clocks)
}

/// What is to be saved of a ticket.
pub(super) fn change(desk: &Desk, work: TicketWork) -> TicketChange {
    let running = work.clocks.iter().filter(|clock| clock.state == ClockState::Running);
    let due_at = running.filter_map(|clock| clock.deadline).min();
    let next_fire_at = next_fire_at(desk, &work.ticket, &work.clocks);
    TicketChange {
        from_version: work.from_version,
        ticket: work.ticket,
        words: work.words,
        events: work.events,
        clocks: work.clocks,
        due_at,
        next_fire_at,
    }
}
