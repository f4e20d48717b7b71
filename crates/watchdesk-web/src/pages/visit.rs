//! Somebody signed in who looks at a page or sends a form.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use chrono_tz::Tz;
use watchdesk_core::Instant;
use watchdesk_core::desk::{Desk, Language};
use watchdesk_core::event::MessageKind;
use watchdesk_core::rights::{self, Actor, Object, Verb, Visibility, authorize, visibility};
use watchdesk_core::ticket::Ticket;
use watchdesk_store::directory::{self, Agent};
use watchdesk_store::{audit, desk, fresh_id};
use watchdesk_templates::{Page, ReaderLocale, names};

use super::answer::{self, Said};
use super::cookies;
use super::upload::{self, File};
use crate::app::App;
use crate::forms::{FormFields, SignedForm, decoded};
use crate::problem::{Problem, not_allowed};
use crate::session::SessionActor;

/// A person, his rights, his language and zone, and the page he asks for.
#[derive(Clone)]
pub(crate) struct Visit {
    pub app: App,
    pub actor: SessionActor,
    pub agent: Agent,
    pub locale: ReaderLocale,
    pub desk: Arc<Desk>,
    pub now: Instant,
    /// Path and query.
    pub path: String,
    pub query: FormFields,
    /// What the action before left to say.
    pub said: Option<Said>,
}

impl Visit {
    async fn of(
        app: &App,
        actor: SessionActor,
        headers: &HeaderMap,
        path: String,
        query: FormFields,
    ) -> Result<Self, Problem> {
        let (now, agent, desk) =
            tokio::try_join!(app.store.now(), directory::agent(&app.store, actor.agent()), desk::load(&app.store))?;
        let agent = agent.ok_or_else(|| Problem::SignedOut { next: path.clone() })?;
        let language = cookies::language(headers).unwrap_or(agent.language);
        let zone: Tz = agent.time_zone.parse().unwrap_or(Tz::UTC);
        let locale = ReaderLocale::new(language, zone);
        Ok(Self { app: app.clone(), actor, agent, locale, desk, now, path, query, said: cookies::said(headers) })
    }

    pub fn rights(&self) -> &Actor {
        self.actor.actor()
    }

    pub fn language(&self) -> Language {
        self.locale.language
    }

    pub fn visibility(&self) -> Visibility {
        visibility(self.rights())
    }

    pub fn may(&self, verb: Verb) -> bool {
        authorize(self.rights(), verb, Object::Desk)
    }

    pub fn may_with(&self, verb: Verb, ticket: &Ticket) -> bool {
        authorize(self.rights(), verb, Object::Ticket(ticket))
    }

    /// What he may not see is not there.
    pub fn must_see(&self, verb: Verb) -> Result<(), Problem> {
        if self.may(verb) { Ok(()) } else { Err(Problem::NotFound) }
    }

    /// To do something with what he sees.
    pub fn must_be_allowed(&self, verb: Verb) -> Result<(), Problem> {
        if self.may(verb) { Ok(()) } else { Err(not_allowed(self.rights())) }
    }

    pub fn may_see_cases(&self) -> bool {
        rights::may_see_cases(self.rights())
    }

    pub fn may_read(&self, ticket: &Ticket, kind: MessageKind) -> bool {
        rights::may_read(self.rights(), ticket, kind)
    }

    /// Puts on record who changed what, where no ticket's events do.
    pub async fn record(&self, what: &str, object: impl std::fmt::Display) -> Result<(), Problem> {
        let actor = self.rights().reference();
        audit::record(&self.app.store, actor, what, &object.to_string(), serde_json::json!({})).await?;
        Ok(())
    }

    /// Words of the catalogues in his language.
    pub fn say(&self, key: &str, values: &[(&str, &dyn std::fmt::Display)]) -> String {
        names::say(self.language(), key, values)
    }

    pub fn page<P: Page>(&self, page: &P) -> Result<Response, Problem> {
        self.page_with(StatusCode::OK, page)
    }

    pub fn page_with<P: Page>(&self, status: StatusCode, page: &P) -> Result<Response, Problem> {
        let mut response = answer::html(status, self.app.engine.page(&self.locale, page)?);
        if self.said.is_some() {
            cookies::add(&mut response, cookies::nothing_said(&self.app.options));
        }
        Ok(response)
    }

    /// To the page that shows what was done.
    pub fn done(&self, path: &str, said: Said) -> Response {
        let mut response = answer::see_other(path);
        cookies::add(&mut response, cookies::say(&self.app.options, said));
        response
    }
}

impl FromRequestParts<App> for Visit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let actor = SessionActor::from_request_parts(parts, app).await?;
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let query = query(parts);
        Self::of(app, actor, &parts.headers, path, query).await
    }
}

pub(super) fn query(parts: &Parts) -> FormFields {
    let mut query = FormFields::default();
    for (name, value) in decoded(parts.uri.query().unwrap_or_default().as_bytes()) {
        query.push(name, value);
    }
    query
}

/// A form of somebody signed in; its origin and token are right.
pub(crate) struct Form {
    pub visit: Visit,
    pub fields: FormFields,
}

impl FromRequest<App> for Form {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let headers = request.headers().clone();
        let path = request.uri().path().to_owned();
        let SignedForm { actor, fields } = SignedForm::from_request(request, app).await?;
        let visit = Visit::of(app, actor, &headers, path, FormFields::default()).await?;
        Ok(Self { visit, fields })
    }
}

/// A form with files.
pub(crate) struct UploadForm {
    pub visit: Visit,
    pub fields: FormFields,
    pub files: Vec<File>,
}

impl FromRequest<App> for UploadForm {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        if !upload::is_multipart(request.headers()) {
            let Form { visit, fields } = Form::from_request(request, app).await?;
            return Ok(Self { visit, fields, files: Vec::new() });
        }
        let (mut parts, body) = request.into_parts();
        let actor = SessionActor::from_request_parts(&mut parts, app).await?;
        crate::origin::check(&parts.headers, &app.options)?;
        let (headers, path) = (parts.headers.clone(), parts.uri.path().to_owned());
        let (fields, files) = upload::read(Request::from_parts(parts, body), app).await?;
        actor.check_form(fields.get("csrf"))?;
        let visit = Visit::of(app, actor, &headers, path, FormFields::default()).await?;
        Ok(Self { visit, fields, files })
    }
}

/// A fresh id of any kind.
pub(super) fn fresh<T: From<uuid::Uuid>>() -> T {
    fresh_id().into()
}
