//! Reading tickets: one by one, and in lists that cost what they show.

mod conversation;
mod list;
mod many;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use watchdesk_core::Instant;
use watchdesk_core::clock::{Clock, Timeline};
use watchdesk_core::event::Event;
use watchdesk_core::ids::{ClockId, TicketId, TicketNumber};
use watchdesk_core::ticket::{Ticket, TicketWords};

use crate::entities::{clock, event, ticket};
use crate::page::clamped;
use crate::rows::{clocks_of, seconds};
use crate::{Store, StoreError};

pub use conversation::{MessageRecord, latest_messages, mail_ids_known, message, messages, thread_of_case};
#[cfg(test)]
pub(crate) use list::list_query;
pub use list::{OwnerFilter, Sort, TicketFilter, count, list, overdue};
pub use many::{
    clocks_of_many, events_before, events_of_many, last_voices, messages_before, messages_by_ids, timelines_of_many,
    unfinished_by_customer, unfinished_by_service,
};

/// A ticket as it is stored: the fold of its events, its words, and when it is due.
#[derive(Debug, Clone, PartialEq)]
pub struct TicketRecord {
    pub ticket: Ticket,
    pub words: TicketWords,
    pub due_at: Option<Instant>,
    pub next_fire_at: Option<Instant>,
}

/// Background jobs take no more tickets at once.
const JOB_MAX: u64 = 1_000;

pub async fn by_number(store: &Store, number: TicketNumber) -> Result<Option<TicketRecord>, StoreError> {
    let row = ticket::Entity::find().filter(ticket::Column::Number.eq(number.0)).one(store.reader()).await?;
    row.map(TicketRecord::try_from).transpose()
}

pub async fn by_id(store: &Store, id: TicketId) -> Result<Option<TicketRecord>, StoreError> {
    let row = ticket::Entity::find_by_id(id.0).one(store.reader()).await?;
    row.map(TicketRecord::try_from).transpose()
}

/// What people call it by, also where the rest of the row makes no sense.
pub async fn number_of(store: &Store, id: TicketId) -> Result<Option<TicketNumber>, StoreError> {
    let number: Option<i64> = ticket::Entity::find_by_id(id.0)
        .select_only()
        .column(ticket::Column::Number)
        .into_tuple()
        .one(store.reader())
        .await?;
    Ok(number.map(TicketNumber))
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

/// Every clock of the ticket, by objective, cycle and revision.
pub async fn clocks(store: &Store, ticket: TicketId) -> Result<Vec<Clock>, StoreError> {
    let rows = clock::Entity::find().filter(clock::Column::TicketId.eq(ticket.0)).all(store.reader()).await?;
    clocks_of(rows)
}

/// One clock, a ticket's or a case's.
pub async fn clock(store: &Store, id: ClockId) -> Result<Option<Clock>, StoreError> {
    clock::Entity::find_by_id(id.0).one(store.reader()).await?.map(Clock::try_from).transpose()
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

/// Unfinished tickets in the order of their ids, after the given one; for jobs that go over all of them.
pub async fn unfinished_after(store: &Store, after: Option<TicketId>, limit: u64) -> Result<Vec<TicketId>, StoreError> {
    let query = unfinished_query(after).limit(limit.clamp(1, JOB_MAX));
    let ids: Vec<sea_orm::prelude::Uuid> = query.into_tuple().all(store.reader()).await?;
    Ok(ids.into_iter().map(TicketId).collect())
}

pub(crate) fn unfinished_query(after: Option<TicketId>) -> sea_orm::Select<ticket::Entity> {
    let query = ticket::Entity::find()
        .select_only()
        .column(ticket::Column::Id)
        .filter(ticket::Column::QueueAt.is_not_null())
        .order_by_asc(ticket::Column::Id);
    match after {
        Some(TicketId(after)) => query.filter(ticket::Column::Id.gt(after)),
        None => query,
    }
}

/// Tickets that were resolved by then and still are; the oldest first.
pub async fn resolved_before(store: &Store, at: Instant, limit: u64) -> Result<Vec<TicketId>, StoreError> {
    let ids: Vec<sea_orm::prelude::Uuid> = ticket::Entity::find()
        .select_only()
        .column(ticket::Column::Id)
        .filter(ticket::Column::ResolvedAt.lte(seconds(at)))
        .order_by_asc(ticket::Column::ResolvedAt)
        .limit(limit.clamp(1, JOB_MAX))
        .into_tuple()
        .all(store.reader())
        .await?;
    Ok(ids.into_iter().map(TicketId).collect())
}
