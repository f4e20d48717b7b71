//! Under which terms a clock is measured: now, for what is owed from now on, and then, for what is on record.

use std::sync::Arc;

use crate::Instant;
use crate::case::Case;
use crate::clock::{Clock, Habits, Objective, Subject};
use crate::desk::{Desk, DeskCalendar, Published};
use crate::ids::Slug;
use crate::policy::{Ladder, Policy, Rule, Side};
use crate::ticket::{Severity, Ticket};

static NO_LADDER: Ladder = Ladder { steps: Vec::new(), repeat: 0 };

/// What is owed for one objective.
#[derive(Debug, Clone)]
pub struct Terms<'a> {
    pub policy: &'a Policy,
    pub policy_version: i32,
    pub rule: &'a Rule,
    pub calendar: Arc<DeskCalendar>,
    pub target_s: i64,
    pub ladder: &'a Ladder,
}

impl<'a> Terms<'a> {
    pub fn habits(&self) -> Habits<'a> {
        Habits { reopening: self.rule.reopening, pauses: &self.policy.pauses }
    }

    /// Whether the clock would be measured just so under these terms. A version that changes nothing for it is none.
    pub(super) fn are_those_of(&self, clock: &Clock, then: &Terms<'_>) -> bool {
        self.calendar.version == clock.calendar_version && self.differ_in_version_alone(clock, then)
    }

    /// Whether nothing but the calendar's version is another.
    pub(super) fn differ_in_version_alone(&self, clock: &Clock, then: &Terms<'_>) -> bool {
        self.target_s == clock.target_s
            && self.calendar.slug == clock.calendar
            && self.ladder == then.ladder
            && self.rule.reopening == then.rule.reopening
            && self.policy.pauses.get(&clock.objective) == then.policy.pauses.get(&clock.objective)
    }
}

/// Of a ticket as it stands. None where no rule matches, the rule says that nothing is owed, or it has no such target.
pub fn terms_of_ticket<'a>(
    desk: &'a Desk,
    ticket: &Ticket,
    tier: Option<&Slug>,
    objective: Objective,
) -> Option<Terms<'a>> {
    let severity = ticket.severity.unwrap_or_else(|| desk.severity_untriaged(ticket.opened_at));
    let published = desk.customer_policy.for_opened(ticket.opened_at)?;
    let rule = published.body.rule_for(ticket, severity, tier)?;
    terms(desk, published, rule, severity, objective, ticket.opened_at)
}

/// Of a case; category, service and the rest are those of the ticket it is about.
pub fn terms_of_case<'a>(
    desk: &'a Desk,
    case: &Case,
    ticket: &Ticket,
    tier: Option<&Slug>,
    objective: Objective,
) -> Option<Terms<'a>> {
    let filed_at = case.filed_at?;
    let severity = case.severity_lowered.unwrap_or(case.severity);
    let published = desk.operator_policy.for_opened(filed_at)?;
    let rule = published.body.rule_for(ticket, severity, tier)?;
    terms(desk, published, rule, severity, objective, filed_at)
}

fn terms<'a>(
    desk: &'a Desk,
    published: &'a Published<Policy>,
    rule: &'a Rule,
    severity: Severity,
    objective: Objective,
    opened_at: Instant,
) -> Option<Terms<'a>> {
    if rule.no_sla {
        return None;
    }
    let target = *rule.targets.get(&objective)?.get(&severity)?;
    let calendar = Arc::clone(desk.calendar_for(rule.calendar.as_ref()?, opened_at)?);
    let target_s = target.seconds(&calendar.calendar);
    let ladder = rule.ladders.get(&objective).unwrap_or(&NO_LADDER);
    Some(Terms { policy: &published.body, policy_version: published.version, rule, calendar, target_s, ladder })
}

/// Those that a clock on record was measured under.
pub fn terms_of_clock<'a>(desk: &'a Desk, clock: &Clock) -> Option<Terms<'a>> {
    let side = match clock.subject {
        Subject::Ticket(_) => Side::Customer,
        Subject::Case(_) => Side::Operator,
    };
    let published = desk.policy(side).version(clock.policy_version)?;
    let rule = published.body.rule(&clock.rule)?;
    let calendar = Arc::clone(desk.calendar_version(&clock.calendar, clock.calendar_version)?);
    let ladder = rule.ladders.get(&clock.objective).unwrap_or(&NO_LADDER);
    Some(Terms {
        policy: &published.body,
        policy_version: published.version,
        rule,
        calendar,
        target_s: clock.target_s,
        ladder,
    })
}
