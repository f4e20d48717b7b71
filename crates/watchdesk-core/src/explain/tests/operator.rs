//! What the operator owes, on its own hours.

use super::{chain, jotted, retold, shanghai, told};
use crate::clock::{ClockState, Objective};
use crate::command::{CaseCommand, WordFrom};
use crate::decide::tests::world::{World, hours};
use crate::explain::{SeverityBecause, StartedBy};
use crate::ticket::Severity;

use Objective::{UpstreamAcknowledgement, UpstreamUpdate};

#[test]
fn a_case_filed_in_the_evening_is_due_in_the_morning_and_the_night_says_why() {
    let mut world = World::new();
    world.now = shanghai("2026-03-02 22:00");
    let (id, case) = world.escalated();
    let explanation = told(&world, id);
    let [told_case] = explanation.cases.as_slice() else { panic!("one case") };
    assert_eq!((told_case.case, told_case.reference.as_deref()), (case, Some("SR-4711")));
    let [clock] = chain(&told_case.chains, UpstreamAcknowledgement, 1) else { panic!("one instance") };
    assert_eq!(clock.started_by, StartedBy::CaseFiled);
    assert_eq!(clock.terms.severity.as_ref().map(|held| &held.because), Some(&SeverityBecause::AsFiled));
    assert_eq!(
        jotted(&clock.legs),
        [
            "03-02 22:00 - 03-03 00:00: 120 min",
            "03-03 00:00 - 03-03 09:00: closed: [Night]",
            "03-03 09:00 - 03-03 11:00: 120 min",
        ]
    );
}

#[test]
fn while_the_case_waits_for_us_the_operators_clock_stands_still() {
    let mut world = World::new();
    world.now = shanghai("2026-03-02 10:00");
    let (id, case) = world.escalated();
    world.advance(hours(1));
    let at = world.now;
    world.case_command(case, CaseCommand::WaitOnUs { at });
    world.advance(hours(3));
    let explanation = told(&world, id);
    let [clock] = chain(&explanation.cases[0].chains, UpstreamUpdate, 2) else { panic!("one instance") };
    assert_eq!((clock.state, &clock.started_by), (ClockState::Paused, &StartedBy::OperatorAsked));
    let (words, at) = (world.words("Here are the traces."), world.now);
    world.case_command(case, CaseCommand::Update { words, from: WordFrom::Us, at });
    let explanation = told(&world, id);
    let [clock] = chain(&explanation.cases[0].chains, UpstreamUpdate, 2) else { panic!("one instance") };
    assert_eq!(
        retold(clock),
        ["03-02 11:00 started: OperatorAsked", "03-02 11:00 paused: WaitingOnUs", "03-02 14:00 Resumed"]
    );
}

#[test]
fn what_the_operator_lowered_is_named() {
    let mut world = World::new();
    world.now = shanghai("2026-03-02 10:00");
    let (id, case) = world.escalated();
    world.advance(hours(1));
    world.case_command(case, CaseCommand::ChangeSeverity { severity: Severity::C });
    let explanation = told(&world, id);
    let [b, c] = chain(&explanation.cases[0].chains, UpstreamAcknowledgement, 1) else { panic!("two instances") };
    let severity = |it: &crate::explain::InstanceAccount| it.terms.severity.as_ref().map(|held| held.severity);
    assert_eq!((severity(b), severity(c)), (Some(Severity::B), Some(Severity::C)));
    assert!(retold(c)[0].contains("took over from 1: [CaseSeverity { to: C }]"), "{:?}", retold(c));
}
