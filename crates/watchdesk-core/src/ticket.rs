//! A ticket: its state, and the fields beside the state.
//!
//! [`Ticket`] is what the events of a ticket fold to (see [`crate::event`]). Words that people wrote, such as the
//! subject, are kept apart in [`TicketWords`]: they may have to be erased one day, and events may not.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Instant;
use crate::ids::{AgentId, CaseId, ContactId, CustomerId, MailboxId, Slug, TeamId, TicketId, TicketNumber};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    pub id: TicketId,
    pub number: TicketNumber,
    /// The number of the last event; also the version that a save must find unchanged.
    pub version: i64,
    pub state: State,
    pub channel: Channel,
    pub customer: Option<CustomerId>,
    pub requester: ContactId,
    /// Everybody who is part of the conversation; a reply is only taken from one of them.
    pub participants: BTreeSet<ContactId>,
    pub mailbox: Option<MailboxId>,
    pub triaged: bool,
    pub severity: Option<Severity>,
    pub category: Option<Slug>,
    pub service: Option<Slug>,
    pub owner: Option<AgentId>,
    pub team: Option<TeamId>,
    pub watchers: BTreeSet<AgentId>,
    pub tags: BTreeSet<String>,
    /// A desk's own name for where the ticket stands; it maps to a state and changes nothing.
    pub label: Option<Slug>,
    pub links: BTreeSet<Link>,
    /// References of the operator's incidents that explain this ticket.
    pub incidents: BTreeSet<String>,
    /// Those of them that ended and after which nobody has tried yet whether the problem is gone.
    pub retests: BTreeSet<String>,
    /// Incidents that the customer was told of, also when the link was a mistake.
    pub incidents_told: BTreeSet<String>,
    pub snoozed_until: Option<Instant>,
    pub opened_at: Instant,
    pub updated_at: Instant,
    /// Born from an old mailbox: it has no clocks and answers nobody.
    pub imported: bool,
}

/// What people wrote on the ticket itself; erasable, so never part of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketWords {
    pub subject: String,
    pub custom_fields: BTreeMap<String, String>,
}

/// The whole life of a ticket. Each state owns exactly what is only true in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum State {
    Open,
    Triaged,
    /// For the customer, optionally until an instant.
    Waiting {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Instant>,
    },
    /// A case with the operator is filed and has not ended.
    Escalated,
    Resolved {
        at: Instant,
    },
    Closed {
        at: Instant,
        reason: Closing,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Closing {
    Solved,
    Spam,
    Withdrawn,
    /// Merged into another ticket, with all that unmerging gives back.
    Duplicate(Box<Merged>),
    /// It came closed, from an old mailbox.
    Imported,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merged {
    pub of: TicketId,
    pub was: State,
    /// The cases that went along.
    pub cases: BTreeSet<CaseId>,
    /// The people that the other ticket gained by it.
    pub participants: BTreeSet<ContactId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateKind {
    Open,
    Triaged,
    Waiting,
    Escalated,
    Resolved,
    Closed,
}

impl StateKind {
    pub const ALL: [Self; 6] =
        [Self::Open, Self::Triaged, Self::Waiting, Self::Escalated, Self::Resolved, Self::Closed];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Triaged => "triaged",
            Self::Waiting => "waiting",
            Self::Escalated => "escalated",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Resolved and closed tickets wait for nothing and are due for nothing.
    pub fn is_finished(self) -> bool {
        matches!(self, Self::Resolved | Self::Closed)
    }
}

impl fmt::Display for StateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl State {
    pub fn kind(&self) -> StateKind {
        match self {
            Self::Open => StateKind::Open,
            Self::Triaged => StateKind::Triaged,
            Self::Waiting { .. } => StateKind::Waiting,
            Self::Escalated => StateKind::Escalated,
            Self::Resolved { .. } => StateKind::Resolved,
            Self::Closed { .. } => StateKind::Closed,
        }
    }
}

impl Ticket {
    /// The ticket this one was merged into, if it was.
    pub fn duplicate_of(&self) -> Option<TicketId> {
        match &self.state {
            State::Closed { reason: Closing::Duplicate(merged), .. } => Some(merged.of),
            State::Open
            | State::Triaged
            | State::Waiting { .. }
            | State::Escalated
            | State::Resolved { .. }
            | State::Closed { .. } => None,
        }
    }
}

/// How badly the customer's business is hurt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Severity {
    /// Critical: business stopped or badly reduced.
    A,
    /// Moderate: reduced, work goes on.
    B,
    /// Minimal: little impact.
    C,
}

impl Severity {
    pub const ALL: [Self; 3] = [Self::A, Self::B, Self::C];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.as_str() == text)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How the ticket reached us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Mail,
    Phone,
    Web,
    Api,
}

impl Channel {
    pub const ALL: [Self; 4] = [Self::Mail, Self::Phone, Self::Web, Self::Api];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Phone => "phone",
            Self::Web => "web",
            Self::Api => "api",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == text)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Link {
    pub kind: LinkKind,
    pub to: TicketId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    Parent,
    Child,
    Related,
    Duplicate,
    /// This ticket goes on where `to`, already closed, ended.
    FollowUpOf,
    FollowedUpBy,
    SplitFrom,
    SplitInto,
}

impl LinkKind {
    /// How the other ticket sees the same link.
    pub fn reverse(self) -> Self {
        match self {
            Self::Parent => Self::Child,
            Self::Child => Self::Parent,
            Self::Related => Self::Related,
            Self::Duplicate => Self::Duplicate,
            Self::FollowUpOf => Self::FollowedUpBy,
            Self::FollowedUpBy => Self::FollowUpOf,
            Self::SplitFrom => Self::SplitInto,
            Self::SplitInto => Self::SplitFrom,
        }
    }
}
