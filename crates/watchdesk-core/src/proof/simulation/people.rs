//! Agents, leads and customers on a ticket.

use std::collections::BTreeSet;

use chrono::Duration;

use crate::Instant;
use crate::clock::Subject;
use crate::command::{Assignment, CallDirection, CloseReason, Command, FieldChanges, Step, Then, Unit};
use crate::decide::tests::world::{COLLEAGUE, CONTACT, CUSTOMER, PREMIUM, slug};
use crate::event::{EventKind, MessageKind};
use crate::ids::{MessageId, Slug, TicketId};
use crate::proof::invariants::Checked;
use crate::proof::simulation::Simulation;
use crate::rights::Actor;
use crate::ticket::{Channel, Severity, StateKind};

/// Facts are recorded up to so much later.
const LATE_S_MAX: i64 = 10_800;

impl Simulation {
    /// Now, or a while ago; never before the ticket was there.
    pub(super) fn lately(&mut self, id: TicketId) -> Instant {
        let ago_s = if self.random.chance(500) { self.random.between(0, LATE_S_MAX) } else { 0 };
        let opened_at = self.world.tickets.get(&id).map_or(self.world.now, |stored| stored.ticket.opened_at);
        (self.world.now - Duration::seconds(ago_s)).max(opened_at).min(self.world.now)
    }

    fn severity(&mut self) -> Severity {
        self.random.one(&Severity::ALL)
    }

    fn category(&mut self) -> Slug {
        slug(self.random.one(&["connectivity", "billing", "how-to"]))
    }

    pub(super) fn open(&mut self, name: &'static str) -> Checked {
        let customer = self.random.one(&[Some(CUSTOMER), Some(PREMIUM), None]);
        let mut open = self.world.opening(customer);
        let ago_s = if self.random.chance(300) { self.random.between(0, 3_600) } else { 0 };
        open.at = self.world.now - Duration::seconds(ago_s);
        open.channel = self.random.one(&Channel::ALL);
        open.severity = self.random.one(&[None, None, Some(Severity::A), Some(Severity::C)]);
        open.category = self.random.chance(300).then(|| self.category());
        open.team = open.team.filter(|_| self.random.chance(800));
        let id = self.world.new_ticket_id();
        self.on_ticket(name, id, &Actor::System, Command::Open(Box::new(open)))
    }

    fn triaging(&mut self) -> Command {
        let (lead, agent) = (self.world.lead, self.world.agent);
        let assignment = match self.random.below(4) {
            0 => Assignment::default(),
            1 => Assignment::to(lead),
            _ => Assignment::to(agent),
        };
        let (category, severity) = (self.category(), self.severity());
        Command::Triage { category, service: Some(slug("exchange-online")), severity, assignment }
    }

    pub(super) fn triage(&mut self, name: &'static str) -> Checked {
        let Some(id) = self.ticket_in(&[StateKind::Open]) else { return Ok(()) };
        let command = self.triaging();
        self.on_ticket(name, id, &self.lead(), command)
    }

    pub(super) fn all_at_once(&mut self, name: &'static str) -> Checked {
        let Some(id) = self.ticket_in(&[StateKind::Open]) else { return Ok(()) };
        let triage = self.triaging();
        let (reply, resolve) = (self.world.words("We saw it."), self.world.words("It is done."));
        let unit = Unit::ticket(id, triage)
            .then(Step::Ticket(id, Command::Reply { words: reply, then: Then::Stay }))
            .then(Step::Ticket(id, Command::Resolve { words: resolve }));
        let of = self.ticket_name(id);
        self.on_unit(name, &of, &self.lead(), &unit)
    }

    pub(super) fn reply(&mut self, name: &'static str) -> Checked {
        let Some(id) = self.any_ticket() else { return Ok(()) };
        let words = self.world.words("We are looking into it.");
        self.on_ticket(name, id, &self.lead(), Command::Reply { words, then: Then::Stay })
    }

    pub(super) fn ask(&mut self, name: &'static str) -> Checked {
        let Some(id) = self.any_ticket() else { return Ok(()) };
        let words = self.world.words("Which users?");
        let within_s = self.random.between(600, 2 * 86_400);
        let until = self.random.chance(500).then(|| self.world.now + Duration::seconds(within_s));
        self.on_ticket(name, id, &self.lead(), Command::Reply { words, then: Then::Wait { until } })
    }

    pub(super) fn log_call(&mut self, name: &'static str) -> Checked {
        let Some(id) = self.any_ticket() else { return Ok(()) };
        let (words, at) = (self.world.words("Spoke to him."), self.lately(id));
        self.on_ticket(name, id, &self.lead(), Command::LogCall { words, direction: CallDirection::Outbound, at })
    }

    pub(super) fn customer_writes(&mut self, name: &'static str) -> Checked {
        let Some(id) = self.any_ticket() else { return Ok(()) };
        let (words, at) = (self.world.words("Still the same."), self.lately(id));
        let from = self.random.one(&[CONTACT, COLLEAGUE]);
        self.on_ticket(name, id, &Actor::System, Command::CustomerMessage { from, words, at })
    }

    pub(super) fn automatic_mail(&mut self, name: &'static str) -> Checked {
        let Some(id) = self.any_ticket() else { return Ok(()) };
        let (words, at) = (self.world.words("I am out of office."), self.lately(id));
        self.on_ticket(name, id, &Actor::System, Command::AutomaticMail { from: Some(CONTACT), words, at })
    }

    fn change(&mut self, name: &'static str, changes: FieldChanges) -> Checked {
        let Some(id) = self.any_ticket() else { return Ok(()) };
        self.on_ticket(name, id, &self.lead(), Command::Change(Box::new(changes)))
    }

    pub(super) fn change_severity(&mut self, name: &'static str) -> Checked {
        let severity = Some(self.severity());
        self.change(name, FieldChanges { severity, ..FieldChanges::default() })
    }

    pub(super) fn change_category(&mut self, name: &'static str) -> Checked {
        let (category, service) = (Some(self.category()), Some(Some(slug("exchange-online"))));
        self.change(name, FieldChanges { category, service, ..FieldChanges::default() })
    }

    pub(super) fn change_tags(&mut self, name: &'static str) -> Checked {
        let tag = self.random.one(&["internal", "vip", ""]).to_owned();
        let tags = Some(Some(tag).filter(|tag| !tag.is_empty()).into_iter().collect());
        self.change(name, FieldChanges { tags, ..FieldChanges::default() })
    }

    pub(super) fn change_customer(&mut self, name: &'static str) -> Checked {
        let customer = Some(self.random.one(&[Some(CUSTOMER), Some(PREMIUM)]));
        self.change(name, FieldChanges { customer, ..FieldChanges::default() })
    }

    pub(super) fn assign(&mut self, name: &'static str) -> Checked {
        let Some(id) = self.any_ticket() else { return Ok(()) };
        let owner = Some(self.random.one(&[None, Some(self.world.agent), Some(self.world.lead)]));
        self.on_ticket(name, id, &self.lead(), Command::Assign(Assignment { owner, team: None }))
    }

    pub(super) fn merge(&mut self, name: &'static str) -> Checked {
        let (Some(id), Some(into)) = (self.any_ticket(), self.any_ticket()) else { return Ok(()) };
        self.on_ticket(name, id, &self.lead(), Command::Merge { into })
    }

    pub(super) fn unmerge(&mut self, name: &'static str) -> Checked {
        let tickets = self.world.tickets.values();
        let merged: Vec<_> =
            tickets.filter(|one| one.ticket.duplicate_of().is_some()).map(|one| one.ticket.id).collect();
        let Some(id) = self.random.pick(&merged) else { return Ok(()) };
        self.on_ticket(name, id, &self.lead(), Command::Unmerge)
    }

    pub(super) fn split(&mut self, name: &'static str) -> Checked {
        let Some(id) = self.any_ticket() else { return Ok(()) };
        let mine = self.messages(id);
        let chosen: BTreeSet<MessageId> = (0..=self.random.below(2)).filter_map(|_| self.random.pick(&mine)).collect();
        let into = self.world.new_ticket_id();
        let subject = "Another matter".to_owned();
        self.on_ticket(name, id, &self.lead(), Command::Split { messages: chosen, into, subject })
    }

    fn messages(&self, id: TicketId) -> Vec<MessageId> {
        let message = |kind: &EventKind| match kind {
            EventKind::MessageAdded { message, kind: MessageKind::Customer | MessageKind::Public, .. } => {
                Some(*message)
            }
            _ => None,
        };
        self.world.tickets[&id].events.iter().filter_map(|event| message(&event.kind)).collect()
    }

    pub(super) fn snooze(&mut self, name: &'static str) -> Checked {
        let Some(id) = self.any_ticket() else { return Ok(()) };
        let until = self.world.now + Duration::seconds(self.random.between(300, 86_400));
        self.on_ticket(name, id, &self.lead(), Command::Snooze { until })
    }

    pub(super) fn wake(&mut self, name: &'static str) -> Checked {
        let Some(id) = self.any_ticket() else { return Ok(()) };
        self.on_ticket(name, id, &self.lead(), Command::Wake)
    }

    pub(super) fn resolve(&mut self, name: &'static str) -> Checked {
        let Some(id) = self.ticket_in(&[StateKind::Triaged, StateKind::Waiting]) else { return Ok(()) };
        let words = self.world.words("It works again.");
        self.on_ticket(name, id, &self.lead(), Command::Resolve { words })
    }

    pub(super) fn reopen(&mut self, name: &'static str) -> Checked {
        let Some(id) = self.ticket_in(&[StateKind::Resolved]) else { return Ok(()) };
        self.on_ticket(name, id, &self.lead(), Command::Reopen { words: None })
    }

    pub(super) fn close(&mut self, name: &'static str) -> Checked {
        let reason =
            self.random.one(&[CloseReason::Solved, CloseReason::Solved, CloseReason::Spam, CloseReason::Withdrawn]);
        let states: &[StateKind] = match reason {
            CloseReason::Solved => &[StateKind::Resolved],
            CloseReason::Spam | CloseReason::Withdrawn => &[StateKind::Open, StateKind::Waiting],
        };
        let Some(id) = self.ticket_in(states) else { return Ok(()) };
        self.on_ticket(name, id, &self.lead(), Command::Close { reason })
    }

    /// A miss, or the excuse of one.
    pub(super) fn excuse(&mut self, name: &'static str) -> Checked {
        let tickets = self.world.tickets.values();
        let missed = tickets.flat_map(|stored| &stored.clocks).filter(|clock| clock.is_missed());
        let missed: Vec<_> = missed.map(|clock| (clock.subject, clock.id, clock.excuse.is_some())).collect();
        let Some((Subject::Ticket(id), clock, excused)) = self.random.pick(&missed) else { return Ok(()) };
        let reason = Some("The operator was down.".to_owned()).filter(|_| !excused);
        self.on_ticket(name, id, &self.lead(), Command::Excuse { clock, reason })
    }

    pub(super) fn acknowledge(&mut self, name: &'static str) -> Checked {
        let waits = |clock: &&crate::clock::Clock| {
            clock.steps.iter().filter_map(|record| record.acknowledgement.as_ref()).any(|wanted| wanted.by.is_none())
        };
        let clocks = self.world.tickets.values().flat_map(|stored| &stored.clocks).filter(waits);
        let waiting: Vec<_> = clocks.map(|clock| (clock.subject, clock.id)).collect();
        let Some((Subject::Ticket(id), clock)) = self.random.pick(&waiting) else { return Ok(()) };
        let clock = Some(clock).filter(|_| self.random.chance(500));
        self.on_ticket(name, id, &self.lead(), Command::AcknowledgeLadder { clock })
    }
}
