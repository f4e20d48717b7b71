//! What counts, how often, and how exactly.

use proptest::prelude::*;
use uuid::Uuid;

use super::{About, EXACT_MAX, GroupBy, Month, ROWS_MAX, Reading, Report, Row, Share, SlaReport, Verdict, readings};
use crate::clock::Objective;
use crate::command::{CloseReason, Command, FieldChanges, Unit};
use crate::decide::tests::world::{World, hours, minutes};
use crate::ids::{CustomerId, TicketId};
use crate::rights::Role;
use crate::ticket::Severity;

use Objective::{FirstResponse, Resolution};

fn of(world: &World, id: TicketId) -> Vec<Reading> {
    readings(&world.tickets[&id].clocks, &About::default(), world.now)
}

fn one(world: &World, id: TicketId, objective: Objective) -> Reading {
    let mut found: Vec<Reading> = of(world, id).into_iter().filter(|it| it.objective == objective).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

fn reported(readings: &[Reading], groups: &[GroupBy]) -> SlaReport {
    let mut report = Report::new(groups.iter().copied());
    readings.iter().for_each(|reading| report.add(reading));
    report.finish()
}

fn severity(world: &mut World, id: TicketId, to: Severity) {
    let change = FieldChanges { severity: Some(to), ..FieldChanges::default() };
    world.command(id, Command::Change(Box::new(change)));
}

#[test]
fn a_chain_of_revisions_counts_once_and_a_lowered_miss_stays_one() {
    let mut world = World::new();
    let id = world.open();
    world.triage(id, Severity::A);
    world.let_pass(hours(2));
    severity(&mut world, id, Severity::C);
    world.reply(id);
    let clock = world.clock(id, FirstResponse, 1);
    assert!((clock.lowered, clock.missed_at) == (true, None), "its own target is kept");
    let reading = one(&world, id, FirstResponse);
    assert_eq!((reading.verdict, reading.used_s), (Verdict::MetLate, Some(7_200)));
}

#[test]
fn a_reopened_ticket_that_goes_on_is_missed_at_most_once() {
    let mut world = World::new();
    let id = world.open();
    world.triage(id, Severity::A);
    world.advance(hours(9));
    world.resolve(id);
    world.advance(hours(5));
    world.customer_writes(id);
    world.advance(hours(1));
    let report = reported(&of(&world, id), &[]);
    let row = report.totals.iter().find(|row| row.objective == Resolution).expect("a row");
    assert_eq!((row.figures.total, row.figures.missed_running), (1, 1), "missed, and still running again");
    world.resolve(id);
    let reading = one(&world, id, Resolution);
    assert_eq!((reading.verdict, reading.used_s), (Verdict::MetLate, Some(10 * 3600)));
}

#[test]
fn an_overdue_clock_is_missed_whether_or_not_it_is_on_record_yet() {
    let mut world = World::new();
    let id = world.open();
    world.advance(hours(4));
    assert_eq!(one(&world, id, FirstResponse).verdict, Verdict::Running);
    world.advance(minutes(1));
    assert_eq!(one(&world, id, FirstResponse).verdict, Verdict::MissedRunning);
}

#[test]
fn raw_and_excused_figures_stand_side_by_side_and_cancelled_ones_apart() {
    let mut world = World::new();
    let mut all = Vec::new();
    let lead = world.actor(Role::Lead);
    for minutes_late in [-1, -1, -1, 5, 10] {
        let id = world.open();
        world.advance(hours(4) + minutes(minutes_late));
        world.reply(id);
        if minutes_late == 10 {
            let clock = world.clock(id, FirstResponse, 1).id;
            let excuse = Command::Excuse { clock, reason: Some("Outage.".to_owned()) };
            world.execute_as(&lead, &Unit::ticket(id, excuse)).expect("excused");
        }
        all.push(one(&world, id, FirstResponse));
    }
    let spam = world.open();
    world.advance(hours(5));
    world.command(spam, Command::Close { reason: CloseReason::Spam });
    all.push(one(&world, spam, FirstResponse));
    let report = reported(&all, &[]);
    let figures = &report.totals[0].figures;
    assert_eq!((figures.total, figures.met, figures.met_late, figures.excused), (5, 3, 2, 1));
    assert_eq!((figures.cancelled, figures.cancelled_missed), (1, 1));
    assert_eq!((figures.raw, figures.with_excuses), (Share { met: 3, of: 5 }, Share { met: 3, of: 4 }));
    assert_eq!(figures.with_excuses.fraction(), Some(0.75));
    let used = figures.used.expect("seconds");
    assert_eq!((used.count, used.slowest_s, used.p50_s, used.is_exact), (5, 15_000, 14_340, true));
    assert!(report.rows.is_empty());
}

#[test]
fn an_excuse_that_was_revoked_after_a_change_excuses_nothing() {
    let mut world = World::new();
    let id = world.open();
    world.triage(id, Severity::A);
    world.let_pass(hours(2));
    let lead = world.actor(Role::Lead);
    let clock = world.clock(id, FirstResponse, 1).id;
    let excuse = Command::Excuse { clock, reason: Some("Outage.".to_owned()) };
    world.execute_as(&lead, &Unit::ticket(id, excuse)).expect("excused");
    severity(&mut world, id, Severity::C);
    assert!(one(&world, id, FirstResponse).excused, "carried along");
    let clock = world.clock(id, FirstResponse, 1).id;
    world.execute_as(&lead, &Unit::ticket(id, Command::Excuse { clock, reason: None })).expect("revoked");
    assert!(!one(&world, id, FirstResponse).excused);
}

fn reading(about: About, used_s: i64) -> Reading {
    Reading { objective: Resolution, about, verdict: Verdict::Met, excused: false, used_s: Some(used_s) }
}

#[test]
fn rows_are_by_what_was_asked_for() {
    let about = |severity, month| About { severity: Some(severity), month: Some(month), ..About::default() };
    let (january, february) = (Month { year: 2026, month: 1 }, Month { year: 2026, month: 2 });
    let all = [
        reading(about(Severity::A, january), 1),
        reading(about(Severity::A, february), 2),
        reading(about(Severity::B, february), 3),
    ];
    let counts = |report: &SlaReport| -> Vec<(About, u64)> {
        report.rows.iter().map(|row: &Row| (row.key.clone(), row.figures.total)).collect()
    };
    let by_month = reported(&all, &[GroupBy::Month]);
    let month = |month| About { month: Some(month), ..About::default() };
    assert_eq!(counts(&by_month), [(month(january), 1), (month(february), 2)]);
    assert_eq!(by_month.totals[0].figures.total, 3);
    assert_eq!(reported(&all, &[GroupBy::Severity, GroupBy::Month]).rows.len(), 3);
    assert_eq!(serde_json::to_value(&by_month).expect("JSON")["rows"][1]["key"]["month"], "2026-02");
}

#[test]
fn a_month_is_that_of_the_readers_wall() {
    let new_year = crate::Instant::from_timestamp(1_767_196_800, 0).expect("an instant");
    assert_eq!(Month::of(new_year, chrono_tz::Asia::Shanghai).to_string(), "2026-01");
    assert_eq!(Month::of(new_year, chrono_tz::UTC).to_string(), "2025-12");
}

#[test]
fn more_groups_than_a_report_keeps_become_one_row() {
    let customer = |n: usize| About { customer: Some(CustomerId(Uuid::from_u128(n as u128))), ..About::default() };
    let all: Vec<Reading> = (0..ROWS_MAX + 10).map(|n| reading(customer(n), 60)).collect();
    let report = reported(&all, &[GroupBy::Customer]);
    assert_eq!(report.rows.len(), ROWS_MAX + 1);
    let rest = report.rows.last().expect("a row");
    assert_eq!((rest.is_rest, rest.figures.total, &rest.key), (true, 10, &About::default()));
}

proptest! {
    /// Percentiles of any number of values are those of the sorted list, exactly or within 0.8 %.
    #[test]
    fn percentiles_are_near_those_of_the_whole_list(
        values in proptest::collection::vec(prop_oneof![0_i64..100, 0_i64..100_000, 0_i64..1_000_000_000], 1..1_000),
    ) {
        let all: Vec<Reading> = values.iter().map(|used_s| reading(About::default(), *used_s)).collect();
        let used = reported(&all, &[]).totals[0].figures.used.expect("seconds");
        let mut sorted = values.clone();
        sorted.sort_unstable();
        prop_assert_eq!(used.slowest_s, *sorted.last().expect("a value"));
        prop_assert_eq!(used.mean_s, sorted.iter().sum::<i64>() / i64::try_from(sorted.len()).expect("few"));
        prop_assert_eq!(used.is_exact, values.len() <= EXACT_MAX);
        for (percent, found) in [(50, used.p50_s), (90, used.p90_s), (95, used.p95_s), (99, used.p99_s)] {
            let exact = sorted[(sorted.len() * percent).div_ceil(100).max(1) - 1];
            let off = (found - exact).abs();
            prop_assert!(if used.is_exact { off == 0 } else { off * 125 <= exact }, "p{}: {} for {}", percent, found, exact);
        }
    }
}

#[test]
fn a_million_readings_take_no_more_room_than_a_thousand() {
    let mut report = Report::new([]);
    for n in 0_i64..1_000_000 {
        report.add(&reading(About::default(), n));
    }
    let used = report.finish().totals[0].figures.used.expect("seconds");
    assert_eq!((used.count, used.slowest_s, used.mean_s), (1_000_000, 999_999, 499_999));
    assert!((used.p95_s - 950_000).abs() < 950_000 / 125, "{used:?}");
}

#[test]
fn a_chain_is_decided_once_by_its_first_miss_or_its_end() {
    let mut world = World::new();
    let id = world.open();
    world.triage(id, Severity::B);
    let at = |world: &World, objective| {
        let all = super::decided(&world.tickets[&id].clocks, &About::default(), world.now);
        all.into_iter().find(|(_, reading)| reading.objective == objective).expect("a chain").0
    };
    assert_eq!(at(&world, FirstResponse), None, "it goes on and is kept so far");
    let deadline = world.clock(id, FirstResponse, 1).deadline;
    world.advance(hours(5));
    assert_eq!(at(&world, FirstResponse), deadline, "missed, on record or not");
    world.reply(id);
    assert_eq!(at(&world, FirstResponse), deadline, "answered late, it was missed when it was missed");
    world.advance(hours(1));
    world.resolve(id);
    assert_eq!(at(&world, Resolution), Some(world.now), "kept, it was decided when it was done");
}
