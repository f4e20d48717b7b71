//! What the operator owes the desk, measured on a case.

use super::{Cycle, End, Habits, cycle, end, pause, reopened, resume};
use crate::clock::{Cancellation, CaseBeat, CaseTimeline, Objective};
use crate::policy::PausingState;

/// From filing to the first sign of a person; a reopened case was acknowledged before.
pub(super) fn acknowledgement(timeline: &CaseTimeline, habits: Habits<'_>) -> Vec<Cycle> {
    let mut cycles: Vec<Cycle> = Vec::new();
    for (at, beat) in timeline.beats() {
        if beat == CaseBeat::Filed && cycles.is_empty() {
            cycles.push(cycle(at));
            continue;
        }
        match (beat, cycles.last_mut().filter(|cycle| cycle.end.is_none())) {
            (CaseBeat::OperatorSpoke | CaseBeat::WaitsOnUs | CaseBeat::Solved | CaseBeat::NotSolved, Some(open)) => {
                end(open, at, End::Fulfilled)
            }
            (CaseBeat::Refused, Some(open)) => end(open, at, End::Cancelled(Cancellation::Refused)),
            (CaseBeat::Withdrawn, Some(open)) => end(open, at, End::Cancelled(Cancellation::Withdrawn)),
            (beat, Some(open)) => stand_still(open, at, beat, Objective::UpstreamAcknowledgement, habits),
            (_, None) => {}
        }
    }
    cycles
}

/// From one word of the operator's to the next; filing and reopening count as one.
pub(super) fn update(timeline: &CaseTimeline, habits: Habits<'_>) -> Vec<Cycle> {
    let mut cycles: Vec<Cycle> = Vec::new();
    let mut waits_on_us = false;
    for (at, beat) in timeline.beats() {
        waits_on_us = match beat {
            CaseBeat::WaitsOnUs => true,
            CaseBeat::OperatorSpoke => waits_on_us,
            CaseBeat::Filed
            | CaseBeat::WeAnswered
            | CaseBeat::Solved
            | CaseBeat::NotSolved
            | CaseBeat::Refused
            | CaseBeat::Withdrawn
            | CaseBeat::Reopened => false,
        };
        let open = cycles.last_mut().filter(|cycle| cycle.end.is_none());
        match beat {
            CaseBeat::Filed | CaseBeat::Reopened => {
                if open.is_none() {
                    cycles.push(cycle(at));
                }
            }
            CaseBeat::OperatorSpoke | CaseBeat::WaitsOnUs => {
                // A word after the end changes nothing.
                let Some(open) = open else { continue };
                end(open, at, End::Fulfilled);
                let mut next = cycle(at);
                if waits_on_us && habits.pauses_in(Objective::UpstreamUpdate, PausingState::WaitingOnUs) {
                    pause(&mut next, at);
                }
                cycles.push(next);
            }
            CaseBeat::Solved | CaseBeat::NotSolved | CaseBeat::Refused => {
                if let Some(open) = open {
                    end(open, at, End::Fulfilled);
                }
            }
            CaseBeat::Withdrawn => {
                if let Some(open) = open {
                    end(open, at, End::Cancelled(Cancellation::Withdrawn));
                }
            }
            CaseBeat::WeAnswered => {
                if let Some(open) = open {
                    resume(open, at);
                }
            }
        }
    }
    // Two words of the same second are one.
    cycles.retain(|cycle| cycle.end.is_none_or(|(at, _)| at > cycle.started_at));
    cycles
}

pub(super) fn resolution(timeline: &CaseTimeline, habits: Habits<'_>) -> Vec<Cycle> {
    let mut cycles: Vec<Cycle> = Vec::new();
    for (at, beat) in timeline.beats() {
        let Some(current) = cycles.last_mut() else {
            if beat == CaseBeat::Filed {
                cycles.push(cycle(at));
            }
            continue;
        };
        match (beat, current.end) {
            (CaseBeat::Solved, None) => end(current, at, End::Fulfilled),
            (CaseBeat::NotSolved, None) => end(current, at, End::Cancelled(Cancellation::NotSolved)),
            (CaseBeat::Refused, None) => end(current, at, End::Cancelled(Cancellation::Refused)),
            (CaseBeat::Withdrawn, None) => end(current, at, End::Cancelled(Cancellation::Withdrawn)),
            (CaseBeat::Reopened, Some((ended_at, _))) => {
                let next = reopened(current, ended_at, at, habits.reopening);
                cycles.push(next);
            }
            (beat, None) => stand_still(current, at, beat, Objective::UpstreamResolution, habits),
            (_, Some(_)) => {}
        }
    }
    cycles
}

/// While the case waits for us the operator's clock may stand still, whatever else he says; our answer sets it going.
fn stand_still(open: &mut Cycle, at: crate::Instant, beat: CaseBeat, objective: Objective, habits: Habits<'_>) {
    match beat {
        CaseBeat::WaitsOnUs if habits.pauses_in(objective, PausingState::WaitingOnUs) => pause(open, at),
        CaseBeat::WeAnswered => resume(open, at),
        CaseBeat::WaitsOnUs
        | CaseBeat::OperatorSpoke
        | CaseBeat::Filed
        | CaseBeat::Solved
        | CaseBeat::NotSolved
        | CaseBeat::Refused
        | CaseBeat::Withdrawn
        | CaseBeat::Reopened => {}
    }
}
