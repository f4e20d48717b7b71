//! One request and its answer: bounded in time and size, following nobody elsewhere.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, Method, Proxy, Response, redirect};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use url::Url;

use crate::UpstreamError;
use crate::error::one_line;
use crate::options::UpstreamOptions;

const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Whoever asks for a longer rest is taken for somebody who asks for this one.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 3_600);
const IDLE_CONNECTIONS_MAX: usize = 8;
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
const WHY_CHARACTERS_MAX: usize = 160;
const CAUSES_MAX: usize = 10;

/// Connections to the operator. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    client: Client,
    timeout: Duration,
}

pub(crate) struct Outgoing {
    pub method: Method,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Option<Vec<u8>>,
}

pub(crate) struct Incoming {
    pub status: u16,
    pub retry_after: Option<Duration>,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// Nothing was sent.
    NotSent(String),
    /// The operator may have it.
    Underway(String),
    TooLarge,
}

impl Wire {
    pub fn new(options: &UpstreamOptions) -> Result<Self, UpstreamError> {
        let mut builder = Client::builder()
            .tls_backend_preconfigured(tls()?)
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .user_agent("watchdesk")
            .connect_timeout(options.connect_timeout)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .pool_idle_timeout(IDLE_TIMEOUT);
        if let Some(proxy) = &options.proxy {
            // The address may hold a password: it is not repeated.
            let wrong = |_| UpstreamError::Setting { key: "proxy", why: "it is no address of a proxy".to_owned() };
            builder = builder.proxy(Proxy::all(proxy).map_err(wrong)?);
        }
        let client =
            builder.build().map_err(|error| UpstreamError::Setting { key: "upstream", why: innermost(&error) })?;
        Ok(Self { client, timeout: options.request_timeout })
    }

    pub async fn exchange(&self, outgoing: Outgoing) -> Result<Incoming, Broken> {
        let request = self.client.request(outgoing.method, outgoing.url).headers(outgoing.headers);
        let request = match outgoing.body {
            Some(body) => request.body(body),
            None => request,
        };
        let response = request.timeout(self.timeout).send().await.map_err(|error| self.broken(&error))?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = self.body(response).await?;
        Ok(Incoming { status, retry_after: rest_asked_for(&headers), headers, body })
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, Broken> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.broken(&error))? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(Broken::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn broken(&self, error: &reqwest::Error) -> Broken {
        if error.is_connect() || error.is_builder() {
            return Broken::NotSent(format!("no connection ({})", innermost(error)));
        }
        if error.is_timeout() {
            return Broken::Underway(format!("no answer within {} s", self.timeout.as_secs_f32()));
        }
        Broken::Underway(format!("the connection broke off ({})", innermost(error)))
    }
}

/// The last cause says what happened; the outer ones would repeat the address.
fn innermost(error: &reqwest::Error) -> String {
    let mut last = error.source();
    for _ in 0..CAUSES_MAX {
        match last.and_then(Error::source) {
            Some(cause) => last = Some(cause),
            None => break,
        }
    }
    last.map_or_else(|| "no cause given".to_owned(), |cause| one_line(&cause.to_string(), WHY_CHARACTERS_MAX))
}

fn tls() -> Result<ClientConfig, UpstreamError> {
    let mut roots = RootCertStore::empty();
    // A certificate of the system that cannot be read is missed when somebody needs it, and named then.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| UpstreamError::Setting { key: "tls", why: error.to_string() })?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// `Retry-After`: seconds, or a date, which is read by the clock of whoever wrote it.
fn rest_asked_for(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let asked = text(RETRY_AFTER)?;
    let rest = match asked.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let until = DateTime::parse_from_rfc2822(asked).ok()?;
            let now = DateTime::parse_from_rfc2822(text(DATE)?).ok()?;
            (until - now).to_std().unwrap_or_default()
        }
    };
    Some(rest.min(RETRY_AFTER_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rest_is_asked_for_in_seconds_or_until_a_date() {
        let date = "Tue, 17 Feb 2026 19:00:00 GMT";
        let table = [
            (Some("57"), None, Some(57)),
            (Some(" 57 "), None, Some(57)),
            (Some("0"), None, Some(0)),
            (Some("999999999"), None, Some(86_400)),
            (Some("-1"), Some(date), None),
            (Some("soon"), Some(date), None),
            (Some("Tue, 17 Feb 2026 19:02:00 GMT"), Some(date), Some(120)),
            (Some("Tue, 17 Feb 2026 18:00:00 GMT"), Some(date), Some(0)),
            (Some("Tue, 17 Feb 2026 19:02:00 GMT"), None, None),
            (None, Some(date), None),
        ];
        for (retry_after, date, expected) in table {
            let mut headers = HeaderMap::new();
            retry_after.map(|value| headers.insert(RETRY_AFTER, value.parse().unwrap()));
            date.map(|value| headers.insert(DATE, value.parse().unwrap()));
            assert_eq!(rest_asked_for(&headers), expected.map(Duration::from_secs), "{retry_after:?}");
        }
    }
}
