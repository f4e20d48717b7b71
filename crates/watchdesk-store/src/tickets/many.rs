//! What pages want to know of several tickets at once, or of a part of one: each is one query, whatever it shows.

use std::collections::BTreeMap;

use sea_orm::prelude::Uuid;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SubQueryStatement};
use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect};
use watchdesk_core::Instant;
use watchdesk_core::clock::{Clock, Timeline};
use watchdesk_core::event::{Event, MessageKind};
use watchdesk_core::ids::{CustomerId, MessageId, Slug, TicketId};
use watchdesk_core::rights::Visibility;

use crate::entities::{clock, event, message, ticket};
use crate::page::clamped;
use crate::rows::{Place, clocks_of, seconds};
use crate::tickets::MessageRecord;
use crate::tickets::conversation::records;
use crate::visible::condition;
use crate::{Store, StoreError};

/// Every clock of these tickets.
pub async fn clocks_of_many(store: &Store, tickets: &[TicketId]) -> Result<Vec<Clock>, StoreError> {
    if tickets.is_empty() {
        return Ok(Vec::new());
    }
    let ids = tickets.iter().map(|id| id.0);
    let rows = clock::Entity::find().filter(clock::Column::TicketId.is_in(ids)).all(store.reader()).await?;
    clocks_of(rows)
}

/// What the clocks of each of these tickets look at.
pub async fn timelines_of_many(
    store: &Store,
    tickets: &[TicketId],
) -> Result<BTreeMap<TicketId, Timeline>, StoreError> {
    let mut timelines: BTreeMap<TicketId, Timeline> = BTreeMap::new();
    if tickets.is_empty() {
        return Ok(timelines);
    }
    let rows = event::Entity::find()
        .filter(event::Column::TicketId.is_in(tickets.iter().map(|id| id.0)))
        .order_by_asc(event::Column::TicketId)
        .order_by_asc(event::Column::Seq)
        .all(store.reader())
        .await?;
    for row in rows {
        let event = Event::try_from(row)?;
        timelines.entry(event.ticket).or_default().record(&event);
    }
    Ok(timelines)
}

/// Everything that happened to each of these tickets, by number.
pub async fn events_of_many(store: &Store, tickets: &[TicketId]) -> Result<BTreeMap<TicketId, Vec<Event>>, StoreError> {
    let mut events: BTreeMap<TicketId, Vec<Event>> = BTreeMap::new();
    if tickets.is_empty() {
        return Ok(events);
    }
    let rows = event::Entity::find()
        .filter(event::Column::TicketId.is_in(tickets.iter().map(|id| id.0)))
        .order_by_asc(event::Column::TicketId)
        .order_by_asc(event::Column::Seq)
        .all(store.reader())
        .await?;
    for row in rows {
        let event = Event::try_from(row)?;
        events.entry(event.ticket).or_default().push(event);
    }
    Ok(events)
}

/// Of which kind the last message of each ticket is, among those kinds that the reader sees. One look at the index for each.
pub async fn last_voices(
    store: &Store,
    tickets: &[TicketId],
    kinds: &[MessageKind],
) -> Result<Vec<(TicketId, MessageKind)>, StoreError> {
    if tickets.is_empty() {
        return Ok(Vec::new());
    }
    let here = Expr::col((message::Entity, message::Column::TicketId));
    let last = Query::select()
        .column(message::Column::Kind)
        .from(message::Entity)
        .and_where(here.equals((ticket::Entity, ticket::Column::Id)))
        .and_where(message::Column::Kind.is_in(kinds.iter().map(|kind| kind.as_str())))
        .order_by(message::Column::At, Order::Desc)
        .order_by(message::Column::Id, Order::Desc)
        .limit(1)
        .to_owned();
    let rows: Vec<(Uuid, Option<String>)> = ticket::Entity::find()
        .select_only()
        .column(ticket::Column::Id)
        .expr_as(Expr::SubQuery(None, Box::new(SubQueryStatement::SelectStatement(last))), "last_kind")
        .filter(ticket::Column::Id.is_in(tickets.iter().map(|id| id.0)))
        .into_tuple()
        .all(store.reader())
        .await?;
    let voices = rows.into_iter().filter_map(|(id, kind)| {
        let place = Place { table: "message", id: &id };
        let kind = place.word_or_none("kind", kind.as_deref(), MessageKind::parse).transpose()?;
        Some(kind.map(|kind| (TicketId(id), kind)))
    });
    voices.collect()
}

/// What was said before that instant (none: ever), the newest first.
pub async fn messages_before(
    store: &Store,
    ticket: TicketId,
    before: Option<Instant>,
    limit: u64,
) -> Result<Vec<MessageRecord>, StoreError> {
    let mut query = message::Entity::find()
        .filter(message::Column::TicketId.eq(ticket.0))
        .order_by_desc(message::Column::At)
        .order_by_desc(message::Column::Id);
    if let Some(before) = before {
        query = query.filter(message::Column::At.lt(seconds(before)));
    }
    records(store, query.limit(clamped(limit)).all(store.reader()).await?).await
}

/// In no order; unknown ones are left out.
pub async fn messages_by_ids(store: &Store, ids: &[MessageId]) -> Result<Vec<MessageRecord>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let query = message::Entity::find().filter(message::Column::Id.is_in(ids.iter().map(|id| id.0)));
    records(store, query.all(store.reader()).await?).await
}

/// What happened before that instant (none: ever), the newest first.
pub async fn events_before(
    store: &Store,
    ticket: TicketId,
    before: Option<Instant>,
    limit: u64,
) -> Result<Vec<Event>, StoreError> {
    let mut query = event::Entity::find()
        .filter(event::Column::TicketId.eq(ticket.0))
        .order_by_desc(event::Column::At)
        .order_by_desc(event::Column::Seq);
    if let Some(before) = before {
        query = query.filter(event::Column::At.lt(seconds(before)));
    }
    let rows = query.limit(clamped(limit)).all(store.reader()).await?;
    rows.into_iter().map(Event::try_from).collect()
}

/// How many unfinished tickets each of these customers has; those without any are left out.
pub async fn unfinished_by_customer(
    store: &Store,
    visibility: &Visibility,
    customers: &[CustomerId],
) -> Result<Vec<(CustomerId, i64)>, StoreError> {
    if customers.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(Uuid, i64)> = ticket::Entity::find()
        .select_only()
        .column(ticket::Column::CustomerId)
        .column_as(ticket::Column::Id.count(), "unfinished")
        .filter(condition(visibility))
        .filter(ticket::Column::QueueAt.is_not_null())
        .filter(ticket::Column::CustomerId.is_in(customers.iter().map(|id| id.0)))
        .group_by(ticket::Column::CustomerId)
        .into_tuple()
        .all(store.reader())
        .await?;
    Ok(rows.into_iter().map(|(id, count)| (CustomerId(id), count)).collect())
}

/// How many unfinished tickets there are about each service; services without any are left out.
pub async fn unfinished_by_service(store: &Store, visibility: &Visibility) -> Result<Vec<(Slug, i64)>, StoreError> {
    let rows: Vec<(String, i64)> = ticket::Entity::find()
        .select_only()
        .column(ticket::Column::Service)
        .column_as(ticket::Column::Id.count(), "unfinished")
        .filter(condition(visibility))
        .filter(ticket::Column::QueueAt.is_not_null())
        .filter(ticket::Column::Service.is_not_null())
        .group_by(ticket::Column::Service)
        .into_tuple()
        .all(store.reader())
        .await?;
    let counted = rows.into_iter().map(|(service, count)| {
        let place = Place { table: "ticket", id: &"a group of tickets" };
        Ok((place.slug("service", service)?, count))
    });
    counted.collect()
}
