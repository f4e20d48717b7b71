//! What a decision wants saved: all of it in one transaction, or nothing.

use crate::Instant;
use crate::case::Case;
use crate::clock::Clock;
use crate::command::Words;
use crate::disclosure::Disclosure;
use crate::effect::Effect;
use crate::event::{Event, MessageKind};
use crate::ids::{AgentId, CaseId, ContactId, MessageId, TicketId};
use crate::ticket::{Ticket, TicketWords};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decision {
    /// Tickets that are new or changed, in id order.
    pub tickets: Vec<TicketChange>,
    pub cases: Vec<CaseChange>,
    pub messages: Vec<NewMessage>,
    /// Messages that now belong to another ticket.
    pub moved_messages: Vec<MovedMessages>,
    pub effects: Vec<Effect>,
    /// What was handed to the operator.
    pub disclosures: Vec<Disclosure>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TicketChange {
    /// The version that must still be there; 0 for a new ticket.
    pub from_version: i64,
    pub ticket: Ticket,
    pub words: TicketWords,
    pub events: Vec<Event>,
    /// Every clock of the ticket as it now stands.
    pub clocks: Vec<Clock>,
    /// The earliest deadline that is still owed; the queue is sorted by it.
    pub due_at: Option<Instant>,
    /// When something happens by itself.
    pub next_fire_at: Option<Instant>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CaseChange {
    /// 0 for a new case.
    pub from_version: i64,
    pub case: Case,
}

#[derive(Debug, Clone, PartialEq)]
pub struct NewMessage {
    pub ticket: TicketId,
    pub kind: MessageKind,
    pub author: Author,
    pub at: Instant,
    pub words: Words,
    /// The case it was said about.
    pub case: Option<CaseId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    Agent(AgentId),
    Contact(ContactId),
    Operator,
    System,
}

#[derive(Debug, Clone, PartialEq)]
pub enum MovedMessages {
    /// All of one ticket's messages, because it was merged.
    All {
        from: TicketId,
        to: TicketId,
    },
    /// Those that came from `origin`, back again.
    Back {
        from: TicketId,
        origin: TicketId,
    },
    Some {
        from: TicketId,
        to: TicketId,
        messages: Vec<MessageId>,
    },
}
