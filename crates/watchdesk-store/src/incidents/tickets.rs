//! Incidents and the tickets they explain.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Condition, Expr, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;
use watchdesk_core::command::{Command, Step, Unit};
use watchdesk_core::facts::IncidentFact;
use watchdesk_core::ids::{CustomerId, Slug, TicketId};
use watchdesk_core::rights::Visibility;
use watchdesk_core::ticket::Ticket;

use super::Incident;
use super::read::concerning;
use crate::entities::{incident, ticket, ticket_incident};
use crate::page::clamped;
use crate::rows::{Place, insert_all};
use crate::tickets::TicketRecord;
use crate::visible::condition;
use crate::{Store, StoreError};

/// Open incidents of one service that a decision looks at.
const FACTS_MAX: u64 = 50;
/// Tickets that one look suggests.
pub const SUGGESTED_MAX: u64 = 200;

/// What matters to a ticket: what it is linked to, what the unit names, and what is open for its service and customer.
pub(crate) async fn facts_of(
    connection: &impl ConnectionTrait,
    unit: &Unit,
    ticket: &Ticket,
    service: Option<&Slug>,
) -> Result<Vec<IncidentFact>, StoreError> {
    let mut named: BTreeSet<&str> = ticket.incidents.iter().map(String::as_str).collect();
    named.extend(unit.steps.iter().filter_map(|step| match step {
        Step::Ticket(id, Command::LinkIncident { reference }) if *id == ticket.id => Some(reference.trim()),
        Step::Ticket(..) | Step::Case(..) => None,
    }));
    let mut wanted = Condition::any();
    let mut is_wanted = false;
    if !named.is_empty() {
        wanted = wanted.add(incident::Column::Reference.is_in(named));
        is_wanted = true;
    }
    if let Some(service) = service {
        let open = Condition::all()
            .add(incident::Column::IsOpen.eq(true))
            .add(incident::Column::Service.eq(service.as_str()))
            .add(concerning(ticket.customer));
        wanted = wanted.add(open);
        is_wanted = true;
    }
    if !is_wanted {
        return Ok(Vec::new());
    }
    let rows = incident::Entity::find()
        .filter(wanted)
        .order_by_asc(incident::Column::Reference)
        .limit(FACTS_MAX)
        .all(connection)
        .await?;
    let fact = |row: incident::Model| {
        let service = Place { table: "incident", id: &row.reference }.slug("service", row.service.clone())?;
        Ok(IncidentFact { reference: row.reference, service, is_open: row.is_open })
    };
    rows.into_iter().map(fact).collect()
}

/// The ticket's set as rows, so that an incident finds its tickets.
pub(crate) async fn save_links(
    transaction: &DatabaseTransaction,
    before: Option<&Ticket>,
    after: &Ticket,
) -> Result<(), StoreError> {
    let none = BTreeSet::new();
    let before = before.map_or(&none, |ticket| &ticket.incidents);
    let fresh = after.incidents.difference(before);
    let fresh = fresh.map(|reference| ticket_incident::Model { reference: reference.clone(), ticket_id: after.id.0 });
    insert_all(transaction, fresh.collect()).await?;
    let gone: Vec<&String> = before.difference(&after.incidents).collect();
    if !gone.is_empty() {
        ticket_incident::Entity::delete_many()
            .filter(ticket_incident::Column::TicketId.eq(after.id.0))
            .filter(ticket_incident::Column::Reference.is_in(gone))
            .exec(transaction)
            .await?;
    }
    Ok(())
}

/// The tickets linked to it, in the order of their ids, from one on.
pub async fn linked_after(
    store: &Store,
    reference: &str,
    after: Option<TicketId>,
    limit: u64,
) -> Result<Vec<TicketId>, StoreError> {
    let after = after.map_or(Uuid::nil(), |id| id.0);
    let ids: Vec<Uuid> = ticket_incident::Entity::find()
        .select_only()
        .column(ticket_incident::Column::TicketId)
        .filter(ticket_incident::Column::Reference.eq(reference))
        .filter(ticket_incident::Column::TicketId.gt(after))
        .order_by_asc(ticket_incident::Column::TicketId)
        .limit(clamped(limit))
        .into_tuple()
        .all(store.reader())
        .await?;
    Ok(ids.into_iter().map(TicketId).collect())
}

pub async fn linked_count(store: &Store, reference: &str) -> Result<u64, StoreError> {
    let linked = ticket_incident::Entity::find().filter(ticket_incident::Column::Reference.eq(reference));
    Ok(linked.count(store.reader()).await?)
}

/// Unfinished tickets about its service, of those it concerns, that nobody has linked; the latest first.
pub async fn suggested(
    store: &Store,
    visibility: &Visibility,
    incident: &Incident,
    limit: u64,
) -> Result<Vec<TicketRecord>, StoreError> {
    let linked = Query::select()
        .column(ticket_incident::Column::TicketId)
        .from(ticket_incident::Entity)
        .and_where(ticket_incident::Column::Reference.eq(incident.reference.as_str()))
        .take();
    let mut query = ticket::Entity::find()
        .filter(Expr::cust("queue_at IS NOT NULL AND service IS NOT NULL"))
        .filter(ticket::Column::Service.eq(incident.service.as_str()))
        .filter(ticket::Column::Id.not_in_subquery(linked))
        .filter(condition(visibility))
        .order_by_desc(ticket::Column::Number)
        .limit(limit.clamp(1, SUGGESTED_MAX));
    if !incident.for_all {
        let customers = incident.customers.iter().map(|CustomerId(id)| *id);
        query = query.filter(ticket::Column::CustomerId.is_in(customers));
    }
    let rows = query.all(store.reader()).await?;
    rows.into_iter().map(TicketRecord::try_from).collect()
}

/// Every linked ticket has heard of it. `false`: it changed meanwhile, and they have to hear more.
pub async fn settle(store: &Store, incident: &Incident) -> Result<bool, StoreError> {
    let updated = incident::Entity::update_many()
        .col_expr(incident::Column::Settled, Expr::value(true))
        .filter(incident::Column::Reference.eq(incident.reference.as_str()))
        .filter(incident::Column::Version.eq(incident.version))
        .exec(store.writer())
        .await?;
    Ok(updated.rows_affected == 1)
}
