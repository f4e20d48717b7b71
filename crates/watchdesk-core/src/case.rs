//! A case with the operator: a thing of its own, linked to one or several tickets.
//!
//! ```text
//! drafted -> filed -> acknowledged <-> waiting_on_us -> answered -> confirmed
//!               \___________ refused | withdrawn            \-> reopened (same reference) -> acknowledged ...
//! ```

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Instant;
use crate::clock::{CaseTimeline, Clock};
use crate::ids::{AgentId, AttachmentId, CaseId, Slug, TicketId};
use crate::ticket::Severity;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    pub id: CaseId,
    pub version: i64,
    pub tickets: BTreeSet<TicketId>,
    pub state: CaseState,
    /// Which operator: `21vianet`.
    pub operator: Slug,
    pub reason: EscalationReason,
    /// As we mean to file it, then as filed.
    pub severity: Severity,
    /// What the operator lowered it to.
    pub severity_lowered: Option<Severity>,
    pub health: HealthEvidence,
    /// The operator's own number for it, once filed.
    pub reference: Option<String>,
    pub channel: Option<FilingChannel>,
    pub drafted_at: Instant,
    pub filed_at: Option<Instant>,
    pub acknowledged_at: Option<Instant>,
    /// Filing counts as the operator's first word.
    pub last_word_at: Option<Instant>,
    pub ended_at: Option<Instant>,
    pub reopened_count: i32,
    /// What the operator's clocks are measured on.
    pub timeline: CaseTimeline,
    /// What the operator owes us.
    pub clocks: Vec<Clock>,
    /// When something of those clocks happens by itself.
    pub next_fire_at: Option<Instant>,
    pub words: CaseWords,
}

/// What people wrote about the case; never part of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseWords {
    pub summary: String,
    pub evidence: Evidence,
    pub health_waiver: Option<String>,
    pub not_this_incident: Option<String>,
    pub incident_override: Option<String>,
    /// The person at the operator's.
    pub operator_contact: Option<String>,
    pub ending: Option<String>,
    #[serde(default)]
    pub handing: Handing,
    /// What the desk learned from a case that was refused or withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lesson: Option<Lesson>,
}

/// Files that go along with one case.
pub const FILES_MAX: usize = 20;
/// Addresses and numbers that one case keeps readable.
pub const KEPT_MAX: usize = 50;

/// How the packet is handed over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Handing {
    pub queue: Queue,
    /// Of the files of its tickets those that go along.
    pub attachments: Vec<AttachmentId>,
    /// Addresses and telephone numbers in its texts that stay readable, because a person decided so.
    pub keep: Vec<String>,
}

/// Where the operator takes requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Queue {
    /// On the customer's behalf, which takes his delegated administration.
    #[default]
    CustomerRequest,
    /// About the operator's own portal for resellers.
    PartnerCenterRequest,
    /// The customer files it himself with our text, because he has withdrawn delegated administration.
    CustomerFiles,
}

impl Queue {
    pub const ALL: [Self; 3] = [Self::CustomerRequest, Self::PartnerCenterRequest, Self::CustomerFiles];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::CustomerRequest => "customer_request",
            Self::PartnerCenterRequest => "partner_center_request",
            Self::CustomerFiles => "customer_files",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|queue| queue.as_str() == text)
    }
}

/// What a case that should not have gone up, or not so, has taught the desk; as it was last written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lesson {
    pub body: String,
    pub measure: Measure,
    /// Who sees to the measure.
    pub owner: Option<AgentId>,
    pub by: AgentId,
    pub at: Instant,
}

/// What is done, so that the next such problem is solved here or goes up as it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    Training,
    Documentation,
    Tool,
    Process,
    /// Nothing: the escalation was right, or will not come again.
    None,
}

impl Measure {
    pub const ALL: [Self; 5] = [Self::Training, Self::Documentation, Self::Tool, Self::Process, Self::None];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Training => "training",
            Self::Documentation => "documentation",
            Self::Tool => "tool",
            Self::Process => "process",
            Self::None => "none",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.as_str() == text)
    }
}

/// What the operator asks to see. Which fields a case must have is the gate's matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Evidence {
    /// What was tried, and what came of it.
    pub tried: String,
    pub impact: String,
    pub affected_users: Option<u32>,
    pub since: Option<Instant>,
    pub error_texts: String,
    pub tenant_id: String,
    pub subscription_id: String,
    /// What the operator asks to quote in billing matters.
    pub order_id: String,
    pub customer_id: String,
    pub mpn_id: String,
    pub domain_name: String,
    pub invoice_number: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum CaseState {
    Drafted,
    Filed {
        at: Instant,
    },
    Acknowledged {
        at: Instant,
    },
    /// The operator asked us something; its clocks stand still.
    WaitingOnUs {
        since: Instant,
    },
    Answered {
        at: Instant,
        outcome: AnswerOutcome,
    },
    Refused {
        at: Instant,
    },
    Withdrawn {
        at: Instant,
    },
    /// The customer said that the answer helped.
    Confirmed {
        at: Instant,
    },
    /// The customer said that it did not; same reference.
    Reopened {
        at: Instant,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseStateKind {
    Drafted,
    Filed,
    Acknowledged,
    WaitingOnUs,
    Answered,
    Refused,
    Withdrawn,
    Confirmed,
    Reopened,
}

impl CaseStateKind {
    pub const ALL: [Self; 9] = [
        Self::Drafted,
        Self::Filed,
        Self::Acknowledged,
        Self::WaitingOnUs,
        Self::Answered,
        Self::Refused,
        Self::Withdrawn,
        Self::Confirmed,
        Self::Reopened,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Drafted => "drafted",
            Self::Filed => "filed",
            Self::Acknowledged => "acknowledged",
            Self::WaitingOnUs => "waiting_on_us",
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Confirmed => "confirmed",
            Self::Reopened => "reopened",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Filed and not ended: the operator owes us something, or we owe it an answer.
    pub fn is_with_operator(self) -> bool {
        matches!(self, Self::Filed | Self::Acknowledged | Self::WaitingOnUs | Self::Reopened)
    }
}

impl fmt::Display for CaseStateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl CaseState {
    pub fn kind(&self) -> CaseStateKind {
        match self {
            Self::Drafted => CaseStateKind::Drafted,
            Self::Filed { .. } => CaseStateKind::Filed,
            Self::Acknowledged { .. } => CaseStateKind::Acknowledged,
            Self::WaitingOnUs { .. } => CaseStateKind::WaitingOnUs,
            Self::Answered { .. } => CaseStateKind::Answered,
            Self::Refused { .. } => CaseStateKind::Refused,
            Self::Withdrawn { .. } => CaseStateKind::Withdrawn,
            Self::Confirmed { .. } => CaseStateKind::Confirmed,
            Self::Reopened { .. } => CaseStateKind::Reopened,
        }
    }
}

/// Why the desk cannot reasonably solve it itself; the operator judges us by these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EscalationReason {
    LacksTraining,
    LacksDocumentation,
    LacksTools,
    OperatorFault,
}

impl EscalationReason {
    pub const ALL: [Self; 4] = [Self::LacksTraining, Self::LacksDocumentation, Self::LacksTools, Self::OperatorFault];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::LacksTraining => "lacks_training",
            Self::LacksDocumentation => "lacks_documentation",
            Self::LacksTools => "lacks_tools",
            Self::OperatorFault => "operator_fault",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerOutcome {
    Solved,
    NotSolved,
}

/// What the gate accepted about service health. The reason of a waiver is in [`CaseWords`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum HealthEvidence {
    Checked { at: Instant },
    Waived,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilingChannel {
    Portal,
    Phone,
    Mail,
    Api,
}

impl FilingChannel {
    pub const ALL: [Self; 4] = [Self::Portal, Self::Phone, Self::Mail, Self::Api];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Portal => "portal",
            Self::Phone => "phone",
            Self::Mail => "mail",
            Self::Api => "api",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == text)
    }
}
