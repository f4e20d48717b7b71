//! The services we resell, how they are, and the categories of problems with them.

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use watchdesk_core::desk::{Category, Service};
use watchdesk_core::facts::HealthStatus;
use watchdesk_core::ids::{CustomerId, Slug};
use watchdesk_core::rights::Verb;
use watchdesk_core::ticket::Severity;
use watchdesk_store::desk::{self, Health};
use watchdesk_store::directory;

use super::answer::{Answer, Answered, Listed, whole};
use super::customers::{reaches, record};
use super::people::NamedInput;
use super::request::{Call, Named, Query};
use super::views::NamedView;
use crate::app::App;
use crate::input::{Line, Prose, Wrong, request};
use crate::middleware::authenticate::Caller;
use crate::problem::Problem;

const SERVICES: usize = desk::SERVICES_MAX as usize;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Service)]
pub(crate) struct ServiceView {
    slug: String,
    name: NamedView,
}

impl From<&Service> for ServiceView {
    fn from(service: &Service) -> Self {
        Self { slug: service.slug.to_string(), name: NamedView::from(&service.name) }
    }
}

pub(crate) async fn list(State(app): State<App>, caller: Caller) -> Listed<ServiceView> {
    caller.must_see(Verb::ReadDirectory)?;
    let desk = desk::load(&app.store).await?;
    Ok(whole(desk.services.values().map(ServiceView::from).collect()))
}

pub(crate) async fn read(State(app): State<App>, caller: Caller, Named(slug): Named) -> Answered<ServiceView> {
    caller.must_see(Verb::ReadDirectory)?;
    let desk = desk::load(&app.store).await?;
    let service = desk.services.get(&slug).ok_or(Problem::NotFound)?;
    Ok(Answer::ok(ServiceView::from(service)))
}

request! {
    /// What the desk resells, by the name in both languages.
    pub(crate) struct ServiceRequest {
        name: NamedInput,
    }
}

/// Adds a service, or names it anew.
pub(crate) async fn save(
    State(app): State<App>,
    Named(slug): Named,
    call: Call<ServiceRequest>,
) -> Answered<ServiceView> {
    call.caller.must_see(Verb::ReadDirectory)?;
    call.caller.must_be_allowed(Verb::Configure)?;
    let service = Service { slug, name: call.body.name.clone().into() };
    if !desk::save_service(&app.store, &service).await? {
        return Err(Problem::invalid("slug", Wrong::TooMany { max: SERVICES }));
    }
    record(&app, &call.caller, "service.saved", service.slug.as_str()).await?;
    Ok(Answer::ok(ServiceView::from(&service)))
}

/// How a service is, as somebody found it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Health)]
pub(crate) struct HealthView {
    service: String,
    /// None: for everybody.
    customer: Option<Uuid>,
    /// `operational`, `degraded`, `interrupted`, `restored`.
    status: &'static str,
    note: String,
    /// The operator's number of what is wrong, where known.
    incident: Option<String>,
    checked_at: DateTime<Utc>,
    checked_by: Option<Uuid>,
}

impl From<Health> for HealthView {
    fn from(health: Health) -> Self {
        Self {
            service: health.service.to_string(),
            customer: health.customer.map(|id| id.0),
            status: health.status.as_str(),
            note: health.note,
            incident: health.incident,
            checked_at: health.checked_at,
            checked_by: health.checked_by.map(|id| id.0),
        }
    }
}

request! {
    pub(crate) struct HealthQuery {
        /// As it is for this customer, where that is known apart.
        customer: Option<CustomerId>,
    }
}

pub(crate) async fn health(
    State(app): State<App>,
    caller: Caller,
    Named(slug): Named,
    Query(query): Query<HealthQuery>,
) -> Answered<HealthView> {
    caller.must_see(Verb::ReadHealth)?;
    let health = desk::health(&app.store, &slug, query.customer).await?.ok_or(Problem::NotFound)?;
    Ok(Answer::ok(HealthView::from(health)))
}

/// Of every service that somebody ever looked at.
pub(crate) async fn health_of_all(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<HealthQuery>,
) -> Listed<HealthView> {
    caller.must_see(Verb::ReadHealth)?;
    let all = desk::health_of(&app.store, query.customer).await?;
    Ok(whole(all.into_iter().map(HealthView::from).collect()))
}

request! {
    /// What no connector reports.
    pub(crate) struct HealthRequest {
        status: HealthStatus,
        /// What was seen, and where.
        note: Option<Prose>,
        /// The operator's number of the incident.
        incident: Option<Line>,
        /// For this customer alone; else for everybody.
        customer: Option<CustomerId>,
    }
}

pub(crate) async fn set_health(
    State(app): State<App>,
    Named(slug): Named,
    call: Call<HealthRequest>,
) -> Answered<HealthView> {
    call.caller.must_see(Verb::ReadHealth)?;
    call.caller.must_be_allowed(Verb::SetHealth)?;
    known_service(&app, &slug).await?;
    let body = call.body.clone();
    if let Some(id) = body.customer
        && (!reaches(&call.caller, Some(id)) || directory::customer(&app.store, id).await?.is_none())
    {
        return Err(Problem::no_such("customer"));
    }
    let health = Health {
        service: slug,
        customer: body.customer,
        status: body.status,
        note: body.note.map(|note| note.0).unwrap_or_default(),
        incident: body.incident.map(|incident| incident.0),
        checked_at: app.store.now().await?,
        checked_by: Some(call.caller.agent()),
    };
    desk::set_health(&app.store, &health).await?;
    record(&app, &call.caller, "health.recorded", health.service.as_str()).await?;
    Ok(Answer::ok(HealthView::from(health)))
}

async fn known_service(app: &App, slug: &Slug) -> Result<(), Problem> {
    if desk::load(&app.store).await?.services.contains_key(slug) { Ok(()) } else { Err(Problem::NotFound) }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Category)]
pub(crate) struct CategoryView {
    slug: String,
    name: NamedView,
    /// Triage must name a service.
    needs_service: bool,
    /// The highest severity the operator takes for it.
    escalation_severity_max: Option<&'static str>,
    /// Evidence that the gate to the operator wants.
    evidence: Vec<String>,
}

impl From<&Category> for CategoryView {
    fn from(category: &Category) -> Self {
        Self {
            slug: category.slug.to_string(),
            name: NamedView::from(&category.name),
            needs_service: category.needs_service,
            escalation_severity_max: category.escalation_severity_max.map(Severity::as_str),
            evidence: watchdesk_core::gate::evidence_fields(Some(category)).into_iter().map(str::to_owned).collect(),
        }
    }
}

pub(crate) async fn categories(State(app): State<App>, caller: Caller) -> Listed<CategoryView> {
    caller.must_see(Verb::ReadDirectory)?;
    let desk = desk::load(&app.store).await?;
    Ok(whole(desk.categories.values().map(CategoryView::from).collect()))
}
