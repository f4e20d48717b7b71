//! Values of a query, which all are text.

use chrono::{DateTime, Days, NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;
use serde_json::Value;
use utoipa::openapi::{KnownFormat, RefOr, Schema};
use watchdesk_core::calendar::{YEAR_FIRST, YEAR_LAST};

use super::schema::{number_schema, text_schema};
use super::words::text;
use super::{Faults, Input, Place, Wrong};

/// A number, or true and false, as a query writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InQuery<T>(pub T);

impl<T: Input> Input for InQuery<T> {
    fn read(value: Value, at: &Place<'_>, faults: &mut Faults) -> Option<Self> {
        let scalar = value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let scalar = scalar.filter(|scalar| scalar.is_number() || scalar.is_boolean());
        T::read(scalar.unwrap_or(value), at, faults).map(Self)
    }

    fn schema() -> RefOr<Schema> {
        T::schema()
    }
}

/// A year that calendars are computed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Year(pub i32);

impl Input for Year {
    fn read(value: Value, at: &Place<'_>, faults: &mut Faults) -> Option<Self> {
        let (min, max) = (i64::from(YEAR_FIRST), i64::from(YEAR_LAST));
        let year = value.as_str().and_then(|text| text.trim().parse().ok());
        let year = year.filter(|year| (YEAR_FIRST..=YEAR_LAST).contains(year));
        if year.is_none() {
            faults.add(at, Wrong::OutOfRange { min, max });
        }
        year.map(Self)
    }

    fn schema() -> RefOr<Schema> {
        number_schema(i64::from(YEAR_FIRST), i64::from(YEAR_LAST)).into()
    }
}

/// An instant, or a day on the wall of the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeOrDay {
    Time(DateTime<Utc>),
    Day(NaiveDate),
}

impl TimeOrDay {
    /// Where a span that is named so begins.
    pub fn begins(self, zone: Tz) -> DateTime<Utc> {
        match self {
            Self::Time(at) => at,
            Self::Day(day) => midnight(day, zone),
        }
    }

    /// Where it ends: the day belongs to it.
    pub fn ends(self, zone: Tz) -> DateTime<Utc> {
        match self {
            Self::Time(at) => at,
            Self::Day(day) => midnight(day.checked_add_days(Days::new(1)).unwrap_or(day), zone),
        }
    }
}

/// The first instant of the day; where clocks skip midnight, the one after.
fn midnight(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let hours = (0..24).filter_map(|hour| day.and_hms_opt(hour, 0, 0));
    let first = hours.filter_map(|local| zone.from_local_datetime(&local).earliest()).next();
    first.map_or_else(|| day.and_time(chrono::NaiveTime::MIN).and_utc(), |at| at.to_utc())
}

impl Input for TimeOrDay {
    fn read(value: Value, at: &Place<'_>, faults: &mut Faults) -> Option<Self> {
        let text = text(value, at, faults)?;
        if let Ok(day) = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d")
            && (1970..=9999).contains(&chrono::Datelike::year(&day))
        {
            return Some(Self::Day(day));
        }
        DateTime::<Utc>::read(Value::from(text), at, faults).map(Self::Time)
    }

    fn schema() -> RefOr<Schema> {
        text_schema(Some(KnownFormat::DateTime)).into()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_day_is_the_desks_and_belongs_to_the_span() {
        let day = TimeOrDay::read(json!("2026-03-02"), &Place::Request, &mut Faults::default()).unwrap();
        assert_eq!(day.begins(Tz::Asia__Shanghai).to_rfc3339(), "2026-03-01T16:00:00+00:00");
        assert_eq!(day.ends(Tz::Asia__Shanghai).to_rfc3339(), "2026-03-02T16:00:00+00:00");
        // Midnight does not exist on that day in Sao Paulo.
        let day = TimeOrDay::Day(NaiveDate::from_ymd_opt(2018, 11, 4).unwrap());
        assert_eq!(day.begins(Tz::America__Sao_Paulo).to_rfc3339(), "2018-11-04T03:00:00+00:00");
    }

    #[test]
    fn numbers_and_flags_come_as_text() {
        let mut faults = Faults::default();
        assert_eq!(InQuery::<u32>::read(json!("2"), &Place::Request, &mut faults), Some(InQuery(2)));
        assert_eq!(InQuery::<bool>::read(json!("true"), &Place::Request, &mut faults), Some(InQuery(true)));
        assert!(faults.is_empty());
        assert_eq!(InQuery::<u32>::read(json!("two"), &Place::Request, &mut faults), None);
        assert_eq!(Year::read(json!("1066"), &Place::Request, &mut faults), None);
        assert!(!faults.is_empty());
    }
}
