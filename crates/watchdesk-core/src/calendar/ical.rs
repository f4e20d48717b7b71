//! Published schedules as iCalendar: whole-day events become holidays and extra working days.
//!
//! Nothing is dropped in silence. A text that is broken is refused with its line; an event that is sound but is no
//! holiday we can be sure of becomes a warning with its line, for the person who imports to judge.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde::Serialize;

use super::HolidayRow;
use super::compile::{LISTED_DAYS_MAX, is_calendar_year};
use super::event::{Dates, DayEvent};
use super::marks::Meaning;
use crate::icalendar::{ContentLine, IcalendarError, content_lines};

/// Events that are read from one text.
pub const ICALENDAR_EVENTS_MAX: usize = 10_000;
/// Components within components.
const DEPTH_MAX: usize = 8;

/// What a published schedule says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ImportedSchedule {
    /// By date. `is_off_day = false` marks an extra working day.
    pub days: Vec<HolidayRow>,
    /// Holidays of every year, as `MM-DD`.
    pub yearly_holidays: Vec<String>,
    /// What was left out or understood only in part, by line.
    pub warnings: Vec<ImportWarning>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ImportWarning {
    /// The line of the file on which the event begins.
    pub line: usize,
    pub text: String,
}

impl fmt::Display for ImportWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.text)
    }
}

impl ImportedSchedule {
    /// How many of its days lie in each year; those of every year are not counted. A year with only a day or two is
    /// likely the edge of its neighbour's schedule, not a schedule of its own: whoever imports says which are.
    pub fn days_by_year(&self) -> BTreeMap<i32, usize> {
        let mut days = BTreeMap::new();
        for year in self.days.iter().filter_map(|row| row.date.get(..4)?.parse().ok()) {
            *days.entry(year).or_insert(0) += 1;
        }
        days
    }
}

/// Reads holidays and extra working days from an iCalendar text.
///
/// An event of whole days is a holiday, unless its summary, its categories or Apple's `X-APPLE-SPECIAL-DAY` mark it
/// as a working day (班, "make-up day", "workday"). Where the publisher marks the days off (休, 放假), what he leaves
/// unmarked is a mere observance. `RRULE:FREQ=YEARLY` without an end makes a holiday of every year.
pub fn holidays_from_icalendar(text: &str) -> Result<ImportedSchedule, IcalendarError> {
    let mut warnings = Vec::new();
    let mut read = Vec::new();
    for component in events_of(text, &mut warnings)? {
        match DayEvent::read(&component)? {
            Ok(event) => read.push(event),
            Err(why) => warnings.push(ImportWarning { line: component.line, text: why }),
        }
    }
    let marks_days_off = read.iter().any(|event| event.meaning == Meaning::MarkedOff);
    let mut days = Days { warnings, ..Days::default() };
    for event in read {
        days.take(event, marks_days_off)?;
    }
    Ok(days.finish())
}

/// A VEVENT as it is written.
#[derive(Debug)]
pub(super) struct EventLines {
    /// Where it begins.
    pub(super) line: usize,
    properties: Vec<ContentLine>,
}

impl EventLines {
    pub(super) fn property(&self, name: &str) -> Option<&ContentLine> {
        self.properties.iter().find(|property| property.name == name)
    }

    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &ContentLine> {
        self.properties.iter().filter(move |property| property.name == name)
    }
}

/// The events of all calendars in the text; components that nest wrongly are refused.
fn events_of(text: &str, warnings: &mut Vec<ImportWarning>) -> Result<Vec<EventLines>, IcalendarError> {
    let mut open: Vec<(usize, String)> = Vec::new();
    let mut events: Vec<EventLines> = Vec::new();
    for content in content_lines(text)? {
        match content.name.as_str() {
            "BEGIN" => {
                begin(&mut open, &content)?;
                match (open.len(), content.value.to_ascii_uppercase().as_str()) {
                    (2, "VEVENT") => events.push(EventLines { line: content.line, properties: Vec::new() }),
                    (2, "VTIMEZONE") | (1 | 3.., _) => {}
                    (_, other) => warnings.push(ImportWarning {
                        line: content.line,
                        text: format!("a {other} is no holiday; it was left out"),
                    }),
                }
            }
            "END" => end(&mut open, &content)?,
            _ if open.is_empty() => return Err(no_calendar(content.line)),
            _ => match (open.as_slice(), events.last_mut()) {
                ([_, (_, inner)], Some(event)) if inner == "VEVENT" => event.properties.push(content),
                _ => {}
            },
        }
        if events.len() > ICALENDAR_EVENTS_MAX {
            let line = events.last().map_or(1, |event| event.line);
            return Err(IcalendarError::new(line, format!("more than {ICALENDAR_EVENTS_MAX} events")));
        }
    }
    match open.last() {
        Some((line, name)) => Err(IcalendarError::new(*line, format!("{name} begins here and never ends"))),
        None => Ok(events),
    }
}

fn begin(open: &mut Vec<(usize, String)>, content: &ContentLine) -> Result<(), IcalendarError> {
    let name = content.value.trim().to_ascii_uppercase();
    if open.is_empty() && name != "VCALENDAR" {
        return Err(no_calendar(content.line));
    }
    if open.len() == DEPTH_MAX {
        return Err(IcalendarError::new(content.line, format!("components nest deeper than {DEPTH_MAX}")));
    }
    open.push((content.line, name));
    Ok(())
}

fn end(open: &mut Vec<(usize, String)>, content: &ContentLine) -> Result<(), IcalendarError> {
    let name = content.value.trim();
    match open.pop() {
        Some((_, begun)) if begun.eq_ignore_ascii_case(name) => Ok(()),
        Some((line, begun)) => {
            let problem = format!("END:{name} stands where {begun} of line {line} must end");
            Err(IcalendarError::new(content.line, problem))
        }
        None => Err(IcalendarError::new(content.line, format!("END:{name} ends nothing"))),
    }
}

fn no_calendar(line: usize) -> IcalendarError {
    IcalendarError::new(line, "an iCalendar text stands between BEGIN:VCALENDAR and END:VCALENDAR")
}

/// What has been taken so far.
#[derive(Default)]
struct Days {
    by_date: BTreeMap<NaiveDate, HolidayRow>,
    /// Month and day.
    yearly: BTreeSet<(u32, u32)>,
    warnings: Vec<ImportWarning>,
}

impl Days {
    fn take(&mut self, event: DayEvent, marks_days_off: bool) -> Result<(), IcalendarError> {
        for note in &event.notes {
            self.warn(&event, note);
        }
        let is_off_day = match event.meaning {
            Meaning::Working => false,
            Meaning::MarkedOff => true,
            Meaning::Unmarked if !marks_days_off => true,
            Meaning::Unmarked => {
                self.warn(&event, "is not marked as a day off, as others are here; it was left out");
                return Ok(());
            }
            Meaning::Observance => {
                self.warn(&event, "is an observance, no day off; it was left out");
                return Ok(());
            }
            Meaning::Contradictory => {
                self.warn(&event, "is marked both as a day off and as a working day; it was left out");
                return Ok(());
            }
        };
        match event.dates() {
            Dates::EveryYear(_) if !is_off_day => {
                self.warn(&event, "would be an extra working day of every year; it was left out");
            }
            Dates::EveryYear(month_days) => self.yearly.extend(month_days),
            Dates::Listed(dates) => {
                for date in dates {
                    self.insert(date, is_off_day, &event);
                }
            }
        }
        if self.by_date.len() > LISTED_DAYS_MAX {
            return Err(IcalendarError::new(event.line, format!("more than {LISTED_DAYS_MAX} days")));
        }
        Ok(())
    }

    fn insert(&mut self, date: NaiveDate, is_off_day: bool, event: &DayEvent) {
        if !is_calendar_year(date.year()) {
            self.warn(event, &format!("lies on {date}, outside the years of a calendar; that day was left out"));
            return;
        }
        let row = HolidayRow { date: date.to_string(), name: event.name.clone(), is_off_day };
        match self.by_date.entry(date) {
            Entry::Vacant(place) => {
                place.insert(row);
            }
            Entry::Occupied(place) if place.get().is_off_day == is_off_day => {}
            Entry::Occupied(mut place) => {
                if !is_off_day {
                    place.insert(row);
                }
                let text =
                    format!("{date} is listed both as a day off and as a working day; it is taken as a working day");
                self.warnings.push(ImportWarning { line: event.line, text });
            }
        }
    }

    fn warn(&mut self, event: &DayEvent, what: &str) {
        let name = event.name.as_deref().unwrap_or("an event without a summary");
        self.warnings.push(ImportWarning { line: event.line, text: format!("\"{name}\" {what}") });
    }

    fn finish(mut self) -> ImportedSchedule {
        self.warnings.sort();
        ImportedSchedule {
            days: self.by_date.into_values().collect(),
            yearly_holidays: self.yearly.iter().map(|(month, day)| format!("{month:02}-{day:02}")).collect(),
            warnings: self.warnings,
        }
    }
}
