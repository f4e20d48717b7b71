//! Stories with a fixed course: cases with the operator, outages.

use anyhow::Context;
use chrono::Duration;
use watchdesk_core::Instant;
use watchdesk_core::command::CloseReason;
use watchdesk_core::facts::HealthStatus;

use crate::demo::conversations::{Ending, HealthCheck, Say, Scenario};
use crate::demo::plan::pace::{self, Mood};
use crate::demo::plan::{Act, Deed, Planned, Planner};
use crate::demo::time;

/// Health is looked up this long before it has to be fresh.
const LOOKED_UP_BEFORE_MIN: i64 = 6;
/// A story's first step comes later than this.
const TRIAGE_MIN: i64 = 5;

impl Planner<'_> {
    pub(super) fn stories(&mut self) -> anyhow::Result<()> {
        let words = self.words;
        words
            .stories
            .iter()
            .try_for_each(|scenario| self.story(scenario).with_context(|| format!("the story {}", scenario.id)))
    }

    fn story(&mut self, scenario: &Scenario) -> anyhow::Result<()> {
        let ago = scenario.opens_ago.context("it does not say when it opens")?;
        let opened_at = time::at_clock(self.now - Duration::minutes(ago), scenario.opens_at.as_deref());
        let contact = self.writer(scenario).context("nobody writes")?;
        let (thread, values) = self.begin(scenario, contact, opened_at);
        let times = pace::times(&scenario.steps, scenario.severity, opened_at, Mood::Normal, false, &mut self.rng);
        let first = scenario.steps.first().context("it has no steps")?;
        self.open(thread, first, &values, None)?;
        self.push(thread, opened_at + Duration::minutes(TRIAGE_MIN), Deed::Triage);
        for (step, at) in scenario.steps.iter().zip(&times.steps).skip(1) {
            if matches!(step.say, Say::Draft(_) | Say::Filed(_) | Say::Joins(_)) {
                self.look_up(scenario, *at - Duration::minutes(LOOKED_UP_BEFORE_MIN));
            }
            let deed = self.deed(step, &values, *at)?;
            self.push(thread, *at, deed);
        }
        let ended_at = times.last();
        match (scenario.ending, scenario.steps.last().map(|step| &step.say)) {
            (Ending::Withdrawn, _) => {
                self.push(thread, ended_at + Duration::minutes(10), Deed::Close(CloseReason::Withdrawn));
            }
            (_, Some(Say::Solve(_))) => {
                self.close_when_quiet(thread, ended_at);
            }
            _ => {}
        }
        Ok(())
    }

    /// The gate wants a fresh look at the service's health.
    fn look_up(&mut self, scenario: &Scenario, at: Instant) {
        if let Some(service) = scenario.service.clone() {
            let check = HealthCheck {
                ago: 0,
                at: None,
                service,
                status: HealthStatus::Operational,
                incident: None,
                note: String::new(),
            };
            self.plan.acts.push(Planned { at, act: Act::Health(check) });
        }
    }

    /// The named person, the first of the named customer, or anybody who speaks the language.
    pub(super) fn writer(&mut self, scenario: &Scenario) -> Option<usize> {
        let Some(key) = &scenario.customer else {
            let people = match scenario.ending {
                Ending::Spam => self.cast.strangers(),
                Ending::Steps | Ending::Withdrawn => self.cast.speaking(scenario.language),
            };
            return self.rng.pick(&people).copied();
        };
        let customer = self.cast.customer(key)?;
        match &scenario.contact {
            Some(local) => {
                self.cast.contacts.iter().position(|person| person.customer == Some(customer) && person.local == *local)
            }
            None if scenario.opens_ago.is_some() => self.cast.people_of(customer).first().copied(),
            None => self.rng.pick(&self.cast.people_of(customer)).copied(),
        }
    }
}
