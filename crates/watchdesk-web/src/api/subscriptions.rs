//! What customers subscribe to, and what a suspended subscription has left.

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use watchdesk_core::Instant;
use watchdesk_core::ids::{CustomerId, SubscriptionId};
use watchdesk_core::rights::Verb;
use watchdesk_core::subscription::{SubscriptionStatus, countdown};
use watchdesk_store::directory::{self, Subscription, SubscriptionFields, SubscriptionSource};
use watchdesk_store::{Cursor, StoreError, desk};

use super::answer::{Answer, Answered, Listed, list as page, whole};
use super::customers::{reach, reaches, readable, record};
use super::request::{Call, Id, Query};
use crate::app::App;
use crate::input::{Change, Limit, Line, Wrong, request};
use crate::middleware::authenticate::Caller;
use crate::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Subscription)]
pub(crate) struct SubscriptionView {
    id: Uuid,
    version: i64,
    customer: Uuid,
    /// The operator's own id.
    operator_id: String,
    offer: String,
    friendly_name: Option<String>,
    quantity: Option<i64>,
    /// `active`, `pending`, `suspended`, `deleted`, `none`, or another word of the operator's.
    status: String,
    /// As somebody stated it, or since we first heard of it.
    suspended_since: Option<DateTime<Utc>>,
    suspension_reasons: Vec<String>,
    /// What a suspended one has left.
    countdown: Option<CountdownView>,
    effective_start: Option<DateTime<Utc>>,
    commitment_end: Option<DateTime<Utc>>,
    auto_renew: Option<bool>,
    billing_type: Option<String>,
    order_id: Option<String>,
    /// `manual`, `csv` or `partner_center`.
    source: &'static str,
    seen_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Countdown)]
pub(crate) struct CountdownView {
    /// The operator deletes all its data then.
    data_lost_at: DateTime<Utc>,
    days_left: i64,
    /// `early`, `soon`, `urgent` or `over`.
    warning: &'static str,
}

impl SubscriptionView {
    fn of(subscription: Subscription, deletion_days: i64, now: Instant) -> Self {
        let Subscription { id, customer, fields, seen_at, version } = subscription;
        let countdown = fields.suspended_since.map(|since| countdown(since, deletion_days, now));
        Self {
            id: id.0,
            version,
            customer: customer.0,
            operator_id: fields.operator_id,
            offer: fields.offer,
            friendly_name: fields.friendly_name,
            quantity: fields.quantity,
            status: fields.status.as_str().to_owned(),
            suspended_since: fields.suspended_since,
            suspension_reasons: fields.suspension_reasons,
            countdown: countdown.map(|countdown| CountdownView {
                data_lost_at: countdown.data_lost_at,
                days_left: countdown.days_left,
                warning: countdown.warning.as_str(),
            }),
            effective_start: fields.effective_start,
            commitment_end: fields.commitment_end,
            auto_renew: fields.auto_renew,
            billing_type: fields.billing_type,
            order_id: fields.order_id,
            source: fields.source.as_str(),
            seen_at,
        }
    }
}

/// The days after which data is deleted, and the time.
async fn terms(app: &App) -> Result<(i64, Instant), Problem> {
    let (desk, now) = tokio::try_join!(desk::load(&app.store), app.store.now())?;
    Ok((desk.settings.subscription_deletion_days, now))
}

async fn view(app: &App, subscription: Subscription) -> Result<SubscriptionView, Problem> {
    let (days, now) = terms(app).await?;
    Ok(SubscriptionView::of(subscription, days, now))
}

request! {
    pub(crate) struct SubscriptionsQuery {
        customer: CustomerId,
        limit: Limit,
        cursor: Option<Cursor>,
    }
}

request! {
    pub(crate) struct OfCustomerQuery {
        limit: Limit,
        cursor: Option<Cursor>,
    }
}

pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<SubscriptionsQuery>,
) -> Listed<SubscriptionView> {
    listed(&app, &caller, query.customer, query.limit, query.cursor).await
}

pub(crate) async fn of_customer(
    State(app): State<App>,
    caller: Caller,
    Id(customer): Id<CustomerId>,
    Query(query): Query<OfCustomerQuery>,
) -> Listed<SubscriptionView> {
    listed(&app, &caller, customer, query.limit, query.cursor).await
}

async fn listed(
    app: &App,
    caller: &Caller,
    customer: CustomerId,
    limit: Limit,
    cursor: Option<Cursor>,
) -> Listed<SubscriptionView> {
    let customer = readable(app, caller, customer).await?;
    let found = directory::subscriptions_of(&app.store, customer.id, limit.0, cursor.as_ref()).await?;
    let (days, now) = terms(app).await?;
    Ok(page(found, |subscription| SubscriptionView::of(subscription, days, now)))
}

request! {
    pub(crate) struct SuspendedQuery {
        limit: Limit,
    }
}

/// Of all customers, or of those that the caller looks after; who loses his data first stands first.
pub(crate) async fn suspended(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<SuspendedQuery>,
) -> Listed<SubscriptionView> {
    caller.must_see(Verb::ReadDirectory)?;
    let found = directory::suspended(&app.store, reach(&caller).as_ref(), query.limit.0).await?;
    let (days, now) = terms(&app).await?;
    Ok(whole(found.into_iter().map(|subscription| SubscriptionView::of(subscription, days, now)).collect()))
}

async fn known(app: &App, caller: &Caller, id: SubscriptionId) -> Result<Subscription, Problem> {
    let found = directory::subscription(&app.store, id).await?;
    found.filter(|found| reaches(caller, Some(found.customer))).ok_or(Problem::NotFound)
}

pub(crate) async fn read(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<SubscriptionId>,
) -> Answered<SubscriptionView> {
    let found = known(&app, &caller, id).await?;
    let version = found.version;
    Ok(Answer::ok(view(&app, found).await?).version(version))
}

request! {
    pub(crate) struct NewSubscriptionRequest {
        /// The operator's own id.
        operator_id: Line,
        offer: Line,
        friendly_name: Option<Line>,
        quantity: Option<u32>,
        /// `active`, `pending`, `suspended`, `deleted`, `none`, or another word of the operator's; active where nothing is
        /// said.
        status: Option<Line>,
        /// Since when it is suspended; never later than now. Now where nothing is said.
        suspended_since: Option<Instant>,
        suspension_reasons: Option<Vec<Line>>,
        effective_start: Option<Instant>,
        commitment_end: Option<Instant>,
        auto_renew: Option<bool>,
        billing_type: Option<Line>,
        order_id: Option<Line>,
    }
}

/// By hand, for what no interface tells.
pub(crate) async fn create(
    State(app): State<App>,
    Id(customer): Id<CustomerId>,
    call: Call<NewSubscriptionRequest>,
) -> Answered<SubscriptionView> {
    let customer = readable(&app, &call.caller, customer).await?;
    call.caller.must_be_allowed(Verb::EditDirectory)?;
    let body = call.body.clone();
    let line = |line: Option<Line>| line.map(|line| line.0);
    let fields = SubscriptionFields {
        operator_id: body.operator_id.0,
        offer: body.offer.0,
        friendly_name: line(body.friendly_name),
        quantity: body.quantity.map(i64::from),
        status: body.status.map_or(SubscriptionStatus::Active, |word| SubscriptionStatus::of(&word.0)),
        suspended_since: body.suspended_since,
        suspension_reasons: lines(body.suspension_reasons.unwrap_or_default()),
        effective_start: body.effective_start,
        commitment_end: body.commitment_end,
        auto_renew: body.auto_renew,
        billing_type: line(body.billing_type),
        order_id: line(body.order_id),
        etag: None,
        source: SubscriptionSource::Manual,
    };
    check(&app, &fields).await?;
    let created = directory::create_subscription(&app.store, customer.id, fields).await;
    let created = created.map_err(|error| match error {
        StoreError::Taken { .. } => Problem::invalid("operator_id", Wrong::Taken),
        other => other.into(),
    })?;
    record(&app, &call.caller, "subscription.created", &created.id.to_string()).await?;
    let (id, version) = (created.id, created.version);
    Ok(Answer::created(format!("/subscriptions/{id}"), view(&app, created).await?).version(version))
}

fn lines(lines: Vec<Line>) -> Vec<String> {
    lines.into_iter().map(|line| line.0).collect()
}

/// What a person states of a suspension.
pub(crate) async fn check(app: &App, fields: &SubscriptionFields) -> Result<(), Problem> {
    let Some(since) = fields.suspended_since else { return Ok(()) };
    if fields.status != SubscriptionStatus::Suspended {
        return Err(Problem::invalid("suspended_since", Wrong::NotWith("status")));
    }
    if since > app.store.now().await? {
        return Err(Problem::invalid("suspended_since", Wrong::InTheFuture));
    }
    Ok(())
}

request! {
    /// Fields to set; absent ones stay as they are.
    pub(crate) struct SubscriptionChangeRequest {
        offer: Option<Line>,
        friendly_name: Change<Line>,
        quantity: Change<u32>,
        status: Option<Line>,
        /// As a fact: the countdown counts from here. Never later than now.
        suspended_since: Option<Instant>,
        suspension_reasons: Option<Vec<Line>>,
        effective_start: Change<Instant>,
        commitment_end: Change<Instant>,
        auto_renew: Change<bool>,
        billing_type: Change<Line>,
        order_id: Change<Line>,
    }
}

pub(crate) async fn change(
    State(app): State<App>,
    Id(id): Id<SubscriptionId>,
    call: Call<SubscriptionChangeRequest>,
) -> Answered<SubscriptionView> {
    let old = known(&app, &call.caller, id).await?;
    call.caller.must_be_allowed(Verb::EditDirectory)?;
    call.expected.required()?;
    let body = call.body.clone();
    let before = old.fields;
    let line =
        |change: Change<Line>, old: Option<String>| change.into_option().map_or(old, |line| line.map(|line| line.0));
    let fields = SubscriptionFields {
        offer: body.offer.map_or(before.offer, |offer| offer.0),
        friendly_name: line(body.friendly_name, before.friendly_name),
        quantity: body.quantity.into_option().map_or(before.quantity, |quantity| quantity.map(i64::from)),
        status: body.status.map_or(before.status, |word| SubscriptionStatus::of(&word.0)),
        suspended_since: body.suspended_since,
        suspension_reasons: body.suspension_reasons.map_or(before.suspension_reasons, lines),
        effective_start: body.effective_start.into_option().unwrap_or(before.effective_start),
        commitment_end: body.commitment_end.into_option().unwrap_or(before.commitment_end),
        auto_renew: body.auto_renew.into_option().unwrap_or(before.auto_renew),
        billing_type: line(body.billing_type, before.billing_type),
        order_id: line(body.order_id, before.order_id),
        etag: before.etag,
        operator_id: before.operator_id,
        source: before.source,
    };
    check(&app, &fields).await?;
    let expected = call.expected.version()?.or(Some(old.version));
    let changed = directory::update_subscription(&app.store, id, expected, fields).await?.ok_or(Problem::NotFound)?;
    record(&app, &call.caller, "subscription.changed", &id.to_string()).await?;
    let version = changed.version;
    Ok(Answer::ok(view(&app, changed).await?).version(version))
}
