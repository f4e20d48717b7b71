//! What will be missed in the next hours if work goes on as it did.
//!
//! The model is simple enough to argue with. A queue is a team's running clocks, a person's line is what he owns. Each
//! is worked through in the order of deadlines, one clock after the other, at the pace at which clocks were fulfilled
//! in the window before: `n` in `window_s` seconds make one every `window_s / n`. So the k-th in line is done `k` times
//! that from now, and is missed if that is after its deadline. What is missed already stands in line like everything
//! else, and is counted apart. A ticket that a person owns stands in his line and in his team's queue: two views of the
//! same work, never to be added up.
//!
//! The pace is wall-clock time: nights and breaks are in it as far as they lie in the window, so a window of whole days
//! is the honest one. A line in which nothing was fulfilled has no pace; then nothing is foretold, and what falls due
//! within the horizon is at risk. Paused clocks are not due; the operator's clocks are not our work and are left out.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chrono::Duration;
use serde::{Deserialize, Serialize};

use crate::Instant;
use crate::clock::Objective;
use crate::ids::{AgentId, ClockId, TeamId, TicketNumber};
use crate::policy::Side;

/// Clocks that are named for one line; the counts are of all.
pub const LISTED_MAX: usize = 200;

/// A running clock with a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenClock {
    pub clock: ClockId,
    pub ticket: TicketNumber,
    pub objective: Objective,
    pub deadline: Instant,
    pub owner: Option<AgentId>,
    pub team: Option<TeamId>,
}

/// Clocks that were fulfilled in the window, in time or late, by who has the ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fulfilled {
    pub team: Option<TeamId>,
    pub owner: Option<AgentId>,
    pub count: u32,
}

/// Those whose deadline lies beyond the horizon may be left out: they are taken later and change nothing.
#[derive(Debug, Clone, Copy)]
pub struct Workload<'a> {
    pub open: &'a [OpenClock],
    pub fulfilled: &'a [Fulfilled],
    pub window_s: i64,
    pub now: Instant,
    pub horizon_s: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Forecast {
    pub at: Instant,
    pub until: Instant,
    pub window_s: i64,
    /// By team; `None` is what no team has.
    pub queues: Vec<Outlook<Option<TeamId>>>,
    pub persons: Vec<Outlook<AgentId>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outlook<L> {
    pub line: L,
    pub pace: Pace,
    /// Missed already and still to be done, before the rest.
    pub overdue: u32,
    /// Their deadline lies within the horizon.
    pub due: u32,
    /// Of those that are due.
    pub will_be_missed: u32,
    /// Of those that are due, where no pace is known: all of them.
    pub at_risk: u32,
    /// What will be missed or is at risk, by deadline.
    pub listed: Vec<Expected>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "pace", rename_all = "snake_case")]
pub enum Pace {
    Known {
        fulfilled: u32,
        /// Rounded up.
        seconds_each: i64,
    },
    /// Nothing was fulfilled in the window.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    pub clock: ClockId,
    pub ticket: TicketNumber,
    pub objective: Objective,
    pub deadline: Instant,
    /// When it is done at the pace of its line.
    pub expected: Option<Instant>,
}

pub fn forecast(work: &Workload<'_>) -> Forecast {
    Forecast {
        at: work.now,
        until: until(work),
        window_s: work.window_s,
        queues: lines(work, |clock| Some(clock.team), |done| Some(done.team)),
        persons: lines(work, |clock| clock.owner, |done| done.owner),
    }
}

fn until(work: &Workload<'_>) -> Instant {
    let horizon = Duration::try_seconds(work.horizon_s.max(0)).unwrap_or(Duration::MAX);
    work.now.checked_add_signed(horizon).unwrap_or(Instant::MAX_UTC)
}

/// One view of the work: every line in which something runs or was fulfilled.
fn lines<L: Ord + Copy>(
    work: &Workload<'_>,
    line_of: impl Fn(&OpenClock) -> Option<L>,
    done_in: impl Fn(&Fulfilled) -> Option<L>,
) -> Vec<Outlook<L>> {
    let mut lines: BTreeMap<L, (Vec<&OpenClock>, u32)> = BTreeMap::new();
    let ours = work.open.iter().filter(|clock| clock.objective.side() == Side::Customer);
    for clock in ours {
        if let Some(line) = line_of(clock) {
            lines.entry(line).or_default().0.push(clock);
        }
    }
    for done in work.fulfilled {
        if let Some(line) = done_in(done) {
            let count = &mut lines.entry(line).or_default().1;
            *count = count.saturating_add(done.count);
        }
    }
    lines.into_iter().map(|(line, (open, fulfilled))| outlook(work, line, open, fulfilled)).collect()
}

fn outlook<L>(work: &Workload<'_>, line: L, mut open: Vec<&OpenClock>, fulfilled: u32) -> Outlook<L> {
    open.sort_by_key(|clock| (clock.deadline, clock.ticket, clock.objective));
    let pace = pace(work, fulfilled);
    let until = until(work);
    let mut outlook = Outlook { line, pace, overdue: 0, due: 0, will_be_missed: 0, at_risk: 0, listed: Vec::new() };
    for (place, clock) in (1..).zip(open) {
        if clock.deadline > until {
            break;
        }
        if clock.deadline < work.now {
            outlook.overdue += 1;
            continue;
        }
        outlook.due += 1;
        let expected = done_at(work, pace, place);
        match (pace, expected) {
            (Pace::Unknown, _) => outlook.at_risk += 1,
            (Pace::Known { .. }, Some(expected)) if expected <= clock.deadline => continue,
            (Pace::Known { .. }, _) => outlook.will_be_missed += 1,
        }
        if outlook.listed.len() < LISTED_MAX {
            let OpenClock { clock, ticket, objective, deadline, .. } = *clock;
            outlook.listed.push(Expected { clock, ticket, objective, deadline, expected });
        }
    }
    outlook
}

fn pace(work: &Workload<'_>, fulfilled: u32) -> Pace {
    if fulfilled == 0 || work.window_s <= 0 {
        return Pace::Unknown;
    }
    let seconds_each = (work.window_s - 1) / i64::from(fulfilled) + 1;
    Pace::Known { fulfilled, seconds_each }
}

/// Computed from the count itself, so that rounding does not add up along the line. None beyond all calendars.
fn done_at(work: &Workload<'_>, pace: Pace, place: i64) -> Option<Instant> {
    let Pace::Known { fulfilled, .. } = pace else { return None };
    let seconds = i128::from(place) * i128::from(work.window_s) / i128::from(fulfilled);
    let seconds = Duration::try_seconds(i64::try_from(seconds).ok()?)?;
    work.now.checked_add_signed(seconds)
}
