//! Reply lines.

use super::Verdict;

/// Characters of a reply's text that are kept.
const MAX_TEXT_CHARS: usize = 300;

/// `code enhanced text`, ended. The text is one line of printable characters.
pub(super) fn line(code: u16, enhanced: &str, text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_TEXT_CHARS).collect();
    format!("{code} {enhanced} {text}\r\n")
}

/// The answer to `RCPT`.
pub(super) fn to_recipient(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Accepted => line(250, "2.1.5", "Recipient ok"),
        Verdict::Rejected { code, text } => {
            let code = permanent(*code, 550);
            line(code, if code == 550 { "5.1.1" } else { "5.7.1" }, text)
        }
        Verdict::TryLater { text } => line(451, "4.3.0", text),
    }
}

/// The answer to the end of the data.
pub(super) fn to_message(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Accepted => line(250, "2.0.0", "Message accepted"),
        Verdict::Rejected { code, text } => line(permanent(*code, 554), "5.6.0", text),
        Verdict::TryLater { text } => line(451, "4.3.0", text),
    }
}

/// A refusal must not read as anything else, whatever code it was given.
fn permanent(code: u16, otherwise: u16) -> u16 {
    if (500..600).contains(&code) { code } else { otherwise }
}
