//! Tasks that come round, as rows. What a cron line means is the scheduler's matter; here is when, who and how it went.

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use watchdesk_core::Instant;

use crate::entities::schedule::{Column, Entity, Model};
use crate::rows::{Place, instant, seconds, without_nul};
use crate::{Store, StoreError};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    pub name: String,
    pub cron: String,
    /// While somebody runs it: when it may be taken from him.
    pub next_run_at: Instant,
    pub last_run_at: Option<Instant>,
    pub last_status: Option<String>,
    /// Somebody has it in hand, or had it when he died.
    pub is_running: bool,
}

/// The right to run a task, until the lease runs out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub name: String,
    pub cron: String,
    /// When it should have run.
    pub due_at: Instant,
    pub fence: i64,
}

const CLAIM_MAX: u64 = 100;

/// Makes sure that the task is known, with this cron line; a new line also brings its next run.
pub async fn ensure(store: &Store, name: &str, cron: &str, next_run_at: Instant) -> Result<(), StoreError> {
    let row = Model {
        name: name.to_owned(),
        cron: cron.to_owned(),
        next_run_at: seconds(next_run_at),
        due_at: None,
        last_run_at: None,
        last_status: None,
        fence: 0,
    };
    let transaction = store.begin().await?;
    Entity::insert_many([row.into_active_model()])
        .on_conflict(OnConflict::column(Column::Name).do_nothing().to_owned())
        .exec_without_returning(&transaction)
        .await?;
    Entity::update_many()
        .col_expr(Column::Cron, Expr::value(cron))
        .col_expr(Column::NextRunAt, Expr::value(seconds(next_run_at)))
        .filter(Column::Name.eq(name))
        .filter(Column::Cron.ne(cron))
        .exec(&transaction)
        .await?;
    transaction.commit().await?;
    Ok(())
}

/// Takes the tasks that are due, or whose runner has not been heard of until the end of his lease.
pub async fn claim_due(store: &Store, now: Instant, limit: u64, lease_s: i64) -> Result<Vec<Claim>, StoreError> {
    let due = Entity::find()
        .filter(Column::NextRunAt.lte(seconds(now)))
        .order_by_asc(Column::NextRunAt)
        .limit(std::cmp::min(limit, CLAIM_MAX))
        .all(store.reader())
        .await?;
    let mut claims = Vec::new();
    for row in due {
        claims.extend(claim(store, row, now, lease_s).await?);
    }
    Ok(claims)
}

/// One statement: who changes the row first has it.
async fn claim(store: &Store, row: Model, now: Instant, lease_s: i64) -> Result<Option<Claim>, StoreError> {
    let due_at = row.due_at.unwrap_or(row.next_run_at);
    let taken = Entity::update_many()
        .col_expr(Column::NextRunAt, Expr::value(seconds(now).saturating_add(std::cmp::max(lease_s, 1))))
        .col_expr(Column::DueAt, Expr::value(due_at))
        .col_expr(Column::Fence, Expr::col(Column::Fence).add(1))
        .filter(Column::Name.eq(row.name.as_str()))
        .filter(Column::Fence.eq(row.fence))
        .filter(Column::NextRunAt.eq(row.next_run_at))
        .exec(store.writer())
        .await?;
    if taken.rows_affected == 0 {
        return Ok(None);
    }
    let due_at = instant("schedule", "due_at", &row.name, due_at)?;
    Ok(Some(Claim { due_at, name: row.name, cron: row.cron, fence: row.fence + 1 }))
}

/// Says how it went and when it comes round again; `false` means that the lease was lost to another.
pub async fn finished(
    store: &Store,
    name: &str,
    fence: i64,
    now: Instant,
    next_run_at: Instant,
    status: &str,
) -> Result<bool, StoreError> {
    let updated = Entity::update_many()
        .col_expr(Column::NextRunAt, Expr::value(seconds(next_run_at)))
        .col_expr(Column::DueAt, Expr::value(None::<i64>))
        .col_expr(Column::LastRunAt, Expr::value(seconds(now)))
        .col_expr(Column::LastStatus, Expr::value(without_nul(status)))
        .filter(Column::Name.eq(name))
        .filter(Column::Fence.eq(fence))
        .exec(store.writer())
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Until when the runner has the task; `false` means that he lost it to another.
pub async fn hold(store: &Store, name: &str, fence: i64, until: Instant) -> Result<bool, StoreError> {
    let updated = Entity::update_many()
        .col_expr(Column::NextRunAt, Expr::value(seconds(until)))
        .filter(Column::Name.eq(name))
        .filter(Column::Fence.eq(fence))
        .exec(store.writer())
        .await?;
    Ok(updated.rows_affected == 1)
}

/// What came of wanting a task to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// It is due now.
    Due,
    /// Somebody has it in hand.
    Running,
    /// No worker of this desk knows it.
    Unknown,
}

/// Somebody does not want to wait until it comes round.
pub async fn run_now(store: &Store, name: &str) -> Result<Wanted, StoreError> {
    let now = seconds(store.now().await?);
    let updated = Entity::update_many()
        .col_expr(Column::NextRunAt, Expr::value(now))
        .filter(Column::Name.eq(name))
        .filter(Column::DueAt.is_null())
        .exec(store.writer())
        .await?;
    if updated.rows_affected == 1 {
        return Ok(Wanted::Due);
    }
    let known = Entity::find_by_id(name).one(store.writer()).await?;
    Ok(if known.is_some() { Wanted::Running } else { Wanted::Unknown })
}

/// Nobody runs it any more.
pub async fn forget(store: &Store, name: &str) -> Result<(), StoreError> {
    Entity::delete_by_id(name).exec(store.writer()).await?;
    Ok(())
}

pub async fn all(store: &Store) -> Result<Vec<Schedule>, StoreError> {
    let rows = Entity::find().order_by_asc(Column::Name).all(store.reader()).await?;
    rows.into_iter().map(schedule).collect()
}

/// When the next task is due.
pub async fn next_due(store: &Store) -> Result<Option<Instant>, StoreError> {
    let row = Entity::find().order_by_asc(Column::NextRunAt).one(store.reader()).await?;
    row.map(|row| instant("schedule", "next_run_at", &row.name, row.next_run_at)).transpose()
}

fn schedule(row: Model) -> Result<Schedule, StoreError> {
    let place = Place { table: "schedule", id: &row.name };
    Ok(Schedule {
        next_run_at: place.instant("next_run_at", row.next_run_at)?,
        last_run_at: place.instant_or_none("last_run_at", row.last_run_at)?,
        name: row.name.clone(),
        cron: row.cron,
        is_running: row.due_at.is_some(),
        last_status: row.last_status,
    })
}
