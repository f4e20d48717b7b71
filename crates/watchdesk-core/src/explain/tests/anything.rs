//! Whatever people do with a desk, its accounts hold together.

use chrono::Duration;
use proptest::prelude::*;

use super::told;
use crate::case::AnswerOutcome;
use crate::command::{CallDirection, CaseCommand, Command, FieldChanges, Unit, WordFrom};
use crate::decide::tests::world::{World, hours};
use crate::desk::AppliesTo;
use crate::division;
use crate::explain::{Chain, Explanation, LegKind};
use crate::ids::{CaseId, TicketId};
use crate::report::{self, About};
use crate::rights::Role;
use crate::ticket::Severity;

const POLICY: &str = r#"{"slug": "standard", "rules": [
    {"name": "nothing for internal tickets", "when": {"tags": ["internal"]}, "no_sla": true},
    {"name": "critical", "calendar": "always", "when": {"severities": ["A"]}, "targets": {
        "triage": {"A": 1800}, "first_response": {"A": 3600}, "next_response": {"A": 3600},
        "periodic_update": {"A": 7200}, "resolution": {"A": 28800}}},
    {"name": "the rest", "calendar": "office", "targets": {
        "triage": {"B": 1800, "C": 1800}, "first_response": {"B": 14400, "C": {"working_days": 1}},
        "next_response": {"B": 14400, "C": 28800}, "periodic_update": {"B": 28800},
        "resolution": {"B": {"working_days": 2}, "C": {"working_days": 5}}},
     "ladders": {"resolution": {"repeat": 1, "steps": [
        {"percent": 50, "tell": ["assignee"], "acknowledge_within_s": 600},
        {"percent": 100, "tell": ["managers"]}]}}}]}"#;

const OFFICE: &str = r#"{"time_zone": "Asia/Shanghai", "hours": {"mon": [["09:00", "12:00"], ["13:00", "18:00"]],
    "tue": [["09:00", "18:00"]], "wed": [["09:00", "18:00"]], "fri": [["22:00", "06:00"]]}}"#;

#[derive(Debug, Clone)]
enum Doing {
    Pass(i64),
    Triage(Severity),
    Severity(Severity),
    Internal(bool),
    Reply,
    Ask,
    Customer,
    CallBefore(i64),
    Resolve,
    Merge,
    Unmerge,
    File,
    WaitOnUs,
    AnswerOperator,
    Answer(AnswerOutcome),
    ReopenCase,
    Excuse,
    Calendar,
}

fn doings() -> impl Strategy<Value = Doing> {
    let severity = || prop::sample::select(Severity::ALL.to_vec());
    let outcome = prop::sample::select(vec![AnswerOutcome::Solved, AnswerOutcome::NotSolved]);
    prop_oneof![
        8 => (1_i64..30 * 3600).prop_map(Doing::Pass),
        2 => severity().prop_map(Doing::Triage),
        2 => severity().prop_map(Doing::Severity),
        1 => any::<bool>().prop_map(Doing::Internal),
        2 => Just(Doing::Reply),
        2 => Just(Doing::Ask),
        2 => Just(Doing::Customer),
        1 => (0_i64..20_000).prop_map(Doing::CallBefore),
        1 => Just(Doing::Resolve),
        1 => Just(Doing::Merge),
        1 => Just(Doing::Unmerge),
        2 => Just(Doing::File),
        1 => Just(Doing::WaitOnUs),
        1 => Just(Doing::AnswerOperator),
        1 => outcome.prop_map(Doing::Answer),
        1 => Just(Doing::ReopenCase),
        1 => Just(Doing::Excuse),
        1 => Just(Doing::Calendar),
    ]
}

/// What a refusal keeps from happening does not happen.
fn attempt(world: &mut World, id: TicketId, command: Command) {
    drop(world.try_command(id, command));
}

fn case_of(world: &World, id: TicketId) -> Option<CaseId> {
    world.cases.values().rfind(|case| case.tickets.contains(&id)).map(|case| case.id)
}

fn attempt_case(world: &mut World, id: TicketId, command: CaseCommand) {
    if let Some(case) = case_of(world, id) {
        drop(world.try_case(case, command));
    }
}

fn perform(world: &mut World, [id, other]: [TicketId; 2], doing: Doing) {
    let (words, now) = (world.words("Words."), world.now);
    let change = |changes| Command::Change(Box::new(changes));
    match doing {
        Doing::Pass(seconds) => world.let_pass(Duration::seconds(seconds)),
        Doing::Triage(severity) => {
            let assignment = crate::command::Assignment::to(world.agent);
            let (category, service) = (super::slug("connectivity"), Some(super::slug("exchange-online")));
            attempt(world, id, Command::Triage { category, service, severity, assignment });
        }
        Doing::Severity(to) => {
            attempt(world, id, change(FieldChanges { severity: Some(to), ..FieldChanges::default() }));
        }
        Doing::Internal(on) => {
            let tags = on.then(|| "internal".to_owned()).into_iter().collect();
            attempt(world, id, change(FieldChanges { tags: Some(tags), ..FieldChanges::default() }));
        }
        Doing::Reply => attempt(world, id, Command::Reply { words, then: crate::command::Then::Stay }),
        Doing::Ask => {
            let then = crate::command::Then::Wait { until: Some(now + hours(5)) };
            attempt(world, id, Command::Reply { words, then });
        }
        Doing::Customer => {
            let (from, at) = (crate::decide::tests::world::CONTACT, now);
            attempt(world, id, Command::CustomerMessage { from, words, at });
        }
        Doing::CallBefore(seconds) => {
            let (direction, at) = (CallDirection::Outbound, now - Duration::seconds(seconds));
            attempt(world, id, Command::LogCall { words, direction, at });
        }
        Doing::Resolve => attempt(world, id, Command::Resolve { words }),
        Doing::Merge => attempt_as_lead(world, id, Command::Merge { into: other }),
        Doing::Unmerge => attempt_as_lead(world, id, Command::Unmerge),
        Doing::Excuse => {
            let missed = world.tickets[&id].clocks.iter().rfind(|clock| clock.is_missed()).map(|clock| clock.id);
            let reason = Some("Outage.".to_owned());
            if let Some(clock) = missed {
                attempt_as_lead(world, id, Command::Excuse { clock, reason });
            }
        }
        Doing::Calendar => world.calendar("office", OFFICE, AppliesTo::Running),
        Doing::File | Doing::WaitOnUs | Doing::AnswerOperator | Doing::Answer(_) | Doing::ReopenCase => {
            perform_case(world, id, doing)
        }
    }
}

fn perform_case(world: &mut World, id: TicketId, doing: Doing) {
    let (words, at) = (world.words("Words."), world.now);
    match doing {
        Doing::File => {
            world.healthy();
            let draft = world.case_draft();
            attempt(world, id, Command::DraftCase(Box::new(draft)));
            let filing = world.filing();
            attempt_case(world, id, filing);
        }
        Doing::WaitOnUs => attempt_case(world, id, CaseCommand::WaitOnUs { at }),
        Doing::AnswerOperator => attempt_case(world, id, CaseCommand::Update { words, from: WordFrom::Us, at }),
        Doing::Answer(outcome) => attempt_case(world, id, CaseCommand::Answer { words, outcome, at }),
        _ => attempt_case(world, id, CaseCommand::Reopen),
    }
}

fn attempt_as_lead(world: &mut World, id: TicketId, command: Command) {
    let lead = world.actor(Role::Lead);
    drop(world.execute_as(&lead, &Unit::ticket(id, command)));
}

fn chains(explanation: &Explanation) -> impl Iterator<Item = &Chain> {
    explanation.chains.iter().chain(explanation.cases.iter().flat_map(|case| &case.chains))
}

fn check_account(explanation: &Explanation) -> Result<(), TestCaseError> {
    for chain in chains(explanation) {
        for (index, instance) in chain.instances.iter().enumerate() {
            let counted: i64 = instance.legs.iter().map(|leg| leg.counted_s).sum();
            match instance.deadline {
                Some(deadline) => {
                    prop_assert_eq!(counted, instance.terms.target_s, "{:?}", instance);
                    prop_assert_eq!(instance.legs.last().map(|leg| leg.to), Some(deadline));
                }
                None => prop_assert_eq!(counted, instance.used_s, "{:?}", instance),
            }
            prop_assert!(instance.terms.severity.is_some(), "{:?}", instance);
            prop_assert!(instance.story.windows(2).all(|pair| pair[0].at <= pair[1].at));
            prop_assert_eq!(
                instance.revision > 1 && index > 0,
                instance.story.iter().any(is_take_over),
                "{:?}",
                instance
            );
            prop_assert_eq!(instance.ended_at.is_some(), instance.next.is_none() && instance.outcome.is_some());
            let in_a_row = |pair: &[crate::explain::Leg]| pair[0].to == pair[1].from;
            prop_assert!(instance.legs.windows(2).all(in_a_row));
            let nothing = |leg: &crate::explain::Leg| leg.counted_s == 0 || !matches!(leg.kind, LegKind::Closed { .. });
            prop_assert!(instance.legs.iter().all(nothing));
        }
    }
    Ok(())
}

fn is_take_over(line: &crate::explain::StoryLine) -> bool {
    matches!(line.what, crate::explain::Happening::TookOver { .. })
}

/// The severity that is named has the target that the clock has.
fn check_severity(world: &World, explanation: &Explanation) -> Result<(), TestCaseError> {
    for instance in explanation.chains.iter().flat_map(|chain| chain.instances.iter().map(|it| (chain.objective, it))) {
        let (objective, instance) = instance;
        let policy = &world.desk.customer_policy.version(instance.terms.policy_version).expect("a version").body;
        let rule = policy.rule(&instance.terms.rule).expect("a rule");
        let held = instance.terms.severity.as_ref().expect("a severity").severity;
        let calendar = world.desk.calendar_version(&instance.terms.calendar.slug, instance.terms.calendar.version);
        let target = rule.targets[&objective].get(&held).map(|it| it.seconds(&calendar.expect("a calendar").calendar));
        prop_assert_eq!(target, Some(instance.terms.target_s), "{:?}", instance);
    }
    Ok(())
}

fn check_division(world: &World, id: TicketId) -> Result<(), TestCaseError> {
    let stored = &world.tickets[&id];
    let cases: Vec<_> = world.cases.values().cloned().collect();
    let divided = division::time(&world.desk, &stored.events, &stored.clocks, &cases, world.now).expect("opened");
    for shares in [Some(divided.wall), divided.calendar.as_ref().map(|it| it.shares)].into_iter().flatten() {
        prop_assert_eq!(shares.customers_s + shares.operators_s + shares.ours_s, shares.whole_s);
    }
    prop_assert_eq!(divided.wall.whole_s, (divided.to - divided.from).num_seconds());
    prop_assert_eq!(divided.is_finished, stored.ticket.state.kind().is_finished());
    if let Some(in_calendar) = divided.calendar {
        let calendar = world.desk.calendar_version(&in_calendar.slug, in_calendar.version).expect("a calendar");
        let whole = calendar.calendar.elapsed(divided.from, divided.to, &[]).expect("seconds").seconds;
        prop_assert_eq!(in_calendar.shares.whole_s, whole.cast_signed());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_account_holds_together(doings in proptest::collection::vec((any::<bool>(), doings()), 1..25)) {
        let mut world = World::new();
        world.policy(POLICY);
        world.calendar("office", OFFICE, AppliesTo::Running);
        let first = world.open();
        world.advance(hours(1));
        let second = world.open();
        for (which, doing) in doings {
            let ids = if which { [first, second] } else { [second, first] };
            perform(&mut world, ids, doing);
        }
        for id in [first, second] {
            let explanation = told(&world, id);
            check_account(&explanation)?;
            check_severity(&world, &explanation)?;
            check_division(&world, id)?;
            let readings = report::readings(&world.tickets[&id].clocks, &About::default(), world.now);
            prop_assert!(readings.len() <= explanation.chains.len(), "chains that go on are one");
        }
    }
}
