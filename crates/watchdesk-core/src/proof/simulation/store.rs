//! The database, in memory: facts as the program loads them, decisions saved as a whole or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::clock::{Subject, Timeline};
use crate::command::Unit;
use crate::decide::decide;
use crate::decide::tests::world::{COLLEAGUE, CONTACT, CUSTOMER, STRANGER, Stored};
use crate::decision::Decision;
use crate::event::EventKind;
use crate::facts::{ContactFact, Facts, TicketFacts};
use crate::ids::{CaseId, TicketId, TicketNumber};
use crate::proof::invariants::{Checked, ensure};
use crate::proof::simulation::Simulation;
use crate::proof::spoken;
use crate::refusal::{Because, Refusal};
use crate::rights::Actor;

impl Simulation {
    /// The unit's tickets, those of its cases and those they were merged into; then the cases of all of them, but not
    /// the further tickets of those.
    pub(super) fn facts(&self, unit: &Unit) -> Facts {
        let world = &self.world;
        let mut ids = unit.tickets();
        let named = unit.cases();
        ids.extend(named.iter().filter_map(|id| world.cases.get(id)).flat_map(|case| case.tickets.iter().copied()));
        let survivors = ids.iter().filter_map(|id| world.tickets.get(id)?.ticket.duplicate_of());
        ids.extend(survivors.collect::<Vec<_>>());
        let of_tickets = world.cases.values().filter(|case| !case.tickets.is_disjoint(&ids)).map(|case| case.id);
        let cases: BTreeSet<CaseId> = named.into_iter().chain(of_tickets).collect();
        let number = 1001 + i64::try_from(world.tickets.len()).expect("few");
        let contact = |id, customer| (id, ContactFact { id, customer, suppressed: false });
        Facts {
            desk: Arc::clone(&self.desk),
            tickets: ids.iter().filter_map(|id| Some((*id, self.ticket_facts(*id)?))).collect(),
            cases: cases.iter().filter_map(|id| Some((*id, world.cases.get(id)?.clone()))).collect(),
            fresh_numbers: (number..number + 3).map(TicketNumber).collect(),
            customers: world.customers.clone(),
            contacts: [contact(CONTACT, Some(CUSTOMER)), contact(COLLEAGUE, Some(CUSTOMER)), contact(STRANGER, None)]
                .into(),
        }
    }

    fn ticket_facts(&self, id: TicketId) -> Option<TicketFacts> {
        let world = &self.world;
        let stored = world.tickets.get(&id)?;
        let health = stored.ticket.service.as_ref().and_then(|service| world.health.get(service)).cloned();
        Some(TicketFacts {
            ticket: stored.ticket.clone(),
            words: stored.words.clone(),
            clocks: stored.clocks.clone(),
            timeline: Timeline::of(&stored.events),
            customer: stored.ticket.customer.and_then(|id| world.customers.get(&id)).cloned(),
            cases: world.cases.values().filter(|case| case.tickets.contains(&id)).map(|case| case.id).collect(),
            next_fire_at: stored.next_fire_at,
            health,
            incidents: world.incidents.clone(),
        })
    }

    /// Decided and saved in one transaction. A refusal is an answer; a clock that cannot be read is none.
    pub(super) fn execute(&mut self, actor: &Actor, unit: &Unit) -> Result<Option<Refusal>, String> {
        let facts = self.facts(unit);
        let now = self.world.now;
        match decide(&facts, unit, actor, now) {
            Ok(decision) => {
                self.save(&decision)?;
                self.note_what_was_seen(&facts, &decision);
                self.check_saved(&decision).map(|()| None)
            }
            Err(Refusal { because: Because::Clock(fault), .. }) => Err(fault.to_string()),
            Err(refusal) => {
                self.counts.refused += 1;
                Ok(Some(refusal))
            }
        }
    }

    pub(super) fn save(&mut self, decision: &Decision) -> Checked {
        self.insert_effects(decision)?;
        for change in &decision.tickets {
            let id = change.ticket.id;
            let before = self.world.tickets.remove(&id);
            let version = before.as_ref().map_or(0, |stored| stored.ticket.version);
            ensure(version == change.from_version, || format!("ticket {id} is saved over version {version}"))?;
            let mut events = before.map(|stored| stored.events).unwrap_or_default();
            events.extend(change.events.iter().cloned());
            let missed = change.events.iter().filter(|event| matches!(event.kind, EventKind::ClockMissed { .. }));
            self.counts.missed += missed.count() as u64;
            let stored = Stored {
                ticket: change.ticket.clone(),
                words: change.words.clone(),
                events,
                clocks: change.clocks.clone(),
                due_at: change.due_at,
                next_fire_at: change.next_fire_at,
            };
            self.world.tickets.insert(id, stored);
        }
        for change in &decision.cases {
            let id = change.case.id;
            let version = self.world.cases.get(&id).map_or(0, |case| case.version);
            ensure(version == change.from_version, || format!("case {id} is saved over version {version}"))?;
            self.world.cases.insert(id, change.case.clone());
        }
        Ok(())
    }

    pub(super) fn note_what_was_seen(&mut self, facts: &Facts, decision: &Decision) {
        for change in &decision.cases {
            let seen = change.case.tickets.first().is_some_and(|first| facts.tickets.contains_key(first));
            if seen {
                self.out_of_sight.remove(&change.case.id);
            } else {
                self.out_of_sight.insert(change.case.id);
            }
        }
    }

    /// The key is unique: what is there already is not written again. A ladder's words must never need that.
    fn insert_effects(&mut self, decision: &Decision) -> Checked {
        for effect in &decision.effects {
            let fresh = self.effect_keys.insert(effect.key.clone());
            let of_ladder = spoken::call_of(&effect.notice).is_some();
            ensure(fresh || !of_ladder, || format!("{} is said twice", effect.key))?;
            if fresh {
                self.outbox.take(effect.clone(), self.world.now);
            }
        }
        Ok(())
    }

    pub(super) fn check_saved(&self, decision: &Decision) -> Checked {
        for change in &decision.tickets {
            self.look_at(Subject::Ticket(change.ticket.id))?;
        }
        for change in &decision.cases {
            self.look_at(Subject::Case(change.case.id))?;
        }
        Ok(())
    }

    /// What a decision was made on, to see later whether it still is so.
    pub(super) fn versions(&self, facts: &Facts) -> Versions {
        Versions {
            desk: self.desk_version,
            tickets: facts.tickets.iter().map(|(id, facts)| (*id, facts.ticket.version)).collect(),
            cases: facts.cases.iter().map(|(id, case)| (*id, case.version)).collect(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Versions {
    desk: u32,
    tickets: BTreeMap<TicketId, i64>,
    cases: BTreeMap<CaseId, i64>,
}
