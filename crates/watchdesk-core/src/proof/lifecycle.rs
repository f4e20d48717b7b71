//! The lifecycle with its clocks, in every order of a few commands and spans of time.
//!
//! One ticket and one case, from several beginnings. After every command everything is checked that [`invariants`] and
//! [`spoken`] know; the checker answers with the shortest way to what is wrong.

use std::hash::{DefaultHasher, Hash, Hasher};

use chrono::Duration;
use stateright::{Checker, Model, Property};
use uuid::Uuid;

use crate::case::{AnswerOutcome, CaseStateKind};
use crate::clock::{ClockState, Timeline};
use crate::command::{CallDirection, CaseCommand, Command, DraftCase, FieldChanges, Step, Then, Unit, WordFrom};
use crate::decide::decide;
use crate::decide::tests::world::{CONTACT, World, minutes, slug};
use crate::effect::Notice;
use crate::ids::{CaseId, ClockId, TicketId};
use crate::proof::invariants::{self, Checked, ensure};
use crate::proof::{desk, spoken};
use crate::rights::{Actor, Role};
use crate::ticket::{Severity, StateKind};

const CASE: CaseId = CaseId(Uuid::from_u128(0xCA5E));
/// Commands in a row in the ordinary run, from each beginning.
const COMMANDS: usize = 3;
const SPANS: [i64; 3] = [35, 5 * 60, 27 * 60];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Triage,
    Reply,
    Ask,
    AskForTwoHours,
    CustomerWrites,
    LogCallOfAnHourAgo,
    Resolve,
    Reopen,
    Raise,
    Lower,
    Internal(bool),
    Billing,
    Escalate,
    OperatorWrites,
    WaitOnUs,
    Answer(AnswerOutcome),
    AnswerOfAnHourAgo,
    ReopenCase,
    Acknowledge,
    Deliver,
    Tick,
    Pass(i64),
}

const ACTS: [Act; 26] = [
    Act::Triage,
    Act::Reply,
    Act::Ask,
    Act::AskForTwoHours,
    Act::CustomerWrites,
    Act::LogCallOfAnHourAgo,
    Act::Resolve,
    Act::Reopen,
    Act::Raise,
    Act::Lower,
    Act::Internal(true),
    Act::Internal(false),
    Act::Billing,
    Act::Escalate,
    Act::OperatorWrites,
    Act::WaitOnUs,
    Act::Answer(AnswerOutcome::Solved),
    Act::Answer(AnswerOutcome::NotSolved),
    Act::AnswerOfAnHourAgo,
    Act::ReopenCase,
    Act::Acknowledge,
    Act::Deliver,
    Act::Tick,
    Act::Pass(SPANS[0]),
    Act::Pass(SPANS[1]),
    Act::Pass(SPANS[2]),
];

struct Lifecycle {
    beginnings: Vec<&'static [Act]>,
    commands: usize,
}

#[derive(Clone)]
struct Moment {
    world: World,
    id: TicketId,
    left: usize,
    wrong: Option<String>,
    fingerprint: u64,
}

impl Moment {
    fn new() -> Self {
        let mut world = desk::world();
        let id = world.open();
        let mut moment = Self { world, id, left: usize::MAX, wrong: None, fingerprint: 0 };
        moment.look();
        moment
    }

    /// What decides about everything to come. Two ways that lead to the same are one.
    fn look(&mut self) {
        let stored = &self.world.tickets[&self.id];
        let mut hasher = DefaultHasher::new();
        let ticket = &stored.ticket;
        format!("{:?}", (self.world.now, &ticket.state, ticket.severity, &ticket.tags, &ticket.category))
            .hash(&mut hasher);
        format!("{:?}", stored.clocks).hash(&mut hasher);
        for (at, beat) in Timeline::of(&stored.events).beats() {
            (at, std::mem::discriminant(&beat)).hash(&mut hasher);
        }
        if let Some(case) = self.world.cases.get(&CASE) {
            format!("{:?}", (&case.state, &case.clocks, &case.timeline)).hash(&mut hasher);
        }
        self.fingerprint = hasher.finish();
    }

    /// None where it is refused, or changes nothing.
    fn after(&self, act: Act) -> Option<Self> {
        let mut next = self.clone();
        next.left -= 1;
        let now = next.world.now;
        if let Act::Pass(span) = act {
            next.world.advance(minutes(span));
        } else {
            let (actor, unit) = next.unit(act)?;
            let facts = next.world.facts(&unit);
            let decision = decide(&facts, &unit, &actor, now).ok()?;
            if decision.tickets.is_empty() && decision.cases.is_empty() {
                return None;
            }
            next.world.save(&decision);
            next.wrong = spoken::check(&next.world.desk, &decision, now).and_then(|()| next.check(act)).err();
        }
        next.look();
        Some(next)
    }

    fn check(&self, act: Act) -> Checked {
        let world = &self.world;
        invariants::ticket(world, self.id, world.now)?;
        invariants::ticket_read_anew(world, self.id)?;
        if world.cases.contains_key(&CASE) {
            invariants::case(world, CASE, world.now)?;
            invariants::case_read_anew(world, CASE)?;
        }
        if act == Act::Tick {
            let next = world.tickets[&self.id].next_fire_at;
            ensure(next.is_none_or(|at| at > world.now), || format!("still due after firing: {next:?}"))?;
            let next = world.cases.get(&CASE).and_then(|case| case.next_fire_at);
            ensure(next.is_none_or(|at| at > world.now), || format!("the case is still due after firing: {next:?}"))?;
        }
        Ok(())
    }

    fn unit(&mut self, act: Act) -> Option<(Actor, Unit)> {
        let lead = self.world.actor(Role::Lead);
        if let Some(command) = self.of_case(act) {
            let actor = if act == Act::Tick { Actor::System } else { lead };
            return Some((actor, Unit::case(CASE, command?)));
        }
        let actor = if matches!(act, Act::CustomerWrites | Act::Deliver | Act::Tick) { Actor::System } else { lead };
        if act == Act::Escalate {
            return Some((actor, self.escalation()));
        }
        if act == Act::Tick {
            let mut unit = Unit::ticket(self.id, Command::FireTimers);
            if self.world.cases.contains_key(&CASE) {
                unit = unit.then(Step::Case(CASE, CaseCommand::FireTimers));
            }
            return Some((actor, unit));
        }
        self.of_ticket(act).map(|command| (actor, Unit::ticket(self.id, command)))
    }

    fn of_ticket(&mut self, act: Act) -> Option<Command> {
        let now = self.world.now;
        let words = self.world.words("Words.");
        let ticket = &self.world.tickets[&self.id].ticket;
        let change = |changes| Some(Command::Change(Box::new(changes)));
        let severity = |to| change(FieldChanges { severity: Some(to), ..FieldChanges::default() });
        match act {
            Act::Triage => Some(Command::Triage {
                category: slug("connectivity"),
                service: Some(slug("exchange-online")),
                severity: Severity::B,
                assignment: crate::command::Assignment::to(self.world.agent),
            }),
            Act::Reply => Some(Command::Reply { words, then: Then::Stay }),
            Act::Ask => Some(Command::Reply { words, then: Then::Wait { until: None } }),
            Act::AskForTwoHours => {
                let until = Some(now + Duration::hours(2));
                Some(Command::Reply { words, then: Then::Wait { until } })
            }
            Act::CustomerWrites => Some(Command::CustomerMessage { from: CONTACT, words, at: now }),
            Act::LogCallOfAnHourAgo => {
                let at = (now - Duration::hours(1)).max(ticket.opened_at);
                Some(Command::LogCall { words, direction: CallDirection::Outbound, at })
            }
            Act::Resolve => Some(Command::Resolve { words }),
            Act::Reopen => Some(Command::Reopen { words: None }),
            Act::Raise => severity(Severity::A),
            Act::Lower => severity(Severity::C),
            Act::Internal(on) => {
                let tags = on.then(|| "internal".to_owned()).into_iter().collect();
                change(FieldChanges { tags: Some(tags), ..FieldChanges::default() })
            }
            Act::Billing => {
                let category = Some(slug("billing"));
                change(FieldChanges { category, ..FieldChanges::default() })
            }
            Act::Acknowledge => Some(Command::AcknowledgeLadder { clock: None }),
            Act::Deliver => self.delivery(),
            _ => None,
        }
    }

    /// The latest call of the ticket that waits for an acknowledgement arrives now.
    fn delivery(&self) -> Option<Command> {
        let call = |notice: &Notice| spoken::call_of(notice).filter(|(_, call)| call.acknowledge);
        let (clock, call) = self.world.effects.iter().rev().find_map(|effect| call(&effect.notice))?;
        self.is_waiting(clock).then_some(Command::StepDelivered { clock, step: call.step, at: self.world.now })
    }

    fn is_waiting(&self, id: ClockId) -> bool {
        let clocks = &self.world.tickets[&self.id].clocks;
        clocks.iter().any(|clock| clock.id == id && clock.state != ClockState::Ended)
    }

    fn escalation(&mut self) -> Unit {
        self.world.healthy();
        let draft = DraftCase { id: CASE, ..self.world.case_draft() };
        let filing = self.world.filing();
        Unit::ticket(self.id, Command::DraftCase(Box::new(draft))).then(Step::Case(CASE, filing))
    }

    fn of_case(&mut self, act: Act) -> Option<Option<CaseCommand>> {
        let at = self.world.now;
        let earlier = at - Duration::hours(1);
        let known = self.world.cases.contains_key(&CASE);
        let words = self.world.words("Words.");
        let command = match act {
            Act::OperatorWrites => CaseCommand::Update { words, from: WordFrom::Operator, at },
            Act::WaitOnUs => CaseCommand::WaitOnUs { at },
            Act::Answer(outcome) => CaseCommand::Answer { words, outcome, at },
            Act::AnswerOfAnHourAgo => CaseCommand::Answer { words, outcome: AnswerOutcome::Solved, at: earlier },
            Act::ReopenCase => CaseCommand::Reopen,
            _ => return None,
        };
        Some(Some(command).filter(|_| known))
    }
}

impl PartialEq for Moment {
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint
    }
}

impl Hash for Moment {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.fingerprint.hash(state);
    }
}

impl Model for Lifecycle {
    type State = Moment;
    type Action = Act;

    fn init_states(&self) -> Vec<Moment> {
        let begin = |acts: &&[Act]| {
            let step = |moment: Moment, act: &Act| {
                let next = moment.after(*act).unwrap_or_else(|| panic!("{act:?} is refused"));
                assert_eq!(next.wrong, None, "{acts:?}");
                next
            };
            let mut moment = acts.iter().fold(Moment::new(), step);
            moment.left = self.commands;
            moment.look();
            moment
        };
        self.beginnings.iter().map(begin).collect()
    }

    fn actions(&self, moment: &Moment, actions: &mut Vec<Act>) {
        if moment.left > 0 && moment.wrong.is_none() {
            actions.extend(ACTS);
        }
    }

    fn next_state(&self, moment: &Moment, act: Act) -> Option<Moment> {
        moment.after(act)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(HOLDS, |_, moment: &Moment| moment.wrong.is_none()),
            Property::sometimes("resolved", |_, moment: &Moment| moment.world.state(moment.id) == StateKind::Resolved),
            Property::sometimes("escalated", |_, moment: &Moment| {
                moment.world.state(moment.id) == StateKind::Escalated
            }),
            Property::sometimes("answered", |_, moment: &Moment| {
                moment.world.cases.get(&CASE).is_some_and(|case| case.state.kind() == CaseStateKind::Answered)
            }),
            Property::sometimes("said", |_, moment: &Moment| {
                moment.world.effects.iter().any(|effect| spoken::call_of(&effect.notice).is_some())
            }),
        ]
    }
}

const HOLDS: &str = "everything holds";

/// Everything from these beginnings; the way to what is wrong is told act by act.
fn check(beginnings: Vec<&'static [Act]>, states_min: usize) {
    let commands = option_env!("WATCHDESK_PROOF_COMMANDS").map_or(COMMANDS, |text| text.parse().expect("a number"));
    let checker = Lifecycle { beginnings, commands }.checker().spawn_bfs().join();
    if let Some(path) = checker.discovery(HOLDS) {
        let begun = path.clone().into_states().first().map(|moment| moment.world.state(moment.id));
        let wrong = path.last_state().wrong.clone().unwrap_or_default();
        panic!("from {begun:?} by {:?}: {wrong}", path.into_actions());
    }
    let states = checker.unique_state_count();
    assert!(states >= states_min, "only {states} states");
}

#[test]
fn a_new_ticket_and_all_that_can_become_of_it() {
    check(vec![&[], &[Act::Triage], &[Act::Triage, Act::Reply, Act::Pass(SPANS[1]), Act::CustomerWrites]], 1_000);
}

#[test]
fn a_ticket_that_waits_or_was_finished_and_all_that_can_become_of_it() {
    check(
        vec![
            &[Act::Triage, Act::AskForTwoHours, Act::Pass(SPANS[0])],
            &[Act::Triage, Act::Pass(SPANS[2]), Act::Tick, Act::Resolve, Act::Pass(SPANS[1])],
        ],
        1_000,
    );
}

#[test]
fn a_ticket_with_the_operator_and_all_that_can_become_of_it() {
    check(
        vec![
            &[Act::Triage, Act::Escalate, Act::Pass(SPANS[1])],
            &[Act::Triage, Act::Escalate, Act::Pass(SPANS[0]), Act::Ask, Act::Pass(SPANS[1])],
        ],
        1_000,
    );
}
