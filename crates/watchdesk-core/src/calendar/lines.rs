//! One JSON line in, one JSON line out: what `watchdesk sla deadline` and `watchdesk sla elapsed` speak.

use std::collections::HashMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Calendar, CalendarSpec, Deadline, Pause};

/// The longest line that is read.
pub const LINE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Calendars that are kept between lines; one more, and all are forgotten.
const CALENDARS_KEPT_MAX: usize = 64;

const DEADLINE_KEYS: [&str; 5] = ["id", "calendar", "start", "target_s", "pauses"];
const ELAPSED_KEYS: [&str; 5] = ["id", "calendar", "from", "to", "pauses"];

/// The answer to one line; `ok` is false if it is an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineAnswer {
    pub json: String,
    pub ok: bool,
}

/// Answers lines one after the other and remembers the calendars they name, so that lines which repeat a calendar
/// are cheap.
#[derive(Debug, Default)]
pub struct LineReader {
    calendars: HashMap<Value, Calendar>,
}

/// Answers one line of `sla deadline`.
pub fn deadline_line(line: &str) -> LineAnswer {
    LineReader::default().deadline_line(line)
}

/// Answers one line of `sla elapsed`.
pub fn elapsed_line(line: &str) -> LineAnswer {
    LineReader::default().elapsed_line(line)
}

impl LineReader {
    /// `{"id", "calendar", "start", "target_s", "pauses"?}` to `{"id", "deadline"}`, with `remaining_s` while an
    /// open-ended pause holds the clock and `provisional` if it is.
    pub fn deadline_line(&mut self, line: &str) -> LineAnswer {
        self.answer(line, &DEADLINE_KEYS, Self::deadline)
    }

    /// `{"id", "calendar", "from", "to", "pauses"?}` to `{"id", "elapsed_s"}`, with `provisional` if it is.
    pub fn elapsed_line(&mut self, line: &str) -> LineAnswer {
        self.answer(line, &ELAPSED_KEYS, Self::elapsed)
    }

    fn answer(
        &mut self,
        line: &str,
        keys: &[&str],
        compute: impl FnOnce(&mut Self, Fields) -> Result<Answer, String>,
    ) -> LineAnswer {
        let mut id = Value::Null;
        let answer = Fields::parse(line).and_then(|mut fields| {
            id = fields.take_id()?;
            fields.check_keys(keys)?;
            compute(self, fields)
        });
        let ok = answer.is_ok();
        let answer = answer.unwrap_or_else(|error| Answer::Error { error });
        LineAnswer { json: written(id, answer), ok }
    }

    fn deadline(&mut self, mut fields: Fields) -> Result<Answer, String> {
        let calendar = self.calendar(fields.take("calendar")?)?;
        let start = fields.take_instant("start")?;
        let target_s = fields.take_seconds("target_s")?;
        let pauses = fields.take_pauses()?;
        let deadline = calendar
            .deadline(start, target_s, &pauses)
            .map_err(|error| format!("`start` and `target_s` have no answer: {error}"))?;
        Ok(match deadline {
            Deadline::At { instant, provisional } => {
                Answer::At { deadline: instant.to_rfc3339_opts(SecondsFormat::Secs, true), provisional }
            }
            Deadline::Paused { remaining_s, provisional } => {
                Answer::Paused { deadline: None, remaining_s, provisional }
            }
        })
    }

    fn elapsed(&mut self, mut fields: Fields) -> Result<Answer, String> {
        let calendar = self.calendar(fields.take("calendar")?)?;
        let from = fields.take_instant("from")?;
        let to = fields.take_instant("to")?;
        let pauses = fields.take_pauses()?;
        let elapsed =
            calendar.elapsed(from, to, &pauses).map_err(|error| format!("`from` and `to` have no answer: {error}"))?;
        Ok(Answer::Elapsed { elapsed_s: elapsed.seconds, provisional: elapsed.provisional })
    }

    fn calendar(&mut self, written: Value) -> Result<Calendar, String> {
        if let Some(calendar) = self.calendars.get(&written) {
            return Ok(calendar.clone());
        }
        let spec: CalendarSpec = serde::Deserialize::deserialize(&written)
            .map_err(|error| format!("`calendar` is not understood: {error}"))?;
        let calendar = Calendar::compile(&spec).map_err(|error| format!("`calendar` is refused: {error}"))?;
        if self.calendars.len() >= CALENDARS_KEPT_MAX {
            self.calendars.clear();
        }
        self.calendars.insert(written, calendar.clone());
        Ok(calendar)
    }
}

/// What stands behind `id` in an answer.
#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    At {
        deadline: String,
        #[serde(skip_serializing_if = "is_false")]
        provisional: bool,
    },
    Paused {
        /// Always `null`: it says that there is none.
        deadline: Option<String>,
        remaining_s: u64,
        #[serde(skip_serializing_if = "is_false")]
        provisional: bool,
    },
    Elapsed {
        elapsed_s: u64,
        #[serde(skip_serializing_if = "is_false")]
        provisional: bool,
    },
    Error {
        error: String,
    },
}

#[derive(Serialize)]
struct WrittenLine {
    id: Value,
    #[serde(flatten)]
    answer: Answer,
}

fn written(id: Value, answer: Answer) -> String {
    serde_json::to_string(&WrittenLine { id, answer })
        .expect("an answer holds only strings and numbers, which JSON can always write")
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// The keys of a line that were not used yet.
struct Fields(Map<String, Value>);

impl Fields {
    fn parse(line: &str) -> Result<Self, String> {
        if line.len() > LINE_BYTES_MAX {
            return Err(format!("the line is longer than {LINE_BYTES_MAX} bytes"));
        }
        match serde_json::from_str(line) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err("the line is not a JSON object".to_owned()),
            Err(error) => Err(format!("the line is not JSON: {error}")),
        }
    }

    /// The id is echoed as it came, so that even an error says whose it is.
    fn take_id(&mut self) -> Result<Value, String> {
        match self.0.remove("id").unwrap_or_default() {
            id @ (Value::Null | Value::String(_) | Value::Number(_)) => Ok(id),
            Value::Bool(_) | Value::Array(_) | Value::Object(_) => Err("`id` must be a string or a number".to_owned()),
        }
    }

    fn check_keys(&self, known: &[&str]) -> Result<(), String> {
        match self.0.keys().find(|key| !known.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) => Err(format!("`{key}` is not a key of this line; it has {}", known.join(", "))),
        }
    }

    fn take(&mut self, key: &str) -> Result<Value, String> {
        self.0.remove(key).ok_or_else(|| format!("`{key}` is missing"))
    }

    fn take_instant(&mut self, key: &str) -> Result<DateTime<Utc>, String> {
        instant(&self.take(key)?, key)
    }

    fn take_seconds(&mut self, key: &str) -> Result<u64, String> {
        self.take(key)?.as_u64().ok_or_else(|| format!("`{key}` must be a whole number of seconds, 0 or more"))
    }

    fn take_pauses(&mut self) -> Result<Vec<Pause>, String> {
        match self.0.remove("pauses") {
            None => Ok(Vec::new()),
            Some(Value::Array(pauses)) => pauses.iter().enumerate().map(pause).collect(),
            Some(_) => Err("`pauses` must be a list of [from, to]".to_owned()),
        }
    }
}

fn pause((index, written): (usize, &Value)) -> Result<Pause, String> {
    let key = format!("pauses[{index}]");
    let [from, to] = written.as_array().map_or(&[][..], Vec::as_slice) else {
        return Err(format!("`{key}` must be [from, to], where to may be null while the pause lasts"));
    };
    let from = instant(from, &key)?;
    let to = match to {
        Value::Null => None,
        written => Some(instant(written, &key)?),
    };
    if to.is_some_and(|to| to < from) {
        return Err(format!("`{key}` ends before it begins"));
    }
    Ok(Pause { from, to })
}

fn instant(written: &Value, key: &str) -> Result<DateTime<Utc>, String> {
    written
        .as_str()
        .and_then(|text| DateTime::parse_from_rfc3339(text).ok())
        .map(|instant| instant.to_utc())
        .ok_or_else(|| format!("`{key}` must be an instant of RFC 3339, such as 2026-02-13T09:30:00Z, not {written}"))
}
