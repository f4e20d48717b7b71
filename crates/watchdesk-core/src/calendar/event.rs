//! One event of a published schedule: which dates it covers, and whether they come back every year.

use chrono::{Datelike, NaiveDate};

use super::compile::digits;
use super::ical::EventLines;
use super::marks::{Meaning, meaning_of};
use super::table::YEAR_LAST;
use crate::icalendar::{ContentLine, IcalendarError, unescaped};

/// The longest holiday.
const EVENT_DAYS_MAX: i64 = 60;
/// Characters of a name that are kept.
const NAME_CHARS_MAX: usize = 200;

/// An event of whole days.
#[derive(Debug)]
pub(super) struct DayEvent {
    pub(super) line: usize,
    pub(super) name: Option<String>,
    pub(super) meaning: Meaning,
    /// What was understood only in part.
    pub(super) notes: Vec<String>,
    from: NaiveDate,
    days: u64,
    recurrence: Recurrence,
}

/// The dates that an event covers.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Dates {
    Listed(Vec<NaiveDate>),
    /// Months and days.
    EveryYear(Vec<(u32, u32)>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Recurrence {
    Once,
    /// Every year, up to and including one that begins on this date.
    Yearly {
        last: Option<NaiveDate>,
    },
}

impl DayEvent {
    /// `Ok(Err(why))` is an event that is sound, but not one of whole days that could be a holiday.
    pub(super) fn read(lines: &EventLines) -> Result<Result<Self, String>, IcalendarError> {
        let name = name_of(lines);
        let shown = name.as_deref().unwrap_or("an event without a summary");
        let start = lines
            .property("DTSTART")
            .ok_or_else(|| IcalendarError::new(lines.line, format!("the event \"{shown}\" has no DTSTART")))?;
        if let Some(why) = why_not(lines, start) {
            return Ok(Err(format!("\"{shown}\" {why}; it was left out")));
        }
        let from = date_of(start)?;
        let mut notes = Vec::new();
        let days = days_of(lines, from, &mut notes)?;
        if days > EVENT_DAYS_MAX {
            return Ok(Err(format!("\"{shown}\" lasts {days} days, more than {EVENT_DAYS_MAX}; it was left out")));
        }
        let recurrence = recurrence_of(lines, from, &mut notes);
        let meaning = meaning_of_event(lines);
        Ok(Ok(Self { line: lines.line, name, meaning, notes, from, days: days.unsigned_abs(), recurrence }))
    }

    pub(super) fn dates(&self) -> Dates {
        let days_from = |from: NaiveDate| from.iter_days().take(self.days as usize);
        match self.recurrence {
            Recurrence::Once => Dates::Listed(days_from(self.from).collect()),
            Recurrence::Yearly { last: None } => {
                Dates::EveryYear(days_from(self.from).map(|date| (date.month(), date.day())).collect())
            }
            Recurrence::Yearly { last: Some(last) } => {
                let starts = (self.from.year()..=last.year()).filter_map(|year| self.from.with_year(year));
                Dates::Listed(starts.take_while(|start| *start <= last).flat_map(days_from).collect())
            }
        }
    }
}

fn name_of(lines: &EventLines) -> Option<String> {
    let summary = unescaped(&lines.property("SUMMARY")?.value);
    let name: String =
        summary.trim().chars().filter(|character| !character.is_control()).take(NAME_CHARS_MAX).collect();
    (!name.is_empty()).then_some(name)
}

fn meaning_of_event(lines: &EventLines) -> Meaning {
    let words: Vec<String> = ["SUMMARY", "CATEGORIES"]
        .into_iter()
        .flat_map(|name| lines.all(name).map(|property| unescaped(&property.value)))
        .collect();
    let description = lines.property("DESCRIPTION").map(|property| unescaped(&property.value)).unwrap_or_default();
    let apple = lines.property("X-APPLE-SPECIAL-DAY").map(|property| property.value.as_str());
    meaning_of(apple, &words.join(" "), &description)
}

fn why_not(lines: &EventLines, start: &ContentLine) -> Option<&'static str> {
    let is_cancelled = lines.property("STATUS").is_some_and(|status| status.value.eq_ignore_ascii_case("CANCELLED"));
    if is_cancelled {
        Some("is cancelled")
    } else if lines.property("RECURRENCE-ID").is_some() {
        Some("changes one occurrence of another event, which is not understood")
    } else if start.has_parameter("VALUE", "DATE-TIME") || is_date_time(&start.value) {
        Some("is no event of whole days")
    } else {
        None
    }
}

/// `20260216T090000`, with or without a zone.
fn is_date_time(value: &str) -> bool {
    value.split_once('T').is_some_and(|(date, _)| parse_date(date).is_some())
}

fn days_of(lines: &EventLines, from: NaiveDate, notes: &mut Vec<String>) -> Result<i64, IcalendarError> {
    if let Some(end) = lines.property("DTEND") {
        let days = date_of(end)?.signed_duration_since(from).num_days();
        if days < 0 {
            return Err(IcalendarError::new(end.line, format!("DTEND {} lies before DTSTART", end.value)));
        }
        if days == 0 {
            notes.push("ends on the day it begins, although an end is exclusive; it was taken as one day".to_owned());
        }
        return Ok(days.max(1));
    }
    let Some(duration) = lines.property("DURATION") else {
        return Ok(1);
    };
    whole_days(&duration.value)
        .ok_or_else(|| IcalendarError::new(duration.line, format!("DURATION {} is not of whole days", duration.value)))
}

/// `P3D` or `P1W`.
fn whole_days(duration: &str) -> Option<i64> {
    let written = duration.strip_prefix('+').unwrap_or(duration).strip_prefix('P')?;
    let (count, unit_days) = match written.strip_suffix('W') {
        Some(weeks) => (weeks, 7),
        None => (written.strip_suffix('D')?, 1),
    };
    let count: u16 = count.parse().ok()?;
    (count > 0).then(|| i64::from(count) * unit_days)
}

/// A rule that is not understood leaves its first occurrence, with a note.
fn recurrence_of(lines: &EventLines, from: NaiveDate, notes: &mut Vec<String>) -> Recurrence {
    for name in ["RDATE", "EXDATE", "EXRULE"] {
        if lines.property(name).is_some() {
            notes.push(format!("has {name}, which is not understood; look at its dates"));
        }
    }
    let Some(rule) = lines.property("RRULE") else {
        return Recurrence::Once;
    };
    yearly_rule(&rule.value, from).unwrap_or_else(|| {
        notes.push(format!("has the rule {}, which is not understood; only its first day was taken", rule.value));
        Recurrence::Once
    })
}

/// `FREQ=YEARLY` on the day of the event itself, with or without an end.
fn yearly_rule(rule: &str, from: NaiveDate) -> Option<Recurrence> {
    let mut is_yearly = false;
    let mut last = None;
    for part in rule.split(';') {
        let (name, value) = part.split_once('=')?;
        match name {
            "FREQ" => is_yearly = value == "YEARLY",
            "UNTIL" => last = Some(parse_date(value.get(..8)?)?),
            "COUNT" => {
                let count: i32 = value.parse().ok().filter(|count| *count > 0)?;
                last = NaiveDate::from_ymd_opt(from.year().saturating_add(count - 1).min(YEAR_LAST), 12, 31);
            }
            "WKST" => {}
            "INTERVAL" if value == "1" => {}
            "BYMONTH" if value.parse() == Ok(from.month()) => {}
            "BYMONTHDAY" if value.parse() == Ok(from.day()) => {}
            _ => return None,
        }
    }
    is_yearly.then_some(Recurrence::Yearly { last })
}

fn date_of(property: &ContentLine) -> Result<NaiveDate, IcalendarError> {
    parse_date(&property.value).ok_or_else(|| {
        let problem =
            format!("{} \"{}\" is not a date; a whole day is written YYYYMMDD", property.name, property.value);
        IcalendarError::new(property.line, problem)
    })
}

fn parse_date(text: &str) -> Option<NaiveDate> {
    let (year, month_day) = text.trim().split_at_checked(4)?;
    let (month, day) = month_day.split_at_checked(2)?;
    let year: u16 = digits(year, 4)?;
    NaiveDate::from_ymd_opt(i32::from(year), digits(month, 2)?, digits(day, 2)?)
}
