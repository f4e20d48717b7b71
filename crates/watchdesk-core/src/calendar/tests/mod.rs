//! The rules of the clocks' arithmetic, as tables and as properties.

mod chinese;
mod import;
mod lines;
mod properties;
mod reference;
mod rules;
mod spec;
mod zones;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Calendar, CalendarError, CalendarSpec, Deadline, Pause};

pub(super) const MINUTE: u64 = 60;
pub(super) const HOUR: u64 = 3600;

/// An instant such as `2026-02-13 17:30 +0800`, optionally with seconds.
pub(super) fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_str(text, "%Y-%m-%d %H:%M %z")
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S %z"))
        .unwrap_or_else(|error| panic!("{text}: {error}"))
        .to_utc()
}

pub(super) fn pause(from: &str, to: &str) -> Pause {
    Pause { from: at(from), to: Some(at(to)) }
}

pub(super) fn pause_from(from: &str) -> Pause {
    Pause { from: at(from), to: None }
}

pub(super) fn compile(spec: &Value) -> Result<Calendar, CalendarError> {
    let spec: CalendarSpec = serde_json::from_value(spec.clone()).unwrap();
    Calendar::compile(&spec)
}

pub(super) fn calendar(spec: &Value) -> Calendar {
    compile(spec).unwrap()
}

/// Monday to Friday, 09:00 to 18:00.
pub(super) fn office_hours() -> Value {
    let frames = json!([["09:00", "18:00"]]);
    json!({"mon": frames, "tue": frames, "wed": frames, "thu": frames, "fri": frames})
}

/// The same frames on every day.
pub(super) fn daily(zone: &str, frames: &Value) -> Value {
    let hours = json!({
        "mon": frames, "tue": frames, "wed": frames, "thu": frames, "fri": frames, "sat": frames, "sun": frames,
    });
    json!({"time_zone": zone, "hours": hours})
}

pub(super) fn office(zone: &str) -> Value {
    json!({"time_zone": zone, "hours": office_hours()})
}

/// The spec with one more key.
pub(super) fn with(mut spec: Value, key: &str, value: Value) -> Value {
    spec[key] = value;
    spec
}

pub(super) fn deadline(calendar: &Calendar, start: &str, target_s: u64, pauses: &[Pause]) -> Deadline {
    calendar.deadline(at(start), target_s, pauses).unwrap()
}

/// Starts, targets and the deadlines they must have; each is also read backwards by `elapsed`.
pub(super) fn check_due(calendar: &Calendar, rows: &[(&str, u64, &str)]) {
    for (start, target_s, due) in rows {
        let answer = deadline(calendar, start, *target_s, &[]);
        assert_eq!(answer.instant(), Some(at(due)), "{start} + {target_s} s");
        check_elapsed(calendar, &[(start, due, *target_s)]);
    }
}

pub(super) fn check_elapsed(calendar: &Calendar, rows: &[(&str, &str, u64)]) {
    for (from, to, seconds) in rows {
        let elapsed = calendar.elapsed(at(from), at(to), &[]).unwrap();
        assert_eq!(elapsed.seconds, *seconds, "{from} to {to}");
    }
}
