//! Passwords, hashed with argon2id.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use watchdesk_core::ids::AgentId;

use super::end_sessions_within;
use crate::entities::agent::{Column, Entity};
use crate::{Store, StoreError};

/// A longer one is never right; hashing it would only cost time.
pub const PASSWORD_BYTES_MAX: usize = 1_024;

/// The hash of no password at all, with the parameters of the others: where there is no such user, checking against it
/// takes the same time.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$d2F0Y2hkZXNrLW5vYm9keQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Also ends all sessions of the agent. `StoreError::Missing` if there is no such agent.
pub async fn set_password(store: &Store, agent: AgentId, password: &str) -> Result<(), StoreError> {
    if password.is_empty() || password.len() > PASSWORD_BYTES_MAX {
        return Err(StoreError::Hashing);
    }
    let hash = hash(store, password).await?;
    let transaction = store.begin().await?;
    let updated = Entity::update_many()
        .col_expr(Column::PasswordHash, Expr::value(hash))
        .filter(Column::Id.eq(agent.0))
        .exec(&transaction)
        .await?;
    if updated.rows_affected == 0 {
        return Err(StoreError::Missing { what: "agent" });
    }
    end_sessions_within(&transaction, agent).await?;
    transaction.commit().await?;
    Ok(())
}

async fn hash(store: &Store, password: &str) -> Result<String, StoreError> {
    let password = password.to_owned();
    let hash = move || Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string());
    hashing(store, hash).await?.map_err(|_| StoreError::Hashing)
}

/// Takes the same time whether there is a hash or not.
pub(super) async fn is_right(store: &Store, password: &str, hash: Option<String>) -> Result<bool, StoreError> {
    if password.len() > PASSWORD_BYTES_MAX {
        return Ok(false);
    }
    let password = password.to_owned();
    let known = hash.is_some();
    let fits = hashing(store, move || verifies(&password, hash.as_deref().unwrap_or(NOBODY))).await?;
    Ok(fits && known)
}

fn verifies(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// Hashing takes long and much memory: beside the runtime, and only so many at once.
async fn hashing<T: Send + 'static>(store: &Store, work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    let _place = store.shared.hashing.acquire().await.map_err(|_| StoreError::Hashing)?;
    tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Hashing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_hashed_like_everybody() {
        let parameters = |hash: &str| hash.rsplitn(3, '$').nth(2).map(str::to_owned);
        let somebody = Argon2::default().hash_password(b"somebody").unwrap().to_string();
        assert!(PasswordHash::new(NOBODY).is_ok());
        assert_eq!(parameters(NOBODY), parameters(&somebody));
        assert!(verifies("somebody", &somebody));
        assert!(!verifies("anybody", &somebody));
        assert!(!verifies("", NOBODY));
    }
}
