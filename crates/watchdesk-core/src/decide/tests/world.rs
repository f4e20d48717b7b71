//! A desk in memory: facts in, decisions applied, time moved by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{Duration, TimeZone, Utc};
use uuid::Uuid;

use crate::Instant;
use crate::calendar::{Calendar, CalendarSpec};
use crate::case::{Case, Evidence, FilingChannel};
use crate::clock::{Clock, Objective, Subject, Timeline};
use crate::command::{Assignment, CaseCommand, Command, DraftCase, OpenTicket, Unit, Words};
use crate::decide::decide;
use crate::decision::{Decision, NewMessage};
use crate::desk::{
    AgentFact, AppliesTo, Category, Desk, DeskCalendar, Named, Published, Service, Settings, TeamFact, Versions,
};
use crate::effect::Effect;
use crate::event::Event;
use crate::facts::{
    ContactFact, CustomerFact, DelegatedAdmin, Facts, HealthFact, HealthStatus, IncidentFact, TicketFacts,
};
use crate::ids::{AgentId, CaseId, ContactId, CustomerId, MessageId, Slug, TeamId, TicketId, TicketNumber};
use crate::operator::{Operator, Operators, Takes};
use crate::policy::Policy;
use crate::refusal::Refusal;
use crate::rights::{Actor, AgentActor, Role};
use crate::ticket::{Channel, Severity, State, StateKind, Ticket, TicketWords};

pub fn slug(text: &str) -> Slug {
    Slug::new(text).expect("a slug")
}

pub fn hours(n: i64) -> Duration {
    Duration::hours(n)
}

pub fn minutes(n: i64) -> Duration {
    Duration::minutes(n)
}

const POLICY: &str = r#"{
  "slug": "standard",
  "rules": [
    {"name": "no promise for internal tickets", "when": {"tags": ["internal"]}, "no_sla": true},
    {"name": "standard 24x7", "calendar": "always",
     "targets": {
       "first_response": {"A": 3600, "B": 14400, "C": 28800},
       "next_response": {"A": 3600, "B": 14400, "C": 28800},
       "resolution": {"A": 28800, "B": 86400, "C": 259200}
     },
     "ladders": {
       "first_response": [{"percent": 75, "tell": ["owner"]}, {"percent": 100, "tell": ["owner", "leads"]}],
       "next_response": [{"percent": 75, "tell": ["owner"]}, {"percent": 100, "tell": ["owner", "leads"]}],
       "resolution": [{"percent": 75, "tell": ["owner"]}, {"percent": 100, "tell": ["owner", "leads"]}]
     }}
  ]}"#;

const OPERATOR: &str = r#"{
  "slug": "operator", "side": "operator",
  "rules": [
    {"name": "critical", "when": {"severities": ["A"]}, "calendar": "always",
     "targets": {"upstream_acknowledgement": {"A": 7200}, "upstream_update": {"A": 14400}}},
    {"name": "daily", "calendar": "operator-daily",
     "targets": {
       "upstream_acknowledgement": {"B": 14400, "C": 28800},
       "upstream_update": {"B": {"working_days": 1}, "C": {"working_days": 2}},
       "upstream_resolution": {"B": 432000}
     },
     "ladders": {"upstream_acknowledgement": [{"percent": 100, "tell": ["assignee"]}]}}
  ]}"#;

const OPERATOR_DAILY: &str = r#"{"time_zone": "Asia/Shanghai", "hours": {
  "mon": [["09:00", "24:00"]], "tue": [["09:00", "24:00"]], "wed": [["09:00", "24:00"]], "thu": [["09:00", "24:00"]],
  "fri": [["09:00", "24:00"]], "sat": [["09:00", "24:00"]], "sun": [["09:00", "24:00"]]}}"#;

#[derive(Clone)]
pub struct World {
    pub now: Instant,
    pub desk: Desk,
    pub tickets: BTreeMap<TicketId, Stored>,
    pub cases: BTreeMap<CaseId, Case>,
    pub messages: Vec<NewMessage>,
    pub effects: Vec<Effect>,
    pub health: BTreeMap<Slug, HealthFact>,
    pub incidents: Vec<IncidentFact>,
    pub customers: BTreeMap<CustomerId, CustomerFact>,
    pub agent: AgentId,
    pub lead: AgentId,
    pub team: TeamId,
    fresh: u128,
}

#[derive(Clone)]
pub struct Stored {
    pub ticket: Ticket,
    pub words: TicketWords,
    pub events: Vec<Event>,
    pub clocks: Vec<Clock>,
    pub due_at: Option<Instant>,
    pub next_fire_at: Option<Instant>,
}

pub const CUSTOMER: CustomerId = CustomerId(Uuid::from_u128(0xC0));
pub const PREMIUM: CustomerId = CustomerId(Uuid::from_u128(0xC1));
pub const CONTACT: ContactId = ContactId(Uuid::from_u128(0xA0));
pub const COLLEAGUE: ContactId = ContactId(Uuid::from_u128(0xA1));
pub const STRANGER: ContactId = ContactId(Uuid::from_u128(0xA2));

impl World {
    /// Monday morning in Shanghai.
    pub fn new() -> Self {
        let agent = AgentId(Uuid::from_u128(1));
        let lead = AgentId(Uuid::from_u128(2));
        let team = TeamId(Uuid::from_u128(9));
        let customer = |id, premium| {
            (
                id,
                CustomerFact {
                    id,
                    tier: Some(slug("standard")),
                    premium,
                    delegated_admin: DelegatedAdmin::Granted,
                    account_owner: None,
                },
            )
        };
        Self {
            now: Utc.with_ymd_and_hms(2026, 3, 2, 1, 0, 0).single().expect("an instant"),
            desk: desk(agent, lead, team),
            tickets: BTreeMap::new(),
            cases: BTreeMap::new(),
            messages: Vec::new(),
            effects: Vec::new(),
            health: BTreeMap::new(),
            incidents: Vec::new(),
            customers: [customer(CUSTOMER, false), customer(PREMIUM, true)].into(),
            agent,
            lead,
            team,
            fresh: 0x1000,
        }
    }

    pub fn advance(&mut self, by: Duration) {
        self.now += by;
    }

    fn fresh(&mut self) -> Uuid {
        self.fresh += 1;
        Uuid::from_u128(self.fresh)
    }

    pub fn words(&mut self, body: &str) -> Words {
        Words::text(MessageId(self.fresh()), body)
    }

    /// The desk's operator takes requests so.
    pub fn operator_takes(&mut self, takes: Takes) {
        let slug = self.desk.settings.operator.clone();
        self.desk.operators.insert(slug.clone(), Operator { takes, ..Operator::unknown(slug) });
    }

    pub fn actor(&self, role: Role) -> Actor {
        let id = if role == Role::Lead { self.lead } else { self.agent };
        Actor::Agent(AgentActor { id, role, teams: [self.team].into(), customers: BTreeSet::new() })
    }

    /// In place of the ordinary policy, from the beginning.
    pub fn policy(&mut self, policy: &str) {
        self.desk.customer_policy = Versions::only(serde_json::from_str(policy).expect("a policy"));
    }

    /// One more version of a calendar, published now.
    pub fn calendar(&mut self, name: &str, spec: &str, applies_to: AppliesTo) {
        let versions = self.desk.calendars.entry(slug(name)).or_default();
        let version = versions.newest().map_or(0, |newest| newest.version) + 1;
        versions.push(Published { version, at: self.now, applies_to, body: calendar_of(name, version, spec) });
    }

    pub fn agent_with(&mut self, role: Role) -> AgentId {
        let id = AgentId(self.fresh());
        self.desk.agents.insert(id, AgentFact { id, role, teams: BTreeSet::new(), active: true });
        id
    }

    // Doing.

    pub fn facts(&self, unit: &Unit) -> Facts {
        let mut ids = unit.tickets();
        let mut cases: BTreeSet<CaseId> = unit.cases();
        loop {
            let before = (ids.len(), cases.len());
            for id in ids.clone() {
                ids.extend(self.tickets.get(&id).and_then(|stored| stored.ticket.duplicate_of()));
                cases.extend(self.cases.values().filter(|case| case.tickets.contains(&id)).map(|case| case.id));
            }
            for case in &cases {
                ids.extend(self.cases.get(case).iter().flat_map(|case| case.tickets.iter().copied()));
            }
            if before == (ids.len(), cases.len()) {
                break;
            }
        }
        let next_number = TicketNumber(1001 + i64::try_from(self.tickets.len()).expect("few"));
        let contact = |id, customer| (id, ContactFact { id, customer, suppressed: false });
        Facts {
            desk: Arc::new(self.desk.clone()),
            tickets: ids.iter().filter_map(|id| Some((*id, self.ticket_facts(*id)?))).collect(),
            cases: cases.iter().filter_map(|id| Some((*id, self.cases.get(id)?.clone()))).collect(),
            fresh_numbers: vec![next_number, TicketNumber(next_number.0 + 1)],
            customers: self.customers.clone(),
            contacts: [contact(CONTACT, Some(CUSTOMER)), contact(COLLEAGUE, Some(CUSTOMER)), contact(STRANGER, None)]
                .into(),
        }
    }

    fn ticket_facts(&self, id: TicketId) -> Option<TicketFacts> {
        let stored = self.tickets.get(&id)?;
        Some(TicketFacts {
            ticket: stored.ticket.clone(),
            words: stored.words.clone(),
            clocks: stored.clocks.clone(),
            timeline: Timeline::of(&stored.events),
            customer: stored.ticket.customer.and_then(|id| self.customers.get(&id)).cloned(),
            cases: self.cases.values().filter(|case| case.tickets.contains(&id)).map(|case| case.id).collect(),
            next_fire_at: stored.next_fire_at,
            health: stored.ticket.service.as_ref().and_then(|service| self.health.get(service)).cloned(),
            incidents: self.incidents.clone(),
        })
    }

    pub fn execute_as(&mut self, actor: &Actor, unit: &Unit) -> Result<Decision, Refusal> {
        let facts = self.facts(unit);
        let decision = decide(&facts, unit, actor, self.now)?;
        self.save(&decision);
        Ok(decision)
    }

    pub fn save(&mut self, decision: &Decision) {
        for change in &decision.tickets {
            let stored = self.tickets.remove(&change.ticket.id);
            let mut events = stored.map(|stored| stored.events).unwrap_or_default();
            events.extend(change.events.iter().cloned());
            let folded = Ticket::fold(change.ticket.id, &events).expect("events fold");
            assert_eq!(folded, change.ticket, "the ticket row is the fold of its events");
            let (words, clocks) = (change.words.clone(), change.clocks.clone());
            let (due_at, next_fire_at) = (change.due_at, change.next_fire_at);
            let ticket = change.ticket.clone();
            self.tickets.insert(ticket.id, Stored { ticket, words, events, clocks, due_at, next_fire_at });
        }
        for change in &decision.cases {
            self.cases.insert(change.case.id, change.case.clone());
        }
        self.messages.extend(decision.messages.iter().cloned());
        for effect in &decision.effects {
            assert!(self.effects.iter().all(|known| known.key != effect.key), "{} is enqueued twice", effect.key);
            self.effects.push(effect.clone());
        }
    }

    pub fn execute(&mut self, unit: &Unit) -> Result<Decision, Refusal> {
        let actor = self.actor(Role::Agent);
        self.execute_as(&actor, unit)
    }

    pub fn try_command(&mut self, id: TicketId, command: Command) -> Result<Decision, Refusal> {
        self.execute(&Unit::ticket(id, command))
    }

    pub fn command(&mut self, id: TicketId, command: Command) -> Decision {
        self.try_command(id, command).unwrap_or_else(|refusal| panic!("refused: {refusal}"))
    }

    pub fn system(&mut self, id: TicketId, command: Command) -> Decision {
        self.execute_as(&Actor::System, &Unit::ticket(id, command))
            .unwrap_or_else(|refusal| panic!("refused: {refusal}"))
    }

    pub fn case_command(&mut self, id: CaseId, command: CaseCommand) -> Decision {
        self.try_case(id, command).unwrap_or_else(|refusal| panic!("refused: {refusal}"))
    }

    pub fn try_case(&mut self, id: CaseId, command: CaseCommand) -> Result<Decision, Refusal> {
        self.execute(&Unit::case(id, command))
    }

    /// Lets time pass as the program does: every timer fires when it is due.
    pub fn let_pass(&mut self, by: Duration) {
        let end = self.now + by;
        for _ in 0..1000 {
            let Some((at, subject)) = self.next_due().filter(|(at, _)| *at <= end) else {
                self.now = end;
                return;
            };
            self.now = self.now.max(at);
            self.fire(subject);
        }
        panic!("timers do not come to rest");
    }

    fn next_due(&self) -> Option<(Instant, Subject)> {
        let tickets = self.tickets.values().filter_map(|one| Some((one.next_fire_at?, Subject::Ticket(one.ticket.id))));
        let cases = self.cases.values().filter_map(|case| Some((case.next_fire_at?, Subject::Case(case.id))));
        tickets.chain(cases).min()
    }

    fn fire(&mut self, subject: Subject) {
        let unit = match subject {
            Subject::Ticket(id) => Unit::ticket(id, Command::FireTimers),
            Subject::Case(id) => Unit::case(id, CaseCommand::FireTimers),
        };
        let decision = self.execute_as(&Actor::System, &unit).unwrap_or_else(|refusal| panic!("refused: {refusal}"));
        assert!(!decision.tickets.is_empty() || !decision.cases.is_empty(), "a timer that is due does something");
    }

    // Shorthand.

    pub fn opening(&mut self, customer: Option<CustomerId>) -> OpenTicket {
        OpenTicket {
            subject: "Mail does not flow".to_owned(),
            words: self.words("Since this morning nobody gets mail."),
            requester: CONTACT,
            customer,
            mailbox: None,
            channel: Channel::Mail,
            at: self.now,
            category: None,
            service: None,
            severity: None,
            team: Some(self.team),
            custom_fields: BTreeMap::new(),
            acknowledge: true,
            follow_up_of: None,
            imported: false,
        }
    }

    pub fn open(&mut self) -> TicketId {
        let open = self.opening(Some(CUSTOMER));
        self.open_with(open)
    }

    pub fn open_with(&mut self, open: OpenTicket) -> TicketId {
        let id = TicketId(self.fresh());
        self.system(id, Command::Open(Box::new(open)));
        id
    }

    pub fn new_ticket_id(&mut self) -> TicketId {
        TicketId(self.fresh())
    }

    pub fn triage(&mut self, id: TicketId, severity: Severity) -> Decision {
        let assignment = Assignment::to(self.agent);
        let (category, service) = (slug("connectivity"), Some(slug("exchange-online")));
        self.command(id, Command::Triage { category, service, severity, assignment })
    }

    pub fn reply(&mut self, id: TicketId) {
        let words = self.words("We are looking into it.");
        self.command(id, Command::Reply { words, then: crate::command::Then::Stay });
    }

    pub fn ask(&mut self, id: TicketId, until: Option<Instant>) {
        let words = self.words("Which users?");
        self.command(id, Command::Reply { words, then: crate::command::Then::Wait { until } });
    }

    pub fn customer_writes(&mut self, id: TicketId) -> MessageId {
        let words = self.words("It still does not work.");
        let message = words.id;
        let at = self.now;
        self.system(id, Command::CustomerMessage { from: CONTACT, words, at });
        message
    }

    pub fn resolve(&mut self, id: TicketId) {
        let words = self.words("It works again.");
        self.command(id, Command::Resolve { words });
    }

    pub fn healthy(&mut self) {
        let service = slug("exchange-online");
        let fact = HealthFact { service: service.clone(), status: HealthStatus::Operational, checked_at: self.now };
        self.health.insert(service, fact);
    }

    /// The operator speaks of an incident of Exchange, or says that it is over.
    pub fn incident(&mut self, reference: &str, is_open: bool) {
        self.incidents.retain(|incident| incident.reference != reference);
        let service = slug("exchange-online");
        self.incidents.push(IncidentFact { reference: reference.to_owned(), service, is_open });
    }

    pub fn case_draft(&mut self) -> DraftCase {
        DraftCase {
            id: CaseId(self.fresh()),
            operator: slug("21vianet"),
            reason: Some(crate::case::EscalationReason::OperatorFault),
            severity: None,
            summary: "Mail flow stopped for the tenant".to_owned(),
            evidence: Evidence {
                tried: "message trace".to_owned(),
                impact: "30 users".to_owned(),
                ..Evidence::default()
            },
            health_waiver: None,
            not_this_incident: None,
            incident_override: None,
            handing: crate::case::Handing::default(),
        }
    }

    pub fn draft(&mut self, id: TicketId) -> CaseId {
        self.healthy();
        let draft = self.case_draft();
        let case = draft.id;
        self.command(id, Command::DraftCase(Box::new(draft)));
        case
    }

    pub fn filing(&self) -> CaseCommand {
        CaseCommand::File {
            reference: "SR-4711".to_owned(),
            channel: FilingChannel::Portal,
            contact: None,
            severity: None,
            at: self.now,
            handed: crate::disclosure::Handed::default(),
        }
    }

    /// An escalated ticket and its case.
    pub fn escalated(&mut self) -> (TicketId, CaseId) {
        let id = self.open();
        self.triage(id, Severity::B);
        let case = self.draft(id);
        let filing = self.filing();
        self.case_command(case, filing);
        (id, case)
    }

    pub fn state(&self, id: TicketId) -> StateKind {
        self.tickets[&id].ticket.state.kind()
    }

    pub fn clock(&self, id: TicketId, objective: Objective, cycle: u32) -> &Clock {
        let clocks = &self.tickets[&id].clocks;
        let found = clocks.iter().rfind(|clock| clock.objective == objective && clock.cycle == cycle);
        found.unwrap_or_else(|| panic!("no {objective} clock {cycle} in {clocks:?}"))
    }

    pub fn has_clock(&self, id: TicketId, objective: Objective, cycle: u32) -> bool {
        self.tickets[&id].clocks.iter().any(|clock| clock.objective == objective && clock.cycle == cycle)
    }

    pub fn case_clock(&self, id: CaseId, objective: Objective, cycle: u32) -> &Clock {
        let clocks = &self.cases[&id].clocks;
        let found = clocks.iter().rfind(|clock| clock.objective == objective && clock.cycle == cycle);
        found.unwrap_or_else(|| panic!("no {objective} clock {cycle} in {clocks:?}"))
    }

    pub fn notices(&self) -> Vec<&'static str> {
        self.effects.iter().map(|effect| effect.notice.name()).collect()
    }

    /// A ticket in each state, for the table.
    pub fn in_state(&mut self, state: StateKind) -> TicketId {
        let id = match state {
            StateKind::Escalated => self.escalated().0,
            StateKind::Open | StateKind::Triaged | StateKind::Waiting | StateKind::Resolved | StateKind::Closed => {
                self.open()
            }
        };
        match state {
            StateKind::Open | StateKind::Escalated => {}
            StateKind::Triaged => drop(self.triage(id, Severity::B)),
            StateKind::Waiting => {
                self.triage(id, Severity::B);
                self.ask(id, None);
            }
            StateKind::Resolved | StateKind::Closed => {
                self.triage(id, Severity::B);
                self.resolve(id);
            }
        }
        if state == StateKind::Closed {
            self.command(id, Command::Close { reason: crate::command::CloseReason::Solved });
        }
        assert_eq!(self.state(id), state);
        id
    }

    pub fn full_state(&self, id: TicketId) -> &State {
        &self.tickets[&id].ticket.state
    }
}

pub fn calendar_of(name: &str, version: i32, spec: &str) -> Arc<DeskCalendar> {
    let spec: CalendarSpec = serde_json::from_str(spec).expect("a calendar");
    let calendar = Calendar::compile(&spec).expect("a calendar");
    Arc::new(DeskCalendar { slug: slug(name), version, calendar })
}

fn desk(agent: AgentId, lead: AgentId, team: TeamId) -> Desk {
    let policy: Policy = serde_json::from_str(POLICY).expect("a policy");
    let operator: Policy = serde_json::from_str(OPERATOR).expect("a policy");
    let spec: CalendarSpec = serde_json::from_str(r#"{"always":true}"#).expect("a calendar");
    let calendar = Calendar::compile(&spec).expect("a calendar");
    let always = DeskCalendar { slug: slug("always"), version: 1, calendar };
    let daily = Versions::only(calendar_of("operator-daily", 1, OPERATOR_DAILY));
    let named = |text: &str| Named { en: text.to_owned(), zh: text.to_owned() };
    let category = |name: &str, needs_service, escalation_severity_max| {
        let category = Category {
            slug: slug(name),
            name: named(name),
            needs_service,
            escalation_severity_max,
            evidence: Vec::new(),
        };
        (slug(name), category)
    };
    let member = |id, role| (id, AgentFact { id, role, teams: [team].into(), active: true });
    let service = Service { slug: slug("exchange-online"), name: named("Exchange Online") };
    Desk {
        operators: Operators::new(),
        customer_policy: Versions::only(policy),
        operator_policy: Versions::only(operator),
        calendars: [(slug("always"), Versions::only(Arc::new(always))), (slug("operator-daily"), daily)].into(),
        rotas: BTreeMap::new(),
        categories: [
            category("connectivity", true, None),
            category("billing", false, Some(Severity::B)),
            category("how-to", false, None),
        ]
        .into(),
        services: [(slug("exchange-online"), service)].into(),
        agents: [member(agent, Role::Agent), member(lead, Role::Lead)].into(),
        teams: [(team, TeamFact { id: team, slug: slug("first-line") })].into(),
        settings: Settings::default(),
    }
}
