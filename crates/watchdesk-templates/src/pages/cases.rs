//! The cases with the operator.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::samples;
use super::shell::{Countdown, Nav, Person, Shell};
use crate::page::Page;

/// `GET /cases?state=`.
#[derive(Debug, Clone, Serialize)]
pub struct CasesPage {
    pub shell: Shell,
    /// `open` (as if empty), `drafted`, `filed`, `waiting_on_us`, `ended`.
    pub state: String,
    pub cases: Vec<CaseRow>,
    pub previous: Option<String>,
    pub next: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct CaseRow {
    pub id: String,
    pub reference: Option<String>,
    /// `drafted`, `filed`, `acknowledged`, `waiting_on_us`, `answered`, `refused`,
    /// `withdrawn`, `confirmed`, `reopened`.
    pub state: String,
    pub severity: Option<String>,
    pub operator: String,
    pub summary: String,
    pub service: Option<String>,
    /// Numbers of the tickets that wait for it; the first leads to the case.
    pub tickets: Vec<i64>,
    pub customer: Option<String>,
    pub owner: Option<Person>,
    pub since: DateTime<Utc>,
    /// What the operator owes us next.
    pub due: Option<Countdown>,
    /// `upstream_acknowledgement`, `upstream_update`, `upstream_resolution`.
    pub due_objective: Option<String>,
    pub last_word_at: Option<DateTime<Utc>>,
}

impl Page for CasesPage {
    const TEMPLATE: &'static str = "pages/cases.html";
}

impl CasesPage {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let full = Self {
            shell: samples::shell(Nav::Cases, "/cases"),
            state: String::new(),
            cases: samples::case_rows(),
            previous: None,
            next: None,
        };
        let empty = Self { cases: Vec::new(), state: "waiting_on_us".into(), ..full.clone() };
        vec![("cases", full), ("cases_empty", empty)]
    }
}
