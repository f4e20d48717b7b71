//! Reading cases with the operator.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use uuid::Uuid;
use watchdesk_core::case::{Case, CaseStateKind, FilingChannel};
use watchdesk_core::ids::{CaseId, TicketId};
use watchdesk_core::rights::Visibility;

use crate::entities::operator_case::{Column, Entity, Model};
use crate::entities::{case_ticket, ticket};
use crate::execute::{clocks_of_cases, links_of_cases};
use crate::page::{after, clamped};
use crate::visible::condition;
use crate::{Cursor, Page, Store, StoreError};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseFilter {
    /// Any of these.
    pub state: Vec<CaseStateKind>,
    pub ticket: Option<TicketId>,
}

const LIST: &str = "cases";

/// A ticket has few cases, and an operator gives a reference once.
const CASES_MAX: u64 = 100;

/// Background jobs take no more cases at once.
const JOB_MAX: u64 = 1_000;

pub async fn by_id(store: &Store, id: CaseId) -> Result<Option<Case>, StoreError> {
    let row = Entity::find_by_id(id.0).one(store.reader()).await?;
    Ok(with_parts(store, row.into_iter().collect()).await?.pop())
}

/// In the order of their ids; unknown ones are left out.
pub async fn by_ids(store: &Store, ids: &[CaseId]) -> Result<Vec<Case>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let query = Entity::find().filter(Column::Id.is_in(ids.iter().map(|id| id.0))).order_by_asc(Column::Id);
    with_parts(store, query.all(store.reader()).await?).await
}

/// The ticket's cases, in the order they were drafted.
pub async fn of_ticket(store: &Store, ticket: TicketId) -> Result<Vec<Case>, StoreError> {
    let rows = Entity::find()
        .filter(about(ticket))
        .order_by_asc(Column::DraftedAt)
        .order_by_asc(Column::Id)
        .limit(CASES_MAX)
        .all(store.reader())
        .await?;
    with_parts(store, rows).await
}

/// Every case of these tickets.
pub async fn of_tickets(store: &Store, tickets: &[TicketId]) -> Result<Vec<Case>, StoreError> {
    if tickets.is_empty() {
        return Ok(Vec::new());
    }
    let links = case_ticket::Entity::find()
        .select_only()
        .column(case_ticket::Column::CaseId)
        .filter(case_ticket::Column::TicketId.is_in(tickets.iter().map(|id| id.0)));
    let query = Entity::find().filter(Column::Id.in_subquery(links.into_query())).order_by_asc(Column::Id);
    with_parts(store, query.all(store.reader()).await?).await
}

/// The case that the operator knows by this number and that has not ended for good, the newest first if there are several.
pub async fn open_with_reference(store: &Store, reference: &str) -> Result<Option<Case>, StoreError> {
    let over = [CaseStateKind::Refused, CaseStateKind::Withdrawn, CaseStateKind::Confirmed];
    let row = Entity::find()
        .filter(Column::Reference.eq(reference))
        .filter(Column::State.is_not_in(over.map(CaseStateKind::as_str)))
        .order_by_desc(Column::DraftedAt)
        .order_by_desc(Column::Id)
        .one(store.reader())
        .await?;
    Ok(with_parts(store, row.into_iter().collect()).await?.pop())
}

/// The cases, ended or not, that the operator knows by one of these numbers; the newest first.
pub async fn references_known(store: &Store, references: &[String]) -> Result<Vec<Case>, StoreError> {
    if references.is_empty() {
        return Ok(Vec::new());
    }
    let rows = Entity::find()
        .filter(Column::Reference.is_in(references))
        .order_by_desc(Column::DraftedAt)
        .order_by_desc(Column::Id)
        .limit(CASES_MAX)
        .all(store.reader())
        .await?;
    with_parts(store, rows).await
}

/// Cases about a ticket that the reader may see; the newest first.
pub async fn list(
    store: &Store,
    visibility: &Visibility,
    filter: &CaseFilter,
    limit: u64,
    cursor: Option<&Cursor>,
) -> Result<Page<Case>, StoreError> {
    let limit = clamped(limit);
    let mut query = Entity::find()
        .filter(visible(visibility))
        .filter(filter.condition())
        .order_by_desc(Column::DraftedAt)
        .order_by_desc(Column::Id);
    if let Some((at, id)) = after::<(i64, Uuid)>(cursor, LIST)? {
        let here = Expr::tuple([Expr::col(Column::DraftedAt), Expr::col(Column::Id)]);
        query = query.filter(here.lt(Expr::tuple([Expr::value(at), Expr::value(id)])));
    }
    let rows = query.limit(limit + 1).all(store.reader()).await?;
    let page = Page::cut(rows, limit, |row| Cursor::of(LIST, &(row.drafted_at, row.id)));
    Ok(Page { items: with_parts(store, page.items).await?, next: page.next })
}

/// How many there are, up to `max`.
pub async fn count(store: &Store, visibility: &Visibility, filter: &CaseFilter, max: u64) -> Result<u64, StoreError> {
    let ids: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(visible(visibility))
        .filter(filter.condition())
        .limit(max)
        .into_tuple()
        .all(store.reader())
        .await?;
    Ok(ids.len() as u64)
}

/// Cases that the operator has, in the order of their ids, after the given one; for jobs that go over all of them.
pub async fn open_after(store: &Store, after: Option<CaseId>, limit: u64) -> Result<Vec<CaseId>, StoreError> {
    let open = CaseStateKind::ALL.into_iter().filter(|state| state.is_with_operator());
    let mut query = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::State.is_in(open.map(CaseStateKind::as_str)))
        .order_by_asc(Column::Id);
    if let Some(CaseId(after)) = after {
        query = query.filter(Column::Id.gt(after));
    }
    let ids: Vec<Uuid> = query.limit(limit.clamp(1, JOB_MAX)).into_tuple().all(store.reader()).await?;
    Ok(ids.into_iter().map(CaseId).collect())
}

/// Cases that the operator has and that went to it by that channel, in the order of their ids, after the given one.
pub async fn open_by_channel(
    store: &Store,
    channel: FilingChannel,
    after: Option<CaseId>,
    limit: u64,
) -> Result<Vec<Case>, StoreError> {
    let mut query = Entity::find()
        .filter(Column::Channel.eq(channel.as_str()))
        .filter(Column::EndedAt.is_null())
        .order_by_asc(Column::Id);
    if let Some(CaseId(after)) = after {
        query = query.filter(Column::Id.gt(after));
    }
    with_parts(store, query.limit(clamped(limit)).all(store.reader()).await?).await
}

impl CaseFilter {
    fn condition(&self) -> Condition {
        let states =
            (!self.state.is_empty()).then(|| Column::State.is_in(self.state.iter().map(|state| state.as_str())));
        Condition::all().add_option(states).add_option(self.ticket.map(about))
    }
}

fn about(ticket: TicketId) -> Expr {
    let links = case_ticket::Entity::find()
        .select_only()
        .column(case_ticket::Column::CaseId)
        .filter(case_ticket::Column::TicketId.eq(ticket.0));
    Column::Id.in_subquery(links.into_query())
}

pub(crate) fn visible(visibility: &Visibility) -> Condition {
    if *visibility == Visibility::Everything {
        return Condition::all();
    }
    let tickets = ticket::Entity::find().select_only().column(ticket::Column::Id).filter(condition(visibility));
    let links = case_ticket::Entity::find()
        .select_only()
        .column(case_ticket::Column::CaseId)
        .filter(case_ticket::Column::TicketId.in_subquery(tickets.into_query()));
    Condition::all().add(Column::Id.in_subquery(links.into_query()))
}

pub(crate) async fn with_parts(store: &Store, rows: Vec<Model>) -> Result<Vec<Case>, StoreError> {
    let ids: BTreeSet<_> = rows.iter().map(|row| CaseId(row.id)).collect();
    let mut links = links_of_cases(store.reader(), &ids).await?;
    let mut clocks = clocks_of_cases(store.reader(), &ids).await?;
    rows.into_iter()
        .map(|row| {
            let id = CaseId(row.id);
            row.with_parts(links.remove(&id).unwrap_or_default(), clocks.remove(&id).unwrap_or_default())
        })
        .collect()
}
