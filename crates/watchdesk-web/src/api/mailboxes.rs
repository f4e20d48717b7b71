//! The addresses that customers write to.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use watchdesk_core::desk::{Language, Named};
use watchdesk_core::ids::{MailboxId, TeamId};
use watchdesk_core::rights::Verb;
use watchdesk_store::StoreError;
use watchdesk_store::directory::{self, Mailbox, MailboxFields, Support};

use super::answer::{Answer, Answered, Listed, content_tag, whole};
use super::customers::record;
use super::lookup;
use super::people::NamedInput;
use super::request::{Call, Id};
use super::views::NamedView;
use crate::app::App;
use crate::input::{Change, Email, Line, ListText, Prose, Wrong, request};
use crate::middleware::authenticate::Caller;
use crate::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Mailbox)]
pub(crate) struct MailboxView {
    id: Uuid,
    address: String,
    name: String,
    /// Who gets what is written there.
    team: Option<Uuid>,
    /// Of answers to people whose language nobody knows.
    language: &'static str,
    signature: String,
    support: SupportView,
    active: bool,
}

/// How customers reach us; every acknowledgement says so.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Support)]
pub(crate) struct SupportView {
    phone: String,
    url: String,
    hours: NamedView,
}

impl From<Mailbox> for MailboxView {
    fn from(mailbox: Mailbox) -> Self {
        let support = mailbox.support;
        Self {
            id: mailbox.id.0,
            address: mailbox.address,
            name: mailbox.name,
            team: mailbox.team.map(|id| id.0),
            language: mailbox.language.as_str(),
            signature: mailbox.signature,
            support: SupportView { phone: support.phone, url: support.url, hours: NamedView::from(&support.hours) },
            active: mailbox.active,
        }
    }
}

pub(crate) async fn list(State(app): State<App>, caller: Caller) -> Listed<MailboxView> {
    caller.must_see(Verb::ReadDirectory)?;
    let mailboxes = directory::mailboxes(&app.store).await?;
    Ok(whole(mailboxes.into_iter().map(MailboxView::from).collect()))
}

pub(crate) async fn read(State(app): State<App>, caller: Caller, Id(id): Id<MailboxId>) -> Answered<MailboxView> {
    caller.must_see(Verb::ReadDirectory)?;
    let mailbox = directory::mailbox(&app.store, id).await?.ok_or(Problem::NotFound)?;
    Ok(Answer::ok(MailboxView::from(mailbox)).tagged())
}

request! {
    pub(crate) struct SupportInput {
        phone: Option<Line>,
        url: Option<Line>,
        /// When somebody is there, in words.
        hours: Option<NamedInput>,
    }
}

impl From<SupportInput> for Support {
    fn from(input: SupportInput) -> Self {
        let line = |line: Option<Line>| line.map(|line| line.0).unwrap_or_default();
        let nothing = Named { en: String::new(), zh: String::new() };
        Self { phone: line(input.phone), url: line(input.url), hours: input.hours.map_or(nothing, Named::from) }
    }
}

request! {
    pub(crate) struct NewMailboxRequest {
        address: Email,
        name: Line,
        /// Id or slug.
        team: Option<ListText>,
        language: Option<Language>,
        signature: Option<Prose>,
        support: Option<SupportInput>,
    }
}

async fn team(app: &App, named: Option<ListText>) -> Result<Option<TeamId>, Problem> {
    match named {
        None => Ok(None),
        Some(named) => lookup::team(app, "team", &named).await.map(Some),
    }
}

/// Here the address has a field of its own name.
fn problem(error: StoreError) -> Problem {
    match error {
        StoreError::Taken { .. } => Problem::invalid("address", Wrong::Taken),
        other => other.into(),
    }
}

pub(crate) async fn create(State(app): State<App>, call: Call<NewMailboxRequest>) -> Answered<MailboxView> {
    call.caller.must_be_allowed(Verb::Configure)?;
    let body = call.body.clone();
    let nothing = SupportInput { phone: None, url: None, hours: None };
    let fields = MailboxFields {
        address: body.address.0,
        name: body.name.0,
        team: team(&app, body.team).await?,
        language: body.language.unwrap_or(Language::English),
        signature: body.signature.map(|text| text.0).unwrap_or_default(),
        support: body.support.unwrap_or(nothing).into(),
        active: true,
    };
    let mailbox = directory::create_mailbox(&app.store, fields).await.map_err(problem)?;
    record(&app, &call.caller, "mailbox.created", &mailbox.id.to_string()).await?;
    Ok(Answer::created(format!("/mailboxes/{}", mailbox.id), MailboxView::from(mailbox)).tagged())
}

request! {
    /// Fields to set; absent ones stay as they are.
    pub(crate) struct MailboxChangeRequest {
        address: Option<Email>,
        name: Option<Line>,
        /// Id or slug.
        team: Change<ListText>,
        language: Option<Language>,
        signature: Option<Prose>,
        /// Replaces all of it.
        support: Option<SupportInput>,
        active: Option<bool>,
    }
}

pub(crate) async fn change(
    State(app): State<App>,
    Id(id): Id<MailboxId>,
    call: Call<MailboxChangeRequest>,
) -> Answered<MailboxView> {
    let old = directory::mailbox(&app.store, id).await?.ok_or(Problem::NotFound)?;
    call.caller.must_be_allowed(Verb::Configure)?;
    call.expected.required()?;
    call.expected.check(&content_tag(&MailboxView::from(old.clone())))?;
    let body = call.body.clone();
    let fields = MailboxFields {
        address: body.address.map_or(old.address, |address| address.0),
        name: body.name.map_or(old.name, |name| name.0),
        team: match body.team {
            Change::Keep => old.team,
            Change::To(named) => team(&app, named).await?,
        },
        language: body.language.unwrap_or(old.language),
        signature: body.signature.map_or(old.signature, |text| text.0),
        support: body.support.map_or(old.support, Support::from),
        active: body.active.unwrap_or(old.active),
    };
    let mailbox = directory::update_mailbox(&app.store, id, fields).await.map_err(problem)?.ok_or(Problem::NotFound)?;
    record(&app, &call.caller, "mailbox.changed", &id.to_string()).await?;
    Ok(Answer::ok(MailboxView::from(mailbox)).tagged())
}
