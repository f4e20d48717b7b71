//! `watchdesk user`: the people of the desk.

use std::process::ExitCode;

use watchdesk_core::desk::Language;
use watchdesk_core::rights::Role;
use watchdesk_store::auth::{self, Purpose};
use watchdesk_store::directory::{self, Agent, AgentFields};
use watchdesk_store::{Store, StoreError};

use crate::cli::User;
use crate::commands::{agent_by_email, password_from_stdin};
use crate::config::Config;
use crate::desk;
use crate::exit::{DATA, Failure};

/// How long a link to sign in once is good for.
pub const LINK_HOURS: i64 = 24;
/// People that `list` shows at a time from the database.
const LIST_PAGE: u64 = 200;

pub async fn run(config: &Config, command: User) -> anyhow::Result<ExitCode> {
    let store = desk::open(config).await?;
    match command {
        User::Add { email, name, role, teams, language, password_stdin } => {
            check_address(&email)?;
            let teams = teams_by_slug(&store, &teams).await?;
            let language = language.map_or_else(|| config.language(), |tag| Language::of_tag(&tag));
            let time_zone = config.desk.time_zone.clone();
            let password = if password_stdin { Some(password_from_stdin()?) } else { None };
            let fields = AgentFields { email, name, role, language, time_zone, active: true, teams };
            add(&store, config, fields, password).await?;
        }
        User::List { json } => list(&store, json).await?,
        User::Password { email } => {
            let agent = agent_by_email(&store, &email).await?;
            auth::set_password(&store, agent.id, &password_from_stdin()?).await?;
            println!("The password is set; all sessions of {} have ended.", agent.name);
        }
        User::Link { email } => {
            let agent = agent_by_email(&store, &email).await?;
            println!("{}", sign_in_link(&store, &link_base(config)?, &agent, Purpose::PasswordReset).await?);
        }
        User::Deactivate { email } => {
            let agent = agent_by_email(&store, &email).await?;
            let fields = AgentFields { active: false, ..fields_of(&agent) };
            directory::update_agent(&store, agent.id, fields).await?;
            println!("{} has no access any more.", agent.name);
        }
    }
    store.close().await?;
    Ok(ExitCode::SUCCESS)
}

/// Whoever has no address cannot sign in, and cannot be told anything.
fn check_address(email: &str) -> Result<(), Failure> {
    let parts = email.trim().split_once('@');
    let is_address =
        parts.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'));
    if is_address && !email.trim().contains(char::is_whitespace) {
        return Ok(());
    }
    Err(Failure::new(DATA, format!("\"{email}\" is not an e-mail address such as li.na@example.cn")))
}

async fn add(store: &Store, config: &Config, fields: AgentFields, password: Option<String>) -> anyhow::Result<()> {
    let email = fields.email.clone();
    let agent = match directory::create_agent(store, fields).await {
        Err(StoreError::Taken { .. }) => {
            return Err(Failure::new(DATA, format!("somebody here already has the address {email}")).into());
        }
        agent => agent?,
    };
    match password {
        Some(password) => {
            auth::set_password(store, agent.id, &password).await?;
            println!("{} can sign in.", agent.name);
        }
        None => println!("{}", sign_in_link(store, &link_base(config)?, &agent, Purpose::Invitation).await?),
    }
    Ok(())
}

fn fields_of(agent: &Agent) -> AgentFields {
    AgentFields {
        email: agent.email.clone(),
        name: agent.name.clone(),
        role: agent.role,
        language: agent.language,
        time_zone: agent.time_zone.clone(),
        active: agent.active,
        teams: agent.teams.clone(),
    }
}

fn link_base(config: &Config) -> anyhow::Result<String> {
    Ok(config.base_url(config.http.listen.parse()?))
}

/// Good for one use, and for [`LINK_HOURS`].
pub async fn sign_in_link(
    store: &Store,
    base_url: &str,
    agent: &Agent,
    purpose: Purpose,
) -> Result<String, StoreError> {
    let secret = auth::create_link(store, purpose, agent.id, chrono::Duration::hours(LINK_HOURS)).await?;
    Ok(format!("{base_url}/welcome/{secret}"))
}

async fn teams_by_slug(
    store: &Store,
    slugs: &[String],
) -> anyhow::Result<std::collections::BTreeSet<watchdesk_core::ids::TeamId>> {
    let teams = directory::teams(store).await?;
    let find = |slug: &String| {
        let team = teams.iter().find(|team| team.slug.as_str() == slug);
        team.map(|team| team.id).ok_or_else(|| {
            let known: Vec<_> = teams.iter().map(|team| team.slug.as_str()).collect();
            Failure::new(DATA, format!("there is no team \"{slug}\"; there are {}", known.join(", "))).into()
        })
    };
    slugs.iter().map(find).collect()
}

async fn list(store: &Store, json: bool) -> anyhow::Result<()> {
    let mut people = Vec::new();
    let mut cursor = None;
    loop {
        let page = directory::agents(store, LIST_PAGE, cursor.as_ref()).await?;
        people.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    if json {
        let people: Vec<_> = people.iter().map(as_json).collect();
        println!("{}", serde_json::to_string_pretty(&people)?);
        return Ok(());
    }
    for agent in people {
        let note = if agent.active { "" } else { "  (no access)" };
        println!("{:8}  {:32}  {}{note}", agent.role.as_str(), agent.email, agent.name);
    }
    Ok(())
}

fn as_json(agent: &Agent) -> serde_json::Value {
    serde_json::json!({
        "id": agent.id,
        "email": agent.email,
        "name": agent.name,
        "role": agent.role,
        "active": agent.active,
    })
}

/// The first administrator of a new desk; he chooses his name and password behind the link.
pub async fn first_administrator(store: &Store, config: &Config, base_url: &str) -> anyhow::Result<Option<String>> {
    if directory::any_agent(store).await? {
        return Ok(None);
    }
    let fields = AgentFields {
        email: format!("admin@{}", config.mail_domain()),
        name: "Administrator".to_owned(),
        role: Role::Admin,
        language: config.language(),
        time_zone: config.desk.time_zone.clone(),
        active: true,
        teams: std::collections::BTreeSet::new(),
    };
    let agent = directory::create_agent(store, fields).await?;
    Ok(Some(sign_in_link(store, base_url, &agent, Purpose::SignIn).await?))
}
