//! Subjects of answers: the customer's, cleaned, with our number behind it.

use crate::text::{one_line, one_line_within};

/// A subject longer than this is cut; some mail programs show no more than a third of it.
const SUBJECT_CHARACTERS_MAX: usize = 150;

/// What mail programs put before a subject, in the languages our customers write; compared without case.
const PREFIXES: [&str; 20] = [
    "re",
    "aw",
    "sv",
    "vs",
    "antw",
    "fw",
    "fwd",
    "wg",
    "tr",
    "rv",
    "回复",
    "答复",
    "回覆",
    "答覆",
    "转发",
    "轉寄",
    "轉發",
    "返信",
    "転送",
    "自动回复",
];

/// `Re: Outlook asks for a password [#1042]`, with prefixes and tags of earlier rounds taken away. None where nothing
/// is left of the subject.
pub fn reply_subject(subject: &str, number: i64) -> Option<String> {
    let bare = without_prefixes(subject);
    (!bare.is_empty()).then(|| format!("Re: {} [#{number}]", one_line_within(&bare, SUBJECT_CHARACTERS_MAX)))
}

/// The subject alone: one line, no `Re:` or `回复：` however often repeated, no `[#1042]`.
pub fn without_prefixes(subject: &str) -> String {
    let line = one_line(&without_tags(&one_line(subject)));
    let mut bare = line.as_str();
    while let Some(rest) = without_prefix(bare) {
        bare = rest;
    }
    bare.to_owned()
}

fn without_prefix(subject: &str) -> Option<&str> {
    let (head, rest) = subject.split_once([':', '：'])?;
    // "Re[2]:" and "回复(3)：" count their rounds.
    let word = head.trim().trim_end_matches(|c: char| c.is_ascii_digit() || "[]()".contains(c)).to_lowercase();
    PREFIXES.contains(&word.as_str()).then(|| rest.trim_start())
}

/// Ticket numbers in square brackets, ours or another desk's.
fn without_tags(subject: &str) -> String {
    let mut kept = String::with_capacity(subject.len());
    let mut rest = subject;
    while let Some((before, after)) = rest.split_once("[#") {
        kept.push_str(before);
        match after.split_once(']') {
            Some((digits, tail)) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => rest = tail,
            _ => {
                kept.push_str("[#");
                rest = after;
            }
        }
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_keeps_the_subject_and_sheds_earlier_rounds() {
        let cases = [
            ("Outlook asks for a password", "Re: Outlook asks for a password [#1042]"),
            ("Re: RE: re : Outlook", "Re: Outlook [#1042]"),
            ("回复：答复: 无法登录", "Re: 无法登录 [#1042]"),
            ("Re: Outlook [#1042]", "Re: Outlook [#1042]"),
            ("[#7] Re: [#1042] AW: Outlook", "Re: Outlook [#1042]"),
            ("Re[2]: Fwd: Outlook", "Re: Outlook [#1042]"),
            ("Regarding: the invoice", "Re: Regarding: the invoice [#1042]"),
            ("Error [#x] and [#", "Re: Error [#x] and [# [#1042]"),
            ("a\r\nBcc: victim@example.cn", "Re: a Bcc: victim@example.cn [#1042]"),
            ("{{7*7}} {% raw %}", "Re: {{7*7}} {% raw %} [#1042]"),
        ];
        for (subject, expected) in cases {
            assert_eq!(reply_subject(subject, 1042).as_deref(), Some(expected), "{subject}");
        }
        assert_eq!(reply_subject(" Re: [#9] ", 1042), None);
        assert!(reply_subject(&"很长".repeat(500), 1042).is_some_and(|subject| subject.chars().count() < 170));
    }
}
