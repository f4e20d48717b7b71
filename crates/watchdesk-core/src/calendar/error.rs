//! What can be wrong with a calendar, or with a question to it; each error names the entry and the way out.

use chrono::NaiveDate;

use super::compile::{CLOSED_DAYS_MAX, FRAMES_PER_DAY_MAX, LISTED_DAYS_MAX};
use super::table::{SPAN_YEARS_MAX, YEAR_FIRST, YEAR_LAST};

/// Why a calendar is refused, or a question cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    #[error("time_zone: \"{name}\" is not a known time zone; write an IANA name such as Asia/Shanghai")]
    UnknownZone { name: String },
    #[error("{place}: \"{text}\" is not a time of day; write HH:MM from 00:00 to 23:59, or 24:00 to end a frame")]
    BadTime { place: String, text: String },
    #[error("{place}: the frame {time}-{time} has no length; write 00:00-24:00 for a whole day")]
    EmptyFrame { place: String, time: String },
    #[error("{place}: {count} frames in one day are more than {FRAMES_PER_DAY_MAX}")]
    TooManyFrames { place: String, count: usize },
    #[error("{list}: {count} entries are more than {LISTED_DAYS_MAX}")]
    TooManyDays { list: &'static str, count: usize },
    #[error("{list}: \"{text}\" is not a date from {YEAR_FIRST} to {YEAR_LAST}; write YYYY-MM-DD")]
    BadDate { list: &'static str, text: String },
    #[error("yearly_holidays: \"{text}\" is not a day of a year; write MM-DD, such as 12-25")]
    BadMonthDay { text: String },
    #[error("extra_days.{date}: \"{name}\" is not a weekday; write mon, tue, wed, thu, fri, sat or sun")]
    UnknownWeekday { date: String, name: String },
    #[error("schedule_years: {year} is not a year from {YEAR_FIRST} to {YEAR_LAST}")]
    BadYear { year: i32 },
    #[error("schedule_years: the schedule has no day in {year}; import the one that was published for it")]
    NoDaysInYear { year: i32 },
    #[error("the calendar is always open; a schedule of holidays needs one with hours")]
    AlwaysOpen,
    #[error("hours: no weekday has any; a calendar needs an open second in every {CLOSED_DAYS_MAX} days")]
    NoHours,
    #[error(
        "the calendar is closed for {CLOSED_DAYS_MAX} days or more from {from}; it needs an open second in every {CLOSED_DAYS_MAX} days"
    )]
    ClosedTooLong { from: NaiveDate },
    #[error("an instant lies outside the years {YEAR_FIRST} to {YEAR_LAST}, for which calendars are computed")]
    OutsideYears,
    #[error(
        "the span is longer than {SPAN_YEARS_MAX} years, for which calendars are computed; choose a smaller target"
    )]
    TooLong,
    #[error("the deadline lies beyond the year 9999; choose a smaller target")]
    BeyondCalendars,
}
