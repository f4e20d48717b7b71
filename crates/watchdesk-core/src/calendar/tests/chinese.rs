//! The Chinese working calendar of 2025 and 2026, with its make-up working days.

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::super::{Calendar, Deadline};
use super::{HOUR, MINUTE, at, calendar, check_due, check_elapsed, deadline, office, pause, with};

const OFF: [(&str, &str); 13] = [
    ("2025-01-01", "2025-01-01"),
    ("2025-01-28", "2025-02-04"),
    ("2025-04-04", "2025-04-06"),
    ("2025-05-01", "2025-05-05"),
    ("2025-05-31", "2025-06-02"),
    ("2025-10-01", "2025-10-08"),
    ("2026-01-01", "2026-01-03"),
    ("2026-02-15", "2026-02-23"),
    ("2026-04-04", "2026-04-06"),
    ("2026-05-01", "2026-05-05"),
    ("2026-06-19", "2026-06-21"),
    ("2026-09-25", "2026-09-27"),
    ("2026-10-01", "2026-10-07"),
];
const MAKE_UP: [&str; 11] = [
    "2025-01-26",
    "2025-02-08",
    "2025-04-27",
    "2025-09-28",
    "2025-10-11",
    "2026-01-04",
    "2026-02-14",
    "2026-02-28",
    "2026-05-09",
    "2026-09-20",
    "2026-10-10",
];

pub(super) fn spec() -> Value {
    let mut holidays = Vec::new();
    for (first, last) in OFF {
        let (first, last): (NaiveDate, NaiveDate) = (first.parse().unwrap(), last.parse().unwrap());
        holidays.extend(first.iter_days().take_while(|date| *date <= last));
    }
    let extra_days: serde_json::Map<String, Value> =
        MAKE_UP.iter().map(|date| ((*date).to_owned(), json!("mon"))).collect();
    let spec = with(office("Asia/Shanghai"), "holidays", json!(holidays));
    let spec = with(spec, "extra_days", Value::Object(extra_days));
    with(spec, "schedule_years", json!([2025, 2026]))
}

fn chinese() -> Calendar {
    calendar(&spec())
}

#[test]
fn each_year_has_248_working_days() {
    let working_day_s = chinese().working_day_s();
    assert_eq!(working_day_s, 9 * HOUR);
    check_elapsed(
        &chinese(),
        &[
            ("2025-01-01 00:00 +0800", "2026-01-01 00:00 +0800", 248 * working_day_s),
            ("2026-01-01 00:00 +0800", "2027-01-01 00:00 +0800", 248 * working_day_s),
        ],
    );
}

#[test]
fn make_up_days_count_and_holidays_do_not() {
    check_due(
        &chinese(),
        &[
            ("2026-02-13 17:30 +0800", 8 * HOUR, "2026-02-14 16:30 +0800"),
            ("2026-02-14 17:00 +0800", 4 * HOUR, "2026-02-24 12:00 +0800"),
            ("2026-09-30 17:30 +0800", HOUR, "2026-10-08 09:30 +0800"),
            ("2025-01-27 17:00 +0800", 2 * HOUR, "2025-02-05 10:00 +0800"),
            ("2025-02-08 12:00 +0800", HOUR, "2025-02-08 13:00 +0800"),
            ("2025-02-09 12:00 +0800", HOUR, "2025-02-10 10:00 +0800"),
            ("2025-12-31 17:00 +0800", 2 * HOUR, "2026-01-04 10:00 +0800"),
        ],
    );
}

#[test]
fn a_paused_answer_moves_by_the_open_seconds_of_the_pause() {
    let pauses = [pause("2026-02-14 10:00 +0800", "2026-02-14 10:15 +0800")];
    let due = deadline(&chinese(), "2026-02-13 17:30 +0800", 8 * HOUR, &pauses);
    assert_eq!(due.instant(), Some(at("2026-02-14 16:45 +0800")));
}

#[test]
fn an_answer_is_provisional_only_if_its_span_leaves_the_known_years() {
    let rows = [
        ("2026-12-31 16:00 +0800", 2 * HOUR, "2026-12-31 18:00 +0800", false),
        ("2026-12-31 16:00 +0800", 2 * HOUR + 1, "2027-01-01 09:00:01 +0800", true),
        ("2025-01-01 00:00 +0800", MINUTE, "2025-01-02 09:01 +0800", false),
        ("2024-12-31 23:59:59 +0800", MINUTE, "2025-01-02 09:01 +0800", true),
        ("2025-12-31 17:00 +0800", 2 * HOUR, "2026-01-04 10:00 +0800", false),
        ("2027-06-01 00:00 +0800", 0, "2027-06-01 00:00 +0800", false),
    ];
    for (start, target_s, due, provisional) in rows {
        let expected = Deadline::At { instant: at(due), provisional };
        assert_eq!(deadline(&chinese(), start, target_s, &[]), expected, "{start}");
    }
}

#[test]
fn elapsed_is_provisional_by_the_same_rule() {
    let rows = [
        ("2025-01-01 00:00 +0800", "2027-01-01 00:00 +0800", false),
        ("2025-01-01 00:00 +0800", "2027-01-01 00:00:01 +0800", true),
        ("2024-12-31 23:59:59 +0800", "2025-01-01 09:00 +0800", true),
        ("2027-01-01 00:00 +0800", "2026-01-01 00:00 +0800", false),
    ];
    for (from, to, provisional) in rows {
        let elapsed = chinese().elapsed(at(from), at(to), &[]).unwrap();
        assert_eq!(elapsed.provisional, provisional, "{from} to {to}");
    }
}

#[test]
fn a_gap_between_known_years_is_not_known() {
    let spec = with(office("Asia/Shanghai"), "schedule_years", json!([2027, 2025]));
    let across = calendar(&spec).elapsed(at("2025-06-01 00:00 +0800"), at("2027-06-01 00:00 +0800"), &[]).unwrap();
    assert!(across.provisional);
    let within = calendar(&spec).elapsed(at("2027-01-01 00:00 +0800"), at("2028-01-01 00:00 +0800"), &[]).unwrap();
    assert!(!within.provisional);
}

#[test]
fn a_paused_answer_can_be_provisional_too() {
    let forever = [super::pause_from("2027-01-05 10:00 +0800")];
    let due = deadline(&chinese(), "2026-12-31 17:00 +0800", 21 * HOUR, &forever);
    assert_eq!(
        due,
        Deadline::Paused {
            // 1 h on Thursday, 9 h on Friday 1 January (no schedule says otherwise) and on Monday, 1 h on Tuesday.
            remaining_s: HOUR,
            provisional: true
        }
    );
}
