//! The operator's incidents, and the tickets they explain.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use watchdesk_core::command::{Command, Unit};
use watchdesk_core::ids::{CustomerId, Slug, TicketId, TicketNumber};
use watchdesk_core::rights::Verb;
use watchdesk_store::PAGE_ITEMS_MAX;
use watchdesk_store::incidents::{self, Incident, IncidentFilter, SUGGESTED_MAX, Source};
use watchdesk_store::tickets::{self, TicketRecord};
use watchdesk_templates::pages::{
    Choice, IncidentPage, IncidentPost, IncidentRow, IncidentTicket, IncidentsPage, Nav, Refused,
};

use super::answer::Said;
use super::names;
use super::queue::parsed;
use super::reading::Reading;
use super::refused::{is_for_the_form, refused, status};
use super::shell::shell;
use super::visit::{Form, Visit};
use crate::incidents::{LINKED_AT_ONCE_MAX, Told, record};
use crate::input::{Line, Prose, Wrong};
use crate::problem::{Conflict, Problem};

const PAGE: &str = "/incidents";
const ROWS: u64 = 50;
/// Linked tickets that the page of an incident shows.
const LINKED_SHOWN_MAX: u64 = 100;

pub(super) async fn page(visit: Visit) -> Result<Response, Problem> {
    visit.must_see(Verb::ReadHealth)?;
    show_all(&visit, StatusCode::OK, None).await
}

async fn show_all(visit: &Visit, status: StatusCode, refused: Option<Refused>) -> Result<Response, Problem> {
    let state = visit.query.filled("state").unwrap_or_default();
    let open = match state {
        "" | "open" => Some(true),
        "over" => Some(false),
        "all" => None,
        _ => return Err(Problem::no_such("state")),
    };
    let cursor = parsed("cursor", visit.query.filled("cursor").unwrap_or_default(), |text| text.parse().ok())?;
    let filter = IncidentFilter { open, ..IncidentFilter::default() };
    let found = incidents::list(&visit.app.store, &filter, cursor.as_ref(), ROWS).await?;
    let mut shell = shell(visit, Nav::Services).await?;
    shell.path = PAGE.to_owned();
    let page = IncidentsPage {
        shell,
        state: state.to_owned(),
        incidents: found.items.iter().map(|incident| row(visit, incident)).collect(),
        next: found.next.map(|cursor| format!("{PAGE}?state={state}&cursor={cursor}")),
        may_record: visit.may(Verb::SetHealth),
        services: visit
            .desk
            .services
            .keys()
            .map(|slug| Choice::new(slug.as_str(), names::service(visit, slug)))
            .collect(),
        customers: names::customer_choices(visit, None).await?,
        refused,
    };
    visit.page_with(status, &page)
}

/// The operator's words that the catalogues know, without capitals; others are shown as they came.
const STATUSES: [&str; 15] = [
    "operational",
    "degraded",
    "interrupted",
    "restored",
    "serviceoperational",
    "investigating",
    "restoringservice",
    "verifyingservice",
    "servicerestored",
    "postincidentreviewpublished",
    "servicedegradation",
    "serviceinterruption",
    "extendedrecovery",
    "falsepositive",
    "investigationsuspended",
];

fn status_words(visit: &Visit, status: &str) -> String {
    let word = status.to_ascii_lowercase();
    if STATUSES.contains(&word.as_str()) {
        visit.say(&format!("incident_status.{word}"), &[])
    } else {
        status.to_owned()
    }
}

fn row(visit: &Visit, incident: &Incident) -> IncidentRow {
    IncidentRow {
        reference: incident.reference.clone(),
        title: if incident.title.trim().is_empty() { incident.reference.clone() } else { incident.title.clone() },
        service: names::service(visit, &incident.service),
        open: incident.is_open,
        status: status_words(visit, &incident.status),
        by_hand: incident.source == Source::Manual,
        everybody: incident.for_all,
        customers: incident.customers.len(),
        started_at: incident.started_at,
        ended_at: incident.ended_at,
    }
}

pub(super) async fn create(Form { visit, fields }: Form) -> Result<Response, Problem> {
    visit.must_see(Verb::ReadHealth)?;
    visit.must_be_allowed(Verb::SetHealth)?;
    let mut reading = Reading::of(&fields, visit.locale.zone);
    let reference: Option<Line> = reading.required("reference");
    let title: Option<Line> = reading.required("title");
    let service: Option<Slug> = reading.required("service");
    let impact: Option<Prose> = reading.optional("impact");
    let customer: Option<CustomerId> = reading.optional("customer");
    let read = reading.finish(reference.zip(title).zip(service));
    let recorded = match read {
        Ok(((reference, title), service)) => {
            let impact = impact.map(|impact| impact.0).unwrap_or_default();
            let told =
                Told { reference: reference.0, service, title: title.0, impact, customer, started_at: visit.now };
            put_on_record(&visit, told).await
        }
        Err(problem) => Err(problem),
    };
    match recorded {
        Ok(reference) => Ok(visit.done(&format!("{PAGE}/{reference}"), Said::IncidentRecorded)),
        Err(problem) if is_for_the_form(&problem) => {
            let refused = refused(&visit, "incidents", &fields, &problem);
            show_all(&visit, status(&problem), Some(refused)).await
        }
        Err(problem) => Err(problem),
    }
}

async fn put_on_record(visit: &Visit, told: Told) -> Result<String, Problem> {
    let incident = record(&visit.app.store, &visit.desk, told, visit.now).await?;
    visit.record("incident.recorded", &incident.reference).await?;
    Ok(incident.reference)
}

pub(super) async fn one(visit: Visit, Path(reference): Path<String>) -> Result<Response, Problem> {
    let incident = find(&visit, &reference).await?;
    show_one(&visit, incident, StatusCode::OK, None).await
}

async fn find(visit: &Visit, reference: &str) -> Result<Incident, Problem> {
    visit.must_see(Verb::ReadHealth)?;
    incidents::by_reference(&visit.app.store, reference).await?.ok_or(Problem::NotFound)
}

async fn show_one(
    visit: &Visit,
    incident: Incident,
    status: StatusCode,
    refused: Option<Refused>,
) -> Result<Response, Problem> {
    let store = &visit.app.store;
    let visibility = visit.visibility();
    let (posts, linked, linked_count, mut suggested) = tokio::try_join!(
        incidents::entries(store, &incident.reference, PAGE_ITEMS_MAX),
        incidents::linked_after(store, &incident.reference, None, LINKED_SHOWN_MAX),
        incidents::linked_count(store, &incident.reference),
        incidents::suggested(store, &visibility, &incident, SUGGESTED_MAX),
    )?;
    if !incident.is_open {
        suggested.clear();
    }
    let linked = seen(visit, &linked).await?;
    let of_tickets = linked.iter().chain(&suggested).filter_map(|record| record.ticket.customer);
    let customers = names::customer_names(visit, of_tickets.chain(incident.customers.iter().copied())).await?;
    let ticket = |record: &TicketRecord| listed(record, &incident.reference, &customers);
    let mut shell = shell(visit, Nav::Services).await?;
    shell.path = format!("{PAGE}/{}", incident.reference);
    let page = IncidentPage {
        shell,
        incident: row(visit, &incident),
        impact: incident.impact.clone(),
        concerned: incident.customers.iter().filter_map(|id| customers.get(id).cloned()).collect(),
        posts: posts.into_iter().map(|post| IncidentPost { at: post.at, body: post.body }).collect(),
        linked: linked.iter().map(ticket).collect(),
        linked_count,
        suggested: suggested.iter().map(ticket).collect(),
        may_link: visit.may(Verb::WorkTicket),
        may_end: visit.may(Verb::SetHealth),
        refused,
    };
    visit.page_with(status, &page)
}

async fn seen(visit: &Visit, ids: &[TicketId]) -> Result<Vec<TicketRecord>, Problem> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let visibility = visit.visibility();
    let records = tickets::by_ids(&visit.app.store, ids).await?;
    Ok(records.into_iter().filter(|record| visibility.admits(&record.ticket)).collect())
}

fn listed(record: &TicketRecord, reference: &str, customers: &BTreeMap<CustomerId, String>) -> IncidentTicket {
    let ticket = &record.ticket;
    IncidentTicket {
        number: ticket.number.0,
        subject: record.words.subject.clone(),
        customer: ticket.customer.and_then(|id| customers.get(&id).cloned()),
        state: ticket.state.kind().as_str().to_owned(),
        severity: ticket.severity.map(|severity| severity.as_str().to_owned()),
        opened_at: ticket.opened_at,
        retest: ticket.retests.contains(reference),
    }
}

/// A person says that it is over.
pub(super) async fn end(Path(reference): Path<String>, Form { visit, fields }: Form) -> Result<Response, Problem> {
    let incident = find(&visit, &reference).await?;
    visit.must_be_allowed(Verb::SetHealth)?;
    Reading::of(&fields, visit.locale.zone).finish(Some(()))?;
    if !incidents::end(&visit.app.store, &incident.reference, visit.now).await? {
        return Err(Problem::Conflict(Conflict::IncidentOver));
    }
    visit.record("incident.ended", &incident.reference).await?;
    Ok(visit.done(&format!("{PAGE}/{}", incident.reference), Said::IncidentEnded))
}

/// Links the chosen tickets, each by itself; the first refusal is shown, and keeps no other back.
pub(super) async fn link(Path(reference): Path<String>, Form { visit, fields }: Form) -> Result<Response, Problem> {
    let incident = find(&visit, &reference).await?;
    visit.must_be_allowed(Verb::WorkTicket)?;
    let mut reading = Reading::of(&fields, visit.locale.zone);
    let numbers = reading.ticket_numbers("tickets");
    if numbers.len() > LINKED_AT_ONCE_MAX {
        reading.wrong("tickets", Wrong::TooMany { max: LINKED_AT_ONCE_MAX });
    }
    let linked = match reading.finish(Some(numbers)) {
        Ok(numbers) => link_each(&visit, &incident, &numbers).await,
        Err(problem) => Err(problem),
    };
    match linked {
        Ok(()) => Ok(visit.done(&format!("{PAGE}/{}", incident.reference), Said::Linked)),
        Err(problem) if is_for_the_form(&problem) => {
            let form = format!("incidents/{}/tickets", incident.reference);
            let refused = refused(&visit, &form, &fields, &problem);
            show_one(&visit, incident, status(&problem), Some(refused)).await
        }
        Err(problem) => Err(problem),
    }
}

async fn link_each(visit: &Visit, incident: &Incident, numbers: &[TicketNumber]) -> Result<(), Problem> {
    let store = &visit.app.store;
    let visibility = visit.visibility();
    let mut first = Ok(());
    for number in numbers {
        let found = tickets::by_number(store, *number).await?.filter(|record| visibility.admits(&record.ticket));
        let record = found.ok_or_else(|| Problem::no_such("tickets"))?;
        let command = Command::LinkIncident { reference: incident.reference.clone() };
        if let Err(error) = store.execute(visit.rights(), Unit::ticket(record.ticket.id, command)).await {
            first = first.and(Err(error.into()));
        }
    }
    first
}
