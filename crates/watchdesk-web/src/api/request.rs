//! What handlers are given: who asks, for what, and under which conditions.

use std::ops::Deref;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Query as AxumQuery, RawPathParams, Request};
use axum::http::header::{CONTENT_TYPE, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use serde_json::{Map, Value};
use uuid::Uuid;
use watchdesk_core::command::Unit;
use watchdesk_core::ids::{ClockId, TicketNumber};
use watchdesk_core::rights::Verb;
use watchdesk_store::tickets::{self, TicketRecord};
use watchdesk_store::{Executed, IdempotencyKey, Request as StoreRequest};

use crate::app::App;
use crate::input::{self, Input};
use crate::middleware::authenticate::Caller;
use crate::middleware::idempotency::read_body;
use crate::problem::Problem;

/// A change somebody asks for.
#[derive(Debug)]
pub(crate) struct Call<T> {
    pub caller: Caller,
    pub expected: Expected,
    key: Option<IdempotencyKey>,
    pub body: T,
}

impl<T> Call<T> {
    /// Through the one way: all of it in one transaction, or nothing.
    pub async fn execute(&self, app: &App, unit: Unit) -> Result<Executed, Problem> {
        let expected_version = self.expected.version()?;
        let idempotency = self.key.clone();
        let request = StoreRequest { expected_version, idempotency, ..StoreRequest::from(unit) };
        Ok(app.store.execute(self.caller.actor(), request).await?)
    }
}

impl<T: Input> FromRequest<App> for Call<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let caller = Caller::from_request_parts(&mut parts, app).await?;
        let expected = Expected::of(&parts.headers);
        let key = parts.extensions.get::<IdempotencyKey>().cloned();
        let body = json(&parts.headers, body, app.options.body_bytes_max).await?;
        Ok(Self { caller, expected, key, body })
    }
}

/// A request without fields, and without a body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Nothing;

impl Input for Nothing {
    const REQUIRED: bool = false;

    fn read(value: Value, at: &input::Place<'_>, faults: &mut input::Faults) -> Option<Self> {
        input::Fields::of(value, at, faults)?.finish(faults);
        Some(Self)
    }

    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::schema::ObjectBuilder::new().into()
    }
}

/// No body is an empty object.
async fn json<T: Input>(headers: &HeaderMap, body: Body, max_bytes: usize) -> Result<T, Problem> {
    let bytes = read_body(body, max_bytes).await?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(input::read(Value::Object(Map::new()))?);
    }
    let kind = content_type(headers);
    // Both parsers bound the depth themselves.
    let value = if is_json(&kind) {
        serde_json::from_slice(&bytes).map_err(|error| Problem::Malformed { why: why(&error) })?
    } else if T::TAKES_TOML && kind == "application/toml" {
        toml_value(&bytes)?
    } else {
        return Err(Problem::UnsupportedMediaType);
    };
    Ok(input::read(value)?)
}

fn content_type(headers: &HeaderMap) -> String {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn is_json(kind: &str) -> bool {
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

fn toml_value(bytes: &[u8]) -> Result<Value, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::Malformed { why: "it is not UTF-8".to_owned() })?;
    toml::from_str(text).map_err(|error| {
        let before = &text[..error.span().map_or(0, |span| span.start.min(text.len()))];
        Problem::Malformed { why: format!("it is not TOML at line {}", before.matches('\n').count() + 1) }
    })
}

/// A file in the body, as text of one type.
#[derive(Debug)]
pub(crate) struct TextCall {
    pub caller: Caller,
    pub expected: Expected,
    pub text: String,
}

impl TextCall {
    /// Whoever may not do it learns so before he has sent anything.
    pub async fn read(
        request: Request,
        app: &App,
        kind: &str,
        check: impl FnOnce(&Caller) -> Result<(), Problem>,
    ) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let caller = Caller::from_request_parts(&mut parts, app).await?;
        check(&caller)?;
        if content_type(&parts.headers) != kind {
            return Err(Problem::UnsupportedMediaType);
        }
        let bytes = read_body(body, app.options.body_bytes_max).await?;
        let text = String::from_utf8(bytes.to_vec());
        let text = text.map_err(|_| Problem::Malformed { why: "it is not UTF-8".to_owned() })?;
        Ok(Self { caller, expected: Expected::of(&parts.headers), text })
    }
}

/// Where, and nothing of what was sent.
fn why(error: &serde_json::Error) -> String {
    format!("it is not JSON at line {}, column {}", error.line(), error.column())
}

/// The fields of the query, none of them unknown.
#[derive(Debug)]
pub(crate) struct Query<T>(pub T);

impl<T: Input> FromRequestParts<App> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        Ok(Self(input::read_pairs(pairs(&parts.uri)?)?))
    }
}

fn pairs(uri: &Uri) -> Result<Vec<(String, String)>, Problem> {
    let pairs = AxumQuery::<Vec<(String, String)>>::try_from_uri(uri);
    pairs.map(|query| query.0).map_err(|_| Problem::Malformed { why: "the query is no query".to_owned() })
}

/// `If-Match`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expected {
    /// The header is not there.
    Unsaid,
    /// `*`
    Anything,
    /// Without quotes; one of them must be the current one.
    Tags(Vec<String>),
}

impl Expected {
    fn of(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(IF_MATCH).iter().map(|value| value.to_str().unwrap_or_default()).peekable();
        if values.peek().is_none() {
            return Self::Unsaid;
        }
        let tags: Vec<&str> = values.flat_map(|list| list.split(',')).map(str::trim).collect();
        if tags.contains(&"*") {
            return Self::Anything;
        }
        // A weak tag, and anything without quotes, names no version.
        let strong = |tag: &&str| tag.strip_prefix('"')?.strip_suffix('"').map(str::to_owned);
        Self::Tags(tags.iter().filter_map(strong).collect())
    }

    /// Where a change must say what it changes.
    pub fn required(&self) -> Result<(), Problem> {
        if *self == Self::Unsaid { Err(Problem::VersionNeeded) } else { Ok(()) }
    }

    /// For what has a version number.
    pub fn version(&self) -> Result<Option<i64>, Problem> {
        match self {
            Self::Unsaid | Self::Anything => Ok(None),
            Self::Tags(tags) => match tags.as_slice() {
                [tag] => tag.parse().map(Some).map_err(|_| Problem::Stale { current: None }),
                _ => Err(Problem::Stale { current: None }),
            },
        }
    }

    /// For a change that is worked out from what was just read.
    pub fn is_version(&self, current: i64) -> Result<(), Problem> {
        match self.version()? {
            Some(expected) if expected != current => Err(Problem::Stale { current: Some(current) }),
            Some(_) | None => Ok(()),
        }
    }

    /// For what is known by its content; see [`crate::api::answer::content_tag`].
    pub fn check(&self, current: &str) -> Result<(), Problem> {
        match self {
            Self::Unsaid | Self::Anything => Ok(()),
            Self::Tags(tags) if tags.iter().any(|tag| tag == current) => Ok(()),
            Self::Tags(_) => Err(Problem::Stale { current: None }),
        }
    }
}

/// A part of the path. What cannot be there is not found.
pub(crate) async fn path_part(parts: &mut Parts, app: &App, name: &str) -> Result<String, Problem> {
    let parameters = RawPathParams::from_request_parts(parts, app).await.map_err(|_| Problem::NotFound)?;
    let found = parameters.iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| value.to_owned()).ok_or(Problem::NotFound)
}

/// `{id}` in the path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Id<T>(pub T);

impl<T: From<Uuid>> FromRequestParts<App> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let text = path_part(parts, app, "id").await?;
        Uuid::try_parse(&text).map(|id| Self(id.into())).map_err(|_| Problem::NotFound)
    }
}

/// `{slug}` in the path.
#[derive(Debug, Clone)]
pub(crate) struct Named(pub watchdesk_core::ids::Slug);

impl FromRequestParts<App> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let text = path_part(parts, app, "slug").await?;
        watchdesk_core::ids::Slug::new(text).map(Self).map_err(|_| Problem::NotFound)
    }
}

/// `{version}` in the path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Version(pub i32);

impl FromRequestParts<App> for Version {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        path_part(parts, app, "version").await?.parse().map(Self).map_err(|_| Problem::NotFound)
    }
}

/// `{clock}` in the path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NamedClock(pub ClockId);

impl FromRequestParts<App> for NamedClock {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let text = path_part(parts, app, "clock").await?;
        Uuid::try_parse(&text).map(|id| Self(ClockId(id))).map_err(|_| Problem::NotFound)
    }
}

/// The ticket that the path names; absent and forbidden alike are not found.
#[derive(Debug, Clone)]
pub(crate) struct Target(pub TicketRecord);

impl Deref for Target {
    type Target = TicketRecord;

    fn deref(&self) -> &TicketRecord {
        &self.0
    }
}

impl FromRequestParts<App> for Target {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, app).await?;
        let number = path_part(parts, app, "number").await?;
        let number = number.parse().map(TicketNumber).map_err(|_| Problem::NotFound)?;
        readable_ticket(app, &caller, number).await?.map(Self).ok_or(Problem::NotFound)
    }
}

/// The ticket, if there is one that the caller may see.
pub(crate) async fn readable_ticket(
    app: &App,
    caller: &Caller,
    number: TicketNumber,
) -> Result<Option<TicketRecord>, Problem> {
    let record = tickets::by_number(&app.store, number).await?;
    Ok(record.filter(|record| caller.may_with(Verb::ReadTicket, &record.ticket)))
}

/// A ticket that a field of the request names.
pub(crate) async fn named_ticket(
    app: &App,
    caller: &Caller,
    field: &str,
    number: TicketNumber,
) -> Result<TicketRecord, Problem> {
    readable_ticket(app, caller, number).await?.ok_or_else(|| Problem::no_such(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(value: &str) -> Expected {
        let mut headers = HeaderMap::new();
        headers.insert(IF_MATCH, value.parse().unwrap());
        Expected::of(&headers)
    }

    #[test]
    fn if_match_names_a_version() {
        assert_eq!(Expected::of(&HeaderMap::new()), Expected::Unsaid);
        assert_eq!(expected("*").version().unwrap(), None);
        assert_eq!(expected("\"7\"").version().unwrap(), Some(7));
        for nonsense in ["7", "W/\"7\"", "\"seven\"", "\"7\", \"8\""] {
            assert!(matches!(expected(nonsense).version(), Err(Problem::Stale { .. })), "{nonsense}");
        }
        assert!(expected("\"abc\", \"def\"").check("def").is_ok());
        assert!(expected("\"abc\"").check("def").is_err());
        assert!(matches!(Expected::Unsaid.required(), Err(Problem::VersionNeeded)));
    }
}
