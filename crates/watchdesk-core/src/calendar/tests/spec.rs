//! A calendar as written: its shape, and what is refused.

use serde_json::{Value, json};

use super::super::{Calendar, CalendarSpec};
use super::{compile, office, with};

#[test]
fn what_is_read_is_written_back() {
    let whole = json!({
        "time_zone": "Asia/Shanghai",
        "hours": {"mon": [["09:00", "12:00"], ["13:00", "24:00"]], "sun": [["22:00", "06:00"]]},
        "holidays": ["2026-02-16", {"date": "2026-02-17", "name": "Spring Festival", "is_off_day": true}],
        "yearly_holidays": ["12-25"],
        "extra_days": {"2026-02-14": "mon", "2026-02-28": [["10:00", "16:00"]]},
        "schedule_years": [2025, 2026],
    });
    for written in [json!({"always": true}), office("UTC"), whole] {
        let spec: CalendarSpec = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(serde_json::to_value(&spec).unwrap(), written);
        Calendar::compile(&spec).unwrap();
    }
}

#[test]
fn a_shape_that_is_wrong_is_refused_with_the_key() {
    let rows = [
        (json!({}), "time_zone is missing"),
        (json!({"always": false}), "time_zone is missing"),
        (json!({"always": true, "time_zone": "UTC"}), "no other keys"),
        (json!({"always": "yes"}), "boolean"),
        (with(office("UTC"), "holiday", json!([])), "unknown field `holiday`"),
        (json!({"time_zone": "UTC", "hours": {"monday": []}}), "unknown field `monday`"),
        (json!({"time_zone": "UTC", "hours": {"mon": [["09:00"]]}}), "invalid length 1"),
        (with(office("UTC"), "holidays", json!([7])), "a holiday is a date"),
        (with(office("UTC"), "holidays", json!([{"date": "2026-01-01", "off": true}])), "a holiday is a date"),
        (with(office("UTC"), "extra_days", json!({"2026-02-14": 1})), "an extra day is a weekday"),
        (with(office("UTC"), "schedule_years", json!(["2026"])), "expected i32"),
    ];
    for (written, expected) in rows {
        let error = serde_json::from_value::<CalendarSpec>(written.clone()).unwrap_err();
        assert!(error.to_string().contains(expected), "{written}: {error}");
    }
}

#[test]
fn a_value_that_is_wrong_is_refused_with_its_place() {
    let hours = |from: &str, to: &str| json!({"time_zone": "UTC", "hours": {"tue": [[from, to]]}});
    let rows = [
        (office("Asia/Beijing"), "time_zone: \"Asia/Beijing\""),
        (office(""), "time_zone: \"\""),
        (hours("9:00", "18:00"), "hours.tue: \"9:00\""),
        (hours("09:00", "18:60"), "hours.tue: \"18:60\""),
        (hours("09:00", "24:01"), "hours.tue: \"24:01\""),
        (hours("24:00", "06:00"), "hours.tue: \"24:00\""),
        (hours("+9:00", "18:00"), "hours.tue: \"+9:00\""),
        (hours("09:00", ""), "hours.tue: \"\""),
        (hours("09:00", "09:00"), "hours.tue: the frame 09:00-09:00 has no length"),
        (listed("holidays", json!(["2026-02-30"])), "holidays: \"2026-02-30\""),
        (listed("holidays", json!(["2026-2-3"])), "holidays: \"2026-2-3\""),
        (listed("holidays", json!(["1600-01-01"])), "holidays: \"1600-01-01\""),
        (listed("holidays", json!([{"date": "2025-02-29", "is_off_day": false}])), "holidays: \"2025-02-29\""),
        (listed("yearly_holidays", json!(["02-30"])), "yearly_holidays: \"02-30\""),
        (listed("yearly_holidays", json!(["13-01"])), "yearly_holidays: \"13-01\""),
        (listed("extra_days", json!({"tomorrow": "mon"})), "extra_days: \"tomorrow\""),
        (listed("extra_days", json!({"2026-02-14": "monday"})), "extra_days.2026-02-14: \"monday\""),
        (listed("extra_days", json!({"2026-02-14": [["09:00", "25:00"]]})), "extra_days.2026-02-14: \"25:00\""),
        (listed("schedule_years", json!([2026, 26])), "schedule_years: 26"),
        (json!({"time_zone": "UTC"}), "hours: no weekday has any"),
    ];
    for (written, expected) in rows {
        let error = compile(&written).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{written}: {error}");
    }
}

#[test]
fn lists_are_bounded() {
    let frames: Vec<Value> = (0..25).map(|_| json!(["09:00", "10:00"])).collect();
    let error = compile(&json!({"time_zone": "UTC", "hours": {"mon": frames}})).unwrap_err();
    assert!(error.to_string().starts_with("hours.mon: 25 frames"), "{error}");
    let days: Vec<Value> = (0..20_001).map(|_| json!("2026-02-16")).collect();
    let error = compile(&listed("holidays", json!(days))).unwrap_err();
    assert!(error.to_string().starts_with("holidays: 20001 entries"), "{error}");
}

fn listed(key: &str, value: Value) -> Value {
    with(office("UTC"), key, value)
}
