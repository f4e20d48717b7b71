//! From spans and targets to clocks: deadlines, misses and outcomes at a given instant.

use crate::Instant;
use crate::calendar::{Deadline, Pause};
use crate::clock::{
    Cancellation, Clock, ClockState, Cycle, End, Objective, Outcome, Promise, Target, Timeline, measure,
};
use crate::ids::TicketId;
use crate::ticket::{State, Ticket};

/// A deadline that no calendar can give.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the {objective} target of {target_s} s has no deadline in its calendar: {why}")]
pub struct ClockFault {
    pub objective: Objective,
    pub target_s: i64,
    pub why: String,
}

/// Every clock of the ticket at `now`. Pure: the same timeline and promise give the same clocks.
///
/// `before` is what is on record; from it come the ladder steps already done, and the cycles that nothing promises any
/// more, which end cancelled instead of disappearing.
pub fn read_clocks(
    ticket: TicketId,
    timeline: &Timeline,
    promise: Option<&Promise<'_>>,
    before: &[Clock],
    now: Instant,
) -> Result<Vec<Clock>, ClockFault> {
    let mut clocks = Vec::new();
    if let Some(promise) = promise {
        for (objective, target) in &promise.targets {
            for cycle in measure(*objective, timeline, promise.reopening) {
                clocks.push(read(ticket, *objective, target, &cycle, promise, before, now)?);
            }
        }
    }
    clocks.extend(abandoned(&clocks, before, promise.is_none(), now));
    clocks.sort_by_key(|clock| (clock.objective, clock.cycle));
    Ok(clocks)
}

fn read(
    ticket: TicketId,
    objective: Objective,
    target: &Target<'_>,
    cycle: &Cycle,
    promise: &Promise<'_>,
    before: &[Clock],
    now: Instant,
) -> Result<Clock, ClockFault> {
    let due = deadline(objective, target.seconds, cycle, promise)?;
    let (deadline, remaining_s, provisional) = match due {
        Deadline::At { instant, provisional } => (Some(instant), None, provisional),
        Deadline::Paused { remaining_s, provisional } => (None, Some(remaining_s.cast_signed()), provisional),
    };
    // Fulfilled at exactly the deadline is met, so a miss shows one second later; it is stamped with the deadline.
    let looked_at = cycle.end.map_or(now, |(at, _)| at);
    let missed_at = deadline.filter(|deadline| *deadline < looked_at);
    let id = Clock::id_of(ticket, objective, cycle.number);
    let paused = cycle.pauses.last().is_some_and(|pause| pause.to.is_none());
    Ok(Clock {
        id,
        ticket,
        objective,
        cycle: cycle.number,
        policy_version: promise.policy_version,
        rule: promise.rule.to_owned(),
        calendar: promise.calendar.slug.clone(),
        calendar_version: promise.calendar.version,
        started_at: cycle.started_at,
        target_s: target.seconds,
        pauses: cycle.pauses.clone(),
        deadline,
        remaining_s,
        provisional,
        state: match (cycle.end, paused) {
            (Some(_), _) => ClockState::Ended,
            (None, true) => ClockState::Paused,
            (None, false) => ClockState::Running,
        },
        outcome: cycle.end.map(|(_, end)| outcome(end, missed_at)),
        ended_at: cycle.end.map(|(at, _)| at),
        missed_at,
        steps_done: before
            .iter()
            .find(|clock| clock.id == id)
            .map(|clock| clock.steps_done.clone())
            .unwrap_or_default(),
    })
}

fn outcome(end: End, missed_at: Option<Instant>) -> Outcome {
    match (end, missed_at) {
        (End::Fulfilled, None) => Outcome::Met,
        (End::Fulfilled, Some(_)) => Outcome::MetLate,
        (End::Cancelled(why), _) => Outcome::Cancelled(why),
    }
}

fn deadline(objective: Objective, seconds: i64, cycle: &Cycle, promise: &Promise<'_>) -> Result<Deadline, ClockFault> {
    let calendar = &promise.calendar.calendar;
    calendar.deadline(cycle.started_at, seconds.max(0).unsigned_abs(), &cycle.pauses).map_err(|error| ClockFault {
        objective,
        target_s: seconds,
        why: error.to_string(),
    })
}

fn abandoned(kept: &[Clock], before: &[Clock], no_policy: bool, now: Instant) -> Vec<Clock> {
    let why = if no_policy { Cancellation::NoPolicy } else { Cancellation::NoLongerOwed };
    before
        .iter()
        .filter(|old| kept.iter().all(|clock| clock.id != old.id))
        .map(|old| match old.state {
            ClockState::Ended => old.clone(),
            ClockState::Running | ClockState::Paused => Clock {
                state: ClockState::Ended,
                outcome: Some(Outcome::Cancelled(why)),
                ended_at: Some(now),
                ..old.clone()
            },
        })
        .collect()
}

/// The earliest instant at which something of this ticket is due to happen by itself.
pub fn next_fire_at(ticket: &Ticket, clocks: &[Clock], promise: Option<&Promise<'_>>) -> Option<Instant> {
    let waiting = match &ticket.state {
        State::Waiting { until } => *until,
        State::Open | State::Triaged | State::Escalated | State::Resolved { .. } | State::Closed { .. } => None,
    };
    let steps = clocks.iter().filter_map(|clock| clock_fires_at(clock, promise));
    steps.chain(waiting).chain(ticket.snoozed_until).min()
}

fn clock_fires_at(clock: &Clock, promise: Option<&Promise<'_>>) -> Option<Instant> {
    if clock.state == ClockState::Ended {
        return None;
    }
    let miss = clock.deadline.filter(|_| clock.missed_at.is_none()).map(|at| at + chrono::Duration::seconds(1));
    let steps = promise.and_then(|promise| {
        let target = promise.targets.get(&clock.objective)?;
        let open = target.ladder.iter().filter(|step| !clock.steps_done.contains(&step.percent));
        open.filter_map(|step| step_fires_at(clock, step.percent, promise)).min()
    });
    miss.into_iter().chain(steps).min()
}

/// When a ladder step is due: the instant at which that share of the target is used up.
pub(crate) fn step_fires_at(clock: &Clock, percent: u32, promise: &Promise<'_>) -> Option<Instant> {
    let share = clock.target_s.max(0).unsigned_abs().saturating_mul(u64::from(percent)) / 100;
    let pauses: &[Pause] = &clock.pauses;
    match promise.calendar.calendar.deadline(clock.started_at, share, pauses) {
        Ok(Deadline::At { instant, .. }) => Some(instant),
        Ok(Deadline::Paused { .. }) | Err(_) => None,
    }
}
