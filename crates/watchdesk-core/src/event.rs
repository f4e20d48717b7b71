//! What happened to a ticket, for good. The ticket row is the fold of these, and its clocks are measured on them.
//!
//! Events hold references, never personal data: names, addresses and words live in rows that can be erased.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::Instant;
use crate::case::{AnswerOutcome, EscalationReason, HealthEvidence, Measure};
use crate::clock::{Beat, ClockRef, Outcome, Suppression};
use crate::command::{CallDirection, RetestOutcome};
use crate::ids::{AgentId, CaseId, ContactId, CustomerId, MailboxId, MessageId, Slug, TeamId, TicketId, TicketNumber};
use crate::ticket::{Channel, Link, Severity, State};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub ticket: TicketId,
    /// 1, 2, 3 ... without a gap.
    pub seq: i64,
    /// The time of the fact.
    pub at: Instant,
    /// When it was put on record.
    pub recorded_at: Instant,
    pub actor: ActorRef,
    pub kind: EventKind,
}

/// Who did it, as a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "who", content = "id", rename_all = "snake_case")]
pub enum ActorRef {
    Agent(AgentId),
    Contact(ContactId),
    System,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventKind {
    Opened {
        number: TicketNumber,
        requester: ContactId,
        customer: Option<CustomerId>,
        mailbox: Option<MailboxId>,
        channel: Channel,
        category: Option<Slug>,
        service: Option<Slug>,
        severity: Option<Severity>,
        team: Option<TeamId>,
        imported: bool,
    },
    MessageAdded {
        message: MessageId,
        kind: MessageKind,
        /// The person on the customer's side who wrote, if one did.
        contact: Option<ContactId>,
    },
    CallLogged {
        message: MessageId,
        direction: CallDirection,
    },
    Triaged,
    SeverityChanged {
        from: Option<Severity>,
        to: Severity,
    },
    CategoryChanged {
        to: Slug,
    },
    ServiceChanged {
        to: Option<Slug>,
    },
    CustomerChanged {
        to: Option<CustomerId>,
    },
    TagsChanged {
        to: BTreeSet<String>,
    },
    WatchersChanged {
        to: BTreeSet<AgentId>,
    },
    LabelChanged {
        to: Option<Slug>,
    },
    /// The values are words, and not here.
    CustomFieldsChanged {
        names: BTreeSet<String>,
    },
    SubjectChanged,
    Assigned {
        owner: Option<AgentId>,
        team: Option<TeamId>,
    },
    ParticipantAdded {
        contact: ContactId,
    },
    Linked(Link),
    Unlinked(Link),
    IncidentLinked {
        reference: String,
        /// The customer hears of it.
        #[serde(default)]
        told: bool,
    },
    IncidentUnlinked {
        reference: String,
    },
    /// The operator says that a linked incident is over; somebody has to try whether the problem is gone.
    IncidentEnded {
        reference: String,
    },
    /// ... and that it is not over after all.
    IncidentReopened {
        reference: String,
    },
    /// Somebody tried after the end of the incident.
    Retested {
        reference: String,
        outcome: RetestOutcome,
    },
    /// The state changed. What changed it stands before it in the same unit.
    Moved {
        to: State,
    },
    /// It waited for the customer until the instant agreed.
    WaitingOver,
    Snoozed {
        until: Instant,
    },
    Woken,
    /// Another ticket was merged into this one; its beats count here from now on.
    Absorbed {
        ticket: TicketId,
        beats: Vec<(Instant, Beat)>,
        participants: BTreeSet<ContactId>,
    },
    /// ... and was taken out again.
    Released {
        ticket: TicketId,
        participants: BTreeSet<ContactId>,
    },
    /// Messages went to a ticket of their own.
    SplitOff {
        messages: BTreeSet<MessageId>,
        into: TicketId,
    },
    CaseDrafted {
        case: CaseId,
        reason: EscalationReason,
        health: HealthEvidence,
        incident_overridden: bool,
    },
    /// The draft was changed before it was filed; the words are with the case.
    CaseAmended {
        case: CaseId,
        reason: EscalationReason,
        severity: Severity,
    },
    CaseDropped {
        case: CaseId,
    },
    CaseJoined {
        case: CaseId,
    },
    /// The operator's number for it became known, or was corrected. Which it is stands with the case.
    CaseReferenceRecorded {
        case: CaseId,
    },
    CaseFiled {
        case: CaseId,
        severity: Severity,
    },
    CaseAcknowledged {
        case: CaseId,
    },
    CaseWaitsOnUs {
        case: CaseId,
    },
    CaseSeverityChanged {
        case: CaseId,
        to: Severity,
    },
    CaseAnswered {
        case: CaseId,
        outcome: AnswerOutcome,
    },
    CaseRefused {
        case: CaseId,
    },
    CaseWithdrawn {
        case: CaseId,
    },
    CaseConfirmed {
        case: CaseId,
    },
    CaseReopened {
        case: CaseId,
    },
    /// What was learned is words, and stands with the case.
    CaseLessonRecorded {
        case: CaseId,
        measure: Measure,
        owner: Option<AgentId>,
    },
    CaseMoved {
        case: CaseId,
        to: TicketId,
    },
    ClockStarted {
        #[serde(flatten)]
        clock: ClockRef,
    },
    /// The terms changed; the next revision of the same cycle carries on.
    ClockSuperseded {
        #[serde(flatten)]
        clock: ClockRef,
    },
    ClockMissed {
        #[serde(flatten)]
        clock: ClockRef,
    },
    /// A fact recorded late changed the reading: the target was kept after all.
    ClockCorrected {
        #[serde(flatten)]
        clock: ClockRef,
    },
    ClockEnded {
        #[serde(flatten)]
        clock: ClockRef,
        outcome: Outcome,
    },
    /// What had ended it is taken back: a merge, a message that went to another ticket.
    ClockResumed {
        #[serde(flatten)]
        clock: ClockRef,
    },
    /// The reason is words, and stands with the clock.
    ClockExcused {
        #[serde(flatten)]
        clock: ClockRef,
    },
    ExcuseRevoked {
        #[serde(flatten)]
        clock: ClockRef,
    },
    /// A step of a ladder was processed, possibly later than it was due.
    StepFired {
        #[serde(flatten)]
        clock: ClockRef,
        #[serde(flatten)]
        step: StepRef,
        due_at: Instant,
        /// People of the desk who are told.
        told: BTreeSet<AgentId>,
        /// Addresses and webhooks beside them.
        elsewhere: u32,
    },
    StepSuppressed {
        #[serde(flatten)]
        clock: ClockRef,
        #[serde(flatten)]
        step: StepRef,
        due_at: Instant,
        why: Suppression,
    },
    /// It was to reach somebody, and there was nobody: the next step is called.
    StepReachedNobody {
        #[serde(flatten)]
        clock: ClockRef,
        #[serde(flatten)]
        step: StepRef,
        due_at: Instant,
    },
    /// Nobody acknowledged it in time: the next step is called.
    StepUnanswered {
        #[serde(flatten)]
        clock: ClockRef,
        #[serde(flatten)]
        step: StepRef,
    },
    StepAcknowledged {
        #[serde(flatten)]
        clock: ClockRef,
        #[serde(flatten)]
        step: StepRef,
    },
    /// The ladder suggests that the operator should hear of it.
    EscalationProposed {
        #[serde(flatten)]
        clock: ClockRef,
    },
    /// What we sent could not be delivered; the mail's fate is with the outbox row.
    DeliveryFailed {
        message: Option<MessageId>,
    },
}

/// A step of a ladder, as events and notices name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StepRef {
    /// 0 is the first of the ladder.
    pub step: u32,
    /// 0 is the first round.
    pub repetition: u32,
}

/// Who speaks to whom in a message, and so who may read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// From the customer.
    Customer,
    /// From us to the customer.
    Public,
    /// Among ourselves.
    Note,
    /// Between the operator and us.
    Operator,
    /// Automatic mail that came in, kept on record.
    Automatic,
}

impl MessageKind {
    pub const ALL: [Self; 5] = [Self::Customer, Self::Public, Self::Note, Self::Operator, Self::Automatic];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Public => "public",
            Self::Note => "note",
            Self::Operator => "operator",
            Self::Automatic => "automatic",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The customer may read what he wrote and what was written to him, and nothing else ever.
    pub fn is_for_customer(self) -> bool {
        matches!(self, Self::Customer | Self::Public)
    }
}

/// Why events that are in the store cannot be a ticket's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    #[error("ticket {0} has no events")]
    Empty(TicketId),
    #[error("ticket {ticket}: event {found} stands where {expected} should")]
    Gap { ticket: TicketId, expected: i64, found: i64 },
    #[error("ticket {0}: its first event is not \"opened\"")]
    NotOpened(TicketId),
    #[error("ticket {0} is opened twice")]
    OpenedTwice(TicketId),
}
