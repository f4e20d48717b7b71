//! Which frames start on a date: an extra working day beats a holiday beats the weekday.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

/// Minutes of a local day.
pub(crate) const DAY_MINUTES: u16 = 24 * 60;

/// Open from one minute to another, both counted from midnight of the day on which the frame starts; an overnight
/// frame ends beyond [`DAY_MINUTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) from_minute: u16,
    pub(crate) to_minute: u16,
}

/// The frames of every date there is. The frames of one day are sorted and apart.
#[derive(Debug)]
pub(super) struct Schedule {
    /// Monday first.
    pub(super) week: [Vec<Frame>; 7],
    /// Days that differ from their weekday; a holiday has no frames.
    pub(super) listed: BTreeMap<NaiveDate, Vec<Frame>>,
    pub(super) yearly: YearlyDays,
}

/// Days of every year.
#[derive(Debug, Default)]
pub(super) struct YearlyDays {
    /// One bit for each day of a month.
    months: [u32; 12],
}

impl Schedule {
    /// The frames that start on this date; what spills over from the night before is not among them.
    pub(super) fn frames_on(&self, date: NaiveDate) -> &[Frame] {
        match self.listed.get(&date) {
            Some(frames) => frames,
            None if self.yearly.contains(date) => &[],
            None => &self.week[date.weekday().num_days_from_monday() as usize],
        }
    }
}

impl YearlyDays {
    pub(super) fn insert(&mut self, date: NaiveDate) {
        self.months[date.month0() as usize] |= 1 << date.day0();
    }

    pub(super) fn contains(&self, date: NaiveDate) -> bool {
        self.months[date.month0() as usize] & (1 << date.day0()) != 0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.months == [0; 12]
    }
}

impl Frame {
    pub(super) fn length_minutes(self) -> u64 {
        u64::from(self.to_minute - self.from_minute)
    }
}

/// Sorted, and overlapping or touching frames made one.
pub(crate) fn united(mut frames: Vec<Frame>) -> Vec<Frame> {
    frames.sort_unstable_by_key(|frame| frame.from_minute);
    let mut apart: Vec<Frame> = Vec::with_capacity(frames.len());
    for frame in frames {
        match apart.last_mut() {
            Some(last) if frame.from_minute <= last.to_minute => {
                last.to_minute = last.to_minute.max(frame.to_minute);
            }
            Some(_) | None => apart.push(frame),
        }
    }
    apart
}

/// The commonest length of a weekday that has hours; of two equally common ones the longer.
pub(super) fn ordinary_day_s(week: &[Vec<Frame>; 7]) -> u64 {
    let mut days_by_length = BTreeMap::new();
    for frames in week.iter().filter(|frames| !frames.is_empty()) {
        let minutes: u64 = frames.iter().map(|frame| frame.length_minutes()).sum();
        *days_by_length.entry(minutes).or_insert(0_u8) += 1;
    }
    let commonest = days_by_length.into_iter().max_by_key(|(minutes, days)| (*days, *minutes));
    commonest.map_or(0, |(minutes, _)| minutes * 60)
}
