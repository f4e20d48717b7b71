//! What people do, picked by chance. Much of it is refused, as in life; what is done must hold.

use crate::clock::Subject;
use crate::command::{Command, Unit};
use crate::ids::TicketId;
use crate::proof::invariants::Checked;
use crate::proof::simulation::Simulation;
use crate::rights::{Actor, Role};
use crate::ticket::StateKind;

type Operation = fn(&mut Simulation, &'static str) -> Checked;

/// How often beside the others, what it is called, and how it is done.
const OPERATIONS: [(usize, &str, Operation); 33] = [
    (9, "open", Simulation::open),
    (9, "triage", Simulation::triage),
    (3, "triage, reply and resolve", Simulation::all_at_once),
    (10, "reply", Simulation::reply),
    (8, "ask", Simulation::ask),
    (6, "log a call", Simulation::log_call),
    (12, "customer writes", Simulation::customer_writes),
    (2, "automatic mail", Simulation::automatic_mail),
    (6, "change severity", Simulation::change_severity),
    (3, "change category", Simulation::change_category),
    (4, "change tags", Simulation::change_tags),
    (2, "change customer", Simulation::change_customer),
    (3, "assign", Simulation::assign),
    (4, "merge", Simulation::merge),
    (4, "unmerge", Simulation::unmerge),
    (4, "split", Simulation::split),
    (4, "snooze", Simulation::snooze),
    (2, "wake", Simulation::wake),
    (5, "resolve", Simulation::resolve),
    (4, "reopen", Simulation::reopen),
    (3, "close", Simulation::close),
    (4, "excuse", Simulation::excuse),
    (4, "acknowledge", Simulation::acknowledge),
    (7, "draft a case", Simulation::draft),
    (8, "file a case", Simulation::file),
    (3, "add a ticket to a case", Simulation::add_ticket),
    (14, "go on with a case", Simulation::go_on),
    (4, "end a case", Simulation::end_case),
    (3, "reopen or confirm a case", Simulation::after_case),
    (2, "publish a policy", Simulation::publish_policy),
    (1, "publish a calendar", Simulation::publish_calendar),
    (1, "come or go", Simulation::come_or_go),
    (3, "fire early", Simulation::fire_early),
];

impl Simulation {
    pub(super) fn operate(&mut self) -> Checked {
        let whole = OPERATIONS.iter().map(|(weight, ..)| weight).sum();
        let mut left = self.random.below(whole);
        for (weight, name, operation) in OPERATIONS {
            if left < weight {
                return operation(self, name);
            }
            left -= weight;
        }
        Ok(())
    }

    /// Every operation by its name.
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        OPERATIONS.into_iter().map(|(_, name, _)| name)
    }

    /// Whoever may do almost everything.
    pub(super) fn lead(&self) -> Actor {
        self.world.actor(Role::Lead)
    }

    pub(super) fn any_ticket(&mut self) -> Option<TicketId> {
        // Mostly one that is worked on.
        let all: Vec<_> =
            self.world.tickets.values().map(|stored| (stored.ticket.id, stored.ticket.state.kind())).collect();
        let open: Vec<_> = all.iter().filter(|(_, state)| *state != StateKind::Closed).map(|(id, _)| *id).collect();
        if self.random.chance(900) && !open.is_empty() {
            return self.random.pick(&open);
        }
        self.random.pick(&all).map(|(id, _)| id)
    }

    pub(super) fn ticket_in(&mut self, states: &[StateKind]) -> Option<TicketId> {
        let stored = self.world.tickets.values();
        let there = stored.filter(|stored| states.contains(&stored.ticket.state.kind()));
        let there: Vec<_> = there.map(|stored| stored.ticket.id).collect();
        self.random.pick(&there)
    }

    pub(super) fn on_ticket(&mut self, name: &'static str, id: TicketId, actor: &Actor, command: Command) -> Checked {
        let of = self.ticket_name(id);
        self.on_unit(name, &of, actor, &Unit::ticket(id, command))
    }

    pub(super) fn on_unit(&mut self, name: &'static str, of: &str, actor: &Actor, unit: &Unit) -> Checked {
        let refused = self.execute(actor, unit)?;
        if refused.is_none() {
            self.count(name);
            self.tell(|| format!("{name}: {of}"));
        }
        Ok(())
    }

    /// Timers are called although nothing is due, or before the worker that holds the claim: nothing happens twice.
    pub(super) fn fire_early(&mut self, name: &'static str) -> Checked {
        let Some(subject) = self.random.pick(&self.subjects()) else { return Ok(()) };
        let early = self.next_fire_at(subject).is_none_or(|at| at > self.world.now);
        let version = self.version(subject);
        let of = self.name(subject);
        self.on_unit(name, &of, &Actor::System, &super::workers::firing_of(subject))?;
        let changed = early && self.version(subject) != version;
        if changed { Err(format!("timers of {of} did something too early")) } else { Ok(()) }
    }

    fn version(&self, subject: Subject) -> Option<i64> {
        match subject {
            Subject::Ticket(id) => self.world.tickets.get(&id).map(|stored| stored.ticket.version),
            Subject::Case(id) => self.world.cases.get(&id).map(|case| case.version),
        }
    }
}
