//! Published schedules: read from iCalendar and taken into a calendar.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde_json::json;

use super::super::{
    Calendar, CalendarError, CalendarSpec, HolidayRow, ICALENDAR_EVENTS_MAX, ImportedSchedule, holidays_from_icalendar,
};
use super::{HOUR, at, check_due, daily, office, with};

/// A calendar around these lines of events, with the line breaks of the standard.
fn feed(events: &str) -> String {
    format!("BEGIN:VCALENDAR\nVERSION:2.0\n{}\nEND:VCALENDAR\n", events.trim()).replace('\n', "\r\n")
}

fn event(lines: &str) -> String {
    feed(&format!("BEGIN:VEVENT\nUID:1@example.com\n{lines}\nEND:VEVENT"))
}

fn read(text: &str) -> ImportedSchedule {
    holidays_from_icalendar(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn days(schedule: &ImportedSchedule) -> Vec<(&str, &str, bool)> {
    schedule.days.iter().map(|day| (day.date.as_str(), day.name.as_deref().unwrap_or(""), day.is_off_day)).collect()
}

fn warnings(schedule: &ImportedSchedule) -> Vec<String> {
    schedule.warnings.iter().map(ToString::to_string).collect()
}

/// The schedule of 2026 as DOMAIN has it: stretches off, and make-up working days.
const OFF_2026: [(&str, &str, &str); 7] = [
    ("元旦", "20260101", "20260104"),
    ("春节", "20260215", "20260224"),
    ("清明节", "20260404", "20260407"),
    ("劳动节", "20260501", "20260506"),
    ("端午节", "20260619", "20260622"),
    ("中秋节", "20260925", "20260928"),
    ("国庆节", "20261001", "20261008"),
];
const MAKE_UP_2026: [(&str, &str); 6] = [
    ("元旦", "20260104"),
    ("春节", "20260214"),
    ("春节", "20260228"),
    ("劳动节", "20260509"),
    ("国庆节", "20260920"),
    ("国庆节", "20261010"),
];

fn published_2026() -> String {
    let off = OFF_2026.iter().map(|(name, from, to)| {
        format!("BEGIN:VEVENT\nDTSTART;VALUE=DATE:{from}\nDTEND;VALUE=DATE:{to}\nSUMMARY:{name} 休\nEND:VEVENT\n")
    });
    let make_up = MAKE_UP_2026
        .iter()
        .map(|(name, date)| format!("BEGIN:VEVENT\nDTSTART;VALUE=DATE:{date}\nSUMMARY:{name} 班\nEND:VEVENT\n"));
    feed(&off.chain(make_up).collect::<String>())
}

#[test]
fn the_published_schedule_of_2026_makes_248_working_days() {
    let schedule = read(&published_2026());
    assert_eq!(schedule.warnings, []);
    assert_eq!(schedule.days_by_year(), BTreeMap::from([(2026, 39)]));
    let spec: CalendarSpec =
        serde_json::from_value(with(office("Asia/Shanghai"), "schedule_years", json!([2025]))).unwrap();
    let spec = spec.with_schedule(&BTreeSet::from([2026]), &schedule.days).unwrap();
    let calendar = Calendar::compile(&spec).unwrap();
    let new_year = |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap().and_hms_opt(0, 0, 0).unwrap().and_utc();
    let open = calendar.elapsed(new_year(2026), new_year(2027), &[]).unwrap();
    assert_eq!(open.seconds, 248 * 9 * HOUR);
    check_due(
        &calendar,
        &[
            ("2026-02-13 17:30 +0800", 8 * HOUR, "2026-02-14 16:30 +0800"),
            ("2026-02-14 17:00 +0800", 4 * HOUR, "2026-02-24 12:00 +0800"),
            ("2026-09-30 17:30 +0800", HOUR, "2026-10-08 09:30 +0800"),
        ],
    );
    let due = |instant| calendar.deadline(at(instant), HOUR, &[]).unwrap();
    assert!(!due("2026-02-13 12:00 +0800").is_provisional());
    assert!(due("2027-02-12 12:00 +0800").is_provisional());
}

#[test]
fn whole_days_end_before_their_end() {
    for (lines, expected) in [
        ("DTSTART;VALUE=DATE:20260404\nDTEND;VALUE=DATE:20260407", &["2026-04-04", "2026-04-05", "2026-04-06"][..]),
        ("DTSTART;VALUE=DATE:20260404", &["2026-04-04"]),
        ("DTSTART:20260404", &["2026-04-04"]),
        ("DTSTART;VALUE=DATE:20260404\nDURATION:P2D", &["2026-04-04", "2026-04-05"]),
        ("DTSTART;VALUE=DATE:20261231\nDTEND;VALUE=DATE:20270102", &["2026-12-31", "2027-01-01"]),
        ("DTSTART;VALUE=DATE:20280229\nRRULE:FREQ=YEARLY;COUNT=5", &["2028-02-29", "2032-02-29"]),
        (
            "DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=YEARLY;UNTIL=20270101;BYMONTH=1;BYMONTHDAY=1",
            &["2026-01-01", "2027-01-01"],
        ),
    ] {
        let schedule = read(&event(&format!("SUMMARY:Day\n{lines}")));
        let dates: Vec<_> = schedule.days.iter().map(|row| row.date.as_str()).collect();
        assert_eq!(dates, expected, "{lines}");
        assert_eq!(warnings(&schedule), [""; 0], "{lines}");
    }
}

#[test]
fn a_day_of_every_year_is_a_yearly_holiday() {
    let schedule =
        read(&event("SUMMARY:Christmas\nDTSTART;VALUE=DATE:19001225\nDTEND;VALUE=DATE:19001227\nRRULE:FREQ=YEARLY"));
    assert_eq!(schedule.yearly_holidays, ["12-25", "12-26"]);
    assert_eq!(schedule.days, []);
    let spec: CalendarSpec = serde_json::from_value(with(office("UTC"), "yearly_holidays", json!(["12-25"]))).unwrap();
    let spec = spec.with_yearly_holidays(&schedule.yearly_holidays).unwrap();
    assert_eq!(serde_json::to_value(&spec).unwrap()["yearly_holidays"], json!(["12-25", "12-26"]));
}

#[test]
fn where_days_off_are_marked_the_others_are_observances() {
    let festival = "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260303\nSUMMARY:元宵节\nEND:VEVENT";
    let marked =
        "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260406\nSUMMARY:清明节\nX-APPLE-SPECIAL-DAY:WORK-HOLIDAY\nEND:VEVENT";
    assert_eq!(days(&read(&feed(festival))), [("2026-03-03", "元宵节", true)]);
    let schedule = read(&feed(&format!("{festival}\n{marked}")));
    assert_eq!(days(&schedule), [("2026-04-06", "清明节", true)]);
    let expected = "line 3: \"元宵节\" is not marked as a day off, as others are here; it was left out";
    assert_eq!(warnings(&schedule), [expected]);
}

#[test]
fn what_is_not_understood_is_said_with_its_line() {
    for (lines, expected) in [
        ("SUMMARY:Party\nDTSTART:20260101T180000Z", "line 3: \"Party\" is no event of whole days; it was left out"),
        ("SUMMARY:Off\nDTSTART;VALUE=DATE:20260101\nSTATUS:CANCELLED", "line 3: \"Off\" is cancelled; it was left out"),
        (
            "SUMMARY:Day\nDTSTART;VALUE=DATE:20260101\nDESCRIPTION:Observance\\nTo hide it\\, go to settings",
            "line 3: \"Day\" is an observance, no day off; it was left out",
        ),
        ("DTSTART;VALUE=DATE:20260101\nDURATION:P90D", "line 3: \"an event without a summary\" lasts 90 days"),
        (
            "SUMMARY:休息日上班\nDTSTART;VALUE=DATE:20260101",
            "line 3: \"休息日上班\" is marked both as a day off and as a working day; it was left out",
        ),
        (
            "SUMMARY:班\nDTSTART;VALUE=DATE:20260101\nRRULE:FREQ=YEARLY",
            "line 3: \"班\" would be an extra working day of every year; it was left out",
        ),
        (
            "SUMMARY:Old\nDTSTART;VALUE=DATE:16040101",
            "line 3: \"Old\" lies on 1604-01-01, outside the years of a calendar",
        ),
    ] {
        let schedule = read(&event(lines));
        assert_eq!((days(&schedule).len(), schedule.yearly_holidays.len()), (0, 0), "{lines}");
        let found = warnings(&schedule);
        assert!(found.len() == 1 && found[0].starts_with(expected), "{lines}: {found:?}");
    }
}

#[test]
fn what_is_understood_in_part_is_taken_and_said() {
    let thanks = "SUMMARY:Thanksgiving\nDTSTART;VALUE=DATE:20261126\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH";
    for (lines, expected) in [
        (
            thanks,
            "has the rule FREQ=YEARLY;BYMONTH=11;BYDAY=4TH, which is not understood; only its first day was taken",
        ),
        ("SUMMARY:D\nDTSTART;VALUE=DATE:20260101\nRDATE;VALUE=DATE:20260102", "has RDATE, which is not understood"),
        ("SUMMARY:D\nDTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:20260101", "ends on the day it begins"),
    ] {
        let schedule = read(&event(lines));
        assert_eq!(schedule.days.len(), 1, "{lines}");
        assert!(warnings(&schedule)[0].contains(expected), "{lines}: {:?}", schedule.warnings);
    }
    let todo = read(&feed("BEGIN:VTODO\nSUMMARY:Shop\nBEGIN:VALARM\nEND:VALARM\nEND:VTODO"));
    assert_eq!(warnings(&todo), ["line 3: a VTODO is no holiday; it was left out"]);
}

#[test]
fn a_date_that_is_both_is_a_working_day_and_said() {
    let off = "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260214\nSUMMARY:春节 休\nEND:VEVENT";
    let work = "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260214\nSUMMARY:春节 班\nEND:VEVENT";
    for events in [format!("{off}\n{work}"), format!("{work}\n{off}")] {
        let schedule = read(&feed(&events));
        assert_eq!(days(&schedule), [("2026-02-14", "春节 班", false)]);
        assert!(warnings(&schedule)[0].contains("listed both"));
    }
    assert_eq!(warnings(&read(&feed(&format!("{off}\n{off}")))), [""; 0]);
}

#[test]
fn parts_of_an_event_and_of_the_calendar_are_not_its_days() {
    let zone =
        "BEGIN:VTIMEZONE\nTZID:Asia/Shanghai\nBEGIN:STANDARD\nDTSTART:19700101T000000\nEND:STANDARD\nEND:VTIMEZONE";
    let holiday = "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260101\nSUMMARY:New\n  Year\nBEGIN:VALARM\nSUMMARY:班\nEND:VALARM\nEND:VEVENT";
    let schedule = read(&feed(&format!("{zone}\n{holiday}")));
    assert_eq!(days(&schedule), [("2026-01-01", "New Year", true)]);
    assert_eq!(warnings(&schedule), [""; 0]);
}

#[test]
fn a_text_that_is_broken_is_refused_with_its_line() {
    let too_many = feed(&"BEGIN:VEVENT\nDTSTART:20260101\nEND:VEVENT\n".repeat(ICALENDAR_EVENTS_MAX + 1));
    for (text, expected) in [
        ("<!DOCTYPE html>".to_owned(), "line 1: \"<!DOCTYPE html>\" is no NAME:value"),
        ("UID:1\n".to_owned(), "line 1: an iCalendar text stands between"),
        ("BEGIN:VEVENT\n".to_owned(), "line 1: an iCalendar text stands between"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\n".to_owned(), "line 2: VEVENT begins here and never ends"),
        ("BEGIN:VCALENDAR\nEND:VEVENT\n".to_owned(), "line 2: END:VEVENT stands where VCALENDAR of line 1 must end"),
        ("END:VCALENDAR\n".to_owned(), "line 1: END:VCALENDAR ends nothing"),
        (event("SUMMARY:Day"), "line 3: the event \"Day\" has no DTSTART"),
        (event("DTSTART;VALUE=DATE:20260230"), "line 5: DTSTART \"20260230\" is not a date"),
        (event("DTSTART:2026-02-03"), "line 5: DTSTART \"2026-02-03\" is not a date"),
        (event("DTSTART:20260203\nDTEND:20260202"), "line 6: DTEND 20260202 lies before DTSTART"),
        (event("DTSTART:20260203\nDURATION:PT12H"), "line 6: DURATION PT12H is not of whole days"),
        (too_many, "more than 10000 events"),
        (format!("BEGIN:VCALENDAR\n{}", "BEGIN:X\n".repeat(9)), "line 9: components nest deeper than 8"),
    ] {
        let error = holidays_from_icalendar(&text).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

fn row(date: &str, is_off_day: bool) -> HolidayRow {
    HolidayRow { date: date.to_owned(), name: None, is_off_day }
}

#[test]
fn a_schedule_replaces_what_was_known_of_its_years() {
    let mut written = with(office("UTC"), "schedule_years", json!([2026, 2025]));
    written["holidays"] =
        json!(["2025-01-01", "2026-01-01", {"date": "2026-05-01", "name": "May", "is_off_day": true}]);
    written["extra_days"] = json!({"2025-01-04": "tue", "2026-01-04": [["10:00", "11:00"]]});
    let spec: CalendarSpec = serde_json::from_value(written).unwrap();
    // A Saturday gets the hours of an ordinary day, a Wednesday its own.
    let rows = [row("2026-02-16", true), row("2026-02-14", false), row("2027-03-10", false)];
    let merged = spec.with_schedule(&BTreeSet::from([2026, 2027]), &rows).unwrap();
    let merged = serde_json::to_value(&merged).unwrap();
    assert_eq!(merged["holidays"], json!(["2025-01-01", {"date": "2026-02-16", "is_off_day": true}]));
    assert_eq!(merged["extra_days"], json!({"2025-01-04": "tue", "2026-02-14": "mon", "2027-03-10": "wed"}));
    assert_eq!(merged["schedule_years"], json!([2025, 2026, 2027]));
}

#[test]
fn a_calendar_that_knows_all_years_goes_on_knowing_them() {
    let spec: CalendarSpec = serde_json::from_value(office("UTC")).unwrap();
    let merged = spec.with_schedule(&BTreeSet::from([2026]), &[row("2026-02-16", true)]).unwrap();
    assert_eq!(serde_json::to_value(&merged).unwrap().get("schedule_years"), None);
}

#[test]
fn a_schedule_that_does_not_fit_is_refused() {
    let office: CalendarSpec = serde_json::from_value(office("UTC")).unwrap();
    let closed: CalendarSpec = serde_json::from_value(daily("UTC", &json!([]))).unwrap();
    let new_year = [row("2026-01-01", true)];
    for (spec, year, rows, expected) in [
        (&office, 2027, &new_year[..], CalendarError::NoDaysInYear { year: 2027 }),
        (&office, 26, &new_year, CalendarError::BadYear { year: 26 }),
        (&CalendarSpec::Always, 2026, &new_year, CalendarError::AlwaysOpen),
        (&closed, 2026, &new_year, CalendarError::NoHours),
        (&office, 2026, &[row("1 May", true)], CalendarError::BadDate { list: "schedule", text: "1 May".to_owned() }),
    ] {
        assert_eq!(spec.with_schedule(&BTreeSet::from([year]), rows), Err(expected));
    }
    let refused = CalendarSpec::Always.with_yearly_holidays(&["12-25".to_owned()]);
    assert_eq!(refused, Err(CalendarError::AlwaysOpen));
}

#[test]
fn a_schedule_that_begins_in_december_leaves_the_old_year_as_it_was() {
    let turn = "SUMMARY:元旦 休\nDTSTART;VALUE=DATE:20261231\nDTEND;VALUE=DATE:20270103";
    let schedule = read(&event(turn));
    assert_eq!(schedule.days_by_year(), BTreeMap::from([(2026, 1), (2027, 2)]));
    let known = with(office("UTC"), "holidays", json!(["2026-10-01", "2026-12-31"]));
    let spec: CalendarSpec = serde_json::from_value(with(known, "schedule_years", json!([2026]))).unwrap();
    let merged = spec.with_schedule(&BTreeSet::from([2027]), &schedule.days).unwrap();
    let merged = serde_json::to_value(&merged).unwrap();
    let off = |date: &str| json!({"date": date, "name": "元旦 休", "is_off_day": true});
    assert_eq!(merged["holidays"], json!(["2026-10-01", off("2026-12-31"), off("2027-01-01"), off("2027-01-02")]));
    assert_eq!(merged["schedule_years"], json!([2026, 2027]));
}
