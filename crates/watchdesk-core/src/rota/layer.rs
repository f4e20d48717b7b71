//! Whose turn it is in one layer, found by arithmetic on the local date and never by walking from the start.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta};
use chrono_tz::Tz;

use crate::calendar::{Frame, edge, offset_at};
use crate::ids::AgentId;

/// Frames of so many days before an instant may still last: they reach into the second day, and a date may be
/// skipped when a zone changes sides.
const DUTY_DAYS_BEFORE: i64 = 3;
/// Within so many days every weekday comes, even where a date is skipped.
const WEEK_DAYS: i64 = 8;

/// A layer ready to compute with, in UTC seconds.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    pub(super) level: u32,
    /// Not empty.
    pub(super) people: Vec<AgentId>,
    pub(super) zone: Tz,
    pub(super) starts_on: NaiveDate,
    pub(super) hand_over_minute: u16,
    /// Days from one hand-over to the next.
    pub(super) turn_days: i64,
    pub(super) from_s: i64,
    pub(super) to_s: i64,
    pub(super) duty: Duty,
}

/// The hours to which a layer is limited.
#[derive(Debug, Clone)]
pub(super) enum Duty {
    Always,
    /// By the weekday on which a frame starts, Monday first; the frames of a day are sorted and apart.
    Frames(Box<[Vec<Frame>; 7]>),
}

impl Layer {
    pub(super) fn person_at(&self, at_s: i64) -> Option<AgentId> {
        if !(self.from_s..self.to_s).contains(&at_s) || !self.is_on_duty(at_s) {
            return None;
        }
        let turn = self.turn_at(at_s).rem_euclid(self.people.len() as i64);
        self.people.get(turn as usize).copied()
    }

    /// The first instant after this one at which the answer may be another.
    pub(super) fn change_after(&self, at_s: i64) -> Option<i64> {
        if at_s >= self.to_s {
            return None;
        }
        if at_s < self.from_s {
            return Some(self.from_s);
        }
        let hand_over = self.hands_over().then(|| self.turn_from_s(self.turn_at(at_s) + 1));
        let duty = self.duty_edges(at_s, -DUTY_DAYS_BEFORE, WEEK_DAYS).filter(|edge_s| *edge_s > at_s).min();
        hand_over.into_iter().chain(duty).chain([self.to_s]).min()
    }

    /// The last instant, up to and including this one, at which the answer may have become another.
    pub(super) fn change_until(&self, at_s: i64) -> Option<i64> {
        if at_s < self.from_s {
            return None;
        }
        if at_s >= self.to_s {
            return Some(self.to_s);
        }
        let hand_over = self.hands_over().then(|| self.turn_from_s(self.turn_at(at_s)));
        let duty = self.duty_edges(at_s, -WEEK_DAYS - DUTY_DAYS_BEFORE, 1).filter(|edge_s| *edge_s <= at_s).max();
        hand_over.into_iter().chain(duty).chain([self.from_s]).max()
    }

    fn hands_over(&self) -> bool {
        self.people.len() > 1
    }

    /// The number of the turn, from 0. Its date is at most a turn away from the local one, so three candidates do.
    fn turn_at(&self, at_s: i64) -> i64 {
        let days = self.local_date(at_s).signed_duration_since(self.starts_on).num_days();
        let near = days.div_euclid(self.turn_days);
        let begun = (near - 1..=near + 1).rev().find(|turn| self.turn_from_s(*turn) <= at_s);
        begun.unwrap_or(near - 1)
    }

    fn turn_from_s(&self, turn: i64) -> i64 {
        edge(self.zone, days_from(self.starts_on, turn * self.turn_days), self.hand_over_minute)
    }

    fn is_on_duty(&self, at_s: i64) -> bool {
        match &self.duty {
            Duty::Always => true,
            Duty::Frames(_) => {
                self.duty_frames(at_s, -DUTY_DAYS_BEFORE, 1).any(|(from_s, to_s)| (from_s..to_s).contains(&at_s))
            }
        }
    }

    fn duty_edges(&self, at_s: i64, first_day: i64, last_day: i64) -> impl Iterator<Item = i64> {
        self.duty_frames(at_s, first_day, last_day).flat_map(|(from_s, to_s)| [from_s, to_s])
    }

    /// The frames that start on the local date of an instant, and so many days before and after it.
    fn duty_frames(&self, at_s: i64, first_day: i64, last_day: i64) -> impl Iterator<Item = (i64, i64)> {
        let today = self.local_date(at_s);
        (first_day..=last_day).map(move |days| days_from(today, days)).flat_map(move |date| {
            let instant = move |minute| edge(self.zone, date, minute);
            self.frames_on(date).iter().map(move |frame| (instant(frame.from_minute), instant(frame.to_minute)))
        })
    }

    fn frames_on(&self, date: NaiveDate) -> &[Frame] {
        match &self.duty {
            Duty::Always => &[],
            Duty::Frames(week) => &week[date.weekday().num_days_from_monday() as usize],
        }
    }

    fn local_date(&self, at_s: i64) -> NaiveDate {
        let local_s = at_s + offset_at(self.zone, at_s);
        DateTime::from_timestamp(local_s, 0).unwrap_or_default().date_naive()
    }
}

/// A layer lies in the years of a calendar, so a date around it always exists.
fn days_from(date: NaiveDate, days: i64) -> NaiveDate {
    date.checked_add_signed(TimeDelta::days(days)).unwrap_or(NaiveDate::MAX)
}
