//! Versions of the two policies.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use watchdesk_core::desk::AppliesTo;
use watchdesk_core::policy::{Policy, Side};

use crate::desk::policy_of;
use crate::entities::policy::{Column, Entity, Model};
use crate::page::{after, clamped};
use crate::recompute::Cause;
use crate::rows::{Place, insert_all, seconds};
use crate::rules::{Edit, Publication, begin_change, on_record, publication, recompute};
use crate::{Cursor, Page, Store, StoreError};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVersion {
    /// With its version.
    pub policy: Policy,
    pub published: Publication,
}

/// One more version of the policy of that side; answers its number. The version in the policy itself does not matter;
/// that which is built on does ([`StoreError::Stale`]).
pub async fn publish_policy(
    store: &Store,
    edit: impl Into<Edit<i64>>,
    policy: Policy,
    applies_to: AppliesTo,
) -> Result<i32, StoreError> {
    let edit = edit.into();
    let transaction = store.begin().await?;
    begin_change(&transaction).await?;
    let now = store.shared.now(&transaction).await?;
    let current = newest(&transaction, policy.side).await?.map_or(0, |row| row.version);
    edit.require(current)?;
    let version = current + 1;
    let policy = Policy { version, ..policy };
    let row = Model {
        slug: policy.slug.to_string(),
        version,
        side: policy.side.as_str().to_owned(),
        body: crate::rows::json(&policy),
        published_at: seconds(now),
        applies_to: applies_to.as_str().to_owned(),
        publisher_id: Some(edit.by.0),
    };
    insert_all(&transaction, vec![row]).await?;
    let detail = json!({ "side": policy.side, "applies_to": applies_to });
    let object = format!("{}/{version}", policy.slug);
    on_record(&transaction, now, edit.by, "policy.published", &object, detail).await?;
    recompute(&transaction, applies_to, &Cause::Policy(policy.side), version, now).await?;
    transaction.commit().await?;
    Ok(version)
}

async fn newest(connection: &impl ConnectionTrait, side: Side) -> Result<Option<Model>, StoreError> {
    let query = Entity::find().filter(Column::Side.eq(side.as_str())).order_by_desc(Column::Version);
    Ok(query.one(connection).await?)
}

/// A version of it, or the newest.
pub async fn policy(store: &Store, side: Side, version: Option<i32>) -> Result<Option<PolicyVersion>, StoreError> {
    let row = match version {
        None => newest(store.reader(), side).await?,
        Some(version) => {
            let query = Entity::find().filter(Column::Side.eq(side.as_str())).filter(Column::Version.eq(version));
            query.one(store.reader()).await?
        }
    };
    row.map(PolicyVersion::try_from).transpose()
}

/// The newest first.
pub async fn policy_versions(
    store: &Store,
    side: Side,
    limit: u64,
    cursor: Option<&Cursor>,
) -> Result<Page<PolicyVersion>, StoreError> {
    let limit = clamped(limit);
    let list = format!("policy.{}", side.as_str());
    let mut query = Entity::find().filter(Column::Side.eq(side.as_str())).order_by_desc(Column::Version);
    if let Some(version) = after::<i32>(cursor, &list)? {
        query = query.filter(Column::Version.lt(version));
    }
    let rows = query.limit(limit + 1).all(store.reader()).await?;
    Page::cut(rows, limit, |row| Cursor::of(&list, &row.version)).try_map(PolicyVersion::try_from)
}

impl TryFrom<Model> for PolicyVersion {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let policy = policy_of(&row)?;
        let id = format!("{}/{}", row.slug, row.version);
        let place = Place { table: "policy", id: &id };
        let published = publication(place, row.published_at, &row.applies_to, row.publisher_id)?;
        Ok(Self { policy, published })
    }
}
