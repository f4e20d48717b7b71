//! During an outage one waits, the customer knows, and afterwards somebody tries again.

use super::world::{World, minutes, slug};
use crate::command::{Command, DraftCase, RetestOutcome, Unit};
use crate::effect::Recipient;
use crate::event::EventKind;
use crate::facts::{HealthFact, HealthStatus};
use crate::ids::TicketId;
use crate::refusal::{Because, Refusal};
use crate::rights::Role;
use crate::ticket::StateKind;

const EX: &str = "EX226792";

fn fields(refusal: &Refusal) -> Vec<&'static str> {
    refusal.missing().iter().map(|missing| missing.field).collect()
}

fn link(reference: &str) -> Command {
    Command::LinkIncident { reference: reference.to_owned() }
}

fn ended() -> Command {
    Command::IncidentEnded { reference: EX.to_owned() }
}

fn retest(outcome: RetestOutcome) -> Command {
    Command::Retest { reference: EX.to_owned(), outcome, words: None }
}

/// A triaged ticket about a service that has an open incident.
fn outage() -> (World, TicketId) {
    let mut world = World::new();
    let id = world.in_state(StateKind::Triaged);
    world.healthy();
    world.incident(EX, true);
    (world, id)
}

fn drafting(world: &mut World, id: TicketId) -> Result<(), Refusal> {
    let draft = world.case_draft();
    world.try_command(id, Command::DraftCase(Box::new(draft))).map(|_| ())
}

#[test]
fn a_linked_ticket_waits_and_another_says_why() {
    let (mut world, id) = outage();
    assert_eq!(fields(&drafting(&mut world, id).expect_err("is it this one?")), ["not_this_incident"]);

    world.command(id, link(EX));
    let refusal = drafting(&mut world, id).expect_err("wait");
    assert_eq!(fields(&refusal), ["incident_override"]);
    assert!(refusal.to_string().contains(EX), "{refusal}");

    let draft = DraftCase { incident_override: Some("other symptom".to_owned()), ..world.case_draft() };
    let by_agent = world.try_command(id, Command::DraftCase(Box::new(draft.clone())));
    assert_eq!(fields(&by_agent.expect_err("an agent may not")), ["incident_override"]);
    let lead = world.actor(Role::Lead);
    world.execute_as(&lead, &Unit::ticket(id, Command::DraftCase(Box::new(draft)))).expect("a lead may");
}

#[test]
fn an_outage_without_a_number_wants_an_answer_too() {
    let (mut world, id) = outage();
    world.incident(EX, false);
    let service = slug("exchange-online");
    let interrupted = HealthFact { service: service.clone(), status: HealthStatus::Interrupted, checked_at: world.now };
    world.health.insert(service, interrupted);
    assert_eq!(fields(&drafting(&mut world, id).expect_err("is it this one?")), ["not_this_incident"]);
}

#[test]
fn an_incident_of_another_service_keeps_nobody_waiting_unless_it_is_linked() {
    let (mut world, id) = outage();
    world.incidents[0].service = slug("sharepoint-online");
    drafting(&mut world, id).expect("it is another service");
    let other = world.in_state(StateKind::Triaged);
    world.command(other, link(EX));
    assert_eq!(fields(&drafting(&mut world, other).expect_err("it was linked")), ["incident_override"]);
}

#[test]
fn the_customer_hears_of_it_once_and_of_its_end() {
    let (mut world, id) = outage();
    world.command(id, link(EX));
    world.command(id, Command::UnlinkIncident { reference: EX.to_owned() });
    world.command(id, link(EX));
    assert_eq!(world.notices().iter().filter(|name| **name == "incident_linked").count(), 1);

    world.incident(EX, false);
    world.advance(minutes(90));
    world.system(id, ended());
    world.system(id, ended());
    let names = world.notices();
    assert_eq!(names.iter().filter(|name| **name == "incident_over").count(), 1);
    let to_owner = |effect: &&crate::effect::Effect| effect.notice.name() == "retest_wanted";
    let owner = world.tickets[&id].ticket.owner.expect("an owner");
    assert_eq!(world.effects.iter().find(to_owner).expect("asked").to, Recipient::Agent(owner));
}

#[test]
fn after_its_end_somebody_tries_again_before_it_goes_up() {
    let (mut world, id) = outage();
    world.command(id, link(EX));
    world.incident(EX, false);
    world.system(id, ended());
    let refusal = drafting(&mut world, id).expect_err("nobody tried");
    assert_eq!(fields(&refusal), ["retest"]);
    assert!(refusal.to_string().contains(EX), "{refusal}");

    let words = world.words("The customer says that mail still does not flow.");
    let found = Command::Retest { reference: EX.to_owned(), outcome: RetestOutcome::Persists, words: Some(words) };
    world.command(id, found);
    drafting(&mut world, id).expect("the gate is open");
    let again = world.try_command(id, retest(RetestOutcome::Gone)).expect_err("once");
    assert_eq!(again.because, Because::NothingToRetest);
}

#[test]
fn an_incident_that_comes_back_shuts_the_gate_again() {
    let (mut world, id) = outage();
    world.command(id, link(EX));
    world.incident(EX, false);
    world.system(id, ended());
    world.incident(EX, true);
    world.system(id, Command::IncidentReopened { reference: EX.to_owned() });
    assert_eq!(fields(&drafting(&mut world, id).expect_err("wait")), ["incident_override"]);
    world.incident(EX, false);
    world.system(id, ended());
    let over = world.notices().iter().filter(|name| **name == "incident_over").count();
    assert_eq!(over, 2, "each end is told");
}

#[test]
fn only_an_incident_on_record_can_be_linked() {
    let (mut world, id) = outage();
    let refusal = world.try_command(id, link("EX1")).expect_err("a slip of the pen");
    assert_eq!(refusal.because, Because::UnknownIncident("EX1".to_owned()));
    world.command(id, link(EX));
    assert_eq!(world.try_command(id, link(EX)).expect_err("twice").because, Because::AlreadyLinked);
}

#[test]
fn a_finished_ticket_is_left_in_peace() {
    let (mut world, id) = outage();
    world.command(id, link(EX));
    world.resolve(id);
    let before = world.tickets[&id].events.len();
    world.incident(EX, false);
    world.system(id, ended());
    assert_eq!(world.tickets[&id].events.len(), before);
    assert!(!world.tickets[&id].events.iter().any(|event| matches!(event.kind, EventKind::IncidentEnded { .. })));
}
