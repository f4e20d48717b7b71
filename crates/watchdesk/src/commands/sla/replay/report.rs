//! What came of it, by objective.

use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;
use serde::Serialize;
use watchdesk_core::clock::Objective;
use watchdesk_core::ids::{Slug, TicketNumber};
use watchdesk_core::policy::{Policy, Side};
use watchdesk_core::what_if::{Replayed, Verdict};

/// Tickets that one line names; the others are only counted.
pub const NUMBERS_MAX: usize = 50;

#[derive(Debug, Serialize)]
pub struct Report {
    policy: Slug,
    side: Side,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    /// Tickets, or cases where it is the operator's side.
    looked_at: u64,
    #[serde(serialize_with = "values")]
    objectives: BTreeMap<Objective, Line>,
}

/// Counted are cycles: a ticket may owe several answers.
#[derive(Debug, Serialize)]
pub struct Line {
    objective: Objective,
    was: Counts,
    would_be: Counts,
    newly_missed: Listed,
    no_longer_missed: Listed,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    met: u64,
    missed: u64,
    running: u64,
    cancelled: u64,
    not_owed: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Listed {
    count: u64,
    /// The newest first, at most [`NUMBERS_MAX`].
    tickets: Vec<TicketNumber>,
}

fn values<S: serde::Serializer>(lines: &BTreeMap<Objective, Line>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(lines.values())
}

impl Report {
    pub fn new(policy: &Policy, from: Option<NaiveDate>, to: Option<NaiveDate>) -> Self {
        let (policy, side) = (policy.slug.clone(), policy.side);
        Self { policy, side, from, to, looked_at: 0, objectives: BTreeMap::new() }
    }

    /// One ticket, or one case with the number of its ticket.
    pub fn add(&mut self, number: TicketNumber, cycles: &[Replayed]) {
        self.looked_at += 1;
        for cycle in cycles {
            let line = self.objectives.entry(cycle.objective).or_insert_with(|| Line::new(cycle.objective));
            line.was.add(cycle.was);
            line.would_be.add(cycle.would_be);
            match (cycle.was == Verdict::Missed, cycle.would_be == Verdict::Missed) {
                (false, true) => line.newly_missed.add(number),
                (true, false) => line.no_longer_missed.add(number),
                (false, false) | (true, true) => {}
            }
        }
    }
}

impl Line {
    fn new(objective: Objective) -> Self {
        Self {
            objective,
            was: Counts::default(),
            would_be: Counts::default(),
            newly_missed: Listed::default(),
            no_longer_missed: Listed::default(),
        }
    }
}

impl Counts {
    fn add(&mut self, verdict: Verdict) {
        *match verdict {
            Verdict::Met => &mut self.met,
            Verdict::Missed => &mut self.missed,
            Verdict::Running => &mut self.running,
            Verdict::Cancelled => &mut self.cancelled,
            Verdict::NotOwed => &mut self.not_owed,
        } += 1;
    }
}

impl Listed {
    fn add(&mut self, number: TicketNumber) {
        self.count += 1;
        if self.tickets.len() < NUMBERS_MAX && self.tickets.last() != Some(&number) {
            self.tickets.push(number);
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (things, verb) = match self.side {
            Side::Customer => ("tickets", "opened"),
            Side::Operator => ("cases", "filed"),
        };
        let when = match (self.from, self.to) {
            (None, None) => String::new(),
            (Some(from), None) => format!(" {verb} since {from}"),
            (None, Some(to)) => format!(" {verb} up to {to}"),
            (Some(from), Some(to)) => format!(" {verb} from {from} to {to}"),
        };
        writeln!(
            f,
            "The policy \"{}\", tried on {} {things}{when}. Nothing was changed.",
            self.policy, self.looked_at
        )?;
        if self.objectives.is_empty() {
            return write!(f, "\nNothing was promised on them, and nothing would have been.");
        }
        writeln!(
            f,
            "\n{:26}{:>17}{:>17}{:>17}{:>12}{:>13}",
            "", "met", "missed", "still running", "newly", "no longer"
        )?;
        let was = "was / would be";
        writeln!(f, "{:26}{was:>17}{was:>17}{was:>17}{:>12}{:>13}", "", "missed", "missed")?;
        for line in self.objectives.values() {
            line.row(f)?;
        }
        for line in self.objectives.values() {
            line.numbers(f)?;
        }
        write!(f, "\nCounted are promises; a ticket may hold several of a kind.")
    }
}

impl Line {
    fn row(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:26}", self.objective.as_str())?;
        let (was, would_be) = (self.was, self.would_be);
        let columns = [(was.met, would_be.met), (was.missed, would_be.missed), (was.running, would_be.running)];
        for (was, would_be) in columns {
            write!(f, "{:>17}", format!("{was} / {would_be}"))?;
        }
        writeln!(f, "{:>12}{:>13}", self.newly_missed.count, self.no_longer_missed.count)
    }

    fn numbers(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, listed) in [("newly missed", &self.newly_missed), ("no longer missed", &self.no_longer_missed)] {
            if listed.count > 0 {
                let numbers: Vec<_> = listed.tickets.iter().map(ToString::to_string).collect();
                let more = if listed.tickets.len() == NUMBERS_MAX { " ..." } else { "" };
                writeln!(f, "\n{}, {what}: {}{more}", self.objective, numbers.join(", "))?;
            }
        }
        Ok(())
    }
}
