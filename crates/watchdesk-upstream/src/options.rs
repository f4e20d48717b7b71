//! What the clients are told: where to go, as whom, how fast and how long.

use std::fmt;
use std::time::Duration;

use url::{Host, Url};

use crate::UpstreamError;

const TENANT_LENGTH_MAX: usize = 120;

/// Where the interfaces are. The shipped ones are those in China.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosts {
    /// Signs in.
    pub authority: Url,
    pub partner_center: Url,
    pub graph: Url,
    /// For whom tokens are made out.
    pub partner_center_resource: String,
    pub graph_resource: String,
}

#[derive(Debug, Clone)]
pub struct UpstreamOptions {
    pub hosts: Hosts,
    /// In any sliding minute and directory, over each interface.
    pub requests_per_minute: usize,
    pub connect_timeout: Duration,
    /// For one request, with its whole answer.
    pub request_timeout: Duration,
    /// Who is told to wait longer gives up instead and says when to come back.
    pub patience: Duration,
    pub customers_per_page: usize,
    /// Documents disagree whether the operator in China has them.
    pub managed_services: bool,
    /// In which language the operator speaks to us: `zh-CN` or `en-US`.
    pub locale: String,
    /// `http://proxy:3128`; without it none is used, whatever the environment says.
    pub proxy: Option<String>,
}

/// An app of ours in somebody's directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppIdentity {
    /// The directory: its id or one of its domains.
    pub tenant: String,
    pub client_id: String,
    pub secret: Secret,
}

/// Shown to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Hosts {
    /// Names the first key that is wrong.
    pub fn parse(authority: &str, partner_center: &str, graph: &str) -> Result<Self, UpstreamError> {
        Ok(Self {
            authority: base("authority", authority)?,
            partner_center: base("partner_center", partner_center)?,
            graph: base("graph", graph)?,
            partner_center_resource: partner_center.trim_end_matches('/').to_owned(),
            graph_resource: graph.trim_end_matches('/').to_owned(),
        })
    }

    /// The services that 21Vianet operates.
    pub fn china() -> Result<Self, UpstreamError> {
        Self::parse(
            "https://login.chinacloudapi.cn",
            "https://partner.partnercenterapi.microsoftonline.cn",
            "https://microsoftgraph.chinacloudapi.cn",
        )
    }

    /// All at one address, as a stand-in has them.
    pub fn all_at(base_url: &str) -> Result<Self, UpstreamError> {
        Self::parse(base_url, base_url, base_url)
    }
}

/// Secrets travel there: without TLS only within this machine.
fn base(key: &'static str, text: &str) -> Result<Url, UpstreamError> {
    let wrong = |why: &str| UpstreamError::Setting { key, why: format!("\"{text}\" {why}") };
    let url = Url::parse(text).map_err(|_| wrong("is no address; write one such as \"https://login.example.cn\""))?;
    let is_local = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    match url.scheme() {
        "https" => {}
        "http" if is_local => {}
        _ => return Err(wrong("must begin with https://; http:// is for 127.0.0.1 only")),
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("holds more than scheme, host, port and path"));
    }
    Ok(url)
}

impl UpstreamOptions {
    #[must_use]
    pub fn new(hosts: Hosts) -> Self {
        Self {
            hosts,
            requests_per_minute: 500,
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(60),
            patience: Duration::from_secs(300),
            customers_per_page: 40,
            managed_services: false,
            locale: "zh-CN".to_owned(),
            proxy: None,
        }
    }
}

impl AppIdentity {
    #[must_use]
    pub fn new(tenant: &str, client_id: &str, secret: &str) -> Self {
        Self { tenant: tenant.to_owned(), client_id: client_id.to_owned(), secret: Secret::new(secret) }
    }

    /// The same app in another directory: a customer's.
    #[must_use]
    pub fn in_tenant(&self, tenant: &str) -> Self {
        Self { tenant: tenant.to_owned(), ..self.clone() }
    }

    /// It becomes a part of an address.
    pub(crate) fn check(&self) -> Result<(), UpstreamError> {
        let fits = (1..=TENANT_LENGTH_MAX).contains(&self.tenant.len());
        let plain = self.tenant.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
        if fits && plain && !self.tenant.starts_with('.') {
            return Ok(());
        }
        let why = format!("\"{}\" is neither the id of a directory nor a domain", self.tenant.escape_debug());
        Err(UpstreamError::Setting { key: "tenant", why })
    }
}

impl Secret {
    #[must_use]
    pub fn new(secret: &str) -> Self {
        Self(secret.to_owned())
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_travel_encrypted_or_not_at_all() {
        let table = [
            ("https://login.chinacloudapi.cn", true),
            ("https://login.chinacloudapi.cn/", true),
            ("http://127.0.0.1:4000", true),
            ("http://[::1]:4000", true),
            ("http://login.chinacloudapi.cn", false),
            ("http://127.0.0.1.example.cn", false),
            ("ftp://127.0.0.1", false),
            ("login.chinacloudapi.cn", false),
            ("https://user:word@login.chinacloudapi.cn", false),
            ("https://login.chinacloudapi.cn?x=1", false),
            ("", false),
        ];
        for (text, right) in table {
            assert_eq!(Hosts::all_at(text).is_ok(), right, "{text}");
        }
        assert!(Hosts::china().is_ok());
    }

    #[test]
    fn tenants_that_would_bend_an_address_are_refused() {
        for tenant in ["", "..", ".", "a/b", "a?b", "a#b", "a b", "a%2fb", "租户", &"a".repeat(121)] {
            let refused = AppIdentity::new(tenant, "app", "secret").check();
            assert!(matches!(refused, Err(UpstreamError::Setting { key: "tenant", .. })), "{tenant}");
        }
        assert!(AppIdentity::new("contoso.partner.onmschina.cn", "app", "secret").check().is_ok());
    }

    #[test]
    fn nobody_sees_a_secret() {
        let identity = AppIdentity::new("contoso.cn", "app", "s3cret");
        assert!(!format!("{identity:?}").contains("s3cret"));
    }
}
