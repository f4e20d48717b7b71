//! Changing what the desk has agreed on. Policies and calendars are published as new versions, and a version that was
//! published never changes; rotas are edited in place. Each change is on record in the audit and seen by every node.
//!
//! What is right and wrong with a policy is the core's to say (`Policy::faults`), by what [`known`] says there is.

mod calendars;
mod policies;
mod rotas;

use watchdesk_core::Instant;
use watchdesk_core::desk::{AppliesTo, Desk};
use watchdesk_core::ids::{AgentId, Slug};
use watchdesk_core::policy::Known;

use sea_orm::ConnectionTrait;
use sea_orm::prelude::Uuid;

pub use calendars::{CalendarVersion, calendar, calendar_versions, publish_calendar};
pub use policies::{PolicyVersion, policy, policy_versions, publish_policy};
pub use rotas::{RotaRecord, delete_rota, rota, rotas, save_rota};

use crate::recompute::Cause;
use crate::rows::Place;
use crate::{StoreError, audit, desk, recompute};

/// Who changes a rule, and what he takes it to be by now. That is compared within the transaction of the change, so that
/// of two who build on the same one wins; the other is told that it changed. `T` is a version number, 0 where there is
/// none yet, or what stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit<T> {
    pub by: AgentId,
    /// None: whatever it is.
    pub expected: Option<T>,
}

impl<T> From<AgentId> for Edit<T> {
    fn from(by: AgentId) -> Self {
        Self { by, expected: None }
    }
}

impl Edit<i64> {
    fn require(&self, current: i32) -> Result<(), StoreError> {
        let current = i64::from(current);
        match self.expected {
            Some(expected) if expected != current => Err(StoreError::Stale { current }),
            Some(_) | None => Ok(()),
        }
    }
}

/// When a version was published, by whom, and for whom it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Publication {
    pub at: Instant,
    pub applies_to: AppliesTo,
    /// None: it came with the desk.
    pub by: Option<AgentId>,
}

/// What a policy may name: what is on the desk, and the webhooks of the configuration.
pub fn known(desk: &Desk, webhooks: impl IntoIterator<Item = Slug>) -> Known {
    Known {
        calendars: desk.calendars.keys().cloned().collect(),
        categories: desk.categories.keys().cloned().collect(),
        services: desk.services.keys().cloned().collect(),
        teams: desk.teams.values().map(|team| team.slug.clone()).collect(),
        rotas: desk.rotas.keys().cloned().collect(),
        webhooks: webhooks.into_iter().collect(),
    }
}

fn publication(
    place: Place<'_>,
    at: i64,
    applies_to: &str,
    publisher: Option<Uuid>,
) -> Result<Publication, StoreError> {
    Ok(Publication {
        at: place.instant("published_at", at)?,
        applies_to: place.word("applies_to", applies_to, AppliesTo::parse)?,
        by: publisher.map(AgentId),
    })
}

/// Who changes the rules changes the desk's version first, so that two who come at once go one after the other.
async fn begin_change(connection: &impl ConnectionTrait) -> Result<(), StoreError> {
    desk::changed(connection).await
}

/// What runs is measured anew, one by one, by a job.
async fn recompute(
    connection: &impl ConnectionTrait,
    applies_to: AppliesTo,
    cause: &Cause,
    version: i32,
    now: Instant,
) -> Result<(), StoreError> {
    match applies_to {
        AppliesTo::New => Ok(()),
        AppliesTo::Running => recompute::start(connection, cause, version, now).await,
    }
}

async fn on_record(
    connection: &impl ConnectionTrait,
    now: Instant,
    by: AgentId,
    what: &str,
    object: &str,
    detail: serde_json::Value,
) -> Result<(), StoreError> {
    let actor = watchdesk_core::event::ActorRef::Agent(by);
    audit::within(connection, now, actor, what, object, detail).await
}
