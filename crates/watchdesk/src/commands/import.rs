//! `watchdesk import`: customers and subscriptions from a spreadsheet.

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use chrono_tz::Tz;
use serde_json::{Value, json};
use watchdesk_core::event::ActorRef;
use watchdesk_store::imports::{self, Asked, Changed, FILE_BYTES_MAX, Kind, Report};

use crate::cli::{Import, ImportFile};
use crate::config::Config;
use crate::desk;
use crate::exit::{DATA, Failure, NO_INPUT};
use crate::progress::Counter;

pub async fn run(config: &Config, command: Import) -> anyhow::Result<ExitCode> {
    let (kind, file) = match &command {
        Import::Customers(file) => (Kind::Customers, file),
        Import::Subscriptions(file) => (Kind::Subscriptions, file),
    };
    let store = desk::open(config).await?;
    let zone: Tz = config.desk.time_zone.parse().context("desk.time_zone")?;
    let lines = imports::read(bytes(&file.path)?, kind).map_err(|unreadable| Failure::new(DATA, unreadable.why))?;
    let asked = Asked { kind, zone, dry_run: file.dry_run, by: ActorRef::System };
    let mut counter = Counter::new("lines read");
    let report = imports::take(&store, asked, lines, || counter.add(1)).await?;
    counter.finish();
    store.close().await?;
    print(&report, kind, file)
}

fn bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    let file = std::fs::File::open(path)
        .map_err(|error| Failure::new(NO_INPUT, format!("{} cannot be read: {error}", path.display())))?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).context("the file cannot be read")?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        let why = format!("the file is larger than {} MB; split it", FILE_BYTES_MAX / 1024 / 1024);
        return Err(Failure::new(DATA, why).into());
    }
    Ok(bytes)
}

fn print(report: &Report, kind: Kind, file: &ImportFile) -> anyhow::Result<ExitCode> {
    if file.json {
        println!("{}", serde_json::to_string_pretty(&as_json(report, file.dry_run))?);
    } else {
        if file.dry_run {
            for change in &report.changes {
                println!("line {}: {}: {}", change.line, word(change), change.name);
            }
        }
        for (line, wrong) in &report.faults {
            println!("line {line}: {}: {}", wrong.field, wrong.why);
        }
        println!("{}", sentence(report, kind.as_str(), file.dry_run));
    }
    Ok(if report.failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(DATA) })
}

fn word(change: &Changed) -> &'static str {
    if change.is_new { "new" } else { "changed" }
}

fn sentence(report: &Report, what: &str, dry_run: bool) -> String {
    let Report { lines, created, changed, same, failed, .. } = report;
    let tried = if dry_run { " Nothing was written." } else { "" };
    format!("{lines} {what} read: {created} new, {changed} changed, {same} as they were, {failed} failed.{tried}")
}

fn as_json(report: &Report, dry_run: bool) -> Value {
    let faults =
        report.faults.iter().map(|(line, wrong)| json!({"line": line, "field": wrong.field, "error": wrong.why}));
    let changes =
        report.changes.iter().map(|change| json!({"line": change.line, "what": word(change), "name": change.name}));
    json!({
        "lines": report.lines,
        "created": report.created,
        "changed": report.changed,
        "same": report.same,
        "failed": report.failed,
        "dry_run": dry_run,
        "changes": changes.collect::<Vec<_>>(),
        "faults": faults.collect::<Vec<_>>(),
    })
}
