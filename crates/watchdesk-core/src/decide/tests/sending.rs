//! Operators that take mail or requests: the desk hands over by itself.

use super::world::{CUSTOMER, World, hours, slug};
use crate::case::{CaseStateKind, FilingChannel};
use crate::command::CaseCommand;
use crate::disclosure::Handed;
use crate::effect::{Notice, Recipient};
use crate::event::{EventKind, MessageKind};
use crate::facts::DelegatedAdmin;
use crate::ids::CaseId;
use crate::operator::Takes;
use crate::refusal::Because;
use crate::rights::Role;
use crate::ticket::StateKind;

const ADDRESS: &str = "desk@operator.example";

fn mail() -> Takes {
    Takes::Mail { address: ADDRESS.to_owned() }
}

fn sending(world: &mut World) -> CaseCommand {
    CaseCommand::Send {
        letter: world.words("The packet."),
        severity: None,
        tenant_id: String::new(),
        handed: Handed::default(),
    }
}

fn drafted(world: &mut World) -> CaseId {
    let id = world.in_state(StateKind::Triaged);
    world.healthy();
    world.draft(id)
}

#[test]
fn a_case_is_filed_by_a_letter_and_its_number_comes_later() {
    for (takes, channel, to) in [
        (mail(), FilingChannel::Mail, Recipient::Address(ADDRESS.to_owned())),
        (Takes::ServiceRequests { topic: "7".to_owned() }, FilingChannel::Api, Recipient::Operator(slug("21vianet"))),
    ] {
        let mut world = World::new();
        world.operator_takes(takes);
        let case = drafted(&mut world);
        let send = sending(&mut world);
        let decision = world.case_command(case, send);
        let filed = &world.cases[&case];
        assert_eq!((filed.state.kind(), filed.channel), (CaseStateKind::Filed, Some(channel)));
        assert_eq!((filed.reference.clone(), filed.filed_at), (None, Some(world.now)));
        let [letter] = decision.messages.as_slice() else { panic!("one letter: {:?}", decision.messages) };
        assert_eq!((letter.kind, letter.case), (MessageKind::Operator, Some(case)));
        assert_eq!(decision.disclosures.len(), 1, "what was handed over is on record");
        let notice = Notice::ToOperator { case, message: letter.words.id, is_packet: true };
        let posted: Vec<_> = decision.effects.iter().filter(|effect| effect.notice == notice).collect();
        assert_eq!(posted.iter().map(|effect| effect.to.clone()).collect::<Vec<_>>(), [to]);
        assert!(
            decision.effects.iter().any(|effect| matches!(effect.notice, Notice::PassedOn { .. })),
            "the customer hears it"
        );

        world.advance(hours(1));
        let decision = world.case_command(case, CaseCommand::RecordReference { reference: " FK-1 ".to_owned() });
        assert_eq!(world.cases[&case].reference.as_deref(), Some("FK-1"));
        let recorded = |event: &&crate::event::Event| event.kind == EventKind::CaseReferenceRecorded { case };
        assert_eq!(decision.tickets.iter().flat_map(|change| &change.events).filter(recorded).count(), 1);
        let again = world.case_command(case, CaseCommand::RecordReference { reference: "FK-1".to_owned() });
        assert!(again.tickets.iter().all(|change| change.events.is_empty()), "it was known");
        let empty = CaseCommand::RecordReference { reference: " ".to_owned() };
        assert_eq!(world.try_case(case, empty).expect_err("empty").because, Because::ReferenceMissing);
    }
}

#[test]
fn a_later_word_goes_the_same_way_and_answers_a_question() {
    let mut world = World::new();
    world.operator_takes(mail());
    let case = drafted(&mut world);
    let send = sending(&mut world);
    world.case_command(case, send);
    let asked = CaseCommand::WaitOnUs { at: world.now };
    world.case_command(case, asked);
    world.advance(hours(1));
    let letter = world.words("Here is the trace.");
    let decision = world.case_command(case, CaseCommand::Write { letter });
    assert_eq!(world.cases[&case].state.kind(), CaseStateKind::Acknowledged);
    assert_eq!(
        decision.effects.iter().map(|effect| effect.to.clone()).collect::<Vec<_>>(),
        [Recipient::Address(ADDRESS.to_owned())]
    );
    let letter = world.words(" ");
    let refusal = world.try_case(case, CaseCommand::Write { letter }).expect_err("nothing said");
    assert_eq!(refusal.because, Because::NothingSaid);
}

#[test]
fn an_operator_that_takes_neither_is_written_to_by_nobody() {
    let mut world = World::new();
    let case = drafted(&mut world);
    let send = sending(&mut world);
    let refusal = world.try_case(case, send).expect_err("a person files there");
    assert_eq!(refusal.because, Because::OperatorTakesByPerson(slug("21vianet")));
    assert!(refusal.way_out().contains("record its reference"), "{}", refusal.way_out());
    assert_eq!(world.cases[&case].state.kind(), CaseStateKind::Drafted);
}

#[test]
fn sales_hand_nothing_over_and_the_gate_is_asked_again() {
    let mut world = World::new();
    world.operator_takes(mail());
    let case = drafted(&mut world);
    let send = sending(&mut world);
    let sales = world.actor(Role::Sales);
    let unit = crate::command::Unit::case(case, send.clone());
    assert!(world.execute_as(&sales, &unit).is_err());
    world.advance(hours(2));
    let refusal = world.try_case(case, send).expect_err("health was checked two hours ago");
    assert_eq!(refusal.missing().iter().map(|missing| missing.field).collect::<Vec<_>>(), ["health_waiver"]);
}

#[test]
fn withdrawn_delegated_admin_bars_the_portal_and_not_a_mail() {
    let mut world = World::new();
    world.customers.get_mut(&CUSTOMER).expect("a customer").delegated_admin = DelegatedAdmin::Withdrawn;
    let id = world.in_state(StateKind::Triaged);
    world.healthy();
    let draft = |world: &mut World| crate::command::Command::DraftCase(Box::new(world.case_draft()));
    let command = draft(&mut world);
    let refusal = world.try_command(id, command).expect_err("no way into the admin centre");
    assert_eq!(refusal.missing().iter().map(|missing| missing.field).collect::<Vec<_>>(), ["queue"]);
    world.operator_takes(mail());
    let command = draft(&mut world);
    world.command(id, command);
}
