//! What can be wrong with a rota, or with a question to it; each error names the entry and the way out.

use super::compile::{EVERY_MAX, LAYERS_MAX, LEVEL_MAX, OVERRIDES_MAX, PEOPLE_MAX, RESTRICTIONS_MAX};
use super::timeline::{PIECES_MAX, SPAN_DAYS_MAX};
use crate::calendar::{CalendarError, YEAR_FIRST, YEAR_LAST};

/// Why a rota is refused, or a question cannot be answered. `place` is an entry such as `layers[1].rotation`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RotaError {
    #[error("layers: {count} are more than {LAYERS_MAX}")]
    TooManyLayers { count: usize },
    #[error("overrides: {count} are more than {OVERRIDES_MAX}; leave out those that are over")]
    TooManyOverrides { count: usize },
    #[error("{place}: {count} entries are more than {RESTRICTIONS_MAX}")]
    TooManyRestrictions { place: String, count: usize },
    #[error("{place}: name from 1 to {PEOPLE_MAX} people, not {count}")]
    BadPeople { place: String, count: usize },
    #[error("{place}: {level} is not a level; 1 is on call first, up to {LEVEL_MAX}")]
    BadLevel { place: String, level: u32 },
    #[error("{place}: no layer has the level {level}; add one, or name a level that exists")]
    NoSuchLevel { place: String, level: u32 },
    #[error("{place}: \"{text}\" is not a rotation; write daily or weekly")]
    BadRotation { place: String, text: String },
    #[error("{place}: {every} is not a length of turns; write 1 to {EVERY_MAX} days or weeks")]
    BadEvery { place: String, every: u32 },
    #[error("{place}: \"{text}\" is not a time of day; write HH:MM from 00:00 to 23:59")]
    BadTime { place: String, text: String },
    #[error("{place}: \"{text}\" is not a weekday; write mon, tue, wed, thu, fri, sat or sun")]
    BadWeekday { place: String, text: String },
    #[error("{place}: only a weekly rotation has a weekday; leave it out, or make the rotation weekly")]
    WeekdayOfDaily { place: String },
    #[error("{place}: \"{text}\" is not a known time zone; write an IANA name such as Asia/Shanghai")]
    UnknownZone { place: String, text: String },
    #[error("{place}: \"{text}\" is not a date from {YEAR_FIRST} to {YEAR_LAST}; write YYYY-MM-DD")]
    BadDate { place: String, text: String },
    #[error("{place}: {text} is not a {weekday}, the weekday of the hand-over; the next one is {next}")]
    WrongWeekday { place: String, text: String, weekday: String, next: String },
    #[error("{place}: the layer would end on {until}, before its first turn begins on {starts_on}")]
    EndsBeforeStart { place: String, starts_on: String, until: String },
    #[error("{place}: it would end before it begins; from must lie before to")]
    BackwardOverride { place: String },
    #[error(transparent)]
    BadFrame(CalendarError),
    #[error("the span of {days} days is longer than {SPAN_DAYS_MAX}; ask for a part of it")]
    SpanTooLong { days: i64 },
    #[error("level {level} changes hands more than {PIECES_MAX} times in this span; ask for a part of it")]
    TooManyPieces { level: u32 },
}
