//! Policies as people write them: what is owed to whom, by when, and who is told on the way there.
//!
//! A desk has two: what it owes its customers, and what the operator owes the desk. Both are ordered lists of rules; the
//! first rule whose condition matches decides. They are data with versions: a clock keeps the version it was measured
//! under.

mod check;
mod ladder;
mod nobody;
mod target;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::clock::Objective;
use crate::ids::{CustomerId, Slug};
use crate::ticket::{Channel, Severity, Ticket};

pub use check::{EndlessTarget, Known, PolicyFault, RULES_MAX};
pub use ladder::{AssignTo, LADDER_REPEAT_MAX, LADDER_STEPS_MAX, Ladder, LadderStep, OnCall, StepTime, Whom};
pub use nobody::NobodyCalled;
pub use target::Target;

/// Ordered rules; the first whose condition matches decides what is owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    pub slug: Slug,
    #[serde(default = "first_version")]
    pub version: i32,
    #[serde(default)]
    pub side: Side,
    /// In which states which objective stands still.
    #[serde(default = "ordinary_pauses")]
    pub pauses: Pauses,
    /// The severity that a ticket is held to until it is triaged; as the desk's settings have it where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity_untriaged: Option<Severity>,
    pub rules: Vec<Rule>,
}

fn first_version() -> i32 {
    1
}

/// Who owes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The desk owes its customers.
    #[default]
    Customer,
    /// The operator owes the desk.
    Operator,
}

impl Side {
    pub const ALL: [Self; 2] = [Self::Customer, Self::Operator];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Operator => "operator",
        }
    }
}

/// The pause table.
pub type Pauses = BTreeMap<Objective, BTreeSet<PausingState>>;

/// A state in which a clock may stand still. Being with the operator is none of them: the customer's clocks never stop
/// for the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PausingState {
    /// The ticket waits for the customer.
    Waiting,
    /// The operator's case waits for us.
    WaitingOnUs,
}

impl PausingState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::WaitingOnUs => "waiting_on_us",
        }
    }
}

/// Where a policy says nothing about pauses.
pub fn ordinary_pauses() -> Pauses {
    let waiting = BTreeSet::from([PausingState::Waiting]);
    let on_us = BTreeSet::from([PausingState::WaitingOnUs]);
    [
        (Objective::PeriodicUpdate, waiting.clone()),
        (Objective::Resolution, waiting),
        (Objective::UpstreamAcknowledgement, on_us.clone()),
        (Objective::UpstreamUpdate, on_us.clone()),
        (Objective::UpstreamResolution, on_us),
    ]
    .into()
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub name: String,
    #[serde(default)]
    pub when: Condition,
    /// Explicitly nothing is owed.
    #[serde(default)]
    pub no_sla: bool,
    #[serde(default)]
    pub calendar: Option<Slug>,
    /// By objective and severity.
    #[serde(default)]
    pub targets: BTreeMap<Objective, BTreeMap<Severity, Target>>,
    #[serde(default)]
    pub reopening: Reopening,
    /// Who is told when, by objective.
    #[serde(default)]
    pub ladders: BTreeMap<Objective, Ladder>,
}

/// What a resolution clock does when a resolved ticket is taken up again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reopening {
    /// It carries the seconds already used; the resolved span does not count.
    #[default]
    Continue,
    Restart,
}

/// An empty list matches everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Condition {
    pub customers: BTreeSet<CustomerId>,
    pub tiers: BTreeSet<Slug>,
    pub categories: BTreeSet<Slug>,
    pub services: BTreeSet<Slug>,
    pub severities: BTreeSet<Severity>,
    pub channels: BTreeSet<Channel>,
    pub tags: BTreeSet<String>,
}

impl Condition {
    pub fn matches(&self, ticket: &Ticket, severity: Severity, tier: Option<&Slug>) -> bool {
        one_of(&self.customers, ticket.customer.as_ref())
            && one_of(&self.tiers, tier)
            && one_of(&self.categories, ticket.category.as_ref())
            && one_of(&self.services, ticket.service.as_ref())
            && one_of(&self.severities, Some(&severity))
            && one_of(&self.channels, Some(&ticket.channel))
            && (self.tags.is_empty() || self.tags.iter().any(|tag| ticket.tags.contains(tag)))
    }

    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }
}

fn one_of<T: Ord>(wanted: &BTreeSet<T>, have: Option<&T>) -> bool {
    wanted.is_empty() || have.is_some_and(|have| wanted.contains(have))
}

impl Policy {
    /// The first rule that matches.
    pub fn rule_for(&self, ticket: &Ticket, severity: Severity, tier: Option<&Slug>) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.when.matches(ticket, severity, tier))
    }

    pub fn rule(&self, name: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.name == name)
    }

    pub fn pauses_in(&self, objective: Objective, state: PausingState) -> bool {
        self.pauses.get(&objective).is_some_and(|states| states.contains(&state))
    }
}
