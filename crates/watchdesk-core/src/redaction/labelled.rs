//! Secrets that somebody named: `password: x`, `密码：x`, `AccountKey=x`.

use std::ops::Range;

use super::{Finding, Kind};

struct Label {
    /// In lower case.
    word: &'static str,
    kind: Kind,
    /// Nothing but a mark or a space may stand before it.
    whole: bool,
    takes: Takes,
}

#[derive(Clone, Copy, PartialEq)]
enum Takes {
    Word,
    /// Everything up to the end of the line: phrases have spaces in them, and headers several parts.
    Line,
    /// Only right after `=`: the word alone is too common.
    Parameter,
}

const fn label(word: &'static str, kind: Kind) -> Label {
    Label { word, kind, whole: false, takes: Takes::Word }
}

/// Of two that begin alike the longer one stands first.
const LABELS: [Label; 31] = [
    label("password", Kind::Password),
    label("passwd", Kind::Password),
    label("passcode", Kind::Password),
    Label { word: "passphrase", kind: Kind::Password, whole: false, takes: Takes::Line },
    Label { word: "pass", kind: Kind::Password, whole: true, takes: Takes::Word },
    label("pwd", Kind::Password),
    label("verification code", Kind::Password),
    Label { word: "otp", kind: Kind::Password, whole: true, takes: Takes::Word },
    label("密码", Kind::Password),
    label("密碼", Kind::Password),
    label("口令", Kind::Password),
    label("验证码", Kind::Password),
    label("动态码", Kind::Password),
    label("token", Kind::Token),
    label("令牌", Kind::Token),
    Label { word: "authorization", kind: Kind::Token, whole: true, takes: Takes::Line },
    Label { word: "set-cookie", kind: Kind::Token, whole: true, takes: Takes::Line },
    Label { word: "cookie", kind: Kind::Token, whole: true, takes: Takes::Line },
    label("secret value", Kind::Key),
    label("secret", Kind::Key),
    label("密钥", Kind::Key),
    label("秘钥", Kind::Key),
    label("accesskey", Kind::Key),
    label("access key", Kind::Key),
    label("access_key", Kind::Key),
    label("accountkey", Kind::Key),
    label("account key", Kind::Key),
    label("api key", Kind::Key),
    label("api-key", Kind::Key),
    label("apikey", Kind::Key),
    Label { word: "sig", kind: Kind::Key, whole: true, takes: Takes::Parameter },
];

/// Rarer spellings of the above.
const MORE_LABELS: [Label; 6] = [
    label("api_key", Kind::Key),
    label("subscription-key", Kind::Key),
    label("subscription key", Kind::Key),
    label("product key", Kind::Key),
    label("private key", Kind::Key),
    label("sharedkey", Kind::Key),
];

pub(super) fn find(text: &str) -> Vec<Finding> {
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let next = labelled(text, &lower, at);
        at = match next {
            Some((_, Some(finding))) => {
                let end = finding.at.end;
                found.push(finding);
                end
            }
            Some((after_label, None)) => after_label,
            None => at + text[at..].chars().next().map_or(1, char::len_utf8),
        };
    }
    found
}

/// The end of the label that stands here, and what it names.
fn labelled(text: &str, lower: &str, at: usize) -> Option<(usize, Option<Finding>)> {
    let here = &lower[at..];
    let starts = |label: &&Label| {
        here.starts_with(label.word)
            && (!label.whole || lower[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric()))
    };
    let label = LABELS.iter().chain(&MORE_LABELS).find(starts)?;
    let after = at + label.word.len();
    let value = separated(text, after).and_then(|link| value(text, label, link));
    Some((after, value.map(|at| Finding { at, kind: label.kind })))
}

/// What leads from a label to its value.
#[derive(Clone, Copy)]
struct Link {
    value_at: usize,
    how: How,
}

#[derive(Clone, Copy, PartialEq)]
enum How {
    Colon,
    Equals,
    /// `is`, `是`: what follows must look like a secret.
    Verb,
    /// Nothing but a space.
    Bare,
}

/// Characters that may stand between a label and its mark.
const GAP_MAX: usize = 6;

fn separated(text: &str, after: usize) -> Option<Link> {
    let closes =
        |c: &char| matches!(c, ' ' | '\t' | '"' | '\'' | '”' | '’' | '`' | '*' | ')' | '）' | ']' | '】' | '」');
    let gap: usize = text[after..].chars().take_while(closes).take(GAP_MAX).map(char::len_utf8).sum();
    let at = after + gap;
    let rest = &text[at..];
    let marks = [
        (":=", How::Colon),
        ("->", How::Colon),
        ("=>", How::Colon),
        ("==", How::Equals),
        (":", How::Colon),
        ("：", How::Colon),
        ("→", How::Colon),
        ("=", How::Equals),
        ("＝", How::Equals),
        ("is ", How::Verb),
        ("was ", How::Verb),
        ("改为", How::Verb),
        ("为", How::Verb),
        ("是", How::Verb),
    ];
    let mark = marks.iter().find(|(mark, _)| rest.starts_with(mark));
    match mark {
        Some((mark, how)) => Some(Link { value_at: at + mark.len(), how: *how }),
        None => (gap > 0).then_some(Link { value_at: at, how: How::Bare }),
    }
}

fn value(text: &str, label: &Label, link: Link) -> Option<Range<usize>> {
    if label.takes == Takes::Parameter && link.how != How::Equals {
        return None;
    }
    let start = link.value_at + spaces(&text[link.value_at..]);
    let start = if text[start..].starts_with('\n') { next_line(text, start, link.how)? } else { start };
    let line_end = text[start..].find('\n').map_or(text.len(), |length| start + length);
    let strong = matches!(link.how, How::Colon | How::Equals);
    if label.takes == Takes::Line && strong {
        let at = start..start + text[start..line_end].trim_end().len();
        return (!at.is_empty()).then_some(at);
    }
    let at = quoted(text, start..line_end).unwrap_or_else(|| word(text, start..line_end, link.how));
    let found = &text[at.clone()];
    let is_one = match link.how {
        How::Colon | How::Equals => found.bytes().any(|byte| byte.is_ascii_alphanumeric()) && !is_error_code(found),
        How::Verb => looks_secret(found),
        How::Bare => looks_secret(found) && found.chars().any(is_odd),
    };
    is_one.then_some(at)
}

fn spaces(text: &str) -> usize {
    text.chars().take_while(|c| matches!(c, ' ' | '\t' | '*' | '\u{a0}' | '\u{3000}')).map(char::len_utf8).sum()
}

/// A value that stands alone on the line below its label.
fn next_line(text: &str, end_of_line: usize, how: How) -> Option<usize> {
    if !matches!(how, How::Colon | How::Equals) {
        return None;
    }
    let start = end_of_line + 1;
    let start = start + spaces(&text[start..]);
    let line = text[start..].split('\n').next().unwrap_or_default().trim_end();
    (!line.is_empty() && line.chars().all(|c| !c.is_whitespace()) && line.is_ascii()).then_some(start)
}

fn quoted(text: &str, line: Range<usize>) -> Option<Range<usize>> {
    let first = text[line.clone()].chars().next()?;
    let close = match first {
        '"' => '"',
        '\'' => '\'',
        '`' => '`',
        '“' => '”',
        '‘' => '’',
        '「' => '」',
        '【' => '】',
        '<' => '>',
        _ => return None,
    };
    let start = line.start + first.len_utf8();
    let length = text[start..line.end].find(close)?;
    (length > 0).then_some(start..start + length)
}

/// Up to a space or a Chinese mark; in a list of `name=value` up to the next name.
fn word(text: &str, line: Range<usize>, how: How) -> Range<usize> {
    let rest = &text[line.clone()];
    let ends = |(at, c): &(usize, char)| {
        c.is_whitespace()
            || matches!(c, '，' | '。' | '；' | '、' | '！' | '？' | '）' | '】' | '」' | '”')
            || (how == How::Equals && matches!(c, ';' | '&') && is_followed_by_name(&rest[at + 1..]))
    };
    let end = rest.char_indices().find(ends).map_or(rest.len(), |(at, _)| at);
    let found = rest[..end].trim_end_matches(['.', ',', ';']);
    line.start..line.start + found.len()
}

const NAME_MAX: usize = 40;

fn is_followed_by_name(rest: &str) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b" _-.".contains(byte);
    let name = rest.bytes().take(NAME_MAX).take_while(is_name).count();
    rest.len() == name || rest[name..].starts_with('=')
}

/// Without a mark before it a word is a secret only if no sentence has such a word.
fn looks_secret(found: &str) -> bool {
    let letters = found.chars().any(|c| c.is_ascii_alphabetic());
    let digits = found.chars().any(|c| c.is_ascii_digit());
    found.len() >= 6 && letters && (digits || found.chars().any(is_odd)) && !is_error_code(found)
}

fn is_odd(c: char) -> bool {
    matches!(c, '@' | '#' | '$' | '%' | '^' | '&' | '*' | '!' | '~')
}

/// `AADSTS50126`, `0x8004010F`: what the operator wants to see.
fn is_error_code(found: &str) -> bool {
    let bare = found.trim_end_matches([':', ')', ']', '"', '\'']);
    let is_hex = |digits: &str| (4..=8).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_number = |digits: &str| digits.len() >= 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    bare.strip_prefix("0x").is_some_and(is_hex) || bare.strip_prefix("AADSTS").is_some_and(is_number)
}
