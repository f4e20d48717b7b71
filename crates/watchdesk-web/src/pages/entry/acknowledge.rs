//! `/acknowledge/{token}`: "I have seen it", from the link in a call. It works without signing in, for at three in the
//! morning nobody finds his password; it says and does this one thing, as the person whom the call went to.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use chrono_tz::Tz;
use watchdesk_core::case::Case;
use watchdesk_core::clock::{Acknowledgement, Clock, StepRecord, Subject};
use watchdesk_core::ids::AgentId;
use watchdesk_core::refusal::Because;
use watchdesk_core::rights::{Actor, Object, Verb, authorize, may_see_cases};
use watchdesk_core::ticket::Ticket;
use watchdesk_store::auth::{self, CallLink};
use watchdesk_store::directory::{self, Agent};
use watchdesk_store::{ExecuteError, cases, tickets};
use watchdesk_templates::ReaderLocale;
use watchdesk_templates::pages::{AcknowledgePage, AcknowledgeStanding};

use crate::app::App;
use crate::forms::VisitorForm;
use crate::material;
use crate::pages::{answer, cookies, problem};
use crate::problem::Problem;
use crate::session::Visitor;

/// What the link is about, as the person may still see it.
struct Call {
    path: String,
    actor: Actor,
    agent: Agent,
    clock: Clock,
    case: Option<Case>,
    ticket: Ticket,
}

impl Call {
    async fn find(app: &App, token: &str) -> Result<Self, Problem> {
        let link = auth::call_link(&app.store, token).await?.ok_or(Problem::LinkOver)?;
        Self::of(app, token, link).await?.ok_or(Problem::LinkOver)
    }

    /// None: he left, may not see it any more, or it is gone.
    async fn of(app: &App, token: &str, link: CallLink) -> Result<Option<Self>, Problem> {
        let store = &app.store;
        let (actor, agent, clock) = tokio::try_join!(
            auth::actor_of_agent(store, link.agent),
            directory::agent(store, link.agent),
            tickets::clock(store, link.clock),
        )?;
        let (Some(actor), Some(agent), Some(clock)) = (actor, agent, clock) else { return Ok(None) };
        let (case, ids, clocks) = match clock.subject {
            Subject::Ticket(id) => (None, vec![id], tickets::clocks(store, id).await?),
            Subject::Case(_) if !may_see_cases(&actor) => return Ok(None),
            Subject::Case(id) => {
                let Some(case) = cases::by_id(store, id).await? else { return Ok(None) };
                let (ids, clocks) = (case.tickets.iter().copied().collect(), case.clocks.clone());
                (Some(case), ids, clocks)
            }
        };
        // A call goes over to the instance that carries on.
        let is_of_cycle = |other: &Clock| (other.objective, other.cycle) == (clock.objective, clock.cycle);
        let clock = clocks.into_iter().filter(is_of_cycle).max_by_key(|other| other.revision).unwrap_or(clock);
        let may_work = |ticket: &Ticket| authorize(&actor, Verb::WorkTicket, Object::Ticket(ticket));
        let mut seen = tickets::by_ids(store, &ids).await?.into_iter().map(|record| record.ticket);
        let ticket = seen.find(may_work);
        let path = format!("/acknowledge/{token}");
        Ok(ticket.map(|ticket| Self { path, actor, agent, clock, case, ticket }))
    }
}

/// Looking at it changes nothing: mail programs look at links by themselves.
pub(in crate::pages) async fn page(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let call = Call::find(&app, &token).await?;
    let standing = standing(&app, &call).await?;
    let latest = latest(&call.clock);
    let wanted = latest.and_then(|record| record.acknowledgement.as_ref());
    let page = AcknowledgePage {
        outside: problem::outside(&app, visitor.csrf().to_owned(), &call.path),
        action: call.path.clone(),
        standing,
        number: call.ticket.number.0,
        objective: call.clock.objective.as_str().to_owned(),
        reference: call.case.as_ref().and_then(|case| case.reference.clone()),
        missed: call.clock.missed_at.is_some(),
        deadline: call.clock.deadline,
        step: latest.map_or(1, |record| record.step + 1),
        until: wanted.and_then(until),
    };
    let language = cookies::language(&headers).unwrap_or(call.agent.language);
    let zone: Tz = call.agent.time_zone.parse().unwrap_or(Tz::UTC);
    let text = app.engine.page(&ReaderLocale::new(language, zone), &page)?;
    let mut response = answer::html(StatusCode::OK, text);
    if let Some(cookie) = visitor.cookie(&app.options) {
        cookies::add(&mut response, cookie);
    }
    Ok(response)
}

/// The last step that wanted somebody.
fn latest(clock: &Clock) -> Option<&StepRecord> {
    let wants = clock.steps.iter().filter(|record| record.acknowledgement.is_some());
    wants.max_by_key(|record| (record.repetition, record.step))
}

fn until(wanted: &Acknowledgement) -> Option<watchdesk_core::Instant> {
    let at = wanted.delivered_at.filter(|_| wanted.is_open())?;
    Some(at + chrono::Duration::seconds(wanted.within_s))
}

async fn standing(app: &App, call: &Call) -> Result<AcknowledgeStanding, Problem> {
    let wanted = || call.clock.steps.iter().filter_map(|record| record.acknowledgement.as_ref());
    if call.clock.ended_at.is_none() && wanted().any(Acknowledgement::is_open) {
        return Ok(AcknowledgeStanding::Waiting);
    }
    if let Some((by, at)) = wanted().filter_map(|wanted| wanted.by).max_by_key(|(_, at)| *at) {
        let name = name_of(app, &call.agent, by).await?;
        return Ok(AcknowledgeStanding::Seen { by: name, by_reader: by == call.agent.id, at });
    }
    Ok(match wanted().filter_map(|wanted| wanted.timed_out_at).max() {
        Some(at) if call.clock.ended_at.is_none() => AcknowledgeStanding::TimedOut { at },
        Some(_) | None => AcknowledgeStanding::Over,
    })
}

async fn name_of(app: &App, reader: &Agent, id: AgentId) -> Result<String, Problem> {
    if id == reader.id {
        return Ok(reader.name.clone());
    }
    Ok(directory::agent(&app.store, id).await?.map(|agent| agent.name).unwrap_or_default())
}

pub(in crate::pages) async fn acknowledge(
    State(app): State<App>,
    Path(token): Path<String>,
    _form: VisitorForm,
) -> Result<Response, Problem> {
    let call = Call::find(&app, &token).await?;
    let unit = material::seen(call.ticket.id, [&call.clock], Some(call.clock.id));
    match app.store.execute(&call.actor, unit).await {
        Ok(_) => {}
        // Somebody was quicker; the page says who.
        Err(ExecuteError::Refused(refusal)) if refusal.because == Because::NothingToAcknowledge => {}
        Err(error) => return Err(error.into()),
    }
    Ok(answer::see_other(&call.path))
}
