//! The grammar of iCalendar (RFC 5545): content lines, folding and escaping, for the feeds that the desk reads and
//! writes. What the lines mean is up to who uses them.
//!
//! It is small code of our own: the crate for it stamps an event with the machine's clock and a random id where none
//! is given, and names lines of the unfolded text, which nobody can look up in his file.

/// The longest text that is read.
pub(crate) const ICALENDAR_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Octets of a line that is written, its line break not counted.
const LINE_OCTETS_MAX: usize = 75;

/// Why a text is no iCalendar; `line` is the line of the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct IcalendarError {
    pub line: usize,
    pub problem: String,
}

impl IcalendarError {
    pub(crate) fn new(line: usize, problem: impl Into<String>) -> Self {
        Self { line, problem: problem.into() }
    }
}

/// `NAME;PARAMETER=value:value`, unfolded. Names are in upper case; values are as they were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ContentLine {
    /// Where it begins in the file, from 1.
    pub(crate) line: usize,
    pub(crate) name: String,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) value: String,
}

impl ContentLine {
    fn parse(line: usize, text: &str) -> Result<Self, IcalendarError> {
        let bad = || IcalendarError::new(line, format!("\"{}\" is no NAME:value of iCalendar", beginning(text)));
        let (head, value) = split_outside_quotes(text, ':').ok_or_else(bad)?;
        let mut parts = pieces_outside_quotes(head, ';').into_iter();
        let name = parts.next().filter(|name| is_name(name)).ok_or_else(bad)?;
        let parameters: Option<Vec<(String, String)>> = parts.map(parameter).collect();
        Ok(Self {
            line,
            name: name.to_ascii_uppercase(),
            parameters: parameters.ok_or_else(bad)?,
            value: value.to_owned(),
        })
    }

    pub(crate) fn has_parameter(&self, name: &str, value: &str) -> bool {
        self.parameters.iter().any(|(own, written)| own == name && written.eq_ignore_ascii_case(value))
    }
}

/// The content lines of a text, folded lines put together. Lines may end in CRLF, as they should, or in LF.
pub(crate) fn content_lines(text: &str) -> Result<Vec<ContentLine>, IcalendarError> {
    if text.len() > ICALENDAR_BYTES_MAX {
        return Err(IcalendarError::new(1, format!("the text is longer than {ICALENDAR_BYTES_MAX} bytes")));
    }
    let mut unfolded: Vec<(usize, String)> = Vec::new();
    for (index, line) in text.trim_start_matches('\u{feff}').split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        match (line.strip_prefix([' ', '\t']), unfolded.last_mut()) {
            (Some(rest), Some((_, last))) => last.push_str(rest),
            (Some(_) | None, _) if line.trim().is_empty() => {}
            (Some(_) | None, _) => unfolded.push((index + 1, line.to_owned())),
        }
    }
    unfolded.iter().map(|(line, text)| ContentLine::parse(*line, text)).collect()
}

/// The text behind a value of type TEXT.
pub(crate) fn unescaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match (character, characters.as_str().chars().next()) {
            ('\\', Some(next)) => {
                text.push(if matches!(next, 'n' | 'N') { '\n' } else { next });
                characters.next();
            }
            (character, _) => text.push(character),
        }
    }
    text
}

/// Content lines as they are sent: ended by CRLF and folded.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    text: String,
}

impl Writer {
    /// A line whose value needs no escaping: a date, a name of the grammar.
    pub(crate) fn plain(&mut self, name: &str, value: &str) {
        let mut octets = 0;
        for character in name.chars().chain([':']).chain(value.chars()) {
            if octets + character.len_utf8() > LINE_OCTETS_MAX {
                self.text.push_str("\r\n ");
                octets = 1;
            }
            self.text.push(character);
            octets += character.len_utf8();
        }
        self.text.push_str("\r\n");
    }

    /// A line whose value is words.
    pub(crate) fn text(&mut self, name: &str, value: &str) {
        self.plain(name, &escaped(value));
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }
}

fn escaped(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | ';' | ',' => value.extend(['\\', character]),
            '\n' => value.push_str("\\n"),
            control if control.is_control() => {}
            other => value.push(other),
        }
    }
    value
}

fn parameter(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=')?;
    is_name(name).then(|| (name.to_ascii_uppercase(), value.trim_matches('"').to_owned()))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn split_outside_quotes(text: &str, mark: char) -> Option<(&str, &str)> {
    let mut quoted = false;
    let at = text.find(|character: char| {
        quoted ^= character == '"';
        character == mark && !quoted
    })?;
    Some((&text[..at], &text[at + mark.len_utf8()..]))
}

fn pieces_outside_quotes(text: &str, mark: char) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((piece, after)) = split_outside_quotes(rest, mark) {
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
}

/// Enough of a line to find it again.
fn beginning(text: &str) -> String {
    const SHOWN_CHARS_MAX: usize = 40;
    text.chars().filter(|character| !character.is_control()).take(SHOWN_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{LINE_OCTETS_MAX, Writer, content_lines, unescaped};

    #[test]
    fn lines_are_unfolded_and_keep_the_number_of_their_first_line() {
        let text = "\u{feff}BEGIN:VEVENT\r\nSUMMARY;LANGUAGE=zh:春节\r\n （\r\n\t休）\r\n\r\ndtstart;value=\"DATE\":20260216\n";
        let lines = content_lines(text).unwrap();
        let read: Vec<_> = lines.iter().map(|line| (line.line, line.name.as_str(), line.value.as_str())).collect();
        assert_eq!(read, [(1, "BEGIN", "VEVENT"), (2, "SUMMARY", "春节（休）"), (6, "DTSTART", "20260216")]);
        assert!(lines[2].has_parameter("VALUE", "date"));
    }

    #[test]
    fn a_colon_in_quotes_does_not_end_the_name() {
        let lines = content_lines("ATTENDEE;CN=\"Li; Wei: lead\";ROLE=CHAIR:mailto:li@example.com").unwrap();
        assert_eq!(lines[0].parameters[0], ("CN".to_owned(), "Li; Wei: lead".to_owned()));
        assert!(lines[0].has_parameter("ROLE", "CHAIR"));
        assert_eq!(lines[0].value, "mailto:li@example.com");
    }

    #[test]
    fn a_line_that_is_none_is_named() {
        for (text, expected) in [
            ("BEGIN:VCALENDAR\n<html>", "line 2: \"<html>\" is no NAME:value"),
            (" folded", "line 1: \" folded\" is no NAME:value"),
            ("A:1\nDTSTART;VALUE:20260101", "line 2: \"DTSTART;VALUE:20260101\""),
            (":1", "line 1: \":1\""),
        ] {
            let error = content_lines(text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
        let long = "A:1\n".repeat(super::ICALENDAR_BYTES_MAX / 4 + 1);
        assert!(content_lines(&long).unwrap_err().problem.contains("longer than"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(text in "[\\PC\n;,:\\\\\" ]{0,200}") {
            let mut writer = Writer::default();
            writer.text("SUMMARY", &text);
            let written = writer.finish();
            for line in written.split_terminator("\r\n") {
                prop_assert!(line.len() <= LINE_OCTETS_MAX, "{}", line);
            }
            let lines = content_lines(&written).unwrap();
            prop_assert_eq!(lines.len(), 1);
            let kept: String = text.chars().filter(|character| *character == '\n' || !character.is_control()).collect();
            prop_assert_eq!(unescaped(&lines[0].value), kept);
        }
    }
}
