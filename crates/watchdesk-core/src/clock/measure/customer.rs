//! What the desk owes its customer, measured on a ticket.

use super::{Cycle, End, Habits, cycle, end, pause, reopened, resume};
use crate::Instant;
use crate::clock::{Beat, Objective, Phase, Timeline};
use crate::policy::PausingState;

fn opened_at(timeline: &Timeline) -> Option<Instant> {
    timeline.beats().find(|(_, beat)| *beat == Beat::Opened).map(|(at, _)| at)
}

/// Of the ticket itself: a ticket merged into it was triaged, or not, in its own right.
pub(super) fn triage(timeline: &Timeline, habits: Habits<'_>) -> Vec<Cycle> {
    let beats = timeline.own_beats();
    let Some((start, _)) = beats.iter().find(|(_, beat)| *beat == Beat::Opened) else { return Vec::new() };
    let pauses = habits.pauses_in(Objective::Triage, PausingState::Waiting);
    let mut current = cycle(*start);
    for (at, beat) in beats {
        match beat {
            Beat::Triaged | Beat::Phase(Phase::Resolved | Phase::Solved) => end(&mut current, at, End::Fulfilled),
            Beat::Phase(Phase::Cancelled(why)) => end(&mut current, at, End::Cancelled(why)),
            Beat::Phase(Phase::Waiting) if pauses => pause(&mut current, at),
            Beat::Phase(Phase::Working) => resume(&mut current, at),
            Beat::Phase(Phase::Waiting) | Beat::Opened | Beat::CustomerWrote(_) | Beat::StaffSpoke(_) => {}
        }
        if current.end.is_some() {
            break;
        }
    }
    vec![current]
}

pub(super) fn first_response(timeline: &Timeline) -> Vec<Cycle> {
    let Some(start) = opened_at(timeline) else { return Vec::new() };
    let end = timeline.beats().find_map(|(at, beat)| match beat {
        Beat::StaffSpoke(_) => Some((at, End::Fulfilled)),
        Beat::Phase(Phase::Resolved | Phase::Solved) => Some((at, End::Fulfilled)),
        Beat::Phase(Phase::Cancelled(why)) => Some((at, End::Cancelled(why))),
        Beat::Phase(Phase::Working | Phase::Waiting) | Beat::Opened | Beat::Triaged | Beat::CustomerWrote(_) => None,
    });
    vec![Cycle { end, ..cycle(start) }]
}

/// One reply answers every message before it, so only the oldest unanswered one counts.
pub(super) fn next_response(timeline: &Timeline) -> Vec<Cycle> {
    let mut cycles: Vec<Cycle> = Vec::new();
    let mut responded = false;
    for (at, beat) in timeline.beats() {
        let open = cycles.last_mut().filter(|cycle| cycle.end.is_none());
        match beat {
            Beat::StaffSpoke(_) => {
                responded = true;
                if let Some(open) = open {
                    end(open, at, End::Fulfilled);
                }
            }
            Beat::CustomerWrote(_) => {
                if responded && open.is_none() {
                    cycles.push(cycle(at));
                }
            }
            Beat::Phase(Phase::Cancelled(why)) => {
                if let Some(open) = open {
                    end(open, at, End::Cancelled(why));
                }
            }
            Beat::Phase(Phase::Solved) => {
                if let Some(open) = open {
                    end(open, at, End::Fulfilled);
                }
            }
            Beat::Phase(Phase::Working | Phase::Waiting | Phase::Resolved) | Beat::Opened | Beat::Triaged => {}
        }
    }
    cycles
}

/// From one public word to the next. The word that resolves a ticket starts nothing.
pub(super) fn periodic_update(timeline: &Timeline, habits: Habits<'_>) -> Vec<Cycle> {
    let pauses = habits.pauses_in(Objective::PeriodicUpdate, PausingState::Waiting);
    let mut cycles: Vec<Cycle> = Vec::new();
    let (mut waiting, mut finished) = (false, false);
    for (at, beat) in timeline.beats() {
        let open = cycles.last_mut().filter(|cycle| cycle.end.is_none());
        match beat {
            Beat::StaffSpoke(_) => {
                if let Some(open) = open {
                    end(open, at, End::Fulfilled);
                }
                if !finished {
                    let mut next = cycle(at);
                    if waiting && pauses {
                        pause(&mut next, at);
                    }
                    cycles.push(next);
                }
            }
            Beat::Phase(phase) => {
                (waiting, finished) = (phase == Phase::Waiting, is_finished(phase));
                let Some(open) = open else { continue };
                match phase {
                    Phase::Waiting if pauses => pause(open, at),
                    Phase::Waiting | Phase::Working => resume(open, at),
                    Phase::Resolved | Phase::Solved => end(open, at, End::Fulfilled),
                    Phase::Cancelled(why) => end(open, at, End::Cancelled(why)),
                }
            }
            Beat::Opened | Beat::Triaged | Beat::CustomerWrote(_) => {}
        }
    }
    // A word and what it did to the state are one fact, so such a cycle never was.
    cycles.retain(|cycle| cycle.end.is_none_or(|(at, _)| at > cycle.started_at));
    cycles
}

fn is_finished(phase: Phase) -> bool {
    match phase {
        Phase::Resolved | Phase::Solved | Phase::Cancelled(_) => true,
        Phase::Working | Phase::Waiting => false,
    }
}

pub(super) fn resolution(timeline: &Timeline, habits: Habits<'_>) -> Vec<Cycle> {
    let Some(start) = opened_at(timeline) else { return Vec::new() };
    let pauses = habits.pauses_in(Objective::Resolution, PausingState::Waiting);
    let mut cycles = vec![cycle(start)];
    for (at, beat) in timeline.beats() {
        let Beat::Phase(phase) = beat else { continue };
        let Some(current) = cycles.last_mut() else { continue };
        match (phase, current.end) {
            (Phase::Waiting, None) if pauses => pause(current, at),
            (Phase::Working | Phase::Waiting, None) => resume(current, at),
            (Phase::Resolved | Phase::Solved, None) => end(current, at, End::Fulfilled),
            (Phase::Cancelled(why), None) => end(current, at, End::Cancelled(why)),
            (Phase::Working | Phase::Waiting, Some((ended_at, _))) => {
                let mut next = reopened(current, ended_at, at, habits.reopening);
                if phase == Phase::Waiting && pauses {
                    pause(&mut next, at);
                }
                cycles.push(next);
            }
            (Phase::Resolved | Phase::Solved | Phase::Cancelled(_), Some(_)) => {}
        }
    }
    cycles
}
