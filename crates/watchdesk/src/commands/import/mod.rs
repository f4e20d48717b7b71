//! `watchdesk import`: customers and subscriptions from a spreadsheet. A bad line is told with its number and a way out, and
//! the others go on; the same file twice changes nothing the second time.

mod customers;
mod report;
mod sheet;
mod subscriptions;
#[cfg(test)]
mod tests;
mod values;

use std::process::ExitCode;

use anyhow::Context;
use chrono_tz::Tz;
use watchdesk_core::event::ActorRef;
use watchdesk_store::directory::{self, Customer};
use watchdesk_store::{Store, StoreError, audit};

use self::report::{Done, Report};
use self::sheet::{Line, Wrong, wrong};
use crate::cli::{Import, ImportFile};
use crate::config::Config;
use crate::desk;
use crate::progress::Counter;

/// Why a line was not taken.
enum Refused {
    /// The line is wrong; the others go on.
    Line(Wrong),
    /// The desk cannot be used: nothing goes on.
    Desk(StoreError),
}

impl From<Wrong> for Refused {
    fn from(wrong: Wrong) -> Self {
        Self::Line(wrong)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Desk(error)
    }
}

pub async fn run(config: &Config, command: Import) -> anyhow::Result<ExitCode> {
    let store = desk::open(config).await?;
    let zone: Tz = config.desk.time_zone.parse().context("desk.time_zone")?;
    let (what, file) = match &command {
        Import::Customers(file) => ("customers", file),
        Import::Subscriptions(file) => ("subscriptions", file),
    };
    let report = match &command {
        Import::Customers(file) => take(&store, zone, file, Kind::Customers).await?,
        Import::Subscriptions(file) => take(&store, zone, file, Kind::Subscriptions).await?,
    };
    if !file.dry_run {
        let counts = serde_json::json!({"created": report.created, "changed": report.changed, "failed": report.failed});
        audit::record(&store, ActorRef::System, "directory.imported", what, counts).await?;
    }
    store.close().await?;
    report.print(what, file.dry_run, file.json)
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Customers,
    Subscriptions,
}

async fn take(store: &Store, zone: Tz, file: &ImportFile, kind: Kind) -> anyhow::Result<Report> {
    let columns = match kind {
        Kind::Customers => customers::COLUMNS,
        Kind::Subscriptions => subscriptions::COLUMNS,
    };
    let mut report = Report::default();
    let mut counter = Counter::new("lines read");
    for read in sheet::read(&file.path, columns)? {
        report.lines += 1;
        counter.add(1);
        let line = match read {
            Ok(line) => line,
            Err((number, wrong)) => {
                report.failed(number, wrong);
                continue;
            }
        };
        let done = match kind {
            Kind::Customers => customers::take(store, zone, &line, file.dry_run).await,
            Kind::Subscriptions => subscriptions::take(store, zone, &line, file.dry_run).await,
        };
        match done {
            Ok((done, name)) => report.done(line.number, done, &name),
            Err(Refused::Line(wrong)) => report.failed(line.number, wrong),
            Err(Refused::Desk(error)) => return Err(error.into()),
        }
    }
    counter.finish();
    Ok(report)
}

/// By tenant id, then by domain, then by the exact name.
async fn customer_called(store: &Store, text: &str) -> Result<Option<Customer>, StoreError> {
    if let Some(found) = directory::customer_by_tenant(store, text).await? {
        return Ok(Some(found));
    }
    if let Some(found) = directory::customer_by_domain(store, text).await? {
        return Ok(Some(found));
    }
    directory::customer_by_name(store, text).await
}

fn legal_domain(text: &str) -> bool {
    let legal = |c: char| c.is_alphanumeric() || c == '-' || c == '.';
    text.contains('.') && text.len() <= 253 && text.chars().all(legal) && !text.starts_with('.')
}

type Taken = Result<(Done, String), Refused>;

fn zone_of(line: &Line) -> Result<Option<Tz>, Wrong> {
    let Some(text) = line.get("time_zone") else { return Ok(None) };
    let found = text.parse::<Tz>();
    found
        .map(Some)
        .map_err(|_| wrong("time_zone", format!("\"{text}\" is no time zone; write one such as Asia/Shanghai")))
}
