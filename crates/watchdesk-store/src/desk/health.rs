//! How services are doing, as somebody reported it.

use std::collections::BTreeMap;

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use watchdesk_core::Instant;
use watchdesk_core::facts::HealthStatus;
use watchdesk_core::ids::{AgentId, CustomerId, Slug};

use crate::entities::service_health::{Column, Entity, Model};
use crate::entities::service_health_entry;
use crate::incidents::{Entry, Observation, Source, end_manual_within, observe_within};
use crate::page::clamped;
use crate::rows::{Place, insert_all, seconds, without_nul};
use crate::{Store, StoreError, fresh_id};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    pub service: Slug,
    /// For this customer only; none means for all.
    pub customer: Option<CustomerId>,
    pub status: HealthStatus,
    pub note: String,
    /// The operator's reference of what is wrong, where known.
    pub incident: Option<String>,
    pub checked_at: Instant,
    pub checked_by: Option<AgentId>,
}

const FOR_ALL: &str = "all";

fn scope(customer: Option<CustomerId>) -> String {
    customer.map_or_else(|| FOR_ALL.to_owned(), |id| id.to_string())
}

/// Replaces what was known, and keeps it in the history.
pub async fn set_health(store: &Store, health: &Health) -> Result<(), StoreError> {
    let row = row(health);
    let transaction = store.begin().await?;
    let replaced = [Column::Status, Column::Note, Column::Incident, Column::CheckedAt, Column::CheckedById];
    Entity::insert(row.clone().into_active_model())
        .on_conflict(OnConflict::columns([Column::Service, Column::Scope]).update_columns(replaced).to_owned())
        .exec_without_returning(&transaction)
        .await?;
    insert_all(&transaction, vec![entry(row)]).await?;
    if let Some(observation) = named_incident(health) {
        observe_within(&transaction, &observation).await?;
    }
    if !health.status.is_open_outage() {
        end_manual_within(&transaction, &health.service, health.customer, health.checked_at).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// What somebody noted, as a piece of the incident's history.
fn noted(health: &Health) -> Vec<Entry> {
    let body = health.note.trim();
    let entry = || Entry {
        key: format!("note-{}", health.checked_at.timestamp()),
        at: health.checked_at,
        body: body.to_owned(),
    };
    if body.is_empty() { Vec::new() } else { vec![entry()] }
}

/// Who records an outage by its number puts that incident on record.
fn named_incident(health: &Health) -> Option<Observation> {
    let reference = health.incident.as_deref().map(str::trim).filter(|reference| !reference.is_empty())?;
    let is_open = health.status.is_open_outage();
    Some(Observation {
        reference: reference.to_owned(),
        service: health.service.clone(),
        title: health.note.clone(),
        impact: String::new(),
        classification: "incident".to_owned(),
        status: health.status.as_str().to_owned(),
        source: if health.checked_by.is_some() { Source::Manual } else { Source::Connector },
        is_open,
        customer: health.customer,
        started_at: health.checked_at,
        ended_at: (!is_open).then_some(health.checked_at),
        modified_at: health.checked_at,
        entries: noted(health),
    })
}

/// One for each service anybody ever looked at, by what is known for the customer and what is known for all.
pub async fn health_of(store: &Store, customer: Option<CustomerId>) -> Result<Vec<Health>, StoreError> {
    let rows = Entity::find().filter(Column::Scope.is_in(scopes(customer))).all(store.reader()).await?;
    let mut by_service: BTreeMap<Slug, Health> = BTreeMap::new();
    for row in rows {
        let health = Health::try_from(row)?;
        let health = match by_service.remove(&health.service) {
            Some(known) => together(known, health),
            None => health,
        };
        by_service.insert(health.service.clone(), health);
    }
    Ok(by_service.into_values().collect())
}

/// Everything that is known, for all and for single customers; the last checked first.
pub async fn health_everywhere(store: &Store, limit: u64) -> Result<Vec<Health>, StoreError> {
    let rows = Entity::find().order_by_desc(Column::CheckedAt).limit(clamped(limit)).all(store.reader()).await?;
    rows.into_iter().map(Health::try_from).collect()
}

pub async fn health(store: &Store, service: &Slug, customer: Option<CustomerId>) -> Result<Option<Health>, StoreError> {
    health_within(store.reader(), service, customer).await
}

pub(crate) async fn health_within(
    connection: &impl ConnectionTrait,
    service: &Slug,
    customer: Option<CustomerId>,
) -> Result<Option<Health>, StoreError> {
    let rows = Entity::find()
        .filter(Column::Service.eq(service.as_str()))
        .filter(Column::Scope.is_in(scopes(customer)))
        .all(connection)
        .await?;
    let known = rows.into_iter().map(Health::try_from).collect::<Result<Vec<Health>, StoreError>>()?;
    Ok(known.into_iter().reduce(together))
}

/// What holds for a customer, by what is known for him and what is known for all. The later look is the check, but it
/// does not end an outage of the other scope: only a look at that scope does.
fn together(one: Health, other: Health) -> Health {
    let weight = |health: &Health| (health.status.is_open_outage(), health.checked_at, health.customer.is_some());
    let (mut holds, other) = if weight(&one) >= weight(&other) { (one, other) } else { (other, one) };
    if other.checked_at > holds.checked_at {
        (holds.checked_at, holds.checked_by) = (other.checked_at, other.checked_by);
    }
    holds
}

fn scopes(customer: Option<CustomerId>) -> Vec<String> {
    let mut scopes = vec![FOR_ALL.to_owned()];
    scopes.extend(customer.map(|id| id.to_string()));
    scopes
}

fn row(health: &Health) -> Model {
    Model {
        service: health.service.to_string(),
        scope: scope(health.customer),
        status: health.status.as_str().to_owned(),
        note: without_nul(health.note.as_str()),
        incident: health.incident.as_deref().map(without_nul),
        checked_at: seconds(health.checked_at),
        checked_by_id: health.checked_by.map(|id| id.0),
    }
}

fn entry(row: Model) -> service_health_entry::Model {
    service_health_entry::Model {
        id: fresh_id(),
        service: row.service,
        scope: row.scope,
        status: row.status,
        note: row.note,
        incident: row.incident,
        checked_at: row.checked_at,
        checked_by_id: row.checked_by_id,
    }
}

impl TryFrom<Model> for Health {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let id = format!("{}/{}", row.service, row.scope);
        let place = Place { table: "service_health", id: &id };
        let customer = match row.scope.as_str() {
            FOR_ALL => None,
            scope => Some(CustomerId(scope.parse().map_err(|error| place.corrupt("scope", error))?)),
        };
        Ok(Self {
            customer,
            service: place.slug("service", row.service)?,
            status: place.word("status", &row.status, HealthStatus::parse)?,
            note: row.note,
            incident: row.incident,
            checked_at: place.instant("checked_at", row.checked_at)?,
            checked_by: row.checked_by_id.map(AgentId),
        })
    }
}
