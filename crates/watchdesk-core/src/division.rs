//! Where the time of a ticket went: to its customer, to the operator, or to us.
//!
//! From opening to the last resolution, or to now where it is unfinished, every second is exactly one's, in this order:
//!
//! 1. the customer's: the ticket waited for him, or was finished and later taken up again;
//! 2. the operator's: a filed case of the ticket was with the operator, and did not wait on us;
//! 3. ours: all else, drafts and snoozes included.
//!
//! So the three add up to the whole, in wall seconds and in the open seconds of the policy's calendar alike. It is
//! computed from the ticket's events; a case is only looked at for where it stood when the ticket joined it.

mod cases;
mod states;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::Instant;
use crate::calendar::Calendar;
use crate::case::Case;
use crate::clock::{Clock, Objective, terms_of_clock};
use crate::desk::Desk;
use crate::event::{Event, EventKind};
use crate::ids::Slug;
use states::States;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Division {
    pub from: Instant,
    /// The last resolution, or now.
    pub to: Instant,
    pub is_finished: bool,
    pub wall: Shares,
    /// In the calendar that its resolution is promised in, or else its first clock; none where nothing is owed.
    pub calendar: Option<CalendarShares>,
    /// In order and without a gap; no two neighbours are the same one's.
    pub intervals: Vec<Interval>,
}

/// Seconds; the three add up to the whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shares {
    pub whole_s: i64,
    pub customers_s: i64,
    pub operators_s: i64,
    pub ours_s: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarShares {
    pub slug: Slug,
    pub version: i32,
    pub shares: Shares,
    /// It needs a year whose schedule is not known yet.
    pub provisional: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    pub from: Instant,
    pub to: Instant,
    pub whose: Whose,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    Customers,
    Operators,
    Ours,
}

impl Whose {
    pub const ALL: [Self; 3] = [Self::Customers, Self::Operators, Self::Ours];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Operators => "operators",
            Self::Ours => "ours",
        }
    }
}

impl Shares {
    fn add(&mut self, whose: Whose, seconds: i64) {
        self.whole_s += seconds;
        match whose {
            Whose::Customers => self.customers_s += seconds,
            Whose::Operators => self.operators_s += seconds,
            Whose::Ours => self.ours_s += seconds,
        }
    }
}

/// All of a ticket's events, by number. None where they do not begin with the opening.
pub fn time(desk: &Desk, events: &[Event], clocks: &[Clock], cases: &[Case], now: Instant) -> Option<Division> {
    let opened = events.iter().find(|event| matches!(event.kind, EventKind::Opened { .. }))?;
    let states = States::of(events);
    let from = opened.at;
    let to = states.finished_at().unwrap_or(now).max(from);
    let operators = cases::with_operator(events, cases);
    let intervals = divided(from, to, &states, &operators);
    let mut wall = Shares::default();
    for interval in &intervals {
        wall.add(interval.whose, (interval.to - interval.from).num_seconds());
    }
    Some(Division {
        from,
        to,
        is_finished: states.finished_at().is_some(),
        wall,
        calendar: in_calendar(desk, clocks, &intervals),
        intervals,
    })
}

/// A half-open stretch of time.
type Span = (Instant, Instant);

fn divided(from: Instant, to: Instant, states: &States, operators: &[Span]) -> Vec<Interval> {
    let customers = states.customers(to);
    let edges = customers.iter().chain(operators).flat_map(|(from, to)| [*from, *to]);
    let mut edges: Vec<Instant> = edges.filter(|edge| from < *edge && *edge < to).chain([from, to]).collect();
    edges.sort_unstable();
    edges.dedup();
    let mut intervals: Vec<Interval> = Vec::new();
    for pair in edges.windows(2) {
        let &[from, to] = pair else { continue };
        let whose = whose(from, &customers, operators);
        match intervals.last_mut() {
            Some(last) if last.whose == whose => last.to = to,
            Some(_) | None => intervals.push(Interval { from, to, whose }),
        }
    }
    intervals
}

fn whose(at: Instant, customers: &[Span], operators: &[Span]) -> Whose {
    let lies_in = |spans: &[Span]| spans.iter().any(|(from, to)| *from <= at && at < *to);
    if lies_in(customers) {
        Whose::Customers
    } else if lies_in(operators) {
        Whose::Operators
    } else {
        Whose::Ours
    }
}

fn in_calendar(desk: &Desk, clocks: &[Clock], intervals: &[Interval]) -> Option<CalendarShares> {
    let resolution = clocks.iter().rev().find(|clock| clock.objective == Objective::Resolution);
    let terms = terms_of_clock(desk, resolution.or(clocks.first())?)?;
    let (shares, provisional) = counted(&terms.calendar.calendar, intervals)?;
    let (slug, version) = (terms.calendar.slug.clone(), terms.calendar.version);
    Some(CalendarShares { slug, version, shares, provisional })
}

fn counted(calendar: &Calendar, intervals: &[Interval]) -> Option<(Shares, bool)> {
    let mut shares = Shares::default();
    let mut provisional = false;
    for interval in intervals {
        let elapsed = calendar.elapsed(interval.from, interval.to, &[]).ok()?;
        shares.add(interval.whose, elapsed.seconds.cast_signed());
        provisional |= elapsed.provisional;
    }
    Some((shares, provisional))
}
