//! Jobs that measure everything unfinished anew, because a policy or a calendar was published for what runs.
//!
//! The row is the truth: how far the walk is and how much is done. Whoever dies on the way leaves it at the last page
//! that he put on record; measuring something twice changes nothing.

use std::fmt::Display;

use sea_orm::prelude::Uuid;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Select, UpdateMany};
use watchdesk_core::Instant;
use watchdesk_core::case::CaseStateKind;
use watchdesk_core::ids::{CaseId, Slug, TicketId};
use watchdesk_core::policy::Side;

use crate::entities::recompute_job::{Column, Entity, Model};
use crate::entities::{operator_case, ticket};
use crate::rows::{Place as Row, insert_all, seconds};
use crate::{Store, StoreError, fresh_id};

const POLICY: &str = "policy";
const CALENDAR: &str = "calendar";
const TICKETS: &str = "tickets";
const CASES: &str = "cases";

/// What was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    Policy(Side),
    Calendar(Slug),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub id: Uuid,
    pub cause: Cause,
    /// The version that was published.
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
    let unfinished = ticket::Entity::find().filter(ticket::Column::QueueAt.is_not_null()).count(connection).await?;
    let open = CaseStateKind::ALL.into_iter().filter(|state| state.is_with_operator()).map(CaseStateKind::as_str);
    let open = operator_case::Entity::find().filter(operator_case::Column::State.is_in(open)).count(connection).await?;
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

/// The job of the newest version that was published for what runs.
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
