//! Instants, durations and sizes as people read them. A zone is shown by its offset, `UTC+8`, because abbreviations
//! such as "CST" mean several zones.

use chrono::{Datelike, NaiveDate, Offset, Timelike};
use chrono_tz::Tz;
use watchdesk_core::Instant;
use watchdesk_core::desk::Language;

use crate::reader::ReaderLocale;

/// How much of an instant is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `2026-03-02 09:30 UTC+8`
    Full,
    /// `Monday 2 March 2026, 09:30 (UTC+8)`, `2026年3月2日（周一）09:30（UTC+8）`
    Long,
    /// `2026-03-02 09:30`
    Bare,
    /// `2026-03-02`
    Date,
    /// `09:30`
    Time,
}

impl Style {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "full" => Some(Self::Full),
            "long" => Some(Self::Long),
            "bare" => Some(Self::Bare),
            "date" => Some(Self::Date),
            "time" => Some(Self::Time),
            _ => None,
        }
    }
}

/// An instant in the reader's zone and language.
pub fn instant(at: Instant, reader: ReaderLocale, style: Style) -> String {
    let there = at.with_timezone(&reader.zone);
    match style {
        Style::Full => format!("{} {}", there.format("%Y-%m-%d %H:%M"), offset_of(at, reader.zone)),
        Style::Bare => there.format("%Y-%m-%d %H:%M").to_string(),
        Style::Date => there.format("%Y-%m-%d").to_string(),
        Style::Time => there.format("%H:%M").to_string(),
        Style::Long => {
            let time = format!("{:02}:{:02}", there.hour(), there.minute());
            let offset = offset_of(at, reader.zone);
            match reader.language {
                Language::English => format!("{}, {time} ({offset})", date(there.date_naive(), Language::English)),
                Language::Chinese => format!("{}{time}（{offset}）", date(there.date_naive(), Language::Chinese)),
            }
        }
    }
}

/// A date with its weekday: `Monday 2 March 2026`, `2026年3月2日（周一）`.
pub fn date(date: NaiveDate, language: Language) -> String {
    const WEEKDAYS: [&str; 7] = ["一", "二", "三", "四", "五", "六", "日"];
    match language {
        Language::English => date.format("%A %-d %B %Y").to_string(),
        Language::Chinese => {
            let weekday = WEEKDAYS[date.weekday().num_days_from_monday() as usize];
            format!("{}年{}月{}日（周{weekday}）", date.year(), date.month(), date.day())
        }
    }
}

/// The offset that `zone` has at that instant: `UTC`, `UTC+8`, `UTC+5:30`, `UTC-3:30`.
pub fn offset_of(at: Instant, zone: Tz) -> String {
    let seconds = at.with_timezone(&zone).offset().fix().local_minus_utc();
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    match (minutes / 60, minutes % 60) {
        (0, 0) => "UTC".to_owned(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
    }
}

/// For programs: RFC 3339 in UTC, whole seconds.
pub fn iso(at: Instant) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The two largest units: `45 s`, `3 h 20 min`, `2 d 4 h`; hours up to two days, because targets are spoken of so.
pub fn duration(seconds: i64, language: Language) -> String {
    let [second, minute, hour, day] = match language {
        Language::English => ["s", "min", "h", "d"],
        Language::Chinese => ["秒", "分钟", "小时", "天"],
    };
    let length = seconds.unsigned_abs();
    let text = match length {
        0..MINUTE => format!("{length} {second}"),
        MINUTE..HOUR => format!("{} {minute}", length / MINUTE),
        HOUR..172_800 => two(length / HOUR, hour, length % HOUR / MINUTE, minute),
        172_800.. => two(length / DAY, day, length % DAY / HOUR, hour),
    };
    if seconds < 0 { format!("-{text}") } else { text }
}

fn two(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    match small {
        0 => format!("{large} {large_unit}"),
        _ => format!("{large} {large_unit} {small} {small_unit}"),
    }
}

/// All of it, so that what is added up adds up: `12 h 30 min`, `1 h 5 s`. Days differ in length, so hours go on.
pub fn exact_duration(seconds: i64, language: Language) -> String {
    let units = match language {
        Language::English => ["h", "min", "s"],
        Language::Chinese => ["小时", "分钟", "秒"],
    };
    let length = seconds.unsigned_abs();
    let amounts = [length / HOUR, length % HOUR / MINUTE, length % MINUTE];
    let filled = amounts.iter().zip(units).filter(|(amount, _)| **amount > 0);
    let words: Vec<String> = filled.map(|(amount, unit)| format!("{amount} {unit}")).collect();
    let text = if words.is_empty() { format!("0 {}", units[2]) } else { words.join(" ") };
    if seconds < 0 { format!("-{text}") } else { text }
}

/// To the second, for tables: `26:05:09`.
pub fn clock(seconds: i64) -> String {
    let length = seconds.unsigned_abs();
    let sign = if seconds < 0 { "-" } else { "" };
    format!("{sign}{}:{:02}:{:02}", length / HOUR, length % HOUR / MINUTE, length % MINUTE)
}

/// `part` of `whole`: `22 %`, `< 1 %`, `–` of nothing. Never 100 % where something is missing.
pub fn percent(part: i64, whole: i64) -> String {
    if whole <= 0 {
        return "–".to_owned();
    }
    match (i128::from(part) * 200 / i128::from(whole) + 1) / 2 {
        0 if part > 0 => "< 1 %".to_owned(),
        100.. if part < whole => "99 %".to_owned(),
        percent => format!("{percent} %"),
    }
}

/// With a tenth, rounded: `97.3 %`. Only all of it is `100.0 %`, and only nothing `0.0 %`.
pub fn percent_tenths(part: u64, whole: u64) -> String {
    let (part, whole) = (u128::from(part), u128::from(whole));
    let Some(rounded) = (part * 2_000 + whole).checked_div(whole * 2) else { return "–".to_owned() };
    let tenths = match part {
        0 => 0,
        part if part < whole => rounded.clamp(1, 999),
        _ => rounded,
    };
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// A size in bytes: `0 B`, `48 KB`, `1.2 MB`, in steps of 1024.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut tenths = bytes.saturating_mul(10) / 1024;
    let mut unit = 0;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    match (tenths / 10, tenths % 10) {
        (whole, tenth) if whole < 10 && tenth > 0 => format!("{whole}.{tenth} {}", UNITS[unit]),
        (whole, _) => format!("{whole} {}", UNITS[unit]),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().expect("an instant")
    }

    #[test]
    fn an_instant_is_told_in_the_readers_zone_and_never_by_an_ambiguous_abbreviation() {
        let morning = at("2026-03-02T01:30:00Z");
        let cases = [
            (Language::English, Tz::Asia__Shanghai, Style::Full, "2026-03-02 09:30 UTC+8"),
            (Language::Chinese, Tz::Asia__Shanghai, Style::Full, "2026-03-02 09:30 UTC+8"),
            (Language::English, Tz::Asia__Shanghai, Style::Long, "Monday 2 March 2026, 09:30 (UTC+8)"),
            (Language::Chinese, Tz::Asia__Shanghai, Style::Long, "2026年3月2日（周一）09:30（UTC+8）"),
            (Language::English, Tz::Asia__Kolkata, Style::Full, "2026-03-02 07:00 UTC+5:30"),
            (Language::English, Tz::America__St_Johns, Style::Full, "2026-03-01 22:00 UTC-3:30"),
            (Language::English, Tz::UTC, Style::Full, "2026-03-02 01:30 UTC"),
            (Language::English, Tz::Asia__Shanghai, Style::Bare, "2026-03-02 09:30"),
            (Language::English, Tz::Asia__Shanghai, Style::Date, "2026-03-02"),
            (Language::English, Tz::Asia__Shanghai, Style::Time, "09:30"),
        ];
        for (language, zone, style, expected) in cases {
            assert_eq!(instant(morning, ReaderLocale::new(language, zone), style), expected);
        }
    }

    #[test]
    fn the_offset_is_the_one_of_that_day() {
        assert_eq!(offset_of(at("2026-01-15T12:00:00Z"), Tz::Europe__Berlin), "UTC+1");
        assert_eq!(offset_of(at("2026-07-15T12:00:00Z"), Tz::Europe__Berlin), "UTC+2");
    }

    #[test]
    fn durations_have_two_units_at_most() {
        let cases = [
            (0, "0 s", "0 秒"),
            (59, "59 s", "59 秒"),
            (60, "1 min", "1 分钟"),
            (3_599, "59 min", "59 分钟"),
            (3_600, "1 h", "1 小时"),
            (12_000, "3 h 20 min", "3 小时 20 分钟"),
            (86_400, "24 h", "24 小时"),
            (172_799, "47 h 59 min", "47 小时 59 分钟"),
            (172_800, "2 d", "2 天"),
            (259_200, "3 d", "3 天"),
            (190_000, "2 d 4 h", "2 天 4 小时"),
            (-90, "-1 min", "-1 分钟"),
        ];
        for (seconds, english, chinese) in cases {
            assert_eq!(duration(seconds, Language::English), english);
            assert_eq!(duration(seconds, Language::Chinese), chinese);
        }
        assert!(!duration(i64::MIN, Language::English).is_empty());
    }

    #[test]
    fn exact_durations_leave_nothing_out() {
        let cases = [
            (0, "0 s", "0 秒", "0:00:00"),
            (45_000, "12 h 30 min", "12 小时 30 分钟", "12:30:00"),
            (3_605, "1 h 5 s", "1 小时 5 秒", "1:00:05"),
            (259_200, "72 h", "72 小时", "72:00:00"),
            (-90, "-1 min 30 s", "-1 分钟 30 秒", "-0:01:30"),
        ];
        for (seconds, english, chinese, table) in cases {
            assert_eq!(exact_duration(seconds, Language::English), english);
            assert_eq!(exact_duration(seconds, Language::Chinese), chinese);
            assert_eq!(clock(seconds), table);
        }
        let shares = [((1, 3), "33 %"), ((1, 1_000), "< 1 %"), ((999, 1_000), "99 %"), ((0, 5), "0 %"), ((0, 0), "–")];
        for ((part, whole), expected) in shares {
            assert_eq!(percent(part, whole), expected);
        }
        let shares = [
            ((2, 3), "66.7 %"),
            ((1, 3), "33.3 %"),
            ((1, 8), "12.5 %"),
            ((1, 16), "6.3 %"),
            ((9_999, 10_000), "99.9 %"),
            ((1, 10_000), "0.1 %"),
            ((0, 7), "0.0 %"),
            ((5, 5), "100.0 %"),
            ((0, 0), "–"),
        ];
        for ((part, whole), expected) in shares {
            assert_eq!(percent_tenths(part, whole), expected);
        }
    }

    #[test]
    fn sizes_are_short() {
        let cases =
            [(0, "0 B"), (1023, "1023 B"), (1024, "1 KB"), (1300, "1.2 KB"), (48_213, "47 KB"), (26_214_400, "25 MB")];
        for (bytes, expected) in cases {
            assert_eq!(size(bytes), expected);
        }
        assert!(size(u64::MAX).ends_with(" TB"));
    }

    #[test]
    fn programs_read_rfc_3339() {
        let instant = chrono::Utc.with_ymd_and_hms(2026, 3, 2, 1, 30, 0).single().expect("an instant");
        assert_eq!(iso(instant), "2026-03-02T01:30:00Z");
    }
}
