//! Whom the desk calls by itself: receivers of webhooks, and the address of the dead-man's switch.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use watchdesk_core::ids::Slug;
use watchdesk_notifier::outward::AllowedAddresses;
use watchdesk_notifier::{DeadManOptions, WebhookOptions};

use super::environment::secret_in;
use super::{Config, ConfigError};

/// Longer, and the call might be made a second time before the first is given up.
const TIMEOUT_S_MAX: u64 = 60;
/// Shorter, and a busy moment would be an alarm.
const TICK_AGE_S_MIN: u32 = 5;
/// Shorter, and what another node has just claimed would be an alarm.
const OVERDUE_S_MIN: u32 = 60;
const DEAD_MAN_EVERY_S_MIN: u64 = 10;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    pub allow_addresses: Vec<String>,
    pub timeout_s: u64,
}

/// One receiver, under its own name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receiver {
    pub url: Hidden,
    pub key_id: String,
    #[serde(default)]
    pub secret: Hidden,
    #[serde(default)]
    pub secret_file: PathBuf,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Watchdog {
    pub tick_age_max_s: u32,
    pub overdue_max_s: u32,
    pub dead_man_url: Hidden,
    pub dead_man_every_s: u64,
}

/// Not for the eyes of whoever reads a log.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Hidden(String);

impl Hidden {
    pub fn new(secret: String) -> Self {
        Self(secret)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

impl Config {
    /// Puts the secrets that stand in files of their own where the others are.
    pub(super) fn read_secret_files(&mut self) -> Result<(), ConfigError> {
        for (name, receiver) in &mut self.webhooks {
            if receiver.secret_file.as_os_str().is_empty() {
                continue;
            }
            let key = format!("webhooks.{name}.secret_file");
            if !receiver.secret.0.is_empty() {
                return Err(ConfigError::Wrong(format!("{key} and webhooks.{name}.secret are both set; keep one")));
            }
            receiver.secret = Hidden(secret_in(&key, receiver.secret_file.clone())?);
        }
        Ok(())
    }

    pub(super) fn check_calls(&self) -> Result<(), String> {
        let allow = self.allowed_addresses()?;
        if !(1..=TIMEOUT_S_MAX).contains(&self.webhook.timeout_s) {
            return Err(format!("webhook.timeout_s must be 1 to {TIMEOUT_S_MAX}"));
        }
        if self.watchdog.tick_age_max_s < TICK_AGE_S_MIN {
            return Err(format!("watchdog.tick_age_max_s must be at least {TICK_AGE_S_MIN}"));
        }
        if self.watchdog.overdue_max_s < OVERDUE_S_MIN {
            return Err(format!("watchdog.overdue_max_s must be at least {OVERDUE_S_MIN}"));
        }
        if self.watchdog.dead_man_every_s < DEAD_MAN_EVERY_S_MIN {
            return Err(format!("watchdog.dead_man_every_s must be at least {DEAD_MAN_EVERY_S_MIN}"));
        }
        for receiver in self.webhook_options()? {
            receiver.check(&allow).map_err(|error| error.to_string())?;
        }
        match self.dead_man_options() {
            None => Ok(()),
            Some(options) => options.check(&allow).map(|_| ()).map_err(|error| error.to_string()),
        }
    }

    pub fn allowed_addresses(&self) -> Result<AllowedAddresses, String> {
        AllowedAddresses::parse(self.webhook.allow_addresses.iter().map(String::as_str))
            .map_err(|error| format!("webhook.allow_addresses: {error}"))
    }

    pub fn webhook_options(&self) -> Result<Vec<WebhookOptions>, String> {
        let options = |(name, receiver): (&String, &Receiver)| {
            Ok(WebhookOptions {
                slug: Slug::new(name.clone()).map_err(|error| format!("webhooks.{name}: {error}"))?,
                url: receiver.url.0.clone(),
                key_id: receiver.key_id.clone(),
                secret: receiver.secret.0.clone(),
                timeout: self.call_timeout(),
            })
        };
        self.webhooks.iter().map(options).collect()
    }

    /// None where there is no such switch.
    pub fn dead_man_options(&self) -> Option<DeadManOptions> {
        let url = self.watchdog.dead_man_url.0.clone();
        (!url.is_empty()).then(|| DeadManOptions {
            url,
            every: Duration::from_secs(self.watchdog.dead_man_every_s),
            tick_age_max: Duration::from_secs(self.watchdog.tick_age_max_s.into()),
            overdue_max: Duration::from_secs(self.watchdog.overdue_max_s.into()),
            timeout: self.call_timeout(),
        })
    }

    fn call_timeout(&self) -> Duration {
        Duration::from_secs(self.webhook.timeout_s)
    }
}
