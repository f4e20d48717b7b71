//! What can be measured.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::policy::Side;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// From opening to triage.
    Triage,
    /// From opening to the first public word of a person of the staff.
    FirstResponse,
    /// After that: from the oldest unanswered customer message to the next public word.
    NextResponse,
    /// From one public word to the next, as long as the ticket is unfinished.
    PeriodicUpdate,
    /// From opening to resolved.
    Resolution,
    /// From filing a case to the first sign of a person at the operator's.
    UpstreamAcknowledgement,
    /// From one word of the operator's to the next.
    UpstreamUpdate,
    /// From filing to the answer that solves it.
    UpstreamResolution,
}

impl Objective {
    pub const ALL: [Self; 8] = [
        Self::Triage,
        Self::FirstResponse,
        Self::NextResponse,
        Self::PeriodicUpdate,
        Self::Resolution,
        Self::UpstreamAcknowledgement,
        Self::UpstreamUpdate,
        Self::UpstreamResolution,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Triage => "triage",
            Self::FirstResponse => "first_response",
            Self::NextResponse => "next_response",
            Self::PeriodicUpdate => "periodic_update",
            Self::Resolution => "resolution",
            Self::UpstreamAcknowledgement => "upstream_acknowledgement",
            Self::UpstreamUpdate => "upstream_update",
            Self::UpstreamResolution => "upstream_resolution",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|objective| objective.as_str() == text)
    }

    /// Who owes it.
    pub fn side(self) -> Side {
        match self {
            Self::Triage | Self::FirstResponse | Self::NextResponse | Self::PeriodicUpdate | Self::Resolution => {
                Side::Customer
            }
            Self::UpstreamAcknowledgement | Self::UpstreamUpdate | Self::UpstreamResolution => Side::Operator,
        }
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
