//! Customers and subscriptions from a spreadsheet. A bad line is told with its number and a way out, and the others go
//! on; the same file twice changes nothing the second time.

mod customers;
mod report;
mod sheet;
mod subscriptions;
#[cfg(test)]
mod tests;
mod values;

use chrono_tz::Tz;
use watchdesk_core::event::ActorRef;

pub use self::report::{Changed, Done, Report, TOLD_MAX};
use self::sheet::{Column, wrong};
pub use self::sheet::{FILE_BYTES_MAX, LINES_MAX, Line, Read, Unreadable, Wrong, text};
use crate::directory::{self, Customer};
use crate::{Store, StoreError, audit};

/// What the lines of a file are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Customers,
    Subscriptions,
}

impl Kind {
    pub const ALL: [Self; 2] = [Self::Customers, Self::Subscriptions];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Subscriptions => "subscriptions",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The names of the columns that are understood.
    pub fn columns(self) -> impl Iterator<Item = &'static str> {
        self.understood().iter().map(|column| column.name)
    }

    fn understood(self) -> &'static [Column] {
        match self {
            Self::Customers => customers::COLUMNS,
            Self::Subscriptions => subscriptions::COLUMNS,
        }
    }
}

/// The codes of [`Unreadable`].
pub const FILE_FAULTS: [&str; 5] = ["encoding", "header", "no_column", "unknown_column", "lines"];
/// The codes of [`Wrong`].
pub const LINE_FAULTS: [&str; 20] = [
    "empty",
    "quotes",
    "cells",
    "too_long",
    "domain",
    "nobody",
    "language",
    "delegated_admin",
    "no_tier",
    "slug",
    "domain_taken",
    "stale",
    "time_zone",
    "unknown_customer",
    "future",
    "not_suspended",
    "no_offer",
    "date",
    "yes_or_no",
    "number",
];

/// How a file is taken.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub kind: Kind,
    /// In which a day begins.
    pub zone: Tz,
    /// Say what would change, and write nothing.
    pub dry_run: bool,
    pub by: ActorRef,
}

/// The lines under the header; it is refused as a whole where the header names what nobody knows.
pub fn read(bytes: Vec<u8>, kind: Kind) -> Result<Vec<Read>, Unreadable> {
    sheet::lines(&text(bytes)?, kind.understood())
}

/// Line by line, each for itself; `seen` hears of each.
pub async fn take(store: &Store, asked: Asked, lines: Vec<Read>, mut seen: impl FnMut()) -> Result<Report, StoreError> {
    let mut report = Report::default();
    for read in lines {
        report.lines += 1;
        seen();
        let line = match read {
            Ok(line) => line,
            Err((number, wrong)) => {
                report.failed(number, wrong);
                continue;
            }
        };
        let done = match asked.kind {
            Kind::Customers => customers::take(store, asked.zone, &line, asked.dry_run).await,
            Kind::Subscriptions => subscriptions::take(store, asked.zone, &line, asked.dry_run).await,
        };
        match done {
            Ok((done, name)) => report.done(line.number, done, &name),
            Err(Refused::Line(wrong)) => report.failed(line.number, wrong),
            Err(Refused::Desk(error)) => return Err(error),
        }
    }
    if !asked.dry_run {
        let counts = serde_json::json!({"created": report.created, "changed": report.changed, "failed": report.failed});
        audit::record(store, asked.by, "directory.imported", asked.kind.as_str(), counts).await?;
    }
    Ok(report)
}

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

type Taken = Result<(Done, String), Refused>;

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

fn zone_of(line: &Line) -> Result<Option<Tz>, Wrong> {
    let Some(text) = line.get("time_zone") else { return Ok(None) };
    let found = text.parse::<Tz>();
    found.map(Some).map_err(|_| {
        wrong("time_zone", "time_zone", text, |text| {
            format!("\"{text}\" is no time zone; write one such as Asia/Shanghai")
        })
    })
}
