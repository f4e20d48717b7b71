//! The files that pages need: built into the program, kept by browsers for as long as they do not change.

use std::sync::LazyLock;

use axum::extract::{Path, RawQuery};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, Response};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use crate::middleware::idempotency::hex;
use crate::problem::Problem;

#[derive(RustEmbed)]
#[folder = "src/static/"]
#[exclude = "*.md"]
struct Files;

const VERSION_CHARS: usize = 16;

/// Changes whenever one of the files does.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for name in Files::iter() {
        hash.update(name.as_bytes());
        if let Some(file) = Files::get(&name) {
            hash.update(&file.data);
        }
    }
    hex(&hash.finalize())[..VERSION_CHARS].to_owned()
});

pub(super) fn version() -> &'static str {
    &VERSION
}

/// `GET /static/{name}`, asked for with the version: then for ever.
pub(super) async fn show(
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<axum::response::Response, Problem> {
    let file = Files::get(&name).ok_or(Problem::NotFound)?;
    let kind = content_type(&name).ok_or(Problem::NotFound)?;
    let is_current = query.is_some_and(|query| query.strip_prefix("v=") == Some(version()));
    let caching = if is_current { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = Response::new(axum::body::Body::from(file.data.into_owned()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    Ok(response)
}

fn content_type(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    match ending {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "png" => Some("image/png"),
        "woff2" => Some("font/woff2"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_has_a_type() {
        assert_eq!(version().len(), VERSION_CHARS);
        for name in Files::iter() {
            assert!(content_type(&name).is_some(), "{name}");
        }
        for needed in ["watchdesk.css", "watchdesk.js", "htmx.min.js", "icons.svg", "favicon.svg"] {
            assert!(Files::get(needed).is_some(), "{needed}");
        }
    }
}
