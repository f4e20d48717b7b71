//! Deep links to the operator's portals: templates from the configuration, filled in for one customer.

use crate::desk::Named;
use crate::facts::DelegatedAdmin;

/// A portal, and how it is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portal {
    pub name: Named,
    /// With places such as `{tenant_id}`.
    pub url: String,
    /// Without delegated admin nobody of the desk gets in.
    pub needs_delegated_admin: bool,
    /// Where requests to the operator are filed.
    pub for_requests: bool,
}

/// What may be filled in; a link that needs something unknown is left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Places<'a> {
    pub tenant_id: Option<&'a str>,
    pub domain: Option<&'a str>,
    pub customer_id: Option<&'a str>,
    pub subscription_id: Option<&'a str>,
    pub service: Option<&'a str>,
}

/// What becomes of a portal for one customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reached {
    At(String),
    /// The customer withdrew delegated admin: he must act himself.
    NotAnyMore,
    /// Something that the address needs is not known.
    NotKnown,
}

/// Names of places, as the configuration writes them.
const PLACES: [&str; 5] = ["tenant_id", "domain", "customer_id", "subscription_id", "service"];
const SUBSCRIPTION: &str = "{subscription_id}";

impl Portal {
    /// What is wrong with its address, in words.
    pub fn check(&self) -> Result<(), String> {
        let host = self.url.strip_prefix("https://").ok_or("a portal is reached by https:// and nothing else")?;
        if host.is_empty() || host.starts_with(['/', '{', '?', '#']) || host.contains('@') {
            return Err("a host stands behind https://, without a place in it and without a user".to_owned());
        }
        if self.url.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>' | '\\')) {
            return Err("it holds a character that no address has; write it as %20 or the like".to_owned());
        }
        for part in self.url.split('{').skip(1) {
            let Some((name, _)) = part.split_once('}') else {
                return Err("a brace that is opened is closed again".to_owned());
            };
            if !PLACES.contains(&name) {
                return Err(format!("{{{name}}} is none of {{{}}}", PLACES.join("}, {")));
            }
        }
        let authority = host.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('{') { Err("the host itself is fixed".to_owned()) } else { Ok(()) }
    }

    /// It is about one subscription.
    #[must_use]
    pub fn is_of_subscription(&self) -> bool {
        self.url.contains(SUBSCRIPTION)
    }

    #[must_use]
    pub fn reached(&self, places: &Places<'_>, delegated_admin: DelegatedAdmin) -> Reached {
        if self.needs_delegated_admin && delegated_admin == DelegatedAdmin::Withdrawn {
            return Reached::NotAnyMore;
        }
        let known = [places.tenant_id, places.domain, places.customer_id, places.subscription_id, places.service];
        let mut url = self.url.clone();
        for (name, value) in PLACES.into_iter().zip(known) {
            let place = format!("{{{name}}}");
            if url.contains(&place) {
                let Some(value) = value.map(str::trim).filter(|value| !value.is_empty()) else {
                    return Reached::NotKnown;
                };
                // What is filled in has no braces left, so no place is filled in twice.
                url = url.replace(&place, &percent_encoded(value));
            }
        }
        Reached::At(url)
    }
}

fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn portal(url: &str) -> Portal {
        let name = Named { en: "Portal".to_owned(), zh: "门户".to_owned() };
        Portal { name, url: url.to_owned(), needs_delegated_admin: true, for_requests: false }
    }

    #[test]
    fn places_are_filled_in_and_encoded() {
        let places = Places {
            tenant_id: Some("t 1/../?#&=%"),
            domain: Some("北京.cn"),
            customer_id: Some("{service}"),
            service: Some("azure"),
            ..Places::default()
        };
        let table = [
            ("https://p.cn/{tenant_id}/x", Reached::At("https://p.cn/t%201%2F..%2F%3F%23%26%3D%25/x".to_owned())),
            ("https://p.cn/?d={domain}", Reached::At("https://p.cn/?d=%E5%8C%97%E4%BA%AC.cn".to_owned())),
            ("https://p.cn/{customer_id}/{service}", Reached::At("https://p.cn/%7Bservice%7D/azure".to_owned())),
            ("https://p.cn/{subscription_id}", Reached::NotKnown),
            ("https://p.cn/", Reached::At("https://p.cn/".to_owned())),
        ];
        for (url, expected) in table {
            assert_eq!(portal(url).reached(&places, DelegatedAdmin::Granted), expected, "{url}");
        }
    }

    #[test]
    fn who_withdrew_delegated_admin_is_not_administered() {
        let needs = portal("https://p.cn/");
        let places = Places::default();
        assert_eq!(needs.reached(&places, DelegatedAdmin::Withdrawn), Reached::NotAnyMore);
        assert_eq!(needs.reached(&places, DelegatedAdmin::Unknown), Reached::At("https://p.cn/".to_owned()));
        let open = Portal { needs_delegated_admin: false, ..needs };
        assert_eq!(open.reached(&places, DelegatedAdmin::Withdrawn), Reached::At("https://p.cn/".to_owned()));
    }

    #[test]
    fn only_addresses_over_tls_with_a_fixed_host_are_taken() {
        for right in ["https://p.cn", "https://p.cn/{tenant_id}?s={service}", "https://p.cn:8443/#/{customer_id}"] {
            assert_eq!(portal(right).check(), Ok(()), "{right}");
        }
        let wrong = [
            "http://p.cn/",
            "javascript:alert(1)",
            "//p.cn/",
            "https://",
            "https://{domain}/",
            "https://x.{domain}/",
            "https://user@p.cn/",
            "https://p.cn/{tenant}",
            "https://p.cn/{tenant_id",
            "https://p.cn/a b",
            "https://p.cn/\"x",
        ];
        for url in wrong {
            assert!(portal(url).check().is_err(), "{url}");
        }
        assert!(portal("https://p.cn/{tenant}").check().unwrap_err().contains("{tenant_id}"));
    }
}
