//! How the operator spells enumerations and dates: never the same way for long.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// Year one, and nobody says in which zone.
const NULL_DATE: &str = "0001-01-01T00:00:00";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    Words,
    Numbers,
    /// Rows take turns.
    Mixed,
}

impl Spelling {
    /// One value of an enumeration, as a word or as its number, for the row with this index.
    pub(crate) fn of(self, row: usize, word: &str, number: i64) -> Value {
        match self {
            Self::Words => json!(word),
            Self::Numbers => json!(number),
            Self::Mixed if row.is_multiple_of(2) => json!(number),
            Self::Mixed => json!(word),
        }
    }
}

/// With or without `Z`, with or without a fraction, by turns.
pub(crate) fn date(row: usize, at: Option<DateTime<Utc>>) -> Value {
    let Some(at) = at else {
        return json!(NULL_DATE);
    };
    let form = match row % 3 {
        0 => "%Y-%m-%dT%H:%M:%SZ",
        1 => "%Y-%m-%dT%H:%M:%S",
        _ => "%Y-%m-%dT%H:%M:%S%.3fZ",
    };
    json!(at.format(form).to_string())
}

/// Documents write `serviceDegradation`, samples `ServiceDegradation`.
pub(crate) fn graph_word(row: usize, word: &str) -> Value {
    if row.is_multiple_of(2) {
        return json!(word);
    }
    let mut letters = word.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    json!(first.into_iter().chain(letters).collect::<String>())
}
