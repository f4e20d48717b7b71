//! What is to be sent. A row is claimed under a lease, sent outside of any transaction, and then says what came of it.
//!
//! The fence grows with every claim: who lost his lease can write nothing any more. A row whose sender was never heard of
//! again is claimed once more; that is the one window in which a mail may go out twice, with the same Message-ID, and it
//! is on record as `ambiguous`.

mod claims;
mod enqueue;
mod records;

#[cfg(test)]
pub(crate) use claims::claim_query;
pub use claims::{OutboxItem, claim, dead, failed, next_due, resend, sent, suppressed};
pub use enqueue::enqueue_desk;
pub(crate) use enqueue::insert_effects;
pub use records::{
    Attempt, OutboxRecord, attempts, by_id, by_mail_id, latest_of_ticket, list_by_state, of_ticket, oldest_pending,
};

use watchdesk_core::effect::{Notice, Recipient};
use watchdesk_core::ids::{AgentId, ContactId};

use crate::StoreError;
use crate::entities::outbox::Model;
use crate::rows::Place;

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
}

impl OutboxState {
    pub const ALL: [Self; 5] = [Self::Pending, Self::Sending, Self::Sent, Self::Dead, Self::Suppressed];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Dead => "dead",
            Self::Suppressed => "suppressed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

fn recipient(row: &Model) -> Result<Recipient, StoreError> {
    match row.recipient_kind.as_str() {
        "contact" => Ok(Recipient::Contact(ContactId(row.recipient_id))),
        "agent" => Ok(Recipient::Agent(AgentId(row.recipient_id))),
        other => Err(Place { table: "outbox", id: &row.id }.corrupt("recipient_kind", other)),
    }
}

fn notice(row: &Model) -> Result<Notice, StoreError> {
    Place { table: "outbox", id: &row.id }.json("notice_data", &row.notice_data)
}
