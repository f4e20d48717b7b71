//! Links in the calls of a ladder: whoever opens one says "I have seen it", for one clock and for himself alone.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use uuid::Uuid;
use watchdesk_core::ids::{AgentId, ClockId};

use super::secrets::{fresh_secret, hash_of};
use crate::entities::one_time_link::{Column, Entity, Model};
use crate::rows::{Place, seconds};
use crate::{Store, StoreError, fresh_id};

/// What such a link is for; behind it stands the clock.
const PURPOSE: &str = "acknowledgement:";
/// An old mail's link still says who has seen it.
const LIFETIME_S_MAX: i64 = 7 * 24 * 3600;

/// Whom a call went to, and what about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLink {
    pub agent: AgentId,
    pub clock: ClockId,
}

/// The secret part of the link, which cannot be read again.
pub async fn create_call_link(
    store: &Store,
    agent: AgentId,
    clock: ClockId,
    lifetime: chrono::Duration,
) -> Result<String, StoreError> {
    let secret = fresh_secret()?;
    keep_call_link(store, &secret, agent, clock, lifetime).await?;
    Ok(secret)
}

/// A link with a secret that the caller knows how to make again: made once, and kept for another lifetime when the mail
/// that it stands in is written again.
pub async fn keep_call_link(
    store: &Store,
    secret: &str,
    agent: AgentId,
    clock: ClockId,
    lifetime: chrono::Duration,
) -> Result<(), StoreError> {
    let lifetime_s = lifetime.num_seconds().clamp(0, LIFETIME_S_MAX);
    let row = Model {
        id: fresh_id(),
        purpose: format!("{PURPOSE}{clock}"),
        agent_id: agent.0,
        hash: hash_of(secret),
        expires_at: seconds(store.now().await?) + lifetime_s,
        used_at: None,
    };
    let again = OnConflict::column(Column::Hash).update_column(Column::ExpiresAt).to_owned();
    Entity::insert(row.into_active_model()).on_conflict(again).exec_without_returning(store.writer()).await?;
    Ok(())
}

/// What it is about. `None`: unknown, too old, or for something else. It may be opened again: saying twice that one has
/// seen something changes nothing.
pub async fn call_link(store: &Store, secret: &str) -> Result<Option<CallLink>, StoreError> {
    let now = seconds(store.now().await?);
    let row = Entity::find()
        .filter(Column::Hash.eq(hash_of(secret)))
        .filter(Column::Purpose.starts_with(PURPOSE))
        .filter(Column::ExpiresAt.gt(now))
        .one(store.reader())
        .await?;
    row.map(|row| {
        let clock = row.purpose.strip_prefix(PURPOSE).unwrap_or_default();
        let place = Place { table: "one_time_link", id: &row.id };
        let clock = Uuid::try_parse(clock).map_err(|error| place.corrupt("purpose", error))?;
        Ok(CallLink { agent: AgentId(row.agent_id), clock: ClockId(clock) })
    })
    .transpose()
}
