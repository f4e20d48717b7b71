//! A ticket's life as the people around it see it.

use super::world::{CONTACT, CUSTOMER, World, hours, minutes, slug};
use crate::command::{CloseReason, Command, FieldChanges, Step, Then, Unit};
use crate::event::{ActorRef, EventKind};
use crate::refusal::Because;
use crate::ticket::{Severity, State, StateKind};

#[test]
fn a_mail_becomes_a_ticket_is_answered_resolved_and_closed() {
    let mut world = World::new();
    let id = world.open();
    assert_eq!(world.state(id), StateKind::Open);
    assert_eq!(world.notices(), ["received"]);
    let opened = &world.tickets[&id].events[0];
    assert_eq!(opened.actor, ActorRef::Contact(CONTACT), "the customer opened it");

    world.advance(minutes(10));
    world.triage(id, Severity::B);
    assert_eq!(world.state(id), StateKind::Triaged);
    world.reply(id);
    world.advance(minutes(10));
    world.resolve(id);
    assert_eq!(world.state(id), StateKind::Resolved);
    world.advance(hours(24 * 7));
    world.system(id, Command::Close { reason: CloseReason::Solved });
    assert_eq!(world.state(id), StateKind::Closed);
    assert_eq!(world.notices(), ["received", "reply", "resolved", "closed"]);
    assert_eq!(world.tickets[&id].due_at, None);
    assert_eq!(world.tickets[&id].next_fire_at, None);
}

#[test]
fn asking_the_customer_waits_until_he_answers_or_the_time_is_over() {
    let mut world = World::new();
    let id = world.open();
    world.triage(id, Severity::C);
    let until = world.now + hours(48);
    world.ask(id, Some(until));
    assert_eq!(world.full_state(id), &State::Waiting { until: Some(until) });
    world.advance(hours(1));
    world.customer_writes(id);
    assert_eq!(world.state(id), StateKind::Triaged, "back");

    world.ask(id, Some(until));
    world.let_pass(hours(60));
    assert_eq!(world.state(id), StateKind::Triaged);
    let over = world.tickets[&id].events.iter().find(|event| event.kind == EventKind::WaitingOver).expect("an event");
    assert_eq!(over.at, until, "stamped with the time agreed");
    assert!(world.notices().contains(&"waiting_over"));
}

#[test]
fn an_untriaged_ticket_that_waited_goes_back_to_open() {
    let mut world = World::new();
    let id = world.open();
    world.ask(id, None);
    world.customer_writes(id);
    assert_eq!(world.state(id), StateKind::Open);
    world.ask(id, None);
    let words = world.words("Done.");
    let refusal = world.try_command(id, Command::Resolve { words }).expect_err("not triaged");
    assert!(matches!(refusal.because, Because::NotTriaged { .. }), "{refusal}");
}

#[test]
fn triage_reply_and_resolution_stand_or_fall_together() {
    let mut world = World::new();
    let id = world.open();
    let unit = |world: &mut World, category: &str| {
        let (words, category) = (world.words("Set DNS as described."), slug(category));
        let assignment = crate::command::Assignment::to(world.agent);
        Unit::ticket(id, Command::Triage { category, service: None, severity: Severity::C, assignment })
            .then(Step::Ticket(id, Command::Resolve { words }))
    };
    let wrong = unit(&mut world, "no-such-category");
    let refusal = world.execute(&wrong).expect_err("unknown category");
    assert_eq!(refusal.because, Because::UnknownCategory(slug("no-such-category")));
    assert_eq!(world.state(id), StateKind::Open, "nothing happened");
    let right = unit(&mut world, "how-to");
    world.execute(&right).expect("resolved at once");
    assert_eq!(world.state(id), StateKind::Resolved);
}

#[test]
fn a_resolution_needs_a_message() {
    let mut world = World::new();
    let id = world.in_state(StateKind::Triaged);
    let words = world.words("   ");
    let refusal = world.try_command(id, Command::Resolve { words }).expect_err("empty");
    assert_eq!(refusal.because, Because::NothingSaid);
}

#[test]
fn the_customers_answer_reopens_within_the_window_and_not_after_it() {
    let mut world = World::new();
    let id = world.in_state(StateKind::Resolved);
    world.advance(hours(24 * 7) - minutes(1));
    world.customer_writes(id);
    assert_eq!(world.state(id), StateKind::Triaged);

    world.resolve(id);
    world.advance(hours(24 * 7));
    let words = world.words("again");
    let (from, at) = (CONTACT, world.now);
    let refusal = world
        .execute_as(&crate::rights::Actor::System, &Unit::ticket(id, Command::CustomerMessage { from, words, at }))
        .expect_err("the window has passed");
    assert_eq!(refusal.because, Because::State(StateKind::Resolved));

    let mut open = world.opening(Some(CUSTOMER));
    open.follow_up_of = Some(id);
    let follow_up = world.open_with(open);
    assert_eq!(world.tickets[&follow_up].ticket.links.len(), 1);
    assert_eq!(world.tickets[&id].ticket.links.len(), 1, "seen from both ends");
}

#[test]
fn automatic_mail_is_kept_and_changes_nothing() {
    let mut world = World::new();
    for state in StateKind::ALL {
        let id = world.in_state(state);
        let before = world.tickets[&id].clone();
        let words = world.words("I am out of office.");
        let at = world.now;
        world.system(id, Command::AutomaticMail { from: Some(CONTACT), words, at });
        let after = &world.tickets[&id];
        assert_eq!(after.ticket.state, before.ticket.state);
        assert_eq!(after.clocks, before.clocks, "{state}");
        assert_eq!(after.events.len(), before.events.len() + 1);
    }
}

#[test]
fn spam_is_closed_without_a_word_and_its_clocks_are_cancelled() {
    let mut world = World::new();
    let id = world.open();
    world.command(id, Command::Close { reason: CloseReason::Spam });
    assert_eq!(world.notices(), ["received"]);
    assert!(world.tickets[&id].clocks.iter().all(|clock| {
        matches!(clock.outcome, Some(crate::clock::Outcome::Cancelled(crate::clock::Cancellation::Spam)))
    }));
}

#[test]
fn an_imported_ticket_is_closed_silent_and_owed_nothing() {
    let mut world = World::new();
    let mut open = world.opening(None);
    open.imported = true;
    let id = world.open_with(open);
    assert_eq!(world.state(id), StateKind::Closed);
    assert!(world.effects.is_empty());
    assert!(world.tickets[&id].clocks.is_empty());
}

#[test]
fn a_snooze_hides_until_its_time_and_pauses_nothing() {
    let mut world = World::new();
    let id = world.open();
    let before = world.tickets[&id].clocks.clone();
    let until = world.now + hours(2);
    world.command(id, Command::Snooze { until });
    assert_eq!(world.tickets[&id].clocks, before);
    world.let_pass(hours(3));
    assert_eq!(world.tickets[&id].ticket.snoozed_until, None);
    let past = world.now;
    let refusal = world.try_command(id, Command::Snooze { until: past }).expect_err("over");
    assert_eq!(refusal.because, Because::InThePast);
}

#[test]
fn a_change_that_changes_nothing_leaves_no_event() {
    let mut world = World::new();
    let id = world.in_state(StateKind::Triaged);
    let same = FieldChanges { severity: Some(Severity::B), ..FieldChanges::default() };
    let decision = world.command(id, Command::Change(Box::new(same)));
    assert!(decision.tickets.is_empty());
    let refusal = world.try_command(id, Command::Change(Box::default())).expect_err("empty");
    assert_eq!(refusal.because, Because::NothingToChange);
}

#[test]
fn only_the_new_owner_is_told_and_only_by_others() {
    let mut world = World::new();
    let id = world.open();
    world.triage(id, Severity::B);
    assert!(!world.notices().contains(&"assigned"), "he took it himself");
    let to_lead = crate::command::Assignment::to(world.lead);
    world.command(id, Command::Assign(to_lead));
    assert_eq!(world.notices().iter().filter(|name| **name == "assigned").count(), 1);
}

#[test]
fn a_fact_lies_neither_in_the_future_nor_before_the_ticket() {
    let mut world = World::new();
    let id = world.open();
    let call = |world: &mut World, at| {
        let words = world.words("Called back.");
        let direction = crate::command::CallDirection::Outbound;
        world.try_command(id, Command::LogCall { words, direction, at })
    };
    let later = world.now + minutes(1);
    assert_eq!(call(&mut world, later).expect_err("future").because, Because::InTheFuture);
    let before = world.now - minutes(1);
    assert_eq!(call(&mut world, before).expect_err("past").because, Because::BeforeOpening);
    let now = world.now;
    call(&mut world, now).expect("now is fine");
}

#[test]
fn a_reply_that_stays_leaves_a_waiting_ticket_waiting() {
    let mut world = World::new();
    let id = world.in_state(StateKind::Waiting);
    let words = world.words("One more thing.");
    world.command(id, Command::Reply { words, then: Then::Stay });
    assert_eq!(world.state(id), StateKind::Waiting);
}

#[test]
fn a_triaged_ticket_is_somebodys() {
    let mut world = World::new();
    let mut open = world.opening(Some(CUSTOMER));
    open.team = None;
    let id = world.open_with(open);
    let (category, assignment) = (slug("how-to"), crate::command::Assignment::default());
    let triage = Command::Triage { category, service: None, severity: Severity::C, assignment };
    assert_eq!(world.try_command(id, triage).expect_err("nobody").because, Because::OwnerNeeded);
}
