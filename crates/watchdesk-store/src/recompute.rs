//! Jobs that measure anew what is unfinished: all of it, because a policy or a calendar was published for what runs; or
//! that of one customer, because his contracts changed.
//!
//! The row is the truth: how far the walk is and how much is done. Whoever dies on the way leaves it at the last page
//! that he put on record; measuring something twice changes nothing.

use std::fmt::Display;

use sea_orm::prelude::Uuid;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Select, UpdateMany,
};
use watchdesk_core::Instant;
use watchdesk_core::case::CaseStateKind;
use watchdesk_core::ids::{CaseId, CustomerId, Slug, TicketId};
use watchdesk_core::policy::Side;

use crate::entities::recompute_job::{Column, Entity, Model};
use crate::entities::{case_ticket, operator_case, ticket};
use crate::rows::{Place as Row, insert_all, seconds};
use crate::{Store, StoreError, fresh_id};

const POLICY: &str = "policy";
const CALENDAR: &str = "calendar";
const CONTRACT: &str = "contract";
const TICKETS: &str = "tickets";
const CASES: &str = "cases";
/// Tickets or cases of one page of a walk.
const WALK_MAX: u64 = 1_000;

/// What was published or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    Policy(Side),
    Calendar(Slug),
    /// A contract of this customer.
    Contract(CustomerId),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub id: Uuid,
    pub cause: Cause,
    /// The version that was published; of contracts, how many such jobs the customer has had.
    pub version: i32,
    pub place: Place,
    /// Unfinished tickets and open cases at the time of publishing.
    pub total: u64,
    pub done: u64,
    /// Those among them that could not be measured; the log says why.
    pub failed: u64,
    pub started_at: Instant,
    /// None: it goes on.
    pub finished_at: Option<Instant>,
}

/// How far the walk is: after this one, in the order of ids. Tickets come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Tickets(Option<TicketId>),
    Cases(Option<CaseId>),
}

/// A piece of the walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    pub to: Place,
    pub done: u64,
    pub failed: u64,
}

/// In the transaction that publishes, so that no version for what runs is without its job.
pub(crate) async fn start(
    connection: &impl ConnectionTrait,
    cause: &Cause,
    version: i32,
    now: Instant,
) -> Result<(), StoreError> {
    let unfinished = tickets_of(cause).count(connection).await?;
    let open = cases_of(cause).count(connection).await?;
    let (cause_kind, cause) = cause.columns();
    let row = Model {
        id: fresh_id(),
        cause_kind: cause_kind.to_owned(),
        cause,
        version,
        place_kind: TICKETS.to_owned(),
        place_id: None,
        total: signed(unfinished.saturating_add(open)),
        done: 0,
        failed: 0,
        started_at: seconds(now),
        finished_at: None,
    };
    insert_all(connection, vec![row]).await
}

/// A customer's contracts are others now: tickets opened in this span had another one, or none, in force. No job where no
/// unfinished ticket was.
pub(crate) async fn start_for_contract(
    connection: &impl ConnectionTrait,
    customer: CustomerId,
    opened: (Instant, Option<Instant>),
    now: Instant,
) -> Result<(), StoreError> {
    let cause = Cause::Contract(customer);
    let (from, to) = opened;
    let mut touched = tickets_of(&cause).filter(ticket::Column::OpenedAt.gte(seconds(from)));
    if let Some(to) = to {
        touched = touched.filter(ticket::Column::OpenedAt.lt(seconds(to)));
    }
    if touched.count(connection).await? == 0 {
        return Ok(());
    }
    let before = latest_query(&cause).one(connection).await?;
    start(connection, &cause, before.map_or(1, |job| job.version.saturating_add(1)), now).await
}

/// Unfinished tickets that a job for this goes over.
fn tickets_of(cause: &Cause) -> Select<ticket::Entity> {
    let unfinished = ticket::Entity::find().filter(ticket::Column::QueueAt.is_not_null());
    match cause {
        Cause::Policy(_) | Cause::Calendar(_) => unfinished,
        Cause::Contract(customer) => unfinished.filter(ticket::Column::CustomerId.eq(customer.0)),
    }
}

/// Cases that the operator has, and that a job for this goes over.
fn cases_of(cause: &Cause) -> Select<operator_case::Entity> {
    let open = CaseStateKind::ALL.into_iter().filter(|state| state.is_with_operator()).map(CaseStateKind::as_str);
    let open = operator_case::Entity::find().filter(operator_case::Column::State.is_in(open));
    match cause {
        Cause::Policy(_) | Cause::Calendar(_) => open,
        Cause::Contract(customer) => {
            let tickets = ticket::Entity::find().select_only().column(ticket::Column::Id);
            let tickets = tickets.filter(ticket::Column::CustomerId.eq(customer.0)).into_query();
            let links = case_ticket::Entity::find().select_only().column(case_ticket::Column::CaseId);
            let links = links.filter(case_ticket::Column::TicketId.in_subquery(tickets)).into_query();
            open.filter(operator_case::Column::Id.in_subquery(links))
        }
    }
}

/// The next tickets of the walk, in the order of their ids.
pub async fn tickets_after(
    store: &Store,
    cause: &Cause,
    after: Option<TicketId>,
    limit: u64,
) -> Result<Vec<TicketId>, StoreError> {
    let mut query = tickets_of(cause).select_only().column(ticket::Column::Id).order_by_asc(ticket::Column::Id);
    if let Some(TicketId(after)) = after {
        query = query.filter(ticket::Column::Id.gt(after));
    }
    let ids: Vec<Uuid> = query.limit(limit.clamp(1, WALK_MAX)).into_tuple().all(store.reader()).await?;
    Ok(ids.into_iter().map(TicketId).collect())
}

/// The next cases of the walk, in the order of their ids.
pub async fn cases_after(
    store: &Store,
    cause: &Cause,
    after: Option<CaseId>,
    limit: u64,
) -> Result<Vec<CaseId>, StoreError> {
    use operator_case::Column::Id;
    let mut query = cases_of(cause).select_only().column(Id).order_by_asc(Id);
    if let Some(CaseId(after)) = after {
        query = query.filter(Id.gt(after));
    }
    let ids: Vec<Uuid> = query.limit(limit.clamp(1, WALK_MAX)).into_tuple().all(store.reader()).await?;
    Ok(ids.into_iter().map(CaseId).collect())
}

/// The job of the newest version that was published for what runs, or of the latest change of a contract.
pub async fn latest(store: &Store, cause: &Cause) -> Result<Option<Job>, StoreError> {
    latest_query(cause).one(store.reader()).await?.map(Job::try_from).transpose()
}

pub(crate) fn latest_query(cause: &Cause) -> Select<Entity> {
    let (kind, cause) = cause.columns();
    Entity::find().filter(Column::CauseKind.eq(kind)).filter(Column::Cause.eq(cause)).order_by_desc(Column::Id)
}

/// The oldest job that goes on. One look at an index where there is none.
pub async fn unfinished(store: &Store) -> Result<Option<Job>, StoreError> {
    unfinished_query().one(store.reader()).await?.map(Job::try_from).transpose()
}

pub(crate) fn unfinished_query() -> Select<Entity> {
    Entity::find().filter(Column::FinishedAt.is_null()).order_by_asc(Column::Id)
}

/// A piece is done. `false`: somebody else went on from where the job stood.
pub async fn advance(store: &Store, job: &Job, piece: &Piece) -> Result<bool, StoreError> {
    let (kind, id) = piece.to.columns();
    let updated = at(job)
        .col_expr(Column::PlaceKind, Expr::value(kind))
        .col_expr(Column::PlaceId, Expr::value(id))
        .col_expr(Column::Done, Expr::col(Column::Done).add(signed(piece.done)))
        .col_expr(Column::Failed, Expr::col(Column::Failed).add(signed(piece.failed)))
        .exec(store.writer())
        .await?;
    Ok(updated.rows_affected == 1)
}

/// There is nothing after where the job stands.
pub async fn finish(store: &Store, job: &Job, now: Instant) -> Result<bool, StoreError> {
    let updated = at(job).col_expr(Column::FinishedAt, Expr::value(seconds(now))).exec(store.writer()).await?;
    Ok(updated.rows_affected == 1)
}

/// The row, if it is still where the job was read.
fn at(job: &Job) -> UpdateMany<Entity> {
    let (kind, id) = job.place.columns();
    let here = match id {
        Some(id) => Column::PlaceId.eq(id),
        None => Column::PlaceId.is_null(),
    };
    Entity::update_many()
        .filter(Column::Id.eq(job.id))
        .filter(Column::FinishedAt.is_null())
        .filter(Column::PlaceKind.eq(kind))
        .filter(here)
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl Cause {
    fn columns(&self) -> (&'static str, String) {
        match self {
            Self::Policy(side) => (POLICY, side.as_str().to_owned()),
            Self::Calendar(slug) => (CALENDAR, slug.to_string()),
            Self::Contract(customer) => (CONTRACT, customer.to_string()),
        }
    }
}

impl Place {
    fn columns(self) -> (&'static str, Option<Uuid>) {
        match self {
            Self::Tickets(after) => (TICKETS, after.map(|id| id.0)),
            Self::Cases(after) => (CASES, after.map(|id| id.0)),
        }
    }
}

impl TryFrom<Model> for Job {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let place = Row { table: "recompute_job", id: &row.id };
        let cause = match (row.cause_kind.as_str(), row.cause.as_str()) {
            (POLICY, "customer") => Cause::Policy(Side::Customer),
            (POLICY, "operator") => Cause::Policy(Side::Operator),
            (CALENDAR, _) => Cause::Calendar(place.slug("cause", row.cause)?),
            (CONTRACT, id) => {
                let id = Uuid::parse_str(id).map_err(|error| place.corrupt("cause", error))?;
                Cause::Contract(CustomerId(id))
            }
            (kind, cause) => return Err(place.corrupt("cause", format_args!("\"{kind}\" of \"{cause}\""))),
        };
        let after = match row.place_kind.as_str() {
            TICKETS => Place::Tickets(row.place_id.map(TicketId)),
            CASES => Place::Cases(row.place_id.map(CaseId)),
            kind => return Err(place.corrupt("place_kind", unknown(&kind))),
        };
        let count = |column, value: i64| u64::try_from(value).map_err(|error| place.corrupt(column, error));
        Ok(Self {
            id: row.id,
            cause,
            version: row.version,
            place: after,
            total: count("total", row.total)?,
            done: count("done", row.done)?,
            failed: count("failed", row.failed)?,
            started_at: place.instant("started_at", row.started_at)?,
            finished_at: place.instant_or_none("finished_at", row.finished_at)?,
        })
    }
}

fn unknown(word: &dyn Display) -> String {
    format!("unknown word \"{word}\"")
}
