//! Wall clocks: which instant an edge of a frame is, and which years a calendar knows.

use chrono::{DateTime, Days, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;

use super::schedule::DAY_MINUTES;

/// No zone was ever further from UTC than this, so an edge lies within it of its wall-clock time read as UTC.
const OFFSET_MAX_S: i64 = 18 * 3600;

/// The first instant (in UTC seconds) at which the zone's wall clock shows this minute of the date, or later.
///
/// This is one rule for all edges: a skipped time moves to the first existing instant, an ambiguous one is taken at
/// its first occurrence. `minute` may lie in the following day.
pub(crate) fn edge(zone: Tz, date: NaiveDate, minute: u16) -> i64 {
    let midnight = date.and_time(NaiveTime::MIN);
    let days = Days::new(u64::from(minute / DAY_MINUTES));
    let wall = midnight
        .checked_add_days(days)
        .and_then(|day| day.checked_add_signed(TimeDelta::minutes(i64::from(minute % DAY_MINUTES))))
        .unwrap_or(NaiveDateTime::MAX);
    first_instant(zone, wall)
}

fn first_instant(zone: Tz, wall: NaiveDateTime) -> i64 {
    let wall_s = wall.and_utc().timestamp();
    match zone.offset_from_local_datetime(&wall) {
        MappedLocalTime::Single(offset) => wall_s - seconds(&offset),
        MappedLocalTime::Ambiguous(one, other) => wall_s - seconds(&one).max(seconds(&other)),
        MappedLocalTime::None => end_of_gap(zone, wall_s),
    }
}

/// The instant at which the clock jumped over `wall_s`. Around a gap the wall clock only moves forward, so it can be
/// searched by halves.
fn end_of_gap(zone: Tz, wall_s: i64) -> i64 {
    let (mut before_s, mut reached_s) = (wall_s - OFFSET_MAX_S, wall_s + OFFSET_MAX_S);
    while reached_s - before_s > 1 {
        let middle_s = before_s + (reached_s - before_s) / 2;
        if middle_s + offset_at(zone, middle_s) >= wall_s {
            reached_s = middle_s;
        } else {
            before_s = middle_s;
        }
    }
    reached_s
}

pub(crate) fn offset_at(zone: Tz, instant_s: i64) -> i64 {
    let utc = DateTime::from_timestamp(instant_s, 0).unwrap_or_default();
    seconds(&zone.offset_from_utc_datetime(&utc.naive_utc()))
}

fn seconds(offset: &impl Offset) -> i64 {
    i64::from(offset.fix().local_minus_utc())
}

/// The local years whose schedule is known, as stretches of UTC seconds.
#[derive(Debug)]
pub(super) enum KnownYears {
    All,
    Listed(Vec<(i64, i64)>),
}

impl KnownYears {
    /// Years that follow each other make one stretch. The years must be sorted and be years of a calendar.
    pub(super) fn listed(zone: Tz, years: &[i32]) -> Self {
        let mut stretches: Vec<(i64, i64)> = Vec::new();
        for year in years {
            let (from_s, to_s) = (new_year(zone, *year), new_year(zone, year + 1));
            match stretches.last_mut() {
                Some(last) if last.1 >= from_s => last.1 = last.1.max(to_s),
                Some(_) | None => stretches.push((from_s, to_s)),
            }
        }
        Self::Listed(stretches)
    }

    /// Whether all of `[from, to)` lies in known years; an empty span needs no year.
    pub(super) fn cover(&self, from_s: i64, to_s: i64) -> bool {
        match self {
            Self::All => true,
            Self::Listed(_) if from_s >= to_s => true,
            Self::Listed(stretches) => {
                stretches.iter().any(|(known_from_s, known_to_s)| *known_from_s <= from_s && to_s <= *known_to_s)
            }
        }
    }
}

fn new_year(zone: Tz, year: i32) -> i64 {
    let first_day = NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or(NaiveDate::MAX);
    edge(zone, first_day, 0)
}
