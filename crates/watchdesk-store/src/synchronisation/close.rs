//! The end of a run: what it did not see any more is gone.

use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use watchdesk_core::ids::CustomerId;
use watchdesk_core::subscription::SubscriptionStatus;

use super::{Change, ChangeKind, Counts, Run, add};
use crate::directory::SubscriptionSource;
use crate::entities::synchronisation::{Column, Entity};
use crate::entities::{operator_customer, subscription};
use crate::rows::{json, seconds};
use crate::{Store, StoreError};

/// Rows of one transaction.
const BATCH: u64 = 200;

/// Ends a run whose list came to its end. Interrupted, it is called again and goes on. `None`: there is no such run.
pub async fn close(store: &Store, number: i64) -> Result<Option<Run>, StoreError> {
    let Some(run) = super::run(store, number).await? else { return Ok(None) };
    // An operator who shows nobody is broken; nobody loses his customers by that.
    let sees_all = run.is_listed && !run.is_partial && run.customers > 0;
    if sees_all {
        while customers_gone(store, number).await? > 0 {}
    }
    while subscriptions_gone(store, number).await? > 0 {}
    let now = store.now().await?;
    Entity::update_many()
        .col_expr(Column::FinishedAt, Expr::value(seconds(now)))
        .col_expr(Column::MovedAt, Expr::value(seconds(now)))
        .col_expr(Column::Cursor, Expr::value(None::<String>))
        .filter(Column::Number.eq(number))
        .filter(Column::FinishedAt.is_null())
        .exec(store.writer())
        .await?;
    super::run(store, number).await
}

/// Who is no longer in the operator's list. The customer stays ours, with all his tickets.
async fn customers_gone(store: &Store, number: i64) -> Result<usize, StoreError> {
    let transaction = store.begin().await?;
    let now = store.shared.now(&transaction).await?;
    let rows = operator_customer::Entity::find()
        .filter(operator_customer::Column::ListedRun.lt(number))
        .filter(operator_customer::Column::GoneAt.is_null())
        .order_by_asc(operator_customer::Column::ListedRun)
        .limit(BATCH)
        .all(&transaction)
        .await?;
    let gone = rows.len();
    let mut changes = Vec::with_capacity(gone);
    for row in rows {
        changes.push(Change {
            kind: ChangeKind::CustomerGone,
            customer: Some(CustomerId(row.customer_id)),
            name: row.name.clone(),
            subject: String::new(),
            before: String::new(),
            after: String::new(),
        });
        let row = operator_customer::Model { gone_at: Some(seconds(now)), ..row };
        row.into_active_model().reset_all().update(&transaction).await?;
    }
    count(&transaction, number, now, changes).await?;
    transaction.commit().await?;
    Ok(gone)
}

/// What a customer does not subscribe to any more, whose subscriptions were read from first to last, or who is gone.
async fn subscriptions_gone(store: &Store, number: i64) -> Result<usize, StoreError> {
    let transaction = store.begin().await?;
    let now = store.shared.now(&transaction).await?;
    let whole = Condition::any()
        .add(operator_customer::Column::ReadRun.eq(number))
        .add(operator_customer::Column::GoneAt.is_not_null());
    let known = operator_customer::Entity::find()
        .select_only()
        .column(operator_customer::Column::CustomerId)
        .filter(whole)
        .into_query();
    let deleted = SubscriptionStatus::Deleted;
    let rows = subscription::Entity::find()
        .filter(subscription::Column::SeenRun.lt(number))
        .filter(subscription::Column::Status.ne(deleted.as_str()))
        .filter(subscription::Column::Source.eq(SubscriptionSource::PartnerCenter.as_str()))
        .filter(subscription::Column::CustomerId.in_subquery(known))
        .limit(BATCH)
        .all(&transaction)
        .await?;
    let gone = rows.len();
    let customers: Vec<_> = rows.iter().map(|row| row.customer_id).collect();
    let names = operator_customer::Entity::find()
        .filter(operator_customer::Column::CustomerId.is_in(customers))
        .all(&transaction)
        .await?;
    let mut changes = Vec::with_capacity(gone);
    for row in rows {
        let name = names.iter().find(|known| known.customer_id == row.customer_id);
        changes.push(Change {
            kind: ChangeKind::SubscriptionGone,
            customer: Some(CustomerId(row.customer_id)),
            name: name.map(|known| known.name.clone()).unwrap_or_default(),
            subject: row.friendly_name.clone().unwrap_or_else(|| row.offer.clone()),
            before: row.status.clone(),
            after: deleted.as_str().to_owned(),
        });
        let row = subscription::Model {
            status: deleted.as_str().to_owned(),
            suspended_since: None,
            suspension_reasons: json(&Vec::<String>::new()),
            version: row.version + 1,
            ..row
        };
        row.into_active_model().reset_all().update(&transaction).await?;
    }
    count(&transaction, number, now, changes).await?;
    transaction.commit().await?;
    Ok(gone)
}

async fn count(
    connection: &impl sea_orm::ConnectionTrait,
    number: i64,
    now: watchdesk_core::Instant,
    changes: Vec<Change>,
) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    let gone = i64::try_from(changes.len()).unwrap_or(i64::MAX);
    add(connection, number, now, Counts { gone, ..Counts::default() }, changes).await
}
