//! A CSV file as lines with named cells, whoever saved it: UTF-8 with or without a byte order mark, or GB18030 as Chinese
//! spreadsheets write it.

use std::collections::BTreeMap;

use encoding_rs::GB18030;

/// Of a file that somebody hands in.
pub const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
pub const LINES_MAX: usize = 200_000;
const CELL_CHARACTERS_MAX: usize = 4_000;
const BYTE_ORDER_MARK: char = '\u{feff}';

/// A column that is understood, and what else it is called.
pub(super) struct Column {
    pub name: &'static str,
    pub also: &'static [&'static str],
    pub is_required: bool,
}

/// One line under the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// As an editor counts them; the header is the first.
    pub number: u64,
    /// Those that are filled.
    cells: BTreeMap<&'static str, String>,
}

/// What is wrong with one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    pub field: &'static str,
    /// Stable, for the message catalogues.
    pub code: &'static str,
    /// What stands there.
    pub value: String,
    /// In English, and what to write instead.
    pub why: String,
}

impl Line {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.cells.get(name).map(String::as_str)
    }

    pub fn required(&self, name: &'static str) -> Result<&str, Wrong> {
        self.get(name).ok_or_else(|| wrong_so(name, "empty", "it is empty; every line needs it"))
    }
}

/// With a sentence made of the value, or of nothing.
pub(super) fn wrong(field: &'static str, code: &'static str, value: &str, why: impl FnOnce(&str) -> String) -> Wrong {
    Wrong { field, code, value: value.to_owned(), why: why(value) }
}

/// The same where the sentence is always the same.
pub(super) fn wrong_so(field: &'static str, code: &'static str, why: &str) -> Wrong {
    Wrong { field, code, value: String::new(), why: why.to_owned() }
}

/// A line, or the number of one that is none, and why.
pub type Read = Result<Line, (u64, Wrong)>;

/// Why a file is not taken at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Unreadable {
    /// Stable, for the message catalogues.
    pub code: &'static str,
    /// What stands there, and what could.
    pub value: String,
    pub known: String,
    pub why: String,
}

fn bad(code: &'static str, why: impl Into<String>) -> Unreadable {
    Unreadable { code, value: String::new(), known: String::new(), why: why.into() }
}

/// What stands in a file, whoever saved it.
pub fn text(bytes: Vec<u8>) -> Result<String, Unreadable> {
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let (text, _, has_errors) = GB18030.decode(error.as_bytes());
            if has_errors {
                return Err(bad("encoding", "the file is neither UTF-8 nor GB18030; save it as \"CSV UTF-8\""));
            }
            text.into_owned()
        }
    };
    Ok(text.strip_prefix(BYTE_ORDER_MARK).map_or_else(|| text.clone(), str::to_owned))
}

pub(super) fn lines(text: &str, columns: &'static [Column]) -> Result<Vec<Read>, Unreadable> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| bad("header", format!("the header cannot be read: {error}")))?;
    let header = header.iter().map(|name| column(name, columns)).collect::<Result<Vec<_>, _>>()?;
    for required in columns.iter().filter(|column| column.is_required) {
        if !header.contains(&required.name) {
            let (value, known) = (required.name.to_owned(), known(columns));
            let why = format!("the header has no \"{value}\"; known are: {known}");
            return Err(Unreadable { code: "no_column", value, known, why });
        }
    }
    let mut found = Vec::new();
    for record in reader.records() {
        if found.len() >= LINES_MAX {
            return Err(bad("lines", format!("the file has more than {LINES_MAX} lines; split it")));
        }
        match record {
            Ok(record) => {
                let number = line_at(text, record.position());
                found.push(line(number, &record, &header));
            }
            Err(error) => {
                let number = line_at(text, error.position());
                found.push(Err((number, wrong_so("line", "quotes", "it cannot be read; check its quotation marks"))));
            }
        }
    }
    Ok(found)
}

/// The parser stands behind the line before; empty lines and the second half of a line's end lie in between.
fn line_at(text: &str, position: Option<&csv::Position>) -> u64 {
    let Some(position) = position else { return 0 };
    let begin = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = text.as_bytes().get(begin..).unwrap_or_default();
    let ends = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| **byte == b'\n').count();
    position.line() + u64::try_from(ends).unwrap_or_default()
}

fn column(name: &str, columns: &'static [Column]) -> Result<&'static str, Unreadable> {
    let is_called = |known: &&Column| {
        let folded = name.trim().to_lowercase().replace([' ', '-'], "_");
        known.name == folded || known.also.iter().any(|also| also.eq_ignore_ascii_case(name.trim()))
    };
    let found = columns.iter().find(is_called).map(|column| column.name);
    found.ok_or_else(|| {
        let (value, known) = (name.to_owned(), known(columns));
        let why = format!("nobody knows the column \"{value}\"; known are: {known}");
        Unreadable { code: "unknown_column", value, known, why }
    })
}

fn known(columns: &[Column]) -> String {
    columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
}

fn line(number: u64, record: &csv::StringRecord, header: &[&'static str]) -> Read {
    if record.len() > header.len() {
        let cells = record.len().to_string();
        let why = |cells: &str| {
            format!("it has {cells} cells and the header {}; put text with commas in quotes", header.len())
        };
        return Err((number, wrong("line", "cells", &cells, why)));
    }
    let mut cells = BTreeMap::new();
    for (name, cell) in header.iter().zip(record) {
        if cell.chars().count() > CELL_CHARACTERS_MAX {
            let why = format!("it is longer than {CELL_CHARACTERS_MAX} characters");
            return Err((number, wrong_so(name, "too_long", &why)));
        }
        if !cell.is_empty() {
            cells.insert(*name, cell.to_owned());
        }
    }
    Ok(Line { number, cells })
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[
        Column { name: "name", also: &["Company name"], is_required: true },
        Column { name: "tenant_id", also: &["Microsoft ID"], is_required: false },
    ];

    fn cells(bytes: &[u8]) -> Vec<(u64, Option<String>)> {
        let text = text(bytes.to_vec()).expect("a text");
        let read = lines(&text, COLUMNS).expect("lines");
        read.into_iter()
            .map(|line| line.map_or_else(|(n, _)| (n, None), |l| (l.number, l.get("name").map(str::to_owned))))
            .collect()
    }

    #[test]
    fn whoever_saved_it_the_text_is_the_same() {
        let plain = "name,tenant_id\n上海远洋,t-1\n";
        let (gb, ..) = GB18030.encode(plain);
        let expected = vec![(2, Some("上海远洋".to_owned()))];
        assert_eq!(cells(plain.as_bytes()), expected);
        assert_eq!(cells(format!("\u{feff}{plain}").as_bytes()), expected);
        assert_eq!(cells(&gb), expected);
        assert!(text(vec![b'a', 0xff, 0xff]).is_err());
    }

    #[test]
    fn headers_are_known_by_their_names_and_by_the_operators() {
        assert_eq!(cells(b"Company name,Microsoft ID\r\n\"A, B\",x\r\n"), [(2, Some("A, B".to_owned()))]);
        let refused = |text: &str| lines(text, COLUMNS).expect_err("refused").why;
        assert!(refused("name,colour\n").contains("\"colour\"; known are: name, tenant_id"));
        assert!(refused("tenant_id\n").contains("no \"name\""));
    }

    #[test]
    fn a_bad_line_leaves_the_others() {
        let found = cells(b"name,tenant_id\nA,1\nB,2,3\n\nC\n");
        assert_eq!(found, [(2, Some("A".to_owned())), (3, None), (5, Some("C".to_owned()))]);
    }
}
