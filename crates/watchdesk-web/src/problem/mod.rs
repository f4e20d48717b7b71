//! Everything that can be wrong with a request, as one value. Here is the one mapping to HTTP; a program gets
//! `application/problem+json`, a person a page.

mod body;
mod refused;
mod words;

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use watchdesk_core::Refusal;
use watchdesk_store::{ExecuteError, StoreError};
use watchdesk_templates::TemplateError;

use crate::input::{Faults, FieldFault};

pub(crate) use body::{ProblemBody, as_json};
pub(crate) use refused::not_allowed;

/// What a busy or unreachable database asks of programs.
const RETRY_AFTER_S: i64 = 5;

#[derive(Debug, Clone, thiserror::Error)]
pub enum Problem {
    /// No bearer token, or one that is unknown, revoked or somebody's who does not work here any more.
    #[error("nobody we know")]
    Unauthorized,
    /// A page wants somebody signed in; `next` is where he wanted to go.
    #[error("nobody is signed in")]
    SignedOut { next: String },
    /// The token's scopes do not allow it, whoever it belongs to.
    #[error("the token lacks the scope {scope}")]
    ScopeMissing { scope: &'static str },
    /// A form that does not come from a page of ours, or from an old one.
    #[error("the form does not come from a page of ours")]
    CrossSite,
    /// Absent and forbidden alike.
    #[error("not found")]
    NotFound,
    /// A link from a mail that is too old, or whose matter is gone.
    #[error("the link does not hold any more")]
    LinkOver,
    #[error("the path does not know this method")]
    MethodNotAllowed,
    #[error("the desk refuses it")]
    Refused(#[source] Box<Refusal>),
    /// What stands in the way is no ticket and no case.
    #[error("it stands in the way")]
    Conflict(Conflict),
    #[error("fields are wrong")]
    Invalid(InvalidFields),
    /// Not JSON, not a form, not an upload.
    #[error("the body cannot be read: {why}")]
    Malformed { why: String },
    #[error("the body has another type than this path takes")]
    UnsupportedMediaType,
    #[error("the body is larger than {max_bytes} bytes")]
    TooLarge { max_bytes: usize },
    /// `If-Match` names another version than the current one.
    #[error("it changed in the meantime")]
    Stale { current: Option<i64> },
    #[error("If-Match is required")]
    VersionNeeded,
    #[error("the idempotency key was used for another request")]
    KeyReused,
    #[error("too many attempts")]
    TooManyRequests { retry_after_s: i64 },
    #[error("the answer took too long")]
    TimedOut,
    #[error("the database cannot be used right now")]
    Unavailable(#[source] Arc<StoreError>),
    #[error("the desk failed")]
    Internal(#[source] Arc<dyn std::error::Error + Send + Sync>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// The mail has a fate that is not undone.
    MailSettled,
    /// The incident has ended already.
    IncidentOver,
    /// Nobody brings the operator's customers in.
    NotSynchronised,
}

/// What is wrong with which field.
#[derive(Debug, Clone)]
pub struct InvalidFields(pub(crate) Reasons);

#[derive(Debug, Clone)]
pub(crate) enum Reasons {
    /// The request itself cannot be read.
    Faults(Faults),
    /// The desk refuses it because of what a field says.
    Refusal { field: &'static str, refusal: Box<Refusal> },
}

impl Problem {
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized | Self::SignedOut { .. } => StatusCode::UNAUTHORIZED,
            Self::ScopeMissing { .. } | Self::CrossSite => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::LinkOver => StatusCode::GONE,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Refused(_) | Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Invalid(_) | Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Malformed { .. } => StatusCode::BAD_REQUEST,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Stale { .. } => StatusCode::PRECONDITION_FAILED,
            Self::VersionNeeded => StatusCode::PRECONDITION_REQUIRED,
            Self::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::TimedOut | Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Stable, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::SignedOut { .. } => "signed_out",
            Self::ScopeMissing { .. } => "scope_missing",
            Self::CrossSite => "cross_site",
            Self::NotFound => "not_found",
            Self::LinkOver => "link_over",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Refused(refusal) => refusal.code().code,
            Self::Conflict(Conflict::MailSettled) => "mail_settled",
            Self::Conflict(Conflict::IncidentOver) => "incident_over",
            Self::Conflict(Conflict::NotSynchronised) => "not_synchronised",
            Self::Invalid(InvalidFields(Reasons::Refusal { refusal, .. })) => refusal.code().code,
            Self::Invalid(InvalidFields(Reasons::Faults(_))) => "invalid",
            Self::Malformed { .. } => "malformed",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::TooLarge { .. } => "too_large",
            Self::Stale { .. } => "stale",
            Self::VersionNeeded => "version_needed",
            Self::KeyReused => "idempotency_key_reused",
            Self::TooManyRequests { .. } => "too_many_requests",
            Self::TimedOut => "timed_out",
            Self::Unavailable(_) => "unavailable",
            Self::Internal(_) => "internal",
        }
    }

    /// After how many seconds it may be tried again.
    pub fn retry_after_s(&self) -> Option<i64> {
        match self {
            Self::TooManyRequests { retry_after_s } => Some(*retry_after_s),
            Self::TimedOut | Self::Unavailable(_) => Some(RETRY_AFTER_S),
            Self::Unauthorized
            | Self::SignedOut { .. }
            | Self::ScopeMissing { .. }
            | Self::CrossSite
            | Self::NotFound
            | Self::LinkOver
            | Self::MethodNotAllowed
            | Self::Refused(_)
            | Self::Conflict(_)
            | Self::Invalid(_)
            | Self::Malformed { .. }
            | Self::UnsupportedMediaType
            | Self::TooLarge { .. }
            | Self::Stale { .. }
            | Self::VersionNeeded
            | Self::KeyReused
            | Self::Internal(_) => None,
        }
    }

    /// A field that names something the desk does not have.
    pub(crate) fn no_such(field: &str) -> Self {
        Self::invalid(field, crate::input::Wrong::NoSuch)
    }

    pub(crate) fn invalid(field: &str, wrong: crate::input::Wrong) -> Self {
        Faults::one(field, wrong).into()
    }

    pub(crate) fn internal(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Internal(Arc::new(error))
    }

    /// The faults of the fields, for a form that is shown again.
    pub(crate) fn field_faults(&self) -> impl Iterator<Item = &FieldFault> {
        let faults = match self {
            Self::Invalid(InvalidFields(Reasons::Faults(faults))) => Some(faults),
            _ => None,
        };
        faults.into_iter().flat_map(Faults::iter)
    }
}

impl From<Faults> for Problem {
    fn from(faults: Faults) -> Self {
        Self::Invalid(InvalidFields(Reasons::Faults(faults)))
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        refused::problem(refusal)
    }
}

impl From<ExecuteError> for Problem {
    fn from(error: ExecuteError) -> Self {
        match error {
            ExecuteError::Refused(refusal) => refusal.into(),
            ExecuteError::Stale { current } => Self::Stale { current: Some(current) },
            ExecuteError::KeyReused => Self::KeyReused,
            ExecuteError::UnknownAttachment => Self::no_such("attachments"),
            // Only intake settles mail, and only the worker claims what is due.
            ExecuteError::AlreadySettled(_) | ExecuteError::ClaimLost | ExecuteError::BrokeOff => Self::internal(error),
            ExecuteError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        use crate::input::{Wrong, placed};
        match error {
            StoreError::BadCursor => Self::invalid("cursor", Wrong::NotACursor),
            StoreError::Taken { what } => Self::invalid(field_of(what), Wrong::Taken),
            StoreError::Missing { what } => Self::no_such(what),
            StoreError::Stale { current } => Self::Stale { current: Some(current) },
            StoreError::Changed { .. } => Self::Stale { current: None },
            StoreError::BadCalendar(why) => placed(&why.to_string(), "hours").into(),
            StoreError::BadRota(why) => placed(&why.to_string(), "layers").into(),
            StoreError::Busy | StoreError::Unreachable(_) => Self::Unavailable(Arc::new(error)),
            StoreError::SchemaNewer { .. }
            | StoreError::SchemaOlder { .. }
            | StoreError::SchemaUneven { .. }
            | StoreError::NoSchema
            | StoreError::BadUrl
            | StoreError::SqliteTooOld { .. }
            | StoreError::Corrupt { .. }
            | StoreError::Hashing
            | StoreError::NoRandomness
            | StoreError::Database(_) => Self::internal(error),
        }
    }
}

/// The field of a request that holds what the store calls so.
fn field_of(what: &'static str) -> &'static str {
    match what {
        "mail address" => "email",
        "mail domain" => "domains",
        // `always` is the one that never closes, and nobody's to change.
        "calendar" => "slug",
        other => other,
    }
}

impl From<TemplateError> for Problem {
    fn from(error: TemplateError) -> Self {
        Self::internal(error)
    }
}

/// The problem travels with the response; who renders it knows the reader ([`crate::middleware::problems`]).
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

#[cfg(test)]
mod tests;
