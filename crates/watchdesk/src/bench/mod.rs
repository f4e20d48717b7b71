//! Benchmarks of the whole program, on a throw-away database beside the chosen one.

mod create;

use std::process::ExitCode;

use crate::cli::Bench;
use crate::config::Config;

pub async fn run(config: &Config, command: Bench) -> anyhow::Result<ExitCode> {
    match command {
        Bench::Create { clients, tickets, json } => create::run(config, clients, tickets, json).await,
    }
}
