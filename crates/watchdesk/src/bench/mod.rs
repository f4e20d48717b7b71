//! Benchmarks: of the arithmetic alone, and of the whole program on a throw-away database beside the chosen one.

mod clocks;
mod create;
mod stopwatch;
mod synchronise;
mod tick;

use std::process::ExitCode;

use watchdesk_store::{Backend, Store};

use crate::cli::Bench;
use crate::config::Config;
use crate::progress::Counter;

pub async fn run(config: &Config, command: Bench) -> anyhow::Result<ExitCode> {
    match command {
        Bench::Create { clients, tickets, json } => create::run(config, clients, tickets, json).await,
        Bench::Clocks { json } => clocks::run(config, json),
        Bench::Tick(options) => tick::run(config, &options).await,
        Bench::Synchronise(options) => synchronise::run(config, &options).await,
    }
}

/// Two decimals are enough.
fn rounded(figure: f64) -> f64 {
    (figure * 100.0).round() / 100.0
}

fn database_name(store: &Store) -> &'static str {
    match store.backend() {
        Backend::Sqlite => "sqlite",
        Backend::Postgres => "postgres",
    }
}

/// How many the check of the throw-away database has; they are told on standard error.
async fn findings(store: &Store) -> anyhow::Result<usize> {
    let mut counter = Counter::new("rows checked");
    let mut seen = 0;
    let report = watchdesk_store::check(store, &mut |rows| {
        counter.add(usize::try_from(rows.saturating_sub(seen)).unwrap_or(0));
        seen = rows;
    })
    .await?;
    counter.finish();
    for finding in &report.findings {
        eprintln!("{} {}: {}", finding.table, finding.id, finding.what);
    }
    Ok(report.findings.len())
}
