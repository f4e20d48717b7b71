//! Whom this node calls by itself: receivers of webhooks, and the address of the dead-man's switch.

use std::collections::BTreeSet;

use watchdesk_core::ids::Slug;
use watchdesk_notifier::outward::Outward;
use watchdesk_notifier::{DeadMan, Webhooks};

use crate::config::{Config, ConfigError};

pub fn webhooks(config: &Config) -> anyhow::Result<Webhooks> {
    let receivers = config.webhook_options().map_err(ConfigError::Wrong)?;
    Ok(if receivers.is_empty() { Webhooks::default() } else { Webhooks::new(receivers, &outward(config)?)? })
}

/// What a policy may name.
pub fn receivers(config: &Config) -> Result<BTreeSet<Slug>, ConfigError> {
    let receivers = config.webhook_options().map_err(ConfigError::Wrong)?;
    Ok(receivers.into_iter().map(|receiver| receiver.slug).collect())
}

pub fn dead_man(config: &Config) -> anyhow::Result<Option<DeadMan>> {
    match config.dead_man_options() {
        None => Ok(None),
        Some(options) => Ok(Some(DeadMan::new(options, &outward(config)?)?)),
    }
}

fn outward(config: &Config) -> Result<Outward, ConfigError> {
    config.allowed_addresses().map(Outward::new).map_err(ConfigError::Wrong)
}
