//! A published schedule taken into a calendar: the days of its years, in place of what was known of them before.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};

use super::compile::{is_calendar_year, parse_date, week_of};
use super::schedule::{Frame, ordinary_day_s};
use super::{CalendarError, CalendarSpec, ExtraDay, Holiday, HolidayRow, WeekHours, WeeklySpec};

impl CalendarSpec {
    /// The calendar with the schedule of these years: their earlier holidays and extra days give way to `rows`, and
    /// the years count as known. A row with `is_off_day = false` is an extra working day, with the hours of its own
    /// weekday or, where that has none, of an ordinary working day.
    ///
    /// Rows of other years are taken beside what is known of those, for a schedule may begin on the last of December.
    /// A year without a single row is refused: to call it known would make its deadlines look certain.
    pub fn with_schedule(&self, years: &BTreeSet<i32>, rows: &[HolidayRow]) -> Result<Self, CalendarError> {
        let dated = dated_rows(rows)?;
        for year in years {
            if !is_calendar_year(*year) {
                return Err(CalendarError::BadYear { year: *year });
            }
            if !dated.iter().any(|(date, _)| date.year() == *year) {
                return Err(CalendarError::NoDaysInYear { year: *year });
            }
        }
        let mut spec = self.weekly()?.clone();
        let ordinary = OrdinaryDays::of(&spec.hours)?;
        let listed: BTreeSet<NaiveDate> = dated.iter().map(|(date, _)| *date).collect();
        spec.forget(|date| years.contains(&date.year()) || listed.contains(&date));
        for (date, row) in dated {
            if row.is_off_day {
                spec.holidays.push(Holiday::Row(row.clone()));
            } else {
                spec.extra_days.insert(row.date.clone(), ExtraDay::Weekday(ordinary.like(date).to_owned()));
            }
        }
        if let Some(known) = &mut spec.schedule_years {
            known.extend(years);
            known.sort_unstable();
            known.dedup();
        }
        Ok(Self::Weekly(Box::new(spec)))
    }

    /// The calendar with these holidays of every year (`MM-DD`) beside those it has.
    pub fn with_yearly_holidays(&self, month_days: &[String]) -> Result<Self, CalendarError> {
        let mut spec = self.weekly()?.clone();
        for month_day in month_days {
            if !spec.yearly_holidays.contains(month_day) {
                spec.yearly_holidays.push(month_day.clone());
            }
        }
        Ok(Self::Weekly(Box::new(spec)))
    }

    fn weekly(&self) -> Result<&WeeklySpec, CalendarError> {
        match self {
            Self::Always => Err(CalendarError::AlwaysOpen),
            Self::Weekly(spec) => Ok(spec),
        }
    }
}

impl WeeklySpec {
    /// What cannot be read stays, so that compiling the calendar names it.
    fn forget(&mut self, gives_way: impl Fn(NaiveDate) -> bool) {
        let stays = |text: &str| parse_date(text).is_none_or(|date| !gives_way(date));
        self.holidays.retain(|holiday| match holiday {
            Holiday::Date(date) => stays(date),
            Holiday::Row(row) => stays(&row.date),
        });
        self.extra_days.retain(|date, _| stays(date));
    }
}

fn dated_rows(rows: &[HolidayRow]) -> Result<Vec<(NaiveDate, &HolidayRow)>, CalendarError> {
    let bad_date = |row: &HolidayRow| CalendarError::BadDate { list: "schedule", text: row.date.clone() };
    rows.iter().map(|row| parse_date(&row.date).map(|date| (date, row)).ok_or_else(|| bad_date(row))).collect()
}

/// Which weekday's hours an extra working day has.
struct OrdinaryDays {
    names: [(&'static str, bool); 7],
    ordinary: &'static str,
}

impl OrdinaryDays {
    fn of(hours: &WeekHours) -> Result<Self, CalendarError> {
        let week = week_of(hours)?;
        let open_s = |frames: &[Frame]| frames.iter().map(|frame| frame.length_minutes() * 60).sum::<u64>();
        let names = hours.by_weekday().map(|(name, frames)| (name, !frames.is_empty()));
        let ordinary_s = ordinary_day_s(&week);
        let ordinary =
            names.iter().zip(&week).find(|((_, has_hours), frames)| *has_hours && open_s(frames) == ordinary_s);
        let ((ordinary, _), _) = ordinary.ok_or(CalendarError::NoHours)?;
        Ok(Self { names, ordinary })
    }

    fn like(&self, date: NaiveDate) -> &'static str {
        let (name, has_hours) = self.names[date.weekday().num_days_from_monday() as usize];
        if has_hours { name } else { self.ordinary }
    }
}
