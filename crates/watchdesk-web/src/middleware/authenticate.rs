//! Who calls the API. Nothing under it is reached without a token that is in force.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use uuid::Uuid;
use watchdesk_core::event::{ActorRef, MessageKind};
use watchdesk_core::ids::AgentId;
use watchdesk_core::rights::{self, Actor, Object, Verb, Visibility, authorize, visibility};
use watchdesk_core::ticket::Ticket;
use watchdesk_store::auth;

use crate::app::App;
use crate::problem::{Problem, not_allowed};

/// Tokens are shorter; what is longer is not looked up.
const TOKEN_CHARS_MAX: usize = 200;

pub(crate) const SCOPES: [&str; 2] = ["read", "write"];

/// Whoever calls, with his rights as they stand now.
#[derive(Debug, Clone)]
pub(crate) struct Caller(Arc<CallerParts>);

#[derive(Debug)]
struct CallerParts {
    actor: Actor,
    agent: AgentId,
    token: Uuid,
    scopes: BTreeSet<String>,
}

impl Caller {
    pub fn actor(&self) -> &Actor {
        &self.0.actor
    }

    pub fn agent(&self) -> AgentId {
        self.0.agent
    }

    pub fn reference(&self) -> ActorRef {
        self.0.actor.reference()
    }

    pub fn token(&self) -> Uuid {
        self.0.token
    }

    pub fn scopes(&self) -> &BTreeSet<String> {
        &self.0.scopes
    }

    pub fn visibility(&self) -> Visibility {
        visibility(&self.0.actor)
    }

    pub fn may(&self, verb: Verb) -> bool {
        authorize(&self.0.actor, verb, Object::Desk)
    }

    pub fn may_with(&self, verb: Verb, ticket: &Ticket) -> bool {
        authorize(&self.0.actor, verb, Object::Ticket(ticket))
    }

    /// To see a part of the desk: it is not there for those who may not.
    pub fn must_see(&self, verb: Verb) -> Result<(), Problem> {
        if self.may(verb) { Ok(()) } else { Err(Problem::NotFound) }
    }

    /// To do something with what one sees.
    pub fn must_be_allowed(&self, verb: Verb) -> Result<(), Problem> {
        if self.may(verb) { Ok(()) } else { Err(not_allowed(&self.0.actor)) }
    }

    pub fn may_see_cases(&self) -> bool {
        rights::may_see_cases(&self.0.actor)
    }

    pub fn may_read(&self, ticket: &Ticket, kind: MessageKind) -> bool {
        rights::may_read(&self.0.actor, ticket, kind)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or(Problem::Unauthorized)
    }
}

pub(crate) async fn authenticate(State(app): State<App>, mut request: Request, next: Next) -> Response {
    match caller(&app, request.headers(), request.method()).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

async fn caller(app: &App, headers: &HeaderMap, method: &Method) -> Result<Caller, Problem> {
    let token = token(headers).ok_or(Problem::Unauthorized)?;
    let bearer = auth::bearer(&app.store, token).await?.ok_or(Problem::Unauthorized)?;
    let needed = if [Method::GET, Method::HEAD].contains(method) { "read" } else { "write" };
    let scopes: BTreeSet<String> = bearer.scopes.into_iter().collect();
    // Without scopes a token may all that its agent may.
    if !scopes.is_empty() && !scopes.contains(needed) {
        return Err(Problem::ScopeMissing { scope: needed });
    }
    Ok(Caller(Arc::new(CallerParts { actor: bearer.actor, agent: bearer.agent, token: bearer.id, scopes })))
}

fn token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    let legal = scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.len() <= TOKEN_CHARS_MAX;
    legal.then_some(token)
}
