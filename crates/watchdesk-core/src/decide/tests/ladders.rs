//! Ladders: who is called, who answers, and what happens when nobody does.

use super::world::{World, hours, minutes, slug};
use crate::clock::{Objective, StepFate};
use crate::command::Command;
use crate::effect::{Notice, Recipient};
use crate::event::{EventKind, StepRef};
use crate::ids::TicketId;
use crate::rights::Role;
use crate::ticket::Severity;

use Objective::Resolution;

fn world(ladder: &str) -> World {
    let mut world = World::new();
    let policy = r#"{"slug": "standard", "rules": [{"name": "one", "calendar": "always",
        "targets": {"resolution": {"A": 28800, "B": 86400, "C": 259200}}, "ladders": {"resolution": LADDER}}]}"#;
    world.policy(&policy.replace("LADDER", ladder));
    world
}

fn fired(world: &World, id: TicketId) -> Vec<(i64, u32, u32)> {
    let opened = world.tickets[&id].ticket.opened_at;
    let fired = |kind: &EventKind| match kind {
        EventKind::StepFired { step, due_at, .. } => {
            Some(((*due_at - opened).num_minutes(), step.step, step.repetition))
        }
        _ => None,
    };
    world.tickets[&id].events.iter().filter_map(|event| fired(&event.kind)).collect()
}

#[test]
fn steps_are_due_by_percent_before_and_after_the_deadline() {
    let mut world = world(
        r#"[{"after_s": 3600, "tell": ["managers", "leads"]}, {"percent": 50, "tell": ["assignee"]},
            {"before_s": 600, "tell": ["assignee"]}]"#,
    );
    let id = world.open();
    world.triage(id, Severity::B);
    world.let_pass(hours(30));
    assert_eq!(fired(&world, id), [(720, 1, 0), (24 * 60 - 10, 2, 0), (25 * 60, 0, 0)]);
}

#[test]
fn a_pause_moves_every_step_that_is_still_to_come() {
    let mut world = world(r#"[{"percent": 50, "tell": ["assignee"]}, {"before_s": 600, "tell": ["assignee"]}]"#);
    let id = world.open();
    world.triage(id, Severity::B);
    world.let_pass(hours(1));
    world.ask(id, None);
    world.let_pass(hours(48));
    assert_eq!(fired(&world, id), []);
    world.customer_writes(id);
    world.let_pass(hours(24));
    assert_eq!(fired(&world, id), [(60 * (12 + 48), 0, 0), (60 * (24 + 48) - 10, 1, 0)]);
}

const CALLS: &str = r#"{"repeat": 1, "steps": [
    {"percent": 50, "tell": ["assignee"], "acknowledge_within_s": 600},
    {"percent": 100, "tell": ["leads"], "acknowledge_within_s": 600}]}"#;

fn deliver(world: &mut World, id: TicketId, step: u32, repetition: u32) {
    let clock = world.clock(id, Resolution, 1).id;
    let at = world.now;
    world.system(id, Command::StepDelivered { clock, step: StepRef { step, repetition }, at });
}

#[test]
fn the_time_out_counts_from_the_delivery_and_then_the_next_level_is_called() {
    let mut world = world(CALLS);
    let id = world.open();
    world.triage(id, Severity::B);
    world.let_pass(hours(12) + minutes(3));
    deliver(&mut world, id, 0, 0);
    world.let_pass(minutes(9));
    assert_eq!(fired(&world, id).len(), 1);
    world.let_pass(minutes(1));
    assert_eq!(fired(&world, id), [(720, 0, 0), (733, 1, 0)], "ten minutes after the delivery");
}

#[test]
fn what_cannot_be_delivered_does_not_stop_the_ladder_and_it_repeats_a_limited_number_of_times() {
    let mut world = world(CALLS);
    let id = world.open();
    world.triage(id, Severity::B);
    world.let_pass(hours(23));
    assert_eq!(fired(&world, id), [(720, 0, 0), (740, 1, 0), (760, 0, 1), (780, 1, 1)]);
    world.let_pass(hours(20));
    assert_eq!(fired(&world, id).len(), 4, "the second step was called before its own time");
    let unanswered = |kind: &EventKind| matches!(kind, EventKind::StepUnanswered { .. });
    assert_eq!(world.tickets[&id].events.iter().filter(|event| unanswered(&event.kind)).count(), 4);
}

#[test]
fn an_acknowledgement_stops_the_calls_and_not_the_warning_at_the_deadline() {
    let mut world = world(CALLS);
    let id = world.open();
    world.triage(id, Severity::B);
    world.let_pass(hours(12) + minutes(5));
    world.command(id, Command::AcknowledgeLadder { clock: None });
    world.let_pass(hours(11));
    assert_eq!(fired(&world, id), [(720, 0, 0)]);
    assert!(world.try_command(id, Command::AcknowledgeLadder { clock: None }).is_err(), "there is nothing more");
    world.let_pass(hours(1) + minutes(5));
    assert_eq!(fired(&world, id), [(720, 0, 0), (1440, 1, 0)]);
}

#[test]
fn a_step_that_reaches_nobody_alarms_and_goes_straight_on() {
    let mut world = world(
        r#"[{"percent": 50, "tell": [{"on_call": {"rota": "night", "level": 1}}]}, {"percent": 90, "tell": ["leads"]}]"#,
    );
    let manager = world.agent_with(Role::Manager);
    let id = world.open();
    world.triage(id, Severity::B);
    world.let_pass(hours(13));
    assert_eq!(fired(&world, id), [(720, 1, 0)], "at once, and not at ninety percent");
    let alarmed = world
        .effects
        .iter()
        .any(|effect| matches!(effect.notice, Notice::NobodyToCall { .. }) && effect.to == Recipient::Agent(manager));
    assert!(alarmed);
    assert_eq!(world.clock(id, Resolution, 1).steps[0].fate, StepFate::Nobody);
    world.let_pass(hours(10));
    assert_eq!(fired(&world, id).len(), 1, "once");
}

#[test]
fn a_step_raises_tags_assigns_and_proposes_but_takes_no_ticket_away() {
    let mut world = world(
        r#"[{"percent": 50, "raise_severity": true, "tags": ["hot"], "assign": {"team": "second-line"},
             "propose_escalation": true}]"#,
    );
    let id = world.open();
    world.triage(id, Severity::B);
    world.let_pass(hours(12));
    let ticket = &world.tickets[&id].ticket;
    assert_eq!(ticket.severity, Some(Severity::A));
    assert!(ticket.tags.contains("hot"));
    assert_eq!(ticket.owner, Some(world.agent), "a machine takes no ticket away from a person");
    assert!(world.notices().contains(&"escalation_proposed"));
    let clock = world.clock(id, Resolution, 1);
    assert_eq!((clock.revision, clock.missed_at.is_some()), (2, true), "under severity A it is missed already");
}

#[test]
fn a_webhook_and_an_address_are_called_beside_people() {
    let mut world = world(r#"[{"percent": 50, "tell": [{"webhook": "pager"}, {"address": "duty@desk.example"}]}]"#);
    let id = world.open();
    world.triage(id, Severity::B);
    world.advance(hours(20));
    world.let_pass(minutes(1));
    let sent: Vec<_> = world.effects.iter().filter(|effect| effect.notice.name() == "target_near").collect();
    let to: Vec<_> = sent.iter().map(|effect| (effect.to.clone(), effect.held)).collect();
    let address = Recipient::Address("duty@desk.example".to_owned());
    assert_eq!(to, [(address, true), (Recipient::Webhook(slug("pager")), false)], "a pager takes no digest");
}

#[test]
fn what_was_due_but_never_said_before_the_reply_is_moot() {
    let mut world = World::new();
    let id = world.open();
    world.triage(id, Severity::B);
    world.advance(hours(5));
    world.reply(id);
    let moot =
        |kind: &EventKind| matches!(kind, EventKind::StepSuppressed { why: crate::clock::Suppression::Moot, .. });
    assert_eq!(world.tickets[&id].events.iter().filter(|event| moot(&event.kind)).count(), 2);
    world.let_pass(minutes(1));
    assert!(world.effects.iter().all(|effect| effect.notice.name() != "target_missed"));
}

#[test]
fn a_reopened_ticket_does_not_say_again_what_it_said_before() {
    let mut world = World::new();
    let id = world.open();
    world.triage(id, Severity::B);
    world.reply(id);
    world.let_pass(hours(20));
    world.resolve(id);
    world.let_pass(hours(10));
    world.customer_writes(id);
    world.reply(id);
    let before = world.effects.iter().filter(|effect| effect.notice.name() == "target_near").count();
    world.let_pass(hours(3));
    assert_eq!(world.effects.iter().filter(|effect| effect.notice.name() == "target_near").count(), before);
    world.let_pass(hours(2));
    assert!(world.notices().contains(&"target_missed"));
}

#[test]
fn only_a_lead_excuses_a_miss_and_may_take_it_back() {
    let mut world = World::new();
    let id = world.open();
    world.triage(id, Severity::A);
    let clock = world.clock(id, Objective::FirstResponse, 1).id;
    let excuse = |reason: Option<&str>| Command::Excuse { clock, reason: reason.map(str::to_owned) };
    let lead = world.actor(Role::Lead);
    let as_lead = |world: &mut World, command| world.execute_as(&lead, &crate::command::Unit::ticket(id, command));
    assert!(as_lead(&mut world, excuse(Some("outage"))).is_err(), "it is not missed yet");
    world.let_pass(hours(2));
    assert!(world.try_command(id, excuse(Some("outage"))).is_err(), "not an agent");
    assert!(as_lead(&mut world, excuse(Some("  "))).is_err(), "a reason is words");
    as_lead(&mut world, excuse(Some("Operator outage"))).expect("excused");
    let change = crate::command::FieldChanges { severity: Some(Severity::C), ..Default::default() };
    world.command(id, Command::Change(Box::new(change)));
    let carried = world.clock(id, Objective::FirstResponse, 1).clone();
    assert_eq!(carried.excuse.expect("carried along").reason, "Operator outage");
    let taken_back = Command::Excuse { clock: carried.id, reason: None };
    as_lead(&mut world, taken_back).expect("taken back");
    assert!(world.clock(id, Objective::FirstResponse, 1).excuse.is_none());
}

#[test]
fn a_step_that_raises_the_severity_does_so_once_and_not_all_the_way_up() {
    let mut world =
        world(r#"[{"percent": 75, "tell": ["assignee"], "raise_severity": true, "acknowledge_within_s": 600}]"#);
    let id = world.open();
    world.triage(id, Severity::C);
    world.let_pass(hours(55));
    assert_eq!(world.tickets[&id].ticket.severity, Some(Severity::B), "from C to B, although B is overdue as well");
    let said = world.effects.iter().filter(|effect| effect.notice.name() == "target_near").count();
    assert_eq!(said, 1);
}

#[test]
fn who_answered_a_call_is_not_called_again_because_he_changed_the_severity() {
    let mut world = world(CALLS);
    let id = world.open();
    world.triage(id, Severity::B);
    world.let_pass(hours(12) + minutes(5));
    let called = world.clock(id, Resolution, 1).id;
    world.command(id, Command::AcknowledgeLadder { clock: Some(called) });
    let change = crate::command::FieldChanges { severity: Some(Severity::C), ..Default::default() };
    world.command(id, Command::Change(Box::new(change)));
    world.let_pass(hours(2));
    assert_eq!(fired(&world, id).len(), 1, "under severity C the first step is due much later");
    let change = crate::command::FieldChanges { severity: Some(Severity::B), ..Default::default() };
    world.command(id, Command::Change(Box::new(change)));
    world.let_pass(minutes(5));
    assert_eq!(fired(&world, id).len(), 2, "a step of the new promise is called once");
}

#[test]
fn a_link_in_an_old_mail_answers_for_the_instance_that_took_over() {
    let mut world = world(CALLS);
    let id = world.open();
    world.triage(id, Severity::B);
    world.let_pass(hours(12) + minutes(1));
    let mailed = world.clock(id, Resolution, 1).id;
    let change = crate::command::FieldChanges { severity: Some(Severity::A), ..Default::default() };
    world.command(id, Command::Change(Box::new(change)));
    assert_ne!(world.clock(id, Resolution, 1).id, mailed);
    world.let_pass(minutes(1));
    world.command(id, Command::AcknowledgeLadder { clock: Some(mailed) });
    let before = fired(&world, id).len();
    world.let_pass(hours(3));
    assert_eq!(fired(&world, id).len(), before, "nobody further is called");
}

#[test]
fn what_is_due_at_once_because_the_severity_was_raised_is_not_late() {
    let mut world = World::new();
    let id = world.open();
    world.triage(id, Severity::C);
    world.let_pass(hours(2));
    let change = crate::command::FieldChanges { severity: Some(Severity::A), ..Default::default() };
    world.command(id, Command::Change(Box::new(change)));
    world.let_pass(minutes(1));
    let said: Vec<_> = world.effects.iter().filter(|effect| effect.notice.name() == "target_missed").collect();
    assert!(!said.is_empty() && said.iter().all(|effect| !effect.held), "it goes out now and waits for no digest");
}
