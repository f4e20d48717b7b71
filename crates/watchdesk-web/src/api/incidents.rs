//! The operator's incidents, and the tickets they explain.

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use watchdesk_core::Instant;
use watchdesk_core::command::{Command, RetestOutcome, Unit};
use watchdesk_core::ids::{CustomerId, Slug, TicketNumber};
use watchdesk_core::rights::Verb;
use watchdesk_store::incidents::{self, Entry, Incident, IncidentFilter, SUGGESTED_MAX};
use watchdesk_store::{Cursor, PAGE_ITEMS_MAX, desk};

use super::actions::at_or_now;
use super::answer::{Answer, Answered, Listed, list as listed};
use super::customers::record;
use super::request::{Call, Query, Target, named_ticket, path_part};
use super::tickets::carry_out;
use super::views::TicketView;
use super::words::plain_words;
use crate::app::App;
use crate::incidents::{self as shared, LINKED_AT_ONCE_MAX, Told};
use crate::input::{InQuery, Limit, Line, Prose, Wrong, choices, request};
use crate::middleware::authenticate::Caller;
use crate::problem::{Conflict, Problem};

choices! {
    RetestOutcome { "persists" => RetestOutcome::Persists, "gone" => RetestOutcome::Gone }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Incident)]
pub(crate) struct IncidentView {
    /// The operator's own number.
    reference: String,
    service: String,
    title: String,
    impact: String,
    /// `incident` or `advisory`, in the operator's word.
    classification: String,
    /// In the operator's word.
    status: String,
    /// `connector`: the operator's interface says so; `manual`: a person of the desk does.
    source: &'static str,
    open: bool,
    /// It concerns everybody; else the customers named.
    everybody: bool,
    customers: Vec<Uuid>,
    started_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    modified_at: DateTime<Utc>,
}

impl From<Incident> for IncidentView {
    fn from(incident: Incident) -> Self {
        Self {
            reference: incident.reference,
            service: incident.service.to_string(),
            title: incident.title,
            impact: incident.impact,
            classification: incident.classification,
            status: incident.status,
            source: incident.source.as_str(),
            open: incident.is_open,
            everybody: incident.for_all,
            customers: incident.customers.into_iter().map(|id| id.0).collect(),
            started_at: incident.started_at,
            ended_at: incident.ended_at,
            modified_at: incident.modified_at,
        }
    }
}

/// What the operator said of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IncidentPost)]
pub(crate) struct PostView {
    at: DateTime<Utc>,
    body: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IncidentDetail)]
pub(crate) struct DetailView {
    #[serde(flatten)]
    incident: IncidentView,
    /// The latest first.
    posts: Vec<PostView>,
    /// How many tickets are linked to it.
    linked: u64,
    /// Unfinished tickets that it may explain: about its service, of those it concerns, and not linked.
    suggested: Vec<i64>,
}

/// `{reference}` in the path.
#[derive(Debug)]
pub(crate) struct IncidentTarget(pub Incident);

impl FromRequestParts<App> for IncidentTarget {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, app).await?;
        caller.must_see(Verb::ReadHealth)?;
        let reference = path_part(parts, app, "reference").await?;
        incidents::by_reference(&app.store, &reference).await?.map(Self).ok_or(Problem::NotFound)
    }
}

request! {
    pub(crate) struct IncidentsQuery {
        open: Option<InQuery<bool>>,
        service: Option<Slug>,
        /// Those that concern this customer, or everybody.
        customer: Option<CustomerId>,
        limit: Limit,
        cursor: Option<Cursor>,
    }
}

/// The last begun first.
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<IncidentsQuery>,
) -> Listed<IncidentView> {
    caller.must_see(Verb::ReadHealth)?;
    let filter =
        IncidentFilter { open: query.open.map(|open| open.0), service: query.service, customer: query.customer };
    let page = incidents::list(&app.store, &filter, query.cursor.as_ref(), query.limit.0).await?;
    Ok(listed(page, IncidentView::from))
}

pub(crate) async fn read(
    State(app): State<App>,
    caller: Caller,
    IncidentTarget(incident): IncidentTarget,
) -> Answered<DetailView> {
    Ok(Answer::ok(detail(&app, &caller, incident).await?))
}

async fn detail(app: &App, caller: &Caller, incident: Incident) -> Result<DetailView, Problem> {
    let store = &app.store;
    let reach = caller.visibility();
    let (posts, linked, suggested) = tokio::try_join!(
        incidents::entries(store, &incident.reference, PAGE_ITEMS_MAX),
        incidents::linked_count(store, &incident.reference),
        incidents::suggested(store, &reach, &incident, SUGGESTED_MAX),
    )?;
    Ok(DetailView {
        posts: posts.into_iter().map(|Entry { at, body, .. }| PostView { at, body }).collect(),
        linked,
        suggested: suggested.iter().map(|record| record.ticket.number.0).collect(),
        incident: incident.into(),
    })
}

request! {
    /// An incident that no interface reports.
    pub(crate) struct NewIncidentRequest {
        /// The operator's number; it is what tickets are linked by.
        reference: Line,
        service: Slug,
        title: Line,
        impact: Option<Prose>,
        /// For this customer alone; else for everybody.
        customer: Option<CustomerId>,
        /// Since when; never later than now.
        at: Option<Instant>,
    }
}

pub(crate) async fn create(State(app): State<App>, call: Call<NewIncidentRequest>) -> Answered<DetailView> {
    call.caller.must_see(Verb::ReadHealth)?;
    call.caller.must_be_allowed(Verb::SetHealth)?;
    let now = app.store.now().await?;
    let body = call.body.clone();
    let told = Told {
        reference: body.reference.0,
        service: body.service,
        title: body.title.0,
        impact: body.impact.map(|impact| impact.0).unwrap_or_default(),
        customer: body.customer,
        started_at: body.at.unwrap_or(now),
    };
    let incident = shared::record(&app.store, &*desk::load(&app.store).await?, told, now).await?;
    record(&app, &call.caller, "incident.recorded", &incident.reference).await?;
    let location = format!("/incidents/{}", incident.reference);
    Ok(Answer::created(location, detail(&app, &call.caller, incident).await?))
}

request! {
    pub(crate) struct EndRequest {
        /// When it ended; never later than now.
        at: Option<Instant>,
    }
}

/// A person says that it is over; its tickets are asked to try again.
pub(crate) async fn end(
    State(app): State<App>,
    IncidentTarget(incident): IncidentTarget,
    call: Call<EndRequest>,
) -> Answered<DetailView> {
    call.caller.must_be_allowed(Verb::SetHealth)?;
    let now = app.store.now().await?;
    let at = at_or_now(&app, call.body.at).await?;
    if at > now {
        return Err(Problem::invalid("at", Wrong::InTheFuture));
    }
    if !incidents::end(&app.store, &incident.reference, at.max(incident.started_at)).await? {
        return Err(Problem::Conflict(Conflict::IncidentOver));
    }
    record(&app, &call.caller, "incident.ended", &incident.reference).await?;
    let incident = incidents::by_reference(&app.store, &incident.reference).await?.ok_or(Problem::NotFound)?;
    Ok(Answer::ok(detail(&app, &call.caller, incident).await?))
}

request! {
    pub(crate) struct TicketsRequest {
        /// Each customer is told once, in his language.
        tickets: Vec<TicketNumber>,
    }
}

/// Which were linked, and which were not and why.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IncidentLinks)]
pub(crate) struct LinksView {
    linked: Vec<i64>,
    refused: Vec<RefusedLink>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IncidentLinkRefused)]
pub(crate) struct RefusedLink {
    number: i64,
    why: String,
}

/// Each ticket by itself: one that cannot be linked keeps no other back.
pub(crate) async fn link(
    State(app): State<App>,
    IncidentTarget(incident): IncidentTarget,
    call: Call<TicketsRequest>,
) -> Answered<LinksView> {
    call.caller.must_be_allowed(Verb::WorkTicket)?;
    if call.body.tickets.len() > LINKED_AT_ONCE_MAX {
        return Err(Problem::invalid("tickets", Wrong::TooMany { max: LINKED_AT_ONCE_MAX }));
    }
    let mut view = LinksView { linked: Vec::new(), refused: Vec::new() };
    for number in &call.body.tickets {
        let record = named_ticket(&app, &call.caller, "tickets", *number).await?;
        let command = Command::LinkIncident { reference: incident.reference.clone() };
        match app.store.execute(call.caller.actor(), Unit::ticket(record.ticket.id, command)).await {
            Ok(_) => view.linked.push(number.0),
            Err(watchdesk_store::ExecuteError::Refused(refusal)) => {
                view.refused.push(RefusedLink { number: number.0, why: refusal.to_string() });
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Answer::ok(view))
}

request! {
    /// After the end of an incident somebody tried whether the problem is gone.
    pub(crate) struct RetestRequest {
        reference: Line,
        outcome: RetestOutcome,
        /// What was found; kept as a note.
        body: Option<Prose>,
    }
}

pub(crate) async fn retest(State(app): State<App>, ticket: Target, call: Call<RetestRequest>) -> Answered<TicketView> {
    let command = Command::Retest {
        reference: call.body.reference.0.clone(),
        outcome: call.body.outcome,
        words: call.body.body.clone().map(plain_words),
    };
    carry_out(&app, &ticket, &call, command).await
}
