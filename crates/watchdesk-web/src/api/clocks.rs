//! What is owed on a ticket and with its cases: clocks, how their deadlines follow, where the time went; excuses, and
//! "I have seen it".

use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use watchdesk_core::case::Case;
use watchdesk_core::clock::{Clock, Subject};
use watchdesk_core::command::{CaseCommand, Command, Step, Unit};
use watchdesk_core::desk::Language;
use watchdesk_core::explain::Explanation;
use watchdesk_core::ids::ClockId;
use watchdesk_store::{cases, directory, tickets};
use watchdesk_templates::ReaderLocale;
use watchdesk_templates::explain::explain_text;

use super::answer::{Answer, Answered, Listed, whole};
use super::cases::CaseTarget;
use super::request::{Call, NamedClock, Nothing, Query, Target};
use super::tickets::must_see_inside;
use super::views::{ClockView, TicketView, ticket_view};
use crate::app::App;
use crate::input::{Prose, request};
use crate::material::{self, Material};
use crate::middleware::authenticate::Caller;
use crate::problem::Problem;

/// The ticket's own, and for those who see cases the operator's.
pub(crate) async fn of_ticket(State(app): State<App>, caller: Caller, ticket: Target) -> Listed<ClockView> {
    must_see_inside(&caller, &ticket)?;
    let own = tickets::clocks(&app.store, ticket.ticket.id).await?;
    let cases = cases_of(&app, &caller, &ticket).await?;
    let all = own.into_iter().chain(cases.into_iter().flat_map(|case| case.clocks));
    Ok(whole(all.map(ClockView::from).collect()))
}

pub(crate) async fn of_case(_: Caller, case: CaseTarget) -> Listed<ClockView> {
    Ok(whole(case.0.clocks.into_iter().map(ClockView::from).collect()))
}

/// None for those who see no cases.
async fn cases_of(app: &App, caller: &Caller, ticket: &Target) -> Result<Vec<Case>, Problem> {
    if !caller.may_see_cases() {
        return Ok(Vec::new());
    }
    Ok(cases::of_ticket(&app.store, ticket.ticket.id).await?)
}

request! {
    pub(crate) struct ExplainQuery {
        /// Adds `text`: the account in this language.
        language: Option<Language>,
    }
}

/// How every deadline follows: rules, pauses, steps, changes, each with its reason.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Explanation)]
pub(crate) struct ExplanationView {
    #[serde(flatten)]
    #[schema(value_type = Object)]
    account: Explanation,
    /// The same in words, where a language was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

pub(crate) async fn explain(
    State(app): State<App>,
    caller: Caller,
    ticket: Target,
    Query(query): Query<ExplainQuery>,
) -> Answered<ExplanationView> {
    must_see_inside(&caller, &ticket)?;
    let material = Material::load(&app.store, &ticket, caller.may_see_cases()).await?;
    let text = match query.language {
        None => None,
        Some(language) => Some(in_words(&app, &caller, language, &material).await?),
    };
    let account = material.explain();
    Ok(Answer::ok(ExplanationView { account, text }))
}

/// As the reader would be told on the page: his zone, and names that he may know.
async fn in_words(app: &App, caller: &Caller, language: Language, material: &Material) -> Result<String, Problem> {
    let agent = directory::agent(&app.store, caller.agent()).await?;
    let zone = agent.and_then(|agent| agent.time_zone.parse().ok()).unwrap_or(app.options.time_zone);
    let names = material::names(app, material, caller.actor(), language).await?;
    Ok(explain_text(&material.explain(), ReaderLocale::new(language, zone), &names))
}

/// Whose the time was: wall seconds and seconds of the calendar, and every stretch.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Time)]
pub(crate) struct TimeView {
    #[serde(flatten)]
    #[schema(value_type = Object)]
    division: Value,
}

pub(crate) async fn time(State(app): State<App>, caller: Caller, ticket: Target) -> Answered<TimeView> {
    must_see_inside(&caller, &ticket)?;
    let material = Material::load(&app.store, &ticket, caller.may_see_cases()).await?;
    let division = material.time().ok_or(Problem::NotFound)?;
    let division = serde_json::to_value(division).map_err(Problem::internal)?;
    Ok(Answer::ok(TimeView { division }))
}

request! {
    /// A miss that is nobody's fault here. It stops no ladder; reports show the figures with and without it.
    pub(crate) struct ExcuseRequest {
        reason: Prose,
    }
}

pub(crate) async fn excuse(
    State(app): State<App>,
    ticket: Target,
    NamedClock(clock): NamedClock,
    call: Call<ExcuseRequest>,
) -> Answered<ClockView> {
    let reason = Some(call.body.reason.0.clone());
    on_ticket(&app, &ticket, clock, &call, reason).await
}

pub(crate) async fn revoke_excuse(
    State(app): State<App>,
    ticket: Target,
    NamedClock(clock): NamedClock,
    call: Call<Nothing>,
) -> Answered<ClockView> {
    on_ticket(&app, &ticket, clock, &call, None).await
}

pub(crate) async fn excuse_of_case(
    State(app): State<App>,
    case: CaseTarget,
    NamedClock(clock): NamedClock,
    call: Call<ExcuseRequest>,
) -> Answered<ClockView> {
    let clock = known(&case.0.clocks, clock).ok_or(Problem::NotFound)?;
    let reason = Some(call.body.reason.0.clone());
    carry_out(&app, clock, &call, reason).await
}

pub(crate) async fn revoke_excuse_of_case(
    State(app): State<App>,
    case: CaseTarget,
    NamedClock(clock): NamedClock,
    call: Call<Nothing>,
) -> Answered<ClockView> {
    let clock = known(&case.0.clocks, clock).ok_or(Problem::NotFound)?;
    carry_out(&app, clock, &call, None).await
}

/// A clock that `/tickets/{number}/clocks` lists: the ticket's own, or one of its cases.
async fn on_ticket<T>(
    app: &App,
    ticket: &Target,
    id: ClockId,
    call: &Call<T>,
    reason: Option<String>,
) -> Answered<ClockView> {
    let own = tickets::clocks(&app.store, ticket.ticket.id).await?;
    let cases = cases_of(app, &call.caller, ticket).await?;
    let clock = known(&own, id).or_else(|| cases.iter().find_map(|case| known(&case.clocks, id)));
    carry_out(app, clock.ok_or(Problem::NotFound)?, call, reason).await
}

fn known(clocks: &[Clock], id: ClockId) -> Option<&Clock> {
    clocks.iter().find(|clock| clock.id == id)
}

/// With a reason it is excused, without one the excuse is taken back; the clock as it then stands.
async fn carry_out<T>(app: &App, clock: &Clock, call: &Call<T>, reason: Option<String>) -> Answered<ClockView> {
    let id = clock.id;
    let unit = match clock.subject {
        Subject::Ticket(ticket) => Unit::ticket(ticket, Command::Excuse { clock: id, reason }),
        Subject::Case(case) => Unit::case(case, CaseCommand::Excuse { clock: id, reason }),
    };
    call.execute(app, unit).await?;
    let clock = tickets::clock(&app.store, id).await?.ok_or(Problem::NotFound)?;
    Ok(Answer::ok(ClockView::from(clock)))
}

request! {
    /// "I have seen it": nobody further is called.
    pub(crate) struct SeenRequest {
        /// Of this clock alone; else of all that wait for somebody, those of the ticket's cases among them.
        clock: Option<ClockId>,
    }
}

pub(crate) async fn acknowledge(
    State(app): State<App>,
    ticket: Target,
    call: Call<SeenRequest>,
) -> Answered<TicketView> {
    let own = tickets::clocks(&app.store, ticket.ticket.id).await?;
    let cases = cases_of(&app, &call.caller, &ticket).await?;
    let of_cases = cases.iter().flat_map(|case| &case.clocks);
    let all: Vec<&Clock> = own.iter().chain(of_cases).collect();
    let only = call.body.clock;
    if only.is_some_and(|id| all.iter().all(|clock| clock.id != id)) {
        return Err(Problem::no_such("clock"));
    }
    call.execute(&app, material::seen(ticket.ticket.id, all, only)).await?;
    let record = tickets::by_id(&app.store, ticket.ticket.id).await?.ok_or(Problem::NotFound)?;
    let version = record.ticket.version;
    let view = ticket_view(&app.store, &call.caller.visibility(), record).await?;
    Ok(Answer::ok(view).version(version))
}

pub(crate) async fn acknowledge_of_case(
    State(app): State<App>,
    case: CaseTarget,
    call: Call<SeenRequest>,
) -> Listed<ClockView> {
    let clock = call.body.clock;
    if clock.is_some_and(|id| known(&case.0.clocks, id).is_none()) {
        return Err(Problem::no_such("clock"));
    }
    let step = Step::Case(case.0.id, CaseCommand::AcknowledgeLadder { clock });
    call.execute(&app, Unit { steps: vec![step] }).await?;
    let case = cases::by_id(&app.store, case.0.id).await?.ok_or(Problem::NotFound)?;
    Ok(whole(case.clocks.into_iter().map(ClockView::from).collect()))
}
