//! Tokens for programs that act for an agent.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;
use watchdesk_core::Instant;
use watchdesk_core::ids::AgentId;
use watchdesk_core::rights::Actor;

use super::actor_of_agent;
use super::secrets::{fresh_secret, hash_of};
use crate::entities::api_token::{Column, Entity, Model};
use crate::rows::{Place, insert_all, json, seconds, without_nul};
use crate::{Store, StoreError, fresh_id};

/// Says at sight what it is, in logs and in code that should not hold it.
const PREFIX: &str = "wd_";
/// That it was used is written down no more often.
const USED_EVERY_S: i64 = 300;
const TOKENS_MAX: u64 = 1_000;

/// The token itself, which cannot be read again.
#[derive(Clone, PartialEq, Eq)]
pub struct NewToken {
    pub id: Uuid,
    pub token: String,
}

/// Who presents a token, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    pub id: Uuid,
    pub agent: AgentId,
    /// Empty: everything the agent may.
    pub scopes: Vec<String>,
    pub actor: Actor,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenMeta {
    pub id: Uuid,
    pub name: String,
    pub scopes: Vec<String>,
    pub created_at: Instant,
    pub last_used_at: Option<Instant>,
    pub revoked_at: Option<Instant>,
}

pub async fn create_token(
    store: &Store,
    agent: AgentId,
    name: &str,
    scopes: &[String],
) -> Result<NewToken, StoreError> {
    let token = format!("{PREFIX}{}", fresh_secret()?);
    let row = Model {
        id: fresh_id(),
        agent_id: agent.0,
        name: without_nul(name),
        hash: hash_of(&token),
        scopes: json(&scopes),
        created_at: seconds(store.now().await?),
        last_used_at: None,
        revoked_at: None,
    };
    let id = row.id;
    insert_all(store.writer(), vec![row]).await?;
    Ok(NewToken { id, token })
}

/// `None`: unknown, revoked, or the agent left.
pub async fn bearer(store: &Store, token: &str) -> Result<Option<Bearer>, StoreError> {
    let row = Entity::find()
        .filter(Column::Hash.eq(hash_of(token)))
        .filter(Column::RevokedAt.is_null())
        .one(store.reader())
        .await?;
    let Some(row) = row else { return Ok(None) };
    let agent = AgentId(row.agent_id);
    let Some(actor) = actor_of_agent(store, agent).await? else { return Ok(None) };
    let now = seconds(store.now().await?);
    if row.last_used_at.is_none_or(|used| now - used >= USED_EVERY_S) {
        Entity::update_many()
            .col_expr(Column::LastUsedAt, Expr::value(now))
            .filter(Column::Id.eq(row.id))
            .exec(store.writer())
            .await?;
    }
    let scopes = Place { table: "api_token", id: &row.id }.json("scopes", &row.scopes)?;
    Ok(Some(Bearer { id: row.id, agent, scopes, actor }))
}

/// Of the agent, revoked ones too; the oldest first.
pub async fn tokens_of(store: &Store, agent: AgentId) -> Result<Vec<TokenMeta>, StoreError> {
    let rows = Entity::find()
        .filter(Column::AgentId.eq(agent.0))
        .order_by_asc(Column::Id)
        .limit(TOKENS_MAX)
        .all(store.reader())
        .await?;
    rows.into_iter().map(TokenMeta::try_from).collect()
}

/// `false`: the agent has no such token, or it was revoked before.
pub async fn revoke_token(store: &Store, agent: AgentId, id: Uuid) -> Result<bool, StoreError> {
    let now = seconds(store.now().await?);
    let updated = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::AgentId.eq(agent.0))
        .filter(Column::RevokedAt.is_null())
        .exec(store.writer())
        .await?;
    Ok(updated.rows_affected == 1)
}

impl TryFrom<Model> for TokenMeta {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let place = Place { table: "api_token", id: &row.id };
        Ok(Self {
            id: row.id,
            scopes: place.json("scopes", &row.scopes)?,
            created_at: place.instant("created_at", row.created_at)?,
            last_used_at: place.instant_or_none("last_used_at", row.last_used_at)?,
            revoked_at: place.instant_or_none("revoked_at", row.revoked_at)?,
            name: row.name,
        })
    }
}
