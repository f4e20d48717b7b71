//! What comes in from the operator by itself.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono_tz::Tz;
use watchdesk_notifier::tasks::incident_news;
use watchdesk_notifier::{Notifier, Step};
use watchdesk_store::outbox::{self, Way};
use watchdesk_store::synchronisation::TASK as DIRECTORY;
use watchdesk_store::{Store, fresh_id, schedules};
use watchdesk_upstream::directory::DirectorySync;
use watchdesk_upstream::health::HealthWatch;
use watchdesk_upstream::requests::{Counter, RequestDesk};
use watchdesk_upstream::{SystemTimer, Upstream};

use crate::config::{Access, Config, ConfigError};

/// Of the row that it has among the scheduled tasks.
const HEALTH: &str = "operator-health";
const REQUESTS: &str = "operator-requests";
/// Who files a case wants it gone at once.
const REQUESTS_EVERY: &str = "*/5 * * * * *";
/// A run that goes on after a crash is quiet for a minute first; nobody waits for it.
const DIRECTORY_PATIENCE: Duration = Duration::from_secs(90);

/// Lets health, customers and subscriptions come in on a schedule, where the operator may be asked.
pub async fn watched(notifier: Notifier, config: &Config, store: &Store) -> anyhow::Result<Notifier> {
    let notifier = requests(notifier, config, store).await?;
    let access = config.upstream_access().map_err(ConfigError::Wrong)?;
    if access.is_none() || !config.upstream.directory.enabled {
        // Nobody is told that it could be started.
        schedules::forget(store, DIRECTORY).await?;
    }
    let Some(access) = access else { return Ok(notifier) };
    let notifier =
        if config.upstream.directory.enabled { directory(notifier, config, store, &access)? } else { notifier };
    health(notifier, config, store, access)
}

/// Lets cases go to operators that take service requests, and brings in what they say.
async fn requests(notifier: Notifier, config: &Config, store: &Store) -> anyhow::Result<Notifier> {
    let accesses = config.request_accesses().map_err(ConfigError::Wrong)?;
    // What was meant for an operator that is no more in the configuration is given up with a word, not left lying.
    if accesses.is_empty() && outbox::next_due_by(store, Way::Request).await?.is_none() {
        return Ok(notifier);
    }
    let mut counters = BTreeMap::new();
    for (operator, access) in accesses {
        let upstream = Upstream::new(access.options, Arc::new(SystemTimer::new()), Arc::new(fresh_id))?;
        let client = upstream.service_requests(&access.identity)?;
        counters.insert(operator, Counter { client, topic: access.topic });
    }
    let desk = Arc::new(RequestDesk::new(store.clone(), counters, config.reseller_contact()));
    Ok(notifier.register(REQUESTS, REQUESTS_EVERY, Tz::UTC, move || {
        let desk = Arc::clone(&desk);
        async move {
            let round = desk.round().await?;
            if round.is_failure() { Err(round.to_string().into()) } else { Ok(round.to_string()) }
        }
    })?)
}

fn health(notifier: Notifier, config: &Config, store: &Store, access: Access) -> anyhow::Result<Notifier> {
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

fn directory(notifier: Notifier, config: &Config, store: &Store, access: &Access) -> anyhow::Result<Notifier> {
    let mut options = access.options.clone();
    options.patience = DIRECTORY_PATIENCE;
    let upstream = Upstream::new(options, Arc::new(SystemTimer::new()), Arc::new(fresh_id))?;
    let sync = Arc::new(DirectorySync::new(store.clone(), upstream.partner_center(&access.identity)?));
    Ok(notifier.register_in_steps(DIRECTORY, &config.upstream.directory.every, Tz::UTC, move || {
        let sync = Arc::clone(&sync);
        async move {
            let progress = sync.step().await?;
            Ok(Step { said: progress.to_string(), goes_on: progress.goes_on() })
        }
    })?)
}
