//! From a timeline to the spans of an objective: when it began, stood still and ended. No targets here.

use crate::Instant;
use crate::calendar::Pause;
use crate::clock::{Beat, Cancellation, Objective, Phase, Timeline};
use crate::desk::Reopening;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    pub number: u32,
    pub started_at: Instant,
    pub pauses: Vec<Pause>,
    pub end: Option<(Instant, End)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Fulfilled,
    Cancelled(Cancellation),
}

/// Every cycle of the objective, oldest first.
pub fn measure(objective: Objective, timeline: &Timeline, reopening: Reopening) -> Vec<Cycle> {
    if timeline.is_imported() {
        return Vec::new();
    }
    match objective {
        Objective::FirstResponse => first_response(timeline),
        Objective::NextResponse => next_response(timeline),
        Objective::Resolution => resolution(timeline, reopening),
    }
}

fn cycle(number: u32, started_at: Instant) -> Cycle {
    Cycle { number, started_at, pauses: Vec::new(), end: None }
}

fn opened_at(timeline: &Timeline) -> Option<Instant> {
    timeline.beats().find(|(_, beat)| *beat == Beat::Opened).map(|(at, _)| at)
}

fn first_response(timeline: &Timeline) -> Vec<Cycle> {
    let Some(start) = opened_at(timeline) else { return Vec::new() };
    let end = timeline.beats().find_map(|(at, beat)| match beat {
        Beat::StaffSpoke(_) => Some((at, End::Fulfilled)),
        Beat::Phase(Phase::Resolved | Phase::Solved) => Some((at, End::Fulfilled)),
        Beat::Phase(Phase::Cancelled(why)) => Some((at, End::Cancelled(why))),
        Beat::Phase(Phase::Working | Phase::Waiting) | Beat::Opened | Beat::CustomerWrote(_) => None,
    });
    vec![Cycle { end, ..cycle(1, start) }]
}

/// One reply answers every message before it, so only the oldest unanswered one counts.
fn next_response(timeline: &Timeline) -> Vec<Cycle> {
    let mut cycles: Vec<Cycle> = Vec::new();
    let mut responded = false;
    let mut number = 0;
    for (at, beat) in timeline.beats() {
        let open = cycles.last_mut().filter(|cycle| cycle.end.is_none());
        match beat {
            Beat::StaffSpoke(_) => {
                responded = true;
                if let Some(open) = open {
                    open.end = Some((at, End::Fulfilled));
                }
            }
            Beat::CustomerWrote(_) => {
                if responded && open.is_none() {
                    number += 1;
                    cycles.push(cycle(number, at));
                }
            }
            Beat::Phase(Phase::Cancelled(why)) => {
                if let Some(open) = open {
                    open.end = Some((at, End::Cancelled(why)));
                }
            }
            Beat::Phase(Phase::Solved) => {
                if let Some(open) = open {
                    open.end = Some((at, End::Fulfilled));
                }
            }
            Beat::Phase(Phase::Working | Phase::Waiting | Phase::Resolved) | Beat::Opened => {}
        }
    }
    cycles
}

fn resolution(timeline: &Timeline, reopening: Reopening) -> Vec<Cycle> {
    let Some(start) = opened_at(timeline) else { return Vec::new() };
    let mut cycles = vec![cycle(1, start)];
    for (at, beat) in timeline.beats() {
        let Beat::Phase(phase) = beat else { continue };
        let Some(current) = cycles.last_mut() else { continue };
        match (phase, current.end) {
            (Phase::Waiting, None) => pause(current, at),
            (Phase::Working, None) => resume(current, at),
            (Phase::Resolved | Phase::Solved, None) => end(current, at, End::Fulfilled),
            (Phase::Cancelled(why), None) => end(current, at, End::Cancelled(why)),
            (Phase::Working | Phase::Waiting, Some((ended_at, _))) => {
                let next = reopened(current, ended_at, at, reopening);
                cycles.push(next);
                if phase == Phase::Waiting
                    && let Some(next) = cycles.last_mut()
                {
                    pause(next, at);
                }
            }
            (Phase::Resolved | Phase::Solved | Phase::Cancelled(_), Some(_)) => {}
        }
    }
    cycles
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

/// Going on carries the seconds used: the same start, with the resolved span as one more pause.
fn reopened(old: &Cycle, ended_at: Instant, at: Instant, reopening: Reopening) -> Cycle {
    match reopening {
        Reopening::Restart => cycle(old.number + 1, at),
        Reopening::Continue => {
            let mut next = Cycle { pauses: old.pauses.clone(), ..cycle(old.number + 1, old.started_at) };
            next.pauses.push(Pause { from: ended_at, to: Some(at) });
            next
        }
    }
}
