//! The staff: agents, teams, and who I am.

use std::collections::BTreeSet;

use axum::extract::State;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use watchdesk_core::desk::{Language, Named};
use watchdesk_core::ids::{AgentId, Slug, TeamId};
use watchdesk_core::rights::{Role, Verb};
use watchdesk_store::Cursor;
use watchdesk_store::directory::{self, Agent, AgentFields, Team};

use super::answer::{Answer, Answered, Listed, content_tag, list as page, whole};
use super::customers::record;
use super::lookup;
use super::request::{Call, Id, Named as NamedPath, Query};
use super::views::NamedView;
use crate::app::App;
use crate::input::{Email, Limit, Line, ListText, request};
use crate::middleware::authenticate::{Caller, SCOPES};
use crate::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Agent)]
pub(crate) struct AgentView {
    id: Uuid,
    name: String,
    email: String,
    /// `admin`, `manager`, `lead`, `agent`, `sales`, `auditor`.
    role: &'static str,
    /// `en` or `zh-CN`.
    language: &'static str,
    time_zone: String,
    /// Whether he works here.
    active: bool,
    teams: Vec<Uuid>,
    created_at: DateTime<Utc>,
}

impl From<Agent> for AgentView {
    fn from(agent: Agent) -> Self {
        Self {
            id: agent.id.0,
            name: agent.name,
            email: agent.email,
            role: agent.role.as_str(),
            language: agent.language.as_str(),
            time_zone: agent.time_zone,
            active: agent.active,
            teams: agent.teams.into_iter().map(|id| id.0).collect(),
            created_at: agent.created_at,
        }
    }
}

request! {
    pub(crate) struct AgentsQuery {
        limit: Limit,
        cursor: Option<Cursor>,
    }
}

pub(crate) async fn agents(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<AgentsQuery>,
) -> Listed<AgentView> {
    caller.must_see(Verb::ReadDirectory)?;
    let found = directory::agents(&app.store, query.limit.0, query.cursor.as_ref()).await?;
    Ok(page(found, AgentView::from))
}

pub(crate) async fn agent(State(app): State<App>, caller: Caller, Id(id): Id<AgentId>) -> Answered<AgentView> {
    caller.must_see(Verb::ReadDirectory)?;
    let agent = directory::agent(&app.store, id).await?.ok_or(Problem::NotFound)?;
    Ok(Answer::ok(AgentView::from(agent)).tagged())
}

request! {
    pub(crate) struct NewAgentRequest {
        email: Email,
        name: Line,
        role: Role,
        language: Option<Language>,
        time_zone: Option<Tz>,
        /// Ids or slugs.
        teams: Option<Vec<ListText>>,
    }
}

pub(crate) async fn create_agent(State(app): State<App>, call: Call<NewAgentRequest>) -> Answered<AgentView> {
    call.caller.must_be_allowed(Verb::ManagePeople)?;
    let body = call.body.clone();
    let usual = AgentFields::default();
    let fields = AgentFields {
        email: body.email.0,
        name: body.name.0,
        role: body.role,
        language: body.language.unwrap_or(usual.language),
        time_zone: body.time_zone.map_or(usual.time_zone, |zone| zone.name().to_owned()),
        active: true,
        teams: lookup::teams(&app, "teams", &body.teams.unwrap_or_default()).await?,
    };
    let agent = directory::create_agent(&app.store, fields).await?;
    record(&app, &call.caller, "agent.created", &agent.id.to_string()).await?;
    Ok(Answer::created(format!("/agents/{}", agent.id), AgentView::from(agent)).tagged())
}

request! {
    /// Fields to set; absent ones stay as they are. Another role, or leaving, ends all sessions.
    pub(crate) struct AgentChangeRequest {
        email: Option<Email>,
        name: Option<Line>,
        role: Option<Role>,
        language: Option<Language>,
        time_zone: Option<Tz>,
        active: Option<bool>,
        /// Ids or slugs.
        teams: Option<Vec<ListText>>,
    }
}

pub(crate) async fn change_agent(
    State(app): State<App>,
    Id(id): Id<AgentId>,
    call: Call<AgentChangeRequest>,
) -> Answered<AgentView> {
    let old = directory::agent(&app.store, id).await?.ok_or(Problem::NotFound)?;
    call.caller.must_be_allowed(Verb::ManagePeople)?;
    call.expected.required()?;
    call.expected.check(&content_tag(&AgentView::from(old.clone())))?;
    let body = call.body.clone();
    let fields = AgentFields {
        email: body.email.map_or(old.email, |email| email.0),
        name: body.name.map_or(old.name, |name| name.0),
        role: body.role.unwrap_or(old.role),
        language: body.language.unwrap_or(old.language),
        time_zone: body.time_zone.map_or(old.time_zone, |zone| zone.name().to_owned()),
        active: body.active.unwrap_or(old.active),
        teams: match &body.teams {
            Some(named) => lookup::teams(&app, "teams", named).await?,
            None => old.teams,
        },
    };
    let agent = directory::update_agent(&app.store, id, fields).await?.ok_or(Problem::NotFound)?;
    record(&app, &call.caller, "agent.changed", &id.to_string()).await?;
    Ok(Answer::ok(AgentView::from(agent)).tagged())
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Team)]
pub(crate) struct TeamView {
    id: Uuid,
    slug: String,
    name: NamedView,
    members: Vec<Uuid>,
}

impl From<Team> for TeamView {
    fn from(team: Team) -> Self {
        let members = team.members.into_iter().map(|id| id.0).collect();
        Self { id: team.id.0, slug: team.slug.to_string(), name: NamedView::from(&team.name), members }
    }
}

pub(crate) async fn teams(State(app): State<App>, caller: Caller) -> Listed<TeamView> {
    caller.must_see(Verb::ReadDirectory)?;
    let teams = directory::teams(&app.store).await?;
    Ok(whole(teams.into_iter().map(TeamView::from).collect()))
}

pub(crate) async fn team(State(app): State<App>, caller: Caller, NamedPath(slug): NamedPath) -> Answered<TeamView> {
    caller.must_see(Verb::ReadDirectory)?;
    Ok(Answer::ok(TeamView::from(team_of(&app, &slug).await?)).tagged())
}

async fn team_of(app: &App, slug: &Slug) -> Result<Team, Problem> {
    let teams = directory::teams(&app.store).await?;
    teams.into_iter().find(|team| team.slug == *slug).ok_or(Problem::NotFound)
}

request! {
    /// In both languages of the desk.
    pub(crate) struct NamedInput {
        en: Line,
        zh: Line,
    }
}

impl From<NamedInput> for Named {
    fn from(input: NamedInput) -> Self {
        Self { en: input.en.0, zh: input.zh.0 }
    }
}

request! {
    pub(crate) struct NewTeamRequest {
        slug: Slug,
        name: NamedInput,
    }
}

pub(crate) async fn create_team(State(app): State<App>, call: Call<NewTeamRequest>) -> Answered<TeamView> {
    call.caller.must_be_allowed(Verb::ManagePeople)?;
    let body = call.body.clone();
    let team = directory::create_team(&app.store, &body.slug, &body.name.into()).await?;
    record(&app, &call.caller, "team.created", &team.id.to_string()).await?;
    Ok(Answer::created(format!("/teams/{}", team.slug), TeamView::from(team)).tagged())
}

request! {
    pub(crate) struct MembersRequest {
        /// Ids or addresses of agents; all there are to be.
        members: Vec<ListText>,
    }
}

pub(crate) async fn set_members(
    State(app): State<App>,
    NamedPath(slug): NamedPath,
    call: Call<MembersRequest>,
) -> Answered<TeamView> {
    let old = team_of(&app, &slug).await?;
    call.caller.must_be_allowed(Verb::ManagePeople)?;
    call.expected.required()?;
    let id: TeamId = old.id;
    call.expected.check(&content_tag(&TeamView::from(old)))?;
    let members: BTreeSet<AgentId> = lookup::agents(&app, "members", &call.body.members).await?;
    let members: Vec<AgentId> = members.into_iter().collect();
    directory::set_team_members(&app.store, id, &members).await?;
    record(&app, &call.caller, "team.members_changed", &id.to_string()).await?;
    Ok(Answer::ok(TeamView::from(team_of(&app, &slug).await?)).tagged())
}

/// Whoever the token belongs to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    #[serde(flatten)]
    agent: AgentView,
    token: Uuid,
    /// `read`, `write`.
    scopes: Vec<String>,
}

pub(crate) async fn me(State(app): State<App>, caller: Caller) -> Answered<Me> {
    let agent = directory::agent(&app.store, caller.agent()).await?.ok_or(Problem::Unauthorized)?;
    let scopes = match caller.scopes().is_empty() {
        true => SCOPES.map(str::to_owned).to_vec(),
        false => caller.scopes().iter().cloned().collect(),
    };
    Ok(Answer::ok(Me { agent: AgentView::from(agent), token: caller.token(), scopes }))
}
