//! Rotas, edited in place: who was on call is on record where somebody was called.

use std::collections::BTreeSet;

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::json;
use watchdesk_core::Instant;
use watchdesk_core::ids::{AgentId, Slug};
use watchdesk_core::rota::{Rota, RotaSpec};

use crate::entities::rota::{Column, Entity, Model};
use crate::entities::{agent, team};
use crate::rows::{Place, seconds};
use crate::rules::{Edit, begin_change, on_record};
use crate::{Store, StoreError};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RotaRecord {
    pub spec: RotaSpec,
    pub updated_at: Instant,
}

/// A new rota, or another one under the same slug. What cannot be computed with is [`StoreError::BadRota`]; whom and
/// which team it names must be there; what is built on must still stand there ([`StoreError::Changed`]).
pub async fn save_rota(
    store: &Store,
    edit: impl Into<Edit<Option<RotaSpec>>>,
    spec: &RotaSpec,
) -> Result<(), StoreError> {
    Rota::compile(spec).map_err(StoreError::BadRota)?;
    let edit = edit.into();
    let transaction = store.begin().await?;
    begin_change(&transaction).await?;
    edit.require(&transaction, &spec.slug).await?;
    let now = store.shared.now(&transaction).await?;
    require_known(&transaction, spec).await?;
    let row = Model { slug: spec.slug.to_string(), body: crate::rows::json(spec), updated_at: seconds(now) };
    Entity::insert(row.into_active_model())
        .on_conflict(OnConflict::column(Column::Slug).update_columns([Column::Body, Column::UpdatedAt]).to_owned())
        .exec_without_returning(&transaction)
        .await?;
    let detail = json!({ "layers": spec.layers.len(), "overrides": spec.overrides.len() });
    on_record(&transaction, now, edit.by, "rota.saved", spec.slug.as_str(), detail).await?;
    transaction.commit().await?;
    Ok(())
}

impl Edit<Option<RotaSpec>> {
    async fn require(&self, connection: &impl ConnectionTrait, slug: &Slug) -> Result<(), StoreError> {
        let Some(expected) = &self.expected else { return Ok(()) };
        let row = Entity::find_by_id(slug.as_str()).one(connection).await?;
        let current = row.map(RotaRecord::try_from).transpose()?.map(|record| record.spec);
        if current == *expected { Ok(()) } else { Err(StoreError::Changed { what: "rota" }) }
    }
}

async fn require_known(connection: &impl ConnectionTrait, spec: &RotaSpec) -> Result<(), StoreError> {
    let people: BTreeSet<AgentId> = spec.people();
    let ids = people.iter().map(|id| id.0);
    let found = agent::Entity::find().filter(agent::Column::Id.is_in(ids)).count(connection).await?;
    if found != people.len() as u64 {
        return Err(StoreError::Missing { what: "agent" });
    }
    if let Some(slug) = &spec.team {
        let team = team::Entity::find().filter(team::Column::Slug.eq(slug.as_str())).one(connection).await?;
        team.ok_or(StoreError::Missing { what: "team" })?;
    }
    Ok(())
}

/// `false`: there was none. A ladder that still names it reaches nobody there, and says so when it comes to it.
pub async fn delete_rota(
    store: &Store,
    edit: impl Into<Edit<Option<RotaSpec>>>,
    slug: &Slug,
) -> Result<bool, StoreError> {
    let edit = edit.into();
    let transaction = store.begin().await?;
    begin_change(&transaction).await?;
    edit.require(&transaction, slug).await?;
    let deleted = Entity::delete_by_id(slug.as_str()).exec(&transaction).await?;
    if deleted.rows_affected == 0 {
        transaction.rollback().await?;
        return Ok(false);
    }
    let now = store.shared.now(&transaction).await?;
    on_record(&transaction, now, edit.by, "rota.deleted", slug.as_str(), json!({})).await?;
    transaction.commit().await?;
    Ok(true)
}

pub async fn rota(store: &Store, slug: &Slug) -> Result<Option<RotaRecord>, StoreError> {
    Entity::find_by_id(slug.as_str()).one(store.reader()).await?.map(RotaRecord::try_from).transpose()
}

/// By slug. A desk has few; they are all in memory anyhow.
pub async fn rotas(store: &Store) -> Result<Vec<RotaRecord>, StoreError> {
    let rows = Entity::find().order_by_asc(Column::Slug).all(store.reader()).await?;
    rows.into_iter().map(RotaRecord::try_from).collect()
}

impl TryFrom<Model> for RotaRecord {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let place = Place { table: "rota", id: &row.slug };
        Ok(Self { spec: place.json("body", &row.body)?, updated_at: place.instant("updated_at", row.updated_at)? })
    }
}
