//! What stands in a cell.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeZone};
use chrono_tz::Tz;
use watchdesk_core::Instant;

use super::sheet::{Line, Wrong, wrong};

/// A day begins in the desk's zone; an instant has its own.
pub(super) fn instant(line: &Line, name: &'static str, zone: Tz) -> Result<Option<Instant>, Wrong> {
    let Some(text) = line.get(name) else { return Ok(None) };
    let exact = DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc());
    let day = || {
        let day = ["%Y-%m-%d", "%Y/%m/%d"].iter().find_map(|form| NaiveDate::parse_from_str(text, form).ok())?;
        Some(zone.from_local_datetime(&day.and_time(NaiveTime::MIN)).earliest()?.to_utc())
    };
    let found = exact.or_else(day).map(watchdesk_core::whole_seconds);
    let why = |text: &str| format!("\"{text}\" is no date; write 2026-03-01 or 2026-03-01T08:00:00Z");
    found.map(Some).ok_or_else(|| wrong(name, "date", text, why))
}

pub(super) fn yes_or_no(line: &Line, name: &'static str) -> Result<Option<bool>, Wrong> {
    let Some(text) = line.get(name) else { return Ok(None) };
    match text.to_lowercase().as_str() {
        "yes" | "true" | "1" | "是" => Ok(Some(true)),
        "no" | "false" | "0" | "否" => Ok(Some(false)),
        _ => Err(wrong(name, "yes_or_no", text, |text| format!("\"{text}\" is neither yes nor no"))),
    }
}

pub(super) fn number(line: &Line, name: &'static str) -> Result<Option<i64>, Wrong> {
    let Some(text) = line.get(name) else { return Ok(None) };
    let number = text.parse::<i64>().ok().filter(|number| (0..=i64::from(i32::MAX)).contains(number));
    let why = |text: &str| format!("\"{text}\" is no whole number from 0 on");
    number.map(Some).ok_or_else(|| wrong(name, "number", text, why))
}

/// Several in one cell.
pub(super) fn listed(line: &Line, name: &str) -> Option<Vec<String>> {
    let parts = |text: &str| {
        let parts = text.split([';', '；', '|']).map(str::trim).filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect()
    };
    line.get(name).map(parts)
}
