//! Lists of tickets: who sees them, which of them, in which order, from where on.

use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect, Select};
use watchdesk_core::Instant;
use watchdesk_core::ids::{AgentId, CustomerId, TeamId};
use watchdesk_core::rights::Visibility;
use watchdesk_core::ticket::{Severity, StateKind};

use crate::entities::ticket::{Column, Entity, Model};
use crate::page::{after, clamped};
use crate::rows::seconds;
use crate::tickets::TicketRecord;
use crate::visible::{condition, finds_public_words_only};
use crate::{Cursor, Page, Store, StoreError, search};

/// Which tickets; what is not given does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TicketFilter {
    /// Any of these.
    pub state: Vec<StateKind>,
    pub owner: Option<OwnerFilter>,
    pub team: Option<TeamId>,
    pub customer: Option<CustomerId>,
    pub severity: Option<Severity>,
    /// Words that must all stand in the ticket.
    pub text: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnerFilter {
    Agent(AgentId),
    Nobody,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// What must be done next; unfinished tickets only, those without a deadline last.
    #[default]
    Due,
    /// The newest first.
    Created,
    /// The last changed first.
    Updated,
}

impl Sort {
    pub const ALL: [Self; 3] = [Self::Due, Self::Created, Self::Updated];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Created => "created",
            Self::Updated => "updated",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.as_str() == text)
    }

    /// What the order is by; the number makes it unique.
    fn column(self) -> Column {
        match self {
            Self::Due => Column::QueueAt,
            Self::Created => Column::Number,
            Self::Updated => Column::UpdatedAt,
        }
    }

    fn order(self) -> Order {
        match self {
            Self::Due => Order::Asc,
            Self::Created | Self::Updated => Order::Desc,
        }
    }

    fn key(self, row: &Model) -> (i64, i64) {
        match self {
            Self::Due => (row.queue_at.unwrap_or(i64::MAX), row.number),
            Self::Created => (row.number, row.number),
            Self::Updated => (row.updated_at, row.number),
        }
    }
}

pub async fn list(
    store: &Store,
    visibility: &Visibility,
    filter: &TicketFilter,
    sort: Sort,
    limit: u64,
    cursor: Option<&Cursor>,
) -> Result<Page<TicketRecord>, StoreError> {
    let limit = clamped(limit);
    let list = format!("tickets.{}", sort.as_str());
    let after = after(cursor, &list)?;
    let found = found_by_text(store, visibility, filter).await?;
    let rows = list_query(visibility, filter, found, sort, after).limit(limit + 1).all(store.reader()).await?;
    Page::cut(rows, limit, |row| Cursor::of(&list, &sort.key(row))).try_map(TicketRecord::try_from)
}

pub(crate) fn list_query(
    visibility: &Visibility,
    filter: &TicketFilter,
    found: Option<Vec<i64>>,
    sort: Sort,
    after: Option<(i64, i64)>,
) -> Select<Entity> {
    let mut query = Entity::find()
        .filter(condition(visibility))
        .filter(filter.condition(found))
        .order_by(sort.column(), sort.order());
    if sort == Sort::Due {
        // Said this way, because only so do the databases see that the index of unfinished tickets is meant.
        query = query.filter(Column::QueueAt.is_not_null());
    }
    if sort != Sort::Created {
        query = query.order_by(Column::Number, sort.order());
    }
    match after {
        Some(key) => query.filter(beyond(sort, key)),
        None => query,
    }
}

fn beyond(sort: Sort, (at, number): (i64, i64)) -> Expr {
    let here = Expr::tuple([Expr::col(sort.column()), Expr::col(Column::Number)]);
    let there = Expr::tuple([Expr::value(at), Expr::value(number)]);
    match sort.order() {
        Order::Asc => here.gt(there),
        _ => here.lt(there),
    }
}

async fn found_by_text(
    store: &Store,
    visibility: &Visibility,
    filter: &TicketFilter,
) -> Result<Option<Vec<i64>>, StoreError> {
    match filter.text.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        Some(text) => {
            let found = search::candidates(store.reader(), text, finds_public_words_only(visibility)).await?;
            Ok(Some(found.unwrap_or_default()))
        }
        None => Ok(None),
    }
}

impl TicketFilter {
    fn condition(&self, found: Option<Vec<i64>>) -> Condition {
        let mut all = Condition::all();
        if !self.state.is_empty() {
            all = all.add(Column::State.is_in(self.state.iter().map(|state| state.as_str())));
        }
        match self.owner {
            Some(OwnerFilter::Agent(id)) => all = all.add(Column::OwnerId.eq(id.0)),
            Some(OwnerFilter::Nobody) => all = all.add(Column::OwnerId.is_null()),
            None => {}
        }
        all.add_option(self.team.map(|id| Column::TeamId.eq(id.0)))
            .add_option(self.customer.map(|id| Column::CustomerId.eq(id.0)))
            .add_option(self.severity.map(|severity| Column::Severity.eq(severity.as_str())))
            .add_option(found.map(|numbers| Column::Number.is_in(numbers)))
    }
}

/// How many tickets there are, up to `max`; no more than that many are looked at beyond the filter.
pub async fn count(store: &Store, visibility: &Visibility, filter: &TicketFilter, max: u64) -> Result<u64, StoreError> {
    let found = found_by_text(store, visibility, filter).await?;
    let query = Entity::find().filter(condition(visibility)).filter(filter.condition(found));
    numbers_counted(store, query, max).await
}

/// How many unfinished tickets are past their deadline, up to `max`.
pub async fn overdue(store: &Store, visibility: &Visibility, now: Instant, max: u64) -> Result<u64, StoreError> {
    let query = Entity::find().filter(condition(visibility)).filter(Column::QueueAt.lt(seconds(now)));
    numbers_counted(store, query, max).await
}

async fn numbers_counted(store: &Store, query: Select<Entity>, max: u64) -> Result<u64, StoreError> {
    let numbers: Vec<i64> =
        query.select_only().column(Column::Number).limit(max).into_tuple().all(store.reader()).await?;
    Ok(numbers.len() as u64)
}
