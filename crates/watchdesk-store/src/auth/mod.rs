//! Who may come in: passwords, sessions, tokens for programs, links that open once.
//!
//! Secrets are kept as hashes only. A password is hashed with argon2id; everything else is 256 random bits, for which
//! SHA-256 is enough.

mod calls;
mod links;
mod passwords;
mod secrets;
mod sessions;
mod sign_in;
mod tokens;

use std::collections::BTreeSet;

use watchdesk_core::Instant;
use watchdesk_core::ids::{AgentId, CustomerId};
use watchdesk_core::rights::{Actor, AgentActor, Role};

pub use calls::{CallLink, call_link, create_call_link, keep_call_link};
pub use links::{Purpose, create_link, link_agent, use_link};
pub use passwords::{PASSWORD_BYTES_MAX, set_password};
pub(crate) use sessions::end_sessions_within;
pub use sessions::{
    NewSession, SESSION_IDLE_S_MAX, SESSION_S_MAX, Session, end_session, end_sessions, session, session_alive,
    start_session,
};
pub use sign_in::{SignIn, forget_attempts_before, sign_in};
pub use tokens::{Bearer, NewToken, TokenMeta, bearer, create_token, revoke_token, tokens_of};

use crate::directory::customers_of_account_owner;
use crate::{Store, StoreError, desk};

/// Old rows are forgotten in batches of at most this many.
const FORGET_MAX: u64 = 1_000;

/// Forgets sessions and links that are over, so many of each at once; says how many it was.
pub async fn forget_expired(store: &Store, now: Instant, limit: u64) -> Result<u64, StoreError> {
    let limit = limit.min(FORGET_MAX);
    Ok(sessions::forget_expired(store, now, limit).await? + links::forget_expired(store, now, limit).await?)
}

/// With the rights he has now. `None`: unknown, or he left.
pub async fn actor_of_agent(store: &Store, id: AgentId) -> Result<Option<Actor>, StoreError> {
    let desk = desk::load(store).await?;
    let Some(agent) = desk.agents.get(&id).filter(|agent| agent.active) else { return Ok(None) };
    let customers: BTreeSet<CustomerId> = match agent.role {
        Role::Sales => customers_of_account_owner(store.reader(), id).await?,
        Role::Admin | Role::Manager | Role::Lead | Role::Agent | Role::Auditor => BTreeSet::new(),
    };
    Ok(Some(Actor::Agent(AgentActor { id, role: agent.role, teams: agent.teams.clone(), customers })))
}
