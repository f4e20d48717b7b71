//! From a timeline to the spans of an objective: when it began, stood still and ended. No targets here.

mod customer;
mod operator;

use crate::Instant;
use crate::calendar::Pause;
use crate::clock::{Cancellation, CaseTimeline, Objective, Timeline};
use crate::policy::{Pauses, PausingState, Reopening};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    pub number: u32,
    pub started_at: Instant,
    pub pauses: Vec<Pause>,
    pub end: Option<(Instant, End)>,
    /// It goes on with what the cycle before had used.
    pub continues: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Fulfilled,
    Cancelled(Cancellation),
}

/// What a policy says about spans.
#[derive(Debug, Clone, Copy)]
pub struct Habits<'a> {
    pub reopening: Reopening,
    pub pauses: &'a Pauses,
}

impl Habits<'_> {
    fn pauses_in(&self, objective: Objective, state: PausingState) -> bool {
        self.pauses.get(&objective).is_some_and(|states| states.contains(&state))
    }
}

/// Every cycle of a ticket's objective, oldest first.
pub fn measure(objective: Objective, timeline: &Timeline, habits: Habits<'_>) -> Vec<Cycle> {
    if timeline.is_imported() {
        return Vec::new();
    }
    let cycles = match objective {
        Objective::Triage => customer::triage(timeline, habits),
        Objective::FirstResponse => customer::first_response(timeline),
        Objective::NextResponse => customer::next_response(timeline),
        Objective::PeriodicUpdate => customer::periodic_update(timeline, habits),
        Objective::Resolution => customer::resolution(timeline, habits),
        Objective::UpstreamAcknowledgement | Objective::UpstreamUpdate | Objective::UpstreamResolution => Vec::new(),
    };
    numbered(cycles)
}

/// Every cycle of an objective of the operator's, oldest first.
pub fn measure_case(objective: Objective, timeline: &CaseTimeline, habits: Habits<'_>) -> Vec<Cycle> {
    let cycles = match objective {
        Objective::UpstreamAcknowledgement => operator::acknowledgement(timeline, habits),
        Objective::UpstreamUpdate => operator::update(timeline, habits),
        Objective::UpstreamResolution => operator::resolution(timeline, habits),
        Objective::Triage
        | Objective::FirstResponse
        | Objective::NextResponse
        | Objective::PeriodicUpdate
        | Objective::Resolution => Vec::new(),
    };
    numbered(cycles)
}

fn numbered(cycles: Vec<Cycle>) -> Vec<Cycle> {
    (1..).zip(cycles).map(|(number, cycle)| Cycle { number, ..cycle }).collect()
}

fn cycle(started_at: Instant) -> Cycle {
    Cycle { number: 0, started_at, pauses: Vec::new(), end: None, continues: false }
}

fn pause(cycle: &mut Cycle, at: Instant) {
    if cycle.pauses.last().is_none_or(|pause| pause.to.is_some()) {
        cycle.pauses.push(Pause { from: at, to: None });
    }
}

fn resume(cycle: &mut Cycle, at: Instant) {
    if let Some(open) = cycle.pauses.last_mut().filter(|pause| pause.to.is_none()) {
        open.to = Some(at);
    }
}

fn end(cycle: &mut Cycle, at: Instant, how: End) {
    resume(cycle, at);
    cycle.end = Some((at, how));
}

/// Going on carries the seconds used: the same start, with the span in between as one more pause.
fn reopened(old: &Cycle, ended_at: Instant, at: Instant, reopening: Reopening) -> Cycle {
    match reopening {
        Reopening::Restart => cycle(at),
        Reopening::Continue => {
            let mut next = Cycle { pauses: old.pauses.clone(), continues: true, ..cycle(old.started_at) };
            next.pauses.push(Pause { from: ended_at, to: Some(at) });
            next
        }
    }
}
