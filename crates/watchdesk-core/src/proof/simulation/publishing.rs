//! New versions of what the desk has agreed on, and the job that measures anew what runs.

use std::sync::Arc;

use crate::clock::Subject;
use crate::command::{CaseCommand, Command, Unit};
use crate::desk::{AppliesTo, Published, Versions};
use crate::policy::{Policy, Target};
use crate::proof::desk::OFFICE;
use crate::proof::invariants::Checked;
use crate::proof::simulation::Simulation;
use crate::rights::Actor;
use crate::ticket::StateKind;

/// Versions of one thing that a run publishes.
const VERSIONS_MAX: usize = 6;

/// The targets of one objective become longer or shorter, and its ladder may go.
fn edited(policy: &Policy, objective: usize, percent: i64, without_ladder: bool) -> Policy {
    let mut policy = policy.clone();
    for rule in &mut policy.rules {
        let count = rule.targets.len().max(1);
        let Some((objective, targets)) = rule.targets.iter_mut().nth(objective % count) else { continue };
        for target in targets.values_mut() {
            if let Target::Seconds(seconds) = target {
                *seconds = (*seconds * percent / 100).max(600);
            }
        }
        if without_ladder {
            rule.ladders.remove(objective);
        }
    }
    policy
}

impl Simulation {
    fn applies_to(&mut self) -> AppliesTo {
        self.random.one(&[AppliesTo::New, AppliesTo::Running])
    }

    pub(super) fn publish_policy(&mut self, name: &'static str) -> Checked {
        let of_operator = self.random.chance(300);
        let (objective, percent) = (self.random.below(5), self.random.one(&[40, 70, 100, 150, 250]));
        let (without_ladder, applies_to, at) = (self.random.chance(150), self.applies_to(), self.world.now);
        let desk = &mut self.world.desk;
        let policies = if of_operator { &mut desk.operator_policy } else { &mut desk.customer_policy };
        let Some(newest) = newest(policies) else { return Ok(()) };
        let version = newest.version + 1;
        let body = Policy { version, ..edited(&newest.body, objective, percent, without_ladder) };
        policies.push(Published { version, at, applies_to, body });
        let side = if of_operator { "operator's" } else { "customer's" };
        self.published(name, &format!("version {version}, {side} side, for {} ones", applies_to.as_str()), applies_to);
        Ok(())
    }

    pub(super) fn publish_calendar(&mut self, name: &'static str) -> Checked {
        let days: Vec<String> =
            (3..28).filter(|_| self.random.chance(80)).map(|day| format!("\"2026-03-{day:02}\"")).collect();
        let applies_to = self.applies_to();
        self.world.calendar("office", &OFFICE.replace("HOLIDAYS", &days.join(", ")), applies_to);
        self.published(name, &format!("without {days:?}, for {} ones", applies_to.as_str()), applies_to);
        Ok(())
    }

    /// A person of the desk leaves, or is back.
    pub(super) fn come_or_go(&mut self, name: &'static str) -> Checked {
        let agents: Vec<_> = self.world.desk.agents.keys().copied().collect();
        let Some(agent) = self.random.pick(&agents) else { return Ok(()) };
        if let Some(fact) = self.world.desk.agents.get_mut(&agent) {
            fact.active = !fact.active;
        }
        self.published(name, &agent.to_string(), AppliesTo::New);
        Ok(())
    }

    fn published(&mut self, name: &'static str, what: &str, applies_to: AppliesTo) {
        self.desk = Arc::new(self.world.desk.clone());
        self.desk_version += 1;
        self.count(name);
        self.tell(|| format!("{name}: {what}"));
        if applies_to == AppliesTo::Running {
            let tickets = self.world.tickets.values().filter(|one| one.ticket.state.kind() != StateKind::Closed);
            let tickets = tickets.map(|one| Subject::Ticket(one.ticket.id));
            let cases = self.world.cases.values().filter(|case| case.state.kind().is_with_operator());
            self.to_measure = tickets.chain(cases.map(|case| Subject::Case(case.id))).collect();
        }
    }

    /// The job goes one step on.
    pub(super) fn measure_next(&mut self) -> Checked {
        let Some(subject) = self.to_measure.pop_front() else { return Ok(()) };
        let unit = match subject {
            Subject::Ticket(id) => Unit::ticket(id, Command::Recompute),
            Subject::Case(id) => Unit::case(id, CaseCommand::Recompute),
        };
        match self.execute(&Actor::System, &unit)? {
            None => Ok(()),
            Some(refusal) => Err(format!("{} cannot be measured anew: {refusal}", self.name(subject))),
        }
    }
}

fn newest(policies: &Versions<Policy>) -> Option<Published<Policy>> {
    policies.newest().filter(|_| policies.iter().count() < VERSIONS_MAX).cloned()
}
