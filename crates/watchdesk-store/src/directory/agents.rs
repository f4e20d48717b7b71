//! Agents: who works at the desk, and as what.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;
use watchdesk_core::Instant;
use watchdesk_core::desk::Language;
use watchdesk_core::ids::{AgentId, TeamId};
use watchdesk_core::rights::Role;

use super::{language, normalised};
use crate::auth::end_sessions_within;
use crate::desk;
use crate::entities::agent::{Column, Entity, Model};
use crate::entities::team_member;
use crate::page::{after, clamped};
use crate::rows::{Place, insert_all, seconds, without_nul};
use crate::{Cursor, Page, Store, StoreError, fresh_id};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    pub id: AgentId,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub language: Language,
    /// IANA name.
    pub time_zone: String,
    pub active: bool,
    pub teams: BTreeSet<TeamId>,
    pub has_password: bool,
    pub created_at: Instant,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentFields {
    pub email: String,
    pub name: String,
    pub role: Role,
    pub language: Language,
    pub time_zone: String,
    pub active: bool,
    pub teams: BTreeSet<TeamId>,
}

impl Default for AgentFields {
    fn default() -> Self {
        Self {
            email: String::new(),
            name: String::new(),
            role: Role::Agent,
            language: Language::Chinese,
            time_zone: "Asia/Shanghai".to_owned(),
            active: true,
            teams: BTreeSet::new(),
        }
    }
}

const LIST: &str = "agents";
const ADDRESS: &str = "mail address";

pub async fn agent(store: &Store, id: AgentId) -> Result<Option<Agent>, StoreError> {
    Ok(agents_by_ids(store, &[id]).await?.pop())
}

/// Unknown ones are left out.
pub async fn agents_by_ids(store: &Store, ids: &[AgentId]) -> Result<Vec<Agent>, StoreError> {
    let rows = Entity::find()
        .filter(Column::Id.is_in(ids.iter().map(|id| id.0)))
        .order_by_asc(Column::Email)
        .all(store.reader())
        .await?;
    with_teams(store.reader(), rows).await
}

pub async fn agent_by_email(store: &Store, email: &str) -> Result<Option<Agent>, StoreError> {
    let row = Entity::find().filter(Column::Email.eq(normalised(email))).one(store.reader()).await?;
    Ok(with_teams(store.reader(), row.into_iter().collect()).await?.pop())
}

/// By address; those who left are among them.
pub async fn agents(store: &Store, limit: u64, cursor: Option<&Cursor>) -> Result<Page<Agent>, StoreError> {
    let limit = clamped(limit);
    let mut query = Entity::find().order_by_asc(Column::Email);
    if let Some(email) = after::<String>(cursor, LIST)? {
        query = query.filter(Column::Email.gt(email));
    }
    let rows = query.limit(limit + 1).all(store.reader()).await?;
    let page = Page::cut(rows, limit, |row| Cursor::of(LIST, &row.email));
    Ok(Page { items: with_teams(store.reader(), page.items).await?, next: page.next })
}

/// Whether anybody can be signed in at all.
pub async fn any_agent(store: &Store) -> Result<bool, StoreError> {
    Ok(Entity::find().one(store.reader()).await?.is_some())
}

pub async fn create_agent(store: &Store, fields: AgentFields) -> Result<Agent, StoreError> {
    let transaction = store.begin().await?;
    let now = store.shared.now(&transaction).await?;
    let row = row(AgentId(fresh_id()), &fields, None, seconds(now));
    Entity::insert(row.clone().into_active_model())
        .exec_without_returning(&transaction)
        .await
        .map_err(|error| StoreError::taken(error, ADDRESS))?;
    set_teams(&transaction, row.id, &fields.teams).await?;
    desk::changed(&transaction).await?;
    transaction.commit().await?;
    of_row(row, fields.teams)
}

/// Replaces all fields. Another role, or leaving, ends the agent's sessions. `None`: there is no such agent.
pub async fn update_agent(store: &Store, id: AgentId, fields: AgentFields) -> Result<Option<Agent>, StoreError> {
    let transaction = store.begin().await?;
    let Some(old) = Entity::find_by_id(id.0).lock(LockType::Update).one(&transaction).await? else { return Ok(None) };
    let other_rights = old.role != fields.role.as_str() || old.active != fields.active;
    let row = row(id, &fields, old.password_hash, old.created_at);
    Entity::update_many()
        .set(row.clone().into_active_model().reset_all())
        .filter(Column::Id.eq(id.0))
        .exec(&transaction)
        .await
        .map_err(|error| StoreError::taken(error, ADDRESS))?;
    set_teams(&transaction, id.0, &fields.teams).await?;
    if other_rights {
        end_sessions_within(&transaction, id).await?;
    }
    desk::changed(&transaction).await?;
    transaction.commit().await?;
    of_row(row, fields.teams).map(Some)
}

fn row(id: AgentId, fields: &AgentFields, password_hash: Option<String>, created_at: i64) -> Model {
    Model {
        id: id.0,
        email: normalised(&fields.email),
        name: without_nul(fields.name.as_str()),
        role: fields.role.as_str().to_owned(),
        password_hash,
        language: fields.language.as_str().to_owned(),
        time_zone: fields.time_zone.clone(),
        active: fields.active,
        created_at,
    }
}

async fn set_teams(connection: &impl ConnectionTrait, agent: Uuid, teams: &BTreeSet<TeamId>) -> Result<(), StoreError> {
    team_member::Entity::delete_many().filter(team_member::Column::AgentId.eq(agent)).exec(connection).await?;
    let rows = teams.iter().map(|team| team_member::Model { team_id: team.0, agent_id: agent });
    insert_all(connection, rows.collect()).await
}

async fn with_teams(connection: &impl ConnectionTrait, rows: Vec<Model>) -> Result<Vec<Agent>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let members = team_member::Entity::find()
        .filter(team_member::Column::AgentId.is_in(rows.iter().map(|row| row.id)))
        .all(connection)
        .await?;
    let mut teams: BTreeMap<Uuid, BTreeSet<TeamId>> = BTreeMap::new();
    for member in members {
        teams.entry(member.agent_id).or_default().insert(TeamId(member.team_id));
    }
    rows.into_iter()
        .map(|row| {
            let teams = teams.remove(&row.id).unwrap_or_default();
            of_row(row, teams)
        })
        .collect()
}

fn of_row(row: Model, teams: BTreeSet<TeamId>) -> Result<Agent, StoreError> {
    let id = row.id;
    let place = Place { table: "agent", id: &id };
    Ok(Agent {
        id: AgentId(id),
        email: row.email,
        name: row.name,
        role: place.word("role", &row.role, Role::parse)?,
        language: language(place, &row.language)?,
        time_zone: row.time_zone,
        active: row.active,
        teams,
        has_password: row.password_hash.is_some(),
        created_at: place.instant("created_at", row.created_at)?,
    })
}
