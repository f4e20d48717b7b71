//! Whom a machine of ours answered lately, so that two machines do not talk to each other for ever.

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use watchdesk_core::Instant;

use crate::attachments::sha256_hex;
use crate::directory::normalised;
use crate::entities::auto_answer::{Column, Entity, Model};
use crate::forget::Old;
use crate::rows::{insert_all, seconds};
use crate::{Store, StoreError, fresh_id};

/// How many automatic answers the address got after that instant.
pub async fn auto_answers_since(store: &Store, email: &str, since: Instant) -> Result<u32, StoreError> {
    let count = Entity::find()
        .filter(Column::AddressHash.eq(hash(email)))
        .filter(Column::At.gt(seconds(since)))
        .count(store.reader())
        .await?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

pub async fn may_auto_answer(
    store: &Store,
    email: &str,
    now: Instant,
    period_s: i64,
    max: u32,
) -> Result<bool, StoreError> {
    let since = now - chrono::Duration::seconds(period_s);
    Ok(auto_answers_since(store, email, since).await? < max)
}

pub async fn note_auto_answer(store: &Store, email: &str, now: Instant) -> Result<(), StoreError> {
    let row = Model { id: fresh_id(), address_hash: hash(email), at: seconds(now) };
    insert_all(store.writer(), vec![row]).await
}

/// Forgets what is older, so many at once; says how many. Ids grow with time.
pub async fn forget_auto_answers_before(store: &Store, at: Instant, limit: u64) -> Result<u64, StoreError> {
    let old = Old::<Entity> { id: Column::Id, at: Column::At, order: Column::Id };
    old.forget_before(store, at, limit).await
}

fn hash(email: &str) -> String {
    sha256_hex(normalised(email).as_bytes())
}
