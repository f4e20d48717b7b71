//! `watchdesk sla replay`: what would have been met and missed under another policy. Nothing is written.

mod lines;
mod policy_file;
mod report;
mod walk;

use std::process::ExitCode;

use chrono::{NaiveDate, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;
use watchdesk_core::Instant;
use watchdesk_store::{Store, desk, rules};

use crate::cli::Replay;
use crate::config::{Config, ConfigError};
use crate::exit::{Failure, USAGE};
use policy_file::PolicyFile;
use report::Report;
use walk::Trial;

/// A zone that changes sides skips no more hours after midnight.
const SKIPPED_HOURS_MAX: i64 = 24;

pub async fn run(config: &Config, options: &Replay) -> anyhow::Result<ExitCode> {
    let file = policy_file::read(&options.policy)?;
    let span = Span::of(config, options)?;
    let store = crate::desk::open(config).await?;
    let report = replay(&store, config, options, file, span).await;
    store.close().await?;
    let report = report?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{report}");
    }
    Ok(ExitCode::SUCCESS)
}

async fn replay(
    store: &Store,
    config: &Config,
    options: &Replay,
    file: PolicyFile,
    span: Span,
) -> anyhow::Result<Report> {
    let desk = desk::load(store).await?;
    let webhooks = config.webhook_options().map_err(ConfigError::Wrong)?;
    let known = rules::known(&desk, webhooks.into_iter().map(|webhook| webhook.slug));
    file.require_none(&options.policy, &file.policy.faults(&known))?;
    let (policy, now) = (&file.policy, store.now().await?);
    let desk = desk.under_policy(policy.clone());
    let endless = desk.targets_without_deadline(now).into_iter().filter(|endless| endless.side == policy.side);
    file.require_none(&options.policy, &endless.map(|endless| endless.fault).collect::<Vec<_>>())?;
    let report = Report::new(policy, options.from, options.to);
    let trial = Trial { store, side: policy.side, desk, span, now };
    trial.run(report).await
}

/// From the beginning of the first day up to the end of the last, as far as they are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    from: Option<Instant>,
    to: Option<Instant>,
}

impl Span {
    fn of(config: &Config, options: &Replay) -> anyhow::Result<Self> {
        if let (Some(from), Some(to)) = (options.from, options.to)
            && to < from
        {
            let message = format!("--to {to} lies before --from {from}; both days are included");
            return Err(Failure::new(USAGE, message).into());
        }
        let zone: Tz = config.desk.time_zone.parse().map_err(|_| ConfigError::Wrong("desk.time_zone".to_owned()))?;
        let after = |day: NaiveDate| day.succ_opt().unwrap_or(NaiveDate::MAX);
        Ok(Self {
            from: options.from.and_then(|day| beginning(zone, day)),
            to: options.to.and_then(|day| beginning(zone, after(day))),
        })
    }

    fn holds(self, at: Instant) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at < to)
    }
}

/// Where the clocks are put forward at midnight, the day begins with the first hour that there is.
fn beginning(zone: Tz, day: NaiveDate) -> Option<Instant> {
    let midnight = day.and_time(NaiveTime::MIN);
    let mut hours = (0..=SKIPPED_HOURS_MAX).filter_map(|hours| midnight.checked_add_signed(TimeDelta::hours(hours)));
    hours.find_map(|local| zone.from_local_datetime(&local).earliest()).map(|at| at.to_utc())
}

#[cfg(test)]
mod tests;
