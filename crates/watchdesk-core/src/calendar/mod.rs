//! Calendars and the arithmetic of the clocks: when is a target used up, and how much of it is used.
//!
//! Two functions carry everything, [`Calendar::deadline`] and [`Calendar::elapsed`], over whole seconds and
//! half-open intervals `[from, to)`. A calendar is written as a [`CalendarSpec`] (data that people edit and the
//! database keeps) and compiled once into a [`Calendar`], which answers in about the same time however long the span
//! is: open seconds are laid out in a table that is searched, never walked.
//!
//! Nothing here reads a clock. The always-open calendar is no calendar at all, only addition in UTC.

mod account;
mod arithmetic;
mod compile;
mod error;
mod event;
mod ical;
mod lines;
mod marks;
mod published;
mod schedule;
mod spec;
mod table;
mod zone;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use account::{ACCOUNT_DAYS_MAX, Closed, Stretch, StretchKind};
pub use compile::{FRAMES_PER_DAY_MAX, LISTED_DAYS_MAX};
pub use error::CalendarError;
pub use ical::{ICALENDAR_EVENTS_MAX, ImportWarning, ImportedSchedule, holidays_from_icalendar};
pub use lines::{LINE_BYTES_MAX, LineAnswer, LineReader, deadline_line, elapsed_line};
pub use spec::{CalendarSpec, ExtraDay, Holiday, HolidayRow, WeekHours, WeeklySpec};
pub use table::{SPAN_YEARS_MAX, YEAR_FIRST, YEAR_LAST};

pub use crate::icalendar::IcalendarError;
pub(crate) use compile::{frame_of, minute_of, parse_date, weekday_of};
pub(crate) use schedule::{DAY_MINUTES, Frame, united};
pub(crate) use zone::{edge, offset_at};

use arithmetic::{Hours, UsedUp};
use compile::WeeklyHours;

/// Open seconds of a day that never closes.
const DAY_S: u64 = 86_400;

/// A calendar ready to compute with; cheap to clone and to share between threads.
#[derive(Debug, Clone)]
pub struct Calendar {
    hours: Hours,
}

/// A stretch `[from, to)` that a clock does not count; without `to` it has not ended yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    pub from: DateTime<Utc>,
    pub to: Option<DateTime<Utc>>,
}

/// When a target is used up.
///
/// `provisional` says that the answer needs a year whose schedule the calendar does not know yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deadline {
    /// The earliest instant at which the target is used up, in whole seconds.
    At { instant: DateTime<Utc>, provisional: bool },
    /// An open-ended pause holds the clock: no deadline, only the seconds that remain.
    Paused { remaining_s: u64, provisional: bool },
}

/// How many open, unpaused seconds a span holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Elapsed {
    pub seconds: u64,
    pub provisional: bool,
}

impl Calendar {
    /// The 24x7 calendar: plain addition in UTC.
    pub const fn always() -> Self {
        Self { hours: Hours::Always }
    }

    /// Checks a calendar and prepares it. Errors name the entry that is wrong; a calendar without an open second in
    /// 400 days is refused.
    pub fn compile(spec: &CalendarSpec) -> Result<Self, CalendarError> {
        let hours = match spec {
            CalendarSpec::Always => Hours::Always,
            CalendarSpec::Weekly(weekly) => Hours::Weekly(Arc::new(WeeklyHours::compile(weekly)?)),
        };
        Ok(Self { hours })
    }

    /// The earliest instant at which `target_s` open, unpaused seconds after `start` are used up.
    ///
    /// A target that ends exactly at closing time is due at closing time; a target of 0 is due at `start`. Pauses may
    /// overlap, be unsorted, or begin before `start`. Sub-seconds are truncated.
    pub fn deadline(&self, start: DateTime<Utc>, target_s: u64, pauses: &[Pause]) -> Result<Deadline, CalendarError> {
        let start_s = start.timestamp();
        let deadline = match arithmetic::used_up(&self.hours, start_s, target_s, pauses)? {
            UsedUp::At(instant_s) => Deadline::At {
                instant: arithmetic::instant(instant_s)?,
                provisional: self.is_provisional(start_s, instant_s),
            },
            UsedUp::Paused { remaining_s, since_s } => {
                Deadline::Paused { remaining_s, provisional: self.is_provisional(start_s, since_s) }
            }
        };
        Ok(deadline)
    }

    /// The open, unpaused seconds in `[from, to)`; 0 if `to` is not after `from`.
    pub fn elapsed(&self, from: DateTime<Utc>, to: DateTime<Utc>, pauses: &[Pause]) -> Result<Elapsed, CalendarError> {
        let (from_s, to_s) = (from.timestamp(), to.timestamp());
        Ok(Elapsed {
            seconds: arithmetic::elapsed(&self.hours, from_s, to_s, pauses)?,
            provisional: self.is_provisional(from_s, to_s),
        })
    }

    /// What one working day is worth as a target: the open seconds of an ordinary working day, that is of the
    /// commonest length among the weekdays with hours (of two equally common lengths, the longer).
    pub fn working_day_s(&self) -> u64 {
        match &self.hours {
            Hours::Always => DAY_S,
            Hours::Weekly(weekly) => weekly.working_day_s,
        }
    }

    /// Whether the calendar is open around the clock by being no calendar at all.
    pub fn is_always(&self) -> bool {
        match &self.hours {
            Hours::Always => true,
            Hours::Weekly(_) => false,
        }
    }

    fn is_provisional(&self, from_s: i64, to_s: i64) -> bool {
        match &self.hours {
            Hours::Always => false,
            Hours::Weekly(weekly) => !weekly.known_years.cover(from_s, to_s),
        }
    }
}

impl Deadline {
    /// The instant, if there is one; none while an open-ended pause holds the clock.
    pub fn instant(self) -> Option<DateTime<Utc>> {
        match self {
            Self::At { instant, .. } => Some(instant),
            Self::Paused { .. } => None,
        }
    }

    pub fn is_provisional(self) -> bool {
        match self {
            Self::At { provisional, .. } | Self::Paused { provisional, .. } => provisional,
        }
    }
}
