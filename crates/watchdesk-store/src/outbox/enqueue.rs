//! New rows. The unique key makes it exactly one, however often it is decided.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel};
use watchdesk_core::Instant;
use watchdesk_core::effect::{Effect, Notice, Recipient};
use watchdesk_core::ids::{CaseId, TicketId};

use crate::entities::outbox::{Column, Entity, Model};
use crate::outbox::OutboxState;
use crate::rows::{json, seconds};
use crate::store::Shared;
use crate::{Store, StoreError, fresh_id};

/// What a decision wants sent, in its own transaction.
pub(crate) async fn insert_effects(
    shared: &Shared,
    connection: &impl ConnectionTrait,
    effects: &[Effect],
    now: Instant,
) -> Result<(), StoreError> {
    if effects.is_empty() {
        return Ok(());
    }
    let rows =
        effects.iter().map(|Effect { key, ticket, to, notice }| row(shared, key, Some(*ticket), *to, notice, now));
    insert(connection, rows.collect()).await?;
    Ok(())
}

/// A notice about the desk as a whole, which no ticket's decision causes. `false`: the key is there already.
pub async fn enqueue_desk(store: &Store, key: &str, recipient: Recipient, notice: &Notice) -> Result<bool, StoreError> {
    let transaction = store.begin().await?;
    let now = store.shared.now(&transaction).await?;
    let row = row(&store.shared, key, None, recipient, notice, now);
    let inserted = insert(&transaction, vec![row]).await?;
    transaction.commit().await?;
    Ok(inserted > 0)
}

/// How many were new.
async fn insert(connection: &impl ConnectionTrait, rows: Vec<Model>) -> Result<u64, StoreError> {
    let inserted = Entity::insert_many(rows.into_iter().map(IntoActiveModel::into_active_model))
        .on_conflict(OnConflict::column(Column::Key).do_nothing().to_owned())
        .exec_without_returning(connection)
        .await?;
    Ok(inserted)
}

fn row(
    shared: &Shared,
    key: &str,
    ticket: Option<TicketId>,
    recipient: Recipient,
    notice: &Notice,
    now: Instant,
) -> Model {
    let (recipient_kind, recipient_id) = match recipient {
        Recipient::Contact(id) => ("contact", id.0),
        Recipient::Agent(id) => ("agent", id.0),
    };
    let id = fresh_id();
    Model {
        id,
        key: key.to_owned(),
        ticket_id: ticket.map(|id| id.0),
        case_id: case_of(notice).map(|id| id.0),
        recipient_kind: recipient_kind.to_owned(),
        recipient_id,
        notice: notice.name().to_owned(),
        notice_data: json(notice),
        mail_id: format!("{id}@{}", shared.mail_domain),
        state: OutboxState::Pending.as_str().to_owned(),
        attempts: 0,
        next_attempt_at: Some(seconds(now)),
        created_at: seconds(now),
        sent_at: None,
        fence: 0,
        last_error: None,
        provider_id: None,
    }
}

fn case_of(notice: &Notice) -> Option<CaseId> {
    match notice {
        Notice::PassedOn { case } | Notice::CaseAnswered { case } => Some(*case),
        Notice::Received { .. }
        | Notice::Reply { .. }
        | Notice::Resolved { .. }
        | Notice::Closed
        | Notice::Assigned
        | Notice::CustomerWrote { .. }
        | Notice::WaitingOver
        | Notice::TargetNear { .. }
        | Notice::TargetMissed { .. }
        | Notice::DailySummary { .. } => None,
    }
}
