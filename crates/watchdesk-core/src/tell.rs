//! What the operator said, on its way into a draft for the customer: a person reads and rewrites it first.

/// Opens what a person has to replace before he sends it; nothing that holds it leaves the desk.
pub const GAP: char = '⟦';
/// Characters of the operator's words that a draft offers.
const QUOTED_CHARS_MAX: usize = 4_000;
/// So many digits are a telephone number, a case or an account.
const DIGITS_MAX: usize = 6;
const HIDDEN: &str = "[…]";

/// Whether somebody forgot to replace something.
pub fn is_unfinished(text: &str) -> bool {
    text.contains(GAP)
}

/// The operator's words as a quotation, without addresses, links and long numbers: names of colleagues and numbers of
/// cases are nobody's business outside.
pub fn quoted(words: &str) -> String {
    let cut: String = words.trim().chars().take(QUOTED_CHARS_MAX).collect();
    cut.lines().map(|line| format!("> {}", redacted(line)).trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

fn redacted(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let is_part = |c: char| c.is_ascii_graphic();
        let end = rest.find(|c| is_part(c) != is_part(first)).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        text.push_str(if is_part(first) && is_private(piece) { HIDDEN } else { piece });
        rest = after;
    }
    text
}

fn is_private(piece: &str) -> bool {
    piece.contains('@') || piece.contains("://") || piece.chars().filter(char::is_ascii_digit).count() > DIGITS_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_private_is_not_offered() {
        let table = [
            ("Restarted at 08:40.", "> Restarted at 08:40."),
            ("Case 21V-2603020417 is done", "> Case […] is done"),
            ("请联系liu@21vianet.example或13812345678", "> 请联系[…]或[…]"),
            ("See https://intern.example/x\n\nLiu", "> See […]\n>\n> Liu"),
            ("", ""),
        ];
        for (words, expected) in table {
            assert_eq!(quoted(words), expected, "{words}");
        }
        assert!(quoted(&"x".repeat(100_000)).chars().count() < 5_000);
        assert!(is_unfinished("Dear ⟦name⟧") && !is_unfinished("Dear Li"));
    }
}
