//! App-only tokens: one for each directory and interface, fetched once however many want it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::Value;
use tokio::sync::Mutex;
use url::{Url, form_urlencoded};

use crate::UpstreamError;
use crate::error::{Place, Said};
use crate::options::AppIdentity;
use crate::reading::number;
use crate::retry::rest_after;
use crate::timer::Timer;
use crate::verdict::{from_broken, from_status};
use crate::wire::{Outgoing, Wire};

const DOING: &str = "signing in";
const RENEWED_BEFORE: Duration = Duration::from_secs(30);
/// Where the answer does not say how long it is good for.
const LIFETIME_UNTOLD: Duration = Duration::from_secs(300);
const LIFETIME_S_MAX: i64 = 24 * 3_600;
const TOKEN_BYTES_MAX: usize = 32 * 1024;

/// Where the tokens of one directory for one interface come from.
pub(crate) struct Tokens {
    identity: AppIdentity,
    endpoint: Url,
    resource: String,
    wire: Wire,
    timer: Arc<dyn Timer>,
    patience: Duration,
    held: Mutex<Held>,
    /// Counts what was asked of the operator, so that those who waited share the outcome.
    flights: AtomicU64,
}

#[derive(Default)]
struct Held {
    token: Option<Token>,
    failed: Option<UpstreamError>,
}

/// What opens the door; shown to nobody.
#[derive(Clone)]
pub(crate) struct Token {
    header: HeaderValue,
    good_until: Duration,
}

impl Tokens {
    pub fn new(
        identity: AppIdentity,
        authority: &Url,
        resource: &str,
        wire: Wire,
        timer: Arc<dyn Timer>,
        patience: Duration,
    ) -> Self {
        let endpoint = crate::line::below(authority, &[&identity.tenant, "oauth2", "token"]);
        let (held, flights) = (Mutex::default(), AtomicU64::new(0));
        Self { identity, endpoint, resource: resource.to_owned(), wire, timer, patience, held, flights }
    }

    pub fn identity(&self) -> &AppIdentity {
        &self.identity
    }

    pub async fn token(&self) -> Result<Token, UpstreamError> {
        let seen = self.flights.load(Ordering::Acquire);
        let mut held = self.held.lock().await;
        if let Some(token) = held.token.as_ref().filter(|token| self.timer.now() < token.good_until) {
            return Ok(token.clone());
        }
        // Somebody asked while we waited for him: his failure is ours.
        if self.flights.load(Ordering::Acquire) != seen
            && let Some(failed) = &held.failed
        {
            return Err(failed.clone());
        }
        let outcome = self.fetch().await;
        self.flights.fetch_add(1, Ordering::AcqRel);
        held.token = outcome.as_ref().ok().cloned();
        held.failed = outcome.as_ref().err().cloned();
        outcome
    }

    /// The operator does not take it: the next caller fetches another.
    pub async fn forget(&self, refused: &Token) {
        let mut held = self.held.lock().await;
        if held.token.as_ref().is_some_and(|token| token.header == refused.header) {
            held.token = None;
        }
    }

    async fn fetch(&self) -> Result<Token, UpstreamError> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let failed = match self.ask().await {
                Ok(token) => return Ok(token),
                Err(failed) => failed,
            };
            let Some(rest) = rest_after(attempts, &failed, self.patience) else {
                return Err(failed);
            };
            tracing::debug!(tenant = self.identity.tenant, attempts, %failed, "signing in again");
            self.timer.rest(rest).await;
        }
    }

    async fn ask(&self) -> Result<Token, UpstreamError> {
        // The lifetime is counted from before the request, so that it is never overrated.
        let asked_at = self.timer.now();
        let secret = self.identity.secret.reveal();
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("resource", &self.resource)
            .append_pair("client_id", &self.identity.client_id)
            .append_pair("client_secret", secret)
            .append_pair("grant_type", "client_credentials")
            .finish();
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let outgoing =
            Outgoing { method: Method::POST, url: self.endpoint.clone(), headers, body: Some(form.into_bytes()) };
        let incoming = self.wire.exchange(outgoing).await.map_err(|broken| from_broken(self.place(), broken))?;
        match incoming.status {
            200 => {
                let read = |body: &[u8]| read_token(&serde_json::from_slice(body).ok()?, asked_at);
                let why = "it is no token".to_owned();
                read(&incoming.body).ok_or_else(|| UpstreamError::Unreadable { place: self.place(), why })
            }
            400 | 401 => {
                Err(UpstreamError::SignIn { place: self.place(), said: Said::read(&incoming.body).without(secret) })
            }
            _ => Err(from_status(self.place(), &incoming)),
        }
    }

    fn place(&self) -> Place {
        Place { tenant: self.identity.tenant.clone(), doing: DOING }
    }
}

/// Numbers come as strings, and might come as numbers.
fn read_token(body: &Value, asked_at: Duration) -> Option<Token> {
    let is_bearer = body["token_type"].as_str().is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
    let words = body["access_token"].as_str().filter(|words| !words.is_empty() && words.len() <= TOKEN_BYTES_MAX)?;
    let mut header = HeaderValue::from_str(&format!("Bearer {words}")).ok().filter(|_| is_bearer)?;
    header.set_sensitive(true);
    let told =
        number(&body["expires_in"]).or_else(|| number(&body["expires_on"])?.checked_sub(number(&body["not_before"])?));
    let lifetime = match told {
        Some(seconds) => Duration::from_secs(seconds.clamp(0, LIFETIME_S_MAX).unsigned_abs()),
        None => LIFETIME_UNTOLD,
    };
    Some(Token { header, good_until: (asked_at + lifetime).saturating_sub(RENEWED_BEFORE) })
}

impl Token {
    pub fn header(&self) -> HeaderValue {
        self.header.clone()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("tenant", &self.identity.tenant).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tokens_are_read_with_numbers_of_any_kind() {
        let documented = json!({"token_type":"Bearer","expires_in":"3600","ext_expires_in":"3600",
            "expires_on":"1546469802","not_before":"1546465902","resource":"x","access_token":"abc"});
        let table = [
            (documented, Some(3_570)),
            (json!({"access_token":"abc","expires_in":3600}), Some(3_570)),
            (json!({"access_token":"abc","expires_on":"1546469802","not_before":1546465902}), Some(3_870)),
            (json!({"access_token":"abc"}), Some(270)),
            (json!({"access_token":"abc","expires_in":"20"}), Some(0)),
            (json!({"access_token":"abc","expires_in":"-5"}), Some(0)),
            (json!({"access_token":"abc","expires_in":"99999999999"}), Some(86_370)),
            (
                json!({"access_token":"abc","expires_in":{},"expires_on":"9223372036854775807","not_before":"-2"}),
                Some(270),
            ),
            (json!({"access_token":"abc","token_type":"bearer"}), Some(270)),
            (json!({"access_token":"abc","token_type":"mac"}), None),
            (json!({"access_token":""}), None),
            (json!({"access_token":"a\nb"}), None),
            (json!({"access_token":17}), None),
            (json!([]), None),
        ];
        for (body, expected) in table {
            let found = read_token(&body, Duration::ZERO).map(|token| token.good_until.as_secs());
            assert_eq!(found, expected, "{body}");
        }
    }

    #[test]
    fn nobody_sees_a_token() {
        let token = read_token(&json!({"access_token":"abc-token"}), Duration::ZERO).unwrap();
        assert!(!format!("{token:?} {:?}", token.header()).contains("abc-token"));
    }
}
