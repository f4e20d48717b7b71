//! Calls to other people's servers: one request, one answer, within a time and to an address that was looked at.
//!
//! The address is resolved here, every answer of the name server is checked, and the connection goes to one of the
//! addresses that were checked; a name that changes its mind in between gains nothing. There is no proxy and no
//! redirect by construction: nothing here would follow one.

pub mod address;
mod target;

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HOST, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};
use url::Host;
use watchdesk_templates::text::one_line_within;

pub use address::{AllowedAddresses, Forbidden, Network, NotANetwork, Standing, check_address};
pub use target::{BadTarget, Target};

use crate::transport::without_addresses;

/// Addresses of one host that are tried; more than that is no host but an attempt at something.
const ADDRESSES_MAX: usize = 16;
const HEADERS_MAX: usize = 64;
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Of what a receiver says we read so much, and keep so much for the record.
const WORDS_BYTES_MAX: usize = 4 * 1024;
const WORDS_CHARACTERS_MAX: usize = 200;
/// The answer is known by then; its words are worth no longer wait.
const WORDS_WITHIN: Duration = Duration::from_secs(2);

/// Makes calls. Cheap to clone.
#[derive(Clone)]
pub struct Outward {
    allow: Arc<AllowedAddresses>,
    tls: TlsConnector,
}

pub(crate) struct Call<'a> {
    pub method: Method,
    pub target: &'a Target,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Vec<u8>,
    /// From the first look at the name to the first line of the answer.
    pub timeout: Duration,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub status: StatusCode,
    pub retry_after: Option<String>,
    /// What it said beside a refusal, cut and cleaned.
    pub words: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallFailure {
    /// We do not call that address, today or tomorrow.
    #[error("{0}")]
    Forbidden(String),
    /// No answer this time.
    #[error("{0}")]
    Failed(String),
}

impl Outward {
    /// Trusts the certificate authorities that this machine trusts.
    pub fn new(allow: AllowedAddresses) -> Self {
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        let (added, _) = roots.add_parsable_certificates(found.certs);
        if added == 0 {
            tracing::warn!("this machine trusts no certificate authority; calls over https will fail until it does");
        }
        Self::with_roots(allow, roots)
    }

    pub(crate) fn with_roots(allow: AllowedAddresses, roots: RootCertStore) -> Self {
        let provider = Arc::new(crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring speaks TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { allow: Arc::new(allow), tls: TlsConnector::from(Arc::new(config)) }
    }

    pub fn allowed(&self) -> &AllowedAddresses {
        &self.allow
    }

    pub(crate) async fn call(&self, call: Call<'_>) -> Result<Answer, CallFailure> {
        let (limit, host) = (call.timeout, call.target.host());
        match timeout(limit, self.converse(call)).await {
            Ok(result) => result,
            Err(_) => Err(CallFailure::Failed(format!("{host} gave no answer within {} s", limit.as_secs_f32()))),
        }
    }

    async fn converse(&self, call: Call<'_>) -> Result<Answer, CallFailure> {
        let addresses = self.addresses(call.target).await?;
        let stream = connect(call.target, &addresses, call.timeout).await?;
        if !call.target.is_encrypted() {
            return exchange(stream, call).await;
        }
        let stream = self.tls.connect(server_name(call.target)?, stream).await;
        exchange(stream.map_err(failed(call.target, "cannot agree with us on TLS"))?, call).await
    }

    /// Every address of the host, each of them checked.
    async fn addresses(&self, target: &Target) -> Result<Vec<SocketAddr>, CallFailure> {
        let port = target.port();
        let found = match target.parsed_host() {
            Some(Host::Ipv4(address)) => vec![SocketAddr::new(address.into(), port)],
            Some(Host::Ipv6(address)) => vec![SocketAddr::new(address.into(), port)],
            Some(Host::Domain(name)) => {
                let found = tokio::net::lookup_host((name, port)).await;
                found.map_err(failed(target, "cannot be resolved"))?.collect()
            }
            None => vec![],
        };
        checked(target, found, &self.allow)
    }
}

/// One address that may not be called closes the whole host.
fn checked(target: &Target, found: Vec<SocketAddr>, allow: &AllowedAddresses) -> Result<Vec<SocketAddr>, CallFailure> {
    if found.is_empty() {
        return Err(CallFailure::Failed(format!("{} has no address", target.host())));
    }
    if found.len() > ADDRESSES_MAX {
        return Err(CallFailure::Forbidden(format!("{} has more than {ADDRESSES_MAX} addresses", target.host())));
    }
    for address in &found {
        match check_address(address.ip(), allow) {
            Err(forbidden) => {
                return Err(CallFailure::Forbidden(format!("{} is not called: {forbidden}", target.host())));
            }
            Ok(Standing::Public) if !target.is_encrypted() => {
                return Err(CallFailure::Forbidden(format!("its address {}", target.in_the_clear())));
            }
            Ok(Standing::Public | Standing::Allowed) => {}
        }
    }
    Ok(found)
}

/// To the first address that takes us; each gets its share of the time.
async fn connect(target: &Target, addresses: &[SocketAddr], within: Duration) -> Result<TcpStream, CallFailure> {
    let share = within / u32::try_from(addresses.len() + 1).unwrap_or(u32::MAX);
    let mut last = io::Error::from(io::ErrorKind::TimedOut);
    for address in addresses {
        match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error,
            Err(_) => {}
        }
    }
    Err(failed(target, "cannot be reached")(last))
}

fn server_name(target: &Target) -> Result<ServerName<'static>, CallFailure> {
    let name = match target.parsed_host() {
        Some(Host::Domain(name)) => ServerName::try_from(name.to_owned()).ok(),
        Some(Host::Ipv4(address)) => Some(ServerName::IpAddress(std::net::IpAddr::V4(address).into())),
        Some(Host::Ipv6(address)) => Some(ServerName::IpAddress(std::net::IpAddr::V6(address).into())),
        None => None,
    };
    name.ok_or_else(|| CallFailure::Forbidden(format!("no certificate can name {}", target.host())))
}

async fn exchange<S>(stream: S, call: Call<'_>) -> Result<Answer, CallFailure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let target = call.target;
    let opening =
        http1::Builder::new().max_headers(HEADERS_MAX).max_buf_size(HEAD_BYTES_MAX).handshake(TokioIo::new(stream));
    let (mut sender, connection) = opening.await.map_err(failed(target, "does not speak with us"))?;
    let request = request(call).map_err(failed(target, "cannot be asked"))?;
    let asking = async {
        let response = sender.send_request(request).await.map_err(failed(target, "broke off the conversation"))?;
        Ok(answer(response).await)
    };
    // The connection carries the words; when it ends first, what it carried is still to be read.
    match select(pin!(asking), pin!(connection)).await {
        Either::Left((answer, _)) => answer,
        Either::Right((_, asking)) => asking.await,
    }
}

fn request(call: Call<'_>) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
    let mut request = Request::builder()
        .method(call.method)
        .uri(call.target.path_and_query())
        .header(HOST, call.target.authority())
        .header(USER_AGENT, concat!("watchdesk/", env!("CARGO_PKG_VERSION")))
        .header(CONNECTION, "close");
    for (name, value) in call.headers {
        request = request.header(name, value);
    }
    request.body(Full::new(Bytes::from(call.body)))
}

async fn answer(response: Response<Incoming>) -> Answer {
    let status = response.status();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let words = if status.is_success() { String::new() } else { words(response.into_body()).await };
    Answer { status, retry_after, words }
}

/// The beginning of what it says; half of it where it stops speaking.
async fn words(mut body: Incoming) -> String {
    let mut bytes = Vec::new();
    let reading = async {
        while bytes.len() < WORDS_BYTES_MAX {
            let Some(Ok(frame)) = body.frame().await else { break };
            bytes.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
        }
    };
    // A receiver that dawdles has said enough.
    _ = timeout(WORDS_WITHIN, reading).await;
    bytes.truncate(WORDS_BYTES_MAX);
    one_line_within(&without_addresses(&String::from_utf8_lossy(&bytes)), WORDS_CHARACTERS_MAX)
}

fn failed<E: std::error::Error>(target: &Target, what: &str) -> impl FnOnce(E) -> CallFailure {
    let sentence = format!("{} {what}", target.host());
    move |error| CallFailure::Failed(format!("{sentence}: {}", with_sources(&error)))
}

/// hyper says little itself; the reason lies below.
fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    one_line_within(&text, WORDS_CHARACTERS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, found: &[&str], allow: &[&str]) -> Result<usize, CallFailure> {
        let allow = AllowedAddresses::parse(allow.iter().copied()).unwrap();
        let target = Target::parse(url, &allow).unwrap();
        let found = found.iter().map(|address| SocketAddr::new(address.parse().unwrap(), 443)).collect();
        checked(&target, found, &allow).map(|addresses| addresses.len())
    }

    #[test]
    fn every_address_of_a_host_is_looked_at() {
        let url = "https://pager.example.cn/";
        assert_eq!(check(url, &["8.8.8.8", "2606:4700::1111"], &[]), Ok(2));
        for wrong in ["10.0.0.1", "127.0.0.1", "::1", "169.254.169.254", "::ffff:10.0.0.1", "fd00::1"] {
            let said = check(url, &["8.8.8.8", wrong], &[]).expect_err(wrong);
            assert!(matches!(said, CallFailure::Forbidden(_)), "{said}");
        }
        assert_eq!(check(url, &["8.8.8.8", "10.0.0.1"], &["10.0.0.0/8"]), Ok(2));
        assert!(matches!(check(url, &["8.8.8.8"; 17], &[]), Err(CallFailure::Forbidden(_))));
        assert!(matches!(check(url, &[], &[]), Err(CallFailure::Failed(_))));
    }

    #[test]
    fn in_the_clear_only_allowed_addresses_are_called() {
        let url = "http://pager.example.cn/";
        assert_eq!(check(url, &["10.0.0.1"], &["10.0.0.0/8"]), Ok(1));
        let said = check(url, &["10.0.0.1", "8.8.8.8"], &["10.0.0.0/8"]).expect_err("public, in the clear");
        assert!(said.to_string().contains("must begin with https://"), "{said}");
    }
}
