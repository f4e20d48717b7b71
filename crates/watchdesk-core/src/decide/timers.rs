//! What happens by itself when its time has come. A call that is too early changes nothing.

use crate::Instant;
use crate::clock::{Clock, ClockState, promise, read_clocks, step_fires_at};
use crate::decide::work::Work;
use crate::decide::{back, notices};
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
    ladders(work, id)
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
    for agent in notices::people(&work.facts.desk, &ticket, &[crate::desk::Whom::Owner]) {
        work.enqueue(id, &format!("{id}:{seq}"), Recipient::Agent(agent), Notice::WaitingOver);
    }
    Ok(())
}

/// A step that is due, and a miss that is due, of one clock.
struct Due {
    clock: Clock,
    /// Every step that is due, the latest last; only that one speaks.
    percents: Vec<u32>,
    missed: bool,
}

fn ladders(work: &mut Work<'_>, id: TicketId) -> Result<(), Because> {
    for due in due(work, id)? {
        fire_clock(work, id, due)?;
    }
    Ok(())
}

fn due(work: &mut Work<'_>, id: TicketId) -> Result<Vec<Due>, Because> {
    let now = work.now;
    let desk = &work.facts.desk;
    let ticket_work = work.ticket_work(id)?;
    let tier = ticket_work.customer.as_ref().and_then(|customer| customer.tier.clone());
    let Some(promise) = promise(desk, &ticket_work.ticket, tier.as_ref()) else { return Ok(Vec::new()) };
    let clocks =
        read_clocks(id, &ticket_work.timeline, Some(&promise), &ticket_work.clocks, now).map_err(Because::Clock)?;
    let mut due = Vec::new();
    for clock in clocks.into_iter().filter(|clock| clock.state != ClockState::Ended) {
        let Some(target) = promise.targets.get(&clock.objective) else { continue };
        let open = target.ladder.iter().map(|step| step.percent).filter(|percent| !clock.steps_done.contains(percent));
        let mut percents: Vec<u32> =
            open.filter(|percent| step_fires_at(&clock, *percent, &promise).is_some_and(|at| at <= now)).collect();
        percents.sort_unstable();
        let was_missed = ticket_work.clocks.iter().any(|old| old.id == clock.id && old.missed_at.is_some());
        let missed = clock.missed_at.is_some() && !was_missed;
        if missed || !percents.is_empty() {
            due.push(Due { clock, percents, missed });
        }
    }
    Ok(due)
}

fn fire_clock(work: &mut Work<'_>, id: TicketId, due: Due) -> Result<(), Because> {
    let Due { clock, percents, missed } = due;
    let (objective, cycle) = (clock.objective, clock.cycle);
    if let Some(latest) = percents.last().copied() {
        let kind = EventKind::ClockWarned { objective, cycle, percent: latest };
        work.emit_as(id, work.now, ActorRef::System, kind)?;
        tell(work, id, &clock, latest)?;
    }
    let ticket_work = work.ticket_work(id)?;
    match ticket_work.clocks.iter_mut().find(|old| old.id == clock.id) {
        Some(old) => old.steps_done.extend(&percents),
        None => ticket_work.clocks.push(Clock { steps_done: percents.clone(), ..clock.clone() }),
    }
    if missed && percents.is_empty() {
        // Nobody is told, but the miss goes on record now and not with the next command.
        work.touch(id);
    }
    Ok(())
}

fn tell(work: &mut Work<'_>, id: TicketId, clock: &Clock, percent: u32) -> Result<(), Because> {
    let desk = std::sync::Arc::clone(&work.facts.desk);
    let ticket_work = work.ticket_work(id)?;
    let ticket = ticket_work.ticket.clone();
    let tier = ticket_work.customer.as_ref().and_then(|customer| customer.tier.clone());
    let Some(promise) = promise(&desk, &ticket, tier.as_ref()) else { return Ok(()) };
    let Some(target) = promise.targets.get(&clock.objective) else { return Ok(()) };
    let whom = target.ladder.iter().find(|step| step.percent == percent).map_or(&[][..], |step| step.tell.as_slice());
    let notice = if percent < 100 {
        Notice::TargetNear { clock: clock.id, objective: clock.objective, percent }
    } else {
        Notice::TargetMissed { clock: clock.id, objective: clock.objective }
    };
    for agent in notices::people(&desk, &ticket, whom) {
        work.enqueue(id, &format!("{}:{percent}", clock.id), Recipient::Agent(agent), notice.clone());
    }
    Ok(())
}
