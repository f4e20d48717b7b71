//! Targets and pauses, over any calendar.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::compile::WeeklyHours;
use super::table::OpenTable;
use super::{CalendarError, Pause};

/// 9999-12-31T23:59:59Z, the last instant that can be written in four digits of a year.
const LAST_INSTANT_S: i64 = 253_402_300_799;

/// When the desk is open. Always open means no calendar at all.
#[derive(Debug, Clone)]
pub(super) enum Hours {
    Always,
    Weekly(Arc<WeeklyHours>),
}

pub(super) enum UsedUp {
    At(i64),
    Paused { remaining_s: u64, since_s: i64 },
}

/// A merged pause in UTC seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Gap {
    from_s: i64,
    to_s: Option<i64>,
}

/// When a target that runs from `start` is used up, in the stretches between the pauses.
#[inline]
pub(super) fn used_up(hours: &Hours, start_s: i64, target_s: u64, pauses: &[Pause]) -> Result<UsedUp, CalendarError> {
    if pauses.is_empty() {
        return hours.use_up(start_s, target_s).map(UsedUp::At);
    }
    used_up_between(hours, start_s, target_s, pauses)
}

fn used_up_between(hours: &Hours, start_s: i64, target_s: u64, pauses: &[Pause]) -> Result<UsedUp, CalendarError> {
    let mut running_since_s = start_s;
    let mut remaining_s = target_s;
    for gap in gaps(pauses) {
        if gap.to_s.is_some_and(|to_s| to_s <= running_since_s) {
            continue;
        }
        if gap.from_s > hours.horizon_s(running_since_s) {
            break;
        }
        let stops_at_s = gap.from_s.max(running_since_s);
        let available_s = hours.open_between(running_since_s, stops_at_s)?;
        if remaining_s <= available_s {
            break;
        }
        remaining_s -= available_s;
        match gap.to_s {
            Some(to_s) => running_since_s = to_s,
            None => {
                return Ok(UsedUp::Paused { remaining_s, since_s: stops_at_s });
            }
        }
    }
    hours.use_up(running_since_s, remaining_s).map(UsedUp::At)
}

/// The open seconds of `[from, to)` that lie in no pause.
pub(super) fn elapsed(hours: &Hours, from_s: i64, to_s: i64, pauses: &[Pause]) -> Result<u64, CalendarError> {
    if to_s <= from_s {
        return Ok(0);
    }
    let mut counted_s = hours.open_between(from_s, to_s)?;
    for gap in gaps(pauses) {
        let gap_from_s = gap.from_s.max(from_s);
        let gap_to_s = gap.to_s.unwrap_or(to_s).min(to_s);
        if gap_from_s < gap_to_s {
            counted_s -= hours.open_between(gap_from_s, gap_to_s)?;
        }
    }
    Ok(counted_s)
}

pub(super) fn instant(instant_s: i64) -> Result<DateTime<Utc>, CalendarError> {
    DateTime::from_timestamp(instant_s, 0).ok_or(CalendarError::BeyondCalendars)
}

impl Hours {
    /// How far an answer that starts here may reach.
    fn horizon_s(&self, from_s: i64) -> i64 {
        match self {
            Self::Always => LAST_INSTANT_S,
            Self::Weekly(_) => OpenTable::horizon_s(from_s),
        }
    }

    fn open_between(&self, from_s: i64, to_s: i64) -> Result<u64, CalendarError> {
        match self {
            Self::Always => Ok(to_s.abs_diff(from_s)),
            Self::Weekly(weekly) => weekly.table.open_between(from_s, to_s),
        }
    }

    #[inline]
    fn use_up(&self, from_s: i64, target_s: u64) -> Result<i64, CalendarError> {
        match self {
            Self::Always => from_s
                .checked_add_unsigned(target_s)
                .filter(|instant_s| *instant_s <= LAST_INSTANT_S)
                .ok_or(CalendarError::BeyondCalendars),
            Self::Weekly(weekly) => weekly.table.use_up(from_s, target_s),
        }
    }
}

/// The pauses in order, overlapping and touching ones made one, empty ones left out.
fn gaps(pauses: &[Pause]) -> Vec<Gap> {
    let mut sorted: Vec<Gap> =
        pauses.iter().map(Gap::of).filter(|gap| gap.to_s.is_none_or(|to_s| gap.from_s < to_s)).collect();
    sorted.sort_unstable_by_key(|gap| gap.from_s);
    let mut apart: Vec<Gap> = Vec::with_capacity(sorted.len());
    for gap in sorted {
        match apart.last_mut() {
            Some(last) if last.to_s.is_none_or(|to_s| gap.from_s <= to_s) => last.reach(gap.to_s),
            Some(_) | None => apart.push(gap),
        }
    }
    apart
}

impl Gap {
    fn of(pause: &Pause) -> Self {
        Self { from_s: pause.from.timestamp(), to_s: pause.to.map(|to| to.timestamp()) }
    }

    /// Ends no earlier than `to_s`; no end is the latest of all.
    fn reach(&mut self, to_s: Option<i64>) {
        self.to_s = self.to_s.zip(to_s).map(|(own_s, other_s)| own_s.max(other_s));
    }
}
