//! Whether the operator has to be reminded of what it owes us on a case.

use crate::Instant;
use crate::case::Case;
use crate::clock::{Clock, Objective};

/// What it owes, by when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owed {
    pub objective: Objective,
    pub deadline: Instant,
}

/// Of a target a quarter is left: time to remind whoever promised it.
const NEAR_SHARE: i64 = 4;

impl Owed {
    pub fn of(clock: &Clock) -> Option<Self> {
        let word = matches!(clock.objective, Objective::UpstreamAcknowledgement | Objective::UpstreamUpdate);
        let deadline = clock.deadline.filter(|_| word && clock.is_running())?;
        Some(Self { objective: clock.objective, deadline })
    }

    /// Seconds over the deadline; none before it.
    pub fn over_s(&self, now: Instant) -> Option<i64> {
        (now > self.deadline).then(|| (now - self.deadline).num_seconds())
    }
}

/// The word that is near or overdue, the most urgent first; none while it is not time to remind anybody.
pub fn due(case: &Case, now: Instant) -> Option<Owed> {
    if !case.state.kind().is_with_operator() {
        return None;
    }
    let is_near = |clock: &&Clock| {
        let deadline = clock.deadline.unwrap_or(now);
        now >= deadline - chrono::Duration::seconds(clock.target_s / NEAR_SHARE)
    };
    case.clocks.iter().filter(is_near).filter_map(Owed::of).min_by_key(|owed| owed.deadline)
}
