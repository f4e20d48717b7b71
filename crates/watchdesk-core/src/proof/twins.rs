//! Two desks that live through the same. On one the timers run in time, on the other nothing runs until the end: every
//! reading is the same, because nothing is counted up as time passes.

use chrono::Duration;

use crate::case::AnswerOutcome;
use crate::clock::Clock;
use crate::command::{CallDirection, CaseCommand, Command, FieldChanges, Step, Then, Unit, WordFrom};
use crate::decide::tests::world::{CONTACT, World, slug};
use crate::ids::{CaseId, TicketId};
use crate::proof::simulation::random::Random;
use crate::rights::{Actor, Role};
use crate::ticket::Severity;

const TWINS: u64 = 60;
const COMMANDS: usize = 40;

/// Ladders that only speak: one that raises a severity does so when it runs, and not before.
const POLICY: &str = r#"{"slug": "standard", "rules": [
  {"name": "nothing", "when": {"tags": ["internal"]}, "no_sla": true},
  {"name": "all", "calendar": "always",
   "targets": {
     "triage": {"A": 1800, "B": 7200, "C": 14400},
     "first_response": {"A": 3600, "B": 14400, "C": 28800},
     "next_response": {"A": 3600, "B": 14400, "C": 28800},
     "periodic_update": {"A": 7200, "B": 28800},
     "resolution": {"A": 28800, "B": 86400, "C": 259200}},
   "ladders": {
     "first_response": [{"percent": 75, "tell": ["assignee"]}, {"percent": 100, "tell": ["leads"]}],
     "resolution": {"repeat": 1, "steps": [
       {"percent": 50, "tell": ["assignee"], "acknowledge_within_s": 600},
       {"before_s": 600, "tell": ["leads"], "acknowledge_within_s": 600}]}}}]}"#;

struct Twin {
    world: World,
    random: Random,
    ticks: bool,
    id: TicketId,
    case: Option<CaseId>,
}

impl Twin {
    fn new(seed: u64, ticks: bool) -> Self {
        let mut world = World::new();
        world.policy(POLICY);
        let id = world.open();
        Self { world, random: Random::new(seed), ticks, id, case: None }
    }

    fn live(&mut self) {
        for _ in 0..COMMANDS {
            let minutes =
                if self.random.chance(800) { self.random.between(0, 90) } else { self.random.between(90, 1_500) };
            if self.ticks {
                self.world.let_pass(Duration::minutes(minutes));
            } else {
                self.world.advance(Duration::minutes(minutes));
            }
            let (actor, unit) = self.command();
            self.world.execute_as(&actor, &unit).ok();
        }
        self.world.let_pass(Duration::zero());
    }

    /// Chosen without a look at the desk, so that both choose the same.
    fn command(&mut self) -> (Actor, Unit) {
        let (lead, now) = (self.world.actor(Role::Lead), self.world.now);
        let words = self.world.words("Words.");
        let ago = Duration::minutes(self.random.between(0, 120));
        let at = (now - ago).max(self.world.tickets[&self.id].ticket.opened_at);
        let change = |changes| Command::Change(Box::new(changes));
        let command = match self.random.below(16) {
            0 | 1 => return (lead, self.triage()),
            2 | 3 => Command::Reply { words, then: Then::Stay },
            4 => Command::Reply { words, then: Then::Wait { until: None } },
            5 => {
                let until = Some(now + Duration::minutes(self.random.between(10, 600)));
                Command::Reply { words, then: Then::Wait { until } }
            }
            6 | 7 => {
                let message = Command::CustomerMessage { from: CONTACT, words, at: now };
                return (Actor::System, Unit::ticket(self.id, message));
            }
            8 => Command::LogCall { words, direction: CallDirection::Outbound, at },
            9 => change(FieldChanges { severity: Some(self.random.one(&Severity::ALL)), ..FieldChanges::default() }),
            10 => {
                let tags = self.random.chance(500).then(|| "internal".to_owned()).into_iter().collect();
                change(FieldChanges { tags: Some(tags), ..FieldChanges::default() })
            }
            11 => Command::Resolve { words },
            12 => Command::Reopen { words: None },
            13 => Command::Snooze { until: now + Duration::minutes(self.random.between(10, 600)) },
            _ => return (lead, self.of_case()),
        };
        (lead, Unit::ticket(self.id, command))
    }

    fn triage(&mut self) -> Unit {
        let assignment = crate::command::Assignment::to(self.world.agent);
        let (category, service) = (slug("connectivity"), Some(slug("exchange-online")));
        let severity = self.random.one(&Severity::ALL);
        Unit::ticket(self.id, Command::Triage { category, service, severity, assignment })
    }

    fn of_case(&mut self) -> Unit {
        let (words, at) = (self.world.words("Words."), self.world.now);
        let Some(case) = self.case.filter(|case| self.world.cases.contains_key(case)) else {
            self.world.healthy();
            let draft = self.world.case_draft();
            let case = draft.id;
            self.case = Some(case);
            let filing = self.world.filing();
            return Unit::ticket(self.id, Command::DraftCase(Box::new(draft))).then(Step::Case(case, filing));
        };
        let command = match self.random.below(6) {
            0 => CaseCommand::Update { words, from: WordFrom::Operator, at },
            1 => CaseCommand::Update { words, from: WordFrom::Us, at },
            2 => CaseCommand::WaitOnUs { at },
            3 => CaseCommand::Reopen,
            4 => CaseCommand::Answer { words, outcome: AnswerOutcome::NotSolved, at },
            _ => CaseCommand::Answer { words, outcome: AnswerOutcome::Solved, at },
        };
        Unit::case(case, command)
    }

    /// Every clock, without what its ladder said.
    fn readings(&self) -> Vec<Clock> {
        let tickets = self.world.tickets.values().flat_map(|stored| &stored.clocks);
        let clocks = tickets.chain(self.world.cases.values().flat_map(|case| &case.clocks));
        clocks.map(|clock| Clock { steps: Vec::new(), ..clock.clone() }).collect()
    }
}

#[test]
fn what_is_read_does_not_depend_on_whether_anything_ran_in_between() {
    let mut missed = 0;
    for seed in 0..TWINS {
        let [in_time, at_the_end] = [true, false].map(|ticks| {
            let mut twin = Twin::new(seed, ticks);
            twin.live();
            twin
        });
        let (one, other) = (in_time.readings(), at_the_end.readings());
        for (one, other) in one.iter().zip(&other) {
            assert_eq!(one, other, "seed {seed}");
        }
        assert_eq!(one.len(), other.len(), "seed {seed}");
        assert_eq!(in_time.world.state(in_time.id), at_the_end.world.state(at_the_end.id), "seed {seed}");
        missed += one.iter().filter(|clock| clock.missed_at.is_some()).count();
    }
    assert!(missed > 0, "nothing was ever missed");
}
