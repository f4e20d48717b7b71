//! `/welcome/{token}`: a link that opens once, behind which somebody chooses name and password.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::Value;
use watchdesk_store::auth::{self, PASSWORD_BYTES_MAX, Purpose};
use watchdesk_store::directory::{self, Agent, AgentFields};
use watchdesk_templates::pages::{WelcomeError, WelcomePage};
use watchdesk_templates::text::one_line_within;

use super::let_in;
use crate::app::App;
use crate::forms::{FormFields, VisitorForm};
use crate::input::{Email, Faults, Input, Place};
use crate::pages::problem;
use crate::problem::Problem;
use crate::session::Visitor;

const PASSWORD_CHARS_MIN: usize = 12;
const NAME_CHARS_MAX: usize = 100;
const PURPOSES: [Purpose; 3] = [Purpose::Invitation, Purpose::PasswordReset, Purpose::SignIn];

/// Whose link it is, and what for. One that was used, is too old or never was is not found.
struct Link {
    token: String,
    purpose: Purpose,
    agent: Agent,
}

impl Link {
    async fn find(app: &App, token: String) -> Result<Self, Problem> {
        for purpose in PURPOSES {
            if let Some(id) = auth::link_agent(&app.store, purpose, &token).await?
                && let Some(agent) = directory::agent(&app.store, id).await?.filter(|agent| agent.active)
            {
                return Ok(Self { token, purpose, agent });
            }
        }
        Err(Problem::NotFound)
    }

    /// The first administrator's address was made up for him; everybody else's is known.
    fn email_is_fixed(&self) -> bool {
        self.purpose != Purpose::SignIn || self.agent.has_password
    }
}

pub(in crate::pages) async fn page(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let link = Link::find(&app, token).await?;
    let (name, email) = match link.email_is_fixed() {
        true => (link.agent.name.clone(), link.agent.email.clone()),
        false => (String::new(), String::new()),
    };
    show(&app, &headers, &visitor, &link, Shown { status: StatusCode::OK, name, email, error: None })
}

pub(in crate::pages) async fn welcome(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
    form: VisitorForm,
) -> Result<Response, Problem> {
    let link = Link::find(&app, token).await?;
    let chosen = match Chosen::read(&app, &link, &form.fields).await? {
        Ok(chosen) => chosen,
        Err(error) => {
            let typed = |name: &str| form.fields.get(name).unwrap_or_default().to_owned();
            let email = if link.email_is_fixed() { link.agent.email.clone() } else { typed("email") };
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            let shown = Shown { status, name: typed("name"), email, error: Some(error) };
            return show(&app, &headers, &form.visitor, &link, shown);
        }
    };
    let id = auth::use_link(&app.store, link.purpose, &link.token).await?.ok_or(Problem::NotFound)?;
    directory::update_agent(&app.store, id, chosen.fields).await?.ok_or(Problem::NotFound)?;
    auth::set_password(&app.store, id, &chosen.password).await?;
    let_in(&app, &headers, id, "/queue").await
}

struct Chosen {
    fields: AgentFields,
    password: String,
}

impl Chosen {
    async fn read(app: &App, link: &Link, fields: &FormFields) -> Result<Result<Self, WelcomeError>, Problem> {
        let name = one_line_within(fields.get("name").unwrap_or_default(), NAME_CHARS_MAX);
        let password = fields.get("password").unwrap_or_default();
        let email = match link.email_is_fixed() {
            true => Some(link.agent.email.clone()),
            false => email(fields.get("email").unwrap_or_default()),
        };
        let Some(email) = email else { return Ok(Err(WelcomeError::EmailInvalid)) };
        let somebody = directory::agent_by_email(&app.store, &email).await?;
        let error = if name.is_empty() {
            Some(WelcomeError::NameMissing)
        } else if somebody.is_some_and(|somebody| somebody.id != link.agent.id) {
            Some(WelcomeError::EmailInvalid)
        } else if password.chars().count() < PASSWORD_CHARS_MIN || password.len() > PASSWORD_BYTES_MAX {
            Some(WelcomeError::TooShort)
        } else if fields.get("password_again") != Some(password) {
            Some(WelcomeError::Different)
        } else {
            None
        };
        if let Some(error) = error {
            return Ok(Err(error));
        }
        let agent = &link.agent;
        let fields = AgentFields {
            email,
            name,
            role: agent.role,
            language: agent.language,
            time_zone: agent.time_zone.clone(),
            active: agent.active,
            teams: agent.teams.clone(),
        };
        Ok(Ok(Self { fields, password: password.to_owned() }))
    }
}

fn email(text: &str) -> Option<String> {
    Email::read(Value::from(text), &Place::Request, &mut Faults::default()).map(|email| email.0)
}

struct Shown {
    status: StatusCode,
    name: String,
    email: String,
    error: Option<WelcomeError>,
}

fn show(app: &App, headers: &HeaderMap, visitor: &Visitor, link: &Link, shown: Shown) -> Result<Response, Problem> {
    let path = format!("/welcome/{}", link.token);
    let page = WelcomePage {
        outside: problem::outside(app, visitor.csrf().to_owned(), &path),
        action: path,
        email: shown.email,
        email_fixed: link.email_is_fixed(),
        name: shown.name,
        password_length_min: i64::try_from(PASSWORD_CHARS_MIN).unwrap_or(i64::MAX),
        error: shown.error,
    };
    super::page(app, headers, visitor, shown.status, &page)
}
