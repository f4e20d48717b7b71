//! `/language`: for readers signed in or not.

use axum::extract::{FromRequest, Request, State};
use axum::response::Response;
use watchdesk_core::desk::Language;
use watchdesk_core::ids::AgentId;
use watchdesk_store::StoreError;
use watchdesk_store::directory::{self, AgentFields};

use crate::app::App;
use crate::forms::{FormFields, SignedForm, VisitorForm};
use crate::pages::{answer, cookies};
use crate::problem::Problem;
use crate::session::SessionActor;

/// The browser remembers it; of somebody signed in, also the desk, for the mails it writes to him.
pub(in crate::pages) async fn choose(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let (agent, fields) = read(&app, request).await?;
    let chosen = fields.filled("lang").and_then(|tag| Language::ALL.into_iter().find(|known| known.as_str() == tag));
    let language = chosen.ok_or_else(|| Problem::invalid("lang", crate::input::Wrong::NoneOf(&["en", "zh-CN"])))?;
    if let Some(agent) = agent {
        remember(&app, agent, language).await?;
    }
    let mut response = answer::see_other(fields.filled("back").and_then(answer::local).unwrap_or("/queue"));
    cookies::add(&mut response, cookies::choose_language(&app.options, language));
    Ok(response)
}

async fn read(app: &App, request: Request) -> Result<(Option<AgentId>, FormFields), Problem> {
    if SessionActor::find(app, request.headers()).await?.is_some() {
        let form = SignedForm::from_request(request, app).await?;
        return Ok((Some(form.actor.agent()), form.fields));
    }
    Ok((None, VisitorForm::from_request(request, app).await?.fields))
}

async fn remember(app: &App, id: AgentId, language: Language) -> Result<(), StoreError> {
    let Some(agent) = directory::agent(&app.store, id).await? else { return Ok(()) };
    if agent.language == language {
        return Ok(());
    }
    let fields = AgentFields {
        email: agent.email,
        name: agent.name,
        role: agent.role,
        language,
        time_zone: agent.time_zone,
        active: agent.active,
        teams: agent.teams,
    };
    directory::update_agent(&app.store, id, fields).await.map(|_| ())
}
