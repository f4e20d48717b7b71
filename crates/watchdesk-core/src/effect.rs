//! What a decision wants done outside: rows for the outbox. Nobody sends anything before they are committed.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::Instant;
use crate::clock::Objective;
use crate::event::StepRef;
use crate::ids::{AgentId, CaseId, ClockId, ContactId, MessageId, Slug, TicketId};

/// One notice to one recipient. The unique `key` makes it exactly one row, however often it is decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    pub key: String,
    pub ticket: TicketId,
    pub to: Recipient,
    pub notice: Notice,
    /// It piled up: it waits to be put into one digest with the others for the same recipient.
    pub held: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "who", content = "id", rename_all = "snake_case")]
pub enum Recipient {
    Contact(ContactId),
    Agent(AgentId),
    /// A mail address that a ladder names.
    Address(String),
    /// A webhook of the configuration.
    Webhook(Slug),
    /// An operator of the configuration, by its interface for service requests.
    Operator(Slug),
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contact(id) => write!(f, "contact:{id}"),
            Self::Agent(id) => write!(f, "agent:{id}"),
            Self::Address(address) => write!(f, "address:{address}"),
            Self::Webhook(slug) => write!(f, "webhook:{slug}"),
            Self::Operator(slug) => write!(f, "operator:{slug}"),
        }
    }
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
    /// To the customer: the operator's incident explains his problem, and we watch it.
    IncidentLinked {
        reference: String,
    },
    /// To the customer: it is over, we try whether all is well again.
    IncidentOver {
        reference: String,
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
        #[serde(flatten)]
        call: Call,
    },
    TargetMissed {
        clock: ClockId,
        objective: Objective,
        #[serde(flatten)]
        call: Call,
    },
    /// To those who manage the desk: a ladder's step was to reach somebody, and there was nobody.
    NobodyToCall {
        clock: ClockId,
        objective: Objective,
        #[serde(flatten)]
        step: StepRef,
    },
    /// To the owner: the ladder suggests that the operator should hear of it.
    EscalationProposed {
        clock: ClockId,
        objective: Objective,
    },
    /// To one person: everything that a ladder had to say to him while nobody could send it.
    Digest,
    /// To those who manage the desk: nobody is on call then.
    RotaGap {
        rota: Slug,
        level: u32,
        from: Instant,
        to: Instant,
    },
    /// To who comes on duty: the tickets whose targets run, from who leaves.
    HandOver {
        rota: Slug,
        level: u32,
        at: Instant,
    },
    /// To administrators: a ticket's timers cannot be fired.
    TimersStuck,
    /// To the owner: an incident is over, so try again whether the problem is gone.
    RetestWanted {
        reference: String,
    },
    CaseAnswered {
        case: CaseId,
    },
    /// To the operator: the packet of a case, or a later word about it.
    ToOperator {
        case: CaseId,
        message: MessageId,
        is_packet: bool,
    },
    /// To those who manage the desk: how that day was. The one notice that is about no ticket.
    DailySummary {
        day: NaiveDate,
    },
}

/// Which step of which ladder speaks, and whether it wants to be acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    #[serde(flatten)]
    pub step: StepRef,
    /// When it was due; it may be processed later.
    pub due_at: Instant,
    pub acknowledge: bool,
}

impl Notice {
    /// Answers that a machine gives by itself carry `Auto-Submitted` and never go to a machine (RFC 3834).
    pub fn is_automatic(&self) -> bool {
        !matches!(self, Self::Reply { .. } | Self::Resolved { .. } | Self::ToOperator { .. })
    }

    /// The others are about the desk as a whole.
    pub fn is_about_ticket(&self) -> bool {
        !matches!(self, Self::DailySummary { .. } | Self::Digest | Self::RotaGap { .. } | Self::HandOver { .. })
    }

    /// The message that a mail of this notice carries.
    pub fn message(&self) -> Option<MessageId> {
        match self {
            Self::Received { message }
            | Self::Reply { message }
            | Self::Resolved { message }
            | Self::CustomerWrote { message }
            | Self::ToOperator { message, .. } => Some(*message),
            Self::PassedOn { .. }
            | Self::IncidentLinked { .. }
            | Self::IncidentOver { .. }
            | Self::RetestWanted { .. }
            | Self::Closed
            | Self::Assigned
            | Self::WaitingOver
            | Self::TargetNear { .. }
            | Self::TargetMissed { .. }
            | Self::NobodyToCall { .. }
            | Self::EscalationProposed { .. }
            | Self::Digest
            | Self::RotaGap { .. }
            | Self::HandOver { .. }
            | Self::TimersStuck
            | Self::CaseAnswered { .. }
            | Self::DailySummary { .. } => None,
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Received { .. } => "received",
            Self::Reply { .. } => "reply",
            Self::PassedOn { .. } => "passed_on",
            Self::IncidentLinked { .. } => "incident_linked",
            Self::IncidentOver { .. } => "incident_over",
            Self::Resolved { .. } => "resolved",
            Self::Closed => "closed",
            Self::Assigned => "assigned",
            Self::CustomerWrote { .. } => "customer_wrote",
            Self::WaitingOver => "waiting_over",
            Self::TargetNear { .. } => "target_near",
            Self::TargetMissed { .. } => "target_missed",
            Self::RetestWanted { .. } => "retest_wanted",
            Self::CaseAnswered { .. } => "case_answered",
            Self::ToOperator { .. } => "to_operator",
            Self::NobodyToCall { .. } => "nobody_to_call",
            Self::EscalationProposed { .. } => "escalation_proposed",
            Self::Digest => "digest",
            Self::RotaGap { .. } => "rota_gap",
            Self::HandOver { .. } => "hand_over",
            Self::TimersStuck => "timers_stuck",
            Self::DailySummary { .. } => "daily_summary",
        }
    }
}
