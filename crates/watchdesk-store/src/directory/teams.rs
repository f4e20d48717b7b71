//! Teams: agents who share a queue.

use std::collections::BTreeMap;

use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;
use watchdesk_core::desk::Named;
use watchdesk_core::ids::{AgentId, Slug, TeamId};

use super::WHOLE_LIST_MAX;
use crate::entities::team::{Column, Entity, Model};
use crate::entities::team_member;
use crate::rows::{Place, insert_all, without_nul};
use crate::{Store, StoreError, desk, fresh_id};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    pub id: TeamId,
    pub slug: Slug,
    pub name: Named,
    pub members: Vec<AgentId>,
}

/// By slug.
pub async fn teams(store: &Store) -> Result<Vec<Team>, StoreError> {
    let rows = Entity::find().order_by_asc(Column::Slug).limit(WHOLE_LIST_MAX).all(store.reader()).await?;
    let mut members: BTreeMap<Uuid, Vec<AgentId>> = BTreeMap::new();
    for member in team_member::Entity::find().all(store.reader()).await? {
        members.entry(member.team_id).or_default().push(AgentId(member.agent_id));
    }
    rows.into_iter()
        .map(|row| {
            let members = members.remove(&row.id).unwrap_or_default();
            of_row(row, members)
        })
        .collect()
}

pub async fn team_by_slug(store: &Store, slug: &Slug) -> Result<Option<Team>, StoreError> {
    Ok(teams(store).await?.into_iter().find(|team| team.slug == *slug))
}

pub async fn create_team(store: &Store, slug: &Slug, name: &Named) -> Result<Team, StoreError> {
    let row = Model {
        id: fresh_id(),
        slug: slug.to_string(),
        name_en: without_nul(name.en.as_str()),
        name_zh: without_nul(name.zh.as_str()),
    };
    let transaction = store.begin().await?;
    Entity::insert(row.clone().into_active_model())
        .exec_without_returning(&transaction)
        .await
        .map_err(|error| StoreError::taken(error, "slug"))?;
    desk::changed(&transaction).await?;
    transaction.commit().await?;
    of_row(row, Vec::new())
}

pub async fn set_team_members(store: &Store, team: TeamId, agents: &[AgentId]) -> Result<(), StoreError> {
    let rows = agents.iter().map(|agent| team_member::Model { team_id: team.0, agent_id: agent.0 });
    let transaction = store.begin().await?;
    team_member::Entity::delete_many().filter(team_member::Column::TeamId.eq(team.0)).exec(&transaction).await?;
    insert_all(&transaction, rows.collect()).await?;
    desk::changed(&transaction).await?;
    transaction.commit().await?;
    Ok(())
}

fn of_row(row: Model, members: Vec<AgentId>) -> Result<Team, StoreError> {
    let place = Place { table: "team", id: &row.id };
    Ok(Team {
        id: TeamId(row.id),
        slug: place.slug("slug", row.slug.clone())?,
        name: Named { en: row.name_en, zh: row.name_zh },
        members,
    })
}
