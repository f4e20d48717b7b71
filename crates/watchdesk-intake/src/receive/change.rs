//! A plan becomes a request to the store. Pure.

use std::collections::BTreeMap;

use watchdesk_core::Instant;
use watchdesk_core::command::{Command, OpenTicket, Step, Unit, Words};
use watchdesk_core::event::ActorRef;
use watchdesk_core::ids::{AttachmentId, MessageId, TicketId};
use watchdesk_core::operator_mail::CASES_MAX;
use watchdesk_core::ticket::Channel;
use watchdesk_store::mail::Fate;
use watchdesk_store::{Request, fresh_id};

use super::bounce::Undelivered;
use super::letter::Letter;
use super::plan::{Change, Opening, Way};

/// Everything that has to be made up for a letter, once, so that a second attempt does not make it again.
pub(super) struct Fresh {
    pub message: MessageId,
    pub ticket: TicketId,
    pub note: MessageId,
    pub attachments: Vec<AttachmentId>,
    /// Of the same words on further cases.
    pub more: [MessageId; CASES_MAX],
}

impl Change {
    /// Whose files they are that came with the mail.
    pub fn author(&self) -> ActorRef {
        match &self.way {
            Way::Open(opening) => ActorRef::Contact(opening.requester),
            Way::Continue { from, .. } => ActorRef::Contact(*from),
            Way::Record { from, .. } => from.map_or(ActorRef::System, ActorRef::Contact),
            Way::Undelivered(_) | Way::Operator(_) => ActorRef::System,
        }
    }
}

impl Fresh {
    pub fn ids(attachments: Vec<AttachmentId>) -> Self {
        Self {
            message: MessageId(fresh_id()),
            ticket: TicketId(fresh_id()),
            note: MessageId(fresh_id()),
            attachments,
            more: std::array::from_fn(|_| MessageId(fresh_id())),
        }
    }
}

/// The letter's fate is sealed in the same transaction as what it does to a ticket.
pub(super) fn request(letter: &Letter, change: &Change, fresh: &Fresh) -> Request {
    let words = words(letter, fresh);
    let at = accepted_at(letter, change.not_before);
    let message = fresh.message;
    let (unit, fate) = match &change.way {
        Way::Open(opening) => (open(letter, opening, words, at, fresh), Fate::Ticket { ticket: fresh.ticket, message }),
        Way::Continue { ticket, from } => {
            let command = Command::CustomerMessage { from: *from, words, at };
            (Unit::ticket(*ticket, command), Fate::Reply { ticket: *ticket, message })
        }
        Way::Record { ticket, from } => {
            let command = Command::AutomaticMail { from: *from, words, at };
            (Unit::ticket(*ticket, command), Fate::Reply { ticket: *ticket, message })
        }
        Way::Undelivered(undelivered) => {
            (undelivered_mail(undelivered, words, at), Fate::Bounce { outbox: undelivered.outbox })
        }
        Way::Operator(word) => (word.unit(letter, words, fresh), Fate::Operator { case: word.first.case, message }),
    };
    Request { unit, settle_mail: Some((letter.id, fate)), ..Request::default() }
}

fn open(letter: &Letter, opening: &Opening, words: Words, at: Instant, fresh: &Fresh) -> Unit {
    let mailbox = letter.mailbox();
    let open = OpenTicket {
        subject: letter.subject(),
        words,
        requester: opening.requester,
        customer: opening.customer,
        mailbox: mailbox.map(|mailbox| mailbox.id),
        channel: Channel::Mail,
        at,
        category: None,
        service: None,
        severity: None,
        team: mailbox.and_then(|mailbox| mailbox.team),
        custom_fields: BTreeMap::new(),
        acknowledge: opening.acknowledge.is_some(),
        follow_up_of: opening.follow_up_of,
        imported: opening.imported,
    };
    let unit = Unit::ticket(fresh.ticket, Command::Open(Box::new(open)));
    match opening.hint(letter) {
        Some(hint) => {
            let note = Command::Note { words: Words::text(fresh.note, hint) };
            unit.then(Step::Ticket(fresh.ticket, note))
        }
        None => unit,
    }
}

fn undelivered_mail(undelivered: &Undelivered, words: Words, at: Instant) -> Unit {
    let ticket = undelivered.ticket;
    let unit = Unit::ticket(ticket, Command::AutomaticMail { from: None, words, at });
    if !undelivered.is_permanent {
        return unit;
    }
    unit.then(Step::Ticket(ticket, Command::RecordDeliveryFailure { message: undelivered.message }))
}

fn words(letter: &Letter, fresh: &Fresh) -> Words {
    Words {
        id: fresh.message,
        body: letter.body(),
        html: letter.html.clone(),
        attachments: fresh.attachments.clone(),
        cc: letter.cc(),
        mail_id: letter.mail.message_id.clone(),
    }
}

/// A mail that waited while its ticket was made (split off, say) is no older than the ticket.
fn accepted_at(letter: &Letter, not_before: Option<Instant>) -> Instant {
    not_before.map_or(letter.received_at, |opened| letter.received_at.max(opened))
}
