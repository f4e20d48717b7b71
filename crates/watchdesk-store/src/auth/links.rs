//! Links that open once: the first sign-in, an invitation, a forgotten password.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;
use watchdesk_core::Instant;
use watchdesk_core::ids::AgentId;

use super::secrets::{fresh_secret, hash_of};
use crate::entities::one_time_link::{Column, Entity, Model};
use crate::rows::{insert_all, seconds};
use crate::{Store, StoreError, fresh_id};

/// What a link is for; it is good for nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    SignIn,
    Invitation,
    PasswordReset,
}

impl Purpose {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Invitation => "invitation",
            Self::PasswordReset => "password_reset",
        }
    }
}

/// No link holds longer.
const LIFETIME_S_MAX: i64 = 24 * 3600;

/// The secret part of the link, which cannot be read again.
pub async fn create_link(
    store: &Store,
    purpose: Purpose,
    agent: AgentId,
    lifetime: chrono::Duration,
) -> Result<String, StoreError> {
    let secret = fresh_secret()?;
    let lifetime_s = lifetime.num_seconds().clamp(0, LIFETIME_S_MAX);
    let row = Model {
        id: fresh_id(),
        purpose: purpose.as_str().to_owned(),
        agent_id: agent.0,
        hash: hash_of(&secret),
        expires_at: seconds(store.now().await?) + lifetime_s,
        used_at: None,
    };
    insert_all(store.writer(), vec![row]).await?;
    Ok(secret)
}

/// Opens it: of several who try at once, one succeeds. `None`: unknown, used, too old, or for something else.
pub async fn use_link(store: &Store, purpose: Purpose, secret: &str) -> Result<Option<AgentId>, StoreError> {
    let now = seconds(store.now().await?);
    let Some(row) = good_link(store, purpose, secret, now).await? else { return Ok(None) };
    let used = Entity::update_many()
        .col_expr(Column::UsedAt, Expr::value(now))
        .filter(Column::Id.eq(row.id))
        .filter(Column::UsedAt.is_null())
        .exec(store.writer())
        .await?;
    Ok((used.rows_affected == 1).then_some(AgentId(row.agent_id)))
}

/// Whose it is, without opening it: for the page that asks for the new password.
pub async fn link_agent(store: &Store, purpose: Purpose, secret: &str) -> Result<Option<AgentId>, StoreError> {
    let now = seconds(store.now().await?);
    Ok(good_link(store, purpose, secret, now).await?.map(|row| AgentId(row.agent_id)))
}

async fn good_link(store: &Store, purpose: Purpose, secret: &str, now: i64) -> Result<Option<Model>, StoreError> {
    let row = Entity::find()
        .filter(Column::Hash.eq(hash_of(secret)))
        .filter(Column::Purpose.eq(purpose.as_str()))
        .filter(Column::UsedAt.is_null())
        .filter(Column::ExpiresAt.gt(now))
        .one(store.reader())
        .await?;
    Ok(row)
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
