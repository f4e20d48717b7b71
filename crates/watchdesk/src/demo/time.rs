//! Hours as people in Shanghai see them; there has been no daylight saving time since 1991.

use chrono::{Datelike, Duration, NaiveDate, Timelike, Weekday};
use chrono_tz::Asia::Shanghai;
use watchdesk_core::Instant;

/// The same day in Shanghai, at that time.
pub fn at_time(day: Instant, hour: i64, minute: i64) -> Instant {
    let since_midnight = i64::from(day.with_timezone(&Shanghai).num_seconds_from_midnight());
    day - Duration::seconds(since_midnight) + Duration::minutes(hour * 60 + minute)
}

/// `09:30` of that day; the day's own time where it says nothing.
pub fn at_clock(day: Instant, clock: Option<&str>) -> Instant {
    let parts = clock.and_then(|clock| clock.split_once(':'));
    let time = parts.and_then(|(hour, minute)| Some((hour.parse().ok()?, minute.parse().ok()?)));
    time.map_or(day, |(hour, minute)| at_time(day, hour, minute))
}

/// Of everybody at the sample desk.
pub const ZONE: &str = "Asia/Shanghai";

pub fn date(at: Instant) -> NaiveDate {
    at.with_timezone(&Shanghai).date_naive()
}

pub fn hour(at: Instant) -> u32 {
    at.with_timezone(&Shanghai).hour()
}

pub fn is_weekend(at: Instant) -> bool {
    matches!(at.with_timezone(&Shanghai).weekday(), Weekday::Sat | Weekday::Sun)
}

pub fn chinese_date(at: Instant) -> String {
    at.with_timezone(&Shanghai).format("%-m 月 %-d 日").to_string()
}

pub fn english_date(at: Instant) -> String {
    at.with_timezone(&Shanghai).format("%-d %B").to_string()
}
