//! What became of what went up to the operator, added up for `/reports/escalations`.
//!
//! A case counts once, in the month it was filed. Each share says of how many it is. The time of a ticket is divided as
//! [`crate::division`] does it, and counts once in a row however many of its cases are in it.

mod fact;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::case::EscalationReason;
use crate::ids::{AgentId, Slug, TicketId};
use crate::report::seconds::Seconds;
use crate::report::{Month, Used};

pub use fact::{About, Acknowledged, Escalation, Fate, filed_by};

/// What escalations are broken down by; each by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    Month,
    Operator,
    Product,
    Category,
    Agent,
    Reason,
}

impl Group {
    pub const ALL: [Self; 6] = [Self::Month, Self::Operator, Self::Product, Self::Category, Self::Agent, Self::Reason];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Operator => "operator",
            Self::Product => "product",
            Self::Category => "category",
            Self::Agent => "agent",
            Self::Reason => "reason",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.as_str() == text)
    }
}

/// What a row is about; none has no product, no category, or was filed by no person.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    Month(Month),
    Operator(Slug),
    Product(Option<Slug>),
    Category(Option<Slug>),
    Agent(Option<AgentId>),
    Reason(EscalationReason),
}

impl Key {
    pub fn of(group: Group, escalation: &Escalation) -> Self {
        let about = &escalation.about;
        match group {
            Group::Month => Self::Month(about.month),
            Group::Operator => Self::Operator(about.operator.clone()),
            Group::Product => Self::Product(about.product.clone()),
            Group::Category => Self::Category(about.category.clone()),
            Group::Agent => Self::Agent(about.agent),
            Group::Reason => Self::Reason(escalation.reason),
        }
    }

    pub fn group(&self) -> Group {
        match self {
            Self::Month(_) => Group::Month,
            Self::Operator(_) => Group::Operator,
            Self::Product(_) => Group::Product,
            Self::Category(_) => Group::Category,
            Self::Agent(_) => Group::Agent,
            Self::Reason(_) => Group::Reason,
        }
    }
}

/// So many of so many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Part {
    pub n: u64,
    pub of: u64,
}

impl Part {
    /// None of nothing.
    pub fn fraction(self) -> Option<f64> {
        (self.of > 0).then(|| self.n as f64 / self.of as f64)
    }
}

/// Adds escalations up. It has a row for each key it meets, so whoever feeds it bounds it.
#[derive(Debug)]
pub struct Escalations {
    groups: BTreeSet<Group>,
    total: Sum,
    rows: BTreeMap<Key, Sum>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct EscalationReport {
    pub groups: Vec<Group>,
    pub total: Figures,
    /// By group, and then by what is in it.
    pub rows: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub key: Key,
    pub figures: Figures,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    pub filed: u64,
    pub acknowledged: Acknowledgements,
    /// Of those whose acknowledgement was promised and is decided: in time, late, or overdue.
    pub acknowledged_in_time: Part,
    /// Updates of the operator's that came late, or are overdue.
    pub late_updates: u64,
    /// Cases that had at least one, of those filed; as are those below.
    pub with_late_update: Part,
    pub open: Part,
    pub refused: Part,
    pub withdrawn: Part,
    pub solved: Part,
    pub not_solved: Part,
    pub reopened: Part,
    /// The operator works on it at a lower severity than it was filed with.
    pub lowered: Part,
    /// Lessons on record, of those refused or withdrawn.
    pub lessons: Part,
    pub times: Times,
}

/// They add up to what was filed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Acknowledgements {
    pub in_time: u64,
    pub late: u64,
    /// Not acknowledged, and the target has passed.
    pub overdue: u64,
    /// Not acknowledged, and not due yet.
    pub not_yet: u64,
    /// It ended without one.
    pub never: u64,
    /// Nothing was promised for it.
    pub unpromised: u64,
}

/// How long things took. Of tickets: wall seconds; of the operator: seconds of its own hours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Times {
    pub ours: Option<Used>,
    pub customers: Option<Used>,
    pub operators: Option<Used>,
    pub to_acknowledgement: Option<Used>,
    pub to_answer: Option<Used>,
}

#[derive(Debug, Default)]
struct Sum {
    filed: u64,
    acknowledged: Acknowledgements,
    late_updates: u64,
    with_late_update: u64,
    open: u64,
    refused: u64,
    withdrawn: u64,
    solved: u64,
    not_solved: u64,
    reopened: u64,
    lowered: u64,
    lessons: u64,
    tickets: BTreeSet<TicketId>,
    ours: Seconds,
    customers: Seconds,
    operators: Seconds,
    to_acknowledgement: Seconds,
    to_answer: Seconds,
}

impl Escalations {
    pub fn new(groups: impl IntoIterator<Item = Group>) -> Self {
        Self { groups: groups.into_iter().collect(), total: Sum::default(), rows: BTreeMap::new() }
    }

    pub fn add(&mut self, escalation: &Escalation) {
        self.total.add(escalation);
        for group in &self.groups {
            self.rows.entry(Key::of(*group, escalation)).or_default().add(escalation);
        }
    }

    pub fn finish(self) -> EscalationReport {
        let rows = self.rows.into_iter().map(|(key, sum)| Row { key, figures: sum.figures() });
        EscalationReport {
            groups: self.groups.into_iter().collect(),
            total: self.total.figures(),
            rows: rows.collect(),
        }
    }
}

impl Acknowledgements {
    fn count(&mut self, how: Acknowledged) {
        let count = match how {
            Acknowledged::InTime => &mut self.in_time,
            Acknowledged::Late => &mut self.late,
            Acknowledged::Overdue => &mut self.overdue,
            Acknowledged::NotYet => &mut self.not_yet,
            Acknowledged::Never => &mut self.never,
            Acknowledged::Unpromised => &mut self.unpromised,
        };
        *count += 1;
    }
}

impl Sum {
    fn add(&mut self, escalation: &Escalation) {
        self.filed += 1;
        self.acknowledged.count(escalation.acknowledged);
        self.late_updates += u64::from(escalation.late_updates);
        self.with_late_update += u64::from(escalation.late_updates > 0);
        let count = match escalation.fate {
            Fate::Open => &mut self.open,
            Fate::Refused => &mut self.refused,
            Fate::Withdrawn => &mut self.withdrawn,
            Fate::Solved => &mut self.solved,
            Fate::NotSolved => &mut self.not_solved,
        };
        *count += 1;
        self.reopened += u64::from(escalation.was_reopened);
        self.lowered += u64::from(escalation.was_lowered);
        self.lessons += u64::from(escalation.wants_lesson() && escalation.has_lesson);
        escalation.acknowledged_s.into_iter().for_each(|seconds| self.to_acknowledgement.add(seconds));
        escalation.answered_s.into_iter().for_each(|seconds| self.to_answer.add(seconds));
        for (ticket, shares) in &escalation.tickets {
            if self.tickets.insert(*ticket) {
                self.ours.add(shares.ours_s);
                self.customers.add(shares.customers_s);
                self.operators.add(shares.operators_s);
            }
        }
    }

    fn figures(self) -> Figures {
        let of_filed = |n| Part { n, of: self.filed };
        let Acknowledgements { in_time, late, overdue, .. } = self.acknowledged;
        Figures {
            filed: self.filed,
            acknowledged: self.acknowledged,
            acknowledged_in_time: Part { n: in_time, of: in_time + late + overdue },
            late_updates: self.late_updates,
            with_late_update: of_filed(self.with_late_update),
            open: of_filed(self.open),
            refused: of_filed(self.refused),
            withdrawn: of_filed(self.withdrawn),
            solved: of_filed(self.solved),
            not_solved: of_filed(self.not_solved),
            reopened: of_filed(self.reopened),
            lowered: of_filed(self.lowered),
            lessons: Part { n: self.lessons, of: self.refused + self.withdrawn },
            times: Times {
                ours: self.ours.finish(),
                customers: self.customers.finish(),
                operators: self.operators.finish(),
                to_acknowledgement: self.to_acknowledgement.finish(),
                to_answer: self.to_answer.finish(),
            },
        }
    }
}
