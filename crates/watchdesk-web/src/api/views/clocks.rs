//! Clocks, as the API shows them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use watchdesk_core::clock::{Clock, Outcome};

use super::slug_of;

/// What is owed, until when, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Clock)]
pub(crate) struct ClockView {
    id: Uuid,
    /// `first_response`, `next_response`, `resolution`.
    objective: &'static str,
    /// 1, 2, 3 ... for an objective that can begin again.
    cycle: u32,
    /// `running`, `paused`, `ended`.
    state: &'static str,
    started_at: DateTime<Utc>,
    target_s: i64,
    /// None while paused with time left; then `remaining_s` says how much.
    deadline: Option<DateTime<Utc>>,
    remaining_s: Option<i64>,
    /// The deadline needs a year whose schedule is not known yet.
    provisional: bool,
    pauses: Vec<PauseView>,
    /// `met`, `met_late`, `cancelled`; none while it goes on.
    outcome: Option<&'static str>,
    /// Why it was cancelled.
    cancelled: Option<String>,
    ended_at: Option<DateTime<Utc>>,
    /// The instant the target passed unfulfilled.
    missed_at: Option<DateTime<Utc>>,
    /// The rule of the policy it follows.
    rule: String,
    policy_version: i32,
    calendar: String,
    calendar_version: i32,
}

/// A stretch that does not count; without `to` it has not ended yet.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Pause)]
pub(crate) struct PauseView {
    from: DateTime<Utc>,
    to: Option<DateTime<Utc>>,
}

impl From<Clock> for ClockView {
    fn from(clock: Clock) -> Self {
        let (outcome, cancelled) = match clock.outcome {
            None => (None, None),
            Some(Outcome::Met) => (Some("met"), None),
            Some(Outcome::MetLate) => (Some("met_late"), None),
            Some(Outcome::Cancelled(why)) => (Some("cancelled"), Some(slug_of(&why))),
        };
        Self {
            id: clock.id.0,
            objective: clock.objective.as_str(),
            cycle: clock.cycle,
            state: clock.state.as_str(),
            started_at: clock.started_at,
            target_s: clock.target_s,
            deadline: clock.deadline,
            remaining_s: clock.remaining_s,
            provisional: clock.provisional,
            pauses: clock.pauses.iter().map(|pause| PauseView { from: pause.from, to: pause.to }).collect(),
            outcome,
            cancelled,
            ended_at: clock.ended_at,
            missed_at: clock.missed_at,
            rule: clock.rule,
            policy_version: clock.policy_version,
            calendar: clock.calendar.to_string(),
            calendar_version: clock.calendar_version,
        }
    }
}
