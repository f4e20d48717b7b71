//! What a decision wants done outside: rows for the outbox. Nobody sends anything before they are committed.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::clock::Objective;
use crate::ids::{AgentId, CaseId, ClockId, ContactId, MessageId, TicketId};

/// One notice to one recipient. The unique `key` makes it exactly one row, however often it is decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    pub key: String,
    pub ticket: TicketId,
    pub to: Recipient,
    pub notice: Notice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "who", content = "id", rename_all = "snake_case")]
pub enum Recipient {
    Contact(ContactId),
    Agent(AgentId),
}

/// What it says; the words are the templates' matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "notice", rename_all = "snake_case")]
pub enum Notice {
    /// To the customer: we have it, this is its number, this is how we work, then you hear from us.
    Received {
        message: MessageId,
    },
    /// To the customer: what a person of the desk wrote. Further recipients are the message's `cc`.
    Reply {
        message: MessageId,
    },
    /// To the customer: passed on to the operator.
    PassedOn {
        case: CaseId,
    },
    /// To the customer: solved, with the message that says how.
    Resolved {
        message: MessageId,
    },
    Closed,
    /// To staff.
    Assigned,
    CustomerWrote {
        message: MessageId,
    },
    WaitingOver,
    TargetNear {
        clock: ClockId,
        objective: Objective,
        percent: u32,
    },
    TargetMissed {
        clock: ClockId,
        objective: Objective,
    },
    CaseAnswered {
        case: CaseId,
    },
    /// To those who manage the desk: how that day was. The one notice that is about no ticket.
    DailySummary {
        day: NaiveDate,
    },
}

impl Notice {
    /// Answers that a machine gives by itself carry `Auto-Submitted` and never go to a machine (RFC 3834).
    pub fn is_automatic(&self) -> bool {
        !matches!(self, Self::Reply { .. } | Self::Resolved { .. })
    }

    /// The others are about the desk as a whole.
    pub fn is_about_ticket(&self) -> bool {
        !matches!(self, Self::DailySummary { .. })
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Received { .. } => "received",
            Self::Reply { .. } => "reply",
            Self::PassedOn { .. } => "passed_on",
            Self::Resolved { .. } => "resolved",
            Self::Closed => "closed",
            Self::Assigned => "assigned",
            Self::CustomerWrote { .. } => "customer_wrote",
            Self::WaitingOver => "waiting_over",
            Self::TargetNear { .. } => "target_near",
            Self::TargetMissed { .. } => "target_missed",
            Self::CaseAnswered { .. } => "case_answered",
            Self::DailySummary { .. } => "daily_summary",
        }
    }
}
