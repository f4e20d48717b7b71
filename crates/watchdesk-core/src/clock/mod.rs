//! Clocks: what is owed, since when, until when, and what became of it.
//!
//! A ticket's clocks are a function of its [`Timeline`] and of the policy. Nothing is counted up as time passes:
//! after every command they are measured anew, so a fact that is recorded late, a change of severity and a merge need
//! no code of their own here. A new objective is a variant of [`Objective`] and its arm in [`measure`].

mod measure;
mod promise;
mod reading;
mod timeline;

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Instant;
use crate::calendar::Pause;
use crate::ids::{ClockId, Slug, TicketId};

pub use measure::{Cycle, End, measure};
pub use promise::{Promise, Target, promise};
pub(crate) use reading::step_fires_at;
pub use reading::{ClockFault, next_fire_at, read_clocks};
pub use timeline::{Beat, Phase, Timeline};

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// From opening to the first public word of a person of the staff.
    FirstResponse,
    /// After that: from the oldest unanswered customer message to the next public word.
    NextResponse,
    /// From opening to resolved.
    Resolution,
}

impl Objective {
    pub const ALL: [Self; 3] = [Self::FirstResponse, Self::NextResponse, Self::Resolution];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::FirstResponse => "first_response",
            Self::NextResponse => "next_response",
            Self::Resolution => "resolution",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|objective| objective.as_str() == text)
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One running target: a ticket, an objective, a cycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    pub id: ClockId,
    pub ticket: TicketId,
    pub objective: Objective,
    /// 1, 2, 3 ... for an objective that can begin again.
    pub cycle: u32,
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
    /// The deadline needs a year whose schedule is not known yet.
    pub provisional: bool,
    pub state: ClockState,
    pub outcome: Option<Outcome>,
    pub ended_at: Option<Instant>,
    /// The instant the target passed unfulfilled. A missed clock may go on, be paused, and end `met_late`.
    pub missed_at: Option<Instant>,
    /// Percentages of the ladder steps that are done with.
    pub steps_done: Vec<u32>,
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
}

impl Clock {
    /// The same clock has the same id however often it is measured.
    pub fn id_of(ticket: TicketId, objective: Objective, cycle: u32) -> ClockId {
        let mut hash = Sha256::new();
        hash.update(ticket.0.as_bytes());
        hash.update(objective.as_str().as_bytes());
        hash.update(cycle.to_be_bytes());
        let digest = hash.finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        ClockId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    pub fn is_running(&self) -> bool {
        self.state == ClockState::Running
    }
}
