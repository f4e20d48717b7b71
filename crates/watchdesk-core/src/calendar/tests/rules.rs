//! One test for each rule of the arithmetic, in a zone without surprises.

use serde_json::json;

use super::super::{Calendar, CalendarError, Deadline, Pause};
use super::{
    HOUR, MINUTE, at, calendar, check_due, check_elapsed, compile, daily, deadline, office, pause, pause_from, with,
};

#[test]
fn always_open_is_addition_in_utc() {
    let always = calendar(&json!({"always": true}));
    assert!(always.is_always());
    assert_eq!(always.working_day_s(), 24 * HOUR);
    check_due(
        &always,
        &[
            ("2026-02-13 17:30 +0800", 8 * HOUR, "2026-02-14 01:30 +0800"),
            // Across both changes of the clock in Berlin a duration is a duration.
            ("2026-03-28 12:00 +0100", 24 * HOUR, "2026-03-29 13:00 +0200"),
            ("2026-10-24 12:00 +0200", 24 * HOUR, "2026-10-25 11:00 +0100"),
            ("2024-02-28 23:59:59 +0000", 2, "2024-02-29 00:00:01 +0000"),
        ],
    );
    let pauses = [pause("2026-02-13 18:00 +0800", "2026-02-13 18:30 +0800")];
    let due = deadline(&always, "2026-02-13 17:30 +0800", HOUR, &pauses);
    assert_eq!(due.instant(), Some(at("2026-02-13 19:00 +0800")));
}

#[test]
fn always_open_stops_at_the_year_9999() {
    let always = Calendar::always();
    for target_s in [u64::MAX, 400_000_000_000] {
        let refused = always.deadline(at("2026-01-01 00:00 +0000"), target_s, &[]);
        assert_eq!(refused, Err(CalendarError::BeyondCalendars));
    }
}

#[test]
fn a_target_ends_at_closing_time_and_not_at_the_next_opening() {
    let office = calendar(&office("UTC"));
    check_due(
        &office,
        &[
            ("2026-02-13 17:00 +0000", HOUR, "2026-02-13 18:00 +0000"),
            ("2026-02-13 17:00 +0000", HOUR + 1, "2026-02-16 09:00:01 +0000"),
            ("2026-02-13 18:00 +0000", 9 * HOUR, "2026-02-16 18:00 +0000"),
            ("2026-02-14 03:00 +0000", 1, "2026-02-16 09:00:01 +0000"),
            ("2026-02-13 08:59:59 +0000", 1, "2026-02-13 09:00:01 +0000"),
        ],
    );
}

#[test]
fn a_target_of_nothing_is_used_up_at_once() {
    let office = calendar(&office("UTC"));
    for start in ["2026-02-14 03:00 +0000", "2026-02-13 12:00 +0000"] {
        for pauses in [vec![], vec![pause_from("2026-01-01 00:00 +0000")]] {
            assert_eq!(deadline(&office, start, 0, &pauses).instant(), Some(at(start)));
        }
    }
}

#[test]
fn intervals_are_half_open_and_backwards_is_nothing() {
    check_elapsed(
        &calendar(&office("UTC")),
        &[
            ("2026-02-13 09:00 +0000", "2026-02-13 09:00 +0000", 0),
            ("2026-02-13 09:00 +0000", "2026-02-13 09:00:01 +0000", 1),
            ("2026-02-13 17:59:59 +0000", "2026-02-13 18:00:01 +0000", 1),
            ("2026-02-13 18:00 +0000", "2026-02-16 09:00 +0000", 0),
            ("2026-02-16 09:00 +0000", "2026-02-13 18:00 +0000", 0),
            ("2026-02-16 00:00 +0000", "2026-02-23 00:00 +0000", 45 * HOUR),
            ("2400-01-01 00:00 +0000", "1900-01-01 00:00 +0000", 0),
        ],
    );
}

#[test]
fn sub_seconds_are_truncated() {
    let office = calendar(&office("UTC"));
    let start = at("2026-02-13 12:00 +0000") + chrono::TimeDelta::milliseconds(999);
    let due = office.deadline(start, 1, &[]).unwrap();
    assert_eq!(due.instant(), Some(at("2026-02-13 12:00:01 +0000")));
    assert_eq!(office.elapsed(start, at("2026-02-13 12:00:01 +0000"), &[]).unwrap().seconds, 1);
}

#[test]
fn several_frames_and_overlapping_frames() {
    let lunch = daily("UTC", &json!([["13:00", "18:00"], ["09:00", "12:00"]]));
    check_due(&calendar(&lunch), &[("2026-02-13 11:30 +0000", HOUR, "2026-02-13 13:30 +0000")]);
    let overlapping = daily("UTC", &json!([["09:00", "15:00"], ["10:00", "11:00"], ["14:00", "18:00"]]));
    check_elapsed(&calendar(&overlapping), &[("2026-02-13 00:00 +0000", "2026-02-14 00:00 +0000", 9 * HOUR)]);
    assert_eq!(calendar(&overlapping).working_day_s(), 9 * HOUR);
}

#[test]
fn frames_may_end_at_midnight_and_run_on() {
    let evening = calendar(&daily("UTC", &json!([["09:00", "24:00"]])));
    check_due(
        &evening,
        &[
            ("2026-02-13 23:00 +0000", HOUR, "2026-02-14 00:00 +0000"),
            ("2026-02-13 23:00 +0000", HOUR + 1, "2026-02-14 09:00:01 +0000"),
        ],
    );
    let to_midnight_by_zero = calendar(&daily("UTC", &json!([["09:00", "00:00"]])));
    assert_eq!(to_midnight_by_zero.working_day_s(), evening.working_day_s());
    let whole_days = calendar(&daily("UTC", &json!([["00:00", "24:00"]])));
    check_due(&whole_days, &[("2026-02-13 12:34:56 +0000", 1000 * 24 * HOUR, "2028-11-09 12:34:56 +0000")]);
}

#[test]
fn overnight_frames_belong_to_the_day_they_start_on() {
    let nights = json!([["22:00", "06:00"]]);
    let spec = json!({"time_zone": "UTC", "hours": {"mon": nights, "fri": nights}});
    let nights = calendar(&spec);
    assert_eq!(nights.working_day_s(), 8 * HOUR);
    check_due(
        &nights,
        &[
            ("2026-02-13 12:00 +0000", 3 * HOUR, "2026-02-14 01:00 +0000"),
            ("2026-02-14 05:00 +0000", 2 * HOUR, "2026-02-16 23:00 +0000"),
        ],
    );
}

#[test]
fn precedence_decides_the_frames_that_start_on_a_date_and_spill_stays_open() {
    let nightly = daily("UTC", &json!([["22:00", "06:00"]]));
    let holiday = calendar(&with(nightly.clone(), "holidays", json!(["2026-02-14"])));
    check_elapsed(
        &holiday,
        &[
            // The night before reaches into the holiday; the night of the holiday is closed until the 15th begins.
            ("2026-02-14 00:00 +0000", "2026-02-15 00:00 +0000", 6 * HOUR),
            ("2026-02-15 00:00 +0000", "2026-02-15 22:00 +0000", 0),
        ],
    );
    let extra = json!({"2026-02-14": [["20:00", "24:00"]]});
    let extra = calendar(&with(nightly, "extra_days", extra));
    check_elapsed(
        &extra,
        &[
            ("2026-02-14 00:00 +0000", "2026-02-15 00:00 +0000", 10 * HOUR),
            ("2026-02-15 00:00 +0000", "2026-02-15 22:00 +0000", 0),
        ],
    );
}

#[test]
fn spill_that_overlaps_the_next_day_counts_once() {
    let hours = json!({"mon": [["20:00", "10:00"]], "tue": [["09:00", "18:00"]]});
    check_elapsed(
        &calendar(&json!({"time_zone": "UTC", "hours": hours})),
        &[("2026-02-16 00:00 +0000", "2026-02-18 00:00 +0000", 22 * HOUR)],
    );
}

#[test]
fn an_extra_day_beats_a_holiday_and_a_holiday_beats_the_weekday() {
    let spec = with(office("UTC"), "holidays", json!(["2026-02-13", "2026-02-12"]));
    let spec = with(spec, "yearly_holidays", json!(["02-11", "02-10", "02-29"]));
    let extra_days = json!({"2026-02-13": "mon", "2026-02-10": [["10:00", "11:00"]], "2026-02-14": "wed"});
    let spec = calendar(&with(spec, "extra_days", extra_days));
    let day = |day: &str| {
        let from = at(&format!("{day} 00:00 +0000"));
        let to = from + chrono::TimeDelta::days(1);
        spec.elapsed(from, to, &[]).unwrap().seconds
    };
    assert_eq!(day("2026-02-09"), 9 * HOUR, "a Monday");
    assert_eq!(day("2026-02-10"), HOUR, "a yearly holiday, but extra with its own frames");
    assert_eq!(day("2026-02-11"), 0, "a yearly holiday");
    assert_eq!(day("2027-02-11"), 0, "a yearly holiday, the year after");
    assert_eq!(day("2026-02-12"), 0, "a holiday");
    assert_eq!(day("2026-02-13"), 9 * HOUR, "a holiday, but an extra working day");
    assert_eq!(day("2026-02-14"), 9 * HOUR, "a Saturday with the hours of a Wednesday");
    assert_eq!(day("2028-02-29"), 0, "a yearly holiday that only leap years have");
    assert_eq!(day("2028-03-01"), 9 * HOUR, "the day after");
}

#[test]
fn a_holiday_that_is_switched_off_is_as_if_not_listed() {
    let rows = json!([
        {"date": "2026-02-12", "name": "Rest day", "is_off_day": true},
        {"date": "2026-02-13", "name": "Switched off", "is_off_day": false},
        {"date": "2026-02-16"},
    ]);
    check_due(
        &calendar(&with(office("UTC"), "holidays", rows)),
        &[("2026-02-11 18:00 +0000", 10 * HOUR, "2026-02-17 10:00 +0000")],
    );
}

/// Monday 09:00 to 10:00 and 10:30 to 12:00 count; the rest is paused, in whatever way that is written.
#[test]
fn pauses_may_overlap_touch_nest_and_come_unsorted() {
    let office = calendar(&office("UTC"));
    let written: [&[Pause]; 5] = [
        &[pause("2026-02-16 10:00 +0000", "2026-02-16 10:30 +0000")],
        &[
            pause("2026-02-16 10:15 +0000", "2026-02-16 10:30 +0000"),
            pause("2026-02-16 10:00 +0000", "2026-02-16 10:15 +0000"),
        ],
        &[
            pause("2026-02-16 10:00 +0000", "2026-02-16 10:30 +0000"),
            pause("2026-02-16 10:05 +0000", "2026-02-16 10:10 +0000"),
            pause("2026-02-16 10:10 +0000", "2026-02-16 10:30 +0000"),
        ],
        &[
            pause("2026-02-16 10:20 +0000", "2026-02-16 10:30 +0000"),
            pause("2026-02-10 00:00 +0000", "2026-02-16 09:00 +0000"),
            pause("2026-02-16 10:00 +0000", "2026-02-16 10:25 +0000"),
        ],
        &[
            pause("2026-02-16 09:30 +0000", "2026-02-16 09:30 +0000"),
            pause("2026-02-16 10:00 +0000", "2026-02-16 10:30 +0000"),
            pause("2026-02-16 11:00 +0000", "2026-02-16 10:40 +0000"),
        ],
    ];
    for pauses in written {
        let due = deadline(&office, "2026-02-13 18:00 +0000", 2 * HOUR, pauses);
        assert_eq!(due.instant(), Some(at("2026-02-16 11:30 +0000")), "{pauses:?}");
        let elapsed = office.elapsed(at("2026-02-14 00:00 +0000"), at("2026-02-16 12:00 +0000"), pauses);
        assert_eq!(elapsed.unwrap().seconds, 150 * MINUTE, "{pauses:?}");
    }
}

#[test]
fn a_pause_that_begins_before_the_start_counts_from_the_start() {
    let office = calendar(&office("UTC"));
    let pauses = [pause("2026-02-12 10:00 +0000", "2026-02-13 10:30 +0000")];
    let due = deadline(&office, "2026-02-13 10:00 +0000", HOUR, &pauses);
    assert_eq!(due.instant(), Some(at("2026-02-13 11:30 +0000")));
}

#[test]
fn an_open_ended_pause_leaves_the_seconds_that_remain() {
    let office = calendar(&office("UTC"));
    let paused = |remaining_s| Deadline::Paused { remaining_s, provisional: false };
    let start = "2026-02-13 10:00 +0000";
    let since_noon = pause_from("2026-02-13 12:00 +0000");
    assert_eq!(deadline(&office, start, 3 * HOUR, &[since_noon]), paused(HOUR));
    let from_the_start = pause_from("2026-02-01 00:00 +0000");
    assert_eq!(deadline(&office, start, 3 * HOUR, &[from_the_start]), paused(3 * HOUR));
    let swallowed = [since_noon, pause("2026-02-13 11:00 +0000", "2026-02-13 13:00 +0000")];
    assert_eq!(deadline(&office, start, 3 * HOUR, &swallowed), paused(2 * HOUR));
    // A target that is used up when the pause begins, or before, has its deadline.
    let used_up = deadline(&office, start, 2 * HOUR, &[since_noon]);
    assert_eq!(used_up.instant(), Some(at("2026-02-13 12:00 +0000")));
    let elapsed = office.elapsed(at(start), at("2026-03-13 12:00 +0000"), &[since_noon]);
    assert_eq!(elapsed.unwrap().seconds, 2 * HOUR);
}

#[test]
fn a_pause_in_the_far_future_does_not_matter() {
    let office = calendar(&office("UTC"));
    let far = [pause_from("9999-01-01 00:00 +0000")];
    let due = deadline(&office, "2026-02-13 10:00 +0000", HOUR, &far);
    assert_eq!(due.instant(), Some(at("2026-02-13 11:00 +0000")));
}

#[test]
fn a_calendar_closed_for_400_days_is_refused() {
    let no_hours = json!({"time_zone": "UTC", "hours": {}, "extra_days": {"2026-02-14": [["09:00", "10:00"]]}});
    assert_eq!(compile(&no_hours).unwrap_err(), CalendarError::NoHours);

    let closed = |days: usize| {
        let first = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
        let holidays: Vec<_> = first.iter_days().take(days).collect();
        compile(&with(daily("UTC", &json!([["09:00", "10:00"]])), "holidays", json!(holidays)))
    };
    assert!(closed(399).is_ok());
    let from = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    assert_eq!(closed(400).unwrap_err(), CalendarError::ClosedTooLong { from });

    let leap_year = chrono::NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
    let every_day: Vec<_> = leap_year.iter_days().take(366).map(|date| date.format("%m-%d").to_string()).collect();
    let never = with(office("UTC"), "yearly_holidays", json!(every_day));
    assert!(matches!(compile(&never), Err(CalendarError::ClosedTooLong { .. })));
}

#[test]
fn a_span_beyond_all_measure_is_an_error_and_not_a_hang() {
    let rare = calendar(&json!({"time_zone": "UTC", "hours": {"mon": [["09:00", "09:01"]]}}));
    let start = at("2026-01-01 00:00 +0000");
    for target_s in [u64::MAX, i64::MAX as u64, 7_000_000_000, 20_000 * MINUTE] {
        assert_eq!(rare.deadline(start, target_s, &[]), Err(CalendarError::TooLong), "{target_s}");
    }
    let century = rare.deadline(start, 52 * 100 * MINUTE, &[]).unwrap();
    assert_eq!(century.instant(), Some(at("2125-08-27 09:01 +0000")), "5,200 Mondays later");
    let outside = Err(CalendarError::OutsideYears);
    assert_eq!(rare.deadline(at("1899-12-31 23:59 +0000"), 1, &[]), outside);
    assert_eq!(rare.deadline(at("2500-01-01 00:00 +0000"), 1, &[]), outside);
    assert_eq!(rare.deadline(at("2499-12-31 00:00 +0000"), HOUR, &[]), Err(CalendarError::TooLong));
    let too_long = rare.elapsed(at("1950-01-01 00:00 +0000"), at("2450-01-01 00:00 +0000"), &[]);
    assert_eq!(too_long, Err(CalendarError::TooLong));
}

#[test]
fn an_answer_far_away_agrees_with_counting_weeks() {
    let office = calendar(&office("UTC"));
    let weeks = 52 * 150;
    let start = at("1990-01-01 00:00 +0000");
    let due = office.deadline(start, weeks * 45 * HOUR, &[]).unwrap();
    // The last of those weeks closes on its Friday.
    let expected = start + chrono::TimeDelta::weeks(weeks as i64) - chrono::TimeDelta::hours(2 * 24 + 6);
    assert_eq!(due.instant(), Some(expected));
}

#[test]
fn the_ordinary_working_day_is_the_commonest() {
    let long = json!([["09:00", "18:00"]]);
    let short = json!([["09:00", "13:00"]]);
    let hours = json!({"mon": long, "tue": long, "wed": short, "thu": long, "fri": short});
    let spec = json!({"time_zone": "UTC", "hours": hours});
    assert_eq!(calendar(&spec).working_day_s(), 9 * HOUR);
    let tie = json!({"time_zone": "UTC", "hours": {"mon": short, "tue": long}});
    assert_eq!(calendar(&tie).working_day_s(), 9 * HOUR);
    let office = calendar(&office("UTC"));
    let one_day_s = office.working_day_s();
    check_due(&office, &[("2026-02-13 12:00 +0000", one_day_s, "2026-02-16 12:00 +0000")]);
}
