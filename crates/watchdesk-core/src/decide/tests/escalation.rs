//! Up to the operator and back.

use super::world::{CUSTOMER, PREMIUM, World, hours, minutes, slug};
use crate::case::{AnswerOutcome, CaseStateKind, Evidence, Handing, HealthEvidence, Queue};
use crate::chase;
use crate::clock::{Clock, Objective};
use crate::command::{CaseCommand, Command, WordFrom, Words};
use crate::event::MessageKind;
use crate::facts::DelegatedAdmin;
use crate::refusal::{Because, Refusal};
use crate::rights::Role;
use crate::ticket::{Severity, StateKind};

fn fields(refusal: &Refusal) -> Vec<&'static str> {
    refusal.missing().iter().map(|missing| missing.field).collect()
}

#[test]
fn the_gate_names_every_missing_field() {
    let mut world = World::new();
    let id = world.in_state(StateKind::Triaged);
    let mut draft = world.case_draft();
    draft.reason = None;
    draft.summary = String::new();
    draft.evidence = Default::default();
    let refusal = world.try_command(id, Command::DraftCase(Box::new(draft))).expect_err("shut");
    assert_eq!(fields(&refusal), ["reason", "summary", "evidence.tried", "evidence.impact", "health_waiver"]);
    assert!(refusal.to_string().contains("exchange-online"), "{refusal}");
}

/// Fills one field in.
type Give = fn(&mut Evidence);

#[test]
fn each_field_that_a_category_asks_for_is_named_until_it_is_given() {
    let table: [(&str, &str, Give); 8] = [
        ("subscription_id", "evidence.subscription_id", |given| given.subscription_id = "s".to_owned()),
        ("order_id", "evidence.order_id", |given| given.order_id = "o".to_owned()),
        ("customer_id", "evidence.customer_id", |given| given.customer_id = "c".to_owned()),
        ("mpn_id", "evidence.mpn_id", |given| given.mpn_id = "m".to_owned()),
        ("domain_name", "evidence.domain_name", |given| given.domain_name = "d".to_owned()),
        ("invoice_number", "evidence.invoice_number", |given| given.invoice_number = "i".to_owned()),
        ("invoice_or_order", "evidence.invoice_number", |given| given.invoice_number = "i".to_owned()),
        ("invoice_or_order", "evidence.invoice_number", |given| given.order_id = "o".to_owned()),
    ];
    for (asked, field, give) in table {
        let mut world = World::new();
        let id = world.in_state(StateKind::Triaged);
        world.healthy();
        let category = world.tickets[&id].ticket.category.clone().expect("a category");
        world.desk.categories.get_mut(&category).expect("known").evidence = vec![asked.to_owned()];
        let mut draft = world.case_draft();
        draft.evidence = Evidence::default();
        let refusal = world.try_command(id, Command::DraftCase(Box::new(draft.clone()))).expect_err("shut");
        assert_eq!(fields(&refusal), [field], "{asked}");
        give(&mut draft.evidence);
        world.command(id, Command::DraftCase(Box::new(draft)));
    }
}

#[test]
fn health_is_checked_lately_or_waived_with_a_reason() {
    let mut world = World::new();
    let id = world.in_state(StateKind::Triaged);
    world.healthy();
    world.advance(minutes(61));
    let draft = world.case_draft();
    let refusal = world.try_command(id, Command::DraftCase(Box::new(draft.clone()))).expect_err("too long ago");
    assert_eq!(fields(&refusal), ["health_waiver"]);
    let waived = crate::command::DraftCase { health_waiver: Some("The health page is down.".to_owned()), ..draft };
    let case = waived.id;
    world.command(id, Command::DraftCase(Box::new(waived)));
    assert_eq!(world.cases[&case].health, HealthEvidence::Waived);
}

#[test]
fn severity_a_needs_premium_and_billing_tops_out_at_b() {
    let mut world = World::new();
    let standard = world.in_state(StateKind::Triaged);
    world.healthy();
    let draft = crate::command::DraftCase { severity: Some(Severity::A), ..world.case_draft() };
    let refusal = world.try_command(standard, Command::DraftCase(Box::new(draft.clone()))).expect_err("no premium");
    assert_eq!(fields(&refusal), ["severity"]);

    let open = world.opening(Some(PREMIUM));
    let premium = world.open_with(open);
    world.triage(premium, Severity::A);
    world.command(premium, Command::DraftCase(Box::new(draft)));

    let open = world.opening(Some(PREMIUM));
    let billing = world.open_with(open);
    let assignment = crate::command::Assignment::default();
    let service = Some(slug("exchange-online"));
    world.command(billing, Command::Triage { category: slug("billing"), service, severity: Severity::A, assignment });
    let draft = world.case_draft();
    let refusal = world.try_command(billing, Command::DraftCase(Box::new(draft))).expect_err("billing at A");
    assert!(refusal.to_string().contains("severity B at most"), "{refusal}");
}

#[test]
fn filing_tells_the_customer_and_the_answer_gives_the_ticket_back() {
    let mut world = World::new();
    let (id, case) = world.escalated();
    assert_eq!(world.state(id), StateKind::Escalated);
    assert!(world.notices().contains(&"passed_on"));
    let words = world.words("Closing.");
    let refusal = world.try_command(id, Command::Resolve { words }).expect_err("with the operator");
    assert!(refusal.way_out().contains("End the case first"), "{}", refusal.way_out());

    world.advance(hours(1));
    let words = world.words("We look into it.");
    let at = world.now - minutes(30);
    world.case_command(case, CaseCommand::Update { words, from: WordFrom::Operator, at });
    assert_eq!(world.cases[&case].acknowledged_at, Some(at), "a word is an acknowledgement");
    let words = world.words("Fixed in the backend.");
    let at = world.now;
    world.case_command(case, CaseCommand::Answer { words, outcome: AnswerOutcome::Solved, at });
    assert_eq!(world.state(id), StateKind::Triaged);
    assert!(world.notices().contains(&"case_answered"));
    world.resolve(id);
    let customer_sees = world.messages.iter().filter(|message| message.kind.is_for_customer());
    assert!(customer_sees.clone().count() >= 2);
    assert!(customer_sees.clone().all(|message| message.kind != MessageKind::Operator));
}

#[test]
fn one_case_for_many_tickets_reaches_them_all() {
    let mut world = World::new();
    let (first, case) = world.escalated();
    let second = world.in_state(StateKind::Triaged);
    world.case_command(case, CaseCommand::AddTicket { ticket: second });
    assert_eq!(world.state(second), StateKind::Escalated);
    assert_eq!(world.notices().iter().filter(|name| **name == "passed_on").count(), 2);
    let words = world.words("Fixed.");
    let at = world.now;
    world.case_command(case, CaseCommand::Answer { words, outcome: AnswerOutcome::Solved, at });
    assert_eq!((world.state(first), world.state(second)), (StateKind::Triaged, StateKind::Triaged));
}

#[test]
fn a_ticket_with_two_cases_comes_back_with_the_last() {
    let mut world = World::new();
    let (id, first) = world.escalated();
    let second = world.draft(id);
    let filing = world.filing();
    world.case_command(second, filing);
    world.case_command(first, CaseCommand::Withdraw { reason: "the other covers it".to_owned() });
    assert_eq!(world.state(id), StateKind::Escalated);
    let words = world.words("Not ours.");
    let at = world.now;
    world.case_command(second, CaseCommand::Refuse { words, at });
    assert_eq!(world.state(id), StateKind::Triaged);
}

#[test]
fn waiting_for_the_customer_while_escalated_goes_back_to_escalated() {
    let mut world = World::new();
    let (id, case) = world.escalated();
    world.ask(id, None);
    assert_eq!(world.state(id), StateKind::Waiting);
    let words = world.words("Done?");
    let refusal = world.try_command(id, Command::Resolve { words }).expect_err("case open");
    assert_eq!(refusal.because, Because::CaseOpen { reference: Some("SR-4711".to_owned()) });
    world.customer_writes(id);
    assert_eq!(world.state(id), StateKind::Escalated);
    world.ask(id, None);
    world.case_command(case, CaseCommand::Withdraw { reason: "solved".to_owned() });
    assert_eq!(world.state(id), StateKind::Waiting, "still for the customer");
    world.customer_writes(id);
    assert_eq!(world.state(id), StateKind::Triaged);
}

#[test]
fn the_customer_says_no_and_the_same_reference_goes_on() {
    let mut world = World::new();
    let (id, case) = world.escalated();
    let words = world.words("Try again.");
    let at = world.now;
    world.case_command(case, CaseCommand::Answer { words, outcome: AnswerOutcome::Solved, at });
    world.case_command(case, CaseCommand::Reopen);
    assert_eq!(world.state(id), StateKind::Escalated);
    assert_eq!(world.cases[&case].reference.as_deref(), Some("SR-4711"));
    assert_eq!(world.cases[&case].reopened_count, 1);
    let words = world.words("Now fixed.");
    world.case_command(case, CaseCommand::Answer { words, outcome: AnswerOutcome::Solved, at });
    world.resolve(id);
    let refusal = world.try_case(case, CaseCommand::Reopen).expect_err("the ticket is resolved");
    assert_eq!(refusal.because, Because::NoTicketInCase);
}

#[test]
fn a_finished_ticket_leaves_no_draft_behind() {
    let mut world = World::new();
    let id = world.in_state(StateKind::Triaged);
    let case = world.draft(id);
    world.resolve(id);
    assert_eq!(world.cases[&case].state.kind(), CaseStateKind::Withdrawn);
}

#[test]
fn a_sales_agent_may_not_escalate() {
    let mut world = World::new();
    let id = world.in_state(StateKind::Triaged);
    world.healthy();
    let draft = world.case_draft();
    let mut sales = world.actor(Role::Sales);
    if let crate::rights::Actor::Agent(agent) = &mut sales {
        agent.customers.insert(CUSTOMER);
    }
    let unit = crate::command::Unit::ticket(id, Command::DraftCase(Box::new(draft)));
    let refusal = world.execute_as(&sales, &unit).expect_err("sales");
    assert_eq!(refusal.because, Because::NotAllowed { role: Some(Role::Sales) });
}

#[test]
fn a_filing_recorded_late_answers_the_customer_only_when_he_is_told() {
    let mut world = World::new();
    let id = world.open();
    world.triage(id, Severity::B);
    world.advance(hours(3));
    let case = world.draft(id);
    let filed_at = world.now;
    world.advance(hours(2));
    world.healthy();
    let reference = "SR-1".to_owned();
    let channel = crate::case::FilingChannel::Portal;
    let file = CaseCommand::File {
        reference,
        channel,
        contact: None,
        severity: None,
        at: filed_at,
        handed: Default::default(),
    };
    world.case_command(case, file);
    let clock = world.clock(id, Objective::FirstResponse, 1);
    assert_eq!(clock.outcome, Some(crate::clock::Outcome::MetLate), "he was told five hours after he wrote");
    assert_eq!(world.cases[&case].filed_at, Some(filed_at), "the operator's time is that of the filing");
    let early = CaseCommand::Acknowledge { contact: None, at: filed_at - minutes(1) };
    assert_eq!(world.try_case(case, early).expect_err("before the filing").because, Because::BeforeFiling);
}

#[test]
fn a_waiver_that_is_taken_back_shuts_the_gate_again() {
    let mut world = World::new();
    let id = world.in_state(StateKind::Triaged);
    let draft = crate::command::DraftCase { health_waiver: Some("The page is down.".to_owned()), ..world.case_draft() };
    let case = draft.id;
    world.command(id, Command::DraftCase(Box::new(draft)));
    let taken_back = crate::command::AmendCase { health_waiver: Some(String::new()), ..Default::default() };
    world.case_command(case, CaseCommand::Amend(Box::new(taken_back)));
    let filing = world.filing();
    assert_eq!(fields(&world.try_case(case, filing).expect_err("shut")), ["health_waiver"]);
    world.healthy();
    let filing = world.filing();
    world.case_command(case, filing);
    assert_eq!(world.cases[&case].health, HealthEvidence::Checked { at: world.now }, "what the filing went by");
}

#[test]
fn a_refusal_is_told_to_the_owner() {
    let mut world = World::new();
    let (_, case) = world.escalated();
    let words = world.words("Not covered.");
    let at = world.now;
    world.case_command(case, CaseCommand::Refuse { words, at });
    assert!(world.notices().contains(&"case_answered"));
}

/// A customer may take the reseller's administration back at any time; the case then goes another way.
#[test]
fn without_delegated_administration_the_customer_files_or_nobody() {
    let mut world = World::new();
    let id = world.in_state(StateKind::Triaged);
    world.healthy();
    world.customers.get_mut(&CUSTOMER).expect("the ticket's").delegated_admin = DelegatedAdmin::Withdrawn;
    let refused = |world: &mut World, queue| {
        let draft =
            crate::command::DraftCase { handing: Handing { queue, ..Handing::default() }, ..world.case_draft() };
        let refusal = world.try_command(id, Command::DraftCase(Box::new(draft))).err();
        refusal.map(|refusal| refusal.missing().iter().map(|missing| (missing.field, missing.code)).collect::<Vec<_>>())
    };
    assert_eq!(refused(&mut world, Queue::CustomerRequest), Some(vec![("queue", "gate_delegated_admin")]));
    assert_eq!(refused(&mut world, Queue::PartnerCenterRequest), None);
    assert_eq!(refused(&mut world, Queue::CustomerFiles), None, "with our text");
}

#[test]
fn a_machine_of_the_operators_acknowledges_nothing() {
    let mut world = World::new();
    let (_, case) = world.escalated();
    world.advance(minutes(1));
    let (words, at) = (world.words("We have received your request."), world.now);
    world.case_command(case, CaseCommand::Update { words, from: WordFrom::OperatorDesk, at });
    let known = &world.cases[&case];
    assert_eq!((known.state.kind(), known.acknowledged_at), (CaseStateKind::Filed, None));
    assert_eq!(known.last_word_at, Some(at));
    let open = known.clocks.iter().find(|clock| clock.objective == Objective::UpstreamAcknowledgement);
    assert!(open.is_some_and(Clock::is_running), "an engineer still has to call");
    world.advance(minutes(5));
    let (words, at) = (world.words("Liu here."), world.now);
    world.case_command(case, CaseCommand::Update { words, from: WordFrom::Operator, at });
    assert_eq!(world.cases[&case].acknowledged_at, Some(at));
}

#[test]
fn what_the_operator_mails_is_told_to_each_owner_once() {
    let mut world = World::new();
    let (_, case) = world.escalated();
    let second = world.in_state(StateKind::Triaged);
    world.case_command(case, CaseCommand::AddTicket { ticket: second });
    let before = world.notices().iter().filter(|name| **name == "case_answered").count();
    let at = world.now;
    let words = Words { mail_id: Some("1@21vianet.example".to_owned()), ..world.words("We look into it.") };
    world.case_command(case, CaseCommand::Update { words, from: WordFrom::Operator, at });
    let told = world.notices().iter().filter(|name| **name == "case_answered").count() - before;
    let owners: std::collections::BTreeSet<_> =
        world.cases[&case].tickets.iter().filter_map(|id| world.tickets[id].ticket.owner).collect();
    assert_eq!(told, owners.len());
}

#[test]
fn a_person_with_two_tickets_is_told_once() {
    let mut world = World::new();
    let (first, case) = world.escalated();
    let second = world.in_state(StateKind::Triaged);
    world.case_command(case, CaseCommand::AddTicket { ticket: second });
    let (words, at) = (world.words("Fixed."), world.now);
    world.case_command(case, CaseCommand::Answer { words, outcome: AnswerOutcome::Solved, at });
    let words = world.words("Solved with the other one.");
    let early = Command::ResolveAlong { words: words.clone(), with: first };
    world.try_command(second, early.clone()).expect_err("the other one is not resolved");
    world.try_command(second, Command::ResolveAlong { words, with: second }).expect_err("not with itself");
    world.resolve(first);
    let mails = world.notices().iter().filter(|name| **name == "resolved").count();
    world.command(second, early);
    assert_eq!(world.state(second), StateKind::Resolved);
    assert_eq!(world.notices().iter().filter(|name| **name == "resolved").count(), mails, "no second mail");
}

#[test]
fn the_operator_is_reminded_when_a_word_is_near_or_overdue() {
    let mut world = World::new();
    let (_, case) = world.escalated();
    assert_eq!(chase::due(&world.cases[&case], world.now), None, "too early");
    let owed = world.case_clock(case, Objective::UpstreamAcknowledgement, 1).clone();
    let deadline = owed.deadline.expect("it runs");
    let near = deadline - minutes(1);
    let due = chase::due(&world.cases[&case], near).expect("near");
    assert_eq!((due.objective, due.deadline, due.over_s(near)), (owed.objective, deadline, None));
    let late = deadline + minutes(10);
    assert_eq!(chase::due(&world.cases[&case], late).and_then(|due| due.over_s(late)), Some(600));
    let (words, at) = (world.words("Liu here."), world.now);
    world.case_command(case, CaseCommand::Update { words, from: WordFrom::Operator, at });
    assert_eq!(chase::due(&world.cases[&case], world.now), None, "it spoke");
}
