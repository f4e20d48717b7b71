//! What happens to every request around its handler.

pub(crate) mod authenticate;
pub(crate) mod idempotency;
mod observe;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;

use crate::app::App;
use crate::problem::{self, Problem};
use crate::{language, pages};

pub(crate) use observe::{RequestId, observe};

/// Nothing but our own files; no script or style inside a page; nobody frames us.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                           connect-src 'self'; form-action 'self'; base-uri 'none'; frame-src 'self'; frame-ancestors 'none'";

/// Where uploads go, and with them more time and more bytes.
pub(crate) const UPLOAD_PATH: &str = "/api/v1/attachments";

/// What a browser may do with anything of ours. A handler's own, stricter policy stays.
pub(crate) async fn security_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let fixed: [(HeaderName, &str); 6] = [
        (CONTENT_SECURITY_POLICY, PAGE_POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (X_FRAME_OPTIONS, "DENY"),
        (CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// No answer takes for ever, and a fault in one handler is one failed answer.
pub(crate) async fn time_limit(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_upload = path == UPLOAD_PATH || (path.starts_with("/tickets") && pages::is_multipart(request.headers()));
    let is_upload = is_upload && request.method() == Method::POST;
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(app.options.answer_within(is_upload), answer).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => Problem::internal(HandlerPanicked).into_response(),
        Err(_) => Problem::TimedOut.into_response(),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a handler panicked")]
struct HandlerPanicked;

/// A problem becomes JSON for a program and a page for a person.
pub(crate) async fn problems(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_for_programs = path.starts_with("/api/") || ["/healthz", "/readyz", "/metrics"].contains(&path);
    let language = language::preferred(request.headers());
    let (parts, body) = request.into_parts();
    let asked = (!is_for_programs).then(|| pages::Asked::of(&parts));
    let response = next.run(Request::from_parts(parts, body)).await;
    let Some(problem) = response.extensions().get::<Arc<Problem>>().cloned() else { return response };
    let mut rendered = match asked {
        None => problem::as_json(&problem, language),
        Some(asked) => pages::problem(&app, asked, &problem).await,
    };
    // For the log, at the boundary.
    rendered.extensions_mut().insert(problem);
    rendered
}

pub(crate) async fn not_found() -> Problem {
    Problem::NotFound
}

pub(crate) async fn method_not_allowed() -> Problem {
    Problem::MethodNotAllowed
}
