//! Who may do something alone, and until when. The fence grows with every new holder, so a late one can be told apart.

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use watchdesk_core::Instant;

use crate::entities::lease::{Column, Entity, Model};
use crate::rows::seconds;
use crate::{Store, StoreError};

/// Takes the lease if it is free, run out, or ours; answers its fence.
pub async fn take(
    store: &Store,
    name: &str,
    holder: &str,
    now: Instant,
    lease_s: i64,
) -> Result<Option<i64>, StoreError> {
    let transaction = store.begin().await?;
    let row = Model { name: name.to_owned(), holder: String::new(), held_until: 0, fence: 0 };
    Entity::insert_many([row.into_active_model()])
        .on_conflict(OnConflict::column(Column::Name).do_nothing().to_owned())
        .exec_without_returning(&transaction)
        .await?;
    let taken = Entity::update_many()
        .col_expr(Column::Holder, Expr::value(holder))
        .col_expr(Column::HeldUntil, Expr::value(seconds(now).saturating_add(lease_s)))
        .col_expr(Column::Fence, Expr::col(Column::Fence).add(1))
        .filter(Column::Name.eq(name))
        .filter(Column::HeldUntil.lte(seconds(now)).or(Column::Holder.eq(holder)))
        .exec(&transaction)
        .await?;
    let row = Entity::find_by_id(name).one(&transaction).await?;
    transaction.commit().await?;
    Ok(row.filter(|_| taken.rows_affected == 1).map(|row| row.fence))
}

/// Keeps it longer; `false` means that it was lost.
pub async fn renew(store: &Store, name: &str, fence: i64, now: Instant, lease_s: i64) -> Result<bool, StoreError> {
    hold_until(store, name, fence, seconds(now).saturating_add(lease_s)).await
}

pub async fn release(store: &Store, name: &str, fence: i64) -> Result<bool, StoreError> {
    hold_until(store, name, fence, 0).await
}

async fn hold_until(store: &Store, name: &str, fence: i64, until: i64) -> Result<bool, StoreError> {
    let updated = Entity::update_many()
        .col_expr(Column::HeldUntil, Expr::value(until))
        .filter(Column::Name.eq(name))
        .filter(Column::Fence.eq(fence))
        .exec(store.writer())
        .await?;
    Ok(updated.rows_affected == 1)
}
