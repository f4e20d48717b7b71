//! Every objective: what begins it, what ends it, what it waits for.

use super::world::{World, hours, minutes};
use crate::case::AnswerOutcome;
use crate::clock::{Cancellation, ClockState, Objective, Outcome};
use crate::command::{CallDirection, CaseCommand, CloseReason, Command, WordFrom};
use crate::ticket::Severity;

use Objective::{PeriodicUpdate, Resolution, Triage, UpstreamAcknowledgement, UpstreamResolution, UpstreamUpdate};

const ALL_OBJECTIVES: &str = r#"{"slug": "standard", "rules": [{"name": "everything", "calendar": "always", "targets": {
  "triage": {"A": 1800, "B": 1800, "C": 1800},
  "first_response": {"A": 3600, "B": 14400, "C": 28800},
  "next_response": {"A": 3600, "B": 14400, "C": 28800},
  "periodic_update": {"A": 7200, "B": 28800, "C": 86400},
  "resolution": {"A": 28800, "B": 86400, "C": 259200}}}]}"#;

fn world() -> World {
    let mut world = World::new();
    world.policy(ALL_OBJECTIVES);
    world
}

#[test]
fn triage_is_owed_from_the_opening_and_met_by_triage() {
    let mut world = world();
    let start = world.now;
    let id = world.open();
    assert_eq!(world.clock(id, Triage, 1).deadline, Some(start + minutes(30)));
    world.advance(minutes(10));
    world.triage(id, Severity::C);
    let clock = world.clock(id, Triage, 1);
    assert_eq!((clock.outcome, clock.consumed_s), (Some(Outcome::Met), Some(600)));
}

#[test]
fn triage_of_spam_is_cancelled() {
    let mut world = world();
    let id = world.open();
    world.command(id, Command::Close { reason: CloseReason::Spam });
    assert_eq!(world.clock(id, Triage, 1).outcome, Some(Outcome::Cancelled(Cancellation::Spam)));
}

#[test]
fn an_update_is_owed_from_every_public_word_to_the_next() {
    let mut world = world();
    let id = world.open();
    world.triage(id, Severity::B);
    assert!(!world.has_clock(id, PeriodicUpdate, 1), "nothing before the first word");
    world.reply(id);
    let said = world.now;
    assert_eq!(world.clock(id, PeriodicUpdate, 1).deadline, Some(said + hours(8)));
    world.advance(hours(3));
    let words = world.words("I called him.");
    let at = world.now;
    world.command(id, Command::LogCall { words, direction: CallDirection::Outbound, at });
    assert_eq!(world.clock(id, PeriodicUpdate, 1).outcome, Some(Outcome::Met));
    assert_eq!(world.clock(id, PeriodicUpdate, 2).started_at, at);
    world.advance(hours(1));
    world.resolve(id);
    assert_eq!(world.clock(id, PeriodicUpdate, 2).outcome, Some(Outcome::Met));
    assert!(!world.has_clock(id, PeriodicUpdate, 3), "the word that resolves it starts nothing");
}

#[test]
fn no_update_is_owed_while_we_wait_for_the_customer() {
    let mut world = world();
    let id = world.open();
    world.triage(id, Severity::B);
    world.ask(id, None);
    assert_eq!(world.clock(id, PeriodicUpdate, 1).state, ClockState::Paused);
    world.advance(hours(30));
    world.customer_writes(id);
    let clock = world.clock(id, PeriodicUpdate, 1);
    assert_eq!((clock.state, clock.deadline), (ClockState::Running, Some(world.now + hours(8))));
}

#[test]
fn the_customer_is_owed_updates_while_the_operator_has_it() {
    let mut world = world();
    let (id, case) = world.escalated();
    let passed_on = world.now;
    assert_eq!(world.clock(id, PeriodicUpdate, 1).deadline, Some(passed_on + hours(8)), "passing it on was a word");
    world.advance(hours(2));
    let (words, at) = (world.words("We look into it."), world.now);
    world.case_command(case, CaseCommand::Update { words, from: WordFrom::Operator, at });
    let clock = world.clock(id, PeriodicUpdate, 1);
    assert_eq!((clock.state, clock.outcome), (ClockState::Running, None), "the customer has not heard of it");
    world.let_pass(hours(7));
    assert!(world.clock(id, PeriodicUpdate, 1).is_missed(), "and the desk is told so");
    world.reply(id);
    assert_eq!(world.clock(id, PeriodicUpdate, 1).outcome, Some(Outcome::MetLate));
    assert!(world.clock(id, PeriodicUpdate, 2).is_running());
}

#[test]
fn the_customers_clocks_never_stop_for_the_operator() {
    let mut world = world();
    let (id, _) = world.escalated();
    let deadline = world.clock(id, Resolution, 1).deadline;
    world.advance(hours(5));
    world.reply(id);
    assert_eq!(world.clock(id, Resolution, 1).deadline, deadline);
    assert_eq!(world.clock(id, PeriodicUpdate, 2).state, ClockState::Running, "updates stay due while escalated");
}

#[test]
fn the_operators_acknowledgement_is_owed_on_its_own_hours() {
    let mut world = World::new();
    // Monday 09:00 in Shanghai; the operator works until midnight.
    world.advance(hours(13));
    let (_, case) = world.escalated();
    let filed = world.now;
    let clock = world.case_clock(case, UpstreamAcknowledgement, 1);
    assert_eq!(clock.started_at, filed);
    assert_eq!(clock.deadline, Some(filed + hours(4 + 9)), "two hours today, two tomorrow from nine");
    world.advance(hours(1));
    let (contact, at) = (None, world.now);
    world.case_command(case, CaseCommand::Acknowledge { contact, at });
    assert_eq!(world.case_clock(case, UpstreamAcknowledgement, 1).outcome, Some(Outcome::Met));
    assert_eq!(world.case_clock(case, UpstreamUpdate, 1).outcome, Some(Outcome::Met));
    assert_eq!(world.case_clock(case, UpstreamUpdate, 2).started_at, at);
}

#[test]
fn a_case_that_waits_for_us_is_not_the_operators_to_answer() {
    let mut world = World::new();
    let (_, case) = world.escalated();
    world.advance(hours(1));
    let at = world.now;
    world.case_command(case, CaseCommand::WaitOnUs { at });
    assert_eq!(world.case_clock(case, UpstreamResolution, 1).state, ClockState::Paused);
    assert_eq!(world.case_clock(case, UpstreamUpdate, 2).state, ClockState::Paused);
    world.advance(hours(2));
    let (words, at) = (world.words("Here are the logs."), world.now);
    world.case_command(case, CaseCommand::Update { words, from: WordFrom::Us, at });
    assert_eq!(world.case_clock(case, UpstreamResolution, 1).state, ClockState::Running);
    assert_eq!(world.case_clock(case, UpstreamUpdate, 2).state, ClockState::Running);
}

#[test]
fn an_answer_that_solves_nothing_ends_the_operators_clock_and_reopening_goes_on() {
    let mut world = World::new();
    let (_, case) = world.escalated();
    world.advance(hours(1));
    let (words, at) = (world.words("Please reboot."), world.now);
    world.case_command(case, CaseCommand::Answer { words, outcome: AnswerOutcome::NotSolved, at });
    let clock = world.case_clock(case, UpstreamResolution, 1);
    assert_eq!(clock.outcome, Some(Outcome::Cancelled(Cancellation::NotSolved)));
    assert_eq!(world.case_clock(case, UpstreamUpdate, 1).outcome, Some(Outcome::Met), "an answer is a word");
    world.advance(hours(1));
    world.case_command(case, CaseCommand::Reopen);
    let again = world.case_clock(case, UpstreamResolution, 2);
    assert_eq!((again.state, again.started_at), (ClockState::Running, at - hours(1)));
}

#[test]
fn a_refused_case_is_owed_nothing() {
    let mut world = World::new();
    let (_, case) = world.escalated();
    world.advance(hours(1));
    let (words, at) = (world.words("Not ours."), world.now);
    world.case_command(case, CaseCommand::Refuse { words, at });
    let refused = Some(Outcome::Cancelled(Cancellation::Refused));
    assert_eq!(world.case_clock(case, UpstreamAcknowledgement, 1).outcome, refused);
    assert_eq!(world.case_clock(case, UpstreamResolution, 1).outcome, refused);
}

#[test]
fn the_operators_miss_is_on_record_with_the_ticket_and_its_owner_is_told() {
    let mut world = World::new();
    let (id, case) = world.escalated();
    let filed = world.now;
    world.let_pass(hours(5));
    let clock = world.case_clock(case, UpstreamAcknowledgement, 1);
    assert_eq!(clock.missed_at, Some(filed + hours(4)));
    assert!(world.notices().contains(&"target_missed"));
    let missed = |kind: &crate::event::EventKind| matches!(kind, crate::event::EventKind::ClockMissed { clock } if clock.case == Some(case));
    assert!(world.tickets[&id].events.iter().any(|event| missed(&event.kind) && event.at == filed + hours(4)));
}

#[test]
fn a_call_from_the_operator_logged_late_corrects_its_miss() {
    let mut world = World::new();
    let (_, case) = world.escalated();
    world.let_pass(hours(3));
    let called = world.now;
    world.let_pass(hours(2));
    assert!(world.case_clock(case, UpstreamAcknowledgement, 1).missed_at.is_some());
    world.case_command(case, CaseCommand::Acknowledge { contact: None, at: called });
    let clock = world.case_clock(case, UpstreamAcknowledgement, 1);
    assert_eq!((clock.missed_at, clock.outcome), (None, Some(Outcome::Met)));
}

#[test]
fn a_severity_that_the_operator_lowered_is_its_new_measure() {
    let mut world = World::new();
    let (_, case) = world.escalated();
    world.case_command(case, CaseCommand::ChangeSeverity { severity: Severity::C });
    let clock = world.case_clock(case, UpstreamAcknowledgement, 1);
    assert_eq!((clock.revision, clock.target_s), (2, 8 * 3600));
}

#[test]
fn a_reminder_while_the_case_waits_for_us_does_not_set_the_operators_clocks_going() {
    let mut world = World::new();
    let (_, case) = world.escalated();
    world.advance(hours(1));
    let at = world.now;
    world.case_command(case, CaseCommand::WaitOnUs { at });
    world.advance(minutes(30));
    let (words, at) = (world.words("We still need the logs."), world.now);
    world.case_command(case, CaseCommand::Update { words, from: WordFrom::Operator, at });
    assert_eq!(world.case_clock(case, UpstreamResolution, 1).state, ClockState::Paused);
    let latest = world.cases[&case].clocks.iter().rfind(|clock| clock.objective == UpstreamUpdate).expect("a clock");
    assert_eq!(latest.state, ClockState::Paused);
    let (words, at) = (world.words("Here they are."), world.now);
    world.case_command(case, CaseCommand::Update { words, from: WordFrom::Us, at });
    assert_eq!(world.case_clock(case, UpstreamResolution, 1).state, ClockState::Running);
}
