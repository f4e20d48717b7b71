//! The operator's incidents: what is known of them, whom they concern, which tickets they explain.
//!
//! Who observes one, a connector or a person, calls [`observe`]; it says what is new. The tickets that are linked learn
//! of an end or a return by [`unsettled`] and [`settle`], so that nothing is lost if the program stops in between.

mod observe;
mod read;
mod tickets;

use std::collections::BTreeSet;

use watchdesk_core::Instant;
use watchdesk_core::ids::{CustomerId, Slug};

use crate::StoreError;
use crate::entities::{incident, incident_entry};
use crate::rows::Place;

pub use observe::{News, Observation, end, observe};
pub(crate) use observe::{end_manual_within, observe_within};
pub use read::{IncidentFilter, by_reference, entries, known_of, list, of_ticket, open_of, unsettled};
pub use tickets::{SUGGESTED_MAX, linked_after, linked_count, settle, suggested};
pub(crate) use tickets::{facts_of, save_links};

/// Characters of a reference; the operator's have eight.
pub const REFERENCE_CHARS_MAX: usize = 64;
/// Posts that one observation brings.
pub const ENTRIES_MAX: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// The operator's own number, such as `EX226792`.
    pub reference: String,
    pub service: Slug,
    pub title: String,
    pub impact: String,
    /// `incident` or `advisory`, in the operator's word.
    pub classification: String,
    /// Where it stands, in the operator's word.
    pub status: String,
    pub source: Source,
    pub is_open: bool,
    /// It concerns everybody; else those of `customers`.
    pub for_all: bool,
    pub customers: BTreeSet<CustomerId>,
    pub started_at: Instant,
    pub ended_at: Option<Instant>,
    pub modified_at: Instant,
    pub version: i64,
    /// The linked tickets know whether it is open.
    pub is_settled: bool,
}

impl Incident {
    pub fn concerns(&self, customer: Option<CustomerId>) -> bool {
        self.for_all || customer.is_some_and(|id| self.customers.contains(&id))
    }
}

/// Who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The operator, by its own interface.
    Connector,
    /// A person of the desk.
    Manual,
}

impl Source {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connector => "connector",
            Self::Manual => "manual",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Connector, Self::Manual].into_iter().find(|source| source.as_str() == text)
    }
}

/// Something that was said of an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What makes it the same when it is heard again.
    pub key: String,
    pub at: Instant,
    pub body: String,
}

fn incident(row: incident::Model, customers: BTreeSet<CustomerId>) -> Result<Incident, StoreError> {
    let id = row.reference.clone();
    let place = Place { table: "incident", id: &id };
    Ok(Incident {
        service: place.slug("service", row.service)?,
        title: row.title,
        impact: row.impact,
        classification: row.classification,
        status: row.status,
        source: place.word("source", &row.source, Source::parse)?,
        is_open: row.is_open,
        for_all: row.for_all,
        customers,
        started_at: place.instant("started_at", row.started_at)?,
        ended_at: place.instant_or_none("ended_at", row.ended_at)?,
        modified_at: place.instant("modified_at", row.modified_at)?,
        version: row.version,
        is_settled: row.settled,
        reference: row.reference,
    })
}

fn entry(row: incident_entry::Model) -> Result<Entry, StoreError> {
    let at = Place { table: "incident_entry", id: &row.key }.instant("at", row.at)?;
    Ok(Entry { key: row.key, at, body: row.body })
}
