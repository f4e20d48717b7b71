//! `watchdesk sla`: the clocks, for people and for programs.

mod explain;
mod forecast;
pub mod lines;
mod names;
mod replay;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod tests;
mod tiers;
mod time;

use std::process::ExitCode;

use crate::cli::Sla;
use crate::config::Config;

pub async fn run(config: &Config, command: Sla) -> anyhow::Result<ExitCode> {
    match command {
        Sla::Deadline => lines::deadline(),
        Sla::Elapsed => lines::elapsed(),
        Sla::Explain(options) => explain::run(config, &options).await,
        Sla::Time(options) => time::run(config, &options).await,
        Sla::Forecast(options) => forecast::run(config, &options).await,
        Sla::Replay(options) => replay::run(config, &options).await,
    }
}
