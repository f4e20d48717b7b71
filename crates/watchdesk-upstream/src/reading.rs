//! Reads what the operator writes, which is not always what its documents promise: numbers as text, enumerations as
//! words or numbers, dates that are none, fields that are missing.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Timelike};
use serde_json::{Map, Value};
use watchdesk_core::Instant;

/// What can be understood of a list, and a word on each row that cannot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows<T> {
    pub rows: Vec<T>,
    pub not_understood: Vec<String>,
}

/// So many words on rows that nobody understands are enough.
const NOT_UNDERSTOOD_MAX: usize = 100;

/// One object of an answer.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a>(&'a Map<String, Value>);

impl<T> Rows<T> {
    pub(crate) fn none() -> Self {
        Self { rows: Vec::new(), not_understood: Vec::new() }
    }

    pub(crate) fn join(&mut self, mut more: Self) {
        self.rows.append(&mut more.rows);
        more.not_understood.truncate(NOT_UNDERSTOOD_MAX.saturating_sub(self.not_understood.len()));
        self.not_understood.append(&mut more.not_understood);
    }

    /// Reads the list under this name. One bad row never takes the others with it; a list that is none is a failure.
    pub(crate) fn read(
        body: &Value,
        name: &str,
        read: impl Fn(Row<'_>) -> Result<T, &'static str>,
    ) -> Result<Self, String> {
        let list = body.get(name).and_then(Value::as_array).ok_or_else(|| format!("\"{name}\" is no list"))?;
        let mut found = Self::none();
        for (index, value) in list.iter().enumerate() {
            match Row::of(value).ok_or("it is no object").and_then(&read) {
                Ok(row) => found.rows.push(row),
                Err(why) if found.not_understood.len() < NOT_UNDERSTOOD_MAX => {
                    found.not_understood.push(format!("row {} of \"{name}\": {why}", index + 1));
                }
                Err(_) => {}
            }
        }
        Ok(found)
    }
}

impl<'a> Row<'a> {
    pub fn of(value: &'a Value) -> Option<Self> {
        value.as_object().map(Self)
    }

    pub fn get(self, key: &str) -> &'a Value {
        self.0.get(key).unwrap_or(&Value::Null)
    }

    pub fn text(self, key: &str) -> Option<String> {
        text(self.get(key))
    }

    /// Empty where it is missing.
    pub fn words(self, key: &str) -> String {
        self.text(key).unwrap_or_default()
    }

    pub fn number(self, key: &str) -> Option<i64> {
        number(self.get(key))
    }

    pub fn flag(self, key: &str) -> Option<bool> {
        match self.get(key) {
            Value::Bool(flag) => Some(*flag),
            Value::String(word) if word.eq_ignore_ascii_case("true") => Some(true),
            Value::String(word) if word.eq_ignore_ascii_case("false") => Some(false),
            other => number(other).map(|number| number != 0),
        }
    }

    pub fn instant(self, key: &str) -> Option<Instant> {
        instant(self.get(key).as_str()?)
    }

    pub fn child(self, key: &str) -> Option<Self> {
        Self::of(self.get(key))
    }

    pub fn texts(self, key: &str) -> Vec<String> {
        self.get(key).as_array().into_iter().flatten().filter_map(text).collect()
    }

    pub fn children(self, key: &str) -> impl Iterator<Item = Self> {
        self.get(key).as_array().into_iter().flatten().filter_map(Self::of)
    }
}

/// Text without what no database takes; a number is text too, nothing is none.
pub(crate) fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.replace('\0', ""),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

pub(crate) fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// With or without a zone, with or without a fraction; without a zone it is UTC. Year one means: not set.
pub(crate) fn instant(text: &str) -> Option<Instant> {
    let text = text.trim();
    let zoned = DateTime::parse_from_rfc3339(text).map(|at| at.to_utc());
    let plain = || NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok();
    let day = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
    let at = zoned.ok().or_else(|| Some(plain().or_else(day)?.and_utc()))?;
    if at.year() <= 1 { None } else { at.with_nanosecond(0) }
}

/// The letters and digits of a word, small: `attention_needed` and `AttentionNeeded` are the same.
pub(crate) fn folded(word: &str) -> String {
    word.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// An enumeration of the operator's: words compared without regard to case, numbers where they are documented, and
/// whatever else there may come, kept as it was written.
macro_rules! enumeration {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal $(/ $number:literal)?),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name {
            $($variant,)+
            /// Not in the documents we know; as it was written.
            Other(String),
        }

        impl $name {
            /// As the documents write it; what is not in them as it was written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(text) => text,
                }
            }

            /// Nothing where there is nothing.
            pub(crate) fn read(value: &serde_json::Value) -> Option<Self> {
                let text = $crate::reading::text(value)?;
                let folded = $crate::reading::folded(&text);
                $(if folded == $crate::reading::folded($word) $(|| text == stringify!($number))? {
                    return Some(Self::$variant);
                })+
                Some(Self::Other(text))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use enumeration;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dates_come_in_many_ways() {
        let table = [
            ("2020-11-13T21:00:00Z", Some("2020-11-13T21:00:00Z")),
            ("2020-11-13T21:00:00", Some("2020-11-13T21:00:00Z")),
            ("2020-11-14T18:20:24.767Z", Some("2020-11-14T18:20:24Z")),
            ("2020-11-14T18:20:24.7671234", Some("2020-11-14T18:20:24Z")),
            ("2020-11-14T18:20:24+08:00", Some("2020-11-14T10:20:24Z")),
            ("2020-11-14", Some("2020-11-14T00:00:00Z")),
            ("0001-01-01T00:00:00", None),
            ("0001-01-01T00:00:00Z", None),
            ("", None),
            ("soon", None),
            ("2020-13-41T00:00:00Z", None),
        ];
        for (text, expected) in table {
            assert_eq!(instant(text), expected.map(|at| at.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn one_bad_row_does_not_take_the_others_with_it() {
        let name = |row: Row<'_>| row.text("id").ok_or("it has no id");
        let body = json!({"items": [{"id": "a"}, {"id": null}, 17, {"id": 5}, {"id": " b\u{0} "}]});
        let found = Rows::read(&body, "items", name).unwrap();
        assert_eq!(found.rows, ["a", "5", "b"]);
        assert_eq!(found.not_understood, ["row 2 of \"items\": it has no id", "row 3 of \"items\": it is no object"]);
        for body in [json!({}), json!([]), json!({"items": {}}), json!({"items": null})] {
            assert_eq!(Rows::read(&body, "items", name), Err("\"items\" is no list".to_owned()));
        }
    }

    #[test]
    fn flags_and_numbers_come_as_anything() {
        let body = json!({"a": true, "b": "False", "c": 1, "d": "0", "e": {}, "n": "42", "f": 1.5});
        let row = Row::of(&body).unwrap();
        let flags = ["a", "b", "c", "d", "e", "z"].map(|key| row.flag(key));
        assert_eq!(flags, [Some(true), Some(false), Some(true), Some(false), None, None]);
        assert_eq!(["n", "c", "f", "e", "z"].map(|key| row.number(key)), [Some(42), Some(1), None, None, None]);
    }
}
