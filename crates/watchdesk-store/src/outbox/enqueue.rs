//! New rows. The unique key makes it exactly one, however often it is decided.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel};
use watchdesk_core::Instant;
use watchdesk_core::effect::{Effect, Notice, Recipient};
use watchdesk_core::ids::CaseId;

use crate::entities::outbox::{Column, Entity, Model};
use crate::outbox::{Addressee, OutboxState};
use crate::rows::{json, seconds, without_nul};
use crate::store::Shared;
use crate::{Store, StoreError, fresh_id};

/// What a decision wants sent, in its own transaction.
pub(crate) async fn insert_effects(
    shared: &Shared,
    connection: &impl ConnectionTrait,
    effects: &[&Effect],
    now: Instant,
) -> Result<(), StoreError> {
    if effects.is_empty() {
        return Ok(());
    }
    let rows = effects.iter().map(|effect| effect_row(shared, effect, now));
    insert(connection, rows.collect()).await?;
    Ok(())
}

/// A notice about a ticket that no decision causes, such as that its timers cannot be fired. `false`: the key is there
/// already.
pub async fn enqueue(store: &Store, effect: &Effect) -> Result<bool, StoreError> {
    enqueue_row(store, |now| effect_row(&store.shared, effect, now)).await
}

/// A notice about the desk as a whole, which no ticket's decision causes. `false`: the key is there already.
pub async fn enqueue_desk(store: &Store, key: &str, recipient: Recipient, notice: &Notice) -> Result<bool, StoreError> {
    enqueue_row(store, |now| row(&store.shared, key, Addressee::of(&recipient), notice, now)).await
}

async fn enqueue_row(store: &Store, row: impl FnOnce(Instant) -> Model) -> Result<bool, StoreError> {
    let transaction = store.begin().await?;
    let now = store.shared.now(&transaction).await?;
    let inserted = insert(&transaction, vec![row(now)]).await?;
    transaction.commit().await?;
    Ok(inserted > 0)
}

/// How many were new.
pub(super) async fn insert(connection: &impl ConnectionTrait, rows: Vec<Model>) -> Result<u64, StoreError> {
    let inserted = Entity::insert_many(rows.into_iter().map(IntoActiveModel::into_active_model))
        .on_conflict(OnConflict::column(Column::Key).do_nothing().to_owned())
        .exec_without_returning(connection)
        .await?;
    Ok(inserted)
}

fn effect_row(shared: &Shared, effect: &Effect, now: Instant) -> Model {
    let row = row(shared, &effect.key, Addressee::of(&effect.to), &effect.notice, now);
    let row = Model { ticket_id: Some(effect.ticket.0), ..row };
    if effect.held { Model { state: OutboxState::Held.as_str().to_owned(), next_attempt_at: None, ..row } } else { row }
}

pub(super) fn row(shared: &Shared, key: &str, to: Addressee, notice: &Notice, now: Instant) -> Model {
    let id = fresh_id();
    Model {
        id,
        key: without_nul(key),
        ticket_id: None,
        case_id: case_of(notice).map(|id| id.0),
        recipient_kind: to.kind,
        recipient_id: to.id,
        recipient_text: to.text,
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
        digest_id: None,
    }
}

fn case_of(notice: &Notice) -> Option<CaseId> {
    match notice {
        Notice::PassedOn { case } | Notice::CaseAnswered { case } | Notice::ToOperator { case, .. } => Some(*case),
        Notice::Received { .. }
        | Notice::Reply { .. }
        | Notice::Resolved { .. }
        | Notice::IncidentLinked { .. }
        | Notice::IncidentOver { .. }
        | Notice::RetestWanted { .. }
        | Notice::Closed
        | Notice::Assigned
        | Notice::CustomerWrote { .. }
        | Notice::WaitingOver
        | Notice::TargetNear { .. }
        | Notice::TargetMissed { .. }
        | Notice::NobodyToCall { .. }
        | Notice::EscalationProposed { .. }
        | Notice::Digest
        | Notice::RotaGap { .. }
        | Notice::HandOver { .. }
        | Notice::TimersStuck
        | Notice::DailySummary { .. } => None,
    }
}
