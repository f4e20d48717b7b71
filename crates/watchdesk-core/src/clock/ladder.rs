//! When the steps of a ladder are due, and which of them are due no more.

use chrono::Duration;

use crate::Instant;
use crate::calendar::Deadline;
use crate::clock::{Clock, ClockState, StepFate, StepRecord, Suppression, Terms, terms_of_clock};
use crate::desk::Desk;
use crate::policy::{Ladder, StepTime};
use crate::ticket::{State, Ticket};

/// What is due for one clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DueAction {
    Step {
        step: u32,
        repetition: u32,
    },
    /// Nobody acknowledged that step in time.
    TimeOut {
        step: u32,
        repetition: u32,
    },
}

/// The earliest thing that is due for the clock by its ladder, in the past or to come.
pub fn next_due(clock: &Clock, terms: &Terms<'_>) -> Option<(Instant, DueAction)> {
    if clock.state == ClockState::Ended {
        return None;
    }
    let steps = unprocessed(clock, terms).map(|(step, at)| (at, DueAction::Step { step, repetition: 0 }));
    steps.chain(time_outs(clock)).min_by_key(|(at, _)| *at)
}

/// Of the first round, with their times; further rounds are only called.
fn unprocessed<'a>(clock: &'a Clock, terms: &'a Terms<'_>) -> impl Iterator<Item = (u32, Instant)> + 'a {
    let steps = (0..).zip(&terms.ladder.steps).filter(|(index, _)| clock.step(*index, 0).is_none());
    steps.filter_map(|(index, step)| Some((index, step_at(clock, step.time()?, terms)?)))
}

fn time_outs(clock: &Clock) -> impl Iterator<Item = (Instant, DueAction)> + '_ {
    let open = clock.steps.iter().filter_map(|record| Some((record, record.acknowledgement.as_ref()?)));
    open.filter(|(_, wanted)| wanted.is_open()).map(|(record, wanted)| {
        let within = Duration::seconds(wanted.within_s);
        // What cannot be delivered is taken as delivered after the same time, or nobody would ever be called.
        let delivered = wanted.delivered_at.unwrap_or(record.at + within);
        (delivered + within, DueAction::TimeOut { step: record.step, repetition: record.repetition })
    })
}

/// When a step is due: the instant at which that share of the target is used up, or so long before or after the
/// deadline. None while the clock stands still before it.
pub fn step_at(clock: &Clock, time: StepTime, terms: &Terms<'_>) -> Option<Instant> {
    match time {
        StepTime::Percent(percent) => {
            let share = clock.target_s.max(0).unsigned_abs().saturating_mul(u64::from(percent)) / 100;
            match terms.calendar.calendar.deadline(clock.started_at, share, &clock.pauses) {
                Ok(Deadline::At { instant, .. }) => Some(instant),
                Ok(Deadline::Paused { .. }) | Err(_) => None,
            }
        }
        StepTime::Before(seconds) => {
            let at = clock.deadline?.checked_sub_signed(Duration::try_seconds(seconds)?)?;
            Some(at.max(clock.started_at))
        }
        StepTime::After(seconds) => clock.deadline?.checked_add_signed(Duration::try_seconds(seconds)?),
    }
}

/// The step that is called when this one reached nobody or was not acknowledged.
pub(crate) fn called_next(clock: &Clock, ladder: &Ladder, step: u32, repetition: u32) -> Option<(u32, u32)> {
    let wants = |index: &u32| ladder.steps[*index as usize].acknowledge_within_s.is_some();
    let indexes = 0..u32::try_from(ladder.steps.len()).unwrap_or(0);
    let mut later = indexes.clone().filter(|index| *index > step);
    if repetition == 0 {
        if let Some(next) = later.next() {
            // Its own time may have come first; then the ladder goes on from there.
            return Some((next, 0)).filter(|_| clock.step(next, 0).is_none());
        }
    } else if let Some(next) = later.find(wants) {
        return Some((next, repetition));
    }
    let first = indexes.clone().find(wants)?;
    Some((first, repetition + 1))
        .filter(|(first, round)| *round <= ladder.repeat && clock.step(*first, *round).is_none())
}

/// A clock that is new on record: of the steps that are due already only the latest speaks.
pub(super) fn begin(clock: &mut Clock, terms: &Terms<'_>, now: Instant) {
    if clock.state == ClockState::Ended {
        return;
    }
    let mut due: Vec<(u32, Instant)> = unprocessed(clock, terms).filter(|(_, at)| *at <= now).collect();
    due.sort_by_key(|(step, at)| (*at, *step));
    due.pop();
    for (step, at) in due {
        clock.steps.push(suppressed(step, at, now, Suppression::Recomputed));
    }
}

/// Terms that came in the same decision: what was recorded under the first ones was never so.
pub(super) fn begin_again(clock: &mut Clock, terms: &Terms<'_>, now: Instant) {
    clock.steps.retain(|record| record.fate != StepFate::Suppressed(Suppression::Recomputed));
    begin(clock, terms, now);
}

/// What the instance before has said, and would be due under the new terms as well, is not said again; a call that waits
/// for an acknowledgement goes on waiting, and one that was answered stays answered.
pub(super) fn take_over(new: &mut Clock, old: &Clock, terms: &Terms<'_>, then: &Terms<'_>, now: Instant) {
    for record in &old.steps {
        let index = record.step as usize;
        let Some(step) = terms.ladder.steps.get(index).filter(|step| then.ladder.steps.get(index) == Some(*step))
        else {
            continue;
        };
        let said = match record.fate {
            StepFate::Fired | StepFate::Nobody | StepFate::Suppressed(Suppression::CarriedOver) => true,
            StepFate::Suppressed(Suppression::Recomputed | Suppression::Moot) => false,
        };
        let is_due = || step.time().and_then(|time| step_at(new, time, terms)).is_some_and(|at| at <= now);
        if said && (record.repetition > 0 || is_due()) {
            let fate = StepFate::Suppressed(Suppression::CarriedOver);
            new.steps.push(StepRecord { fate, ..record.clone() });
        }
    }
}

/// What the cycle before had said is not said again.
pub(super) fn carry_over(clock: &mut Clock, before: &Clock, now: Instant) {
    let said = before.steps.iter().filter(|record| record.repetition == 0);
    clock.steps.extend(said.map(|record| suppressed(record.step, record.due_at, now, Suppression::CarriedOver)));
}

/// A clock that has ended: what was due before, and was never processed, never will be.
pub(super) fn close(clock: &mut Clock, terms: &Terms<'_>, now: Instant) {
    let Some(ended_at) = clock.ended_at else { return };
    let why = if clock.is_superseded() { Suppression::Recomputed } else { Suppression::Moot };
    let due: Vec<(u32, Instant)> = unprocessed(clock, terms).filter(|(_, at)| *at < ended_at).collect();
    for (step, at) in due {
        clock.steps.push(suppressed(step, at, now, why));
    }
}

fn suppressed(step: u32, due_at: Instant, at: Instant, why: Suppression) -> StepRecord {
    StepRecord { step, repetition: 0, due_at, at, fate: StepFate::Suppressed(why), acknowledgement: None }
}

/// The earliest instant at which something of this ticket is due to happen by itself.
pub fn next_fire_at(desk: &Desk, ticket: &Ticket, clocks: &[Clock]) -> Option<Instant> {
    let waiting = match &ticket.state {
        State::Waiting { until } => *until,
        State::Open | State::Triaged | State::Escalated | State::Resolved { .. } | State::Closed { .. } => None,
    };
    clocks_fire_at(desk, clocks).into_iter().chain(waiting).chain(ticket.snoozed_until).min()
}

/// ... of these clocks.
pub fn clocks_fire_at(desk: &Desk, clocks: &[Clock]) -> Option<Instant> {
    clocks.iter().filter_map(|clock| clock_fires_at(desk, clock)).min()
}

fn clock_fires_at(desk: &Desk, clock: &Clock) -> Option<Instant> {
    if clock.state == ClockState::Ended {
        return None;
    }
    let miss = clock.deadline.filter(|_| clock.missed_at.is_none()).map(|at| at + Duration::seconds(1));
    let due = terms_of_clock(desk, clock).and_then(|terms| next_due(clock, &terms)).map(|(at, _)| at);
    miss.into_iter().chain(due).min()
}
