//! What piled up is put together: one digest for each recipient, made exactly once.

use sea_orm::prelude::Uuid;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect, Select};
use watchdesk_core::Instant;
use watchdesk_core::effect::Notice;
use watchdesk_core::ids::OutboxId;

use crate::entities::outbox::{Column, Entity, Model};
use crate::outbox::enqueue::{insert, row};
use crate::outbox::{Addressee, OutboxRecord, OutboxState};
use crate::{Store, StoreError};

/// Notices that one digest speaks for; what is more goes into the next one. As many as a statement may name on SQLite,
/// with room for the rest of it: after days without a worker a manager still gets one mail.
pub const DIGEST_ENTRIES_MAX: u64 = 20_000;
/// Recipients for whom one call makes digests.
pub const DIGESTS_MAX: u64 = 200;

/// Whose notices are held, as the columns have it.
type Holder = (String, Option<Uuid>, Option<String>);

/// Makes a digest for each recipient with held notices, those who wait longest first. To be called again until it
/// answers with none.
pub async fn compose_digests(store: &Store, now: Instant) -> Result<Vec<OutboxId>, StoreError> {
    let mut digests = Vec::new();
    for holder in holders(store).await? {
        digests.extend(compose(store, &holder, now).await?);
    }
    Ok(digests)
}

async fn holders(store: &Store) -> Result<Vec<Holder>, StoreError> {
    let waiting_longest = Expr::col(Column::CreatedAt).min();
    let holders = held()
        .select_only()
        .columns([Column::RecipientKind, Column::RecipientId, Column::RecipientText])
        .group_by(Column::RecipientKind)
        .group_by(Column::RecipientId)
        .group_by(Column::RecipientText)
        .order_by(waiting_longest, Order::Asc)
        .limit(DIGESTS_MAX)
        .into_tuple()
        .all(store.reader())
        .await?;
    Ok(holders)
}

/// The condition word by word as the index has it, because only so do the databases see that it is meant.
fn held() -> Select<Entity> {
    Entity::find().filter(Expr::cust("state = 'held'"))
}

pub(crate) fn held_for(kind: &str, id: Option<Uuid>, text: Option<&str>) -> Select<Entity> {
    let query = held().filter(Column::RecipientKind.eq(kind));
    let query = match id {
        Some(id) => query.filter(Column::RecipientId.eq(id)),
        None => query.filter(Column::RecipientId.is_null()),
    };
    let query = match text {
        Some(text) => query.filter(Column::RecipientText.eq(text)),
        None => query.filter(Column::RecipientText.is_null()),
    };
    query.order_by_asc(Column::Id).limit(DIGEST_ENTRIES_MAX)
}

/// Who comes second waits for the rows, and finds them held no more. The key is that of the first row, so that the same
/// digest could not be made twice even then.
async fn compose(store: &Store, (kind, id, text): &Holder, now: Instant) -> Result<Option<OutboxId>, StoreError> {
    let transaction = store.begin().await?;
    let entries = held_for(kind, *id, text.as_deref()).lock_exclusive().all(&transaction).await?;
    let Some(first) = entries.first() else {
        transaction.rollback().await?;
        return Ok(None);
    };
    let digest = digest_row(store, first, now);
    let digest_id = digest.id;
    if insert(&transaction, vec![digest]).await? == 0 {
        transaction.rollback().await?;
        return Err(StoreError::Busy);
    }
    Entity::update_many()
        .col_expr(Column::State, Expr::value(OutboxState::InDigest.as_str()))
        .col_expr(Column::DigestId, Expr::value(digest_id))
        .filter(Column::Id.is_in(entries.iter().map(|row| row.id)))
        .exec(&transaction)
        .await?;
    transaction.commit().await?;
    Ok(Some(OutboxId(digest_id)))
}

/// To the same recipient, also where the columns make no sense to us: then the digest is set aside when it is claimed,
/// as its entries would have been.
fn digest_row(store: &Store, first: &Model, now: Instant) -> Model {
    let (kind, id, text) = (first.recipient_kind.clone(), first.recipient_id, first.recipient_text.clone());
    row(&store.shared, &format!("digest:{}", first.id), Addressee { kind, id, text }, &Notice::Digest, now)
}

/// What a digest speaks for, in the order in which it was decided.
pub async fn digest_entries(store: &Store, digest: OutboxId) -> Result<Vec<OutboxRecord>, StoreError> {
    let rows = Entity::find()
        .filter(Column::DigestId.eq(digest.0))
        .order_by_asc(Column::Id)
        .limit(DIGEST_ENTRIES_MAX)
        .all(store.reader())
        .await?;
    rows.into_iter().map(OutboxRecord::try_from).collect()
}
