//! Hours as a person tells them: what was open, what was closed, and because of which day.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::arithmetic::Hours;
use super::compile::{WeeklyHours, parse_date};
use super::zone::{edge, offset_at};
use super::{Calendar, Holiday, WeeklySpec};

/// Days that one account looks at; what lies beyond is left to [`Calendar::elapsed`].
pub const ACCOUNT_DAYS_MAX: usize = 3_700;
/// A frame may reach into the second day after the one on which it starts.
const SPILL_DAYS: u64 = 2;

/// A stretch of time in which a calendar is open throughout, or closed throughout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub kind: StretchKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StretchKind {
    /// `make_up_days`: local dates in it that are worked although their weekday, or the holiday, would be off.
    Open { make_up_days: Vec<NaiveDate> },
    /// In order; never empty.
    Closed { because: Vec<Closed> },
}

/// Why a calendar is closed. Dates are those of its own zone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Closed {
    /// After the hours of one day, before those of the next.
    Night,
    /// A break between the hours of one day.
    OutsideHours,
    Weekend {
        first: NaiveDate,
        last: NaiveDate,
    },
    /// One name; holidays that follow each other under two names are two.
    Holiday {
        name: Option<String>,
        first: NaiveDate,
        last: NaiveDate,
    },
    /// A weekday on which nobody works.
    NoHours {
        first: NaiveDate,
        last: NaiveDate,
    },
}

/// What a calendar knows of its days beside their hours.
#[derive(Debug)]
pub(super) struct DayBook {
    zone: Tz,
    /// One-off holidays, with their names where they have one.
    holidays: BTreeMap<NaiveDate, Option<String>>,
    extra: BTreeSet<NaiveDate>,
}

impl DayBook {
    /// What cannot be read is left out; compiling the calendar names it.
    pub(super) fn of(zone: Tz, spec: &WeeklySpec) -> Self {
        let holiday = |holiday: &Holiday| match holiday {
            Holiday::Date(date) => Some((parse_date(date)?, None)),
            Holiday::Row(row) if row.is_off_day => Some((parse_date(&row.date)?, row.name.clone())),
            Holiday::Row(_) => None,
        };
        Self {
            zone,
            holidays: spec.holidays.iter().filter_map(holiday).collect(),
            extra: spec.extra_days.keys().filter_map(|date| parse_date(date)).collect(),
        }
    }

    fn date_of(&self, instant_s: i64) -> NaiveDate {
        let local_s = instant_s + offset_at(self.zone, instant_s);
        DateTime::from_timestamp(local_s, 0).unwrap_or_default().date_naive()
    }
}

impl Calendar {
    /// The IANA zone of its hours; the calendar that never closes has none.
    pub fn time_zone(&self) -> Option<&'static str> {
        match &self.hours {
            Hours::Always => None,
            Hours::Weekly(weekly) => Some(weekly.book.zone.name()),
        }
    }

    /// What `[from, to)` consists of, in order and without a gap, for as many days as [`ACCOUNT_DAYS_MAX`]: the last
    /// stretch then ends before `to`. Whole seconds; empty where `to` is not after `from`.
    pub fn stretches(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Stretch> {
        let (from_s, to_s) = (from.timestamp(), to.timestamp());
        if to_s <= from_s {
            return Vec::new();
        }
        match &self.hours {
            Hours::Always => vec![stretch(from_s, to_s, StretchKind::Open { make_up_days: Vec::new() })],
            Hours::Weekly(weekly) => weekly.stretches(from_s, to_s),
        }
    }
}

impl WeeklyHours {
    fn stretches(&self, from_s: i64, to_s: i64) -> Vec<Stretch> {
        let (spans, to_s) = self.open_spans(from_s, to_s);
        let mut stretches = Vec::with_capacity(2 * spans.len() + 1);
        let mut told_s = from_s;
        for (open_s, close_s) in spans {
            if told_s < open_s {
                stretches.push(self.closed(told_s, open_s));
            }
            stretches.push(stretch(
                open_s,
                close_s,
                StretchKind::Open { make_up_days: self.make_up_days(open_s, close_s) },
            ));
            told_s = close_s;
        }
        if told_s < to_s {
            stretches.push(self.closed(told_s, to_s));
        }
        stretches
    }

    /// Sorted and apart, with the end of what was looked at.
    fn open_spans(&self, from_s: i64, to_s: i64) -> (Vec<(i64, i64)>, i64) {
        let zone = self.book.zone;
        let first = self.book.date_of(from_s);
        let mut spans: Vec<(i64, i64)> = Vec::new();
        let mut end_s = to_s;
        let earliest = first.checked_sub_days(Days::new(SPILL_DAYS)).unwrap_or(first);
        for (index, date) in earliest.iter_days().enumerate() {
            let midnight_s = edge(zone, date, 0);
            if midnight_s >= to_s {
                break;
            }
            if index >= ACCOUNT_DAYS_MAX {
                end_s = midnight_s;
                break;
            }
            for frame in self.table.schedule.frames_on(date) {
                let open_s = edge(zone, date, frame.from_minute).max(from_s);
                let close_s = edge(zone, date, frame.to_minute).min(to_s);
                join(&mut spans, open_s, close_s);
            }
        }
        spans.iter_mut().for_each(|(_, close_s)| *close_s = (*close_s).min(end_s));
        (spans, end_s)
    }

    fn make_up_days(&self, open_s: i64, close_s: i64) -> Vec<NaiveDate> {
        let days = self.dates(open_s, close_s);
        days.filter(|date| self.book.extra.contains(date) && self.is_off_otherwise(*date)).collect()
    }

    /// Whether nobody would work on that date if it were no extra working day.
    fn is_off_otherwise(&self, date: NaiveDate) -> bool {
        let schedule = &self.table.schedule;
        let weekday = date.weekday().num_days_from_monday() as usize;
        schedule.week[weekday].is_empty() || self.book.holidays.contains_key(&date) || schedule.yearly.contains(date)
    }

    fn closed(&self, from_s: i64, to_s: i64) -> Stretch {
        let mut because: Vec<Closed> = Vec::new();
        for date in self.dates(from_s, to_s).filter(|date| self.table.schedule.frames_on(*date).is_empty()) {
            let reason = self.day_off(date);
            let goes_on = because.last_mut().is_some_and(|last| extend(last, &reason));
            if !goes_on {
                because.push(reason);
            }
        }
        if because.is_empty() {
            because.push(if self.is_break(from_s, to_s) { Closed::OutsideHours } else { Closed::Night });
        }
        stretch(from_s, to_s, StretchKind::Closed { because })
    }

    /// Whether the day has hours before it and hours after it.
    fn is_break(&self, from_s: i64, to_s: i64) -> bool {
        let (zone, date) = (self.book.zone, self.book.date_of(from_s));
        let frames = self.table.schedule.frames_on(date);
        frames.iter().any(|frame| edge(zone, date, frame.to_minute) <= from_s)
            && frames.iter().any(|frame| edge(zone, date, frame.from_minute) >= to_s)
    }

    /// Why no hours start on that date.
    fn day_off(&self, date: NaiveDate) -> Closed {
        let (first, last) = (date, date);
        if let Some(name) = self.book.holidays.get(&date) {
            return Closed::Holiday { name: name.clone(), first, last };
        }
        if self.table.schedule.yearly.contains(date) {
            return Closed::Holiday { name: None, first, last };
        }
        match date.weekday() {
            Weekday::Sat | Weekday::Sun => Closed::Weekend { first, last },
            Weekday::Mon | Weekday::Tue | Weekday::Wed | Weekday::Thu | Weekday::Fri => Closed::NoHours { first, last },
        }
    }

    /// The local dates that `[from, to)` touches.
    fn dates(&self, from_s: i64, to_s: i64) -> impl Iterator<Item = NaiveDate> {
        let last = self.book.date_of(to_s - 1);
        self.book.date_of(from_s).iter_days().take_while(move |date| *date <= last)
    }
}

/// The next day of the same reason.
fn extend(reason: &mut Closed, next: &Closed) -> bool {
    match (reason, next) {
        (Closed::Weekend { last, .. }, Closed::Weekend { last: next, .. })
        | (Closed::NoHours { last, .. }, Closed::NoHours { last: next, .. }) => {
            *last = *next;
            true
        }
        (Closed::Holiday { name, last, .. }, Closed::Holiday { name: next_name, last: next, .. })
            if name == next_name =>
        {
            *last = *next;
            true
        }
        (
            Closed::Night
            | Closed::OutsideHours
            | Closed::Weekend { .. }
            | Closed::Holiday { .. }
            | Closed::NoHours { .. },
            _,
        ) => false,
    }
}

/// Frames come in the order of their start; the spill of a night may reach into the next.
fn join(spans: &mut Vec<(i64, i64)>, open_s: i64, close_s: i64) {
    if open_s >= close_s {
        return;
    }
    match spans.last_mut() {
        Some((_, last_s)) if open_s <= *last_s => *last_s = (*last_s).max(close_s),
        Some(_) | None => spans.push((open_s, close_s)),
    }
}

fn stretch(from_s: i64, to_s: i64, kind: StretchKind) -> Stretch {
    let at = |second| DateTime::from_timestamp(second, 0).unwrap_or_default();
    Stretch { from: at(from_s), to: at(to_s), kind }
}
