//! What the clocks say about a span of time, page by page; and what is about to be due.

mod about;
mod escalations;
mod forecast;

use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationDef, Select};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use watchdesk_core::Instant;
use watchdesk_core::clock::{Clock, ClockState, Objective};
use watchdesk_core::ids::{AgentId, CaseId, CustomerId, Slug, TeamId, TicketId, TicketNumber};
use watchdesk_core::rights::Visibility;
use watchdesk_core::ticket::Severity;

use crate::entities::clock::{Column, Entity, Model};
use crate::entities::ticket;
use crate::page::after;
use crate::rows::{Place, seconds};
use crate::{Cursor, Page, Store, StoreError, visible};

#[cfg(test)]
pub(crate) use escalations::filed_query;
pub use escalations::{Asked, ESCALATIONS_MAX, Filed, escalations};
pub use forecast::{FORECAST_HOURS_MAX, FORECAST_HOURS_USUAL, FORECAST_WINDOW_HOURS, Outlooks, outlook};
#[cfg(test)]
pub(crate) use forecast::{ours, outlook_of};

/// Readings of one page.
pub const READINGS_MAX: u64 = 1_000;

const LIST: &str = "readings";

/// A clock, and what it is about as that now stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    pub clock: Clock,
    pub about: About,
}

/// For a clock of a case: the first of its tickets, with the case's own severity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    pub ticket: TicketId,
    pub number: TicketNumber,
    pub customer: Option<CustomerId>,
    pub team: Option<TeamId>,
    pub owner: Option<AgentId>,
    pub severity: Option<Severity>,
    pub category: Option<Slug>,
    pub service: Option<Slug>,
    pub case: Option<CaseId>,
}

/// How many targets were fulfilled, by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fulfilled {
    pub team: Option<TeamId>,
    pub owner: Option<AgentId>,
    pub objective: Objective,
    pub count: i64,
}

/// Where a page begins: first come those that ended in the span, then those that were missed in it and had not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Key {
    part: Part,
    at: i64,
    id: Uuid,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Part {
    Ended,
    Missed,
}

/// Every clock that ended or was missed in `[from, to)`, each once: those that ended by the time they did, then those that
/// were missed and ended later or not yet. Superseded instances are among them; a reader counts a chain once.
pub async fn readings(
    store: &Store,
    from: Instant,
    to: Instant,
    cursor: Option<&Cursor>,
    limit: u64,
) -> Result<Page<Reading>, StoreError> {
    let limit = limit.clamp(1, READINGS_MAX);
    let begin = after::<Key>(cursor, LIST)?;
    let part = begin.map_or(Part::Ended, |key| key.part);
    let mut rows = part_rows(store, part, (from, to), begin, limit).await?;
    if part == Part::Ended && rows.len() as u64 <= limit {
        let room = limit - rows.len() as u64;
        rows.extend(part_rows(store, Part::Missed, (from, to), None, room).await?);
    }
    let page = Page::cut(rows, limit, |(part, row)| Cursor::of(LIST, &part.key(row)));
    let rows = page.items.into_iter().map(|(_, row)| row).collect();
    Ok(Page { items: about::readings(store, rows).await?, next: page.next })
}

type Rows = Vec<(Part, Model)>;

/// One more than fits, so that the page knows whether there is a next one.
async fn part_rows(
    store: &Store,
    part: Part,
    span: (Instant, Instant),
    begin: Option<Key>,
    limit: u64,
) -> Result<Rows, StoreError> {
    let rows = part_query(part, span, begin.map(|key| (key.at, key.id))).limit(limit + 1).all(store.reader()).await?;
    Ok(rows.into_iter().map(|row| (part, row)).collect())
}

pub(crate) fn part_query(part: Part, (from, to): (Instant, Instant), begin: Option<(i64, Uuid)>) -> Select<Entity> {
    let (from, to) = (seconds(from), seconds(to));
    let column = part.column();
    let mut query =
        Entity::find().filter(column.gte(from)).filter(column.lt(to)).order_by_asc(column).order_by_asc(Column::Id);
    if part == Part::Missed {
        let elsewhere =
            Condition::any().add(Column::EndedAt.is_null()).add(Column::EndedAt.lt(from)).add(Column::EndedAt.gte(to));
        query = query.filter(elsewhere);
    }
    if let Some((at, id)) = begin {
        let here = Expr::tuple([Expr::col(column), Expr::col(Column::Id)]);
        query = query.filter(here.gt(Expr::tuple([Expr::value(at), Expr::value(id)])));
    }
    query
}

impl Part {
    fn column(self) -> Column {
        match self {
            Self::Ended => Column::EndedAt,
            Self::Missed => Column::MissedAt,
        }
    }

    fn key(self, row: &Model) -> Key {
        let at = match self {
            Self::Ended => row.ended_at,
            Self::Missed => row.missed_at,
        };
        Key { part: self, at: at.unwrap_or_default(), id: row.id }
    }
}

/// Targets that will be missed by then if nothing happens: running, not missed yet, the next one first.
pub(crate) fn running_query(horizon: Instant) -> Select<Entity> {
    Entity::find()
        .filter(Column::EndedAt.is_null())
        .filter(Column::MissedAt.is_null())
        .filter(Column::State.eq(ClockState::Running.as_str()))
        .filter(Column::Deadline.lte(seconds(horizon)))
        .order_by_asc(Column::Deadline)
        .order_by_asc(Column::Id)
}

/// Targets that were missed and still run: what has to be done before anything else; the longest missed first.
pub(crate) fn overdue_query() -> Select<Entity> {
    Entity::find()
        .filter(Column::EndedAt.is_null())
        .filter(Column::MissedAt.is_not_null())
        .filter(Column::State.eq(ClockState::Running.as_str()))
        .order_by_asc(Column::MissedAt)
        .order_by_asc(Column::Id)
}

/// What the desk got done since then, in time or late, of what a reader may see: the rate at which work goes on.
pub async fn fulfilled_since(
    store: &Store,
    visibility: &Visibility,
    since: Instant,
) -> Result<Vec<Fulfilled>, StoreError> {
    let rows: Vec<(Option<Uuid>, Option<Uuid>, String, i64)> = Entity::find()
        .select_only()
        .column(ticket::Column::TeamId)
        .column(ticket::Column::OwnerId)
        .column(Column::Objective)
        .column_as(Column::Id.count(), "fulfilled")
        .join(JoinType::InnerJoin, to_ticket())
        .filter(Column::EndedAt.gte(seconds(since)))
        .filter(Column::Outcome.starts_with(FULFILLED))
        .filter(visible::condition(visibility))
        .group_by(ticket::Column::TeamId)
        .group_by(ticket::Column::OwnerId)
        .group_by(Column::Objective)
        .into_tuple()
        .all(store.reader())
        .await?;
    let fulfilled = rows.into_iter().map(|(team, owner, objective, count)| {
        let place = Place { table: "clock", id: &"a group of clocks" };
        let objective = place.word("objective", &objective, Objective::parse)?;
        Ok(Fulfilled { team: team.map(TeamId), owner: owner.map(AgentId), objective, count })
    });
    fulfilled.collect()
}

/// How the outcomes `met` and `met_late` begin.
const FULFILLED: &str = r#"{"kind":"met"#;

fn to_ticket() -> RelationDef {
    Entity::belongs_to(ticket::Entity).from(Column::TicketId).to(ticket::Column::Id).into()
}
