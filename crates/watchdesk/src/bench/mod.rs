//! Benchmarks: of the arithmetic alone, and of the whole program on a throw-away database beside the chosen one.

mod clocks;
mod create;
mod stopwatch;
mod tick;

use std::process::ExitCode;

use crate::cli::Bench;
use crate::config::Config;

pub async fn run(config: &Config, command: Bench) -> anyhow::Result<ExitCode> {
    match command {
        Bench::Create { clients, tickets, json } => create::run(config, clients, tickets, json).await,
        Bench::Clocks { json } => clocks::run(config, json),
        Bench::Tick(options) => tick::run(config, &options).await,
    }
}

/// Two decimals are enough.
fn rounded(figure: f64) -> f64 {
    (figure * 100.0).round() / 100.0
}
