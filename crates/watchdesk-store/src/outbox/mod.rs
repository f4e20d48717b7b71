//! What is to be sent. A row is claimed under a lease, sent outside of any transaction, and then says what came of it.
//!
//! The fence grows with every claim: who lost his lease can write nothing any more. A row whose sender was never heard of
//! again is claimed once more; that is the one window in which a mail may go out twice, with the same Message-ID, and it
//! is on record as `ambiguous`.
//!
//! What piled up while nobody could send is held, and never sent by itself: one digest speaks for all that is held for
//! the same recipient.

mod claims;
mod digests;
mod enqueue;
mod held;
mod records;
mod warnings;

pub use claims::{
    OutboxItem, Way, claim, claim_by, dead, failed, next_due, next_due_by, renew, resend, sent, suppressed,
};
#[cfg(test)]
pub(crate) use claims::{claim_query, claim_query_by};
#[cfg(test)]
pub(crate) use digests::held_for;
pub use digests::{DIGEST_ENTRIES_MAX, DIGESTS_MAX, compose_digests, digest_entries};
pub(crate) use enqueue::insert_effects;
pub use enqueue::{enqueue, enqueue_desk};
pub use held::{beat, while_held};
pub use records::{
    Attempt, OutboxRecord, attempts, by_id, by_mail_id, latest_of_ticket, list_by_state, of_ticket, oldest_pending,
};

pub use warnings::{WARNINGS_MAX, troubled_warnings};

use sea_orm::prelude::Uuid;
use watchdesk_core::effect::{Notice, Recipient};
use watchdesk_core::ids::{AgentId, ContactId, Slug};

use crate::StoreError;
use crate::entities::outbox::Model;
use crate::rows::{Place, without_nul};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OutboxState {
    Pending,
    /// Claimed; or its sender died, and the lease will run out.
    Sending,
    Sent,
    /// Given up for good; a person can have it sent again.
    Dead,
    /// Not to be sent at all: the address is suppressed, or the notice became moot.
    Suppressed,
    /// It waits for a digest.
    Held,
    /// A digest speaks for it.
    InDigest,
}

impl OutboxState {
    pub const ALL: [Self; 7] =
        [Self::Pending, Self::Sending, Self::Sent, Self::Dead, Self::Suppressed, Self::Held, Self::InDigest];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Dead => "dead",
            Self::Suppressed => "suppressed",
            Self::Held => "held",
            Self::InDigest => "in_digest",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// A recipient as the columns have it: people by id, the others by name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Addressee {
    kind: String,
    id: Option<Uuid>,
    text: Option<String>,
}

impl Addressee {
    fn of(recipient: &Recipient) -> Self {
        let (kind, id, text) = match recipient {
            Recipient::Contact(id) => ("contact", Some(id.0), None),
            Recipient::Agent(id) => ("agent", Some(id.0), None),
            Recipient::Address(address) => ("address", None, Some(without_nul(address.as_str()))),
            Recipient::Webhook(slug) => ("webhook", None, Some(slug.to_string())),
            Recipient::Operator(slug) => ("operator", None, Some(slug.to_string())),
        };
        Self { kind: kind.to_owned(), id, text }
    }
}

fn recipient(row: &Model) -> Result<Recipient, StoreError> {
    let place = Place { table: "outbox", id: &row.id };
    match (row.recipient_kind.as_str(), row.recipient_id, &row.recipient_text) {
        ("contact", Some(id), None) => Ok(Recipient::Contact(ContactId(id))),
        ("agent", Some(id), None) => Ok(Recipient::Agent(AgentId(id))),
        ("address", None, Some(address)) => Ok(Recipient::Address(address.clone())),
        ("webhook", None, Some(slug)) => {
            Slug::new(slug.as_str()).map(Recipient::Webhook).map_err(|error| place.corrupt("recipient_text", error))
        }
        ("operator", None, Some(slug)) => {
            Slug::new(slug.as_str()).map(Recipient::Operator).map_err(|error| place.corrupt("recipient_text", error))
        }
        (kind, ..) => Err(place.corrupt("recipient_kind", format_args!("\"{kind}\" with another's columns"))),
    }
}

fn notice(row: &Model) -> Result<Notice, StoreError> {
    Place { table: "outbox", id: &row.id }.json("notice_data", &row.notice_data)
}
