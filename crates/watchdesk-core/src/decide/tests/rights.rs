//! Who may do what, seen from the commands.

use super::world::{COLLEAGUE, CONTACT, CUSTOMER, STRANGER, World};
use crate::command::{Command, Unit};
use crate::event::MessageKind;
use crate::refusal::Because;
use crate::rights::{Actor, ContactActor, Object, Role, Verb, authorize, may_read, may_see_cases, visibility};
use crate::ticket::StateKind;

#[test]
fn an_auditor_reads_and_changes_nothing() {
    let mut world = World::new();
    let id = world.in_state(StateKind::Triaged);
    let auditor = world.actor(Role::Auditor);
    assert!(authorize(&auditor, Verb::ReadInternal, Object::Ticket(&world.tickets[&id].ticket)));
    let words = world.words("x");
    let refusal = world.execute_as(&auditor, &Unit::ticket(id, Command::Note { words })).expect_err("reads only");
    assert_eq!(refusal.because, Because::NotAllowed { role: Some(Role::Auditor) });
}

#[test]
fn a_ticket_of_another_team_does_not_exist_for_an_agent() {
    let mut world = World::new();
    let id = world.in_state(StateKind::Triaged);
    let mut outsider = world.actor(Role::Agent);
    if let Actor::Agent(agent) = &mut outsider {
        agent.teams.clear();
        agent.id = crate::ids::AgentId(uuid::Uuid::from_u128(77));
    }
    let words = world.words("x");
    let refusal = world.execute_as(&outsider, &Unit::ticket(id, Command::Note { words })).expect_err("unseen");
    assert_eq!(refusal.because, Because::NoSuchTicket);
    assert!(!visibility(&outsider).admits(&world.tickets[&id].ticket));
}

#[test]
fn a_contact_sees_his_organisations_tickets_or_only_his_own() {
    let mut world = World::new();
    let id = world.open();
    let ticket = world.tickets[&id].ticket.clone();
    let contact = |id, customer, whole_organisation| Actor::Contact(ContactActor { id, customer, whole_organisation });
    let table = [
        (contact(CONTACT, Some(CUSTOMER), false), true),
        (contact(COLLEAGUE, Some(CUSTOMER), false), false),
        (contact(COLLEAGUE, Some(CUSTOMER), true), true),
        (contact(STRANGER, None, true), false),
    ];
    for (actor, expected) in table {
        assert_eq!(authorize(&actor, Verb::ReadTicket, Object::Ticket(&ticket)), expected, "{actor:?}");
        assert_eq!(visibility(&actor).admits(&ticket), expected, "{actor:?}");
        assert!(!authorize(&actor, Verb::ReadInternal, Object::Ticket(&ticket)));
        assert!(!authorize(&actor, Verb::WorkTicket, Object::Ticket(&ticket)));
    }
}

#[test]
fn everybody_reads_the_kinds_of_message_that_are_for_him() {
    use MessageKind::{Automatic, Customer, Note, Operator, Public};
    let mut world = World::new();
    let id = world.open();
    let ticket = world.tickets[&id].ticket.clone();
    let contact = |id, customer, whole_organisation| Actor::Contact(ContactActor { id, customer, whole_organisation });
    let staff = |role| {
        let mut actor = world.actor(role);
        if let Actor::Agent(agent) = &mut actor {
            agent.customers.insert(CUSTOMER);
        }
        actor
    };
    let conversation = vec![Customer, Public];
    let table = [
        (contact(CONTACT, Some(CUSTOMER), false), conversation.clone()),
        (contact(COLLEAGUE, Some(CUSTOMER), true), conversation),
        (contact(COLLEAGUE, Some(CUSTOMER), false), Vec::new()),
        (contact(STRANGER, None, true), Vec::new()),
        (staff(Role::Sales), vec![Customer, Public, Note, Automatic]),
        (staff(Role::Agent), MessageKind::ALL.to_vec()),
        (staff(Role::Lead), MessageKind::ALL.to_vec()),
        (staff(Role::Manager), MessageKind::ALL.to_vec()),
        (staff(Role::Auditor), MessageKind::ALL.to_vec()),
        (staff(Role::Admin), MessageKind::ALL.to_vec()),
    ];
    for (actor, expected) in table {
        let read: Vec<_> = MessageKind::ALL.into_iter().filter(|kind| may_read(&actor, &ticket, *kind)).collect();
        assert_eq!(read, expected, "{actor:?}");
        if let Actor::Contact(_) = actor {
            assert!(read.iter().all(|kind| kind.is_for_customer()), "{actor:?}");
            assert!(!may_see_cases(&actor));
        }
        assert!(may_see_cases(&actor) || !read.contains(&Operator), "{actor:?}");
    }
}

#[test]
fn only_machinery_fires_timers() {
    let mut world = World::new();
    let id = world.open();
    let lead = world.actor(Role::Lead);
    let refusal = world.execute_as(&lead, &Unit::ticket(id, Command::FireTimers)).expect_err("not a person's");
    assert!(matches!(refusal.because, Because::NotAllowed { .. }));
}
