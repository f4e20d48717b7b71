//! Clocks, as the API shows them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use watchdesk_core::clock::{Acknowledgement, Clock, Excuse, Outcome, StepFate, StepRecord, Subject};

use super::slug_of;

/// What is owed, until when, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Clock)]
pub(crate) struct ClockView {
    id: Uuid,
    /// `ticket`, or `case`: what the operator owes us.
    subject: &'static str,
    /// The case, where it is one's.
    case: Option<Uuid>,
    /// `triage`, `first_response`, `next_response`, `periodic_update`, `resolution`; of a case
    /// `upstream_acknowledgement`, `upstream_update`, `upstream_resolution`.
    objective: &'static str,
    /// 1, 2, 3 ... for an objective that can begin again.
    cycle: u32,
    /// 1, 2, 3 ... for a cycle whose terms changed while it ran.
    revision: u32,
    /// `running`, `paused`, `ended`.
    state: &'static str,
    started_at: DateTime<Utc>,
    target_s: i64,
    /// None while paused with time left; then `remaining_s` says how much.
    deadline: Option<DateTime<Utc>>,
    remaining_s: Option<i64>,
    /// Open seconds used when it ended or was paused; a running one has no such figure yet.
    consumed_s: Option<i64>,
    /// The deadline needs a year whose schedule is not known yet.
    provisional: bool,
    pauses: Vec<PauseView>,
    /// `met`, `met_late`, `cancelled`, `superseded`; none while it goes on.
    outcome: Option<&'static str>,
    /// Why it was cancelled.
    cancelled: Option<String>,
    ended_at: Option<DateTime<Utc>>,
    /// The instant the target passed unfulfilled.
    missed_at: Option<DateTime<Utc>>,
    /// A revision before it was missed under a stricter target; that miss stays counted.
    lowered: bool,
    excuse: Option<ExcuseView>,
    /// What its ladder has done.
    steps: Vec<StepView>,
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

/// A miss that is nobody's fault here.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Excuse)]
pub(crate) struct ExcuseView {
    reason: String,
    by: Uuid,
    at: DateTime<Utc>,
}

/// A step of a ladder that is done with.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LadderStep)]
pub(crate) struct StepView {
    /// 0 is the first of the ladder.
    step: u32,
    /// 0 is the first round.
    repetition: u32,
    due_at: DateTime<Utc>,
    /// When it was processed.
    at: DateTime<Utc>,
    /// `fired`, `nobody` (there was nobody to reach), `suppressed`.
    fate: &'static str,
    /// Why it was suppressed: `recomputed`, `carried_over`, `moot`.
    suppressed: Option<String>,
    /// Where somebody has to say that he has seen it.
    acknowledgement: Option<AcknowledgementView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Acknowledgement)]
pub(crate) struct AcknowledgementView {
    within_s: i64,
    /// When the notice was delivered; the time-out counts from here.
    delivered_at: Option<DateTime<Utc>>,
    by: Option<Uuid>,
    acknowledged_at: Option<DateTime<Utc>>,
    timed_out_at: Option<DateTime<Utc>>,
}

impl From<Clock> for ClockView {
    fn from(clock: Clock) -> Self {
        let (outcome, cancelled) = match clock.outcome {
            None => (None, None),
            Some(Outcome::Met) => (Some("met"), None),
            Some(Outcome::MetLate) => (Some("met_late"), None),
            Some(Outcome::Cancelled(why)) => (Some("cancelled"), Some(slug_of(&why))),
            Some(Outcome::Superseded) => (Some("superseded"), None),
        };
        let (subject, case) = match clock.subject {
            Subject::Ticket(_) => ("ticket", None),
            Subject::Case(id) => ("case", Some(id.0)),
        };
        Self {
            id: clock.id.0,
            subject,
            case,
            objective: clock.objective.as_str(),
            cycle: clock.cycle,
            revision: clock.revision,
            state: clock.state.as_str(),
            started_at: clock.started_at,
            target_s: clock.target_s,
            deadline: clock.deadline,
            remaining_s: clock.remaining_s,
            consumed_s: clock.consumed_s,
            provisional: clock.provisional,
            pauses: clock.pauses.iter().map(|pause| PauseView { from: pause.from, to: pause.to }).collect(),
            outcome,
            cancelled,
            ended_at: clock.ended_at,
            missed_at: clock.missed_at,
            lowered: clock.lowered,
            excuse: clock.excuse.map(ExcuseView::from),
            steps: clock.steps.into_iter().map(StepView::from).collect(),
            rule: clock.rule,
            policy_version: clock.policy_version,
            calendar: clock.calendar.to_string(),
            calendar_version: clock.calendar_version,
        }
    }
}

impl From<Excuse> for ExcuseView {
    fn from(excuse: Excuse) -> Self {
        Self { reason: excuse.reason, by: excuse.by.0, at: excuse.at }
    }
}

impl From<StepRecord> for StepView {
    fn from(record: StepRecord) -> Self {
        let (fate, suppressed) = match record.fate {
            StepFate::Fired => ("fired", None),
            StepFate::Nobody => ("nobody", None),
            StepFate::Suppressed(why) => ("suppressed", Some(slug_of(&why))),
        };
        Self {
            step: record.step,
            repetition: record.repetition,
            due_at: record.due_at,
            at: record.at,
            fate,
            suppressed,
            acknowledgement: record.acknowledgement.map(AcknowledgementView::from),
        }
    }
}

impl From<Acknowledgement> for AcknowledgementView {
    fn from(wanted: Acknowledgement) -> Self {
        let (by, acknowledged_at) = wanted.by.map(|(by, at)| (by.0, at)).unzip();
        Self {
            within_s: wanted.within_s,
            delivered_at: wanted.delivered_at,
            by,
            acknowledged_at,
            timed_out_at: wanted.timed_out_at,
        }
    }
}
