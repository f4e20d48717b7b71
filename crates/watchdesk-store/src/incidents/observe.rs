//! What somebody hears of an incident becomes what is known of it.

use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, QueryTrait,
};
use watchdesk_core::Instant;
use watchdesk_core::facts::HealthStatus;
use watchdesk_core::ids::{CustomerId, Slug};

use super::{ENTRIES_MAX, Entry, REFERENCE_CHARS_MAX, Source};
use crate::desk::restored_within;
use crate::entities::{incident, incident_customer, incident_entry};
use crate::rows::{seconds, seconds_or_none, without_nul};
use crate::{Store, StoreError};

/// As one look at the operator shows it, for one customer or for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    pub reference: String,
    pub service: Slug,
    pub title: String,
    pub impact: String,
    pub classification: String,
    pub status: String,
    pub source: Source,
    pub is_open: bool,
    /// None: it concerns everybody.
    pub customer: Option<CustomerId>,
    pub started_at: Instant,
    pub ended_at: Option<Instant>,
    /// When the operator last said something of it; what is older than what is known changes nothing.
    pub modified_at: Instant,
    pub entries: Vec<Entry>,
}

impl Observation {
    /// What a person writes down when he hears of it: open, for everybody, with nothing more known.
    pub fn by_hand(reference: &str, service: Slug, title: &str, at: Instant) -> Self {
        Self {
            reference: reference.to_owned(),
            service,
            title: title.to_owned(),
            impact: String::new(),
            classification: "incident".to_owned(),
            status: "investigating".to_owned(),
            source: Source::Manual,
            is_open: true,
            customer: None,
            started_at: at,
            ended_at: None,
            modified_at: at,
            entries: Vec::new(),
        }
    }
}

/// What a look brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// Nobody knew of it, and it is open.
    Opened,
    Ended,
    Reopened,
    /// Its words changed, or it is one of the past.
    Changed,
    Nothing,
}

pub async fn observe(store: &Store, observation: &Observation) -> Result<News, StoreError> {
    let transaction = store.begin().await?;
    let news = observe_within(&transaction, observation).await?;
    transaction.commit().await?;
    Ok(news)
}

pub(crate) async fn observe_within(
    connection: &impl ConnectionTrait,
    observation: &Observation,
) -> Result<News, StoreError> {
    let fresh = row(observation);
    let inserted = incident::Entity::insert(fresh.clone().into_active_model())
        .on_conflict(OnConflict::column(incident::Column::Reference).do_nothing().to_owned())
        .exec_without_returning(connection)
        .await?;
    let news = if inserted > 0 {
        if observation.is_open { News::Opened } else { News::Changed }
    } else {
        update(connection, fresh).await?
    };
    if let Some(customer) = observation.customer {
        let concerned = incident_customer::Model { reference: reference(observation), customer_id: customer.0 };
        let key = [incident_customer::Column::Reference, incident_customer::Column::CustomerId];
        incident_customer::Entity::insert(concerned.into_active_model())
            .on_conflict(OnConflict::columns(key).do_nothing().to_owned())
            .exec_without_returning(connection)
            .await?;
    }
    entries(connection, observation).await?;
    Ok(news)
}

async fn update(connection: &impl ConnectionTrait, fresh: incident::Model) -> Result<News, StoreError> {
    let found = incident::Entity::find_by_id(fresh.reference.clone()).lock(LockType::Update).one(connection).await?;
    let Some(known) = found else { return Ok(News::Nothing) };
    if known.source == Source::Connector.as_str() && fresh.source != known.source {
        // The operator's own word stands above a hand-written one.
        return Ok(News::Nothing);
    }
    // What people note later is history; the name stays what it was.
    let title = match fresh.source == Source::Manual.as_str() && !known.title.is_empty() {
        true => known.title.clone(),
        false => fresh.title.clone(),
    };
    // Once for all stays for all; a look for one customer adds him.
    let merged = incident::Model {
        title,
        for_all: known.for_all || fresh.for_all,
        version: known.version + 1,
        started_at: known.started_at.min(fresh.started_at),
        settled: known.settled && known.is_open == fresh.is_open,
        ..fresh
    };
    // When a person wrote it down says nothing about when the operator spoke.
    let is_older = known.source == merged.source && merged.modified_at < known.modified_at;
    let is_same = incident::Model { version: known.version, ..merged.clone() } == known;
    if is_older || is_same {
        return Ok(News::Nothing);
    }
    let news = match (known.is_open, merged.is_open) {
        (true, false) => News::Ended,
        (false, true) => News::Reopened,
        _ => News::Changed,
    };
    let reference = merged.reference.clone();
    merged.into_active_model().reset_all().update(connection).await?;
    if news == News::Ended {
        restored_within(connection, &reference).await?;
    }
    Ok(news)
}

async fn entries(connection: &impl ConnectionTrait, observation: &Observation) -> Result<(), StoreError> {
    let rows = observation.entries.iter().rev().take(ENTRIES_MAX).map(|entry| {
        let body = without_nul(entry.body.as_str());
        let key = without_nul(entry.key.as_str());
        incident_entry::Model { reference: reference(observation), key, at: seconds(entry.at), body }
            .into_active_model()
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return Ok(());
    }
    let key = [incident_entry::Column::Reference, incident_entry::Column::Key];
    incident_entry::Entity::insert_many(rows)
        .on_conflict(OnConflict::columns(key).do_nothing().to_owned())
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

/// A person who finds a service well says that what people had recorded for the same scope is over.
pub(crate) async fn end_manual_within(
    connection: &impl ConnectionTrait,
    service: &Slug,
    customer: Option<CustomerId>,
    at: Instant,
) -> Result<(), StoreError> {
    let mut open = incident::Entity::find()
        .filter(incident::Column::IsOpen.eq(true))
        .filter(incident::Column::Source.eq(Source::Manual.as_str()))
        .filter(incident::Column::Service.eq(service.as_str()))
        .filter(incident::Column::ForAll.eq(customer.is_none()));
    if let Some(CustomerId(id)) = customer {
        let concerned = incident_customer::Entity::find()
            .select_only()
            .column(incident_customer::Column::Reference)
            .filter(incident_customer::Column::CustomerId.eq(id));
        open = open.filter(incident::Column::Reference.in_subquery(concerned.into_query()));
    }
    for known in open.limit(ENTRIES_MAX as u64).lock(LockType::Update).all(connection).await? {
        over(known, at).into_active_model().reset_all().update(connection).await?;
    }
    Ok(())
}

fn over(known: incident::Model, at: Instant) -> incident::Model {
    incident::Model {
        is_open: false,
        status: HealthStatus::Restored.as_str().to_owned(),
        ended_at: Some(seconds(at)),
        modified_at: seconds(at).max(known.modified_at),
        version: known.version + 1,
        settled: false,
        ..known
    }
}

/// A person says that it is over. `false`: there is none that is open.
pub async fn end(store: &Store, reference: &str, at: Instant) -> Result<bool, StoreError> {
    let transaction = store.begin().await?;
    let found = incident::Entity::find_by_id(reference).lock(LockType::Update).one(&transaction).await?;
    let Some(known) = found.filter(|known| known.is_open) else { return Ok(false) };
    over(known, at).into_active_model().reset_all().update(&transaction).await?;
    restored_within(&transaction, reference).await?;
    transaction.commit().await?;
    Ok(true)
}

fn reference(observation: &Observation) -> String {
    let text = without_nul(observation.reference.trim());
    text.chars().take(REFERENCE_CHARS_MAX).collect()
}

fn row(observation: &Observation) -> incident::Model {
    incident::Model {
        reference: reference(observation),
        service: observation.service.to_string(),
        title: without_nul(observation.title.as_str()),
        impact: without_nul(observation.impact.as_str()),
        classification: without_nul(observation.classification.as_str()),
        status: without_nul(observation.status.as_str()),
        source: observation.source.as_str().to_owned(),
        is_open: observation.is_open,
        for_all: observation.customer.is_none(),
        started_at: seconds(observation.started_at),
        ended_at: seconds_or_none(observation.ended_at).filter(|_| !observation.is_open),
        modified_at: seconds(observation.modified_at),
        version: 1,
        // Nobody can be linked to what was not known before.
        settled: true,
    }
}
