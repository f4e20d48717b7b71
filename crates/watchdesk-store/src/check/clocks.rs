//! Every clock against the policy and calendar versions it was computed under.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use sea_orm::ConnectionTrait;
use watchdesk_core::clock::{
    Cancellation, Clock, ClockState, Objective, Outcome, Promise, Target, Timeline, next_fire_at, read_clocks,
};
use watchdesk_core::desk::{DeskCalendar, Policy, Rule};
use watchdesk_core::event::EventKind;
use watchdesk_core::ids::Slug;

use super::CheckReport;
use super::tickets::Stored;
use crate::{StoreError, desk};

/// Policies and calendars as they were, looked up once each.
#[derive(Default)]
pub(super) struct Rules {
    policies: HashMap<i32, Option<Policy>>,
    calendars: HashMap<(Slug, i32), Option<Arc<DeskCalendar>>>,
}

impl Rules {
    pub async fn check(
        &mut self,
        connection: &impl ConnectionTrait,
        report: &mut CheckReport,
        stored: &Stored,
    ) -> Result<(), StoreError> {
        for clock in &stored.clocks {
            self.load(connection, clock).await?;
        }
        started_as_recorded(report, stored);
        let timeline = Timeline::of(&stored.events);
        for clock in &stored.clocks {
            self.measured(report, stored, &timeline, clock);
        }
        self.due(report, stored);
        Ok(())
    }

    async fn load(&mut self, connection: &impl ConnectionTrait, clock: &Clock) -> Result<(), StoreError> {
        if let Entry::Vacant(place) = self.policies.entry(clock.policy_version) {
            place.insert(desk::policy_version(connection, clock.policy_version).await?);
        }
        let calendar = (clock.calendar.clone(), clock.calendar_version);
        if let Entry::Vacant(place) = self.calendars.entry(calendar) {
            place.insert(desk::calendar_version(connection, &clock.calendar, clock.calendar_version).await?);
        }
        Ok(())
    }

    /// The clock measured anew, at the time it was last measured.
    fn measured(&self, report: &mut CheckReport, stored: &Stored, timeline: &Timeline, clock: &Clock) {
        if is_abandoned(clock) {
            return;
        }
        let Some(promise) = self.promise(&[clock]) else {
            return report.find("clock", clock.id, "the policy, rule or calendar it was computed under is unknown");
        };
        let at = stored.record.ticket.updated_at;
        let before = std::slice::from_ref(clock);
        match read_clocks(stored.id(), timeline, Some(&promise), before, at) {
            Ok(clocks) => match clocks.iter().find(|again| again.id == clock.id) {
                Some(again) if again == clock => {}
                Some(again) => report.find("clock", clock.id, difference(again, clock)),
                None => report.find("clock", clock.id, "no event started it"),
            },
            Err(error) => report.find("clock", clock.id, error),
        }
    }

    fn due(&self, report: &mut CheckReport, stored: &Stored) {
        let record = &stored.record;
        let running = stored.clocks.iter().filter(|clock| clock.state == ClockState::Running);
        if record.due_at != running.filter_map(|clock| clock.deadline).min() {
            report.find("ticket", stored.id(), "due_at is not the earliest deadline that is still owed");
        }
        let open: Vec<&Clock> = stored.clocks.iter().filter(|clock| clock.state != ClockState::Ended).collect();
        let promise = self.promise(&open);
        if record.next_fire_at != next_fire_at(&record.ticket, &stored.clocks, promise.as_ref()) {
            report.find("ticket", stored.id(), "next_fire_at is not when the next thing happens by itself");
        }
    }

    /// What the clocks say that was promised. Clocks of one ticket that are open were read under one promise.
    fn promise<'a>(&'a self, clocks: &[&'a Clock]) -> Option<Promise<'a>> {
        let first = clocks.first()?;
        let rule = self.rule(first)?;
        let calendar = self.calendars.get(&(first.calendar.clone(), first.calendar_version))?.as_ref()?;
        let targets: BTreeMap<Objective, Target<'_>> = clocks
            .iter()
            .map(|clock| {
                let ladder = rule.ladders.get(&clock.objective).map_or(&[][..], Vec::as_slice);
                (clock.objective, Target { seconds: clock.target_s, ladder })
            })
            .collect();
        Some(Promise {
            rule: &first.rule,
            policy_version: first.policy_version,
            calendar: Arc::clone(calendar),
            reopening: rule.reopening,
            targets,
        })
    }

    fn rule(&self, clock: &Clock) -> Option<&Rule> {
        let policy = self.policies.get(&clock.policy_version)?.as_ref()?;
        policy.rules.iter().find(|rule| rule.name == clock.rule)
    }
}

/// It ended because nothing promised it any more, at a time that cannot be measured again.
fn is_abandoned(clock: &Clock) -> bool {
    matches!(clock.outcome, Some(Outcome::Cancelled(Cancellation::NoPolicy | Cancellation::NoLongerOwed)))
}

fn started_as_recorded(report: &mut CheckReport, stored: &Stored) {
    for event in &stored.events {
        if let EventKind::ClockStarted { objective, cycle } = event.kind
            && !stored.clocks.iter().any(|clock| clock.id == Clock::id_of(stored.id(), objective, cycle))
        {
            report.find("clock", stored.id(), format_args!("{objective} number {cycle} was started and is missing"));
        }
    }
}

fn difference(again: &Clock, stored: &Clock) -> String {
    let fields = |clock: &Clock| serde_json::to_value(clock).unwrap_or_default();
    let (again, stored) = (fields(again), fields(stored));
    let differs = |name: &&String| again.get(name.as_str()) != stored.get(name.as_str());
    let name = again.as_object().and_then(|fields| fields.keys().find(differs)).cloned().unwrap_or_default();
    let value = |clock: &serde_json::Value| clock.get(&name).map(ToString::to_string).unwrap_or_default();
    format!("{name} is {}, measured anew {}", value(&stored), value(&again))
}
