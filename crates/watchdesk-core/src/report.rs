//! What was promised and what was kept, added up for `/reports/sla`.
//!
//! A reading is one chain: every instance that carried one objective through one cycle, and the cycles that a reopened
//! ticket went on with. It counts once, and is missed at most once. Readings come in a stream of any length; a report
//! keeps a bounded number of rows, and for each a bounded picture of the seconds used (see [`Used`]).

mod chain;
pub mod escalations;
mod seconds;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::Datelike;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::Instant;
use crate::clock::Objective;
use crate::ids::{AgentId, CustomerId, Slug, TeamId};
use crate::ticket::Severity;

pub use chain::{decided, readings};
use seconds::Seconds;
pub use seconds::{EXACT_MAX, Used};

/// Rows that one report keeps apart; what comes beyond is one more row for each objective.
pub const ROWS_MAX: usize = 2_000;

/// What a report is broken down by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupBy {
    Severity,
    Customer,
    Team,
    Person,
    Service,
    Category,
    Month,
}

impl GroupBy {
    pub const ALL: [Self; 7] =
        [Self::Severity, Self::Customer, Self::Team, Self::Person, Self::Service, Self::Category, Self::Month];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Severity => "severity",
            Self::Customer => "customer",
            Self::Team => "team",
            Self::Person => "person",
            Self::Service => "service",
            Self::Category => "category",
            Self::Month => "month",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.as_str() == text)
    }
}

/// A month on the wall of whoever reads the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Month {
    pub year: i32,
    /// 1 to 12.
    pub month: u32,
}

impl Month {
    pub fn of(at: Instant, zone: Tz) -> Self {
        let local = at.with_timezone(&zone);
        Self { year: local.year(), month: local.month() }
    }
}

/// `2026-03`.
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl Serialize for Month {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Whose promise it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct About {
    pub severity: Option<Severity>,
    pub customer: Option<CustomerId>,
    pub team: Option<TeamId>,
    pub person: Option<AgentId>,
    pub service: Option<Slug>,
    pub category: Option<Slug>,
    pub month: Option<Month>,
}

impl About {
    /// With nothing but these.
    fn only(&self, groups: &BTreeSet<GroupBy>) -> Self {
        let mut key = Self::default();
        for group in groups {
            match group {
                GroupBy::Severity => key.severity = self.severity,
                GroupBy::Customer => key.customer = self.customer,
                GroupBy::Team => key.team = self.team,
                GroupBy::Person => key.person = self.person,
                GroupBy::Service => key.service.clone_from(&self.service),
                GroupBy::Category => key.category.clone_from(&self.category),
                GroupBy::Month => key.month = self.month,
            }
        }
        key
    }
}

/// One chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    pub objective: Objective,
    pub about: About,
    pub verdict: Verdict,
    /// Its miss is excused.
    pub excused: bool,
    /// Open seconds from the start to the fulfilment; only of what was fulfilled.
    pub used_s: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    Met,
    /// Fulfilled, and missed before; also where the miss was under a stricter target.
    MetLate,
    MissedRunning,
    /// Not missed so far, nor fulfilled.
    Running,
    Cancelled {
        missed: bool,
    },
}

/// Adds readings up.
#[derive(Debug)]
pub struct Report {
    groups: BTreeSet<GroupBy>,
    totals: BTreeMap<Objective, Sum>,
    rows: BTreeMap<(Objective, About), Sum>,
    rest: BTreeMap<Objective, Sum>,
}

#[derive(Debug, Default)]
struct Sum {
    met: u64,
    met_late: u64,
    missed_running: u64,
    running: u64,
    cancelled: u64,
    cancelled_missed: u64,
    excused: u64,
    used: Seconds,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SlaReport {
    pub groups: Vec<GroupBy>,
    /// One for each objective.
    pub totals: Vec<Row>,
    /// By objective and groups; empty where nothing was to be broken down.
    pub rows: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    pub objective: Objective,
    /// Only the groups asked for; what is absent there has none.
    pub key: About,
    /// All groups beyond [`ROWS_MAX`] together; then the key is empty.
    pub is_rest: bool,
    pub figures: Figures,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// Without the cancelled ones.
    pub total: u64,
    pub met: u64,
    pub met_late: u64,
    pub missed_running: u64,
    pub running: u64,
    pub cancelled: u64,
    /// Of the cancelled ones; they count nowhere else.
    pub cancelled_missed: u64,
    /// Of the missed ones.
    pub excused: u64,
    /// Met, of all that are decided: met, met late, and missed and still running.
    pub raw: Share,
    /// The same with excused misses left out, as if they had not been promised.
    pub with_excuses: Share,
    pub used: Option<Used>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Share {
    pub met: u64,
    pub of: u64,
}

impl Share {
    /// None of nothing.
    pub fn fraction(self) -> Option<f64> {
        (self.of > 0).then(|| self.met as f64 / self.of as f64)
    }
}

impl Report {
    pub fn new(groups: impl IntoIterator<Item = GroupBy>) -> Self {
        let (totals, rows, rest) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { groups: groups.into_iter().collect(), totals, rows, rest }
    }

    pub fn add(&mut self, reading: &Reading) {
        self.totals.entry(reading.objective).or_default().add(reading);
        if self.groups.is_empty() {
            return;
        }
        let key = (reading.objective, reading.about.only(&self.groups));
        let is_full = self.rows.len() >= ROWS_MAX;
        let sum = match self.rows.get_mut(&key) {
            Some(sum) => sum,
            None if is_full => self.rest.entry(reading.objective).or_default(),
            None => self.rows.entry(key).or_default(),
        };
        sum.add(reading);
    }

    pub fn finish(self) -> SlaReport {
        let row = |objective, key, is_rest, sum: Sum| Row { objective, key, is_rest, figures: sum.figures() };
        let rows = self.rows.into_iter().map(|((objective, key), sum)| row(objective, key, false, sum));
        let rest = self.rest.into_iter().map(|(objective, sum)| row(objective, About::default(), true, sum));
        let totals = self.totals.into_iter().map(|(objective, sum)| row(objective, About::default(), false, sum));
        SlaReport {
            groups: self.groups.into_iter().collect(),
            totals: totals.collect(),
            rows: rows.chain(rest).collect(),
        }
    }
}

impl Sum {
    fn add(&mut self, reading: &Reading) {
        let (count, is_missed) = match reading.verdict {
            Verdict::Met => (&mut self.met, false),
            Verdict::MetLate => (&mut self.met_late, true),
            Verdict::MissedRunning => (&mut self.missed_running, true),
            Verdict::Running => (&mut self.running, false),
            Verdict::Cancelled { missed } => {
                self.cancelled_missed += u64::from(missed);
                (&mut self.cancelled, false)
            }
        };
        *count += 1;
        self.excused += u64::from(is_missed && reading.excused);
        if let Some(used_s) = reading.used_s {
            self.used.add(used_s);
        }
    }

    fn figures(self) -> Figures {
        let Self { met, met_late, missed_running, running, cancelled, cancelled_missed, excused, used } = self;
        let decided = met + met_late + missed_running;
        Figures {
            total: decided + running,
            met,
            met_late,
            missed_running,
            running,
            cancelled,
            cancelled_missed,
            excused,
            raw: Share { met, of: decided },
            with_excuses: Share { met, of: decided - excused },
            used: used.finish(),
        }
    }
}
