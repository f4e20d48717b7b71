//! What can be asked of a ticket or a case. Data only: [`crate::decide`] says what comes of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::Instant;
use crate::case::{AnswerOutcome, EscalationReason, Evidence, FilingChannel, Handing, Measure};
use crate::disclosure::Handed;
use crate::event::StepRef;
use crate::ids::{
    AgentId, AttachmentId, CaseId, ClockId, ContactId, CustomerId, MailboxId, MessageId, Slug, TeamId, TicketId,
};
use crate::ticket::{Channel, LinkKind, Severity};

/// One or several commands that stand or fall together.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Unit {
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    Ticket(TicketId, Command),
    Case(CaseId, CaseCommand),
}

impl Unit {
    pub fn ticket(id: TicketId, command: Command) -> Self {
        Self { steps: vec![Step::Ticket(id, command)] }
    }

    pub fn case(id: CaseId, command: CaseCommand) -> Self {
        Self { steps: vec![Step::Case(id, command)] }
    }

    #[must_use]
    pub fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Every ticket the unit names, its own and those it merges into or links with; in id order.
    pub fn tickets(&self) -> BTreeSet<TicketId> {
        let mut ids = BTreeSet::new();
        for step in &self.steps {
            match step {
                Step::Ticket(id, command) => {
                    ids.insert(*id);
                    ids.extend(command.other_ticket());
                }
                Step::Case(_, CaseCommand::AddTicket { ticket }) => {
                    ids.insert(*ticket);
                }
                Step::Case(..) => {}
            }
        }
        ids
    }

    pub fn cases(&self) -> BTreeSet<CaseId> {
        self.steps
            .iter()
            .filter_map(|step| match step {
                Step::Case(id, _) => Some(*id),
                Step::Ticket(..) => None,
            })
            .collect()
    }
}

/// What somebody wrote. The caller brings a fresh id and has cleaned the HTML.
#[derive(Debug, Clone, PartialEq)]
pub struct Words {
    pub id: MessageId,
    pub body: String,
    pub html: Option<String>,
    pub attachments: Vec<AttachmentId>,
    /// Further mail recipients, as typed by the writer (a reply) or as found in the mail (a customer's message).
    pub cc: Vec<String>,
    /// RFC 5322 Message-ID, without angle brackets, of a mail that came in.
    pub mail_id: Option<String>,
}

impl Words {
    pub fn text(id: MessageId, body: impl Into<String>) -> Self {
        Self { id, body: body.into(), html: None, attachments: Vec::new(), cc: Vec::new(), mail_id: None }
    }

    pub fn is_empty(&self) -> bool {
        self.body.trim().is_empty() && self.html.is_none() && self.attachments.is_empty()
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct OpenTicket {
    pub subject: String,
    pub words: Words,
    pub requester: ContactId,
    pub customer: Option<CustomerId>,
    pub mailbox: Option<MailboxId>,
    pub channel: Channel,
    /// When the customer reached us; never later than now.
    pub at: Instant,
    pub category: Option<Slug>,
    pub service: Option<Slug>,
    pub severity: Option<Severity>,
    pub team: Option<TeamId>,
    pub custom_fields: BTreeMap<String, String>,
    /// Whether an automatic acknowledgement may be sent (RFC 3834); the desk decides by the mail and by what it sent before.
    pub acknowledge: bool,
    /// The closed ticket this one goes on from.
    pub follow_up_of: Option<TicketId>,
    /// From an old mailbox: closed at once, no clocks, nobody is written to.
    pub imported: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Open(Box<OpenTicket>),
    Triage {
        category: Slug,
        service: Option<Slug>,
        severity: Severity,
        assignment: Assignment,
    },
    Change(Box<FieldChanges>),
    Assign(Assignment),
    Reply {
        words: Words,
        then: Then,
    },
    Note {
        words: Words,
    },
    LogCall {
        words: Words,
        direction: CallDirection,
        at: Instant,
    },
    Link {
        to: TicketId,
        kind: LinkKind,
    },
    Unlink {
        to: TicketId,
        kind: LinkKind,
    },
    /// The operator's incident with this reference explains the ticket.
    LinkIncident {
        reference: String,
    },
    UnlinkIncident {
        reference: String,
    },
    /// The operator says that a linked incident is over.
    IncidentEnded {
        reference: String,
    },
    /// The operator says that a linked incident that was over is not.
    IncidentReopened {
        reference: String,
    },
    /// After the end of an incident somebody tried whether the problem is gone.
    Retest {
        reference: String,
        outcome: RetestOutcome,
        /// What was found, as a note.
        words: Option<Words>,
    },
    /// A person on the customer's side wrote.
    CustomerMessage {
        from: ContactId,
        words: Words,
        at: Instant,
    },
    /// An auto-reply, a bounce or a receipt: recorded, never changes anything.
    AutomaticMail {
        from: Option<ContactId>,
        words: Words,
        at: Instant,
    },
    Resolve {
        words: Words,
    },
    /// Resolved together with another ticket of the same person, who is told there about both.
    ResolveAlong {
        words: Words,
        with: TicketId,
    },
    Reopen {
        words: Option<Words>,
    },
    Close {
        reason: CloseReason,
    },
    Merge {
        into: TicketId,
    },
    Unmerge,
    /// Moves messages into a new ticket; its id is fresh.
    Split {
        messages: BTreeSet<MessageId>,
        into: TicketId,
        subject: String,
    },
    Snooze {
        until: Instant,
    },
    Wake,
    DraftCase(Box<DraftCase>),
    /// Everything that is due by now: ladder steps, missed targets, waiting that is over, snoozes that end.
    FireTimers,
    /// Measures its clocks anew: a policy, a calendar or a contract changed.
    Recompute,
    /// A miss that is nobody's fault here; none takes the excuse back.
    Excuse {
        clock: ClockId,
        reason: Option<String>,
    },
    /// "I have seen it": of one clock, or of all.
    AcknowledgeLadder {
        clock: Option<ClockId>,
    },
    /// The notice of a step that wants an acknowledgement was delivered.
    StepDelivered {
        clock: ClockId,
        step: StepRef,
        at: Instant,
    },
    /// A mail of ours cannot be delivered: recorded like automatic mail, never changes anything.
    RecordDeliveryFailure {
        message: Option<MessageId>,
    },
}

impl Command {
    fn other_ticket(&self) -> Option<TicketId> {
        match self {
            Self::Link { to, .. } | Self::Unlink { to, .. } => Some(*to),
            Self::Merge { into } => Some(*into),
            Self::ResolveAlong { with, .. } => Some(*with),
            Self::Open(open) => open.follow_up_of,
            Self::Triage { .. }
            | Self::Change(_)
            | Self::Assign(_)
            | Self::Reply { .. }
            | Self::Note { .. }
            | Self::LogCall { .. }
            | Self::LinkIncident { .. }
            | Self::UnlinkIncident { .. }
            | Self::IncidentEnded { .. }
            | Self::IncidentReopened { .. }
            | Self::Retest { .. }
            | Self::CustomerMessage { .. }
            | Self::AutomaticMail { .. }
            | Self::Resolve { .. }
            | Self::Reopen { .. }
            | Self::Close { .. }
            | Self::Unmerge
            | Self::Split { .. }
            | Self::Snooze { .. }
            | Self::Wake
            | Self::DraftCase(_)
            | Self::FireTimers
            | Self::Recompute
            | Self::Excuse { .. }
            | Self::AcknowledgeLadder { .. }
            | Self::StepDelivered { .. }
            | Self::RecordDeliveryFailure { .. } => None,
        }
    }
}

/// What somebody found when he tried again after an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetestOutcome {
    /// The problem is still there: it is another one, and may go to the operator.
    Persists,
    /// It went with the incident: the ticket can be resolved.
    Gone,
}

impl RetestOutcome {
    pub const ALL: [Self; 2] = [Self::Persists, Self::Gone];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Persists => "persists",
            Self::Gone => "gone",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// Who works on it. In a change, `None` leaves the field as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assignment {
    pub owner: Option<Option<AgentId>>,
    pub team: Option<Option<TeamId>>,
}

impl Assignment {
    pub fn to(owner: AgentId) -> Self {
        Self { owner: Some(Some(owner)), team: None }
    }

    pub fn is_empty(&self) -> bool {
        self.owner.is_none() && self.team.is_none()
    }
}

/// Fields to set; `None` leaves a field as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FieldChanges {
    pub severity: Option<Severity>,
    pub category: Option<Slug>,
    pub service: Option<Option<Slug>>,
    pub customer: Option<Option<CustomerId>>,
    pub tags: Option<BTreeSet<String>>,
    pub watchers: Option<BTreeSet<AgentId>>,
    pub label: Option<Option<Slug>>,
    pub custom_fields: Option<BTreeMap<String, String>>,
    pub subject: Option<String>,
}

/// What a reply leaves the ticket in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    Stay,
    /// We asked the customer; come back by then at the latest.
    Wait {
        until: Option<Instant>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallDirection {
    Inbound,
    Outbound,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseReason {
    Solved,
    Spam,
    Withdrawn,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DraftCase {
    pub id: CaseId,
    pub operator: Slug,
    pub reason: Option<EscalationReason>,
    pub severity: Option<Severity>,
    pub summary: String,
    pub evidence: Evidence,
    pub health_waiver: Option<String>,
    pub not_this_incident: Option<String>,
    pub incident_override: Option<String>,
    pub handing: Handing,
}

#[derive(Debug, Clone, PartialEq)]
pub enum CaseCommand {
    /// One more ticket with the same problem.
    AddTicket {
        ticket: TicketId,
    },
    /// Changes a draft before it is filed.
    Amend(Box<AmendCase>),
    File {
        reference: String,
        channel: FilingChannel,
        contact: Option<String>,
        severity: Option<Severity>,
        at: Instant,
        /// What the operator was given.
        handed: Handed,
    },
    /// Files it by writing to an operator that takes mail or requests; the number comes later.
    Send {
        letter: Words,
        severity: Option<Severity>,
        /// The customer's directory, as the letter names it.
        tenant_id: String,
        /// What the operator is given.
        handed: Handed,
    },
    /// The operator's number for it: the first, or another one than was known. A machine tells the first alone.
    RecordReference {
        reference: String,
    },
    Acknowledge {
        contact: Option<String>,
        at: Instant,
    },
    /// A word of ours that is sent to the operator.
    Write {
        letter: Words,
    },
    /// A word between the operator and us; no customer ever sees it.
    Update {
        words: Words,
        from: WordFrom,
        at: Instant,
    },
    WaitOnUs {
        at: Instant,
    },
    ChangeSeverity {
        severity: Severity,
    },
    Answer {
        words: Words,
        outcome: AnswerOutcome,
        at: Instant,
    },
    Refuse {
        words: Words,
        at: Instant,
    },
    Withdraw {
        reason: String,
    },
    Confirm,
    Reopen,
    /// What was learned from a case that was refused or withdrawn; said again, it takes the place of what was said.
    Learn {
        body: String,
        measure: Measure,
        owner: Option<AgentId>,
    },
    /// Everything of the operator's clocks that is due by now.
    FireTimers,
    /// Measures its clocks anew.
    Recompute,
    Excuse {
        clock: ClockId,
        reason: Option<String>,
    },
    AcknowledgeLadder {
        clock: Option<ClockId>,
    },
    StepDelivered {
        clock: ClockId,
        step: StepRef,
        at: Instant,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WordFrom {
    Operator,
    /// The operator's machine or switchboard: a word, but nobody who works on it has contacted us.
    OperatorDesk,
    Us,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AmendCase {
    pub reason: Option<EscalationReason>,
    pub severity: Option<Severity>,
    pub summary: Option<String>,
    pub evidence: Option<Evidence>,
    pub health_waiver: Option<String>,
    pub not_this_incident: Option<String>,
    pub incident_override: Option<String>,
    pub handing: Option<Handing>,
}
