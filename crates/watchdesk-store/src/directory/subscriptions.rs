//! What customers subscribe to, whoever said so: a person, a file or the operator.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Expr, ExprTrait, LockType};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    Select,
};
use uuid::Uuid;
use watchdesk_core::Instant;
use watchdesk_core::ids::{CustomerId, SubscriptionId};
use watchdesk_core::subscription::{SubscriptionStatus, suspended_since};

use crate::entities::subscription::{Column, Entity, Model};
use crate::page::{after, clamped};
use crate::rows::{Place, insert_all, json, seconds, seconds_or_none, without_nul};
use crate::{Cursor, Page, Store, StoreError, fresh_id};

/// Reasons why the operator suspended one.
pub const REASONS_MAX: usize = 20;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    pub id: SubscriptionId,
    pub customer: CustomerId,
    pub fields: SubscriptionFields,
    /// When somebody last said so.
    pub seen_at: Instant,
    pub version: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionFields {
    /// The operator's own id; one customer has it once.
    pub operator_id: String,
    pub offer: String,
    pub friendly_name: Option<String>,
    pub quantity: Option<i64>,
    pub status: SubscriptionStatus,
    /// Where it is suspended. Of what is to be saved: as a fact that somebody states; else it counts from the first word
    /// of it.
    pub suspended_since: Option<Instant>,
    pub suspension_reasons: Vec<String>,
    pub effective_start: Option<Instant>,
    pub commitment_end: Option<Instant>,
    pub auto_renew: Option<bool>,
    pub billing_type: Option<String>,
    pub order_id: Option<String>,
    pub etag: Option<String>,
    pub source: SubscriptionSource,
}

/// Who said that there is such a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscriptionSource {
    Manual,
    Csv,
    /// What is missing there one day is gone.
    PartnerCenter,
}

impl SubscriptionSource {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Csv => "csv",
            Self::PartnerCenter => "partner_center",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Manual, Self::Csv, Self::PartnerCenter].into_iter().find(|source| source.as_str() == text)
    }
}

impl Subscription {
    /// As people call it.
    pub fn name(&self) -> &str {
        self.fields.friendly_name.as_deref().unwrap_or(&self.fields.offer)
    }
}

/// What was known before somebody said something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Before {
    Nothing,
    Same,
    Other(Box<Subscription>),
}

const LIST: &str = "subscriptions";
const WHAT: &str = "subscription";

/// By the names of what they offer.
pub async fn subscriptions_of(
    store: &Store,
    customer: CustomerId,
    limit: u64,
    cursor: Option<&Cursor>,
) -> Result<Page<Subscription>, StoreError> {
    let limit = clamped(limit);
    let mut query = of_customer_query(customer);
    if let Some((offer, id)) = after::<(String, Uuid)>(cursor, LIST)? {
        let here = Expr::tuple([Expr::col(Column::Offer), Expr::col(Column::Id)]);
        query = query.filter(here.gt(Expr::tuple([Expr::value(offer), Expr::value(id)])));
    }
    let rows = query.limit(limit + 1).all(store.reader()).await?;
    Page::cut(rows, limit, |row| Cursor::of(LIST, &(&row.offer, row.id))).try_map(Subscription::try_from)
}

pub(crate) fn of_customer_query(customer: CustomerId) -> Select<Entity> {
    Entity::find().filter(Column::CustomerId.eq(customer.0)).order_by_asc(Column::Offer).order_by_asc(Column::Id)
}

pub async fn subscription(store: &Store, id: SubscriptionId) -> Result<Option<Subscription>, StoreError> {
    Entity::find_by_id(id.0).one(store.reader()).await?.map(Subscription::try_from).transpose()
}

/// By the operator's own id.
pub async fn subscription_of(
    store: &Store,
    customer: CustomerId,
    operator_id: &str,
) -> Result<Option<Subscription>, StoreError> {
    let found = Entity::find()
        .filter(Column::CustomerId.eq(customer.0))
        .filter(Column::OperatorId.eq(without_nul(operator_id.trim())))
        .one(store.writer())
        .await?;
    found.map(Subscription::try_from).transpose()
}

/// Those that are suspended, who loses his data first in front; of all customers or of some.
pub async fn suspended(
    store: &Store,
    customers: Option<&BTreeSet<CustomerId>>,
    limit: u64,
) -> Result<Vec<Subscription>, StoreError> {
    let rows = suspended_query(customers).limit(clamped(limit)).all(store.reader()).await?;
    rows.into_iter().map(Subscription::try_from).collect()
}

pub(crate) fn suspended_query(customers: Option<&BTreeSet<CustomerId>>) -> Select<Entity> {
    let query = Entity::find()
        .filter(Column::SuspendedSince.is_not_null())
        .order_by_asc(Column::SuspendedSince)
        .order_by_asc(Column::Id);
    match customers {
        None => query,
        Some(some) => query.filter(Column::CustomerId.is_in(some.iter().map(|id| id.0))),
    }
}

/// A new one; the operator's id is taken where the customer has it already.
pub async fn create_subscription(
    store: &Store,
    customer: CustomerId,
    fields: SubscriptionFields,
) -> Result<Subscription, StoreError> {
    let transaction = store.begin().await?;
    let now = store.shared.now(&transaction).await?;
    let row = row(SubscriptionId(fresh_id()), customer, fields, None, now);
    Entity::insert(row.clone().into_active_model())
        .exec_without_returning(&transaction)
        .await
        .map_err(|error| StoreError::taken(error, WHAT))?;
    transaction.commit().await?;
    row.try_into()
}

/// Replaces all fields but the operator's id and the source. `None`: there is no such subscription.
pub async fn update_subscription(
    store: &Store,
    id: SubscriptionId,
    expected_version: Option<i64>,
    fields: SubscriptionFields,
) -> Result<Option<Subscription>, StoreError> {
    let transaction = store.begin().await?;
    let found = Entity::find_by_id(id.0).lock(LockType::Update).one(&transaction).await?;
    let Some(old) = found else { return Ok(None) };
    if expected_version.is_some_and(|expected| expected != old.version) {
        return Err(StoreError::Stale { current: old.version });
    }
    let now = store.shared.now(&transaction).await?;
    let changed = row(id, CustomerId(old.customer_id), fields, Some(&old), now);
    changed.clone().into_active_model().reset_all().update(&transaction).await?;
    transaction.commit().await?;
    changed.try_into().map(Some)
}

/// What a file says of one; answers whether it is new, or another than before.
pub async fn import_subscription(
    store: &Store,
    customer: CustomerId,
    fields: SubscriptionFields,
    dry_run: bool,
) -> Result<Imported, StoreError> {
    let transaction = store.begin().await?;
    let now = store.shared.now(&transaction).await?;
    let (before, _) = upsert(&transaction, customer, fields, None, now).await?;
    if dry_run {
        transaction.rollback().await?;
    } else {
        transaction.commit().await?;
    }
    Ok(match before {
        Before::Nothing => Imported::New,
        Before::Same => Imported::Same,
        Before::Other(_) => Imported::Changed,
    })
}

/// What came of one line of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    New,
    Changed,
    Same,
}

/// To be called in a transaction. What is the same stays untouched; a run says itself that it saw it.
pub(crate) async fn upsert(
    connection: &impl ConnectionTrait,
    customer: CustomerId,
    fields: SubscriptionFields,
    run: Option<i64>,
    now: Instant,
) -> Result<(Before, Subscription), StoreError> {
    let operator_id = without_nul(fields.operator_id.trim());
    let found = Entity::find()
        .filter(Column::CustomerId.eq(customer.0))
        .filter(Column::OperatorId.eq(operator_id))
        .lock(LockType::Update)
        .one(connection)
        .await?;
    let Some(old) = found else {
        let fresh = Model { seen_run: run, ..row(SubscriptionId(fresh_id()), customer, fields, None, now) };
        insert_all(connection, vec![fresh.clone()]).await?;
        return Ok((Before::Nothing, fresh.try_into()?));
    };
    let merged = row(SubscriptionId(old.id), customer, fields, Some(&old), now);
    let merged = Model { seen_run: run.or(old.seen_run), ..merged };
    let unseen = Model { seen_at: old.seen_at, seen_run: old.seen_run, version: old.version, ..merged.clone() };
    if unseen == old {
        return Ok((Before::Same, old.try_into()?));
    }
    merged.clone().into_active_model().reset_all().update(connection).await?;
    Ok((Before::Other(Box::new(old.try_into()?)), merged.try_into()?))
}

/// The operator's word is never made ours: what he has said stays his, whoever corrects it.
fn row(
    id: SubscriptionId,
    customer: CustomerId,
    fields: SubscriptionFields,
    old: Option<&Model>,
    now: Instant,
) -> Model {
    let before = old.and_then(|old| old.suspended_since);
    let before = before.and_then(|at| chrono::DateTime::from_timestamp(at, 0));
    let since = suspended_since(&fields.status, before, fields.suspended_since, now);
    let source = match old.map(|old| old.source.as_str()).and_then(SubscriptionSource::parse) {
        Some(SubscriptionSource::PartnerCenter) => SubscriptionSource::PartnerCenter,
        Some(SubscriptionSource::Manual | SubscriptionSource::Csv) | None => fields.source,
    };
    let text = |text: Option<String>| text.map(without_nul).filter(|text| !text.trim().is_empty());
    let reasons: Vec<String> = fields.suspension_reasons.into_iter().take(REASONS_MAX).map(without_nul).collect();
    Model {
        id: id.0,
        customer_id: customer.0,
        operator_id: old.map_or_else(|| without_nul(fields.operator_id.trim()), |old| old.operator_id.clone()),
        offer: without_nul(fields.offer),
        friendly_name: text(fields.friendly_name),
        quantity: fields.quantity,
        status: without_nul(fields.status.as_str()),
        suspended_since: seconds_or_none(since),
        suspension_reasons: json(&if since.is_some() { reasons } else { Vec::new() }),
        effective_start: seconds_or_none(fields.effective_start),
        commitment_end: seconds_or_none(fields.commitment_end),
        auto_renew: fields.auto_renew,
        billing_type: text(fields.billing_type),
        order_id: text(fields.order_id),
        etag: text(fields.etag),
        source: source.as_str().to_owned(),
        seen_at: seconds(now),
        seen_run: old.and_then(|old| old.seen_run),
        version: old.map_or(1, |old| old.version + 1),
    }
}

impl TryFrom<Model> for Subscription {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let place = Place { table: "subscription", id: &row.id };
        Ok(Self {
            id: SubscriptionId(row.id),
            customer: CustomerId(row.customer_id),
            seen_at: place.instant("seen_at", row.seen_at)?,
            version: row.version,
            fields: SubscriptionFields {
                status: SubscriptionStatus::of(&row.status),
                suspended_since: place.instant_or_none("suspended_since", row.suspended_since)?,
                suspension_reasons: place.json("suspension_reasons", &row.suspension_reasons)?,
                effective_start: place.instant_or_none("effective_start", row.effective_start)?,
                commitment_end: place.instant_or_none("commitment_end", row.commitment_end)?,
                source: place.word("source", &row.source, SubscriptionSource::parse)?,
                operator_id: row.operator_id,
                offer: row.offer,
                friendly_name: row.friendly_name,
                quantity: row.quantity,
                auto_renew: row.auto_renew,
                billing_type: row.billing_type,
                order_id: row.order_id,
                etag: row.etag,
            },
        })
    }
}
