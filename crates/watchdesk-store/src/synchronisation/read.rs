//! How runs went.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use watchdesk_core::ids::CustomerId;

use super::{Change, ChangeKind, Run, kept};
use crate::entities::operator_customer;
use crate::entities::synchronisation::{Column, Entity};
use crate::page::{after, clamped};
use crate::rows::Place;
use crate::{Cursor, Page, Store, StoreError};

const LIST: &str = "synchronisations";
const CHANGES: &str = "synchronisation changes";

/// The latest first.
pub async fn list(store: &Store, limit: u64, cursor: Option<&Cursor>) -> Result<Page<Run>, StoreError> {
    let limit = clamped(limit);
    let mut query = Entity::find().order_by_desc(Column::Number);
    if let Some(number) = after::<i64>(cursor, LIST)? {
        query = query.filter(Column::Number.lt(number));
    }
    let rows = query.limit(limit + 1).all(store.reader()).await?;
    Page::cut(rows, limit, |row| Cursor::of(LIST, &row.number)).try_map(Run::try_from)
}

pub async fn latest(store: &Store) -> Result<Option<Run>, StoreError> {
    Ok(list(store, 1, None).await?.items.pop())
}

pub async fn run(store: &Store, number: i64) -> Result<Option<Run>, StoreError> {
    Entity::find_by_id(number).one(store.reader()).await?.map(Run::try_from).transpose()
}

/// What the operator calls a customer of ours, where a run found him.
pub async fn operator_id(store: &Store, customer: CustomerId) -> Result<Option<String>, StoreError> {
    let row = operator_customer::Entity::find_by_id(customer.0).one(store.reader()).await?;
    Ok(row.map(|row| row.operator_id))
}

/// In the order in which they were made.
pub async fn changes_of(
    store: &Store,
    number: i64,
    limit: u64,
    cursor: Option<&Cursor>,
) -> Result<Page<Change>, StoreError> {
    let limit = clamped(limit);
    let mut query = kept::Entity::find().filter(kept::Column::Run.eq(number)).order_by_asc(kept::Column::Position);
    if let Some(position) = after::<i64>(cursor, CHANGES)? {
        query = query.filter(kept::Column::Position.gt(position));
    }
    let rows = query.limit(limit + 1).all(store.reader()).await?;
    Page::cut(rows, limit, |row| Cursor::of(CHANGES, &row.position)).try_map(change)
}

fn change(row: kept::Model) -> Result<Change, StoreError> {
    let kind = Place { table: "synchronisation_change", id: &row.run }.word("kind", &row.kind, ChangeKind::parse)?;
    Ok(Change {
        kind,
        customer: row.customer_id.map(CustomerId),
        name: row.name,
        subject: row.subject,
        before: row.before,
        after: row.after,
    })
}
