//! What is owed, and when it was missed.

use super::world::{World, hours, minutes};
use crate::clock::{ClockState, Measured, Objective, Outcome, read_clocks};
use crate::command::{CallDirection, Command, FieldChanges};
use crate::event::EventKind;
use crate::ticket::{Severity, StateKind};

use Objective::{FirstResponse, NextResponse, Resolution};

#[test]
fn an_untriaged_ticket_is_held_to_severity_b() {
    let mut world = World::new();
    let start = world.now;
    let id = world.open();
    assert_eq!(world.clock(id, FirstResponse, 1).deadline, Some(start + hours(4)));
    assert_eq!(world.tickets[&id].due_at, Some(start + hours(4)));
    assert_eq!(world.tickets[&id].next_fire_at, Some(start + hours(3)), "the warning at 75 %");
}

#[test]
fn answered_five_minutes_late_reads_missed_at_the_deadline_and_met_late() {
    let mut world = World::new();
    let start = world.now;
    let id = world.open();
    world.advance(hours(4) + minutes(5));
    world.reply(id);
    let clock = world.clock(id, FirstResponse, 1);
    assert_eq!(clock.missed_at, Some(start + hours(4)), "although nothing ran in between");
    assert_eq!(clock.outcome, Some(Outcome::MetLate));
    assert_eq!(clock.ended_at, Some(start + hours(4) + minutes(5)));
    let stamped: Vec<_> = world.tickets[&id]
        .events
        .iter()
        .filter(|event| matches!(event.kind, EventKind::ClockMissed { clock } if clock.objective == FirstResponse))
        .map(|event| event.at)
        .collect();
    assert_eq!(stamped, [start + hours(4)]);
}

#[test]
fn a_reply_at_exactly_the_deadline_is_met() {
    let mut world = World::new();
    let id = world.open();
    world.advance(hours(4));
    world.reply(id);
    let clock = world.clock(id, FirstResponse, 1);
    assert_eq!((clock.outcome, clock.missed_at), (Some(Outcome::Met), None));
}

#[test]
fn one_reply_answers_every_message_before_it_and_the_oldest_counts() {
    let mut world = World::new();
    let id = world.open();
    world.advance(minutes(5));
    world.customer_writes(id);
    assert!(world.tickets[&id].clocks.iter().all(|clock| clock.objective != NextResponse), "still the first response");
    world.reply(id);
    world.advance(hours(1));
    let asked = world.now;
    world.customer_writes(id);
    world.advance(hours(1));
    world.customer_writes(id);
    assert_eq!(world.clock(id, NextResponse, 1).started_at, asked);
    world.reply(id);
    assert_eq!(world.clock(id, NextResponse, 1).outcome, Some(Outcome::Met));
    world.customer_writes(id);
    assert_eq!(world.clock(id, NextResponse, 2).state, ClockState::Running);
}

#[test]
fn waiting_for_the_customer_pauses_the_resolution_and_nothing_else() {
    let mut world = World::new();
    let start = world.now;
    let id = world.open();
    world.triage(id, Severity::B);
    world.advance(hours(2));
    world.ask(id, None);
    let clock = world.clock(id, Resolution, 1);
    assert_eq!((clock.state, clock.deadline, clock.remaining_s), (ClockState::Paused, None, Some(22 * 3600)));
    world.advance(hours(10));
    world.customer_writes(id);
    assert_eq!(world.clock(id, Resolution, 1).deadline, Some(start + hours(34)));
    assert_eq!(world.clock(id, NextResponse, 1).state, ClockState::Running);
}

#[test]
fn reopening_goes_on_with_the_seconds_already_used() {
    let mut world = World::new();
    let id = world.open();
    world.triage(id, Severity::B);
    world.advance(hours(10));
    world.resolve(id);
    world.advance(hours(20));
    world.customer_writes(id);
    assert_eq!(world.clock(id, Resolution, 1).outcome, Some(Outcome::Met), "the old reading stays");
    assert_eq!(world.clock(id, Resolution, 2).deadline, Some(world.now + hours(14)));
}

#[test]
fn a_raised_severity_is_missed_at_the_recomputed_instant() {
    let mut world = World::new();
    let start = world.now;
    let id = world.open();
    world.triage(id, Severity::C);
    world.advance(hours(2));
    let raise = FieldChanges { severity: Some(Severity::A), ..FieldChanges::default() };
    world.command(id, Command::Change(Box::new(raise)));
    let clock = world.clock(id, FirstResponse, 1);
    assert_eq!(clock.deadline, Some(start + hours(1)));
    assert_eq!(clock.missed_at, Some(start + hours(1)));
    let before = world.effects.len();
    world.system(id, Command::FireTimers);
    let names: Vec<_> = world.effects[before..].iter().map(|effect| effect.notice.name()).collect();
    assert!(names.iter().all(|name| *name == "target_missed"), "only the latest step speaks: {names:?}");
}

#[test]
fn a_call_recorded_late_corrects_the_reading() {
    let mut world = World::new();
    let id = world.open();
    world.advance(hours(3) + minutes(50));
    let called = world.now;
    world.let_pass(minutes(15));
    assert!(world.clock(id, FirstResponse, 1).missed_at.is_some());
    let words = world.words("Spoke to the customer.");
    world.command(id, Command::LogCall { words, direction: CallDirection::Outbound, at: called });
    let clock = world.clock(id, FirstResponse, 1);
    assert_eq!((clock.outcome, clock.missed_at), (Some(Outcome::Met), None));
    let corrected =
        |kind: &EventKind| matches!(kind, EventKind::ClockCorrected { clock } if clock.objective == FirstResponse);
    assert!(world.tickets[&id].events.iter().any(|event| corrected(&event.kind)));
}

#[test]
fn a_ladder_warns_at_three_quarters_and_at_the_miss_each_once() {
    let mut world = World::new();
    let id = world.open();
    world.triage(id, Severity::B);
    world.let_pass(hours(4) + minutes(1));
    let told = |name: &str| world.effects.iter().filter(|effect| effect.notice.name() == name).count();
    assert_eq!(told("target_near"), 1, "the owner");
    assert_eq!(told("target_missed"), 2, "the owner and the lead");
    assert!(world.clock(id, FirstResponse, 1).missed_at.is_some(), "the miss is on record without anybody's doing");
    let before = world.tickets[&id].ticket.version;
    let decision = world.system(id, Command::FireTimers);
    assert!(decision.tickets.is_empty(), "a spurious tick changes nothing");
    assert_eq!(world.tickets[&id].ticket.version, before);
}

#[test]
fn after_a_long_stop_every_step_is_on_record_late_and_in_order_and_waits_for_the_digest() {
    let mut world = World::new();
    let start = world.now;
    let id = world.open();
    world.triage(id, Severity::B);
    world.advance(hours(72));
    let (effects, events) = (world.effects.len(), world.tickets[&id].events.len());
    world.system(id, Command::FireTimers);
    let due: Vec<_> = world.tickets[&id].events[events..]
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::StepFired { due_at, .. } => Some(*due_at - start),
            _ => None,
        })
        .collect();
    assert_eq!(due, [hours(3), hours(4), hours(18), hours(24)], "first response, then resolution");
    assert!(world.effects[effects..].iter().all(|effect| effect.held), "{:?}", &world.effects[effects..]);
    let decision = world.system(id, Command::FireTimers);
    assert!(decision.tickets.is_empty());
}

#[test]
fn a_tag_that_takes_the_promise_away_cancels_the_clocks() {
    let mut world = World::new();
    let id = world.open();
    let tags = FieldChanges { tags: Some(["internal".to_owned()].into()), ..FieldChanges::default() };
    world.command(id, Command::Change(Box::new(tags)));
    assert!(world.tickets[&id].clocks.iter().all(|clock| clock.state == ClockState::Ended));
    assert_eq!(world.tickets[&id].due_at, None);
}

#[test]
fn what_is_stored_is_what_would_be_computed_anew() {
    for state in StateKind::ALL {
        let mut world = World::new();
        let id = world.in_state(state);
        let stored = &world.tickets[&id];
        let facts = world.facts(&crate::command::Unit::ticket(id, Command::FireTimers));
        let timeline = &facts.tickets[&id].timeline;
        let tier = crate::ids::Slug::new("standard").ok();
        let measured =
            Measured::ticket(&facts.desk, &stored.ticket, tier.as_ref(), timeline, &stored.clocks, world.now);
        let again = read_clocks(&measured).expect("clocks");
        assert_eq!(again, stored.clocks, "{state}");
    }
}

#[test]
fn waiting_ends_when_the_customer_wrote_and_not_when_we_looked() {
    let mut world = World::new();
    let id = world.open();
    world.triage(id, Severity::B);
    world.ask(id, None);
    world.advance(hours(1));
    let wrote = world.now;
    world.advance(minutes(30));
    let words = world.words("Here are the names.");
    world.system(id, Command::CustomerMessage { from: super::world::CONTACT, words, at: wrote });
    let clock = world.clock(id, Resolution, 1);
    assert_eq!(clock.pauses.last().and_then(|pause| pause.to), Some(wrote));
}

#[test]
fn waiting_that_was_over_while_nothing_ran_is_over_at_its_time() {
    let mut world = World::new();
    let id = world.open();
    world.triage(id, Severity::B);
    let until = world.now + hours(2);
    world.ask(id, Some(until));
    world.advance(hours(10));
    world.reply(id);
    assert_eq!(world.state(id), StateKind::Triaged);
    let clock = world.clock(id, Resolution, 1);
    assert_eq!(clock.pauses.last().and_then(|pause| pause.to), Some(until));
}
