//! The line to one interface in one directory: signed in, paced, retried.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use crate::UpstreamError;
use crate::auth::{Token, Tokens};
use crate::error::Place;
use crate::pace::{Pace, Permit};
use crate::retry::rest_after;
use crate::timer::Timer;
use crate::verdict::{from_broken, from_status, json};
use crate::wire::{Outgoing, Wire};

const REQUEST_ID: HeaderName = HeaderName::from_static("ms-requestid");
const CORRELATION_ID: HeaderName = HeaderName::from_static("ms-correlationid");
const CONTRACT_VERSION: HeaderName = HeaderName::from_static("ms-contract-version");
const LOCALE: HeaderName = HeaderName::from_static("x-locale");
const ID_LENGTH_MAX: usize = 128;

/// Makes a fresh id.
pub type FreshId = Arc<dyn Fn() -> Uuid + Send + Sync>;

pub(crate) struct Line {
    pub tokens: Tokens,
    pub pace: Arc<Pace>,
    pub wire: Wire,
    pub timer: Arc<dyn Timer>,
    pub fresh_id: FreshId,
    pub patience: Duration,
    /// Where it begins.
    pub base: Url,
    /// For the headers of Partner Center; Graph has none of these.
    pub locale: Option<HeaderValue>,
}

/// One request may be sent.
pub(crate) struct Ready {
    permit: Permit,
    token: Token,
}

/// One question, however often it is put.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub doing: &'static str,
    pub method: Method,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Option<Value>,
}

impl Ask {
    pub fn get(doing: &'static str, url: Url) -> Self {
        Self { doing, method: Method::GET, url, headers: HeaderMap::new(), body: None }
    }

    pub fn write(doing: &'static str, method: Method, url: Url, body: Value) -> Self {
        Self { doing, method, url, headers: HeaderMap::new(), body: Some(body) }
    }

    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }
}

impl Line {
    /// Reads, as often as the rules allow. `understand` says what is wrong with an answer that it cannot use.
    pub async fn read<T>(
        &self,
        ask: &Ask,
        understand: impl Fn(&Value, &HeaderMap) -> Result<T, String>,
    ) -> Result<T, UpstreamError> {
        let request_id = (self.fresh_id)();
        let mut attempts = 0;
        loop {
            attempts += 1;
            let ready = self.ready(ask.doing).await?;
            let answered = self.once(ask, request_id, ready).await;
            let understood = answered.and_then(|(body, headers)| {
                let body = body.ok_or_else(|| "it is empty".to_owned());
                let understood = body.and_then(|body| understand(&body, &headers));
                understood.map_err(|why| UpstreamError::Unreadable { place: self.place(ask.doing), why })
            });
            match understood {
                Ok(understood) => return Ok(understood),
                Err(failed) => self.rest_or_give_up(attempts, failed).await?,
            }
        }
    }

    /// Its turn has come and it is signed in, in this order: a token could end while somebody waits for his turn.
    pub async fn ready(&self, doing: &'static str) -> Result<Ready, UpstreamError> {
        let turn = self.pace.turn(self.patience).await;
        let permit = turn.map_err(|retry_after| UpstreamError::Throttled { place: self.place(doing), retry_after })?;
        Ok(Ready { permit, token: self.tokens.token().await? })
    }

    /// One attempt. `request_id` stays the same for all attempts at the same thing.
    pub async fn once(
        &self,
        ask: &Ask,
        request_id: Uuid,
        ready: Ready,
    ) -> Result<(Option<Value>, HeaderMap), UpstreamError> {
        let Ready { permit, token } = ready;
        let place = self.place(ask.doing);
        let headers = self.headers(ask, request_id, &token);
        let body = ask.body.as_ref().map(|body| body.to_string().into_bytes());
        let outgoing = Outgoing { method: ask.method.clone(), url: ask.url.clone(), headers, body };
        let exchanged = self.wire.exchange(outgoing).await;
        drop(permit);
        let incoming = exchanged.map_err(|broken| from_broken(place.clone(), broken))?;
        if !(200..300).contains(&incoming.status) {
            if incoming.status == 401 {
                self.tokens.forget(&token).await;
            }
            return Err(from_status(place, &incoming));
        }
        Ok((json(&place, &incoming)?, incoming.headers))
    }

    /// Rests before the next attempt, or returns the failure where there is to be none.
    pub async fn rest_or_give_up(&self, attempts: usize, failed: UpstreamError) -> Result<(), UpstreamError> {
        if let UpstreamError::Throttled { retry_after, .. } = &failed {
            // Everybody on this line keeps away, not only whoever was told.
            self.pace.hold(*retry_after);
        }
        let Some(rest) = rest_after(attempts, &failed, self.patience) else {
            return Err(failed);
        };
        tracing::debug!(tenant = self.tokens.identity().tenant, attempts, %failed, "asking again");
        self.timer.rest(rest).await;
        Ok(())
    }

    pub fn place(&self, doing: &'static str) -> Place {
        Place { tenant: self.tokens.identity().tenant.clone(), doing }
    }

    pub fn unreadable(&self, doing: &'static str, why: &str) -> UpstreamError {
        UpstreamError::Unreadable { place: self.place(doing), why: why.to_owned() }
    }

    /// An address below this interface's, whose last parts may be ids from elsewhere.
    pub fn url(&self, segments: &[&str]) -> Url {
        below(&self.base, segments)
    }

    /// An id that is to be a part of an address.
    pub fn id<'a>(&self, doing: &'static str, id: &'a str) -> Result<&'a str, UpstreamError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if (1..=ID_LENGTH_MAX).contains(&id.len()) && id.bytes().all(plain) {
            return Ok(id);
        }
        let id = id.escape_debug().take(ID_LENGTH_MAX).collect();
        Err(UpstreamError::BadId { place: self.place(doing), id, why: "ids are letters, digits, - and _" })
    }

    fn headers(&self, ask: &Ask, request_id: Uuid, token: &Token) -> HeaderMap {
        let mut headers = ask.headers.clone();
        headers.insert(AUTHORIZATION, token.header());
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if ask.body.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some(locale) = &self.locale {
            let id = |id: Uuid| HeaderValue::from_str(&id.to_string()).ok();
            headers.extend(id(request_id).map(|id| (REQUEST_ID, id)));
            headers.extend(id((self.fresh_id)()).map(|id| (CORRELATION_ID, id)));
            headers.insert(CONTRACT_VERSION, HeaderValue::from_static("v1"));
            headers.insert(LOCALE, locale.clone());
        }
        headers
    }
}

pub(crate) fn below(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    // An address with a host always has a path; options are checked for that.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line")
            .field("tenant", &self.tokens.identity().tenant)
            .field("base", &self.base.as_str())
            .finish_non_exhaustive()
    }
}
