//! What the people of the desk get: short, with a link, what is due, and what to do next.

use chrono::NaiveDate;
use serde::Serialize;
use watchdesk_core::Instant;
use watchdesk_core::clock::Objective;
use watchdesk_core::ticket::{Severity, StateKind};

/// Lists in a mail end here; the rest is a number and a link.
pub const ROWS_MAX: usize = 20;

/// Links are made of the configured base address, never of what a request said.
pub fn ticket_url(base_url: &str, number: i64) -> String {
    format!("{}/tickets/{number}", base_url.trim_end_matches('/'))
}

/// A ticket as a colleague needs to know it before opening it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StaffTicket {
    pub number: i64,
    /// From [`ticket_url`].
    pub url: String,
    pub subject: String,
    pub customer: Option<String>,
    pub requester: String,
    pub severity: Option<Severity>,
    pub state: StateKind,
    /// In the reader's language.
    pub category: Option<String>,
    pub service: Option<String>,
    pub owner: Option<String>,
    pub team: Option<String>,
    /// Earliest first.
    pub due: Vec<Due>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Due {
    pub objective: Objective,
    pub at: Instant,
    pub missed: bool,
    /// The deadline needs a year whose holidays are not known yet.
    pub provisional: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Assigned {
    pub ticket: StaffTicket,
    /// Who assigned it; None when a rule did.
    pub by: Option<String>,
    /// It went to this team of the reader's, not to the reader alone.
    pub to_team: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CustomerWrote {
    pub ticket: StaffTicket,
    pub from: String,
    pub at: Instant,
    /// What was written, cut to a bound when it is rendered.
    pub words: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WaitingOver {
    pub ticket: StaffTicket,
    /// Until when it waited for the customer.
    pub until: Option<Instant>,
}

/// An incident that explained the ticket is over; somebody has to try again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RetestWanted {
    pub ticket: StaffTicket,
    pub operator: String,
    pub reference: String,
    pub ended_at: Instant,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseAnswered {
    pub ticket: StaffTicket,
    pub operator: String,
    /// The operator's own number; staff may see it.
    pub reference: Option<String>,
    pub ending: CaseEnding,
    /// What the operator said, cut to a bound when it is rendered.
    pub words: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseEnding {
    Solved,
    NotSolved,
    Refused,
    /// It wrote, and the case is still with it.
    GoesOn,
}

/// To managers, once a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DailySummary {
    pub desk: String,
    /// The day that the figures are of, in the reader's zone.
    pub day: NaiveDate,
    pub opened: u64,
    pub resolved: u64,
    /// Unfinished at the end of the day.
    pub unfinished: u64,
    /// All misses of the day; `missed` holds the first [`ROWS_MAX`].
    pub missed_count: u64,
    pub missed: Vec<MissedTicket>,
    /// All deadlines of the next 24 hours; `due` holds the first [`ROWS_MAX`].
    pub due_count: u64,
    pub due: Vec<DueTicket>,
    /// Mail that waits for a person: held, and quarantined.
    pub held_mails: u64,
    pub quarantined_mails: u64,
    /// Mail of ours that could not be delivered.
    pub dead_mails: u64,
    pub queue_url: String,
    pub mail_url: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MissedTicket {
    pub number: i64,
    pub url: String,
    pub subject: String,
    pub customer: Option<String>,
    pub severity: Option<Severity>,
    pub objective: Objective,
    pub deadline: Instant,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DueTicket {
    pub number: i64,
    pub url: String,
    pub subject: String,
    pub customer: Option<String>,
    pub severity: Option<Severity>,
    pub objective: Objective,
    pub deadline: Instant,
}

/// A link that signs in once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OneTimeLink {
    pub desk: String,
    pub name: String,
    pub purpose: LinkPurpose,
    pub url: String,
    pub valid_until: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkPurpose {
    FirstAdministrator,
    Invitation,
    PasswordReset,
}
