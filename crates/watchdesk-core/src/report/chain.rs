//! From the instances on record to chains, each of which counts as one.

use std::collections::BTreeMap;

use crate::Instant;
use crate::clock::{Clock, ClockState, Objective, Outcome};
use crate::report::{About, Reading, Verdict};

/// One reading for each chain of one subject, whose clocks these are, all of them and in any order.
///
/// The revisions of a cycle are one chain. So are the cycles that carry the same seconds on: a reopened ticket that
/// goes on from its original start. The last instance says how it ended; a miss of any of them is the chain's one miss,
/// also where a lowered severity hides it. What is overdue at `now` is missed, whether or not it is on record yet.
pub fn readings(clocks: &[Clock], about: &About, now: Instant) -> Vec<Reading> {
    decided(clocks, about, now).into_iter().map(|(_, reading)| reading).collect()
}

/// The same, each with the instant at which its fate was decided: its first miss, or else its end; a cancelled one's is
/// its end. It has but one, so spans that follow each other count it once. None: it goes on and was kept so far.
pub fn decided(clocks: &[Clock], about: &About, now: Instant) -> Vec<(Option<Instant>, Reading)> {
    let mut sorted: Vec<&Clock> = clocks.iter().collect();
    sorted.sort_by_key(|clock| (clock.objective, clock.cycle, clock.revision));
    let mut chains: Vec<Vec<&Clock>> = Vec::new();
    for clock in sorted {
        match chains.last_mut().filter(|chain| chain.last().is_some_and(|last| goes_on(last, clock))) {
            Some(chain) => chain.push(clock),
            None => chains.push(vec![clock]),
        }
    }
    let read =
        |chain: &Vec<&Clock>| reading(chain, about, now).map(|reading| (decided_at(chain, &reading, now), reading));
    chains.iter().filter_map(read).collect()
}

fn decided_at(chain: &[&Clock], reading: &Reading, now: Instant) -> Option<Instant> {
    let missed =
        chain.iter().filter(|clock| is_missed(clock, now)).filter_map(|clock| clock.missed_at.or(clock.deadline));
    let ended = chain.last().and_then(|last| last.ended_at);
    match reading.verdict {
        Verdict::Met | Verdict::Cancelled { .. } => ended,
        Verdict::MetLate => missed.min().or(ended),
        Verdict::MissedRunning => missed.min(),
        Verdict::Running => None,
    }
}

fn goes_on(before: &Clock, after: &Clock) -> bool {
    if before.objective != after.objective {
        return false;
    }
    before.cycle == after.cycle || (can_reopen(after.objective) && before.started_at == after.started_at)
}

fn can_reopen(objective: Objective) -> bool {
    match objective {
        Objective::Resolution | Objective::UpstreamResolution => true,
        Objective::Triage
        | Objective::FirstResponse
        | Objective::NextResponse
        | Objective::PeriodicUpdate
        | Objective::UpstreamAcknowledgement
        | Objective::UpstreamUpdate => false,
    }
}

fn reading(chain: &[&Clock], about: &About, now: Instant) -> Option<Reading> {
    let last = chain.last()?;
    let missed = chain.iter().any(|clock| is_missed(clock, now));
    let verdict = match last.outcome {
        Some(Outcome::Cancelled(_)) => Verdict::Cancelled { missed },
        Some(Outcome::Met | Outcome::MetLate) if missed => Verdict::MetLate,
        Some(Outcome::Met | Outcome::MetLate) => Verdict::Met,
        // A superseded instance that nothing carries on is on its way to the next.
        Some(Outcome::Superseded) | None if missed => Verdict::MissedRunning,
        Some(Outcome::Superseded) | None => Verdict::Running,
    };
    let used_s = match verdict {
        Verdict::Met | Verdict::MetLate => last.consumed_s,
        Verdict::MissedRunning | Verdict::Running | Verdict::Cancelled { .. } => None,
    };
    Some(Reading {
        objective: last.objective,
        about: about.clone(),
        verdict,
        excused: missed && is_excused(chain, now),
        used_s,
    })
}

fn is_missed(clock: &Clock, now: Instant) -> bool {
    let is_overdue = clock.state != ClockState::Ended && clock.deadline.is_some_and(|deadline| deadline < now);
    clock.is_missed() || is_overdue
}

/// An excuse is carried along from revision to revision, so the latest missed one of a cycle has it or it was revoked.
fn is_excused(chain: &[&Clock], now: Instant) -> bool {
    let mut latest_missed: BTreeMap<u32, &Clock> = BTreeMap::new();
    for clock in chain.iter().filter(|clock| is_missed(clock, now)) {
        latest_missed.insert(clock.cycle, clock);
    }
    latest_missed.values().any(|clock| clock.excuse.is_some())
}
