//! Requests with a key are carried out once; asked again, they get the same answer for a day.

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use watchdesk_core::Instant;

use crate::entities::idempotency::{Column, Entity, Model};
use crate::execute::IdempotencyKey;
use crate::rows::seconds;
use crate::{Store, StoreError};

/// Keys are forgotten in batches of this many.
const FORGET_MAX: u64 = 1_000;

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Nothing,
    /// The same request was answered so.
    Same {
        response: String,
    },
    /// The key belongs to another request.
    OtherBody,
}

pub(crate) enum Claim {
    Fresh,
    Known { response: String },
    OtherBody,
}

/// For requests that do not go through [`Store::execute`]; those that do carry their key with them.
pub async fn find(store: &Store, key: &IdempotencyKey) -> Result<Found, StoreError> {
    let row = Entity::find_by_id((key.owner.clone(), key.key.clone())).one(store.reader()).await?;
    Ok(match row {
        None => Found::Nothing,
        Some(row) if row.body_hash == key.body_hash => Found::Same { response: row.response },
        Some(_) => Found::OtherBody,
    })
}

/// Keeps the answer, unless somebody was faster; then theirs comes back. `Nothing` means that ours was kept.
pub async fn remember(store: &Store, key: &IdempotencyKey, response: &str) -> Result<Found, StoreError> {
    let now = store.now().await?;
    if insert(store.writer(), key, response, now).await? { Ok(Found::Nothing) } else { find(store, key).await }
}

/// Forgets what is older, at most `limit` keys at once; says how many.
pub async fn forget_before(store: &Store, at: Instant, limit: u64) -> Result<u64, StoreError> {
    let old: Vec<(String, String)> = Entity::find()
        .select_only()
        .columns([Column::Owner, Column::Key])
        .filter(Column::CreatedAt.lt(seconds(at)))
        .order_by_asc(Column::CreatedAt)
        .limit(limit.min(FORGET_MAX))
        .into_tuple()
        .all(store.reader())
        .await?;
    for (owner, key) in &old {
        Entity::delete_by_id((owner.clone(), key.clone())).exec(store.writer()).await?;
    }
    Ok(old.len() as u64)
}

/// Takes the key for a request that is being carried out. A second one with the same key waits here for the first.
pub(crate) async fn claim(
    connection: &impl ConnectionTrait,
    key: &IdempotencyKey,
    now: Instant,
) -> Result<Claim, StoreError> {
    if insert(connection, key, "", now).await? {
        return Ok(Claim::Fresh);
    }
    let row = Entity::find_by_id((key.owner.clone(), key.key.clone())).one(connection).await?;
    match row {
        Some(row) if row.body_hash == key.body_hash => Ok(Claim::Known { response: row.response }),
        Some(_) => Ok(Claim::OtherBody),
        None => Err(StoreError::Busy),
    }
}

pub(crate) async fn answer(
    connection: &impl ConnectionTrait,
    key: &IdempotencyKey,
    response: &str,
) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::Response, Expr::value(response))
        .filter(Column::Owner.eq(key.owner.as_str()))
        .filter(Column::Key.eq(key.key.as_str()))
        .exec(connection)
        .await?;
    Ok(())
}

async fn insert(
    connection: &impl ConnectionTrait,
    key: &IdempotencyKey,
    response: &str,
    now: Instant,
) -> Result<bool, StoreError> {
    let row = Model {
        owner: key.owner.clone(),
        key: key.key.clone(),
        body_hash: key.body_hash.clone(),
        response: response.to_owned(),
        created_at: seconds(now),
    };
    let inserted = Entity::insert_many([row.into_active_model()])
        .on_conflict(OnConflict::columns([Column::Owner, Column::Key]).do_nothing().to_owned())
        .exec_without_returning(connection)
        .await?;
    Ok(inserted > 0)
}
