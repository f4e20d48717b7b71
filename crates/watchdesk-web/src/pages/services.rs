//! The services and how they are, as somebody of the desk saw it.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use watchdesk_core::Instant;
use watchdesk_core::desk::{Named, Service};
use watchdesk_core::facts::HealthStatus;
use watchdesk_core::ids::{CustomerId, Slug};
use watchdesk_core::rights::Verb;
use watchdesk_store::desk::{self, Health};
use watchdesk_store::incidents::{self, IncidentFilter};
use watchdesk_store::{PAGE_ITEMS_MAX, tickets};
use watchdesk_templates::pages::{Choice, CustomerHealth, Nav, Refused, ServiceRow, ServicesPage};

use super::answer::Said;
use super::names::{self, Staff};
use super::reading::Reading;
use super::refused::{is_for_the_form, refused, status};
use super::shell::shell;
use super::ticket::work::Report;
use super::visit::{Form, Visit};
use crate::input::{Line, Wrong};
use crate::problem::Problem;

const PAGE: &str = "/services";

/// The colour of a status.
pub(super) fn health_slug(status: Option<HealthStatus>) -> &'static str {
    match status {
        None => "unknown",
        Some(HealthStatus::Operational | HealthStatus::Restored) => "healthy",
        Some(HealthStatus::Degraded) => "degraded",
        Some(HealthStatus::Interrupted) => "down",
    }
}

pub(super) fn status_word(visit: &Visit, status: HealthStatus) -> String {
    visit.say(&format!("health_status.{}", status.as_str()), &[])
}

pub(super) fn status_choices(visit: &Visit) -> Vec<Choice> {
    HealthStatus::ALL.map(|status| Choice::new(status.as_str(), status_word(visit, status))).to_vec()
}

/// Checked so long ago that the gate does not accept it.
pub(super) fn is_stale(visit: &Visit, checked_at: Instant) -> bool {
    checked_at + chrono::Duration::seconds(visit.desk.settings.health_valid_s) < visit.now
}

pub(super) async fn page(visit: Visit) -> Result<Response, Problem> {
    visit.must_see(Verb::ReadHealth)?;
    show(&visit, StatusCode::OK, None).await
}

async fn show(visit: &Visit, status: StatusCode, refused: Option<Refused>) -> Result<Response, Problem> {
    let store = &visit.app.store;
    let visibility = visit.visibility();
    let are_open = IncidentFilter { open: Some(true), ..IncidentFilter::default() };
    let (known, open, incidents) = tokio::try_join!(
        desk::health_everywhere(store, PAGE_ITEMS_MAX),
        tickets::unfinished_by_service(store, &visibility),
        incidents::list(store, &are_open, None, PAGE_ITEMS_MAX),
    )?;
    let (staff, customers) = tokio::try_join!(
        Staff::named(visit, known.iter().filter_map(|health| health.checked_by)),
        names::customer_names(visit, known.iter().filter_map(|health| health.customer)),
    )?;
    let open: BTreeMap<Slug, i64> = open.into_iter().collect();
    let row = |slug: &Slug| ServiceRow {
        open_tickets: open.get(slug).copied().unwrap_or_default(),
        customers: differing(visit, &known, slug, &customers),
        ..service_row(
            visit,
            slug,
            known.iter().find(|health| health.service == *slug && health.customer.is_none()),
            &staff,
        )
    };
    let mut shell = shell(visit, Nav::Services).await?;
    shell.path = PAGE.to_owned();
    let page = ServicesPage {
        shell,
        services: visit.desk.services.keys().map(row).collect(),
        open_incidents: incidents.items.len(),
        may_set: visit.may(Verb::SetHealth),
        may_configure: visit.may(Verb::Configure),
        statuses: status_choices(visit),
        customers: names::customer_choices(visit, None).await?,
        refused,
    };
    visit.page_with(status, &page)
}

fn service_row(visit: &Visit, slug: &Slug, health: Option<&Health>, staff: &Staff) -> ServiceRow {
    ServiceRow {
        slug: slug.to_string(),
        name: names::service(visit, slug),
        health: health_slug(health.map(|health| health.status)).to_owned(),
        status: health.map(|health| status_word(visit, health.status)).unwrap_or_default(),
        note: health.map(|health| health.note.clone()).unwrap_or_default(),
        checked_at: health.map(|health| health.checked_at),
        checked_by: health.and_then(|health| health.checked_by).map(|id| staff.name(id)),
        stale: health.is_some_and(|health| is_stale(visit, health.checked_at)),
        incident: health.and_then(|health| health.incident.clone()),
        open_tickets: 0,
        customers: Vec::new(),
    }
}

/// Customers for whom somebody looked separately.
fn differing(
    visit: &Visit,
    known: &[Health],
    slug: &Slug,
    customers: &BTreeMap<CustomerId, String>,
) -> Vec<CustomerHealth> {
    let own = known.iter().filter(|health| health.service == *slug);
    own.filter_map(|health| {
        Some(CustomerHealth {
            customer: customers.get(&health.customer?)?.clone(),
            health: health_slug(Some(health.status)).to_owned(),
            status: status_word(visit, health.status),
            note: health.note.clone(),
            checked_at: health.checked_at,
        })
    })
    .collect()
}

/// Adds a service, or names it anew.
pub(super) async fn save(Form { visit, fields }: Form) -> Result<Response, Problem> {
    visit.must_see(Verb::ReadHealth)?;
    visit.must_be_allowed(Verb::Configure)?;
    let mut reading = Reading::of(&fields, visit.locale.zone);
    let (slug, en, zh): (Option<Slug>, Option<Line>, Option<Line>) =
        (reading.required("slug"), reading.required("name_en"), reading.required("name_zh"));
    let service = slug.zip(en).zip(zh).map(|((slug, en), zh)| Service { slug, name: Named { en: en.0, zh: zh.0 } });
    match saved(&visit, reading.finish(service)).await {
        Ok(()) => Ok(visit.done(PAGE, Said::Created)),
        Err(problem) if is_for_the_form(&problem) => {
            let refused = refused(&visit, "services", &fields, &problem);
            show(&visit, status(&problem), Some(refused)).await
        }
        Err(problem) => Err(problem),
    }
}

async fn saved(visit: &Visit, service: Result<Service, Problem>) -> Result<(), Problem> {
    let service = service?;
    if !desk::save_service(&visit.app.store, &service).await? {
        let max = usize::try_from(desk::SERVICES_MAX).unwrap_or(usize::MAX);
        return Err(Problem::invalid("slug", Wrong::TooMany { max }));
    }
    visit.record("service.saved", &service.slug).await
}

pub(super) async fn set_health(Path(slug): Path<String>, Form { visit, fields }: Form) -> Result<Response, Problem> {
    visit.must_see(Verb::ReadHealth)?;
    visit.must_be_allowed(Verb::SetHealth)?;
    let service = visit.desk.services.keys().find(|known| known.as_str() == slug).cloned().ok_or(Problem::NotFound)?;
    let mut reading = Reading::of(&fields, visit.locale.zone);
    let report = Report::read(&mut reading);
    let customer: Option<CustomerId> = reading.optional("customer");
    match recorded(&visit, service, customer, reading.finish(report)).await {
        Ok(()) => Ok(visit.done(PAGE, Said::HealthRecorded)),
        Err(problem) if is_for_the_form(&problem) => {
            let refused = refused(&visit, &format!("services/{slug}/health"), &fields, &problem);
            show(&visit, status(&problem), Some(refused)).await
        }
        Err(problem) => Err(problem),
    }
}

async fn recorded(
    visit: &Visit,
    service: Slug,
    customer: Option<CustomerId>,
    report: Result<Report, Problem>,
) -> Result<(), Problem> {
    let report = report?;
    let store = &visit.app.store;
    if let Some(id) = customer
        && watchdesk_store::directory::customer(store, id).await?.is_none()
    {
        return Err(Problem::no_such("customer"));
    }
    visit.record("health.recorded", &service).await?;
    desk::set_health(store, &report.health(visit, service, customer)).await?;
    Ok(())
}
