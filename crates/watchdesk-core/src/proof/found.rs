//! What the checkers found, told as stories: each failed once.

use crate::clock::{Cancellation, ClockState, Objective, Outcome};
use crate::command::{CallDirection, CaseCommand, Command, FieldChanges};
use crate::decide::tests::world::{World, hours, minutes, slug};
use crate::desk::Versions;
use crate::event::{EventKind, StepRef};
use crate::ids::TicketId;
use crate::policy::Policy;
use crate::ticket::Severity;

use Objective::{NextResponse, PeriodicUpdate, Resolution, UpstreamAcknowledgement, UpstreamResolution};

fn tags(tags: &[&str]) -> Command {
    let tags = Some(tags.iter().map(|tag| (*tag).to_owned()).collect());
    Command::Change(Box::new(FieldChanges { tags, ..FieldChanges::default() }))
}

fn told(world: &World, name: &str) -> usize {
    world.effects.iter().filter(|effect| effect.notice.name() == name).count()
}

#[test]
fn what_was_cancelled_before_it_was_promised_again_stays_cancelled() {
    let mut world = World::new();
    let id = world.open();
    world.triage(id, Severity::B);
    world.command(id, tags(&["internal"]));
    world.command(id, tags(&[]));
    world.advance(hours(1));
    world.reply(id);
    let first = world.tickets[&id].clocks.iter().find(|clock| clock.objective == Resolution).expect("a clock");
    assert_eq!((first.revision, first.outcome), (1, Some(Outcome::Cancelled(Cancellation::NoPolicy))));
}

#[test]
fn what_the_operator_owes_goes_by_the_category_that_the_ticket_has_now() {
    let mut world = World::new();
    let mut policy: Policy = world.desk.operator_policy.newest().expect("a policy").body.clone();
    let mut billing = policy.rules[1].clone();
    billing.name = "billing".to_owned();
    billing.when.categories = [slug("billing")].into();
    billing.targets.insert(UpstreamAcknowledgement, [(Severity::B, crate::policy::Target::Seconds(600))].into());
    policy.rules.insert(0, billing);
    world.desk.operator_policy = Versions::only(policy);
    let (id, case) = world.escalated();
    assert_eq!(world.case_clock(case, UpstreamAcknowledgement, 1).target_s, 14_400);
    let category = Some(slug("billing"));
    world.command(id, Command::Change(Box::new(FieldChanges { category, ..FieldChanges::default() })));
    let clock = world.case_clock(case, UpstreamAcknowledgement, 1);
    assert_eq!((clock.target_s, clock.revision), (600, 2), "at once, and not with the next word about the case");
}

/// An update is owed every four hours, with a warning an hour before.
fn with_updates() -> (World, TicketId) {
    let mut world = World::new();
    world.policy(
        r#"{"slug": "standard", "rules": [{"name": "one", "calendar": "always",
            "targets": {"periodic_update": {"B": 14400}, "next_response": {"B": 14400}},
            "ladders": {"periodic_update": [{"before_s": 3600, "tell": ["assignee"]}],
                        "next_response": [{"percent": 75, "tell": ["assignee"]}]}}]}"#,
    );
    let id = world.open();
    world.triage(id, Severity::B);
    (world, id)
}

#[test]
fn a_call_logged_late_between_two_words_does_not_make_the_ladder_say_it_again() {
    let (mut world, id) = with_updates();
    world.reply(id);
    world.let_pass(hours(1));
    let called = world.now;
    world.let_pass(hours(1));
    world.reply(id);
    world.let_pass(hours(3));
    assert_eq!(told(&world, "target_near"), 1);
    let words = world.words("I had called him, too.");
    world.command(id, Command::LogCall { words, direction: CallDirection::Outbound, at: called });
    world.let_pass(minutes(30));
    assert_eq!(told(&world, "target_near"), 1, "the update that is owed now is the one it spoke of");
    assert_eq!(world.clock(id, PeriodicUpdate, 2).state, ClockState::Running);
    assert_eq!(world.clock(id, PeriodicUpdate, 3).started_at, called);
}

#[test]
fn a_message_that_went_to_another_ticket_takes_its_warning_along_and_the_next_one_has_its_own() {
    let (mut world, id) = with_updates();
    world.reply(id);
    let message = world.customer_writes(id);
    world.let_pass(hours(3));
    let warned = told(&world, "target_near");
    let into = world.new_ticket_id();
    world.command(id, Command::Split { messages: [message].into(), into, subject: "Another matter".to_owned() });
    world.advance(minutes(10));
    world.customer_writes(id);
    assert_eq!(world.clock(id, NextResponse, 1).outcome, Some(Outcome::Cancelled(Cancellation::NoLongerOwed)));
    world.let_pass(hours(3));
    let of_next = |kind: &EventKind| matches!(kind, EventKind::StepFired { clock, .. } if clock.objective == NextResponse && clock.cycle == 2);
    assert!(world.tickets[&id].events.iter().any(|event| of_next(&event.kind)), "the second message is warned of");
    assert!(told(&world, "target_near") > warned);
}

#[test]
fn an_answer_of_the_operators_told_late_does_not_shorten_the_waiting_for_the_customer() {
    let mut world = World::new();
    let (id, case) = world.escalated();
    let opened = world.now;
    world.advance(hours(1));
    world.ask(id, None);
    world.advance(minutes(30));
    let answered = world.now;
    world.advance(minutes(30));
    world.customer_writes(id);
    let (words, outcome) = (world.words("Fixed."), crate::case::AnswerOutcome::Solved);
    world.case_command(case, CaseCommand::Answer { words, outcome, at: answered });
    assert_eq!(world.clock(id, Resolution, 1).deadline, Some(opened + hours(24 + 1)), "he was waited for an hour");
}

#[test]
fn an_answer_is_to_the_case_as_it_was_reopened() {
    let mut world = World::new();
    let (_, case) = world.escalated();
    world.advance(hours(1));
    let earlier = world.now;
    world.advance(hours(1));
    for at in [world.now, earlier] {
        let (words, outcome) = (world.words("Fixed."), crate::case::AnswerOutcome::Solved);
        world.case_command(case, CaseCommand::Answer { words, outcome, at });
        if at != earlier {
            world.case_command(case, CaseCommand::Reopen);
        }
    }
    assert_eq!(world.case_clock(case, UpstreamResolution, 2).state, ClockState::Ended, "nobody owes anything any more");
}

#[test]
fn a_receipt_from_before_the_call_does_not_shorten_the_time_to_answer() {
    let mut world = World::new();
    world.policy(
        r#"{"slug": "standard", "rules": [{"name": "one", "calendar": "always", "targets": {"resolution": {"B": 86400}},
            "ladders": {"resolution": [{"percent": 50, "tell": ["assignee"], "acknowledge_within_s": 600}]}}]}"#,
    );
    let id = world.open();
    world.triage(id, Severity::B);
    world.let_pass(hours(12));
    let (clock, called) = (world.clock(id, Resolution, 1).id, world.now);
    let step = StepRef { step: 0, repetition: 0 };
    world.system(id, Command::StepDelivered { clock, step, at: called - hours(1) });
    let wanted = world.clock(id, Resolution, 1).steps[0].acknowledgement.clone().expect("somebody is waited for");
    assert_eq!(wanted.delivered_at, Some(called));
}

#[test]
fn a_miss_is_not_taken_back_because_the_clock_was_set_back() {
    let mut world = World::new();
    let id = world.open();
    let deadline = world.now + hours(4);
    world.let_pass(hours(4) + minutes(1));
    world.advance(-hours(1));
    world.system(id, Command::Recompute);
    assert_eq!(world.clock(id, Objective::FirstResponse, 1).missed_at, Some(deadline));
    let corrected = |kind: &EventKind| matches!(kind, EventKind::ClockCorrected { .. });
    assert!(!world.tickets[&id].events.iter().any(|event| corrected(&event.kind)));
}

#[test]
fn what_was_over_before_anything_was_promised_is_not_missed_afterwards() {
    let mut world = World::new();
    let mut policy: Policy = world.desk.customer_policy.newest().expect("a policy").body.clone();
    let updates = [(Severity::A, crate::policy::Target::Seconds(3_600))].into();
    policy.rules[1].targets.insert(PeriodicUpdate, updates);
    world.desk.customer_policy = Versions::only(policy);
    let id = world.open();
    world.triage(id, Severity::B);
    for _ in 0..3 {
        world.reply(id);
        world.advance(hours(2));
    }
    let raise = FieldChanges { severity: Some(Severity::A), ..FieldChanges::default() };
    world.command(id, Command::Change(Box::new(raise)));
    let updates = world.tickets[&id].clocks.iter().filter(|clock| clock.objective == PeriodicUpdate);
    let updates: Vec<_> = updates.map(|clock| (clock.state, clock.missed_at.is_some())).collect();
    assert_eq!(updates, [(ClockState::Running, true)], "only the update that is owed now is late");
}

#[test]
fn nothing_was_owed_for_a_ticket_that_was_answered_while_nothing_was_promised() {
    let mut world = World::new();
    let mut open = world.opening(Some(crate::decide::tests::world::CUSTOMER));
    open.severity = Some(Severity::B);
    let id = world.open_with(open);
    world.command(id, tags(&["internal"]));
    world.advance(hours(5));
    world.reply(id);
    world.command(id, tags(&[]));
    let first = world.clock(id, Objective::FirstResponse, 1);
    assert_eq!(first.outcome, Some(Outcome::Cancelled(Cancellation::NoPolicy)), "it stays what it was");
}
