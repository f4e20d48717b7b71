//! Merging, unmerging, splitting, linking.

use super::world::{CUSTOMER, PREMIUM, World, hours};
use crate::clock::{Cancellation, Objective, Outcome};
use crate::command::Command;
use crate::refusal::Because;
use crate::ticket::{LinkKind, Severity, StateKind};

#[test]
fn a_merge_launders_no_older_message() {
    let mut world = World::new();
    let older = world.open();
    let opened = world.now;
    world.advance(hours(2));
    let newer = world.open();
    world.command(older, Command::Merge { into: newer });
    assert_eq!(world.state(older), StateKind::Closed);
    assert_eq!(world.tickets[&older].ticket.duplicate_of(), Some(newer));
    assert_eq!(world.clock(newer, Objective::FirstResponse, 1).deadline, Some(opened + hours(4)));
    let merged = world.clock(older, Objective::FirstResponse, 1);
    assert_eq!(merged.outcome, Some(Outcome::Cancelled(Cancellation::Merged)));
}

#[test]
fn unmerging_gives_back_what_was() {
    let mut world = World::new();
    let (escalated, case) = world.escalated();
    let other = world.in_state(StateKind::Triaged);
    let before = (world.tickets[&escalated].clone(), world.tickets[&other].clone());
    world.command(escalated, Command::Merge { into: other });
    assert_eq!(world.state(other), StateKind::Escalated, "its case moved");
    assert_eq!(world.cases[&case].tickets, [other].into());

    world.command(escalated, Command::Unmerge);
    assert_eq!(world.state(escalated), StateKind::Escalated);
    assert_eq!(world.state(other), StateKind::Triaged);
    assert_eq!(world.cases[&case].tickets, [escalated].into());
    assert_eq!(world.tickets[&escalated].clocks, before.0.clocks, "as if it had never been");
    assert_eq!(world.tickets[&other].clocks, before.1.clocks);
    assert_eq!(world.tickets[&other].ticket.participants, before.1.ticket.participants);
}

#[test]
fn tickets_of_two_customers_stay_apart() {
    let mut world = World::new();
    let open = world.opening(Some(CUSTOMER));
    let here = world.open_with(open);
    let open = world.opening(Some(PREMIUM));
    let there = world.open_with(open);
    let refusal = world.try_command(here, Command::Merge { into: there }).expect_err("two customers");
    assert!(matches!(refusal.because, Because::OtherCustomer { .. }));
    let refusal = world.try_command(here, Command::Merge { into: here }).expect_err("one ticket");
    assert_eq!(refusal.because, Because::WithItself);
}

#[test]
fn a_merged_ticket_takes_no_other_in() {
    let mut world = World::new();
    let (first, second, third) = (world.open(), world.open(), world.open());
    world.command(first, Command::Merge { into: second });
    let refusal = world.try_command(third, Command::Merge { into: first }).expect_err("merged away");
    assert!(matches!(refusal.because, Because::MergedElsewhere { .. }));
    let refusal = world.try_command(second, Command::Unmerge).expect_err("never merged");
    assert_eq!(refusal.because, Because::State(StateKind::Open));
}

#[test]
fn a_split_ticket_begins_with_its_first_message() {
    let mut world = World::new();
    let id = world.open();
    world.triage(id, Severity::B);
    world.reply(id);
    world.advance(hours(1));
    let second_problem = world.now;
    let message = world.customer_writes(id);
    world.advance(hours(1));
    let into = world.new_ticket_id();
    world.command(id, Command::Split { messages: [message].into(), into, subject: "Another problem".to_owned() });
    let split = &world.tickets[&into].ticket;
    assert_eq!((split.opened_at, split.state.kind()), (second_problem, StateKind::Open));
    assert_eq!(world.clock(into, Objective::FirstResponse, 1).started_at, second_problem);
    let next = world.clock(id, Objective::NextResponse, 1);
    assert!(matches!(next.outcome, Some(Outcome::Cancelled(Cancellation::NoLongerOwed))), "{next:?}");
    assert!(split.links.iter().any(|link| link.kind == LinkKind::SplitFrom && link.to == id));
}

#[test]
fn a_split_leaves_something_behind() {
    let mut world = World::new();
    let id = world.open();
    let message = world.messages[0].words.id;
    let into = world.new_ticket_id();
    let split = |messages| Command::Split { messages, into, subject: String::new() };
    let refusal = world.try_command(id, split([message].into())).expect_err("the only message");
    assert_eq!(refusal.because, Because::MessageNotHere);
    let refusal = world.try_command(id, split([].into())).expect_err("none");
    assert_eq!(refusal.because, Because::NoMessagesChosen);
}

#[test]
fn a_link_is_seen_from_both_ends_and_made_once() {
    let mut world = World::new();
    let (parent, child) = (world.open(), world.open());
    world.command(child, Command::Link { to: parent, kind: LinkKind::Parent });
    assert!(world.tickets[&parent].ticket.links.iter().any(|link| link.kind == LinkKind::Child && link.to == child));
    let again = world.try_command(child, Command::Link { to: parent, kind: LinkKind::Parent });
    assert_eq!(again.expect_err("already").because, Because::AlreadyLinked);
    world.command(parent, Command::Unlink { to: child, kind: LinkKind::Child });
    assert!(world.tickets[&child].ticket.links.is_empty());
}

#[test]
fn a_merged_requester_is_told_and_a_snooze_does_not_outlive_the_merge() {
    let mut world = World::new();
    let (first, second) = (world.open(), world.open());
    let until = world.now + hours(1);
    world.command(first, Command::Snooze { until });
    world.command(first, Command::Merge { into: second });
    assert_eq!(world.tickets[&first].ticket.snoozed_until, None);
    assert_eq!(world.tickets[&first].next_fire_at, None);
    assert!(world.notices().contains(&"closed"));
}
