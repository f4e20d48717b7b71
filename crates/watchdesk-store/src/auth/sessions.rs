//! Sessions of people in a browser. Each sign-in makes a new one.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;
use watchdesk_core::Instant;
use watchdesk_core::ids::AgentId;
use watchdesk_core::rights::Actor;

use super::actor_of_agent;
use super::secrets::{fresh_secret, hash_of};
use crate::entities::session::{Column, Entity, Model};
use crate::rows::{Place, insert_all, instant, seconds};
use crate::{Store, StoreError, fresh_id};

/// A session ends then, whatever is done in it.
pub const SESSION_S_MAX: i64 = 7 * 24 * 3600;
/// And when nothing was done in it for so long.
pub const SESSION_IDLE_S_MAX: i64 = 12 * 3600;
/// That somebody was here is written down no more often.
const SEEN_EVERY_S: i64 = 300;

/// What the browser keeps; it cannot be read again.
#[derive(Clone, PartialEq, Eq)]
pub struct NewSession {
    pub id: Uuid,
    pub token: String,
    pub csrf: String,
    pub expires_at: Instant,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: Uuid,
    pub agent: AgentId,
    pub csrf: String,
    pub created_at: Instant,
    pub expires_at: Instant,
    /// With the rights of now.
    pub actor: Actor,
}

pub async fn start_session(store: &Store, agent: AgentId) -> Result<NewSession, StoreError> {
    let now = seconds(store.now().await?);
    let (token, csrf) = (fresh_secret()?, fresh_secret()?);
    let row = Model {
        id: fresh_id(),
        token_hash: hash_of(&token),
        agent_id: agent.0,
        csrf: csrf.clone(),
        created_at: now,
        last_seen_at: now,
        expires_at: now + SESSION_S_MAX,
    };
    let id = row.id;
    insert_all(store.writer(), vec![row]).await?;
    Ok(NewSession { id, token, csrf, expires_at: instant("session", "expires_at", id, now + SESSION_S_MAX)? })
}

/// `None`: unknown, over, or the agent left.
pub async fn session(store: &Store, token: &str) -> Result<Option<Session>, StoreError> {
    let row = Entity::find().filter(Column::TokenHash.eq(hash_of(token))).one(store.reader()).await?;
    let now = seconds(store.now().await?);
    let Some(row) = row.filter(|row| is_alive(row, now)) else { return Ok(None) };
    if now - row.last_seen_at >= SEEN_EVERY_S {
        Entity::update_many()
            .col_expr(Column::LastSeenAt, Expr::value(now))
            .filter(Column::Id.eq(row.id))
            .exec(store.writer())
            .await?;
    }
    let agent = AgentId(row.agent_id);
    let Some(actor) = actor_of_agent(store, agent).await? else { return Ok(None) };
    let place = Place { table: "session", id: &row.id };
    Ok(Some(Session {
        id: row.id,
        agent,
        created_at: place.instant("created_at", row.created_at)?,
        expires_at: place.instant("expires_at", row.expires_at)?,
        csrf: row.csrf,
        actor,
    }))
}

/// For streams that stay open: whether the session they began under still holds.
pub async fn session_alive(store: &Store, id: Uuid) -> Result<bool, StoreError> {
    let now = seconds(store.now().await?);
    let row = Entity::find_by_id(id).one(store.reader()).await?;
    Ok(row.is_some_and(|row| is_alive(&row, now)))
}

fn is_alive(row: &Model, now: i64) -> bool {
    now < row.expires_at && now - row.last_seen_at < SESSION_IDLE_S_MAX
}

pub async fn end_session(store: &Store, token: &str) -> Result<(), StoreError> {
    Entity::delete_many().filter(Column::TokenHash.eq(hash_of(token))).exec(store.writer()).await?;
    Ok(())
}

/// All of the agent's.
pub async fn end_sessions(store: &Store, agent: AgentId) -> Result<(), StoreError> {
    end_sessions_within(store.writer(), agent).await
}

pub(crate) async fn end_sessions_within(connection: &impl ConnectionTrait, agent: AgentId) -> Result<(), StoreError> {
    Entity::delete_many().filter(Column::AgentId.eq(agent.0)).exec(connection).await?;
    Ok(())
}

pub(super) async fn forget_expired(store: &Store, now: Instant, limit: u64) -> Result<u64, StoreError> {
    let old: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::ExpiresAt.lte(seconds(now)))
        .order_by_asc(Column::ExpiresAt)
        .limit(limit)
        .into_tuple()
        .all(store.reader())
        .await?;
    if old.is_empty() {
        return Ok(0);
    }
    let deleted = Entity::delete_many().filter(Column::Id.is_in(old)).exec(store.writer()).await?;
    Ok(deleted.rows_affected)
}
