//! A problem as `application/problem+json` (RFC 9457).

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use watchdesk_core::desk::Language;
use watchdesk_templates::{missing_text, refusal_text};

use super::{InvalidFields, Problem, Reasons};

/// A problem (RFC 9457) with our own members.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// `urn:watchdesk:problem:` and the code.
    r#type: String,
    title: &'static str,
    status: u16,
    /// What is wrong, in a sentence.
    detail: String,
    /// Stable, for programs.
    code: &'static str,
    /// What you can do instead.
    way_out: String,
    /// The state that a refused command met.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    /// The command that was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<&'static str>,
    /// What keeps the gate to the operator shut, field by field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<MissingField>,
    /// Every field that is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    /// The current version, where yours is stale.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MissingField {
    field: &'static str,
    code: &'static str,
    what: String,
    way_out: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// `requester.email`, `attachments[2]`.
    field: String,
    message: String,
}

impl ProblemBody {
    fn of(problem: &Problem, language: Language) -> Self {
        let refusal = match problem {
            Problem::Refused(refusal) | Problem::Invalid(InvalidFields(Reasons::Refusal { refusal, .. })) => {
                Some(refusal)
            }
            _ => None,
        };
        let version = match problem {
            Problem::Stale { current } => *current,
            _ => None,
        };
        let missing = refusal.map(|refusal| refusal.missing()).unwrap_or_default();
        Self {
            r#type: format!("urn:watchdesk:problem:{}", problem.code()),
            title: problem.title(language),
            status: problem.status().as_u16(),
            detail: problem.detail(language),
            code: problem.code(),
            way_out: problem.way_out(language),
            state: refusal.and_then(|refusal| refusal.state()),
            command: refusal.map(|refusal| refusal.command_name()),
            missing: missing.iter().map(|missing| MissingField::of(missing, language)).collect(),
            errors: errors(problem, language),
            version,
        }
    }
}

impl MissingField {
    fn of(missing: &watchdesk_core::gate::Missing, language: Language) -> Self {
        let (what, way_out) = missing_text(language, missing);
        Self { field: missing.field, code: missing.code, what, way_out }
    }
}

fn errors(problem: &Problem, language: Language) -> Vec<FieldError> {
    match problem {
        Problem::Invalid(InvalidFields(Reasons::Refusal { field, refusal })) => {
            let (sentence, way_out) = refusal_text(language, refusal);
            vec![FieldError { field: (*field).to_owned(), message: format!("{sentence} {way_out}") }]
        }
        problem => problem
            .field_faults()
            .map(|fault| FieldError { field: fault.field.clone(), message: fault.wrong.in_language(language) })
            .collect(),
    }
}

pub(crate) fn as_json(problem: &Problem, language: Language) -> Response {
    let body = serde_json::to_vec(&ProblemBody::of(problem, language)).expect("a problem is plain values");
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = problem.status();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if let Some(seconds) = problem.retry_after_s() {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    match problem {
        Problem::Unauthorized => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        Problem::ScopeMissing { scope } => {
            let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
            headers.extend(HeaderValue::try_from(challenge).ok().map(|value| (WWW_AUTHENTICATE, value)));
        }
        _ => {}
    }
    response
}
