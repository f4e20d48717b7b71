//! The working copy of a decision.

use std::collections::{BTreeMap, BTreeSet};

use crate::Instant;
use crate::case::{Case, CaseStateKind};
use crate::clock::{Beat, Clock, ClockFault, Phase, Timeline};
use crate::command::Words;
use crate::decision::{Author, CaseChange, Decision, MovedMessages, NewMessage};
use crate::effect::{Effect, Notice, Recipient};
use crate::event::{ActorRef, Event, EventKind, MessageKind};
use crate::facts::{CustomerFact, Facts, HealthFact, TicketFacts};
use crate::ids::{CaseId, TicketId, TicketNumber};
use crate::lifecycle::TicketAction;
use crate::refusal::Because;
use crate::rights::{Actor, Object, Verb, authorize};
use crate::ticket::{State, StateKind, Ticket, TicketWords};

/// Characters of one message; longer ones are cut off before they get here.
pub const BODY_CHARS_MAX: usize = 1_000_000;

pub(super) struct Work<'a> {
    pub facts: &'a Facts,
    pub actor: &'a Actor,
    pub now: Instant,
    pub tickets: BTreeMap<TicketId, TicketWork>,
    cases: BTreeMap<CaseId, CaseWork>,
    numbers: std::slice::Iter<'a, TicketNumber>,
    touched: BTreeSet<TicketId>,
    messages: Vec<NewMessage>,
    moved: Vec<MovedMessages>,
    effects: Vec<Effect>,
}

#[derive(Debug, Clone)]
pub(super) struct TicketWork {
    pub from_version: i64,
    pub ticket: Ticket,
    pub words: TicketWords,
    pub events: Vec<Event>,
    pub clocks: Vec<Clock>,
    pub timeline: Timeline,
    pub customer: Option<CustomerFact>,
    pub health: Option<HealthFact>,
    pub next_fire_at: Option<Instant>,
}

struct CaseWork {
    from_version: i64,
    changed: bool,
    case: Case,
}

impl TicketWork {
    fn of(facts: &TicketFacts) -> Self {
        Self {
            from_version: facts.ticket.version,
            ticket: facts.ticket.clone(),
            words: facts.words.clone(),
            events: Vec::new(),
            clocks: facts.clocks.clone(),
            timeline: facts.timeline.clone(),
            customer: facts.customer.clone(),
            health: facts.health.clone(),
            next_fire_at: facts.next_fire_at,
        }
    }
}

impl<'a> Work<'a> {
    pub fn new(facts: &'a Facts, actor: &'a Actor, now: Instant) -> Self {
        let tickets = facts.tickets.iter().map(|(id, ticket)| (*id, TicketWork::of(ticket))).collect();
        let case_work = |case: &Case| CaseWork { from_version: case.version, changed: false, case: case.clone() };
        let cases = facts.cases.iter().map(|(id, case)| (*id, case_work(case))).collect();
        Self {
            facts,
            actor,
            now,
            tickets,
            cases,
            numbers: facts.fresh_numbers.iter(),
            touched: BTreeSet::new(),
            messages: Vec::new(),
            moved: Vec::new(),
            effects: Vec::new(),
        }
    }

    pub fn ticket(&self, id: TicketId) -> Result<&Ticket, Because> {
        self.tickets.get(&id).map(|work| &work.ticket).ok_or(Because::NoSuchTicket)
    }

    pub fn ticket_work(&mut self, id: TicketId) -> Result<&mut TicketWork, Because> {
        self.tickets.get_mut(&id).ok_or(Because::NoSuchTicket)
    }

    pub fn state(&self, id: TicketId) -> Result<StateKind, Because> {
        Ok(self.ticket(id)?.state.kind())
    }

    pub fn fresh_number(&mut self) -> Result<TicketNumber, Because> {
        self.numbers
            .next()
            .copied()
            .ok_or(Because::TooMany { what: "new tickets", max: self.facts.fresh_numbers.len() })
    }

    // Rights.

    /// What the actor may not even see does not exist for him.
    pub fn authorize_ticket(&self, id: TicketId, action: TicketAction) -> Result<(), Because> {
        let ticket = self.ticket(id)?;
        if !authorize(self.actor, Verb::ReadTicket, Object::Ticket(ticket)) {
            return Err(Because::NoSuchTicket);
        }
        let allowed = match (self.actor, action) {
            (Actor::Contact(_), TicketAction::CustomerMessage) => true,
            _ => authorize(self.actor, verb(action), Object::Ticket(ticket)),
        };
        if allowed { Ok(()) } else { Err(self.not_allowed()) }
    }

    pub fn not_allowed(&self) -> Because {
        let role = match self.actor {
            Actor::Agent(agent) => Some(agent.role),
            Actor::Contact(_) | Actor::System => None,
        };
        Because::NotAllowed { role }
    }

    // Events.

    /// Puts something on record, now.
    pub fn emit(&mut self, id: TicketId, kind: EventKind) -> Result<i64, Because> {
        self.emit_at(id, self.now, kind)
    }

    /// Puts something on record that was so at `at`.
    pub fn emit_at(&mut self, id: TicketId, at: Instant, kind: EventKind) -> Result<i64, Because> {
        self.emit_as(id, at, self.actor.reference(), kind)
    }

    pub fn emit_as(&mut self, id: TicketId, at: Instant, actor: ActorRef, kind: EventKind) -> Result<i64, Because> {
        let now = self.now;
        let work = self.ticket_work(id)?;
        let seq = work.ticket.version + 1;
        let event = Event { ticket: id, seq, at, recorded_at: now, actor, kind };
        work.ticket.apply(&event).map_err(|_| Because::TicketExists)?;
        work.timeline.record(&event);
        work.events.push(event);
        Ok(seq)
    }

    /// The ticket is saved even if no event says why: what its clocks show has changed by itself.
    pub fn touch(&mut self, id: TicketId) {
        self.touched.insert(id);
    }

    pub fn move_to(&mut self, id: TicketId, at: Instant, to: State) -> Result<(), Because> {
        if self.ticket(id)?.state == to {
            return Ok(());
        }
        self.emit_at(id, at, EventKind::Moved { to }).map(|_| ())
    }

    /// A ticket that did not exist before.
    pub fn give_birth(
        &mut self,
        event: Event,
        words: TicketWords,
        customer: Option<CustomerFact>,
    ) -> Result<(), Because> {
        let ticket = Ticket::born(&event).map_err(|_| Because::TicketExists)?;
        let mut timeline = Timeline::default();
        timeline.record(&event);
        let work = TicketWork {
            from_version: 0,
            words,
            clocks: Vec::new(),
            timeline,
            customer,
            health: None,
            next_fire_at: None,
            events: vec![event],
            ticket,
        };
        match self.tickets.insert(work.ticket.id, work) {
            None => Ok(()),
            Some(_) => Err(Because::TicketExists),
        }
    }

    /// When the ticket last began to wait for the customer.
    pub fn waiting_since(&self, id: TicketId) -> Option<Instant> {
        let waiting = Beat::Phase(Phase::Waiting);
        let work = self.tickets.get(&id)?;
        work.timeline.beats().filter(|(_, beat)| *beat == waiting).map(|(at, _)| at).last()
    }

    // Words and effects.

    pub fn say(&mut self, ticket: TicketId, kind: MessageKind, author: Author, at: Instant, words: &Words) {
        self.say_about(ticket, kind, author, at, words, None);
    }

    pub fn say_about(
        &mut self,
        ticket: TicketId,
        kind: MessageKind,
        author: Author,
        at: Instant,
        words: &Words,
        case: Option<CaseId>,
    ) {
        self.messages.push(NewMessage { ticket, kind, author, at, words: words.clone(), case });
    }

    /// Who speaks when the actor writes.
    pub fn author(&self) -> Author {
        match self.actor {
            Actor::Agent(agent) => Author::Agent(agent.id),
            Actor::Contact(contact) => Author::Contact(contact.id),
            Actor::System => Author::System,
        }
    }

    pub fn move_messages(&mut self, moved: MovedMessages) {
        self.moved.push(moved);
    }

    /// `cause` names what it follows from, so that the same effect has the same key.
    pub fn enqueue(&mut self, ticket: TicketId, cause: &str, to: Recipient, notice: Notice) {
        let recipient = match to {
            Recipient::Contact(id) => format!("contact:{id}"),
            Recipient::Agent(id) => format!("agent:{id}"),
        };
        let key = format!("{cause}:{}:{recipient}", notice.name());
        if self.effects.iter().all(|effect| effect.key != key) {
            self.effects.push(Effect { key, ticket, to, notice });
        }
    }

    // Facts that come from people.

    /// A fact cannot lie in the future, nor before there was a ticket.
    pub fn fact_time(&self, id: TicketId, at: Instant) -> Result<Instant, Because> {
        let at = crate::whole_seconds(at);
        if at > self.now {
            return Err(Because::InTheFuture);
        }
        if at < self.ticket(id)?.opened_at {
            return Err(Because::BeforeOpening);
        }
        Ok(at)
    }

    // Cases.

    pub fn case(&self, id: CaseId) -> Result<&Case, Because> {
        self.cases.get(&id).map(|work| &work.case).ok_or(Because::NoSuchCase)
    }

    pub fn change_case(&mut self, id: CaseId) -> Result<&mut Case, Because> {
        let work = self.cases.get_mut(&id).ok_or(Because::NoSuchCase)?;
        if !work.changed {
            work.changed = true;
            work.case.version += 1;
        }
        Ok(&mut work.case)
    }

    pub fn new_case(&mut self, case: Case) {
        self.cases.insert(case.id, CaseWork { from_version: 0, changed: true, case });
    }

    pub fn cases_of(&self, ticket: TicketId) -> impl Iterator<Item = &Case> {
        self.cases.values().map(|work| &work.case).filter(move |case| case.tickets.contains(&ticket))
    }

    /// Whether a filed case of the ticket has not ended.
    pub fn with_operator(&self, ticket: TicketId) -> bool {
        self.cases_of(ticket).any(|case| case.state.kind().is_with_operator())
    }

    pub fn open_case_reference(&self, ticket: TicketId) -> Option<Option<String>> {
        self.cases_of(ticket).find(|case| case.state.kind().is_with_operator()).map(|case| case.reference.clone())
    }

    pub fn drafts_of(&self, ticket: TicketId) -> BTreeSet<CaseId> {
        let drafts = self.cases_of(ticket).filter(|case| case.state.kind() == CaseStateKind::Drafted);
        drafts.map(|case| case.id).collect()
    }

    // The end.

    pub fn into_decision(mut self) -> Result<Decision, ClockFault> {
        let touched: Vec<TicketId> = self
            .tickets
            .iter()
            .filter(|(id, work)| !work.events.is_empty() || self.touched.contains(id))
            .map(|(id, _)| *id)
            .collect();
        let mut tickets = Vec::with_capacity(touched.len());
        for id in touched {
            if let Some(work) = self.tickets.remove(&id) {
                tickets.push(super::settle::settle(&self.facts.desk, work, self.now)?);
            }
        }
        let changed = self.cases.into_values().filter(|work| work.changed);
        let cases = changed.map(|work| CaseChange { from_version: work.from_version, case: work.case }).collect();
        Ok(Decision { tickets, cases, messages: self.messages, moved_messages: self.moved, effects: self.effects })
    }
}

fn verb(action: TicketAction) -> Verb {
    match action {
        TicketAction::Open => Verb::OpenTicket,
        TicketAction::Triage
        | TicketAction::Change
        | TicketAction::Assign
        | TicketAction::Note
        | TicketAction::Link
        | TicketAction::LogCall
        | TicketAction::Reply
        | TicketAction::Ask
        | TicketAction::CustomerMessage
        | TicketAction::Resolve
        | TicketAction::Reopen
        | TicketAction::CloseSolved
        | TicketAction::CloseSpam
        | TicketAction::CloseWithdrawn
        | TicketAction::Snooze
        | TicketAction::Wake => Verb::WorkTicket,
        TicketAction::Merge | TicketAction::Unmerge | TicketAction::Split => Verb::MergeTicket,
        TicketAction::DraftCase | TicketAction::DropDraft | TicketAction::FileCase | TicketAction::CaseEnds => {
            Verb::Escalate
        }
        TicketAction::AutomaticMail | TicketAction::WaitingOver | TicketAction::FireTimers => Verb::Machinery,
    }
}
