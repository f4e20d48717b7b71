//! Reading incidents.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::sea_query::{Condition, Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use watchdesk_core::ids::{CustomerId, Slug};
use watchdesk_core::ticket::Ticket;

use super::{Entry, Incident, entry, incident};
use crate::entities::{incident as table, incident_customer, incident_entry};
use crate::page::{PAGE_ITEMS_MAX, after, clamped};
use crate::rows::ROWS_PER_INSERT;
use crate::{Cursor, Page, Store, StoreError};

const LIST: &str = "incidents";

/// Which incidents; what is not given does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IncidentFilter {
    pub open: Option<bool>,
    pub service: Option<Slug>,
    /// Those that concern him, or everybody.
    pub customer: Option<CustomerId>,
}

pub async fn by_reference(store: &Store, reference: &str) -> Result<Option<Incident>, StoreError> {
    let row = table::Entity::find_by_id(reference).one(store.reader()).await?;
    Ok(with_customers(store.reader(), row.into_iter().collect()).await?.pop())
}

/// Those among `references` that are known to concern this customer by name.
pub async fn known_of(store: &Store, customer: CustomerId, references: &[String]) -> Result<Vec<Incident>, StoreError> {
    let by_name = incident_customer::Entity::find()
        .select_only()
        .column(incident_customer::Column::Reference)
        .filter(incident_customer::Column::CustomerId.eq(customer.0))
        .into_query();
    let mut known = Vec::new();
    for part in references.chunks(ROWS_PER_INSERT) {
        let rows = table::Entity::find()
            .filter(table::Column::Reference.is_in(part))
            .filter(table::Column::Reference.in_subquery(by_name.clone()))
            .all(store.reader())
            .await?;
        // Who else it concerns is not asked for here.
        known.extend(rows.into_iter().map(|row| incident(row, [customer].into())).collect::<Result<Vec<_>, _>>()?);
    }
    Ok(known)
}

/// The last begun first.
pub async fn list(
    store: &Store,
    filter: &IncidentFilter,
    cursor: Option<&Cursor>,
    limit: u64,
) -> Result<Page<Incident>, StoreError> {
    let limit = clamped(limit);
    let mut query = table::Entity::find()
        .order_by_desc(table::Column::StartedAt)
        .order_by_desc(table::Column::Reference)
        .limit(limit + 1);
    if let Some(open) = filter.open {
        query = query.filter(table::Column::IsOpen.eq(open));
    }
    if let Some(service) = &filter.service {
        query = query.filter(table::Column::Service.eq(service.as_str()));
    }
    if let Some(customer) = filter.customer {
        query = query.filter(concerning(Some(customer)));
    }
    if let Some((started_at, reference)) = after::<(i64, String)>(cursor, LIST)? {
        let earlier = Condition::any()
            .add(table::Column::StartedAt.lt(started_at))
            .add(table::Column::StartedAt.eq(started_at).and(table::Column::Reference.lt(reference)));
        query = query.filter(earlier);
    }
    let rows = query.all(store.reader()).await?;
    let page = Page::cut(rows, limit, |row| Cursor::of(LIST, &(row.started_at, &row.reference)));
    Ok(Page { items: with_customers(store.reader(), page.items).await?, next: page.next })
}

/// Those that are open and concern the customer, or everybody; the last begun first.
pub async fn open_of(store: &Store, customer: Option<CustomerId>, limit: u64) -> Result<Vec<Incident>, StoreError> {
    let rows = table::Entity::find()
        .filter(table::Column::IsOpen.eq(true))
        .filter(concerning(customer))
        .order_by_desc(table::Column::StartedAt)
        .order_by_desc(table::Column::Reference)
        .limit(clamped(limit))
        .all(store.reader())
        .await?;
    with_customers(store.reader(), rows).await
}

/// Those that a ticket is linked to, and those that are open for its service and customer.
pub async fn of_ticket(store: &Store, ticket: &Ticket) -> Result<Vec<Incident>, StoreError> {
    let mut wanted = Condition::any().add(table::Column::Reference.is_in(&ticket.incidents));
    if let Some(service) = &ticket.service {
        let open = Condition::all()
            .add(table::Column::IsOpen.eq(true))
            .add(table::Column::Service.eq(service.as_str()))
            .add(concerning(ticket.customer));
        wanted = wanted.add(open);
    }
    let rows = table::Entity::find()
        .filter(wanted)
        .order_by_desc(table::Column::StartedAt)
        .order_by_desc(table::Column::Reference)
        .limit(PAGE_ITEMS_MAX)
        .all(store.reader())
        .await?;
    with_customers(store.reader(), rows).await
}

/// Those whose linked tickets have not all heard yet that it is over, or is back.
pub async fn unsettled(store: &Store, limit: u64) -> Result<Vec<Incident>, StoreError> {
    let rows = table::Entity::find()
        .filter(Expr::cust("NOT settled"))
        .order_by_asc(table::Column::Reference)
        .limit(clamped(limit))
        .all(store.reader())
        .await?;
    with_customers(store.reader(), rows).await
}

/// What was said of it, the latest first.
pub async fn entries(store: &Store, reference: &str, limit: u64) -> Result<Vec<Entry>, StoreError> {
    let rows = incident_entry::Entity::find()
        .filter(incident_entry::Column::Reference.eq(reference))
        .order_by_desc(incident_entry::Column::At)
        .order_by_desc(incident_entry::Column::Key)
        .limit(clamped(limit))
        .all(store.reader())
        .await?;
    rows.into_iter().map(entry).collect()
}

pub(super) fn concerning(customer: Option<CustomerId>) -> Condition {
    let all = Condition::any().add(table::Column::ForAll.eq(true));
    match customer {
        None => all,
        Some(id) => {
            let concerned = Query::select()
                .column(incident_customer::Column::Reference)
                .from(incident_customer::Entity)
                .and_where(incident_customer::Column::CustomerId.eq(id.0))
                .take();
            all.add(table::Column::Reference.in_subquery(concerned))
        }
    }
}

pub(super) async fn with_customers(
    connection: &impl ConnectionTrait,
    rows: Vec<table::Model>,
) -> Result<Vec<Incident>, StoreError> {
    let mut concerned: BTreeMap<String, BTreeSet<CustomerId>> = BTreeMap::new();
    if !rows.is_empty() {
        let references = rows.iter().map(|row| row.reference.clone());
        let customers = incident_customer::Entity::find()
            .filter(incident_customer::Column::Reference.is_in(references))
            .all(connection)
            .await?;
        for row in customers {
            concerned.entry(row.reference).or_default().insert(CustomerId(row.customer_id));
        }
    }
    rows.into_iter()
        .map(|row| {
            let customers = concerned.remove(&row.reference).unwrap_or_default();
            incident(row, customers)
        })
        .collect()
}
