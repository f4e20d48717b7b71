//! What a field of a request names: an agent by id or address, a team by id or slug.

use std::collections::BTreeSet;

use uuid::Uuid;
use watchdesk_core::command::Assignment;
use watchdesk_core::ids::{AgentId, Slug, TeamId};
use watchdesk_store::{desk, directory};

use crate::app::App;
use crate::input::{Change, ListText};
use crate::problem::Problem;

pub(crate) async fn agent(app: &App, field: &str, named: &ListText) -> Result<AgentId, Problem> {
    let found = match Uuid::try_parse(&named.0) {
        Ok(id) => directory::agent(&app.store, AgentId(id)).await?,
        Err(_) => directory::agent_by_email(&app.store, &named.0).await?,
    };
    found.map(|agent| agent.id).ok_or_else(|| Problem::no_such(field))
}

pub(crate) async fn team(app: &App, field: &str, named: &ListText) -> Result<TeamId, Problem> {
    let desk = desk::load(&app.store).await?;
    let found = match Uuid::try_parse(&named.0) {
        Ok(id) => desk.teams.get(&TeamId(id)),
        Err(_) => desk.teams.values().find(|team| Slug::new(&*named.0).as_ref() == Ok(&team.slug)),
    };
    found.map(|team| team.id).ok_or_else(|| Problem::no_such(field))
}

pub(crate) async fn agents(app: &App, field: &str, named: &[ListText]) -> Result<BTreeSet<AgentId>, Problem> {
    let mut found = BTreeSet::new();
    for (index, name) in named.iter().enumerate() {
        found.insert(agent(app, &format!("{field}[{index}]"), name).await?);
    }
    Ok(found)
}

pub(crate) async fn teams(app: &App, field: &str, named: &[ListText]) -> Result<BTreeSet<TeamId>, Problem> {
    let mut found = BTreeSet::new();
    for (index, name) in named.iter().enumerate() {
        found.insert(team(app, &format!("{field}[{index}]"), name).await?);
    }
    Ok(found)
}

/// Who is to work on it. Absent leaves, `null` takes away.
pub(crate) async fn assignment(
    app: &App,
    owner: Change<ListText>,
    to: Change<ListText>,
) -> Result<Assignment, Problem> {
    let owner = match owner {
        Change::Keep => None,
        Change::To(None) => Some(None),
        Change::To(Some(named)) => Some(Some(agent(app, "owner", &named).await?)),
    };
    let team = match to {
        Change::Keep => None,
        Change::To(None) => Some(None),
        Change::To(Some(named)) => Some(Some(team(app, "team", &named).await?)),
    };
    Ok(Assignment { owner, team })
}
