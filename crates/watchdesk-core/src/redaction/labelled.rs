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
    /// What follows after a space is one, as on a command line.
    Argument,
}

const fn label(word: &'static str, kind: Kind) -> Label {
    Label { word, kind, whole: false, takes: Takes::Word }
}

/// Of two that begin alike the longer one stands first.
const LABELS: [Label; 35] = [
    label("password", Kind::Password),
    label("passwd", Kind::Password),
    label("passcode", Kind::Password),
    Label { word: "passphrase", kind: Kind::Password, whole: false, takes: Takes::Line },
    Label { word: "pass", kind: Kind::Password, whole: true, takes: Takes::Word },
    label("pwd", Kind::Password),
    label("psw", Kind::Password),
    Label { word: "pw", kind: Kind::Password, whole: true, takes: Takes::Word },
    Label { word: "pin", kind: Kind::Password, whole: true, takes: Takes::Word },
    Label { word: "securestring", kind: Kind::Password, whole: false, takes: Takes::Argument },
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
    let mut line_end = end_of_line(text, 0);
    while at < text.len() {
        if at > line_end {
            line_end = end_of_line(text, at);
        }
        let next = labelled(text, &lower, at, line_end);
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

fn end_of_line(text: &str, from: usize) -> usize {
    text[from..].find('\n').map_or(text.len(), |length| from + length)
}

/// The end of the label that stands here, and what it names.
fn labelled(text: &str, lower: &str, at: usize, line_end: usize) -> Option<(usize, Option<Finding>)> {
    let here = &lower[at..];
    let starts = |label: &&Label| {
        here.starts_with(label.word)
            && (!label.whole || lower[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric()))
    };
    let label = LABELS.iter().chain(&MORE_LABELS).find(starts)?;
    let after = at + label.word.len();
    let link = separated(text, after).map(|link| match link.how {
        // `--password x`
        How::Bare if label.takes == Takes::Argument || text[..at].ends_with('-') => Link { how: How::Colon, ..link },
        How::Colon | How::Equals | How::Verb | How::Bare => link,
    });
    let value = link.and_then(|link| value(text, label, link, line_end));
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
        |c: &char| matches!(c, ' ' | '\t' | '\\' | '"' | '\'' | '”' | '’' | '`' | '*' | ')' | '）' | ']' | '】' | '」');
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
        ("是：", How::Colon),
        ("是:", How::Colon),
        ("为：", How::Colon),
        ("为:", How::Colon),
        ("is:", How::Colon),
        ("is ", How::Verb),
        ("was ", How::Verb),
        ("改为", How::Verb),
        ("为", How::Verb),
        ("是", How::Verb),
    ];
    let mark = marks.iter().find(|(mark, _)| rest.starts_with(mark));
    match mark {
        Some((mark, how)) => Some(Link { value_at: at + mark.len(), how: *how }),
        // `<password>x</password>`
        None if gap == 0 && rest.starts_with('>') => Some(Link { value_at: at + 1, how: How::Colon }),
        None if gap > 0 => Some(Link { value_at: at, how: How::Bare }),
        // Chinese writes `密码Abc123` in one.
        None => {
            let joins = !text[..after].ends_with(|c: char| c.is_ascii());
            (joins && rest.starts_with(|c: char| c.is_ascii_graphic())).then_some(Link { value_at: at, how: How::Verb })
        }
    }
}

/// Bytes that are looked at before it is known that they are a secret; a known one may be longer.
const LOOK_MAX: usize = 512;
/// Marks at the end of a sentence that do not belong to it, at the most.
const TRIMMED_MAX: usize = 8;

fn look_end(text: &str, from: usize, line_end: usize) -> usize {
    let wanted = from.saturating_add(LOOK_MAX).min(line_end);
    (wanted..line_end).find(|at| text.is_char_boundary(*at)).unwrap_or(line_end)
}

fn value(text: &str, label: &Label, link: Link, line_end: usize) -> Option<Range<usize>> {
    if label.takes == Takes::Parameter && link.how != How::Equals {
        return None;
    }
    let start = link.value_at + spaces(&text[link.value_at..]);
    let (start, line_end) = match text[start..].starts_with('\n') {
        true => next_line(text, start, link.how)?,
        false => (start, line_end.max(start)),
    };
    let strong = matches!(link.how, How::Colon | How::Equals);
    if label.takes == Takes::Line && strong {
        let at = start..start + text[start..line_end].trim_end().len();
        return (!at.is_empty()).then_some(at);
    }
    let look_end = look_end(text, start, line_end);
    let mut at = quoted(text, start..look_end).unwrap_or_else(|| word(text, start..look_end, link.how));
    if at.end + TRIMMED_MAX >= look_end && strong && text[at.clone()].bytes().any(|byte| byte.is_ascii_alphanumeric()) {
        at = word(text, start..line_end, link.how);
    }
    let found = &text[at.clone()];
    let is_one = match link.how {
        How::Colon | How::Equals => found.bytes().any(|byte| byte.is_ascii_alphanumeric()) && !is_error_code(found),
        How::Verb => looks_secret(found) || is_code(found),
        How::Bare => looks_secret(found) && found.chars().any(is_odd),
    };
    is_one.then(|| at.start..with_second(text, at.end, line_end))
}

/// `user / password`: what stands beside the value belongs to it.
fn with_second(text: &str, end: usize, line_end: usize) -> usize {
    let rest = &text[end..look_end(text, end, line_end)];
    let gap = rest.len() - rest.trim_start_matches([' ', '\t', '"', '\'']).len();
    let (mark, always) = match rest[gap..].chars().next() {
        Some('/' | '|') => (1, true),
        Some(c @ (',' | '，' | '、' | ';' | '；')) => (c.len_utf8(), false),
        _ => (0, false),
    };
    let start = end + gap + mark;
    let start = start + spaces(&text[start..line_end]);
    let second = word(text, start..look_end(text, start, line_end), How::Colon);
    let found = &text[second.clone()];
    let is_one = match (mark, always) {
        (0, _) => gap > 0 && looks_secret(found) && found.chars().any(is_odd) && !found.contains(['=', '@']),
        (_, true) => found.bytes().any(|byte| byte.is_ascii_alphanumeric()) && !is_error_code(found),
        (_, false) => looks_secret(found) && !found.contains(['=', ':', '-', '.', '@']),
    };
    if is_one { second.end } else { end }
}

fn spaces(text: &str) -> usize {
    text.chars().take_while(|c| matches!(c, ' ' | '\t' | '*' | '\u{a0}' | '\u{3000}')).map(char::len_utf8).sum()
}

/// A value that stands alone on the line below its label.
fn next_line(text: &str, before: usize, how: How) -> Option<(usize, usize)> {
    if !matches!(how, How::Colon | How::Equals) {
        return None;
    }
    let start = before + 1;
    let start = start + spaces(&text[start..]);
    let end = end_of_line(text, start);
    let line = text[start..end].trim_end();
    (!line.is_empty() && line.chars().all(|c| !c.is_whitespace()) && line.is_ascii()).then_some((start, end))
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

/// Digits alone, as machines send them.
fn is_code(found: &str) -> bool {
    (4..=12).contains(&found.len()) && found.bytes().all(|byte| byte.is_ascii_digit())
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
