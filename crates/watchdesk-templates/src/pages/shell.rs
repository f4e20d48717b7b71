//! What all pages behind the sign-in share: navigation, the reader, notices,
//! and the small values that appear on many pages.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

/// The frame around a page.
#[derive(Debug, Clone, Serialize)]
pub struct Shell {
    /// The name of this desk, as customers know it.
    pub desk: String,
    pub reader: Reader,
    pub nav: Nav,
    pub counts: Counts,
    pub rights: NavRights,
    /// The session's token; every form carries it as `csrf`.
    pub csrf: String,
    /// Version of the static files, so that browsers may keep them for ever.
    pub assets: String,
    /// The server's time, against which the browser counts down.
    pub now: DateTime<Utc>,
    /// Path and query of this page; the language switch comes back to it.
    pub path: String,
    /// What is in the search field.
    pub search: String,
    /// A message left by the action before.
    pub flash: Option<Flash>,
}

/// Who reads.
#[derive(Debug, Clone, Serialize)]
pub struct Reader {
    pub name: String,
    pub initials: String,
    pub email: String,
    /// `admin`, `manager`, `lead`, `agent`, `sales`, `auditor`.
    pub role: String,
}

/// The entry of the navigation that is marked as current.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Nav {
    Queue,
    Mine,
    Unassigned,
    Escalated,
    Cases,
    Mail,
    Customers,
    Services,
    Mailboxes,
    People,
    Rotas,
    Reports,
    NewTicket,
    Search,
    /// A ticket, an error: nothing is marked.
    Elsewhere,
}

/// Numbers beside the navigation; `None` shows nothing. Above 99 the page shows "99+",
/// so a handler may stop counting at 100.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Counts {
    pub queue: Option<i64>,
    pub mine: Option<i64>,
    pub unassigned: Option<i64>,
    pub escalated: Option<i64>,
    pub cases: Option<i64>,
    pub mail: Option<i64>,
    /// Times in the coming weeks in which nobody is on call.
    pub rota_gaps: Option<i64>,
}

/// Which entries of the navigation this reader has.
#[derive(Debug, Clone, Serialize)]
pub struct NavRights {
    pub create_ticket: bool,
    pub cases: bool,
    pub mail: bool,
    pub customers: bool,
    pub services: bool,
    pub mailboxes: bool,
    pub people: bool,
    pub rotas: bool,
    /// The SLA report and the forecast.
    pub reports: bool,
}

/// A short message above the page.
#[derive(Debug, Clone, Serialize)]
pub struct Flash {
    pub kind: FlashKind,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FlashKind {
    Done,
    Info,
    Refused,
}

/// A form that was refused: why, what to do instead, and what was typed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Refused {
    /// Which form, by the last parts of its path: `replies`, `case/filing`.
    pub form: String,
    pub text: String,
    pub way_out: Option<String>,
    /// What was typed, by field name.
    pub fields: BTreeMap<String, String>,
    /// What is wrong with a field, by field name.
    pub errors: BTreeMap<String, String>,
}

/// One option of a select: `value` is sent, `label` is read.
#[derive(Debug, Clone, Serialize)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

impl Choice {
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into() }
    }
}

/// A colleague, as shown in lists.
#[derive(Debug, Clone, Serialize)]
pub struct Person {
    pub id: String,
    pub name: String,
    pub initials: String,
    /// Is this the reader?
    pub me: bool,
}

/// How much a countdown should alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Calm,
    Near,
    Missed,
    Paused,
    Met,
    MetLate,
    /// Ended without an outcome: superseded, cancelled.
    Ended,
}

/// A deadline as the pages show it. The browser keeps a running one up to date.
#[derive(Debug, Clone, Serialize)]
pub struct Countdown {
    pub level: Level,
    pub due_at: Option<DateTime<Utc>>,
    /// From when on it is shown as near.
    pub near_at: Option<DateTime<Utc>>,
    /// Seconds to the deadline, or since it when missed or met late; what remains when paused.
    pub seconds: i64,
    /// The deadline needs a year whose schedule is not known yet.
    pub provisional: bool,
}

impl Countdown {
    /// A running clock as seen at `now`.
    pub fn running(due_at: DateTime<Utc>, near_at: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        let level = if due_at < now {
            Level::Missed
        } else if near_at <= now {
            Level::Near
        } else {
            Level::Calm
        };
        Self {
            level,
            due_at: Some(due_at),
            near_at: Some(near_at),
            seconds: (due_at - now).num_seconds().abs(),
            provisional: false,
        }
    }

    pub fn paused(remaining_s: i64) -> Self {
        Self::still(Level::Paused, remaining_s)
    }

    pub fn met() -> Self {
        Self::still(Level::Met, 0)
    }

    pub fn met_late(late_s: i64) -> Self {
        Self::still(Level::MetLate, late_s)
    }

    pub fn ended() -> Self {
        Self::still(Level::Ended, 0)
    }

    fn still(level: Level, seconds: i64) -> Self {
        Self { level, due_at: None, near_at: None, seconds, provisional: false }
    }
}
