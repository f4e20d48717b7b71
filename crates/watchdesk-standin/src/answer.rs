//! What goes back over the wire, before it is bytes.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

const HUGE_BYTES: usize = 32 * 1024 * 1024;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Body,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Body {
    Json(Value),
    Html(&'static str),
    /// So many blanks.
    Blanks(usize),
    /// Well-formed for HTTP and cut off for everybody else.
    Half(Value),
    Nothing,
}

impl Answer {
    pub fn json(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Body::Json(body) }
    }

    pub fn nothing(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Body::Nothing }
    }

    pub fn html() -> Self {
        let page = "<!DOCTYPE html><html><body><h1>Service unavailable</h1></body></html>";
        Self { status: 200, headers: Vec::new(), body: Body::Html(page) }
    }

    pub fn redirect(to: String) -> Self {
        Self { status: 307, headers: vec![("location", to)], body: Body::Nothing }
    }

    pub fn huge() -> Self {
        Self { status: 200, headers: Vec::new(), body: Body::Blanks(HUGE_BYTES) }
    }

    /// Partner Center's way of saying no.
    pub fn refusal(status: u16, code: &str, description: &str) -> Self {
        Self::json(status, json!({"code": code, "description": description, "data": [], "source": "PartnerFD"}))
    }

    /// Microsoft Graph's way of saying no.
    pub fn graph_refusal(status: u16, code: &str, message: &str) -> Self {
        Self::json(status, json!({"error": {"code": code, "message": message, "innerError": {}}}))
    }

    /// Too many requests: a body of its own shape.
    pub fn throttled(retry_after_s: i64) -> Self {
        let message = format!("Rate limit is exceeded. Try again in {retry_after_s} seconds.");
        let mut answer = Self::json(429, json!({"statusCode": 429, "message": message}));
        answer.headers.push(("retry-after", retry_after_s.to_string()));
        answer
    }

    pub fn cut_in_half(mut self) -> Self {
        if let Body::Json(value) = self.body {
            self.body = Body::Half(value);
        }
        self
    }

    /// The right names over the wrong types.
    pub fn of_wrong_type(mut self) -> Self {
        if let Body::Json(value) = &mut self.body {
            let lists = ["items", "value", "access_token"];
            match value.as_object_mut() {
                Some(object) if lists.iter().any(|key| object.contains_key(*key)) => {
                    lists.iter().for_each(|key| _ = object.get_mut(*key).map(|value| *value = json!({"count": 0})));
                }
                _ => *value = json!("ok"),
            }
        }
        self
    }

    pub fn into_response(self) -> Response<Full<Bytes>> {
        let (kind, bytes) = match self.body {
            Body::Json(value) => ("application/json; charset=utf-8", value.to_string().into_bytes()),
            Body::Html(page) => ("text/html", page.as_bytes().to_vec()),
            Body::Blanks(length) => ("application/json; charset=utf-8", vec![b' '; length]),
            Body::Half(value) => {
                let mut bytes = value.to_string().into_bytes();
                bytes.truncate(bytes.len() / 2);
                ("application/json; charset=utf-8", bytes)
            }
            Body::Nothing => ("", Vec::new()),
        };
        let mut response = Response::new(Full::new(Bytes::from(bytes)));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if !kind.is_empty() {
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}
