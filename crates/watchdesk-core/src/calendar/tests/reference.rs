//! A slow second opinion: the same rules, written by looking at every minute. Everything in it is a whole minute.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A frame in minutes after midnight; an end before the start is on the next day.
pub(super) type Minutes = (u32, u32);

/// A small calendar around one date.
#[derive(Debug, Clone)]
pub(super) struct SmallCalendar {
    pub(super) zone: Tz,
    pub(super) week: [Vec<Minutes>; 7],
    pub(super) holidays: Vec<NaiveDate>,
    pub(super) yearly: Vec<NaiveDate>,
    pub(super) extra: BTreeMap<NaiveDate, Extra>,
}

#[derive(Debug, Clone)]
pub(super) enum Extra {
    Weekday(usize),
    Frames(Vec<Minutes>),
}

/// A stretch in minutes of the world.
pub(super) type Stretch = (usize, Option<usize>);

/// So many days in UTC, minute by minute: open or closed.
pub(super) struct World {
    from: DateTime<Utc>,
    open: Vec<bool>,
}

impl SmallCalendar {
    pub(super) fn spec(&self) -> Value {
        let hours: Map<String, Value> =
            WEEKDAYS.iter().zip(&self.week).map(|(name, frames)| ((*name).to_owned(), written(frames))).collect();
        let yearly: Vec<String> = self.yearly.iter().map(|date| date.format("%m-%d").to_string()).collect();
        let extra: Map<String, Value> = self
            .extra
            .iter()
            .map(|(date, extra)| {
                let hours = match extra {
                    Extra::Weekday(index) => json!(WEEKDAYS[*index]),
                    Extra::Frames(frames) => written(frames),
                };
                (date.to_string(), hours)
            })
            .collect();
        json!({
            "time_zone": self.zone.name(),
            "hours": hours,
            "holidays": self.holidays,
            "yearly_holidays": yearly,
            "extra_days": extra,
        })
    }

    fn frames(&self, date: NaiveDate) -> Vec<Minutes> {
        let is_yearly = |day: &NaiveDate| (day.month(), day.day()) == (date.month(), date.day());
        match self.extra.get(&date) {
            Some(Extra::Frames(frames)) => frames.clone(),
            Some(Extra::Weekday(index)) => self.week[*index].clone(),
            None if self.holidays.contains(&date) || self.yearly.iter().any(is_yearly) => Vec::new(),
            None => self.week[date.weekday() as usize].clone(),
        }
    }
}

fn written(frames: &[Minutes]) -> Value {
    let time = |minutes: u32| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    frames.iter().map(|(from, to)| json!([time(*from), time(*to)])).collect()
}

impl World {
    /// Four more days on each side are looked at, so that what spills over an end is seen.
    pub(super) fn new(calendar: &SmallCalendar, first: NaiveDate, days: u64) -> Self {
        let margin = 4 * 24 * 60;
        let from = (first - Days::new(4)).and_time(chrono::NaiveTime::MIN).and_utc();
        let minutes = (days as usize + 8) * 24 * 60;
        let walls: Vec<NaiveDateTime> = (0..minutes)
            .map(|minute| (from + TimeDelta::minutes(minute as i64)).with_timezone(&calendar.zone).naive_local())
            .collect();
        // The first minute at which the wall clock shows this time or a later one.
        let edge = |wall: NaiveDateTime| walls.iter().position(|shown| *shown >= wall).unwrap_or(minutes);
        let mut open = vec![false; minutes];
        for date in (first - Days::new(2)).iter_days().take(days as usize + 4) {
            for (start, end) in calendar.frames(date) {
                let end = if end <= start { end + 24 * 60 } else { end };
                let midnight = date.and_time(chrono::NaiveTime::MIN);
                let opens = edge(midnight + TimeDelta::minutes(i64::from(start)));
                let closes = edge(midnight + TimeDelta::minutes(i64::from(end)));
                open[opens..closes].fill(true);
            }
        }
        Self { from: from + TimeDelta::minutes(margin as i64), open: open[margin..minutes - margin].to_vec() }
    }

    pub(super) fn minutes(&self) -> usize {
        self.open.len()
    }

    pub(super) fn instant(&self, minute: usize) -> DateTime<Utc> {
        self.from + TimeDelta::minutes(minute as i64)
    }

    pub(super) fn elapsed(&self, from: usize, to: usize, pauses: &[Stretch]) -> usize {
        (from..to).filter(|minute| self.counts(*minute, pauses)).count()
    }

    /// The first minute by which so many have been counted; none if this world ends before.
    pub(super) fn deadline(&self, start: usize, target: usize, pauses: &[Stretch]) -> Option<usize> {
        let mut counted = 0;
        for minute in start..self.minutes() {
            if counted == target {
                return Some(minute);
            }
            counted += usize::from(self.counts(minute, pauses));
        }
        None
    }

    fn counts(&self, minute: usize, pauses: &[Stretch]) -> bool {
        let paused = |(from, to): &Stretch| *from <= minute && to.is_none_or(|to| minute < to);
        self.open[minute] && !pauses.iter().any(paused)
    }
}
