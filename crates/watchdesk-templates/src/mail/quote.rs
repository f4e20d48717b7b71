//! What we repeat of the customer's last message: a bounded piece, without the quotations in it, so that a
//! conversation of fifty rounds does not send fifty rounds each time.

use serde::Serialize;
use watchdesk_core::Instant;

use crate::text::plain;

pub const QUOTED_LINES_MAX: usize = 40;
pub const QUOTED_CHARACTERS_MAX: usize = 3_000;

/// The customer's last message, or the piece of it that fits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Quoted {
    at: Instant,
    text: String,
    cut: bool,
}

impl Quoted {
    /// None where nothing is left once older quotations are gone.
    pub fn new(at: Instant, text: &str) -> Option<Self> {
        let (text, cut) = bounded(text);
        (!text.is_empty()).then_some(Self { at, text, cut })
    }
}

/// The text without lines that themselves quote, and within the bounds; whether something was left out at the end.
pub(super) fn bounded(text: &str) -> (String, bool) {
    let text = plain(text);
    let mut kept = String::new();
    let mut characters = 0;
    let mut lines = 0;
    for line in text.lines().map(str::trim_end).filter(|line| !is_quotation(line)) {
        let is_second_blank = line.is_empty() && (kept.is_empty() || kept.ends_with("\n\n"));
        if is_second_blank {
            continue;
        }
        let length = line.chars().count();
        if lines == QUOTED_LINES_MAX || characters + length > QUOTED_CHARACTERS_MAX {
            kept.extend(line.chars().take(QUOTED_CHARACTERS_MAX - characters).filter(|_| lines < QUOTED_LINES_MAX));
            return (kept.trim_end().to_owned(), true);
        }
        kept.push_str(line);
        kept.push('\n');
        characters += length;
        lines += 1;
    }
    (kept.trim_end().to_owned(), false)
}

fn is_quotation(line: &str) -> bool {
    line.trim_start().starts_with('>')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotation_is_bounded_and_quotes_no_quotation() {
        let at: Instant = "2026-03-02T01:30:00Z".parse().expect("an instant");
        let quoted = |text: &str| Quoted::new(at, text).map(|quoted| (quoted.text, quoted.cut));
        assert_eq!(quoted("Yes.\n\n\n\n> You wrote\n>> I wrote\nThanks"), Some(("Yes.\n\nThanks".to_owned(), false)));
        assert_eq!(quoted("> only a quotation"), None);
        let many_lines = "line\n".repeat(500);
        let (text, cut) = quoted(&many_lines).expect("something is left");
        assert_eq!((text.lines().count(), cut), (QUOTED_LINES_MAX, true));
        let (text, cut) = quoted(&"很".repeat(100_000)).expect("something is left");
        assert_eq!((text.chars().count(), cut), (QUOTED_CHARACTERS_MAX, true));
    }
}
