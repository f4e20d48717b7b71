//! The keys, as the program sees them. What each means stands in `config/default.toml`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;
use watchdesk_core::desk::Language;
use watchdesk_core::packet::ResellerContact;

use super::calls::{Receiver, Watchdog, Webhook};
use super::operators::Operator;
use super::portals::Links;
use super::upstream::Upstream;

/// Nobody plans a rota further ahead.
const ROTA_AHEAD_DAYS_MAX: u32 = 366;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub data_dir: PathBuf,
    pub database: Database,
    pub http: Http,
    pub desk: Desk,
    pub reseller: Reseller,
    pub support: Support,
    pub mail: Mail,
    pub smtp: Smtp,
    pub intake: Intake,
    pub workers: Workers,
    pub webhook: Webhook,
    pub webhooks: BTreeMap<String, Receiver>,
    pub watchdog: Watchdog,
    pub operators: BTreeMap<String, Operator>,
    pub upstream: Upstream,
    pub links: Links,
    pub log: Log,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    pub url: String,
    pub pool_max: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    pub listen: String,
    pub base_url: String,
    pub trusted_proxies: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Desk {
    pub name: String,
    pub time_zone: String,
    pub language: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reseller {
    pub company: String,
    pub person: String,
    pub phone: String,
    pub email: String,
    pub mpn_id: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Support {
    pub phone: String,
    pub url: String,
    pub hours_en: String,
    pub hours_zh: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    pub from: String,
    pub from_name: String,
    pub reply_secret: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smtp {
    pub url: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intake {
    pub smtp: IntakeSmtp,
    pub lmtp: IntakeLmtp,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntakeSmtp {
    pub listen: String,
    pub tls_certificate: PathBuf,
    pub tls_key: PathBuf,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntakeLmtp {
    pub listen: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workers {
    pub mail_attempts_max: u32,
    pub mail_concurrency: usize,
    pub lease_s: u32,
    pub rota_ahead_days: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub level: String,
    pub format: String,
}

impl Config {
    /// What types cannot say. The sentence names the key.
    pub fn check(&self) -> Result<(), String> {
        address("http.listen", &self.http.listen)?;
        optional_address("intake.smtp.listen", &self.intake.smtp.listen)?;
        optional_address("intake.lmtp.listen", &self.intake.lmtp.listen)?;
        self.check_desk()?;
        self.check_mail()?;
        self.check_calls()?;
        self.check_operators()?;
        self.check_upstream()?;
        self.deep_links()?;
        let smtp = &self.intake.smtp;
        match (smtp.tls_certificate.as_os_str().is_empty(), smtp.tls_key.as_os_str().is_empty()) {
            (true, true) | (false, false) => {}
            (false, true) => {
                return Err("intake.smtp.tls_certificate is set, so intake.smtp.tls_key must be too".to_owned());
            }
            (true, false) => {
                return Err("intake.smtp.tls_key is set, so intake.smtp.tls_certificate must be too".to_owned());
            }
        }
        if self.database.pool_max == 0 {
            return Err("database.pool_max must be at least 1".to_owned());
        }
        if self.workers.lease_s == 0 {
            return Err("workers.lease_s must be at least 1".to_owned());
        }
        if !(1..=ROTA_AHEAD_DAYS_MAX).contains(&self.workers.rota_ahead_days) {
            return Err(format!("workers.rota_ahead_days must be 1 to {ROTA_AHEAD_DAYS_MAX}"));
        }
        if self.workers.mail_attempts_max == 0 || self.workers.mail_concurrency == 0 {
            return Err("workers.mail_attempts_max and workers.mail_concurrency must be at least 1".to_owned());
        }
        match self.log.format.as_str() {
            "text" | "json" => Ok(()),
            other => Err(format!("log.format is \"{other}\"; it may be \"text\" or \"json\"")),
        }
    }

    fn check_desk(&self) -> Result<(), String> {
        if self.desk.time_zone.parse::<chrono_tz::Tz>().is_err() {
            let zone = &self.desk.time_zone;
            return Err(format!(
                "desk.time_zone is \"{zone}\", which is no zone of the IANA list such as \"Asia/Shanghai\""
            ));
        }
        if Language::ALL.iter().all(|language| language.as_str() != self.desk.language) {
            return Err(format!("desk.language is \"{}\"; it may be \"zh-CN\" or \"en\"", self.desk.language));
        }
        let base = &self.http.base_url;
        if !base.is_empty() && !base.starts_with("https://") && !base.starts_with("http://") {
            return Err(format!("http.base_url is \"{base}\"; it begins with https:// or http://"));
        }
        Ok(())
    }

    fn check_mail(&self) -> Result<(), String> {
        let parts = self.mail.from.split_once('@');
        if parts.is_none_or(|(local, domain)| local.is_empty() || domain.is_empty() || local.contains('+')) {
            return Err(format!(
                "mail.from is \"{}\"; it must be an address such as support@example.cn",
                self.mail.from
            ));
        }
        let url = &self.smtp.url;
        if !url.is_empty() && !url.starts_with("smtp://") && !url.starts_with("smtps://") {
            return Err(
                "smtp.url must begin with smtp:// or smtps://, such as smtps://user:password@mail.example.cn:465"
                    .to_owned(),
            );
        }
        Ok(())
    }

    pub fn language(&self) -> Language {
        Language::of_tag(&self.desk.language)
    }

    /// The embedded database unless another is named.
    pub fn database_url(&self) -> String {
        if self.database.url.is_empty() {
            format!("sqlite://{}", self.data_dir.join("watchdesk.db").display())
        } else {
            self.database.url.clone()
        }
    }

    /// Ours, as it stands on requests to the operator; what is left out is the desk's.
    pub fn reseller_contact(&self) -> ResellerContact {
        let or = |text: &str, otherwise: &str| if text.is_empty() { otherwise.to_owned() } else { text.to_owned() };
        let reseller = &self.reseller;
        ResellerContact {
            company: or(&reseller.company, &self.desk.name),
            person: reseller.person.clone(),
            phone: or(&reseller.phone, &self.support.phone),
            email: or(&reseller.email, &self.mail.from),
            mpn_id: reseller.mpn_id.clone(),
        }
    }

    /// The part behind the at of our own addresses.
    pub fn mail_domain(&self) -> String {
        self.mail.from.rsplit_once('@').map(|(_, domain)| domain.to_ascii_lowercase()).unwrap_or_default()
    }

    pub fn base_url(&self, listening: SocketAddr) -> String {
        if self.http.base_url.is_empty() {
            format!("http://{listening}")
        } else {
            self.http.base_url.trim_end_matches('/').to_owned()
        }
    }

    pub fn mailbox_name(&self) -> String {
        if self.mail.from_name.is_empty() { self.desk.name.clone() } else { self.mail.from_name.clone() }
    }
}

fn address(key: &str, value: &str) -> Result<SocketAddr, String> {
    value
        .parse()
        .map_err(|_| format!("{key} is \"{value}\"; it must be an address and a port such as \"127.0.0.1:8080\""))
}

fn optional_address(key: &str, value: &str) -> Result<(), String> {
    if value.is_empty() { Ok(()) } else { address(key, value).map(|_| ()) }
}
