//! What happened to a ticket's clocks, and why.

use super::{chain, retold, shanghai, told};
use crate::clock::{ClockState, Objective, Outcome};
use crate::command::{CallDirection, Command, FieldChanges};
use crate::decide::tests::world::{CONTACT, World, hours, minutes};
use crate::event::{ActorRef, StepRef};
use crate::explain::{Matched, Next, NothingOwed, Recomputed, SeverityBecause, StartedBy};
use crate::ids::TicketId;
use crate::rights::Role;
use crate::ticket::Severity;

use Objective::{FirstResponse, NextResponse, Resolution};

fn severity(world: &mut World, id: TicketId, to: Severity) {
    let change = FieldChanges { severity: Some(to), ..FieldChanges::default() };
    world.command(id, Command::Change(Box::new(change)));
}

#[test]
fn a_ticket_nobody_has_triaged_is_held_to_b_and_the_account_says_so() {
    let mut world = World::new();
    let id = world.open();
    world.advance(hours(1));
    let explanation = told(&world, id);
    assert_eq!(explanation.nothing_owed, None);
    let [first] = chain(&explanation.chains, FirstResponse, 1) else { panic!("one instance") };
    assert_eq!((first.state, first.used_s, first.terms.target_s), (ClockState::Running, 3_600, 14_400));
    assert_eq!((first.terms.rule.as_str(), first.terms.matched.as_slice()), ("standard 24x7", [].as_slice()));
    let held = first.terms.severity.as_ref().expect("a severity");
    assert_eq!((held.severity, &held.because), (Severity::B, &SeverityBecause::Untriaged));
    assert!(first.terms.calendar.always);
    assert_eq!(first.started_by, StartedBy::Opened);
    let Some(Next::Step { at, step: 0, ladder_step }) = &first.next else { panic!("the warning: {:?}", first.next) };
    assert_eq!((*at, ladder_step.percent), (first.started_at + hours(3), Some(75)));
}

#[test]
fn answered_late_reads_missed_at_the_deadline_and_met_late() {
    let mut world = World::new();
    world.now = shanghai("2026-03-02 06:00");
    let id = world.open();
    world.advance(hours(4) + minutes(5));
    world.reply(id);
    let explanation = told(&world, id);
    let [first] = chain(&explanation.chains, FirstResponse, 1) else { panic!("one instance") };
    assert_eq!((first.missed_at, first.over_s), (Some(shanghai("2026-03-02 10:00")), Some(300)));
    assert_eq!(
        retold(first),
        [
            "03-02 06:00 started: Opened",
            "03-02 10:00 Missed",
            "03-02 10:05 step 0 suppressed: Moot",
            "03-02 10:05 step 1 suppressed: Moot",
            "03-02 10:05 Ended { outcome: MetLate }",
        ]
    );
}

#[test]
fn c_raised_to_a_after_two_hours_is_explained() {
    let mut world = World::new();
    world.now = shanghai("2026-03-02 09:00");
    let id = world.open();
    world.triage(id, Severity::C);
    world.let_pass(hours(2));
    severity(&mut world, id, Severity::A);
    world.let_pass(minutes(1));
    let explanation = told(&world, id);
    let [untriaged, c, a] = chain(&explanation.chains, FirstResponse, 1) else { panic!("three instances") };
    assert_eq!(untriaged.outcome, Some(Outcome::Superseded));
    let because = |instance: &crate::explain::InstanceAccount| instance.terms.severity.clone().expect("held to");
    assert_eq!((because(c).severity, because(c).because), (Severity::C, SeverityBecause::AsTriaged));
    let by = ActorRef::Agent(world.agent);
    let changed = SeverityBecause::Changed { from: Some(Severity::C), at: shanghai("2026-03-02 11:00"), by };
    assert_eq!((because(a).severity, because(a).because), (Severity::A, changed));
    let raised = Recomputed::Severity { from: Some(Severity::C), to: Severity::A, by };
    assert_eq!(
        retold(a),
        [
            "03-02 10:00 Missed".to_owned(),
            format!("03-02 11:00 took over from 2: {:?}", [raised]),
            "03-02 11:00 step 0 suppressed: Recomputed".to_owned(),
            "03-02 11:00 step 1 told 2 and 0 elsewhere".to_owned(),
        ]
    );
    assert_eq!(a.missed_at, Some(shanghai("2026-03-02 10:00")));
}

#[test]
fn a_call_recorded_late_is_told_as_a_correction() {
    let mut world = World::new();
    world.now = shanghai("2026-03-02 06:00");
    let id = world.open();
    world.triage(id, Severity::B);
    world.advance(hours(3) + minutes(50));
    let called = world.now;
    world.let_pass(minutes(15));
    let words = world.words("Spoke to the customer.");
    world.command(id, Command::LogCall { words, direction: CallDirection::Outbound, at: called });
    let explanation = told(&world, id);
    let [first] = chain(&explanation.chains, FirstResponse, 1) else { panic!("one instance") };
    assert_eq!((first.missed_at, first.outcome), (None, Some(Outcome::Met)));
    assert_eq!(
        retold(first),
        [
            "03-02 06:00 started: Opened",
            "03-02 09:50 step 0 told 1 and 0 elsewhere",
            "03-02 09:50 Ended { outcome: Met } (recorded 03-02 10:05)",
            "03-02 10:00 Missed",
            "03-02 10:00 step 1 told 2 and 0 elsewhere",
            "03-02 10:05 Corrected { by: System }",
        ]
    );
}

#[test]
fn waiting_and_reopening_are_told_where_they_happened() {
    let mut world = World::new();
    world.now = shanghai("2026-03-02 08:00");
    let id = world.open();
    world.triage(id, Severity::B);
    world.advance(hours(1));
    world.ask(id, None);
    world.advance(hours(2));
    world.customer_writes(id);
    world.advance(hours(1));
    world.resolve(id);
    world.advance(hours(10));
    world.customer_writes(id);
    let explanation = told(&world, id);
    let [first] = chain(&explanation.chains, Resolution, 1) else { panic!("one instance") };
    assert_eq!(
        retold(first),
        [
            "03-02 08:00 started: Opened",
            "03-02 09:00 paused: waiting",
            "03-02 11:00 Resumed",
            "03-02 12:00 Ended { outcome: Met }",
        ]
    );
    assert_eq!(first.used_s, 2 * 3600);
    let [second] = chain(&explanation.chains, Resolution, 2) else { panic!("one instance") };
    let reopened = StartedBy::Reopened { at: shanghai("2026-03-02 22:00"), continues: true };
    assert_eq!((&second.started_by, second.started_at), (&reopened, shanghai("2026-03-02 08:00")));
    assert_eq!(retold(second)[0], format!("03-02 22:00 started: {reopened:?}"));
    assert_eq!(second.used_s, 2 * 3600, "the resolved span does not count");
    assert_eq!(second.deadline, Some(shanghai("2026-03-03 20:00")));
    let [next] = chain(&explanation.chains, NextResponse, 2) else { panic!("one instance") };
    assert!(matches!(next.started_by, StartedBy::CustomerWrote { message: Some(_), contact: Some(CONTACT) }));
}

#[test]
fn an_excuse_and_its_reason_are_told() {
    let mut world = World::new();
    let id = world.open();
    world.advance(hours(5));
    world.reply(id);
    let clock = world.clock(id, FirstResponse, 1).id;
    let lead = world.actor(Role::Lead);
    let excuse = Command::Excuse { clock, reason: Some("Power cut.".to_owned()) };
    world.execute_as(&lead, &crate::command::Unit::ticket(id, excuse)).expect("excused");
    let explanation = told(&world, id);
    let [first] = chain(&explanation.chains, FirstResponse, 1) else { panic!("one instance") };
    assert_eq!(first.excuse.as_ref().map(|excuse| excuse.by), Some(world.lead));
    assert!(retold(first).last().expect("a line").contains("Power cut."), "{:?}", retold(first));
}

#[test]
fn a_call_that_nobody_answers_is_told_with_who_is_next() {
    let mut world = World::new();
    world.policy(
        r#"{"slug": "standard", "rules": [{"name": "one", "calendar": "always", "targets": {"resolution": {"B": 86400}},
        "ladders": {"resolution": [{"percent": 50, "tell": ["assignee"], "acknowledge_within_s": 600},
                                   {"percent": 90, "tell": ["managers"], "acknowledge_within_s": 600},
                                   {"percent": 100, "tell": ["leads"], "acknowledge_within_s": 600}]}}]}"#,
    );
    world.now = shanghai("2026-03-02 00:00");
    let id = world.open();
    world.triage(id, Severity::B);
    world.let_pass(hours(12));
    let clock = world.clock(id, Resolution, 1).id;
    let (at, step) = (world.now, StepRef { step: 0, repetition: 0 });
    world.system(id, Command::StepDelivered { clock, step, at });
    let explanation = told(&world, id);
    let [resolution] = chain(&explanation.chains, Resolution, 1) else { panic!("one instance") };
    let Some(Next::TimeOut { at, step: 0, repetition: 0, then: Some(then) }) = &resolution.next else {
        panic!("a time-out: {:?}", resolution.next)
    };
    assert_eq!((*at, then.percent), (shanghai("2026-03-02 12:10"), Some(90)));
    world.let_pass(minutes(11));
    let explanation = told(&world, id);
    let [resolution] = chain(&explanation.chains, Resolution, 1) else { panic!("one instance") };
    assert_eq!(
        retold(resolution)[1..],
        [
            "03-02 12:00 step 0 told 1 and 0 elsewhere",
            "03-02 12:10 step 1 reached nobody",
            "03-02 12:10 step 2 told 1 and 0 elsewhere",
            "03-02 12:10 StepUnanswered { step: 0, repetition: 0 }",
        ]
    );
    world.command(id, Command::AcknowledgeLadder { clock: None });
    let explanation = told(&world, id);
    let [resolution] = chain(&explanation.chains, Resolution, 1) else { panic!("one instance") };
    assert!(retold(resolution).last().expect("a line").contains("StepAcknowledged"));
}

#[test]
fn where_nothing_is_owed_the_rule_that_says_so_is_named() {
    let mut world = World::new();
    let id = world.open();
    let tags = FieldChanges { tags: Some(["internal".to_owned()].into()), ..FieldChanges::default() };
    world.command(id, Command::Change(Box::new(tags)));
    let explanation = told(&world, id);
    let [first] = chain(&explanation.chains, FirstResponse, 1) else { panic!("it was owed once") };
    assert_eq!(first.state, ClockState::Ended);
    world.policy(r#"{"slug": "none", "rules": [{"name": "nothing for anybody", "no_sla": true}]}"#);
    let id = world.open();
    let named = NothingOwed::Rule { name: "nothing for anybody".to_owned(), policy_version: 1 };
    assert_eq!(told(&world, id).nothing_owed, Some(named));
    let mut open = world.opening(None);
    open.imported = true;
    let id = world.open_with(open);
    assert_eq!(told(&world, id).nothing_owed, Some(NothingOwed::Imported));
}

#[test]
fn the_conditions_that_matched_are_named_with_what_met_them() {
    let mut world = World::new();
    world.policy(
        r#"{"slug": "standard", "rules": [
        {"name": "mail of standard customers", "calendar": "always",
         "when": {"tiers": ["standard"], "services": ["exchange-online"], "severities": ["A"], "channels": ["mail"]},
         "targets": {"resolution": {"A": 3600}}},
        {"name": "the rest", "calendar": "always", "targets": {"resolution": {"A": 86400, "B": 86400, "C": 86400}}}]}"#,
    );
    let id = world.open();
    world.triage(id, Severity::A);
    let explanation = told(&world, id);
    let [rest, mail] = chain(&explanation.chains, Resolution, 1) else { panic!("two instances") };
    assert_eq!((rest.terms.rule.as_str(), rest.terms.matched.len()), ("the rest", 0));
    let slug = crate::decide::tests::world::slug;
    assert_eq!(
        mail.terms.matched,
        [
            Matched::Tier(slug("standard")),
            Matched::Service(slug("exchange-online")),
            Matched::Severity(Severity::A),
            Matched::Channel(crate::ticket::Channel::Mail),
        ]
    );
    let took_over = &retold(mail)[0];
    assert!(took_over.contains("Service") && took_over.contains("Severity"), "{took_over}");
}

#[test]
fn the_account_can_be_written_as_json() {
    let mut world = World::new();
    let id = world.open();
    world.triage(id, Severity::C);
    world.let_pass(hours(2));
    severity(&mut world, id, Severity::A);
    world.ask(id, None);
    let json = serde_json::to_value(told(&world, id)).expect("JSON");
    let a = &json["chains"][0]["instances"][2];
    assert_eq!(a["terms"]["severity"]["because"], "changed");
    assert_eq!(a["story"][1]["what"]["kind"], "took_over");
    assert_eq!(a["legs"][0]["kind"], "open");
}
