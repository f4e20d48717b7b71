//! Reading tickets: one by one, and in lists that cost what they show.

mod conversation;
mod list;
mod many;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use watchdesk_core::Instant;
use watchdesk_core::clock::{Clock, Timeline};
use watchdesk_core::event::Event;
use watchdesk_core::ids::{TicketId, TicketNumber};
use watchdesk_core::ticket::{Ticket, TicketWords};

use crate::entities::{clock, event, ticket};
use crate::page::clamped;
use crate::rows::{instant, seconds};
use crate::{Store, StoreError};

pub use conversation::{MessageRecord, latest_messages, message, messages};
#[cfg(test)]
pub(crate) use list::list_query;
pub use list::{OwnerFilter, Sort, TicketFilter, count, list, overdue};
pub use many::{
    clocks_of_many, events_before, last_voices, messages_before, messages_by_ids, unfinished_by_customer,
    unfinished_by_service,
};

/// A ticket as it is stored: the fold of its events, its words, and when it is due.
#[derive(Debug, Clone, PartialEq)]
pub struct TicketRecord {
    pub ticket: Ticket,
    pub words: TicketWords,
    pub due_at: Option<Instant>,
    pub next_fire_at: Option<Instant>,
}

/// Timers take no more tickets at once.
const DUE_MAX: u64 = 1_000;

pub async fn by_number(store: &Store, number: TicketNumber) -> Result<Option<TicketRecord>, StoreError> {
    let row = ticket::Entity::find().filter(ticket::Column::Number.eq(number.0)).one(store.reader()).await?;
    row.map(TicketRecord::try_from).transpose()
}

pub async fn by_id(store: &Store, id: TicketId) -> Result<Option<TicketRecord>, StoreError> {
    let row = ticket::Entity::find_by_id(id.0).one(store.reader()).await?;
    row.map(TicketRecord::try_from).transpose()
}

/// In the order of their numbers; unknown ones are left out.
pub async fn by_ids(store: &Store, ids: &[TicketId]) -> Result<Vec<TicketRecord>, StoreError> {
    let rows = ticket::Entity::find()
        .filter(ticket::Column::Id.is_in(ids.iter().map(|id| id.0)))
        .order_by_asc(ticket::Column::Number)
        .all(store.reader())
        .await?;
    rows.into_iter().map(TicketRecord::try_from).collect()
}

/// Every clock of the ticket, by objective and cycle.
pub async fn clocks(store: &Store, ticket: TicketId) -> Result<Vec<Clock>, StoreError> {
    let rows = clock::Entity::find().filter(clock::Column::TicketId.eq(ticket.0)).all(store.reader()).await?;
    let mut clocks = rows.into_iter().map(Clock::try_from).collect::<Result<Vec<_>, _>>()?;
    clocks.sort_by_key(|clock| (clock.objective, clock.cycle));
    Ok(clocks)
}

/// What happened after the event with that number; 0 begins at the beginning.
pub async fn events(store: &Store, ticket: TicketId, after_seq: i64, limit: u64) -> Result<Vec<Event>, StoreError> {
    let rows = event::Entity::find()
        .filter(event::Column::TicketId.eq(ticket.0))
        .filter(event::Column::Seq.gt(after_seq))
        .order_by_asc(event::Column::Seq)
        .limit(clamped(limit))
        .all(store.reader())
        .await?;
    rows.into_iter().map(Event::try_from).collect()
}

/// What the ticket's clocks look at.
pub async fn timeline(store: &Store, ticket: TicketId) -> Result<Timeline, StoreError> {
    let rows = event::Entity::find()
        .filter(event::Column::TicketId.eq(ticket.0))
        .order_by_asc(event::Column::Seq)
        .all(store.reader())
        .await?;
    let events = rows.into_iter().map(Event::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok(Timeline::of(&events))
}

/// Tickets with something that happens by itself by now, the most overdue first.
pub async fn due_now(store: &Store, now: Instant, limit: u64) -> Result<Vec<TicketId>, StoreError> {
    let ids: Vec<sea_orm::prelude::Uuid> = due_query(now, limit).into_tuple().all(store.reader()).await?;
    Ok(ids.into_iter().map(TicketId).collect())
}

pub(crate) fn due_query(now: Instant, limit: u64) -> sea_orm::Select<ticket::Entity> {
    ticket::Entity::find()
        .select_only()
        .column(ticket::Column::Id)
        .filter(ticket::Column::NextFireAt.lte(seconds(now)))
        .order_by_asc(ticket::Column::NextFireAt)
        .limit(limit.clamp(1, DUE_MAX))
}

/// When the next thing happens by itself, on the whole desk.
pub async fn oldest_due(store: &Store) -> Result<Option<Instant>, StoreError> {
    let at: Option<i64> = ticket::Entity::find()
        .select_only()
        .column(ticket::Column::NextFireAt)
        .filter(ticket::Column::NextFireAt.is_not_null())
        .order_by_asc(ticket::Column::NextFireAt)
        .limit(1)
        .into_tuple()
        .one(store.reader())
        .await?;
    at.map(|at| instant("ticket", "next_fire_at", "the first", at)).transpose()
}

/// Tickets that were resolved by then and still are; the oldest first.
pub async fn resolved_before(store: &Store, at: Instant, limit: u64) -> Result<Vec<TicketId>, StoreError> {
    let ids: Vec<sea_orm::prelude::Uuid> = ticket::Entity::find()
        .select_only()
        .column(ticket::Column::Id)
        .filter(ticket::Column::ResolvedAt.lte(seconds(at)))
        .order_by_asc(ticket::Column::ResolvedAt)
        .limit(limit.clamp(1, DUE_MAX))
        .into_tuple()
        .all(store.reader())
        .await?;
    Ok(ids.into_iter().map(TicketId).collect())
}
