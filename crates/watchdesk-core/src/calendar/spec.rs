//! A calendar as people write it and the database keeps it: JSON, or the same shape in TOML.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Open around the clock (`{"always": true}`), or hours by weekday with the days that differ.
///
/// Only the shape is checked when it is read; [`super::Calendar::compile`] checks the values.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "SpecFields", into = "SpecFields")]
pub enum CalendarSpec {
    Always,
    Weekly(Box<WeeklySpec>),
}

/// Hours by weekday in a time zone. A listed extra day beats a holiday, and a holiday beats the weekday.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct WeeklySpec {
    /// IANA name, such as `Asia/Shanghai`.
    pub time_zone: String,
    pub hours: WeekHours,
    pub holidays: Vec<Holiday>,
    /// Days of every year, as `MM-DD`.
    pub yearly_holidays: Vec<String>,
    /// Working days by date (`YYYY-MM-DD`), whatever else is said about that date.
    pub extra_days: BTreeMap<String, ExtraDay>,
    /// The years whose schedule is loaded; answers that need another year are provisional. Absent: all are known.
    pub schedule_years: Option<Vec<i32>>,
}

/// Frames `["HH:MM", "HH:MM"]` by the weekday on which they start. An end of `24:00` is midnight; an end before the
/// start lies on the next day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WeekHours {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mon: Vec<[String; 2]>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tue: Vec<[String; 2]>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wed: Vec<[String; 2]>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub thu: Vec<[String; 2]>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fri: Vec<[String; 2]>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sat: Vec<[String; 2]>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sun: Vec<[String; 2]>,
}

/// A one-off holiday: a date, or a row with a name that can be switched off.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "a holiday is a date such as \"2026-02-16\", or an object with date, name and is_off_day"
)]
pub enum Holiday {
    Date(String),
    Row(HolidayRow),
}

/// A row of a published schedule. One with `is_off_day = false` is as if it were not listed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HolidayRow {
    pub date: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default = "yes")]
    pub is_off_day: bool,
}

/// An extra working day: with the hours of a weekday (`"mon"`), or with frames of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "an extra day is a weekday such as \"mon\", or a list of frames such as [[\"09:00\", \"18:00\"]]"
)]
pub enum ExtraDay {
    Weekday(String),
    Frames(Vec<[String; 2]>),
}

impl WeekHours {
    /// Monday first.
    pub fn by_weekday(&self) -> [(&'static str, &[[String; 2]]); 7] {
        [
            ("mon", &self.mon),
            ("tue", &self.tue),
            ("wed", &self.wed),
            ("thu", &self.thu),
            ("fri", &self.fri),
            ("sat", &self.sat),
            ("sun", &self.sun),
        ]
    }
}

/// The keys as they are written; [`CalendarSpec`] is what they mean.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SpecFields {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    always: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time_zone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hours: Option<WeekHours>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    holidays: Vec<Holiday>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    yearly_holidays: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    extra_days: BTreeMap<String, ExtraDay>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    schedule_years: Option<Vec<i32>>,
}

impl TryFrom<SpecFields> for CalendarSpec {
    type Error = &'static str;

    fn try_from(fields: SpecFields) -> Result<Self, Self::Error> {
        if fields.always == Some(true) {
            let nothing_else = SpecFields { always: Some(true), ..SpecFields::default() };
            return if fields == nothing_else {
                Ok(Self::Always)
            } else {
                Err("always: a calendar that is always open has no other keys")
            };
        }
        Ok(Self::Weekly(Box::new(WeeklySpec {
            time_zone: fields
                .time_zone
                .ok_or("time_zone is missing; a calendar has it and hours, or always = true alone")?,
            hours: fields.hours.unwrap_or_default(),
            holidays: fields.holidays,
            yearly_holidays: fields.yearly_holidays,
            extra_days: fields.extra_days,
            schedule_years: fields.schedule_years,
        })))
    }
}

impl From<CalendarSpec> for SpecFields {
    fn from(spec: CalendarSpec) -> Self {
        match spec {
            CalendarSpec::Always => Self { always: Some(true), ..Self::default() },
            CalendarSpec::Weekly(weekly) => Self {
                always: None,
                time_zone: Some(weekly.time_zone),
                hours: Some(weekly.hours),
                holidays: weekly.holidays,
                yearly_holidays: weekly.yearly_holidays,
                extra_days: weekly.extra_days,
                schedule_years: weekly.schedule_years,
            },
        }
    }
}

fn yes() -> bool {
    true
}
