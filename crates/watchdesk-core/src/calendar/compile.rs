//! From a calendar as written to one that computes: every value is checked and errors name the entry.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDate, Weekday};
use chrono_tz::Tz;

use super::account::DayBook;
use super::schedule::{DAY_MINUTES, Frame, Schedule, YearlyDays, ordinary_day_s, united};
use super::table::{OpenTable, YEAR_FIRST, YEAR_LAST};
use super::zone::KnownYears;
use super::{CalendarError, ExtraDay, Holiday, WeekHours, WeeklySpec};

/// Frames in one day.
pub const FRAMES_PER_DAY_MAX: usize = 24;
/// Entries in each of the lists of days.
pub const LISTED_DAYS_MAX: usize = 20_000;
/// A calendar must have an open second in so many days.
pub(super) const CLOSED_DAYS_MAX: u64 = 400;
/// Weekdays and dates repeat after so many years, so yearly holidays need no longer look.
const WEEKDAY_CYCLE_YEARS: i32 = 28;
/// Where that look begins; any year would do.
const WEEKDAY_CYCLE_FROM: i32 = 2000;

#[derive(Debug)]
pub(super) struct WeeklyHours {
    pub(super) table: OpenTable,
    pub(super) working_day_s: u64,
    pub(super) known_years: KnownYears,
    pub(super) book: DayBook,
}

impl WeeklyHours {
    pub(super) fn compile(spec: &WeeklySpec) -> Result<Self, CalendarError> {
        let zone = zone_of(&spec.time_zone)?;
        let known_years = known_years_of(zone, spec.schedule_years.as_deref())?;
        let week = week_of(&spec.hours)?;
        let working_day_s = ordinary_day_s(&week);
        let schedule = Schedule { listed: listed_of(spec, &week)?, yearly: yearly_of(&spec.yearly_holidays)?, week };
        check_open(&schedule)?;
        let book = DayBook::of(zone, spec);
        Ok(Self { table: OpenTable::new(zone, schedule), working_day_s, known_years, book })
    }
}

fn zone_of(name: &str) -> Result<Tz, CalendarError> {
    name.parse().map_err(|_| CalendarError::UnknownZone { name: name.to_owned() })
}

fn known_years_of(zone: Tz, years: Option<&[i32]>) -> Result<KnownYears, CalendarError> {
    let Some(years) = years else {
        return Ok(KnownYears::All);
    };
    let sorted: Vec<i32> = years.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    match sorted.iter().find(|year| !is_calendar_year(**year)) {
        Some(year) => Err(CalendarError::BadYear { year: *year }),
        None => Ok(KnownYears::listed(zone, &sorted)),
    }
}

pub(super) fn week_of(hours: &WeekHours) -> Result<[Vec<Frame>; 7], CalendarError> {
    let mut week: [Vec<Frame>; 7] = Default::default();
    for (frames, (weekday, written)) in week.iter_mut().zip(hours.by_weekday()) {
        *frames = frames_of(&format!("hours.{weekday}"), written)?;
    }
    Ok(week)
}

/// The days that differ from their weekday. Extra working days come last, because they beat holidays.
fn listed_of(spec: &WeeklySpec, week: &[Vec<Frame>; 7]) -> Result<BTreeMap<NaiveDate, Vec<Frame>>, CalendarError> {
    check_count("holidays", spec.holidays.len())?;
    check_count("extra_days", spec.extra_days.len())?;
    let mut listed = BTreeMap::new();
    for holiday in &spec.holidays {
        let (text, is_off_day) = match holiday {
            Holiday::Date(text) => (text, true),
            Holiday::Row(row) => (&row.date, row.is_off_day),
        };
        let date = date_of("holidays", text)?;
        if is_off_day {
            listed.insert(date, Vec::new());
        }
    }
    for (text, day) in &spec.extra_days {
        let date = date_of("extra_days", text)?;
        listed.insert(date, extra_frames_of(text, day, week)?);
    }
    Ok(listed)
}

fn extra_frames_of(date: &str, day: &ExtraDay, week: &[Vec<Frame>; 7]) -> Result<Vec<Frame>, CalendarError> {
    match day {
        ExtraDay::Weekday(name) => {
            let weekday = weekday_of(name)
                .ok_or_else(|| CalendarError::UnknownWeekday { date: date.to_owned(), name: name.clone() })?;
            Ok(week[weekday.num_days_from_monday() as usize].clone())
        }
        ExtraDay::Frames(written) => frames_of(&format!("extra_days.{date}"), written),
    }
}

fn yearly_of(days: &[String]) -> Result<YearlyDays, CalendarError> {
    check_count("yearly_holidays", days.len())?;
    let mut yearly = YearlyDays::default();
    for text in days {
        let date = month_day_of(text).ok_or_else(|| CalendarError::BadMonthDay { text: text.clone() })?;
        yearly.insert(date);
    }
    Ok(yearly)
}

fn frames_of(place: &str, written: &[[String; 2]]) -> Result<Vec<Frame>, CalendarError> {
    if written.len() > FRAMES_PER_DAY_MAX {
        return Err(CalendarError::TooManyFrames { place: place.to_owned(), count: written.len() });
    }
    let frames: Result<Vec<Frame>, CalendarError> = written.iter().map(|frame| frame_of(place, frame)).collect();
    frames.map(united)
}

pub(crate) fn frame_of(place: &str, [from, to]: &[String; 2]) -> Result<Frame, CalendarError> {
    let bad_time = |text: &String| CalendarError::BadTime { place: place.to_owned(), text: text.clone() };
    let from_minute = minute_of(from).filter(|minute| *minute < DAY_MINUTES).ok_or_else(|| bad_time(from))?;
    let to_minute = minute_of(to).ok_or_else(|| bad_time(to))?;
    if from_minute == to_minute {
        return Err(CalendarError::EmptyFrame { place: place.to_owned(), time: from.clone() });
    }
    let overnight = to_minute < from_minute;
    Ok(Frame { from_minute, to_minute: if overnight { to_minute + DAY_MINUTES } else { to_minute } })
}

/// `HH:MM` from 00:00 to 24:00.
pub(crate) fn minute_of(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes): (u16, u16) = (digits(hours, 2)?, digits(minutes, 2)?);
    let minute = hours * 60 + minutes;
    (minutes < 60 && minute <= DAY_MINUTES).then_some(minute)
}

fn date_of(list: &'static str, text: &str) -> Result<NaiveDate, CalendarError> {
    parse_date(text).ok_or_else(|| CalendarError::BadDate { list, text: text.to_owned() })
}

pub(crate) fn parse_date(text: &str) -> Option<NaiveDate> {
    let (year, month_day) = text.split_once('-')?;
    let (month, day) = month_day.split_once('-')?;
    let year: u16 = digits(year, 4)?;
    let date = NaiveDate::from_ymd_opt(i32::from(year), digits(month, 2)?, digits(day, 2)?)?;
    is_calendar_year(date.year()).then_some(date)
}

/// `MM-DD`, read in a leap year so that 02-29 is one.
fn month_day_of(text: &str) -> Option<NaiveDate> {
    let (month, day) = text.split_once('-')?;
    NaiveDate::from_ymd_opt(WEEKDAY_CYCLE_FROM, digits(month, 2)?, digits(day, 2)?)
}

/// Exactly so many decimal digits; `parse` alone would also take a sign.
pub(super) fn digits<T: std::str::FromStr>(text: &str, count: usize) -> Option<T> {
    let all_digits = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then(|| text.parse().ok()).flatten()
}

pub(crate) fn weekday_of(name: &str) -> Option<Weekday> {
    match name {
        "mon" => Some(Weekday::Mon),
        "tue" => Some(Weekday::Tue),
        "wed" => Some(Weekday::Wed),
        "thu" => Some(Weekday::Thu),
        "fri" => Some(Weekday::Fri),
        "sat" => Some(Weekday::Sat),
        "sun" => Some(Weekday::Sun),
        _ => None,
    }
}

pub(super) fn is_calendar_year(year: i32) -> bool {
    (YEAR_FIRST..=YEAR_LAST).contains(&year)
}

fn check_count(list: &'static str, count: usize) -> Result<(), CalendarError> {
    if count > LISTED_DAYS_MAX {
        return Err(CalendarError::TooManyDays { list, count });
    }
    Ok(())
}

/// Refuses a calendar that stays closed for [`CLOSED_DAYS_MAX`] days, anywhere: in a stretch that touches a listed
/// day, or in one of plain weeks and yearly holidays.
fn check_open(schedule: &Schedule) -> Result<(), CalendarError> {
    if schedule.week.iter().all(Vec::is_empty) {
        return Err(CalendarError::NoHours);
    }
    if let (Some((first, _)), Some((last, _))) = (schedule.listed.first_key_value(), schedule.listed.last_key_value()) {
        let around = Days::new(CLOSED_DAYS_MAX);
        check_dates(*first - around, *last + around, |date| schedule.frames_on(date).is_empty())?;
    }
    if schedule.yearly.is_empty() {
        return Ok(());
    }
    let cycle = |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default();
    let (from, to) = (WEEKDAY_CYCLE_FROM, WEEKDAY_CYCLE_FROM + WEEKDAY_CYCLE_YEARS);
    check_dates(cycle(from), cycle(to), |date| {
        let weekday = date.weekday().num_days_from_monday() as usize;
        schedule.week[weekday].is_empty() || schedule.yearly.contains(date)
    })
}

fn check_dates(from: NaiveDate, to: NaiveDate, is_closed: impl Fn(NaiveDate) -> bool) -> Result<(), CalendarError> {
    let mut closed_days = 0;
    for date in from.iter_days().take_while(|date| *date < to) {
        closed_days = if is_closed(date) { closed_days + 1 } else { 0 };
        if closed_days == CLOSED_DAYS_MAX {
            let from = date - Days::new(CLOSED_DAYS_MAX - 1);
            return Err(CalendarError::ClosedTooLong { from });
        }
    }
    Ok(())
}
