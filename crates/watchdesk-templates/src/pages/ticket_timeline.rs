//! What happened on a ticket: messages, and events as compact lines.

use chrono::{DateTime, Utc};
use serde::Serialize;

/// One entry of the conversation.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Entry {
    Message(Box<Message>),
    Event(EventLine),
}

impl Entry {
    pub fn message(message: Message) -> Self {
        Self::Message(Box::new(message))
    }
}

/// Who speaks to whom; decides how a message looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Voice {
    /// The customer's words.
    Customer,
    /// Ours, to the customer.
    Public,
    /// Ours, to ourselves.
    Note,
    /// The operator's words or ours to it; the customer never sees them.
    Operator,
    /// An automatic mail of ours.
    System,
    /// An automatic mail from outside: out of office, bounce, receipt.
    Automatic,
}

#[derive(Debug, Clone, Serialize)]
pub struct Message {
    pub id: String,
    pub voice: Voice,
    pub author: String,
    pub initials: String,
    pub address: Option<String>,
    pub at: DateTime<Utc>,
    /// `mail`, `phone`, `web`, `api`.
    pub channel: String,
    /// For calls: `inbound`, `outbound`.
    pub direction: Option<String>,
    pub cc: Vec<String>,
    /// Plain text without the quotation, line breaks kept.
    pub text: String,
    /// The quotation that was taken off.
    pub quoted: Option<String>,
    /// Where the cleaned HTML is served from, under its own policy: shown in a sandboxed frame.
    pub html: Option<String>,
    /// Show the HTML at once, because the text alone says too little.
    pub html_first: bool,
    pub attachments: Vec<Attachment>,
    /// How sending went; none for what is not sent.
    pub delivery: Option<Delivery>,
    /// It reached an end that needs a look: a stranger quoting a number, a long cut.
    pub hint: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Attachment {
    pub name: String,
    /// Download only.
    pub href: String,
    pub size: i64,
    /// Type found in the bytes, as `image/png`.
    pub media_type: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct Delivery {
    /// `queued`, `sent`, `retrying`, `dead`, `bounced`.
    pub state: String,
    pub detail: String,
    /// Offered for what is dead: where to post.
    pub resend: Option<String>,
}

/// An event in one line: `event.<kind>` of the catalogue, with `{who}` and `{what}`.
#[derive(Debug, Clone, Serialize)]
pub struct EventLine {
    pub event: EventKind,
    /// A person's name, "Watchdesk", the customer's name.
    pub who: String,
    /// The rest in words: "B, Exchange Online", "C → B", "#10240".
    pub what: String,
    pub at: DateTime<Utc>,
}

macro_rules! event_kinds {
    ($($kind:ident),+ $(,)?) => {
        /// The kinds of event lines; each has an `event.<kind>` in the catalogues.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum EventKind {
            $($kind),+
        }

        impl EventKind {
            /// All kinds, so that a test can ask the catalogues for each.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];
        }
    };
}

event_kinds![
    Opened,
    Imported,
    Triaged,
    Assigned,
    Unassigned,
    SeverityChanged,
    CategoryChanged,
    ServiceChanged,
    CustomerChanged,
    TagsChanged,
    WatchersChanged,
    LabelChanged,
    FieldsChanged,
    SubjectChanged,
    ParticipantAdded,
    Moved,
    WaitingStarted,
    WaitingEnded,
    WaitingOver,
    Snoozed,
    Woken,
    Resolved,
    Reopened,
    ReopenedByCustomer,
    Closed,
    ClosedByTime,
    Merged,
    Absorbed,
    Released,
    Unmerged,
    SplitOff,
    SplitFrom,
    Linked,
    Unlinked,
    FollowUp,
    IncidentLinked,
    IncidentUnlinked,
    IncidentEnded,
    IncidentReopened,
    RetestedPersists,
    RetestedGone,
    CaseDrafted,
    CaseAmended,
    CaseDropped,
    CaseJoined,
    CaseMoved,
    CaseFiled,
    CaseAcknowledged,
    CaseWaitsOnUs,
    CaseAnswered,
    CaseRefused,
    CaseWithdrawn,
    CaseConfirmed,
    CaseReopened,
    CaseReferenceRecorded,
    CaseLessonRecorded,
    CaseSeverityChanged,
    HealthChecked,
    HealthWaived,
    ClockStarted,
    ClockMissed,
    ClockMet,
    ClockMetLate,
    ClockCorrected,
    ClockEnded,
    ClockSuperseded,
    ClockResumed,
    ClockExcused,
    ExcuseRevoked,
    StepFired,
    StepSuppressed,
    StepReachedNobody,
    StepUnanswered,
    StepAcknowledged,
    EscalationProposed,
    MailSent,
    DeliveryFailed,
    Other,
];
