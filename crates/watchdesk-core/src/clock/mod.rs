//! Clocks: what is owed, since when, until when, and what became of it.
//!
//! A ticket's clocks are a function of its [`Timeline`], the operator's those of a case's [`CaseTimeline`]. Nothing is
//! counted up as time passes: after every command they are measured anew, so a fact that is recorded late, a change of
//! severity and a merge need no code of their own here. A new objective is a variant of [`Objective`] and its arm in
//! [`measure`].
//!
//! A clock is an instance: one objective, one cycle, under one set of terms. When the terms change while it runs, the
//! instance ends [`Outcome::Superseded`] and the next revision of the same cycle carries on from the original start.

mod chain;
mod ladder;
mod measure;
mod objective;
mod reading;
mod terms;
mod timeline;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Instant;
use crate::calendar::Pause;
use crate::ids::{AgentId, CaseId, ClockId, Slug, TicketId};

pub use chain::{Facts, Measured, read_clocks};
pub(crate) use ladder::called_next;
pub use ladder::{DueAction, clocks_fire_at, next_due, next_fire_at, step_at};
pub use measure::{Cycle, End, Habits, measure, measure_case};
pub use objective::Objective;
pub use reading::ClockFault;
pub use terms::{Terms, terms_of_case, terms_of_clock, terms_of_ticket};
pub use timeline::{Beat, CaseBeat, CaseTimeline, Phase, Timeline};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    Ticket(TicketId),
    Case(CaseId),
}

/// One running target: a subject, an objective, a cycle, one set of terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    pub id: ClockId,
    pub subject: Subject,
    pub objective: Objective,
    /// 1, 2, 3 ... for an objective that can begin again.
    pub cycle: u32,
    /// 1, 2, 3 ... for a cycle whose terms changed while it ran.
    pub revision: u32,
    /// What it was computed under.
    pub policy_version: i32,
    pub rule: String,
    pub calendar: Slug,
    pub calendar_version: i32,
    pub started_at: Instant,
    pub target_s: i64,
    pub pauses: Vec<Pause>,
    /// None while paused with time left; then [`Clock::remaining_s`] says how much.
    pub deadline: Option<Instant>,
    pub remaining_s: Option<i64>,
    /// Open seconds used when it ended or was paused; a running one has no such figure yet.
    pub consumed_s: Option<i64>,
    /// The deadline needs a year whose schedule is not known yet.
    pub provisional: bool,
    pub state: ClockState,
    pub outcome: Option<Outcome>,
    pub ended_at: Option<Instant>,
    /// The instant the target passed unfulfilled. A missed clock may go on, be paused, and end `met_late`.
    pub missed_at: Option<Instant>,
    /// An earlier revision of the same cycle was missed under a stricter target; that miss stays counted.
    pub lowered: bool,
    pub excuse: Option<Excuse>,
    /// What its ladder has done.
    pub steps: Vec<StepRecord>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockState {
    Running,
    Paused,
    Ended,
}

impl ClockState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Ended => "ended",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Running, Self::Paused, Self::Ended].into_iter().find(|state| state.as_str() == text)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "why", rename_all = "snake_case")]
pub enum Outcome {
    Met,
    MetLate,
    Cancelled(Cancellation),
    /// The terms changed; the next revision carries on.
    Superseded,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cancellation {
    Spam,
    Withdrawn,
    Merged,
    /// No rule promises anything any more.
    NoPolicy,
    /// What it was measured on went to another ticket.
    NoLongerOwed,
    /// The operator refused the case.
    Refused,
    /// The operator's answer did not solve it.
    NotSolved,
}

/// A miss that is nobody's fault here. Reports show the figures with and without it; it stops no ladder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excuse {
    /// Words; they stand here and not in an event.
    pub reason: String,
    pub by: AgentId,
    pub at: Instant,
}

/// A step of a ladder that is done with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRecord {
    /// 0 is the first of the ladder.
    pub step: u32,
    /// 0 is the first round.
    pub repetition: u32,
    pub due_at: Instant,
    /// When it was processed.
    pub at: Instant,
    pub fate: StepFate,
    /// Where somebody has to say that he has seen it.
    pub acknowledgement: Option<Acknowledgement>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepFate {
    Fired,
    /// It was to reach somebody, and there was nobody.
    Nobody,
    Suppressed(Suppression),
}

/// Why a step did not speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Suppression {
    /// A later step was due as well when the clock was measured anew.
    Recomputed,
    /// The cycle or the instance before had this step already.
    CarriedOver,
    /// The clock had ended before it was processed.
    Moot,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    pub within_s: i64,
    /// When the notice was delivered; the time-out counts from here.
    pub delivered_at: Option<Instant>,
    pub by: Option<(AgentId, Instant)>,
    pub timed_out_at: Option<Instant>,
}

impl Acknowledgement {
    pub fn is_open(&self) -> bool {
        self.by.is_none() && self.timed_out_at.is_none()
    }
}

/// A clock as events name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ClockRef {
    pub objective: Objective,
    pub cycle: u32,
    #[serde(default = "first")]
    pub revision: u32,
    /// For the operator's clocks: the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
}

fn first() -> u32 {
    1
}

impl Clock {
    /// The same clock has the same id however often it is measured.
    pub fn id_of(subject: Subject, objective: Objective, cycle: u32, revision: u32) -> ClockId {
        let mut hash = Sha256::new();
        hash.update(match subject {
            Subject::Ticket(ticket) => ticket.0.into_bytes(),
            Subject::Case(case) => case.0.into_bytes(),
        });
        hash.update(objective.as_str().as_bytes());
        hash.update(cycle.to_be_bytes());
        hash.update(revision.to_be_bytes());
        let digest = hash.finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        ClockId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    pub fn reference(&self) -> ClockRef {
        let case = match self.subject {
            Subject::Ticket(_) => None,
            Subject::Case(case) => Some(case),
        };
        ClockRef { objective: self.objective, cycle: self.cycle, revision: self.revision, case }
    }

    pub fn is_running(&self) -> bool {
        self.state == ClockState::Running
    }

    /// Whether its cycle counts as missed: by itself, or by a revision before it.
    pub fn is_missed(&self) -> bool {
        self.missed_at.is_some() || self.lowered
    }

    pub fn is_superseded(&self) -> bool {
        self.outcome == Some(Outcome::Superseded)
    }

    pub fn step(&self, step: u32, repetition: u32) -> Option<&StepRecord> {
        self.steps.iter().find(|record| record.step == step && record.repetition == repetition)
    }
}
