//! The people of the desk, for administrators.

use std::collections::BTreeSet;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use uuid::Uuid;
use watchdesk_core::ids::{AgentId, Slug, TeamId};
use watchdesk_core::rights::{Role, Verb};
use watchdesk_store::PAGE_ITEMS_MAX;
use watchdesk_store::auth::{self, Purpose};
use watchdesk_store::directory::{self, Agent, AgentFields};
use watchdesk_templates::pages::{Nav, PeoplePage, PersonRow, Refused};

use super::answer::Said;
use super::names::{Staff, initials};
use super::reading::{Reading, version};
use super::refused::{is_for_the_form, refused, status, taken_in};
use super::shell::shell;
use super::visit::{Form, Visit};
use crate::forms::FormFields;
use crate::input::{Email, Line};
use crate::problem::Problem;

const PAGE: &str = "/people";
const LINK_HOURS: i64 = 24;

/// What is shown above the list.
#[derive(Default)]
struct News {
    invitation: Option<String>,
    refused: Option<Refused>,
}

pub(super) async fn page(visit: Visit) -> Result<Response, Problem> {
    visit.must_see(Verb::ManagePeople)?;
    show(&visit, StatusCode::OK, News::default()).await
}

async fn show(visit: &Visit, status: StatusCode, news: News) -> Result<Response, Problem> {
    let (people, staff) = tokio::try_join!(
        directory::agents(&visit.app.store, PAGE_ITEMS_MAX, None),
        Staff::load(visit, std::iter::empty()),
    )?;
    let mut shell = shell(visit, Nav::People).await?;
    shell.path = PAGE.to_owned();
    let page = PeoplePage {
        shell,
        people: people.items.iter().map(|agent| row(visit, agent, &staff)).collect(),
        teams: staff.team_slugs(visit),
        invitation: news.invitation,
        refused: news.refused,
    };
    visit.page_with(status, &page)
}

fn row(visit: &Visit, agent: &Agent, staff: &Staff) -> PersonRow {
    PersonRow {
        id: agent.id.to_string(),
        version: super::fingerprint(agent),
        name: agent.name.clone(),
        initials: initials(&agent.name),
        email: agent.email.clone(),
        role: agent.role.as_str().to_owned(),
        teams: agent.teams.iter().filter_map(|id| staff.slug_of_team(*id)).collect(),
        active: agent.active,
        me: agent.id == visit.agent.id,
        invited: !agent.has_password,
    }
}

/// Somebody new, and the link by which he comes in.
pub(super) async fn invite(Form { visit, fields }: Form) -> Result<Response, Problem> {
    visit.must_see(Verb::ManagePeople)?;
    match invited(&visit, &fields).await {
        Ok(link) => show(&visit, StatusCode::OK, News { invitation: Some(link), refused: None }).await,
        Err(problem) => refuse(&visit, "people", &fields, problem).await,
    }
}

async fn invited(visit: &Visit, fields: &FormFields) -> Result<String, Problem> {
    let typed = Typed::read(visit, fields).await?;
    let new = AgentFields {
        email: typed.email,
        name: typed.name,
        role: typed.role,
        language: visit.agent.language,
        time_zone: visit.agent.time_zone.clone(),
        active: true,
        teams: typed.teams,
    };
    let agent = directory::create_agent(&visit.app.store, new).await?;
    visit.record("agent.created", agent.id).await?;
    fresh_link(visit, &agent).await
}

/// A link that replaces a forgotten password, or an invitation that went stale.
pub(super) async fn link(Path(id): Path<Uuid>, Form { visit, .. }: Form) -> Result<Response, Problem> {
    visit.must_see(Verb::ManagePeople)?;
    let agent = directory::agent(&visit.app.store, AgentId(id)).await?.ok_or(Problem::NotFound)?;
    let link = fresh_link(&visit, &agent).await?;
    show(&visit, StatusCode::OK, News { invitation: Some(link), refused: None }).await
}

async fn fresh_link(visit: &Visit, agent: &Agent) -> Result<String, Problem> {
    let purpose = if agent.has_password { Purpose::PasswordReset } else { Purpose::Invitation };
    let lifetime = chrono::Duration::hours(LINK_HOURS);
    let secret = auth::create_link(&visit.app.store, purpose, agent.id, lifetime).await?;
    visit.record("agent.link_created", agent.id).await?;
    Ok(format!("{}/welcome/{secret}", visit.app.options.base_url))
}

pub(super) async fn change(Path(id): Path<Uuid>, Form { visit, fields }: Form) -> Result<Response, Problem> {
    visit.must_see(Verb::ManagePeople)?;
    let agent = directory::agent(&visit.app.store, AgentId(id)).await?.ok_or(Problem::NotFound)?;
    match changed(&visit, &fields, &agent).await {
        Ok(()) => Ok(visit.done(PAGE, Said::Saved)),
        Err(problem) => refuse(&visit, &format!("people/{id}"), &fields, problem).await,
    }
}

async fn changed(visit: &Visit, fields: &FormFields, agent: &Agent) -> Result<(), Problem> {
    if version(fields)? != super::fingerprint(agent) {
        return Err(Problem::Stale { current: None });
    }
    let typed = Typed::read(visit, fields).await?;
    // Who locks himself out may lock everybody out.
    if agent.id == visit.agent.id && (!typed.active || typed.role != agent.role) {
        let field = if typed.active { "role" } else { "active" };
        return Err(Problem::invalid(field, crate::input::Wrong::NotYourself));
    }
    let new = AgentFields {
        email: typed.email,
        name: typed.name,
        role: typed.role,
        language: agent.language,
        time_zone: agent.time_zone.clone(),
        active: typed.active,
        teams: typed.teams,
    };
    directory::update_agent(&visit.app.store, agent.id, new).await?.ok_or(Problem::NotFound)?;
    visit.record("agent.changed", agent.id).await
}

struct Typed {
    name: String,
    email: String,
    role: Role,
    teams: BTreeSet<TeamId>,
    active: bool,
}

impl Typed {
    async fn read(visit: &Visit, fields: &FormFields) -> Result<Self, Problem> {
        let mut reading = Reading::of(fields, visit.locale.zone);
        let name: Option<Line> = reading.required("name");
        let email: Option<Email> = reading.required("email");
        let role: Option<Role> = reading.required("role");
        let slugs: Vec<Slug> = reading.all("teams");
        let active = reading.checked("active");
        let ((name, email), role) = reading.finish(name.zip(email).zip(role))?;
        let staff = Staff::load(visit, std::iter::empty()).await?;
        let team = |slug: &Slug| staff.team_by_slug(slug).ok_or_else(|| Problem::no_such("teams"));
        let teams = slugs.iter().map(team).collect::<Result<_, _>>()?;
        Ok(Self { name: name.0, email: email.0, role, teams, active })
    }
}

async fn refuse(visit: &Visit, form: &str, fields: &FormFields, problem: Problem) -> Result<Response, Problem> {
    let problem = taken_in(problem, "email");
    if !is_for_the_form(&problem) {
        return Err(problem);
    }
    let refused = refused(visit, form, fields, &problem);
    show(visit, status(&problem), News { invitation: None, refused: Some(refused) }).await
}
