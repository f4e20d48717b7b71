//! The cases that were filed in a span, page by page, with what a report wants to know of them.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;
use watchdesk_core::Instant;
use watchdesk_core::case::Case;
use watchdesk_core::clock::{Clock, Subject};
use watchdesk_core::desk::Desk;
use watchdesk_core::division::{self, Division};
use watchdesk_core::ids::{AgentId, CaseId, Slug, TicketId};
use watchdesk_core::report::escalations::filed_by;
use watchdesk_core::rights::Visibility;

use crate::cases::{self, visible};
use crate::entities::operator_case::{Column, Entity};
use crate::page::after;
use crate::rows::seconds;
use crate::tickets::{self, TicketRecord};
use crate::{Cursor, Page, Store, StoreError, desk};

/// Cases of one page.
pub const ESCALATIONS_MAX: u64 = 100;
/// Tickets that are read at once, with all their events.
const TICKETS_AT_ONCE: usize = 100;

const LIST: &str = "escalations";

/// Cases filed in `[from, to)` that a reader may see, as they stand at `now`.
#[derive(Debug, Clone)]
pub struct Asked {
    pub from: Instant,
    pub to: Instant,
    pub operator: Option<Slug>,
    pub visibility: Visibility,
    pub now: Instant,
}

/// A case that was filed, and those of its tickets that the reader may see, by number; it has at least one.
#[derive(Debug, Clone)]
pub struct Filed {
    pub case: Case,
    pub by: Option<AgentId>,
    /// With whose time each of them took.
    pub tickets: Vec<(TicketRecord, Division)>,
}

/// In the order of their filing.
pub async fn escalations(
    store: &Store,
    asked: &Asked,
    cursor: Option<&Cursor>,
    limit: u64,
) -> Result<Page<Filed>, StoreError> {
    let limit = limit.clamp(1, ESCALATIONS_MAX);
    let begin = after::<(i64, Uuid)>(cursor, LIST)?;
    let rows = filed_query(asked, begin).limit(limit + 1).all(store.reader()).await?;
    let page = Page::cut(rows, limit, |row| Cursor::of(LIST, &(row.filed_at.unwrap_or_default(), row.id)));
    let found = cases::with_parts(store, page.items).await?;
    let known = Known::load(store, asked, &found).await?;
    let filed = found.into_iter().filter_map(|case| known.filed(case));
    Ok(Page { items: filed.collect(), next: page.next })
}

pub(crate) fn filed_query(asked: &Asked, begin: Option<(i64, Uuid)>) -> Select<Entity> {
    let mut query = Entity::find()
        .filter(Column::FiledAt.gte(seconds(asked.from)))
        .filter(Column::FiledAt.lt(seconds(asked.to)))
        .filter(visible(&asked.visibility))
        .order_by_asc(Column::FiledAt)
        .order_by_asc(Column::Id);
    if let Some(operator) = &asked.operator {
        query = query.filter(Column::Operator.eq(operator.as_str()));
    }
    if let Some((at, id)) = begin {
        let here = Expr::tuple([Expr::col(Column::FiledAt), Expr::col(Column::Id)]);
        query = query.filter(here.gt(Expr::tuple([Expr::value(at), Expr::value(id)])));
    }
    query
}

/// The tickets of a page's cases that the reader may see, and who filed what.
#[derive(Default)]
struct Known {
    tickets: BTreeMap<TicketId, (TicketRecord, Division)>,
    filed_by: BTreeMap<CaseId, AgentId>,
}

impl Known {
    async fn load(store: &Store, asked: &Asked, cases: &[Case]) -> Result<Self, StoreError> {
        let desk = desk::load(store).await?;
        let ids: BTreeSet<TicketId> = cases.iter().flat_map(|case| case.tickets.iter().copied()).collect();
        let ids: Vec<TicketId> = ids.into_iter().collect();
        let mut known = Self::default();
        for ids in ids.chunks(TICKETS_AT_ONCE) {
            known.add(store, asked, &desk, cases, ids).await?;
        }
        Ok(known)
    }

    async fn add(
        &mut self,
        store: &Store,
        asked: &Asked,
        desk: &Desk,
        filed: &[Case],
        ids: &[TicketId],
    ) -> Result<(), StoreError> {
        let (records, mut events, clocks, of_tickets) = tokio::try_join!(
            tickets::by_ids(store, ids),
            tickets::events_of_many(store, ids),
            tickets::clocks_of_many(store, ids),
            cases::of_tickets(store, ids),
        )?;
        for record in records {
            let id = record.ticket.id;
            let events = events.remove(&id).unwrap_or_default();
            for case in filed.iter().filter(|case| case.tickets.contains(&id)) {
                self.filed_by.extend(filed_by(&events, case.id).map(|agent| (case.id, agent)));
            }
            let own = clocks.iter().filter(|clock| clock.subject == Subject::Ticket(id));
            let own: Vec<Clock> = own.cloned().collect();
            let time = division::time(desk, &events, &own, &of_tickets, asked.now);
            if let Some(time) = time.filter(|_| asked.visibility.admits(&record.ticket)) {
                self.tickets.insert(id, (record, time));
            }
        }
        Ok(())
    }

    /// A ticket may be in several cases of a page.
    fn filed(&self, case: Case) -> Option<Filed> {
        let mut tickets: Vec<_> = case.tickets.iter().filter_map(|id| self.tickets.get(id)).cloned().collect();
        tickets.sort_by_key(|(record, _)| record.ticket.number);
        let by = self.filed_by.get(&case.id).copied();
        (!tickets.is_empty()).then_some(Filed { case, by, tickets })
    }
}
