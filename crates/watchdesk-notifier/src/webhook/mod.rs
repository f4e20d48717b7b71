//! Signed calls to a desk's own receivers: the pager at 03:00.
//!
//! Delivery is at least once. A call that is repeated carries the same `Webhook-Id`, so that a receiver wakes nobody
//! twice. `docs/webhooks.md` tells receivers how to check one.

pub mod body;
pub mod signature;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Duration};
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Method, StatusCode};
use serde_json::Value;
use watchdesk_core::Instant;
use watchdesk_core::ids::Slug;

pub use body::{PromiseFacts, Standing, TicketFacts, body};
pub use signature::{BadSecret, BadSignature, Signed, WebhookSecret, sign, verify};

use crate::NotifierError;
use crate::outward::{AllowedAddresses, Answer, Call, CallFailure, Outward, Target};

const BODY_BYTES_MAX: usize = 64 * 1024;
const ID_LENGTH_MAX: usize = 200;
const KEY_ID_LENGTH_MAX: usize = 64;
/// A receiver may ask for so long a rest and no longer; whoever should be woken cannot wait for a day.
const RETRY_AFTER_S_MAX: i64 = 3_600;

/// One receiver, as the operator describes it.
#[derive(Clone)]
pub struct WebhookOptions {
    pub slug: Slug,
    pub url: String,
    /// Which secret signs, so that a receiver can hold two while they change.
    pub key_id: String,
    pub secret: String,
    pub timeout: std::time::Duration,
}

/// All receivers of this desk. Cheap to clone; without any, every send is refused by name.
#[derive(Clone, Default)]
pub struct Webhooks {
    receivers: Arc<BTreeMap<Slug, Receiver>>,
}

#[derive(Clone)]
struct Receiver {
    target: Target,
    key_id: HeaderValue,
    secret: WebhookSecret,
    timeout: std::time::Duration,
    outward: Outward,
}

/// The receiver took it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    pub status: u16,
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the receiver answered {}", self.status)
    }
}

/// Why it did not take it; the sentence holds neither secret nor path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// To be tried again, and not before so long where the receiver asked for it.
    #[error("{why}")]
    Passing { why: String, retry_after: Option<Duration> },
    /// It would fare no better next time.
    #[error("{why}")]
    Final { why: String },
}

impl Webhooks {
    /// Fails naming the first key that is wrong.
    pub fn new(options: impl IntoIterator<Item = WebhookOptions>, outward: &Outward) -> Result<Self, NotifierError> {
        let mut receivers = BTreeMap::new();
        for one in options {
            receivers.insert(one.slug.clone(), Receiver::new(&one, outward)?);
        }
        Ok(Self { receivers: Arc::new(receivers) })
    }

    pub fn knows(&self, slug: &Slug) -> bool {
        self.receivers.contains_key(slug)
    }

    pub fn slugs(&self) -> impl Iterator<Item = &Slug> {
        self.receivers.keys()
    }

    /// One attempt. `id` is the identity of the effect and stays the same with every attempt; `now` is signed.
    pub async fn send(&self, slug: &Slug, id: &str, body: &Value, now: Instant) -> Result<Sent, WebhookError> {
        let Some(receiver) = self.receivers.get(slug) else {
            return Err(finally(format!("there is no webhook \"{slug}\"; give it a section [webhooks.{slug}]")));
        };
        receiver.send(id, body.to_string().into_bytes(), now).await
    }
}

impl WebhookOptions {
    /// Names the first key that is wrong, as far as that can be said without a network.
    pub fn check(&self, allow: &AllowedAddresses) -> Result<(), NotifierError> {
        self.parse(allow).map(|_| ())
    }

    fn parse(&self, allow: &AllowedAddresses) -> Result<(Target, HeaderValue, WebhookSecret), NotifierError> {
        let wrong =
            |key: &str, why: String| NotifierError::Setting { key: format!("webhooks.{}.{key}", self.slug), why };
        let target = Target::parse(&self.url, allow).map_err(|error| wrong("url", error.to_string()))?;
        let key_id = key_id(&self.key_id).map_err(|why| wrong("key_id", why))?;
        let secret = WebhookSecret::parse(&self.secret).map_err(|error| wrong("secret", error.to_string()))?;
        Ok((target, key_id, secret))
    }
}

impl Receiver {
    fn new(options: &WebhookOptions, outward: &Outward) -> Result<Self, NotifierError> {
        let (target, key_id, secret) = options.parse(outward.allowed())?;
        Ok(Self { target, key_id, secret, timeout: options.timeout, outward: outward.clone() })
    }

    async fn send(&self, id: &str, body: Vec<u8>, now: Instant) -> Result<Sent, WebhookError> {
        if body.len() > BODY_BYTES_MAX {
            return Err(finally(format!("it would be larger than {BODY_BYTES_MAX} bytes")));
        }
        let headers = self.headers(id, &body, now)?;
        let call = Call { method: Method::POST, target: &self.target, headers, body, timeout: self.timeout };
        match self.outward.call(call).await {
            Ok(answer) => judge(&answer, now),
            Err(CallFailure::Forbidden(why)) => Err(finally(why)),
            Err(CallFailure::Failed(why)) => Err(WebhookError::Passing { why, retry_after: None }),
        }
    }

    fn headers(&self, id: &str, body: &[u8], now: Instant) -> Result<Vec<(HeaderName, HeaderValue)>, WebhookError> {
        let in_a_header = |text: &str| HeaderValue::from_str(text).map_err(|error| finally(error.to_string()));
        Ok(vec![
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (HeaderName::from_static("webhook-id"), in_a_header(identity(id)?)?),
            (HeaderName::from_static("webhook-timestamp"), HeaderValue::from(now.timestamp())),
            (HeaderName::from_static("webhook-signature"), in_a_header(&sign(&self.secret, id, now, body))?),
            (HeaderName::from_static("webhook-key-id"), self.key_id.clone()),
        ])
    }
}

/// A dot would let identity and time run into each other in what is signed.
fn identity(id: &str) -> Result<&str, WebhookError> {
    let fits = !id.is_empty() && id.len() <= ID_LENGTH_MAX;
    if fits && id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'.') {
        Ok(id)
    } else {
        Err(finally("its identity does not fit into a header".to_owned()))
    }
}

fn key_id(text: &str) -> Result<HeaderValue, String> {
    let fits = !text.is_empty() && text.len() <= KEY_ID_LENGTH_MAX && text.bytes().all(|byte| byte.is_ascii_graphic());
    let value = if fits { HeaderValue::from_str(text).ok() } else { None };
    value.ok_or_else(|| {
        format!("must be 1 to {KEY_ID_LENGTH_MAX} letters, digits or signs, without spaces, such as \"2026-01\"")
    })
}

fn finally(why: String) -> WebhookError {
    WebhookError::Final { why }
}

/// What an answer means for the call.
fn judge(answer: &Answer, now: Instant) -> Result<Sent, WebhookError> {
    let status = answer.status;
    if status.is_success() {
        return Ok(Sent { status: status.as_u16() });
    }
    let said = if answer.words.is_empty() { String::new() } else { format!(": {}", answer.words) };
    let why = format!("the receiver answered {}{said}", status.as_u16());
    let comes_again = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS].contains(&status);
    if status.is_server_error() || comes_again {
        let retry_after = answer.retry_after.as_deref().and_then(|value| rest_asked_for(value, now));
        return Err(WebhookError::Passing { why, retry_after });
    }
    if status.is_redirection() {
        let way_out = "it wants to send us elsewhere, and we follow nobody; configure the address itself";
        return Err(finally(format!("the receiver answered {}: {way_out}", status.as_u16())));
    }
    Err(finally(why))
}

/// `Retry-After`: seconds, or a date.
fn rest_asked_for(value: &str, now: Instant) -> Option<Duration> {
    let value = value.trim();
    let seconds = match value.parse::<u32>() {
        Ok(seconds) => i64::from(seconds),
        Err(_) => (DateTime::parse_from_rfc2822(value).ok()?.to_utc() - now).num_seconds(),
    };
    Some(Duration::seconds(seconds.clamp(0, RETRY_AFTER_S_MAX)))
}

/// Secret and address may be seen by nobody.
impl fmt::Debug for WebhookOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookOptions").field("slug", &self.slug).field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

impl fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.receivers.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Instant {
        "2026-02-17T19:00:00Z".parse().expect("an instant")
    }

    #[test]
    fn answers_are_taken_refused_or_tried_again() {
        let table = [
            (200, None, "taken"),
            (201, None, "taken"),
            (204, None, "taken"),
            (101, None, "final"),
            (301, None, "final"),
            (302, None, "final"),
            (307, Some("5"), "final"),
            (308, None, "final"),
            (400, None, "final"),
            (401, None, "final"),
            (404, None, "final"),
            (410, Some("5"), "final"),
            (422, None, "final"),
            (408, None, "again"),
            (429, Some("90"), "again after 90"),
            (500, None, "again"),
            (502, Some("nonsense"), "again"),
            (503, Some("-1"), "again"),
            (503, Some("0"), "again after 0"),
            (503, Some("86400"), "again after 3600"),
            (503, Some("Tue, 17 Feb 2026 19:02:00 GMT"), "again after 120"),
            (503, Some("Tue, 17 Feb 2026 18:00:00 GMT"), "again after 0"),
            (599, None, "again"),
        ];
        for (status, retry_after, expected) in table {
            let status = StatusCode::from_u16(status).unwrap();
            let answer = Answer { status, retry_after: retry_after.map(str::to_owned), words: "sorry".to_owned() };
            let found = match judge(&answer, now()) {
                Ok(_) => "taken".to_owned(),
                Err(WebhookError::Final { .. }) => "final".to_owned(),
                Err(WebhookError::Passing { retry_after: None, .. }) => "again".to_owned(),
                Err(WebhookError::Passing { retry_after: Some(rest), .. }) => {
                    format!("again after {}", rest.num_seconds())
                }
            };
            assert_eq!(found, expected, "{status} {retry_after:?}");
        }
    }

    #[test]
    fn identities_that_fit_no_header_are_refused() {
        for id in ["", "a b", "a.b", "a\r\nx: y", "schlüssel", &"x".repeat(201)] {
            assert!(identity(id).is_err(), "{id:?}");
        }
        assert!(identity("step:0197-4d:2:pager").is_ok());
        for id in ["", "a b", "a\n", &"x".repeat(65)] {
            assert!(key_id(id).is_err(), "{id:?}");
        }
    }
}
