//! What comes in from the operator by itself.

use std::sync::Arc;

use chrono_tz::Tz;
use watchdesk_notifier::Notifier;
use watchdesk_notifier::tasks::incident_news;
use watchdesk_store::{Store, fresh_id};
use watchdesk_upstream::health::HealthWatch;
use watchdesk_upstream::{SystemTimer, Upstream};

use crate::config::{Config, ConfigError};

/// Of the row that it has among the scheduled tasks.
const HEALTH: &str = "operator-health";

/// Lets the health of services come in on a schedule, where the operator may be asked.
pub fn watched(notifier: Notifier, config: &Config, store: &Store) -> anyhow::Result<Notifier> {
    let Some(access) = config.upstream_access().map_err(ConfigError::Wrong)? else { return Ok(notifier) };
    let upstream = Upstream::new(access.options, Arc::new(SystemTimer::new()), Arc::new(fresh_id))?;
    let watch = Arc::new(HealthWatch::new(store.clone(), upstream, access.identity, access.names));
    let store = store.clone();
    Ok(notifier.register(HEALTH, &config.upstream.health.every, Tz::UTC, move || {
        let (watch, store) = (Arc::clone(&watch), store.clone());
        async move {
            let look = watch.look().await?;
            if look.news > 0 {
                // Who waits for the end of an incident hears of it now, not with the task's next round.
                incident_news(&store).await?;
            }
            if look.is_failure() { Err(look.to_string().into()) } else { Ok(look.to_string()) }
        }
    })?)
}
