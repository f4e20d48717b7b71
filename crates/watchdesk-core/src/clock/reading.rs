//! One clock read at one instant: its deadline, its miss, its outcome.

use crate::Instant;
use crate::calendar::Deadline;
use crate::clock::{Clock, ClockState, Cycle, End, Objective, Outcome, Subject, Terms};

/// A deadline that no calendar can give.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the {objective} target of {target_s} s has no deadline in its calendar: {why}")]
pub struct ClockFault {
    pub objective: Objective,
    pub target_s: i64,
    pub why: String,
}

/// What is read, and which instance it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Instance<'a> {
    pub subject: Subject,
    pub objective: Objective,
    pub revision: u32,
    pub terms: &'a Terms<'a>,
}

/// The instance as it stands at `now`, without what its ladder has done.
pub(super) fn read(instance: Instance<'_>, cycle: &Cycle, now: Instant) -> Result<Clock, ClockFault> {
    let Instance { subject, objective, revision, terms } = instance;
    let calendar = &terms.calendar.calendar;
    let fault = |error: crate::calendar::CalendarError| ClockFault {
        objective,
        target_s: terms.target_s,
        why: error.to_string(),
    };
    let target_s = terms.target_s.max(0);
    let due = calendar.deadline(cycle.started_at, target_s.unsigned_abs(), &cycle.pauses).map_err(fault)?;
    let (deadline, remaining_s, provisional) = match due {
        Deadline::At { instant, provisional } => (Some(instant), None, provisional),
        Deadline::Paused { remaining_s, provisional } => (None, Some(remaining_s.cast_signed()), provisional),
    };
    // Fulfilled at exactly the deadline is met, so a miss shows one second later; it is stamped with the deadline.
    let looked_at = cycle.end.map_or(now, |(at, _)| at);
    let missed_at = deadline.filter(|deadline| *deadline < looked_at);
    let paused = cycle.pauses.last().filter(|pause| pause.to.is_none());
    let state = match (cycle.end, paused) {
        (Some(_), _) => ClockState::Ended,
        (None, Some(_)) => ClockState::Paused,
        (None, None) => ClockState::Running,
    };
    let counted_to = cycle.end.map(|(at, _)| at).or(paused.map(|pause| pause.from));
    let consumed_s = counted_to
        .map(|to| calendar.elapsed(cycle.started_at, to, &cycle.pauses).map_err(fault))
        .transpose()?
        .map(|elapsed| elapsed.seconds.cast_signed());
    Ok(Clock {
        id: Clock::id_of(subject, objective, cycle.number, revision),
        subject,
        objective,
        cycle: cycle.number,
        revision,
        policy_version: terms.policy_version,
        rule: terms.rule.name.clone(),
        calendar: terms.calendar.slug.clone(),
        calendar_version: terms.calendar.version,
        started_at: cycle.started_at,
        target_s,
        pauses: cycle.pauses.clone(),
        deadline,
        remaining_s,
        consumed_s,
        provisional,
        state,
        outcome: cycle.end.map(|(_, end)| outcome(end, missed_at)),
        ended_at: cycle.end.map(|(at, _)| at),
        missed_at,
        lowered: false,
        excuse: None,
        steps: Vec::new(),
    })
}

fn outcome(end: End, missed_at: Option<Instant>) -> Outcome {
    match (end, missed_at) {
        (End::Fulfilled, None) => Outcome::Met,
        (End::Fulfilled, Some(_)) => Outcome::MetLate,
        (End::Cancelled(why), _) => Outcome::Cancelled(why),
    }
}
