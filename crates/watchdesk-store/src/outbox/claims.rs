//! Claiming rows, and saying what came of them.

use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select, UpdateMany};
use watchdesk_core::Instant;
use watchdesk_core::effect::{Notice, Recipient};
use watchdesk_core::ids::{CaseId, OutboxId, TicketId};

use crate::entities::delivery_attempt;
use crate::entities::outbox::{Column, Entity, Model};
use crate::outbox::{OutboxState, notice, recipient};
use crate::rows::{Place, insert_all, instant, seconds, without_nul};
use crate::{Store, StoreError, fresh_id};

/// One claim takes no more.
const CLAIM_MAX: u64 = 500;

/// A notice that is ours to send until the lease runs out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxItem {
    pub id: OutboxId,
    pub fence: i64,
    pub key: String,
    /// Message-ID without angle brackets, the same for every attempt.
    pub mail_id: String,
    /// None: it is about the desk as a whole.
    pub ticket: Option<TicketId>,
    pub case: Option<CaseId>,
    pub recipient: Recipient,
    pub notice: Notice,
    /// With this one.
    pub attempts: i32,
    pub created_at: Instant,
}

/// By which way a notice goes out. Each has a pace of its own: a mail server that is away holds no call back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Mail,
    Webhook,
    /// The operators' interfaces for service requests.
    Request,
}

impl Way {
    /// Word by word as the index has it, because only so do the databases see that it is meant.
    fn condition(self) -> Expr {
        match self {
            Self::Mail => Expr::cust("recipient_kind <> 'webhook' AND recipient_kind <> 'operator'"),
            Self::Webhook => Expr::cust("recipient_kind = 'webhook'"),
            Self::Request => Expr::cust("recipient_kind = 'operator'"),
        }
    }
}

/// Takes what is due, the longest waiting first. Never what another one holds.
pub async fn claim(store: &Store, now: Instant, limit: u64) -> Result<Vec<OutboxItem>, StoreError> {
    claim_from(store, claim_query(now, limit), now).await
}

/// The same, of what goes out by that way.
pub async fn claim_by(store: &Store, way: Way, now: Instant, limit: u64) -> Result<Vec<OutboxItem>, StoreError> {
    claim_from(store, claim_query_by(way, now, limit), now).await
}

async fn claim_from(store: &Store, due: Select<Entity>, now: Instant) -> Result<Vec<OutboxItem>, StoreError> {
    // An idle desk is asked every second; only when something is due does anybody wait for a lock.
    if due.clone().limit(1).one(store.reader()).await?.is_none() {
        return Ok(Vec::new());
    }
    let transaction = store.begin().await?;
    let rows = due.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked).all(&transaction).await?;
    let unheard = rows.iter().filter(|row| row.state == OutboxState::Sending.as_str());
    let ambiguous = unheard.map(|row| attempt(row.id, now, "ambiguous", "the last attempt ended without a word"));
    insert_all(&transaction, ambiguous.collect()).await?;
    if !rows.is_empty() {
        Entity::update_many()
            .col_expr(Column::State, Expr::value(OutboxState::Sending.as_str()))
            .col_expr(Column::NextAttemptAt, Expr::value(seconds(now + store.lease())))
            .col_expr(Column::Fence, Expr::col(Column::Fence).add(1))
            .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
            .filter(Column::Id.is_in(rows.iter().map(|row| row.id)))
            .exec(&transaction)
            .await?;
    }
    let items = readable(&transaction, rows, now).await?;
    transaction.commit().await?;
    Ok(items)
}

pub(crate) fn claim_query(now: Instant, limit: u64) -> Select<Entity> {
    Entity::find()
        .filter(Column::NextAttemptAt.lte(seconds(now)))
        .order_by_asc(Column::NextAttemptAt)
        .order_by_asc(Column::Id)
        .limit(limit.clamp(1, CLAIM_MAX))
}

pub(crate) fn claim_query_by(way: Way, now: Instant, limit: u64) -> Select<Entity> {
    claim_query(now, limit).filter(way.condition())
}

/// A row that nobody can read is set aside, so that it does not block the others.
async fn readable(
    connection: &impl ConnectionTrait,
    rows: Vec<Model>,
    now: Instant,
) -> Result<Vec<OutboxItem>, StoreError> {
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        let (id, fence) = (OutboxId(row.id), row.fence + 1);
        match item(row) {
            Ok(item) => items.push(item),
            Err(error) => {
                tracing::error!(outbox = %id, %error, "An outbox row makes no sense and was set aside.");
                let ending = Ending { state: OutboxState::Dead, at: now, next_attempt_at: None };
                end(connection, id, fence, &ending, "dead", &error.to_string()).await?;
            }
        }
    }
    Ok(items)
}

fn item(row: Model) -> Result<OutboxItem, StoreError> {
    Ok(OutboxItem {
        id: OutboxId(row.id),
        fence: row.fence + 1,
        ticket: row.ticket_id.map(TicketId),
        case: row.case_id.map(CaseId),
        recipient: recipient(&row)?,
        notice: notice(&row)?,
        attempts: row.attempts + 1,
        created_at: Place { table: "outbox", id: &row.id }.instant("created_at", row.created_at)?,
        key: row.key,
        mail_id: row.mail_id,
    })
}

/// Who still sends it says so, and may go on for another lease. `false`: somebody else has it.
pub async fn renew(store: &Store, id: OutboxId, fence: i64, now: Instant) -> Result<bool, StoreError> {
    let until = Expr::value(seconds(now + store.lease()));
    let updated = held(id, fence).col_expr(Column::NextAttemptAt, until).exec(store.writer()).await?;
    Ok(updated.rows_affected == 1)
}

/// The receiving server took it. `detail` is what it said, without addresses. `false`: the lease was lost.
pub async fn sent(store: &Store, id: OutboxId, fence: i64, now: Instant, detail: &str) -> Result<bool, StoreError> {
    let ending = Ending { state: OutboxState::Sent, at: now, next_attempt_at: None };
    finish(store, id, fence, ending, "sent", detail).await
}

/// It did not work, and is to be tried again then.
pub async fn failed(
    store: &Store,
    id: OutboxId,
    fence: i64,
    now: Instant,
    next_attempt_at: Instant,
    detail: &str,
) -> Result<bool, StoreError> {
    let ending = Ending { state: OutboxState::Pending, at: now, next_attempt_at: Some(next_attempt_at) };
    finish(store, id, fence, ending, "failed", detail).await
}

/// It will never work.
pub async fn dead(store: &Store, id: OutboxId, fence: i64, now: Instant, detail: &str) -> Result<bool, StoreError> {
    let ending = Ending { state: OutboxState::Dead, at: now, next_attempt_at: None };
    finish(store, id, fence, ending, "dead", detail).await
}

/// It is not to be sent.
pub async fn suppressed(store: &Store, id: OutboxId, fence: i64, now: Instant, why: &str) -> Result<bool, StoreError> {
    let ending = Ending { state: OutboxState::Suppressed, at: now, next_attempt_at: None };
    finish(store, id, fence, ending, "suppressed", why).await
}

struct Ending {
    state: OutboxState,
    at: Instant,
    next_attempt_at: Option<Instant>,
}

async fn finish(
    store: &Store,
    id: OutboxId,
    fence: i64,
    ending: Ending,
    outcome: &str,
    detail: &str,
) -> Result<bool, StoreError> {
    let transaction = store.begin().await?;
    let kept = end(&transaction, id, fence, &ending, outcome, detail).await?;
    transaction.commit().await?;
    Ok(kept)
}

async fn end(
    connection: &impl ConnectionTrait,
    id: OutboxId,
    fence: i64,
    ending: &Ending,
    outcome: &str,
    detail: &str,
) -> Result<bool, StoreError> {
    let sent_at = (ending.state == OutboxState::Sent).then(|| seconds(ending.at));
    let error = (ending.state != OutboxState::Sent).then(|| without_nul(detail));
    let updated = held(id, fence)
        .col_expr(Column::State, Expr::value(ending.state.as_str()))
        .col_expr(Column::NextAttemptAt, Expr::value(ending.next_attempt_at.map(seconds)))
        .col_expr(Column::SentAt, Expr::value(sent_at))
        .col_expr(Column::LastError, Expr::value(error))
        .exec(connection)
        .await?;
    if updated.rows_affected == 0 {
        return Ok(false);
    }
    insert_all(connection, vec![attempt(id.0, ending.at, outcome, detail)]).await?;
    Ok(true)
}

fn held(id: OutboxId, fence: i64) -> UpdateMany<Entity> {
    Entity::update_many()
        .filter(Column::Id.eq(id.0))
        .filter(Column::Fence.eq(fence))
        .filter(Column::State.eq(OutboxState::Sending.as_str()))
}

fn attempt(outbox: sea_orm::prelude::Uuid, at: Instant, outcome: &str, detail: &str) -> delivery_attempt::Model {
    delivery_attempt::Model {
        id: fresh_id(),
        outbox_id: outbox,
        at: seconds(at),
        outcome: outcome.to_owned(),
        detail: without_nul(detail),
    }
}

/// A person wants it sent after all. Only what was given up or suppressed can be.
pub async fn resend(store: &Store, id: OutboxId, now: Instant) -> Result<bool, StoreError> {
    let given_up = [OutboxState::Dead, OutboxState::Suppressed].map(OutboxState::as_str);
    let updated = Entity::update_many()
        .col_expr(Column::State, Expr::value(OutboxState::Pending.as_str()))
        .col_expr(Column::NextAttemptAt, Expr::value(seconds(now)))
        .col_expr(Column::Attempts, Expr::value(0))
        .filter(Column::Id.eq(id.0))
        .filter(Column::State.is_in(given_up))
        .exec(store.writer())
        .await?;
    Ok(updated.rows_affected == 1)
}

/// When the next row is due, or the next lease runs out.
pub async fn next_due(store: &Store) -> Result<Option<Instant>, StoreError> {
    next_of(store, next_query()).await
}

/// The same, of what goes out by that way.
pub async fn next_due_by(store: &Store, way: Way) -> Result<Option<Instant>, StoreError> {
    next_of(store, next_query().filter(way.condition())).await
}

fn next_query() -> Select<Entity> {
    Entity::find()
        .filter(Column::NextAttemptAt.is_not_null())
        .order_by_asc(Column::NextAttemptAt)
        .order_by_asc(Column::Id)
}

async fn next_of(store: &Store, query: Select<Entity>) -> Result<Option<Instant>, StoreError> {
    let row = query.one(store.reader()).await?;
    let due = row.and_then(|row| Some((row.id, row.next_attempt_at?)));
    due.map(|(id, at)| instant("outbox", "next_attempt_at", id, at)).transpose()
}
