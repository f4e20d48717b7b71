//! What is wrong with a policy, entry by entry, before anybody relies on it.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::Instant;
use crate::clock::Objective;
use crate::desk::Desk;
use crate::ids::Slug;
use crate::policy::{
    AssignTo, LADDER_REPEAT_MAX, LADDER_STEPS_MAX, Ladder, LadderStep, OnCall, PausingState, Policy, Rule, Side,
    StepTime, Target, Whom,
};

/// Rules that one policy may have.
pub const RULES_MAX: usize = 500;
/// A target or an offset is no longer than this: ten years.
const SECONDS_MAX: i64 = 10 * 366 * 86_400;
const WORKING_DAYS_MAX: u32 = 500;
const PERCENT_MAX: u32 = 1_000;
const ACKNOWLEDGE_S_MIN: i64 = 60;

/// An entry that is wrong, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyFault {
    /// `rules[2] "Azure".ladders.resolution[1]`.
    pub entry: String,
    pub why: String,
}

impl fmt::Display for PolicyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.entry, self.why)
    }
}

/// What a policy may name.
#[derive(Debug, Clone, Default)]
pub struct Known {
    pub calendars: BTreeSet<Slug>,
    pub categories: BTreeSet<Slug>,
    pub services: BTreeSet<Slug>,
    pub teams: BTreeSet<Slug>,
    pub rotas: BTreeSet<Slug>,
    pub webhooks: BTreeSet<Slug>,
}

impl Policy {
    /// Everything that is wrong with it, not only the first thing.
    pub fn faults(&self, known: &Known) -> Vec<PolicyFault> {
        let mut check = Check { known, side: self.side, faults: Vec::new() };
        check.policy(self);
        check.faults
    }
}

/// A target that would never be used up: its calendar has too few open hours for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EndlessTarget {
    pub policy: Slug,
    pub side: Side,
    pub calendar: Slug,
    /// The entry of the policy, and why.
    pub fault: PolicyFault,
}

impl Desk {
    /// Targets of the newest policies that have no deadline in the newest of their calendars. Nobody could be told
    /// anything under them, so neither such a policy nor such a calendar is published.
    pub fn targets_without_deadline(&self, now: Instant) -> Vec<EndlessTarget> {
        let newest = Side::ALL.into_iter().filter_map(|side| self.policy(side).newest());
        newest.flat_map(|published| self.without_deadline(&published.body, now)).collect()
    }

    fn without_deadline(&self, policy: &Policy, now: Instant) -> Vec<EndlessTarget> {
        let mut endless = Vec::new();
        for (index, rule) in policy.rules.iter().enumerate().filter(|(_, rule)| !rule.no_sla) {
            let Some(slug) = &rule.calendar else { continue };
            let Some(newest) = self.calendars.get(slug).and_then(|versions| versions.newest()) else { continue };
            let calendar = &newest.body.calendar;
            let targets = rule.targets.iter().flat_map(|(objective, by_severity)| {
                by_severity.iter().map(move |(severity, target)| (*objective, *severity, *target))
            });
            for (objective, severity, target) in targets {
                let target_s = target.seconds(calendar).max(0).unsigned_abs();
                let Err(error) = calendar.deadline(now, target_s, &[]) else { continue };
                let entry = format!("rules[{index}] {:?}.targets.{objective}.{severity}", rule.name);
                let why = format!("it is never used up in the calendar {slug}: {error}");
                let (policy, side, calendar) = (policy.slug.clone(), policy.side, slug.clone());
                endless.push(EndlessTarget { policy, side, calendar, fault: PolicyFault { entry, why } });
            }
        }
        endless
    }
}

struct Check<'a> {
    known: &'a Known,
    side: Side,
    faults: Vec<PolicyFault>,
}

impl Check<'_> {
    fn wrong(&mut self, entry: &str, why: impl Into<String>) {
        self.faults.push(PolicyFault { entry: entry.to_owned(), why: why.into() });
    }

    fn policy(&mut self, policy: &Policy) {
        if policy.rules.is_empty() {
            self.wrong("rules", "there is no rule; one with `no_sla = true` says that nothing is owed");
        }
        if policy.rules.len() > RULES_MAX {
            self.wrong("rules", format!("{} rules; at most {RULES_MAX} are taken", policy.rules.len()));
        }
        if policy.severity_untriaged.is_some() && policy.side == Side::Operator {
            self.wrong(
                "severity_untriaged",
                "a case is filed with its severity; the policy of the customer's side has this",
            );
        }
        for (objective, states) in &policy.pauses {
            for state in states {
                self.pause(*objective, *state);
            }
        }
        let mut names = BTreeSet::new();
        for (index, rule) in policy.rules.iter().enumerate().take(RULES_MAX) {
            let entry = format!("rules[{index}] {:?}", rule.name);
            if rule.name.trim().is_empty() {
                self.wrong(&entry, "a rule needs a name; clocks and reports quote it");
            } else if !names.insert(&rule.name) {
                self.wrong(&entry, "another rule has the same name");
            }
            if index + 1 < policy.rules.len() && rule.when.is_everything() {
                self.wrong(&entry, "it matches every ticket, so no rule after it is ever reached; move it to the end");
            }
            self.rule(&entry, rule);
        }
    }

    fn pause(&mut self, objective: Objective, state: PausingState) {
        let entry = format!("pauses.{objective}");
        match (objective, state) {
            (Objective::FirstResponse | Objective::NextResponse, _) => {
                self.wrong(&entry, "an answer that is owed never stands still");
            }
            (_, PausingState::Waiting) if objective.side() == Side::Operator => {
                self.wrong(&entry, "the operator's clocks do not wait for our customer; `waiting_on_us` is theirs");
            }
            (_, PausingState::WaitingOnUs) if objective.side() == Side::Customer => {
                self.wrong(&entry, "the customer's clocks never stop for the operator");
            }
            (_, PausingState::Waiting | PausingState::WaitingOnUs) => {}
        }
    }

    fn rule(&mut self, entry: &str, rule: &Rule) {
        let known = self.known;
        self.named(entry, "when.categories", "category", &rule.when.categories, &known.categories);
        self.named(entry, "when.services", "service", &rule.when.services, &known.services);
        if rule.no_sla {
            if !rule.targets.is_empty() {
                self.wrong(entry, "it says `no_sla` and has targets; it can have only one of them");
            }
            return;
        }
        match &rule.calendar {
            None => self.wrong(entry, "it has no `calendar`; `always` is the one that never closes"),
            Some(slug) if !known.calendars.contains(slug) => {
                self.wrong(&format!("{entry}.calendar"), format!("there is no calendar {slug}"));
            }
            Some(_) => {}
        }
        if rule.targets.is_empty() {
            self.wrong(entry, "it has no targets; say `no_sla = true` if nothing is owed");
        }
        for (objective, by_severity) in &rule.targets {
            let entry = format!("{entry}.targets.{objective}");
            self.belongs(&entry, *objective);
            for (severity, target) in by_severity {
                let too_long = match target {
                    Target::Seconds(seconds) => *seconds > SECONDS_MAX,
                    Target::WorkingDays(days) => *days > WORKING_DAYS_MAX,
                };
                if !target.is_positive() || too_long {
                    self.wrong(
                        &format!("{entry}.{severity}"),
                        "a target is more than nothing and less than ten years or 500 working days",
                    );
                }
            }
        }
        for (objective, ladder) in &rule.ladders {
            let entry = format!("{entry}.ladders.{objective}");
            self.belongs(&entry, *objective);
            if !rule.targets.contains_key(objective) {
                self.wrong(&entry, "there is a ladder but no target");
            }
            self.ladder(&entry, ladder);
        }
    }

    fn belongs(&mut self, entry: &str, objective: Objective) {
        if objective.side() != self.side {
            let side = self.side.as_str();
            self.wrong(entry, format!("{objective} is no objective of a policy of the {side}'s side"));
        }
    }

    fn named(&mut self, entry: &str, field: &str, what: &str, named: &BTreeSet<Slug>, known: &BTreeSet<Slug>) {
        for slug in named.difference(known) {
            self.wrong(&format!("{entry}.{field}"), format!("there is no {what} {slug}"));
        }
    }

    fn ladder(&mut self, entry: &str, ladder: &Ladder) {
        if ladder.steps.len() > LADDER_STEPS_MAX {
            self.wrong(entry, format!("{} steps; at most {LADDER_STEPS_MAX} are taken", ladder.steps.len()));
        }
        if ladder.repeat > LADDER_REPEAT_MAX {
            self.wrong(entry, format!("it may repeat {LADDER_REPEAT_MAX} times at the most"));
        }
        if ladder.repeat > 0 && ladder.steps.iter().all(|step| step.acknowledge_within_s.is_none()) {
            self.wrong(entry, "it repeats what nobody acknowledged, but no step has `acknowledge_within_s`");
        }
        for (index, step) in ladder.steps.iter().enumerate().take(LADDER_STEPS_MAX) {
            self.step(&format!("{entry}[{index}]"), step);
        }
    }

    fn step(&mut self, entry: &str, step: &LadderStep) {
        match step.time() {
            None => self.wrong(entry, "say when: exactly one of `percent`, `before_s` and `after_s`"),
            Some(StepTime::Percent(percent)) if percent > PERCENT_MAX => {
                self.wrong(entry, format!("percent is {percent}; at most {PERCENT_MAX} is taken"));
            }
            Some(StepTime::Before(seconds) | StepTime::After(seconds)) if !(0..=SECONDS_MAX).contains(&seconds) => {
                self.wrong(entry, "an offset is no less than 0 seconds and less than ten years");
            }
            Some(StepTime::Percent(_) | StepTime::Before(_) | StepTime::After(_)) => {}
        }
        if step.does_nothing() {
            self.wrong(entry, "it tells nobody and does nothing");
        }
        if let Some(seconds) = step.acknowledge_within_s {
            if !(ACKNOWLEDGE_S_MIN..=SECONDS_MAX).contains(&seconds) {
                self.wrong(entry, format!("`acknowledge_within_s` is at least {ACKNOWLEDGE_S_MIN} seconds"));
            }
            if step.tell.is_empty() {
                self.wrong(entry, "nobody is told, so nobody can acknowledge");
            }
        }
        for whom in &step.tell {
            self.whom(entry, whom);
        }
        match &step.assign {
            Some(AssignTo::OnCall(on_call)) => self.on_call(entry, on_call),
            Some(AssignTo::Team(team)) if !self.known.teams.contains(team) => {
                self.wrong(entry, format!("there is no team {team}"));
            }
            Some(AssignTo::Team(_)) | None => {}
        }
    }

    fn whom(&mut self, entry: &str, whom: &Whom) {
        match whom {
            Whom::OnCall(on_call) => self.on_call(entry, on_call),
            Whom::Webhook(slug) if !self.known.webhooks.contains(slug) => {
                self.wrong(entry, format!("the configuration has no webhook {slug}"));
            }
            Whom::Address(address) if !looks_like_address(address) => {
                self.wrong(entry, format!("{address:?} is no mail address"));
            }
            Whom::Assignee
            | Whom::Team
            | Whom::Leads
            | Whom::Managers
            | Whom::Role(_)
            | Whom::AccountOwner
            | Whom::Address(_)
            | Whom::Webhook(_) => {}
        }
    }

    fn on_call(&mut self, entry: &str, on_call: &OnCall) {
        if !self.known.rotas.contains(&on_call.rota) {
            self.wrong(entry, format!("there is no rota {}", on_call.rota));
        }
        if on_call.level == 0 {
            self.wrong(entry, "levels of a rota count from 1");
        }
    }
}

/// Enough to catch a slip of the hand; the mail server has the last word.
fn looks_like_address(address: &str) -> bool {
    let plain = address.chars().all(|c| !c.is_whitespace() && !c.is_control() && !"<>,;".contains(c));
    let parts = address.rsplit_once('@');
    plain && parts.is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.') && !domain.ends_with('.'))
}
