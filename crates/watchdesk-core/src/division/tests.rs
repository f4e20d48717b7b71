//! Whose time it was, as stories and as a property.

use chrono::Duration;
use proptest::prelude::*;
use uuid::Uuid;

use super::{Division, Shares, Whose, time};
use crate::Instant;
use crate::case::AnswerOutcome;
use crate::command::{CaseCommand, CloseReason, Command, WordFrom};
use crate::decide::tests::world::{World, hours, minutes};
use crate::desk::AppliesTo;
use crate::event::{ActorRef, Event, EventKind};
use crate::ids::{CaseId, ContactId, TicketId, TicketNumber};
use crate::ticket::{Channel, Closing, Merged, Severity, State};

use Whose::{Customers, Operators, Ours};

fn divided(world: &World, id: TicketId) -> Division {
    let stored = &world.tickets[&id];
    let cases: Vec<_> = world.cases.values().cloned().collect();
    time(&world.desk, &stored.events, &stored.clocks, &cases, world.now).expect("it was opened")
}

/// Hours and whose they were, in order.
fn told(division: &Division) -> Vec<(i64, Whose)> {
    division.intervals.iter().map(|it| ((it.to - it.from).num_hours(), it.whose)).collect()
}

fn answer(world: &mut World, case: CaseId) {
    let (words, at) = (world.words("Fixed on our side."), world.now);
    world.case_command(case, CaseCommand::Answer { words, outcome: AnswerOutcome::Solved, at });
}

#[test]
fn each_hour_is_somebodys() {
    let mut world = World::new();
    let (id, case) = world.escalated();
    world.advance(hours(2));
    let at = world.now;
    world.case_command(case, CaseCommand::WaitOnUs { at });
    world.advance(hours(3));
    let (words, at) = (world.words("Here it is."), world.now);
    world.case_command(case, CaseCommand::Update { words, from: WordFrom::Us, at });
    world.advance(hours(4));
    world.ask(id, None);
    world.advance(hours(5));
    world.customer_writes(id);
    world.advance(hours(6));
    answer(&mut world, case);
    world.advance(hours(7));
    world.resolve(id);
    world.advance(hours(50));
    let division = divided(&world, id);
    let whose = [(2, Operators), (3, Ours), (4, Operators), (5, Customers), (6, Operators), (7, Ours)];
    assert_eq!(told(&division), whose, "waiting for the customer comes before being with the operator");
    let shares = Shares { whole_s: 27 * 3600, customers_s: 5 * 3600, operators_s: 12 * 3600, ours_s: 10 * 3600 };
    assert_eq!((division.wall, division.is_finished), (shares, true));
    assert_eq!(division.calendar.expect("a calendar").shares, shares, "24 x 7");
}

#[test]
fn what_was_resolved_and_taken_up_again_rested_with_the_customer() {
    let mut world = World::new();
    let id = world.open();
    world.triage(id, Severity::B);
    world.advance(hours(1));
    world.resolve(id);
    world.advance(hours(20));
    assert_eq!(told(&divided(&world, id)), [(1, Ours)], "resolved: it ends there");
    world.customer_writes(id);
    world.advance(hours(2));
    let division = divided(&world, id);
    assert_eq!((told(&division), division.is_finished), (vec![(1, Ours), (20, Customers), (2, Ours)], false));
    world.resolve(id);
    world.advance(hours(200));
    world.command(id, Command::Close { reason: CloseReason::Solved });
    assert_eq!(told(&divided(&world, id)), [(1, Ours), (20, Customers), (2, Ours)], "closing adds nothing");
}

#[test]
fn a_draft_and_a_snooze_are_ours() {
    let mut world = World::new();
    let id = world.open();
    world.triage(id, Severity::B);
    world.draft(id);
    world.advance(hours(3));
    let until = world.now + hours(4);
    world.command(id, Command::Snooze { until });
    world.advance(hours(4));
    assert_eq!(told(&divided(&world, id)), [(7, Ours)]);
}

#[test]
fn a_filing_recorded_late_counts_from_the_time_it_was_filed() {
    let mut world = World::new();
    let id = world.open();
    world.triage(id, Severity::B);
    let case = world.draft(id);
    world.advance(hours(1));
    let filing = world.filing();
    world.advance(minutes(30));
    world.healthy();
    world.case_command(case, filing);
    world.advance(minutes(30));
    assert_eq!(told(&divided(&world, id)), [(1, Ours), (1, Operators)]);
}

#[test]
fn a_case_counts_for_a_ticket_from_the_joining_on() {
    let mut world = World::new();
    let joiner = world.in_state(crate::ticket::StateKind::Triaged);
    let (_, case) = world.escalated();
    world.advance(hours(3));
    world.healthy();
    world.case_command(case, CaseCommand::AddTicket { ticket: joiner });
    world.advance(hours(2));
    let acknowledged = world.now - hours(4);
    world.case_command(case, CaseCommand::Acknowledge { contact: None, at: acknowledged });
    world.advance(hours(1));
    assert_eq!(told(&divided(&world, joiner)), [(3, Ours), (3, Operators)]);
}

#[test]
fn a_ticket_that_joins_a_case_that_waits_on_us_is_ours() {
    let mut world = World::new();
    let joiner = world.in_state(crate::ticket::StateKind::Triaged);
    let (_, case) = world.escalated();
    let at = world.now;
    world.case_command(case, CaseCommand::WaitOnUs { at });
    world.advance(hours(3));
    world.healthy();
    world.case_command(case, CaseCommand::AddTicket { ticket: joiner });
    world.advance(hours(2));
    assert_eq!(told(&divided(&world, joiner)), [(5, Ours)]);
}

#[test]
fn a_merge_moves_the_case_and_an_unmerge_never_happened() {
    let mut world = World::new();
    let (escalated, _) = world.escalated();
    let survivor = world.in_state(crate::ticket::StateKind::Triaged);
    world.advance(hours(2));
    world.command(escalated, Command::Merge { into: survivor });
    world.advance(hours(3));
    assert_eq!(told(&divided(&world, escalated)), [(2, Operators)], "it ends with the merge");
    assert_eq!(told(&divided(&world, survivor)), [(2, Ours), (3, Operators)]);
    world.command(escalated, Command::Unmerge);
    world.advance(hours(1));
    assert_eq!(told(&divided(&world, escalated)), [(6, Operators)]);
    assert_eq!(told(&divided(&world, survivor)), [(6, Ours)]);
}

#[test]
fn in_the_policys_calendar_nights_are_nobodys() {
    let mut world = World::new();
    world.policy(
        r#"{"slug": "standard", "rules": [{"name": "office", "calendar": "office",
        "targets": {"resolution": {"B": 36000, "C": 36000}}}]}"#,
    );
    let office =
        r#"{"time_zone": "Asia/Shanghai", "hours": {"mon": [["09:00", "18:00"]], "tue": [["09:00", "18:00"]]}}"#;
    world.calendar("office", office, AppliesTo::Running);
    let id = world.open();
    world.triage(id, Severity::B);
    world.advance(hours(4));
    world.ask(id, None);
    world.advance(hours(24));
    let division = divided(&world, id);
    assert_eq!(told(&division), [(4, Ours), (24, Customers)]);
    let in_calendar = division.calendar.expect("a calendar");
    let shares = Shares { whole_s: 13 * 3600, customers_s: 9 * 3600, operators_s: 0, ours_s: 4 * 3600 };
    assert_eq!((in_calendar.slug.as_str(), in_calendar.shares), ("office", shares));
}

fn opened() -> EventKind {
    EventKind::Opened {
        number: TicketNumber(1),
        requester: ContactId(Uuid::nil()),
        customer: None,
        mailbox: None,
        channel: Channel::Mail,
        category: None,
        service: None,
        severity: None,
        team: None,
        imported: false,
    }
}

/// Any of the events that matter here, in any order, sensible or not.
fn event_kinds() -> impl Strategy<Value = EventKind> {
    let case = || (0_u128..3).prop_map(|n| CaseId(Uuid::from_u128(n)));
    let at = Instant::UNIX_EPOCH;
    let other = TicketId(Uuid::from_u128(7));
    let merged = Merged { of: other, was: State::Triaged, cases: Default::default(), participants: Default::default() };
    let states = prop::sample::select(vec![
        State::Triaged,
        State::Waiting { until: None },
        State::Escalated,
        State::Resolved { at },
        State::Closed { at, reason: Closing::Solved },
        State::Closed { at, reason: Closing::Duplicate(Box::new(merged)) },
    ]);
    prop_oneof![
        3 => states.prop_map(|to| EventKind::Moved { to }),
        1 => case().prop_map(|case| EventKind::CaseJoined { case }),
        2 => case().prop_map(|case| EventKind::CaseFiled { case, severity: Severity::B }),
        1 => case().prop_map(|case| EventKind::CaseAcknowledged { case }),
        1 => case().prop_map(|case| EventKind::CaseWaitsOnUs { case }),
        1 => case().prop_map(|case| EventKind::CaseAnswered { case, outcome: AnswerOutcome::Solved }),
        1 => case().prop_map(|case| EventKind::CaseWithdrawn { case }),
        1 => case().prop_map(|case| EventKind::CaseReopened { case }),
        1 => case().prop_map(move |case| EventKind::CaseMoved { case, to: other }),
    ]
}

proptest! {
    /// Whatever happened, in whatever order it was put on record: the three shares are the whole, in wall seconds and
    /// in the calendar's, and the intervals follow each other without a gap.
    #[test]
    fn the_three_shares_are_the_whole(
        facts in proptest::collection::vec((0_i64..1_000_000, event_kinds()), 0..40),
        now_s in 0_i64..1_200_000,
    ) {
        let mut world = World::new();
        let id = world.open();
        let clocks = world.tickets[&id].clocks.clone();
        let opened_at = world.now;
        let kinds = std::iter::once((0, opened())).chain(facts);
        let events: Vec<Event> = (1..).zip(kinds).map(|(seq, (at_s, kind))| {
            let at = opened_at + Duration::seconds(at_s);
            Event { ticket: id, seq, at, recorded_at: at, actor: ActorRef::System, kind }
        }).collect();
        let now = opened_at + Duration::seconds(now_s);
        let division = time(&world.desk, &events, &clocks, &[], now).expect("it was opened");
        let shares = [Some(division.wall), division.calendar.map(|it| it.shares)].into_iter().flatten();
        for shares in shares {
            prop_assert_eq!(shares.customers_s + shares.operators_s + shares.ours_s, shares.whole_s);
            prop_assert_eq!(shares.whole_s, (division.to - division.from).num_seconds());
            prop_assert!(shares.customers_s >= 0 && shares.operators_s >= 0 && shares.ours_s >= 0);
        }
        let mut reached = division.from;
        for interval in &division.intervals {
            prop_assert_eq!(interval.from, reached);
            prop_assert!(interval.from < interval.to);
            reached = interval.to;
        }
        prop_assert_eq!(reached, division.to);
        prop_assert!(division.intervals.windows(2).all(|pair| pair[0].whose != pair[1].whose));
        if !division.is_finished {
            prop_assert_eq!(division.to, now);
        }
    }
}
