//! Which ticket a mail may belong to. What that proves is the core's matter.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;
use watchdesk_core::ids::{ContactId, TicketId};

use crate::entities::{message, outbox, participant};
use crate::{Store, StoreError};

/// A mail may name more, but not to any purpose.
const REFERENCES_MAX: usize = 100;

/// For each Message-ID (without angle brackets) that we sent, or that came in with a message, its ticket; in the order
/// of the ids given. A ticket that was merged since is still the one answered to: its messages moved, ours did not.
pub async fn tickets_by_mail_ids(store: &Store, mail_ids: &[String]) -> Result<Vec<(String, TicketId)>, StoreError> {
    let wanted = &mail_ids[..mail_ids.len().min(REFERENCES_MAX)];
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let sent: Vec<(String, Uuid)> = outbox::Entity::find()
        .select_only()
        .columns([outbox::Column::MailId, outbox::Column::TicketId])
        .filter(outbox::Column::MailId.is_in(wanted))
        .filter(outbox::Column::TicketId.is_not_null())
        .into_tuple()
        .all(store.reader())
        .await?;
    let received: Vec<(String, Uuid)> = message::Entity::find()
        .select_only()
        .columns([message::Column::MailId, message::Column::TicketId])
        .filter(message::Column::MailId.is_in(wanted))
        .limit(REFERENCES_MAX as u64)
        .into_tuple()
        .all(store.reader())
        .await?;
    let mut tickets: HashMap<String, Uuid> = received.into_iter().collect();
    tickets.extend(sent);
    let found = wanted.iter().filter_map(|id| Some((id.clone(), TicketId(*tickets.get(id)?))));
    Ok(found.collect())
}

/// Whether the contact is part of the ticket's conversation.
pub async fn participant(store: &Store, ticket: TicketId, contact: ContactId) -> Result<bool, StoreError> {
    let row = participant::Entity::find_by_id((ticket.0, contact.0)).one(store.reader()).await?;
    Ok(row.is_some())
}
