//! What became of every promise on a ticket, and why: an account that a person can check.
//!
//! Typed and without words, so that a page, a mail and the command line can each tell it in the reader's language. It
//! is read from what is on record - the ticket's events, its clocks, its cases - and decides nothing: the clocks say
//! *what*, the events say *when, by whom and to whom*, the policy and the calendar say *why*.

mod account;
mod delivery;
mod happening;
mod instance;
mod legs;
mod record;
mod story;
mod terms;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::Instant;
use crate::case::Case;
use crate::clock::{Clock, Objective};
use crate::desk::Desk;
use crate::event::Event;
use crate::ids::{CaseId, Slug, TicketId, TicketNumber};
use crate::ticket::Ticket;
use record::Record;

pub use account::{
    CalendarAccount, HeldTo, InstanceAccount, Leg, LegKind, Matched, PausedBy, SeverityBecause, StartedBy, TermsAccount,
};
pub use delivery::{Delivery, DeliveryFate};
pub use happening::{Happening, Next, Recomputed, StepAccount, StepToldTo, StoryLine};
pub use legs::{LEGS_MAX, LEGS_WITH_NIGHTS_MAX};

/// Cycles of one objective that are told; of more, the latest.
pub const CYCLES_MAX: usize = 50;
/// Instances of one cycle that are told; of more, the latest.
pub const REVISIONS_MAX: usize = 50;

/// All that an account is read from.
#[derive(Debug, Clone, Copy)]
pub struct Material<'a> {
    pub desk: &'a Desk,
    pub ticket: &'a Ticket,
    /// Of the contract that the ticket is measured by.
    pub tier: Option<&'a Slug>,
    /// All of the ticket's events, by number.
    pub events: &'a [Event],
    pub clocks: &'a [Clock],
    /// The cases it is linked to.
    pub cases: &'a [Case],
    pub now: Instant,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    pub ticket: TicketId,
    pub number: TicketNumber,
    /// When it was asked for.
    pub at: Instant,
    /// Only where the ticket has no clock of its own.
    pub nothing_owed: Option<NothingOwed>,
    /// What the desk owes the customer, by objective and cycle.
    pub chains: Vec<Chain>,
    /// What the operator owes the desk.
    pub cases: Vec<CaseChains>,
    /// Earlier cycles and revisions, beyond [`CYCLES_MAX`] and [`REVISIONS_MAX`].
    pub left_out: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum NothingOwed {
    /// It came closed, from an old mailbox.
    Imported,
    /// No rule matches.
    NoRule,
    /// The rule says so, or has no target for its severity.
    Rule { name: String, policy_version: i32 },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseChains {
    pub case: CaseId,
    /// The operator's own number for it, once filed.
    pub reference: Option<String>,
    pub operator: Slug,
    pub chains: Vec<Chain>,
    pub left_out: usize,
}

/// One objective, one cycle: every instance that carried it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chain {
    pub objective: Objective,
    pub cycle: u32,
    /// By revision; never empty.
    pub instances: Vec<InstanceAccount>,
}

/// The account of a ticket, and of the cases it is linked to.
pub fn explain(material: &Material<'_>) -> Explanation {
    let record = Record::of(material);
    let (chains, left_out) = chains(&record, material.clocks, None);
    Explanation {
        ticket: material.ticket.id,
        number: material.ticket.number,
        at: material.now,
        nothing_owed: nothing_owed(material),
        chains,
        cases: material.cases.iter().map(|case| case_chains(&record, case)).collect(),
        left_out,
    }
}

fn case_chains(record: &Record<'_>, case: &Case) -> CaseChains {
    let (chains, left_out) = chains(record, &case.clocks, Some(case));
    CaseChains { case: case.id, reference: case.reference.clone(), operator: case.operator.clone(), chains, left_out }
}

fn nothing_owed(material: &Material<'_>) -> Option<NothingOwed> {
    if !material.clocks.is_empty() {
        return None;
    }
    let (desk, ticket) = (material.desk, material.ticket);
    if ticket.imported {
        return Some(NothingOwed::Imported);
    }
    let severity = ticket.severity.unwrap_or_else(|| desk.severity_untriaged(ticket.opened_at));
    let published = desk.customer_policy.for_opened(ticket.opened_at)?;
    Some(match published.body.rule_for(ticket, severity, material.tier) {
        None => NothingOwed::NoRule,
        Some(rule) => NothingOwed::Rule { name: rule.name.clone(), policy_version: published.version },
    })
}

/// By objective and cycle, and how many of the earlier cycles and revisions are not told.
fn chains(record: &Record<'_>, clocks: &[Clock], case: Option<&Case>) -> (Vec<Chain>, usize) {
    let mut by_objective: BTreeMap<Objective, BTreeMap<u32, Vec<&Clock>>> = BTreeMap::new();
    for clock in clocks {
        by_objective.entry(clock.objective).or_default().entry(clock.cycle).or_default().push(clock);
    }
    let mut left_out = 0;
    let mut chains = Vec::new();
    for (objective, cycles) in by_objective {
        let untold = cycles.len().saturating_sub(CYCLES_MAX);
        left_out += untold;
        for (cycle, mut revisions) in cycles.into_iter().skip(untold) {
            revisions.sort_by_key(|clock| clock.revision);
            let before = |index: usize| index.checked_sub(1).map(|index| revisions[index]);
            let untold = revisions.len().saturating_sub(REVISIONS_MAX);
            left_out += untold;
            let told = (0..).zip(&revisions).skip(untold).map(|(index, clock)| {
                let subject = instance::About { clock, before: before(index), siblings: clocks, case };
                instance::account(record, &subject)
            });
            chains.push(Chain { objective, cycle, instances: told.collect() });
        }
    }
    (chains, left_out)
}
