//! The working copy of a decision.

use std::collections::{BTreeMap, BTreeSet};

use crate::Instant;
use crate::case::{Case, CaseStateKind};
use crate::clock::{Beat, CaseBeat, Clock, Phase, Timeline, clocks_fire_at};
use crate::command::Words;
use crate::decide::settle;
use crate::decision::{Author, CaseChange, Decision, MovedMessages, NewMessage};
use crate::disclosure::Disclosure;
use crate::effect::{Effect, Notice, Recipient};
use crate::event::{ActorRef, Event, EventKind, MessageKind};
use crate::facts::{CustomerFact, Facts, HealthFact, IncidentFact, TicketFacts};
use crate::ids::{CaseId, ClockId, TicketId, TicketNumber};
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
    /// Clocks that began in this decision.
    pub fresh_clocks: BTreeSet<ClockId>,
    messages: Vec<NewMessage>,
    moved: Vec<MovedMessages>,
    effects: Vec<Effect>,
    disclosures: Vec<Disclosure>,
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
    pub incidents: Vec<IncidentFact>,
    pub next_fire_at: Option<Instant>,
    /// Events that its clocks were measured after.
    measured_events: usize,
}

struct CaseWork {
    from_version: i64,
    changed: bool,
    /// Its clocks have to be measured anew.
    unmeasured: bool,
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
            incidents: facts.incidents.clone(),
            next_fire_at: facts.next_fire_at,
            measured_events: 0,
        }
    }

    fn is_unmeasured(&self) -> bool {
        self.events.len() > self.measured_events
    }
}

impl<'a> Work<'a> {
    pub fn new(facts: &'a Facts, actor: &'a Actor, now: Instant) -> Self {
        let tickets = facts.tickets.iter().map(|(id, ticket)| (*id, TicketWork::of(ticket))).collect();
        let case_work = |case: &Case| CaseWork {
            from_version: case.version,
            changed: false,
            unmeasured: false,
            case: case.clone(),
        };
        let cases = facts.cases.iter().map(|(id, case)| (*id, case_work(case))).collect();
        Self {
            facts,
            actor,
            now,
            tickets,
            cases,
            numbers: facts.fresh_numbers.iter(),
            touched: BTreeSet::new(),
            fresh_clocks: BTreeSet::new(),
            messages: Vec::new(),
            moved: Vec::new(),
            effects: Vec::new(),
            disclosures: Vec::new(),
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
            incidents: Vec::new(),
            next_fire_at: None,
            measured_events: 0,
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
        self.enqueue_or_hold(ticket, cause, to, notice, false);
    }

    /// What is held waits to be put into a digest.
    pub fn enqueue_or_hold(&mut self, ticket: TicketId, cause: &str, to: Recipient, notice: Notice, held: bool) {
        let key = format!("{cause}:{}:{to}", notice.name());
        if self.effects.iter().all(|effect| effect.key != key) {
            self.effects.push(Effect { key, ticket, to, notice, held });
        }
    }

    /// Puts on record that something was handed to the operator.
    pub fn disclose(&mut self, disclosure: Disclosure) {
        self.disclosures.push(disclosure);
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
        work.unmeasured = true;
        if !work.changed {
            work.changed = true;
            work.case.version += 1;
        }
        Ok(&mut work.case)
    }

    /// The case's clocks, and what hangs on them.
    pub fn set_case_clocks(&mut self, id: CaseId, clocks: Vec<Clock>) -> Result<(), Because> {
        let next_fire_at = clocks_fire_at(&self.facts.desk, &clocks);
        let case = self.change_case(id)?;
        (case.clocks, case.next_fire_at) = (clocks, next_fire_at);
        Ok(())
    }

    pub fn new_case(&mut self, case: Case) {
        self.cases.insert(case.id, CaseWork { from_version: 0, changed: true, unmeasured: true, case });
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

    /// A fact of a case, for the operator's clocks.
    pub fn case_beat(&mut self, id: CaseId, at: Instant, beat: CaseBeat) -> Result<(), Because> {
        self.change_case(id)?.timeline.record(at, beat);
        Ok(())
    }

    // The end.

    /// Measures the clocks of everything that the last step changed, so that a step finds them as they are.
    pub fn measure(&mut self) -> Result<(), Because> {
        let touched = self.touched.clone();
        self.measure_tickets(|id, work| work.is_unmeasured() || touched.contains(&id))?;
        let cases: Vec<CaseId> = self.cases.iter().filter(|(_, work)| work.unmeasured).map(|(id, _)| *id).collect();
        for id in cases {
            settle::case(self, id)?;
            if let Some(work) = self.cases.get_mut(&id) {
                work.unmeasured = false;
            }
        }
        // A case puts its readings on record with its tickets: whoever reads those events finds the tickets as of then.
        self.measure_tickets(|_, work| work.is_unmeasured())
    }

    fn measure_tickets(&mut self, wanted: impl Fn(TicketId, &TicketWork) -> bool) -> Result<(), Because> {
        let wanted = self.tickets.iter().filter(|(id, work)| wanted(**id, work)).map(|(id, _)| *id);
        for id in wanted.collect::<Vec<_>>() {
            settle::ticket(self, id).map_err(Because::Clock)?;
            let work = self.ticket_work(id)?;
            work.measured_events = work.events.len();
        }
        Ok(())
    }

    pub fn into_decision(self) -> Decision {
        let changed = |(id, work): &(TicketId, TicketWork)| !work.events.is_empty() || self.touched.contains(id);
        let tickets = self.tickets.into_iter().filter(changed).map(|(_, work)| settle::change(&self.facts.desk, work));
        let tickets = tickets.collect();
        let changed = self.cases.into_values().filter(|work| work.changed);
        let cases = changed.map(|work| CaseChange { from_version: work.from_version, case: work.case }).collect();
        Decision {
            tickets,
            cases,
            messages: self.messages,
            moved_messages: self.moved,
            effects: self.effects,
            disclosures: self.disclosures,
        }
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
        | TicketAction::AcknowledgeLadder
        | TicketAction::Wake => Verb::WorkTicket,
        TicketAction::ExcuseMiss => Verb::ExcuseMiss,
        TicketAction::Merge | TicketAction::Unmerge | TicketAction::Split => Verb::MergeTicket,
        TicketAction::DraftCase | TicketAction::DropDraft | TicketAction::FileCase | TicketAction::CaseEnds => {
            Verb::Escalate
        }
        TicketAction::AutomaticMail | TicketAction::WaitingOver | TicketAction::FireTimers => Verb::Machinery,
    }
}
