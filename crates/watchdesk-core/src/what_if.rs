//! What another policy or calendar would do: to what runs now (a dry run), and what it would have done to what is over
//! (a replay). Nothing is changed here; a trial desk is a copy with one more version.

use std::sync::Arc;

use serde::Serialize;

use crate::Instant;
use crate::calendar::Calendar;
use crate::clock::{Clock, ClockFault, ClockState, Measured, Objective, Outcome, read_clocks};
use crate::desk::{AppliesTo, Desk, DeskCalendar, Published, Versions};
use crate::ids::Slug;
use crate::policy::{Policy, Side};

impl Desk {
    /// The desk as it would be with this policy published now.
    #[must_use]
    pub fn with_policy(&self, policy: Policy, applies_to: AppliesTo, now: Instant) -> Self {
        let mut desk = self.clone();
        let versions = match policy.side {
            Side::Customer => &mut desk.customer_policy,
            Side::Operator => &mut desk.operator_policy,
        };
        let version = next_version(versions);
        versions.push(Published { version, at: now, applies_to, body: Policy { version, ..policy } });
        desk
    }

    /// The desk as it would have been with this policy alone, from the beginning.
    #[must_use]
    pub fn under_policy(&self, policy: Policy) -> Self {
        let mut desk = self.clone();
        match policy.side {
            Side::Customer => desk.customer_policy = Versions::only(policy),
            Side::Operator => desk.operator_policy = Versions::only(policy),
        }
        desk
    }

    /// The desk as it would be with this calendar published now.
    #[must_use]
    pub fn with_calendar(&self, slug: &Slug, calendar: Calendar, applies_to: AppliesTo, now: Instant) -> Self {
        let mut desk = self.clone();
        let versions = desk.calendars.entry(slug.clone()).or_default();
        let version = next_version(versions);
        let body = Arc::new(DeskCalendar { slug: slug.clone(), version, calendar });
        versions.push(Published { version, at: now, applies_to, body });
        desk
    }
}

fn next_version<T>(versions: &Versions<T>) -> i32 {
    versions.newest().map_or(0, |newest| newest.version) + 1
}

/// What a change would do to one clock that runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    pub objective: Objective,
    pub cycle: u32,
    /// None: nothing is promised now.
    pub from: Option<Promised>,
    /// None: nothing would be promised any more.
    pub to: Option<Promised>,
    /// It is not overdue now and would be at once.
    pub overdue_at_once: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Promised {
    pub rule: String,
    pub target_s: i64,
    pub deadline: Option<Instant>,
    pub provisional: bool,
}

impl Promised {
    fn by(clock: &Clock) -> Self {
        let Clock { rule, target_s, deadline, provisional, .. } = clock;
        Self { rule: rule.clone(), target_s: *target_s, deadline: *deadline, provisional: *provisional }
    }
}

/// What reading the subject on the trial desk would change. Empty: nothing.
pub fn dry_run(measured: &Measured<'_>) -> Result<Vec<Change>, ClockFault> {
    let after = read_clocks(measured)?;
    let mut changes = Vec::new();
    for old in measured.before.iter().filter(|clock| clock.state != ClockState::Ended) {
        let new = after.iter().rfind(|clock| (clock.objective, clock.cycle) == (old.objective, old.cycle));
        let new = new.filter(|clock| clock.state != ClockState::Ended);
        if new.is_some_and(|new| new.id == old.id) {
            continue;
        }
        changes.push(Change {
            objective: old.objective,
            cycle: old.cycle,
            from: Some(Promised::by(old)),
            to: new.map(Promised::by),
            overdue_at_once: old.missed_at.is_none() && new.is_some_and(|new| new.missed_at.is_some()),
        });
    }
    let owed_anew = after.iter().filter(|new| {
        let known =
            |old: &Clock| (old.objective, old.cycle) == (new.objective, new.cycle) && old.state != ClockState::Ended;
        new.state != ClockState::Ended && !measured.before.iter().any(known)
    });
    changes.extend(owed_anew.map(|new| Change {
        objective: new.objective,
        cycle: new.cycle,
        from: None,
        to: Some(Promised::by(new)),
        overdue_at_once: new.missed_at.is_some(),
    }));
    Ok(changes)
}

/// One cycle as it was, and as it would have been.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Replayed {
    pub objective: Objective,
    pub cycle: u32,
    pub was: Verdict,
    pub would_be: Verdict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing was promised.
    NotOwed,
    /// Not ended, and not missed.
    Running,
    Met,
    Missed,
    Cancelled,
}

/// Every cycle under the policy of the desk given, beside how it went. `measured.before` has to be empty; `was` is what
/// is on record.
pub fn replay(measured: &Measured<'_>, was: &[Clock]) -> Result<Vec<Replayed>, ClockFault> {
    let would_be = read_clocks(measured)?;
    let mut cycles: Vec<(Objective, u32)> =
        was.iter().chain(&would_be).map(|clock| (clock.objective, clock.cycle)).collect();
    cycles.sort_unstable();
    cycles.dedup();
    let replayed = cycles.into_iter().map(|(objective, cycle)| Replayed {
        objective,
        cycle,
        was: verdict(was, objective, cycle),
        would_be: verdict(&would_be, objective, cycle),
    });
    Ok(replayed.collect())
}

fn verdict(clocks: &[Clock], objective: Objective, cycle: u32) -> Verdict {
    let latest = clocks.iter().filter(|clock| (clock.objective, clock.cycle) == (objective, cycle));
    let Some(latest) = latest.max_by_key(|clock| clock.revision) else { return Verdict::NotOwed };
    match latest.outcome {
        Some(Outcome::Cancelled(_)) => Verdict::Cancelled,
        _ if latest.is_missed() => Verdict::Missed,
        Some(Outcome::Met) => Verdict::Met,
        Some(Outcome::MetLate | Outcome::Superseded) => Verdict::Missed,
        None => Verdict::Running,
    }
}
