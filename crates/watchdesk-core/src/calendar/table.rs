//! The open seconds of a calendar, laid out to be searched.
//!
//! Time is cut into blocks of equal length in UTC. A block lists its open spans in order, each with the open seconds
//! of the block up to its end, so both questions are one binary search. A block is built when it is first asked for
//! and kept, so a calendar costs nothing for the years nobody asks about.

use std::sync::OnceLock;

use chrono::{DateTime, Days, NaiveDate};
use chrono_tz::Tz;

use super::CalendarError;
use super::schedule::Schedule;
use super::zone::edge;

/// The first year for which calendars are computed.
pub const YEAR_FIRST: i32 = 1900;
/// The last year for which calendars are computed.
pub const YEAR_LAST: i32 = 2499;
/// The longest span of one answer.
pub const SPAN_YEARS_MAX: i64 = 200;

/// 1900-01-01T00:00:00Z.
const TABLE_FROM_S: i64 = -2_208_988_800;
/// 2500-01-01T00:00:00Z.
const TABLE_TO_S: i64 = 16_725_225_600;
/// A block is 2^25 seconds, a little over a year.
const BLOCK_BITS: u32 = 25;
const BLOCK_S: i64 = 1 << BLOCK_BITS;
const BLOCKS: usize = ((TABLE_TO_S - TABLE_FROM_S) as usize).div_ceil(BLOCK_S as usize);
const SPAN_MAX_S: i64 = SPAN_YEARS_MAX * 366 * 86_400;
/// Frames of so many days before a block may reach into it: they may last into the second day, in a zone up to a day
/// away from UTC.
const DAYS_BEFORE: u64 = 3;
const DAYS_AFTER: u64 = 2;

#[derive(Debug)]
pub(super) struct OpenTable {
    zone: Tz,
    pub(super) schedule: Schedule,
    blocks: Box<[OnceLock<Block>]>,
}

#[derive(Debug)]
struct Block {
    spans: Box<[OpenSpan]>,
}

/// Seconds are counted from the start of the block.
#[derive(Debug, Clone, Copy)]
struct OpenSpan {
    from: u32,
    to: u32,
    /// Open seconds of the block up to `to`.
    open_until_end: u32,
}

impl OpenTable {
    pub(super) fn new(zone: Tz, schedule: Schedule) -> Self {
        let blocks = std::iter::repeat_with(OnceLock::new).take(BLOCKS).collect();
        Self { zone, schedule, blocks }
    }

    /// How far an answer that starts here may reach.
    pub(super) fn horizon_s(from_s: i64) -> i64 {
        from_s.saturating_add(SPAN_MAX_S).min(TABLE_TO_S - 1)
    }

    /// Open seconds in `[from, to)`, where `from` is not after `to`.
    pub(super) fn open_between(&self, from_s: i64, to_s: i64) -> Result<u64, CalendarError> {
        let (first, from) = locate(from_s)?;
        let (last, to) = locate(to_s)?;
        if to_s - from_s > SPAN_MAX_S {
            return Err(CalendarError::TooLong);
        }
        let whole_blocks: u64 = (first..last).map(|index| self.block(index).open_s()).sum();
        Ok(whole_blocks + self.block(last).open_before(to) - self.block(first).open_before(from))
    }

    /// The earliest instant by which so many open seconds have passed since `from`.
    pub(super) fn use_up(&self, from_s: i64, target_s: u64) -> Result<i64, CalendarError> {
        let (first, from) = locate(from_s)?;
        if target_s == 0 {
            return Ok(from_s);
        }
        if target_s > SPAN_MAX_S as u64 {
            return Err(CalendarError::TooLong);
        }
        let (last, _) = locate(Self::horizon_s(from_s))?;
        let mut wanted_s = self.block(first).open_before(from) + target_s;
        for index in first..=last {
            let block = self.block(index);
            if wanted_s <= block.open_s() {
                return Ok(block_from_s(index) + block.instant_of(wanted_s));
            }
            wanted_s -= block.open_s();
        }
        Err(CalendarError::TooLong)
    }

    fn block(&self, index: usize) -> &Block {
        self.blocks[index].get_or_init(|| Block::build(self.zone, &self.schedule, index))
    }
}

impl Block {
    fn build(zone: Tz, schedule: &Schedule, index: usize) -> Self {
        let from_s = block_from_s(index);
        let to_s = from_s + BLOCK_S;
        let mut spans = Vec::new();
        for date in dates_around(from_s, to_s) {
            for frame in schedule.frames_on(date) {
                let open_s = edge(zone, date, frame.from_minute).max(from_s);
                let close_s = edge(zone, date, frame.to_minute).min(to_s);
                if open_s < close_s {
                    spans.push(((open_s - from_s) as u32, (close_s - from_s) as u32));
                }
            }
        }
        Self { spans: summed(spans) }
    }

    /// Open seconds of the whole block.
    fn open_s(&self) -> u64 {
        self.spans.last().map_or(0, |span| u64::from(span.open_until_end))
    }

    /// Open seconds before a second of the block.
    fn open_before(&self, second: u32) -> u64 {
        let begun = self.spans.partition_point(|span| span.from < second);
        match begun.checked_sub(1) {
            None => 0,
            Some(index) => {
                let span = self.spans[index];
                u64::from(span.open_until_end - span.to.saturating_sub(second))
            }
        }
    }

    /// The earliest second by which so many open seconds have passed; there must be as many, and at least one.
    fn instant_of(&self, wanted_s: u64) -> i64 {
        let index = self.spans.partition_point(|span| u64::from(span.open_until_end) < wanted_s);
        let span = self.spans[index];
        i64::from(span.to) - (i64::from(span.open_until_end) - wanted_s as i64)
    }
}

/// Sorted, overlapping and touching spans made one, with running sums.
fn summed(mut spans: Vec<(u32, u32)>) -> Box<[OpenSpan]> {
    spans.sort_unstable();
    let mut table: Vec<OpenSpan> = Vec::with_capacity(spans.len());
    let mut open_s = 0;
    for (from, to) in spans {
        match table.last_mut() {
            Some(last) if from <= last.to => {
                open_s += to.saturating_sub(last.to);
                last.to = last.to.max(to);
                last.open_until_end = open_s;
            }
            Some(_) | None => {
                open_s += to - from;
                table.push(OpenSpan { from, to, open_until_end: open_s });
            }
        }
    }
    table.into_boxed_slice()
}

fn dates_around(from_s: i64, to_s: i64) -> impl Iterator<Item = NaiveDate> {
    let first = utc_date(from_s) - Days::new(DAYS_BEFORE);
    let last = utc_date(to_s) + Days::new(DAYS_AFTER);
    first.iter_days().take_while(move |date| *date <= last)
}

fn utc_date(instant_s: i64) -> NaiveDate {
    DateTime::from_timestamp(instant_s, 0).unwrap_or_default().date_naive()
}

fn block_from_s(index: usize) -> i64 {
    TABLE_FROM_S + index as i64 * BLOCK_S
}

/// The block of an instant, and the second within it.
fn locate(instant_s: i64) -> Result<(usize, u32), CalendarError> {
    if !(TABLE_FROM_S..TABLE_TO_S).contains(&instant_s) {
        return Err(CalendarError::OutsideYears);
    }
    let second = instant_s - TABLE_FROM_S;
    Ok(((second >> BLOCK_BITS) as usize, (second & (BLOCK_S - 1)) as u32))
}
