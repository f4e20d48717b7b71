//! How the API answers.

use axum::Json;
use axum::http::header::{ETAG, LOCATION};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sha2::{Digest, Sha256};
use watchdesk_store::{Cursor, Page};

use crate::middleware::idempotency::hex;
use crate::problem::Problem;
use crate::routes::PREFIX;

/// Hexadecimal digits of a tag made of content.
const TAG_CHARS: usize = 32;

/// One object, with the tag by which a change says what it changes.
#[derive(Debug)]
pub(crate) struct Answer<T> {
    status: StatusCode,
    tag: Option<String>,
    location: Option<String>,
    body: T,
}

pub(crate) type Answered<T> = Result<Answer<T>, Problem>;

impl<T> Answer<T> {
    pub fn ok(body: T) -> Self {
        Self { status: StatusCode::OK, tag: None, location: None, body }
    }

    /// `location` is a path under the API's prefix.
    pub fn created(location: impl AsRef<str>, body: T) -> Self {
        let location = Some(format!("{PREFIX}{}", location.as_ref()));
        Self { status: StatusCode::CREATED, tag: None, location, body }
    }

    /// It was made, and is there.
    #[must_use]
    pub fn at(mut self, location: impl AsRef<str>) -> Self {
        self.status = StatusCode::CREATED;
        self.location = Some(format!("{PREFIX}{}", location.as_ref()));
        self
    }

    #[must_use]
    pub fn version(mut self, version: i64) -> Self {
        self.tag = Some(version.to_string());
        self
    }
}

impl<T: Serialize> Answer<T> {
    /// For what has no version number.
    #[must_use]
    pub fn tagged(mut self) -> Self {
        self.tag = Some(content_tag(&self.body));
        self
    }
}

/// Changes whenever the content does.
pub(crate) fn content_tag(body: &impl Serialize) -> String {
    let json = serde_json::to_vec(body).expect("a view is plain values");
    hex(&Sha256::digest(json))[..TAG_CHARS].to_owned()
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        let headers = response.headers_mut();
        let mut insert = |name: HeaderName, value: Option<String>| {
            headers.extend(value.and_then(|value| HeaderValue::try_from(value).ok()).map(|value| (name, value)));
        };
        insert(ETAG, self.tag.map(|tag| format!("\"{tag}\"")));
        insert(LOCATION, self.location);
        response
    }
}

/// A page of a list.
#[derive(Debug, Serialize)]
pub(crate) struct List<T> {
    pub items: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

pub(crate) type Listed<T> = Result<Json<List<T>>, Problem>;

/// A page of views, one for each record.
pub(crate) fn list<R, T>(page: Page<R>, view: impl FnMut(R) -> T) -> Json<List<T>> {
    listed(page.items.into_iter().map(view).collect(), page.next.as_ref())
}

pub(crate) fn listed<T>(items: Vec<T>, next: Option<&Cursor>) -> Json<List<T>> {
    Json(List { items, next: next.map(ToString::to_string) })
}

/// All there is.
pub(crate) fn whole<T>(items: Vec<T>) -> Json<List<T>> {
    listed(items, None)
}
