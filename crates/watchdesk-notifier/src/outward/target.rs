//! An address that a person typed, read once and strictly.

use std::fmt;

use url::{Host, Position, Url};

use super::address::{AllowedAddresses, Standing, check_address};

const LENGTH_MAX: usize = 2_000;

/// Where a call goes. Path and query often hold a secret, so nobody but the receiver sees them.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    url: Url,
}

/// The sentence goes behind the key that holds the address; it repeats no more of it than the host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadTarget(String);

impl Target {
    /// Odd spellings of an address (`0x7f000001`, `127.1`, `2130706433`) are that address from here on.
    pub fn parse(text: &str, allow: &AllowedAddresses) -> Result<Self, BadTarget> {
        let wrong = |why: String| Err(BadTarget(why));
        if text.len() > LENGTH_MAX {
            return wrong(format!("is longer than {LENGTH_MAX} characters"));
        }
        let Ok(url) = Url::parse(text) else {
            return wrong("is no address such as https://pager.example.cn/hook".to_owned());
        };
        if !["https", "http"].contains(&url.scheme()) || url.host_str().is_none_or(str::is_empty) {
            return wrong("must begin with https:// and a host".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return wrong("must not hold a user name or password; calls are signed instead".to_owned());
        }
        let target = Self { url };
        match target.known_standing(allow) {
            Err(why) => wrong(why),
            Ok(()) => Ok(target),
        }
    }

    /// What can be said about it without asking a name server.
    fn known_standing(&self, allow: &AllowedAddresses) -> Result<(), String> {
        let address = match self.url.host() {
            Some(Host::Ipv4(address)) => address.into(),
            Some(Host::Ipv6(address)) => address.into(),
            Some(Host::Domain(_)) | None if !self.is_encrypted() && allow.is_empty() => return Err(self.in_the_clear()),
            Some(Host::Domain(_)) | None => return Ok(()),
        };
        match check_address(address, allow) {
            Err(forbidden) => Err(format!("leads nowhere: {forbidden}")),
            Ok(Standing::Public) if !self.is_encrypted() => Err(self.in_the_clear()),
            Ok(Standing::Public | Standing::Allowed) => Ok(()),
        }
    }

    /// Plain http shows path, body and signature to everybody on the way.
    pub(super) fn in_the_clear(&self) -> String {
        format!(
            "must begin with https://: plain http reaches only addresses that webhook.allow_addresses lists, and {} is none",
            self.host()
        )
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// With square brackets around an IPv6 address; enough to tell a person where it goes.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    pub(super) fn parsed_host(&self) -> Option<Host<&str>> {
        self.url.host()
    }

    pub(super) fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or(443)
    }

    /// For the `Host` header.
    pub(super) fn authority(&self) -> &str {
        &self.url[Position::BeforeHost..Position::AfterPort]
    }

    pub(super) fn path_and_query(&self) -> &str {
        &self.url[Position::BeforePath..Position::AfterQuery]
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({})", self.host())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str, allow: &[&str]) -> String {
        let allow = AllowedAddresses::parse(allow.iter().copied()).unwrap();
        Target::parse(text, &allow).expect_err(text).to_string()
    }

    #[test]
    fn odd_spellings_of_an_address_are_that_address() {
        let loopback = [
            "0x7f000001",
            "127.1",
            "2130706433",
            "0177.0.0.1",
            "017700000001",
            "0x7f.1",
            "127.0.1",
            "127.0.0.1.",
            "%31%32%37.0.0.1",
            "１２７。０。０。１",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[0:0:0:0:0:0:0:1]",
        ];
        for host in loopback {
            let said = refused(&format!("https://{host}/hook"), &[]);
            assert!(said.contains("this machine itself"), "{host}: {said}");
        }
        assert!(refused("https://[64:ff9b::7f00:1]/", &[]).contains("this machine itself"));
        assert!(refused("https://0xa9fea9fe/latest/meta-data", &["0.0.0.0/0"]).contains("metadata"));
        assert!(refused("https://2852039166/", &[]).contains("metadata"));
        assert!(refused("https://[2002:7f00:1::]/", &[]).contains("6to4"));
        assert!(refused("https://0/", &[]).contains("unspecified"));
    }

    #[test]
    fn plain_http_needs_an_allowed_address() {
        assert!(refused("http://pager.example.cn/", &[]).contains("must begin with https://"));
        assert!(refused("http://8.8.8.8/", &["10.0.0.0/8"]).contains("must begin with https://"));
        let allow = AllowedAddresses::parse(["10.0.0.0/8"]).unwrap();
        Target::parse("http://10.2.3.4/", &allow).expect("allowed");
        Target::parse("http://pager.example.cn/", &allow).expect("it may resolve to an allowed address");
    }

    #[test]
    fn what_is_wrong_is_said_without_repeating_secrets() {
        for (text, why) in [
            ("pager.example.cn/secret", "is no address"),
            ("https://", "is no address"),
            ("ftp://pager.example.cn/secret", "https://"),
            ("file:///etc/secret", "https://"),
            ("https://desk:secret@pager.example.cn/", "user name or password"),
            ("https://10.0.0.1/secret", "10.0.0.1 is a private address"),
            ("http://pager.example.cn/?key=secret", "https://"),
        ] {
            let said = refused(text, &[]);
            assert!(said.contains(why) && !said.contains("secret"), "{text}: {said}");
        }
        let target = Target::parse("https://pager.example.cn:8443/secret?key=secret#x", &AllowedAddresses::default());
        let target = target.unwrap();
        assert_eq!(format!("{target:?}"), "Target(pager.example.cn)");
        assert_eq!((target.authority(), target.path_and_query()), ("pager.example.cn:8443", "/secret?key=secret"));
    }
}
