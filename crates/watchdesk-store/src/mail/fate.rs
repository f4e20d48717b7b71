//! What became of a mail. Each has exactly one current fate; a dropped one has a reason that a person can read.

use serde::{Deserialize, Serialize};
use watchdesk_core::ids::{CaseId, MessageId, OutboxId, RawMailId, TicketId};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fate {
    /// Stored and acknowledged, not looked at yet.
    Pending,
    /// It opened this ticket.
    Ticket { ticket: TicketId, message: MessageId },
    /// It went into this ticket.
    Reply { ticket: TicketId, message: MessageId },
    /// The operator's word on a case.
    Operator { case: CaseId, message: MessageId },
    /// Something we sent came back.
    Bounce { outbox: OutboxId },
    /// The same mail again.
    Duplicate { of: RawMailId },
    /// Kept until a person decides, or until a rate falls.
    Held { reason: String },
    /// Nothing is to be done about it.
    Ignored { reason: String },
    /// It could not be understood; the bytes are kept.
    Quarantined { reason: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FateKind {
    Pending,
    Ticket,
    Reply,
    Operator,
    Bounce,
    Duplicate,
    Held,
    Ignored,
    Quarantined,
}

impl FateKind {
    pub const ALL: [Self; 9] = [
        Self::Pending,
        Self::Ticket,
        Self::Reply,
        Self::Operator,
        Self::Bounce,
        Self::Duplicate,
        Self::Held,
        Self::Ignored,
        Self::Quarantined,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ticket => "ticket",
            Self::Reply => "reply",
            Self::Operator => "operator",
            Self::Bounce => "bounce",
            Self::Duplicate => "duplicate",
            Self::Held => "held",
            Self::Ignored => "ignored",
            Self::Quarantined => "quarantined",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// A person may have it tried again.
    pub fn can_be_retried(self) -> bool {
        match self {
            Self::Held | Self::Ignored | Self::Quarantined => true,
            Self::Pending | Self::Ticket | Self::Reply | Self::Operator | Self::Bounce | Self::Duplicate => false,
        }
    }
}

impl Fate {
    pub fn kind(&self) -> FateKind {
        match self {
            Self::Pending => FateKind::Pending,
            Self::Ticket { .. } => FateKind::Ticket,
            Self::Reply { .. } => FateKind::Reply,
            Self::Operator { .. } => FateKind::Operator,
            Self::Bounce { .. } => FateKind::Bounce,
            Self::Duplicate { .. } => FateKind::Duplicate,
            Self::Held { .. } => FateKind::Held,
            Self::Ignored { .. } => FateKind::Ignored,
            Self::Quarantined { .. } => FateKind::Quarantined,
        }
    }
}
