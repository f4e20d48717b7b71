//! Which rule matched and why, what the instance was held to, and why it took over from the one before.

use std::collections::BTreeSet;

use crate::case::Case;
use crate::clock::{Clock, Objective, Subject, Terms};
use crate::event::{Event, EventKind};
use crate::explain::instance::About;
use crate::explain::record::Record;
use crate::explain::{CalendarAccount, HeldTo, Matched, Recomputed, SeverityBecause, TermsAccount};
use crate::ids::Slug;
use crate::policy::{Condition, Side, Target};
use crate::ticket::{Severity, Ticket};

pub(super) fn account(record: &Record<'_>, about: &About<'_>, terms: Option<&Terms<'_>>) -> TermsAccount {
    let clock = about.clock;
    let held = terms.and_then(|terms| held_to(record, about, terms));
    let (ticket, severity) = match held {
        Some((ticket, held)) => (ticket, Some(held)),
        None => (record.material.ticket, None),
    };
    let target = terms.zip(severity.as_ref()).and_then(|(terms, held)| target(terms, clock.objective, held.severity));
    let matched = terms.zip(severity.as_ref());
    TermsAccount {
        policy: terms.map(|terms| terms.policy.slug.clone()),
        policy_version: clock.policy_version,
        rule: clock.rule.clone(),
        matched: matched.map_or_else(Vec::new, |(terms, held)| {
            matched_by(&terms.rule.when, ticket, held.severity, record.material.tier)
        }),
        severity,
        calendar: CalendarAccount {
            slug: clock.calendar.clone(),
            version: clock.calendar_version,
            always: terms.is_some_and(|terms| terms.calendar.calendar.is_always()),
            time_zone: terms.and_then(|terms| terms.calendar.calendar.time_zone()).map(str::to_owned),
        },
        target_s: clock.target_s,
        working_days: match target {
            Some(Target::WorkingDays(days)) => Some(days),
            Some(Target::Seconds(_)) | None => None,
        },
    }
}

fn target(terms: &Terms<'_>, objective: Objective, severity: Severity) -> Option<Target> {
    terms.rule.targets.get(&objective)?.get(&severity).copied()
}

/// The ticket as it stood when the instance was measured so, and the severity that it was held to. Several changes may
/// come in one decision, and the clock is put on record before the last of them; so it is the first state from there on
/// that the rule and the target fit.
fn held_to<'r>(record: &'r Record<'_>, about: &About<'_>, terms: &Terms<'_>) -> Option<(&'r Ticket, HeldTo)> {
    let (first, last) = life(record, about.clock);
    let states = || record.ticket_during(first, last).map(|ticket| (ticket, ticket.version.max(first)));
    let held = |(ticket, seq): (&'r Ticket, i64)| {
        let held = match about.case {
            None => of_ticket(record, ticket, seq, about.clock),
            Some(case) => of_case(record, case, seq),
        };
        (ticket, held)
    };
    // Which tier was in force is not among the ticket's events.
    let when = Condition { tiers: BTreeSet::new(), ..terms.rule.when.clone() };
    let fits = |(ticket, held): &(&Ticket, HeldTo)| {
        let seconds =
            target(terms, about.clock.objective, held.severity).map(|it| it.seconds(&terms.calendar.calendar));
        seconds == Some(about.clock.target_s) && when.matches(ticket, held.severity, None)
    };
    let mut fitting = states().map(held).filter(fits);
    // A case's severity may change without the ticket.
    let later = || case_severity(record, about.case?, first, last);
    fitting
        .next()
        .or_else(|| later().map(|held| (record.ticket_after(last), held)).filter(fits))
        .or_else(|| states().next().map(held))
}

/// From the event that put the clock on record to the one that ended it.
fn life(record: &Record<'_>, clock: &Clock) -> (i64, i64) {
    let events = record.events_of(clock);
    let started = events.iter().find(|event| matches!(event.kind, EventKind::ClockStarted { .. }));
    let is_end =
        |event: &&&Event| matches!(event.kind, EventKind::ClockSuperseded { .. } | EventKind::ClockEnded { .. });
    let ended = events.iter().rfind(is_end).filter(|_| clock.ended_at.is_some());
    let last = record.events().last().map_or(0, |event| event.seq);
    (started.map_or(last, |event| event.seq), ended.map_or(last, |event| event.seq))
}

fn of_ticket(record: &Record<'_>, ticket: &Ticket, seq: i64, clock: &Clock) -> HeldTo {
    let Some(severity) = ticket.severity else {
        // As the version says that the clock was measured under.
        let desk = record.material.desk;
        let said = desk.customer_policy.version(clock.policy_version).and_then(|known| known.body.severity_untriaged);
        let severity = said.unwrap_or(desk.settings.severity_untriaged);
        return HeldTo { severity, because: SeverityBecause::Untriaged };
    };
    let before = record.events_between(0, seq);
    let changed = before.iter().rev().find_map(|event| match &event.kind {
        EventKind::SeverityChanged { from, .. } => Some((event, *from)),
        _ => None,
    });
    let because = match changed {
        Some((event, _)) if is_of_triage(record, event) => SeverityBecause::AsTriaged,
        Some((event, from)) => SeverityBecause::Changed { from, at: event.at, by: event.actor },
        None if ticket.triaged => SeverityBecause::AsTriaged,
        None => SeverityBecause::AsOpened,
    };
    HeldTo { severity, because }
}

/// Whether it came with the triage: both are put on record in one go.
fn is_of_triage(record: &Record<'_>, change: &Event) -> bool {
    let after = record.events_between(change.seq, change.seq + 1);
    after.iter().any(|event| event.kind == EventKind::Triaged && event.recorded_at == change.recorded_at)
}

fn of_case(record: &Record<'_>, case: &Case, seq: i64) -> HeldTo {
    let severity = case.severity_lowered.unwrap_or(case.severity);
    case_severity(record, case, 0, seq).unwrap_or(HeldTo { severity, because: SeverityBecause::AsFiled })
}

/// The latest that was said about the severity of the case, among those events.
fn case_severity(record: &Record<'_>, case: &Case, after: i64, to: i64) -> Option<HeldTo> {
    record.events_between(after, to).iter().rev().find_map(|event| match &event.kind {
        EventKind::CaseFiled { case: id, severity } if *id == case.id => {
            Some(HeldTo { severity: *severity, because: SeverityBecause::AsFiled })
        }
        EventKind::CaseSeverityChanged { case: id, to } if *id == case.id => {
            Some(HeldTo { severity: *to, because: SeverityBecause::ChangedByOperator { at: event.at } })
        }
        _ => None,
    })
}

fn matched_by(when: &Condition, ticket: &Ticket, severity: Severity, tier: Option<&Slug>) -> Vec<Matched> {
    let mut matched = Vec::new();
    let Condition { customers, tiers, categories, services, severities, channels, tags } = when;
    matched.extend(ticket.customer.filter(|_| !customers.is_empty()).map(Matched::Customer));
    // A tier that is the rule's only one must have been the one, also where the contract is another by now.
    let tier = tier.filter(|tier| tiers.contains(*tier)).or(tiers.first().filter(|_| tiers.len() == 1));
    matched.extend(tier.cloned().map(Matched::Tier));
    matched.extend(ticket.category.clone().filter(|_| !categories.is_empty()).map(Matched::Category));
    matched.extend(ticket.service.clone().filter(|_| !services.is_empty()).map(Matched::Service));
    matched.extend(Some(severity).filter(|_| !severities.is_empty()).map(Matched::Severity));
    matched.extend(Some(ticket.channel).filter(|_| !channels.is_empty()).map(Matched::Channel));
    let named: BTreeSet<String> = tags.intersection(&ticket.tags).cloned().collect();
    matched.extend(Some(named).filter(|named| !named.is_empty()).map(Matched::Tags));
    matched
}

/// Why the instance took over from `before`: another version of the policy or the calendar, and what changed on the
/// ticket in the same decision. What a rule looks at is only a reason where another rule matched.
pub(super) fn recomputed(record: &Record<'_>, before: &Clock, after: &Clock) -> Vec<Recomputed> {
    let mut why = Vec::new();
    if !before.is_superseded() {
        why.push(Recomputed::OwedAgain);
    }
    let changes = changes(record, before, after);
    if changes.is_empty() && is_by_contract(record, before, after) {
        why.push(Recomputed::Contract { to: record.material.tier.cloned() });
    }
    why.extend(changes);
    if before.policy_version != after.policy_version {
        why.push(Recomputed::Policy { from: before.policy_version, to: after.policy_version });
    }
    if before.calendar == after.calendar && before.calendar_version != after.calendar_version {
        let (from, to) = (before.calendar_version, after.calendar_version);
        why.push(Recomputed::Calendar { slug: after.calendar.clone(), from, to });
    }
    why
}

/// Contracts have no events on the ticket. Where another rule of the same version matched, one of the two asks for tiers,
/// and nothing else changed that rules look at, it was the contract.
fn is_by_contract(record: &Record<'_>, before: &Clock, after: &Clock) -> bool {
    let side = match after.subject {
        Subject::Ticket(_) => Side::Customer,
        Subject::Case(_) => Side::Operator,
    };
    let asks_for_tiers = |clock: &Clock| {
        let published = record.material.desk.policy(side).version(clock.policy_version);
        published.and_then(|known| known.body.rule(&clock.rule)).is_some_and(|rule| !rule.when.tiers.is_empty())
    };
    before.policy_version == after.policy_version
        && before.rule != after.rule
        && (asks_for_tiers(before) || asks_for_tiers(after))
}

fn changes(record: &Record<'_>, before: &Clock, after: &Clock) -> Vec<Recomputed> {
    let (began, _) = life(record, before);
    let Some(took_over) = record.events_of(after).first() else { return Vec::new() };
    let other_rule = (&before.rule, before.policy_version) != (&after.rule, after.policy_version);
    let in_one_go = record.events_between(began, took_over.seq).iter().rev();
    let in_one_go = in_one_go.take_while(|event| event.recorded_at == took_over.recorded_at);
    let mut why: Vec<Recomputed> = in_one_go.filter_map(|event| change(event, other_rule)).collect();
    why.reverse();
    why
}

fn change(event: &Event, other_rule: bool) -> Option<Recomputed> {
    let by = event.actor;
    let looked_at = match &event.kind {
        EventKind::SeverityChanged { from, to } => return Some(Recomputed::Severity { from: *from, to: *to, by }),
        EventKind::CaseSeverityChanged { to, .. } => return Some(Recomputed::CaseSeverity { to: *to }),
        EventKind::CategoryChanged { to } => Recomputed::Category { to: to.clone() },
        EventKind::ServiceChanged { to } => Recomputed::Service { to: to.clone() },
        EventKind::CustomerChanged { to } => Recomputed::Customer { to: *to },
        EventKind::TagsChanged { .. } => Recomputed::Tags,
        _ => return None,
    };
    Some(looked_at).filter(|_| other_rule)
}
