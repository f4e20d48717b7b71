//! The operators that cases go to, and how each of them takes a request.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use chrono_tz::Tz;
use serde::Deserialize;
use watchdesk_core::desk::{Language, Named};
use watchdesk_core::ids::Slug;
use watchdesk_core::operator::{self, Operators, Takes};
use watchdesk_upstream::{AppIdentity, Hosts, UpstreamError, UpstreamOptions};

use super::calls::Hidden;
use super::environment::secret_in;
use super::upstream::{PATIENCE, REQUEST_TIMEOUT};
use super::{Config, ConfigError};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    pub name_en: String,
    pub name_zh: String,
    pub language: String,
    pub time_zone: String,
    #[serde(default)]
    pub takes: Way,
    #[serde(default)]
    pub services: Vec<String>,
    /// Where mail is taken.
    #[serde(default)]
    pub address: String,
    /// Where service requests are taken.
    #[serde(default)]
    pub api: String,
    #[serde(default)]
    pub authority: String,
    #[serde(default)]
    pub topic: String,
    #[serde(default)]
    pub tenant: String,
    #[serde(default)]
    pub client_id: String,
    #[serde(default)]
    pub client_secret: Hidden,
    #[serde(default)]
    pub client_secret_file: PathBuf,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    #[default]
    Portal,
    Mail,
    ServiceRequests,
}

/// What it takes to reach one operator's interface for service requests.
pub struct RequestAccess {
    pub options: UpstreamOptions,
    pub identity: AppIdentity,
    pub topic: String,
}

impl Operator {
    /// The keys that its way needs and that are empty.
    fn missing(&self) -> Vec<&'static str> {
        let keys: &[(&'static str, bool)] = match self.takes {
            Way::Portal => &[],
            Way::Mail => &[("address", self.address.is_empty())],
            Way::ServiceRequests => &[
                ("api", self.api.is_empty()),
                ("authority", self.authority.is_empty()),
                ("topic", self.topic.is_empty()),
                ("tenant", self.tenant.is_empty()),
                ("client_id", self.client_id.is_empty()),
                ("client_secret", self.client_secret.is_empty()),
            ],
        };
        keys.iter().filter(|(_, is_missing)| *is_missing).map(|(key, _)| *key).collect()
    }

    fn understood(&self, name: &str) -> Result<operator::Operator, String> {
        let key = |key: &str| format!("operators.{name}.{key}");
        if let Some(missing) = self.missing().first() {
            let way = match self.takes {
                Way::Portal => "portal",
                Way::Mail => "mail",
                Way::ServiceRequests => "service_requests",
            };
            return Err(format!("{} is missing; an operator that takes \"{way}\" needs it", key(missing)));
        }
        if self.name_en.trim().is_empty() || self.name_zh.trim().is_empty() {
            return Err(format!("operators.{name}: name_en and name_zh say what people read"));
        }
        let language = Language::ALL.into_iter().find(|known| known.as_str() == self.language);
        let services = self.services.iter().map(|service| {
            Slug::new(service.as_str()).map_err(|error| format!("{}: \"{service}\": {error}", key("services")))
        });
        Ok(operator::Operator {
            slug: Slug::new(name).map_err(|error| format!("operators.{name}: {error}"))?,
            name: Named { en: self.name_en.clone(), zh: self.name_zh.clone() },
            language: language.ok_or_else(|| format!("{} must be \"zh-CN\" or \"en\"", key("language")))?,
            time_zone: self.time_zone.parse::<Tz>().map_err(|_| {
                format!(
                    "{}: \"{}\" is no time zone; write one such as \"Asia/Shanghai\"",
                    key("time_zone"),
                    self.time_zone
                )
            })?,
            takes: match self.takes {
                Way::Portal => Takes::ByPerson,
                Way::Mail => Takes::Mail { address: self.mail_address(&key("address"))? },
                Way::ServiceRequests => Takes::ServiceRequests { topic: self.topic.clone() },
            },
            services: services.collect::<Result<BTreeSet<_>, _>>()?,
        })
    }

    fn mail_address(&self, key: &str) -> Result<String, String> {
        let address = self.address.trim();
        let wrong = || format!("{key}: \"{address}\" is no mail address; write one such as \"desk@operator.example\"");
        let (local, domain) = address.rsplit_once('@').ok_or_else(wrong)?;
        let is_plain = !local.is_empty() && domain.contains('.') && !address.chars().any(char::is_whitespace);
        if is_plain { Ok(address.to_owned()) } else { Err(wrong()) }
    }

    fn request_access(&self, name: &str) -> Result<RequestAccess, String> {
        let named = |error| match error {
            UpstreamError::Setting { key, why } => {
                let key = if key == "partner_center" { "api" } else { key };
                format!("operators.{name}.{key} is wrong: {why}")
            }
            other => format!("operators.{name}: {other}"),
        };
        // Nobody is asked for health there.
        let hosts = Hosts::parse(&self.authority, &self.api, &self.api).map_err(named)?;
        let mut options = UpstreamOptions::new(hosts);
        options.request_timeout = REQUEST_TIMEOUT;
        options.patience = PATIENCE;
        options.locale = if self.language == "en" { "en-US" } else { "zh-CN" }.to_owned();
        let identity = AppIdentity::new(&self.tenant, &self.client_id, self.client_secret.reveal());
        Ok(RequestAccess { options, identity, topic: self.topic.clone() })
    }
}

impl Config {
    pub(super) fn read_operator_secrets(&mut self) -> Result<(), ConfigError> {
        for (name, operator) in &mut self.operators {
            if operator.client_secret_file.as_os_str().is_empty() {
                continue;
            }
            let key = format!("operators.{name}.client_secret_file");
            if !operator.client_secret.is_empty() {
                let both = format!("{key} and operators.{name}.client_secret are both set; keep one");
                return Err(ConfigError::Wrong(both));
            }
            operator.client_secret = Hidden::new(secret_in(&key, operator.client_secret_file.clone())?);
        }
        Ok(())
    }

    pub(super) fn check_operators(&self) -> Result<(), String> {
        let operators = self.operators_known()?;
        self.request_accesses()?;
        let mut owners: BTreeMap<&Slug, &Slug> = BTreeMap::new();
        for operator in operators.values() {
            for service in &operator.services {
                if let Some(other) = owners.insert(service, &operator.slug) {
                    let slug = &operator.slug;
                    return Err(format!("operators.{slug}.services: \"{service}\" is {other}'s already; keep one"));
                }
            }
        }
        Ok(())
    }

    /// The desk's operators, by slug.
    pub fn operators_known(&self) -> Result<Operators, String> {
        let known = |(name, operator): (&String, &Operator)| {
            operator.understood(name).map(|operator| (operator.slug.clone(), operator))
        };
        self.operators.iter().map(known).collect()
    }

    /// The interfaces for service requests, by operator.
    pub fn request_accesses(&self) -> Result<BTreeMap<Slug, RequestAccess>, String> {
        let taking = self.operators.iter().filter(|(_, operator)| operator.takes == Way::ServiceRequests);
        let access = |(name, operator): (&String, &Operator)| {
            let slug = Slug::new(name.as_str()).map_err(|error| format!("operators.{name}: {error}"))?;
            Ok((slug, operator.request_access(name)?))
        };
        taking.map(access).collect()
    }

    /// Whom mail of the operators may come from: as the configuration says, and where we write to.
    pub(super) fn operator_senders(&self) -> Vec<String> {
        let addresses = self.operators.values().filter(|operator| operator.takes == Way::Mail);
        let addresses = addresses.map(|operator| operator.address.trim().to_owned());
        self.upstream.mail.from.iter().cloned().chain(addresses).collect()
    }
}
