//! The queue: tickets sorted by what is due next.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::samples;
use super::shell::{Choice, Countdown, Nav, Person, Shell};
use crate::page::Page;

/// `GET /queue`; `GET /` leads here.
#[derive(Debug, Clone, Serialize)]
pub struct QueuePage {
    pub shell: Shell,
    pub rows: Vec<QueueRow>,
    pub filters: QueueFilters,
    pub choices: QueueChoices,
    pub summary: Option<QueueSummary>,
    /// Links to the neighbouring pages, with all filters.
    pub previous: Option<String>,
    pub next: Option<String>,
    /// Is any filter set? Decides what an empty list says.
    pub filtered: bool,
}

/// One ticket in a list; the search page uses it too.
#[derive(Debug, Clone, Serialize)]
pub struct QueueRow {
    pub number: i64,
    pub subject: String,
    /// `open`, `triaged`, `waiting`, `escalated`, `resolved`, `closed`.
    pub state: String,
    /// `A`, `B`, `C`; none before triage.
    pub severity: Option<String>,
    pub customer: Option<String>,
    pub category: Option<String>,
    pub service: Option<String>,
    pub owner: Option<Person>,
    pub team: Option<String>,
    pub due: Option<Countdown>,
    /// Which target is due: `first_response`, `next_response`, `resolution`.
    pub due_objective: Option<String>,
    pub last_activity_at: DateTime<Utc>,
    /// Who spoke last: `customer`, `staff`, `operator`, `system`.
    pub last_from: String,
    pub snoozed_until: Option<DateTime<Utc>>,
}

/// The filters as they stand, empty for "any". Names and values are those of the query.
#[derive(Debug, Clone, Default, Serialize)]
pub struct QueueFilters {
    pub state: String,
    /// `me`, `none`, or an agent's id.
    pub owner: String,
    pub severity: String,
    pub customer: String,
    pub team: String,
    /// `due` (as if empty), `updated`, `created`.
    pub sort: String,
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct QueueChoices {
    pub owners: Vec<Choice>,
    pub customers: Vec<Choice>,
    pub teams: Vec<Choice>,
}

/// How the whole desk stands. Counted over unfinished tickets only.
#[derive(Debug, Clone, Serialize)]
pub struct QueueSummary {
    pub missed: i64,
    pub near: i64,
    pub unfinished: i64,
}

impl Page for QueuePage {
    const TEMPLATE: &'static str = "pages/queue.html";
}

impl QueuePage {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let full = Self {
            shell: samples::shell(Nav::Queue, "/queue"),
            rows: samples::queue_rows(),
            filters: QueueFilters::default(),
            choices: samples::queue_choices(),
            summary: Some(QueueSummary { missed: 2, near: 3, unfinished: 41 }),
            previous: None,
            next: Some("/queue?cursor=b3Blbg".into()),
            filtered: false,
        };
        let empty = Self { rows: Vec::new(), summary: None, next: None, ..full.clone() };
        let filtered = Self {
            shell: samples::shell(Nav::Mine, "/queue?owner=me&severity=A"),
            filters: QueueFilters { owner: "me".into(), severity: "A".into(), ..QueueFilters::default() },
            previous: Some("/queue?owner=me&severity=A&before=x".into()),
            filtered: true,
            ..empty.clone()
        };
        let extreme = Self { rows: samples::extreme_rows(), ..full.clone() };
        vec![("queue", full), ("queue_empty", empty), ("queue_filtered_empty", filtered), ("queue_extreme", extreme)]
    }
}
