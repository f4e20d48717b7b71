//! How services are doing, as somebody reported it.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Expr, LockType, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use watchdesk_core::Instant;
use watchdesk_core::facts::HealthStatus;
use watchdesk_core::ids::{AgentId, CustomerId, Slug};

use crate::entities::service_health::{Column, Entity, Model};
use crate::entities::service_health_entry;
use crate::incidents::{Entry, Observation, Source, end_manual_within, observe_within};
use crate::page::clamped;
use crate::rows::{Place, ROWS_PER_INSERT, insert_all, seconds, without_nul};
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

/// What somebody reports replaces what was known, and is kept in the history. A connector calls [`see_health`].
pub async fn set_health(store: &Store, health: &Health) -> Result<(), StoreError> {
    let row = row(health);
    let transaction = store.begin().await?;
    // Incidents before health, as everywhere: two at once wait for each other in one order.
    if let Some(observation) = named_incident(health) {
        observe_within(&transaction, &observation).await?;
    }
    if health.checked_by.is_some() && !health.status.is_open_outage() {
        end_manual_within(&transaction, &health.service, health.customer, health.checked_at).await?;
    }
    replace(&transaction, vec![row.clone()]).await?;
    insert_all(&transaction, vec![entry(row)]).await?;
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

/// What a look at the operator's interface shows in the directory of one customer, service by service.
///
/// A look says how things seem now: it replaces an older look at the same scope, and its time counts as the check. It
/// opens and ends no incident; the operator's own are observed, and people's are theirs to end. The history keeps what
/// changed, not that somebody looked again.
pub async fn see_health(store: &Store, customer: CustomerId, looks: &[Health]) -> Result<(), StoreError> {
    let transaction = store.begin().await?;
    let known = Entity::find()
        .filter(Column::Scope.eq(scope(Some(customer))))
        .filter(Column::Service.is_in(looks.iter().map(|look| look.service.as_str())))
        .lock(LockType::Update)
        .all(&transaction)
        .await?;
    let mut seen = Vec::with_capacity(looks.len());
    let mut changed = Vec::new();
    for look in looks {
        let fresh = Model { scope: scope(Some(customer)), ..row(look) };
        let before = known.iter().find(|row| row.service == fresh.service);
        if before.is_some_and(|row| row.checked_at > fresh.checked_at) {
            continue;
        }
        let same =
            |row: &Model| (&row.status, &row.note, &row.incident) == (&fresh.status, &fresh.note, &fresh.incident);
        if !before.is_some_and(|row| same(row) && row.checked_by_id == fresh.checked_by_id) {
            changed.push(entry(fresh.clone()));
        }
        seen.push(fresh);
    }
    replace(&transaction, seen).await?;
    insert_all(&transaction, changed).await?;
    transaction.commit().await?;
    Ok(())
}

async fn replace(connection: &impl ConnectionTrait, rows: Vec<Model>) -> Result<(), StoreError> {
    let replaced = [Column::Status, Column::Note, Column::Incident, Column::CheckedAt, Column::CheckedById];
    for part in rows.chunks(ROWS_PER_INSERT) {
        Entity::insert_many(part.iter().cloned().map(IntoActiveModel::into_active_model))
            .on_conflict(OnConflict::columns([Column::Service, Column::Scope]).update_columns(replaced).to_owned())
            .exec_without_returning(connection)
            .await?;
    }
    Ok(())
}

/// An incident is over, and with it every outage that was recorded by its number. When it was checked stays as it is:
/// nobody has looked again.
pub(crate) async fn restored_within(connection: &impl ConnectionTrait, incident: &str) -> Result<(), StoreError> {
    let outage = HealthStatus::ALL.into_iter().filter(|status| status.is_open_outage());
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(HealthStatus::Restored.as_str()))
        .filter(Column::Incident.eq(incident))
        .filter(Column::Status.is_in(outage.map(HealthStatus::as_str)))
        .exec(connection)
        .await?;
    Ok(())
}

/// Who records an outage by its number puts that incident on record.
fn named_incident(health: &Health) -> Option<Observation> {
    let reference = health.incident.as_deref().map(str::trim).filter(|reference| !reference.is_empty())?;
    let is_open = health.status.is_open_outage();
    Some(Observation {
        status: health.status.as_str().to_owned(),
        source: if health.checked_by.is_some() { Source::Manual } else { Source::Connector },
        is_open,
        customer: health.customer,
        ended_at: (!is_open).then_some(health.checked_at),
        entries: noted(health),
        ..Observation::by_hand(reference, health.service.clone(), &health.note, health.checked_at)
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
