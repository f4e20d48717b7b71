//! Signing in by address and password, throttled for the account and for the network address it is tried from. The
//! counts are in the database, so all nodes share them; they are kept for unknown accounts just the same.

use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use watchdesk_core::Instant;
use watchdesk_core::ids::AgentId;

use super::FORGET_MAX;
use super::passwords::is_right;
use crate::attachments::sha256_hex;
use crate::directory::normalised;
use crate::entities::agent;
use crate::entities::login_attempt::{Column, Entity, Model};
use crate::rows::{insert_all, instant, seconds};
use crate::{Store, StoreError, fresh_id};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignIn {
    Welcome(AgentId),
    /// Unknown, wrong, or he left: one answer for all.
    Wrong,
    /// Too many attempts; the next one is looked at then.
    Throttled {
        until: Instant,
    },
}

/// Attempts that fail within the period.
const PERIOD_S: i64 = 15 * 60;
const PER_ACCOUNT_MAX: u64 = 10;
/// Many people may share an address.
const PER_ADDRESS_MAX: u64 = 50;

/// `address` is where the request comes from. The attempt is counted before the password is looked at, so that many at
/// once count too.
pub async fn sign_in(store: &Store, email: &str, password: &str, address: &str) -> Result<SignIn, StoreError> {
    let email = normalised(email);
    let subjects = [subject("account", &email), subject("address", address)];
    let attempts = subjects.clone().map(|subject| (fresh_id(), subject));
    if let Some(until) = count(store, &attempts).await? {
        return Ok(SignIn::Throttled { until });
    }
    let row = agent::Entity::find().filter(agent::Column::Email.eq(email)).one(store.reader()).await?;
    let row = row.filter(|row| row.active);
    let hash = row.as_ref().and_then(|row| row.password_hash.clone());
    match (is_right(store, password, hash).await?, row) {
        (true, Some(row)) => {
            let [account, _] = subjects;
            let done =
                Condition::any().add(Column::Subject.eq(account)).add(Column::Id.is_in(attempts.map(|(id, _)| id)));
            Entity::delete_many().filter(done).exec(store.writer()).await?;
            Ok(SignIn::Welcome(AgentId(row.id)))
        }
        (true | false, _) => Ok(SignIn::Wrong),
    }
}

fn subject(what: &str, value: &str) -> String {
    format!("{what}:{}", sha256_hex(value.as_bytes()))
}

/// Counts the attempt; answers until when it has to wait, if there were too many.
async fn count(store: &Store, attempts: &[(uuid::Uuid, String); 2]) -> Result<Option<Instant>, StoreError> {
    let transaction = store.begin().await?;
    let now = store.shared.now(&transaction).await?;
    let limits = [PER_ACCOUNT_MAX, PER_ADDRESS_MAX];
    let mut until = None;
    for ((_, subject), max) in attempts.iter().zip(limits) {
        until = until.max(blocked_until(&transaction, subject, max, now).await?);
    }
    if until.is_none() {
        let rows = attempts.iter().map(|(id, subject)| Model { id: *id, subject: subject.clone(), at: seconds(now) });
        insert_all(&transaction, rows.collect()).await?;
    }
    transaction.commit().await?;
    Ok(until)
}

async fn blocked_until(
    connection: &impl ConnectionTrait,
    subject: &str,
    max: u64,
    now: Instant,
) -> Result<Option<Instant>, StoreError> {
    // The newest `max` attempts: if there are so many within the period, the oldest of them says when it is over.
    let times: Vec<i64> = Entity::find()
        .select_only()
        .column(Column::At)
        .filter(Column::Subject.eq(subject))
        .filter(Column::At.gt(seconds(now) - PERIOD_S))
        .order_by_desc(Column::At)
        .limit(max)
        .into_tuple()
        .all(connection)
        .await?;
    if (times.len() as u64) < max {
        return Ok(None);
    }
    times.last().map(|at| instant("login_attempt", "at", "the oldest", at + PERIOD_S)).transpose()
}

/// Forgets attempts from before that instant, so many at once; says how many. Those of the last quarter of an hour still
/// count, and stay.
pub async fn forget_attempts_before(store: &Store, at: Instant, limit: u64) -> Result<u64, StoreError> {
    let now = seconds(store.now().await?);
    let before = std::cmp::min(seconds(at), now - PERIOD_S);
    let old: Vec<uuid::Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::At.lte(before))
        .order_by_asc(Column::At)
        .limit(std::cmp::min(limit, FORGET_MAX))
        .into_tuple()
        .all(store.reader())
        .await?;
    if old.is_empty() {
        return Ok(0);
    }
    let deleted = Entity::delete_many().filter(Column::Id.is_in(old)).exec(store.writer()).await?;
    Ok(deleted.rows_affected)
}
