//! Customers and subscriptions as the operator lists them, brought into the directory by a run.
//!
//! A run is a row. It is begun, goes on page by page wherever it was interrupted, and ends once; what one customer
//! brought is written in one transaction with the run's own counts, so that a run that dies repeats nothing. Only a run
//! that saw everything says of something that it is gone.

mod close;
mod read;
mod take;

use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use watchdesk_core::Instant;
use watchdesk_core::ids::CustomerId;

use crate::entities::synchronisation::{Column, Entity, Model};
use crate::entities::synchronisation_change as kept;
use crate::rows::{Place, insert_all, seconds, without_nul};
use crate::{Store, StoreError};

pub use close::close;
pub use read::{changes_of, latest, list, operator_id, run};
pub use take::{Heard, Taken, already_read, take, unreadable};

/// Of the row that it has among the scheduled tasks.
pub const TASK: &str = "partner-center-sync";

/// Changes that a run keeps word by word; the others are only counted.
pub const CHANGES_KEPT_MAX: i64 = 500;
/// Runs that are kept.
const RUNS_KEPT: i64 = 100;
const WORDS_CHARS_MAX: usize = 300;
/// Between the details of one change, each as `order_id: 7`.
pub const DETAILS_APART: &str = "; ";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub number: i64,
    pub started_at: Instant,
    /// When it last got on.
    pub moved_at: Instant,
    pub finished_at: Option<Instant>,
    /// Where the operator's list goes on.
    pub cursor: Option<String>,
    /// The list came to its end.
    pub is_listed: bool,
    /// Some of the list could not be read: nobody is taken for gone.
    pub is_partial: bool,
    /// How many customers there are, as far as the operator says so.
    pub total: Option<i64>,
    pub customers: i64,
    pub subscriptions: i64,
    pub created: i64,
    pub changed: i64,
    pub gone: i64,
    pub failures: i64,
    /// Also those that are no longer kept word by word.
    pub changes: i64,
}

/// Something that a run changed, or could not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub kind: ChangeKind,
    pub customer: Option<CustomerId>,
    /// The customer's name.
    pub name: String,
    /// The subscription, where it is about one.
    pub subject: String,
    pub before: String,
    pub after: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    CustomerCreated,
    CustomerRenamed,
    CustomerGone,
    DelegatedAdmin,
    SubscriptionCreated,
    SubscriptionStatus,
    SubscriptionQuantity,
    SubscriptionChanged,
    SubscriptionGone,
    Unreadable,
}

impl ChangeKind {
    pub const ALL: [Self; 10] = [
        Self::CustomerCreated,
        Self::CustomerRenamed,
        Self::CustomerGone,
        Self::DelegatedAdmin,
        Self::SubscriptionCreated,
        Self::SubscriptionStatus,
        Self::SubscriptionQuantity,
        Self::SubscriptionChanged,
        Self::SubscriptionGone,
        Self::Unreadable,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::CustomerCreated => "customer_created",
            Self::CustomerRenamed => "customer_renamed",
            Self::CustomerGone => "customer_gone",
            Self::DelegatedAdmin => "delegated_admin",
            Self::SubscriptionCreated => "subscription_created",
            Self::SubscriptionStatus => "subscription_status",
            Self::SubscriptionQuantity => "subscription_quantity",
            Self::SubscriptionChanged => "subscription_changed",
            Self::SubscriptionGone => "subscription_gone",
            Self::Unreadable => "unreadable",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What somebody did of a run, to be added to its row.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    customers: i64,
    subscriptions: i64,
    created: i64,
    changed: i64,
    gone: i64,
    failures: i64,
}

/// The run that is not at its end, or else a new one.
pub async fn begin_or_resume(store: &Store) -> Result<Run, StoreError> {
    let transaction = store.begin().await?;
    let newest = Entity::find().order_by_desc(Column::Number).limit(1).one(&transaction).await?;
    let number = newest.as_ref().map_or(1, |run| run.number + 1);
    if let Some(unfinished) = newest.filter(|run| run.finished_at.is_none()) {
        transaction.rollback().await?;
        return unfinished.try_into();
    }
    let now = seconds(store.shared.now(&transaction).await?);
    let row = Model {
        number,
        started_at: now,
        moved_at: now,
        finished_at: None,
        cursor: None,
        listed: false,
        partial: false,
        total: None,
        customers: 0,
        subscriptions: 0,
        created: 0,
        changed: 0,
        gone: 0,
        failures: 0,
        changes: 0,
    };
    insert_all(&transaction, vec![row.clone()]).await?;
    Entity::delete_many().filter(Column::Number.lte(number - RUNS_KEPT)).exec(&transaction).await?;
    kept::Entity::delete_many().filter(kept::Column::Run.lte(number - RUNS_KEPT)).exec(&transaction).await?;
    transaction.commit().await?;
    row.try_into()
}

/// A page is done. `None` where there is none after it.
pub async fn turned(
    store: &Store,
    number: i64,
    next: Option<&str>,
    total: Option<u64>,
    is_whole: bool,
) -> Result<(), StoreError> {
    let now = store.now().await?;
    let mut update = Entity::update_many()
        .col_expr(Column::Cursor, Expr::value(next))
        .col_expr(Column::Listed, Expr::value(next.is_none()))
        .col_expr(Column::MovedAt, Expr::value(seconds(now)))
        .filter(Column::Number.eq(number))
        .filter(Column::FinishedAt.is_null());
    if let Some(total) = total {
        update = update.col_expr(Column::Total, Expr::value(i64::try_from(total).unwrap_or(i64::MAX)));
    }
    if !is_whole {
        update = update.col_expr(Column::Partial, Expr::value(true));
    }
    update.exec(store.writer()).await?;
    Ok(())
}

/// The operator no longer knows the place: the list begins anew, and whom the run has read already is not asked again.
pub async fn list_anew(store: &Store, number: i64) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::Cursor, Expr::value(None::<String>))
        .filter(Column::Number.eq(number))
        .exec(store.writer())
        .await?;
    Ok(())
}

/// In the transaction of what is counted. The row is locked, so that positions are given once.
async fn add(
    connection: &impl ConnectionTrait,
    number: i64,
    now: Instant,
    counts: Counts,
    changes: Vec<Change>,
) -> Result<(), StoreError> {
    let found = Entity::find_by_id(number).lock(LockType::Update).one(connection).await?;
    let run = found.ok_or(StoreError::Missing { what: "synchronisation" })?;
    let told = i64::try_from(changes.len()).unwrap_or(i64::MAX);
    let room = usize::try_from(CHANGES_KEPT_MAX - run.changes).unwrap_or_default();
    let rows = (run.changes..).zip(changes).take(room).map(|(position, change)| change_row(number, position, change));
    insert_all(connection, rows.collect()).await?;
    let changed = Model {
        moved_at: seconds(now),
        customers: run.customers + counts.customers,
        subscriptions: run.subscriptions + counts.subscriptions,
        created: run.created + counts.created,
        changed: run.changed + counts.changed,
        gone: run.gone + counts.gone,
        failures: run.failures + counts.failures,
        changes: run.changes + told,
        ..run
    };
    changed.into_active_model().reset_all().update(connection).await?;
    Ok(())
}

fn change_row(run: i64, position: i64, change: Change) -> kept::Model {
    let short = |text: String| without_nul(text.chars().take(WORDS_CHARS_MAX).collect::<String>());
    kept::Model {
        run,
        position,
        kind: change.kind.as_str().to_owned(),
        customer_id: change.customer.map(|id| id.0),
        name: short(change.name),
        subject: short(change.subject),
        before: short(change.before),
        after: short(change.after),
    }
}

impl TryFrom<Model> for Run {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let place = Place { table: "synchronisation", id: &row.number };
        Ok(Self {
            number: row.number,
            started_at: place.instant("started_at", row.started_at)?,
            moved_at: place.instant("moved_at", row.moved_at)?,
            finished_at: place.instant_or_none("finished_at", row.finished_at)?,
            cursor: row.cursor,
            is_listed: row.listed,
            is_partial: row.partial,
            total: row.total,
            customers: row.customers,
            subscriptions: row.subscriptions,
            created: row.created,
            changed: row.changed,
            gone: row.gone,
            failures: row.failures,
            changes: row.changes,
        })
    }
}
