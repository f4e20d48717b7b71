//! Which rule of the policy speaks for a ticket, and what it promises.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::clock::Objective;
use crate::desk::{Condition, Desk, DeskCalendar, LadderStep, Reopening, Rule};
use crate::ids::Slug;
use crate::ticket::{Severity, Ticket};

/// What is owed for a ticket as it stands.
#[derive(Debug, Clone)]
pub struct Promise<'a> {
    pub rule: &'a str,
    pub policy_version: i32,
    pub calendar: Arc<DeskCalendar>,
    pub reopening: Reopening,
    pub targets: BTreeMap<Objective, Target<'a>>,
}

#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    pub seconds: i64,
    pub ladder: &'a [LadderStep],
}

/// None where no rule matches or the rule says that nothing is owed.
pub fn promise<'a>(desk: &'a Desk, ticket: &Ticket, tier: Option<&Slug>) -> Option<Promise<'a>> {
    let severity = ticket.severity.unwrap_or(desk.settings.severity_untriaged);
    let rule = desk.policy.rules.iter().find(|rule| matches(&rule.when, ticket, severity, tier))?;
    if rule.no_sla {
        return None;
    }
    let calendar = desk.calendars.get(rule.calendar.as_ref()?)?;
    let targets = targets(rule, severity);
    Some(Promise {
        rule: &rule.name,
        policy_version: desk.policy.version,
        calendar: Arc::clone(calendar),
        reopening: rule.reopening,
        targets,
    })
}

fn targets(rule: &Rule, severity: Severity) -> BTreeMap<Objective, Target<'_>> {
    let ladder = |objective: &Objective| rule.ladders.get(objective).map_or(&[][..], Vec::as_slice);
    rule.targets
        .iter()
        .filter_map(|(objective, by_severity)| {
            let seconds = *by_severity.get(&severity)?;
            Some((*objective, Target { seconds, ladder: ladder(objective) }))
        })
        .collect()
}

fn matches(when: &Condition, ticket: &Ticket, severity: Severity, tier: Option<&Slug>) -> bool {
    fn one_of<T: Ord>(wanted: &std::collections::BTreeSet<T>, have: Option<&T>) -> bool {
        wanted.is_empty() || have.is_some_and(|have| wanted.contains(have))
    }
    one_of(&when.customers, ticket.customer.as_ref())
        && one_of(&when.tiers, tier)
        && one_of(&when.categories, ticket.category.as_ref())
        && one_of(&when.services, ticket.service.as_ref())
        && one_of(&when.severities, Some(&severity))
        && one_of(&when.channels, Some(&ticket.channel))
        && (when.tags.is_empty() || when.tags.iter().any(|tag| ticket.tags.contains(tag)))
}
