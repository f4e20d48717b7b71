//! `Idempotency-Key`: the same request again gets the same answer, and does nothing.
//!
//! The key is bound to method, path and body. What goes through `execute` carries it into its transaction, so that a
//! request that was cut off is not done twice either.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use watchdesk_store::IdempotencyKey;
use watchdesk_store::idempotency::{self, Found};

use crate::app::App;
use crate::input::Wrong;
use crate::middleware::UPLOAD_PATH;
use crate::middleware::authenticate::Caller;
use crate::problem::Problem;

const KEY_CHARS_MAX: usize = 200;
/// An answer that is larger is not kept; then only the deed is not repeated.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// The part of an answer that is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

const KEPT_HEADERS: [HeaderName; 3] = [CONTENT_TYPE, ETAG, LOCATION];

pub(crate) async fn idempotency(State(app): State<App>, caller: Caller, request: Request, next: Next) -> Response {
    match answer(&app, &caller, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn answer(app: &App, caller: &Caller, request: Request, next: Next) -> Result<Response, Problem> {
    let Some(key) = key(request.headers())? else { return Ok(next.run(request).await) };
    if [Method::GET, Method::HEAD].contains(request.method()) {
        return Ok(next.run(request).await);
    }
    let (mut parts, body) = request.into_parts();
    let body = read_body(body, body_bytes_max(app, parts.uri.path())).await?;
    let body_hash = hash(&parts.method, parts.uri.path(), &body);
    let owner = caller.agent().to_string();
    let answer_key =
        IdempotencyKey { owner: format!("answer:{owner}"), key: key.clone(), body_hash: body_hash.clone() };
    match idempotency::find(&app.store, &answer_key).await? {
        Found::Nothing => {}
        Found::Same { response } => return replay(&response),
        Found::OtherBody => return Err(Problem::KeyReused),
    }
    parts.extensions.insert(IdempotencyKey { owner, key, body_hash });
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    if !response.status().is_success() {
        return Ok(response);
    }
    keep(app, &answer_key, response).await
}

/// What a form adds around a file.
pub(crate) const FORM_BYTES: usize = 16 * 1024;

fn body_bytes_max(app: &App, path: &str) -> usize {
    if path == UPLOAD_PATH { app.options.attachment_bytes_max + FORM_BYTES } else { app.options.body_bytes_max }
}

pub(crate) async fn read_body(body: Body, max_bytes: usize) -> Result<Bytes, Problem> {
    to_bytes(body, max_bytes).await.map_err(|error| {
        let too_large =
            std::error::Error::source(&error).is_some_and(|source| source.is::<http_body_util::LengthLimitError>());
        match too_large {
            true => Problem::TooLarge { max_bytes },
            false => Problem::Malformed { why: "it ended too early".to_owned() },
        }
    })
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().unwrap_or_default().trim();
    let legal = !key.is_empty() && key.len() <= KEY_CHARS_MAX;
    match legal {
        true => Ok(Some(key.to_owned())),
        false => Err(Problem::invalid("Idempotency-Key", Wrong::TooLong { max: KEY_CHARS_MAX })),
    }
}

fn hash(method: &Method, path: &str, body: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(method.as_str());
    hash.update(b"\n");
    hash.update(path);
    hash.update(b"\n");
    hash.update(body);
    hex(&hash.finalize())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn replay(response: &str) -> Result<Response, Problem> {
    let kept: Kept = serde_json::from_str(response).map_err(Problem::internal)?;
    let mut response = Response::new(Body::from(kept.body));
    *response.status_mut() = StatusCode::from_u16(kept.status).map_err(Problem::internal)?;
    for (name, value) in kept.headers {
        let name = HeaderName::try_from(name).map_err(Problem::internal)?;
        response.headers_mut().insert(name, HeaderValue::try_from(value).map_err(Problem::internal)?);
    }
    Ok(response)
}

async fn keep(app: &App, key: &IdempotencyKey, response: Response) -> Result<Response, Problem> {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(Problem::internal)?;
    if let Ok(text) = std::str::from_utf8(&body)
        && text.len() <= ANSWER_BYTES_MAX
    {
        let header = |name: &HeaderName| Some((name.to_string(), parts.headers.get(name)?.to_str().ok()?.to_owned()));
        let headers = KEPT_HEADERS.iter().filter_map(header).collect();
        let kept = Kept { status: parts.status.as_u16(), headers, body: text.to_owned() };
        let kept = serde_json::to_string(&kept).map_err(Problem::internal)?;
        idempotency::remember(&app.store, key, &kept).await?;
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}
