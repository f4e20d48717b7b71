//! Who did what outside of tickets; those keep their own events.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;
use watchdesk_core::Instant;
use watchdesk_core::event::ActorRef;

use crate::entities::audit::{Column, Entity, Model};
use crate::page::{after, clamped};
use crate::rows::{Place, actor_columns, insert_all, seconds, without_nul};
use crate::{Cursor, Page, Store, StoreError, fresh_id};

#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    pub id: Uuid,
    pub at: Instant,
    pub actor: ActorRef,
    /// `customer.updated`
    pub what: String,
    /// To what: an id or a slug, never a name or an address.
    pub object: String,
    pub detail: serde_json::Value,
}

const LIST: &str = "audit";

pub async fn record(
    store: &Store,
    actor: ActorRef,
    what: &str,
    object: &str,
    detail: serde_json::Value,
) -> Result<(), StoreError> {
    let now = store.now().await?;
    within(store.writer(), now, actor, what, object, detail).await
}

/// In the transaction of what is put on record.
pub(crate) async fn within(
    connection: &impl ConnectionTrait,
    now: Instant,
    actor: ActorRef,
    what: &str,
    object: &str,
    detail: serde_json::Value,
) -> Result<(), StoreError> {
    let (actor_kind, actor_id) = actor_columns(actor);
    let row = Model {
        id: fresh_id(),
        at: seconds(now),
        actor_kind,
        actor_id,
        what: what.to_owned(),
        object: without_nul(object),
        detail: detail.to_string(),
    };
    insert_all(connection, vec![row]).await
}

/// The newest first.
pub async fn list(store: &Store, limit: u64, cursor: Option<&Cursor>) -> Result<Page<AuditEntry>, StoreError> {
    let limit = clamped(limit);
    let mut query = Entity::find().order_by_desc(Column::Id);
    if let Some(id) = after::<Uuid>(cursor, LIST)? {
        query = query.filter(Column::Id.lt(id));
    }
    let rows = query.limit(limit + 1).all(store.reader()).await?;
    Page::cut(rows, limit, |row| Cursor::of(LIST, &row.id)).try_map(entry)
}

fn entry(row: Model) -> Result<AuditEntry, StoreError> {
    let place = Place { table: "audit", id: &row.id };
    Ok(AuditEntry {
        id: row.id,
        at: place.instant("at", row.at)?,
        actor: place.actor("actor_kind", &row.actor_kind, row.actor_id)?,
        detail: place.json("detail", &row.detail)?,
        what: row.what,
        object: row.object,
    })
}
