//! One line in the log and one count for every request. No addresses, no bodies, no tokens, no query.

use std::error::Error;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use tokio::time::Instant;
use uuid::Uuid;

use crate::app::App;
use crate::network::ClientAddress;
use crate::problem::Problem;

/// Errors below one another that a log line names.
const CAUSES_MAX: usize = 8;

/// What the log calls this request; the client is told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestId(pub Uuid);

pub(crate) async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = RequestId(watchdesk_store::fresh_id());
    let (mut parts, body) = request.into_parts();
    let client = ClientAddress::of(&parts, &app.options.trusted_proxies);
    parts.extensions.insert(client);
    parts.extensions.insert(id);
    let method = name_of(&parts.method);
    // Never the path itself: what somebody makes up does not belong into a log, and would make metrics grow.
    let route = parts.extensions.get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();

    let mut response = next.run(Request::from_parts(parts, body)).await;

    let status = response.status().as_u16();
    app.metrics.count(method, &route, status);
    let duration_ms = begun.elapsed().as_millis();
    let problem = response.extensions().get::<Arc<Problem>>();
    match problem.filter(|_| status >= 500) {
        Some(problem) => {
            let cause = causes(problem.as_ref());
            tracing::error!(request = %id.0, method, route, status, duration_ms, cause, "a request failed");
        }
        None => {
            let code = problem.map_or("", |problem| problem.code());
            tracing::info!(request = %id.0, method, route, status, duration_ms, code, "a request was answered");
        }
    }
    let id = HeaderValue::try_from(id.0.to_string()).expect("a UUID is a header value");
    response.headers_mut().insert(HeaderName::from_static("x-request-id"), id);
    response
}

/// Methods that people make up are one.
fn name_of(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        _ => "other",
    }
}

/// What went wrong and what was behind it, without line ends.
fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    for _ in 0..CAUSES_MAX {
        let Some(error) = cause else { break };
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    watchdesk_templates::text::one_line(&text)
}
