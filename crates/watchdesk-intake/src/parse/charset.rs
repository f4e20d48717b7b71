//! Mails that do not say which charset they are in, or say it in a way that cuts characters.
//!
//! Old Chinese mailers write GB2312 bytes straight into headers and unlabelled bodies, and many
//! cut encoded words in the middle of a character. Both are mended before anything is parsed, so
//! that a name or a subject does not turn into replacement characters.

use std::borrow::Cow;

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::parsers::MessageStream;

use super::MAX_HEADERS_BYTES;

/// Skips what is not part of the message: a byte order mark, and the `From ` line that an mbox or
/// an MTA's pipe puts in front.
pub(super) fn without_envelope_line(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let is_envelope = bytes.starts_with(b"From ") || bytes.starts_with(b">From ");
    match bytes.iter().position(|&byte| byte == b'\n') {
        Some(end) if is_envelope => &bytes[end + 1..],
        _ => bytes,
    }
}

/// The message with its own header block in UTF-8, ended by a blank line, and with encoded words
/// joined where they cut a character. Borrowed when there is nothing to mend.
pub(super) fn with_readable_headers(bytes: &[u8]) -> Cow<'_, [u8]> {
    let window = &bytes[..bytes.len().min(MAX_HEADERS_BYTES)];
    let Some(end) = end_of_headers(window) else {
        if window.len() < bytes.len() {
            return Cow::Borrowed(bytes);
        }
        let block = readable_block(bytes).unwrap_or_else(|| bytes.to_vec());
        return Cow::Owned([&block, b"\r\n\r\n".as_slice()].concat());
    };
    match readable_block(&bytes[..end]) {
        Some(block) if block.len() < MAX_HEADERS_BYTES => Cow::Owned([&block, &bytes[end..]].concat()),
        _ => Cow::Borrowed(bytes),
    }
}

/// Where the first blank line starts.
fn end_of_headers(window: &[u8]) -> Option<usize> {
    (0..window.len()).find_map(|index| {
        let after = window[index..].strip_prefix(b"\n")?;
        (after.starts_with(b"\n") || after.starts_with(b"\r\n")).then_some(index + 1)
    })
}

fn readable_block(block: &[u8]) -> Option<Vec<u8>> {
    let utf8 = match std::str::from_utf8(block) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(guess_text(block)),
    };
    let joined = joined_words(&utf8);
    match (utf8, joined) {
        (_, Some(joined)) => Some(joined.into_bytes()),
        (Cow::Owned(utf8), None) => Some(utf8.into_bytes()),
        (Cow::Borrowed(_), None) => None,
    }
}

/// Text whose charset nobody told: UTF-8 when it is; GB18030 when all its high bytes come in
/// pairs, as they do in Chinese and almost never in Western text; Windows-1252 otherwise.
pub(super) fn guess_text(bytes: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let in_pairs = bytes.split(u8::is_ascii).all(|run| run.len().is_multiple_of(2));
    let charset: &[u8] = if in_pairs { b"gb18030" } else { b"windows-1252" };
    match charset_decoder(charset) {
        Some(decode) => decode(bytes),
        None => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// An encoded word of RFC 2047.
struct Word<'a> {
    charset: &'a str,
    bytes: Vec<u8>,
    /// What follows it.
    rest: &'a str,
}

/// Joins adjacent encoded words of one charset, where the first ends within a character.
/// `None` when there is nothing to join.
fn joined_words(block: &str) -> Option<String> {
    let mut joined = String::new();
    let mut rest = block;
    let mut changed = false;
    while let Some(start) = rest.find("=?") {
        joined.push_str(&rest[..start]);
        let Some(mut word) = encoded_word(&rest[start..]) else {
            joined.push_str("=?");
            rest = &rest[start + 2..];
            continue;
        };
        let mut end_changed = false;
        while is_cut(&word)
            && let Some(next) = adjacent_word(&word)
        {
            word.bytes.extend_from_slice(&next.bytes);
            word.rest = next.rest;
            end_changed = true;
        }
        if end_changed {
            write_word(&mut joined, &word);
        } else {
            let end = rest.len() - word.rest.len();
            joined.push_str(&rest[start..end]);
        }
        changed |= end_changed;
        rest = word.rest;
    }
    joined.push_str(rest);
    changed.then_some(joined)
}

fn encoded_word(text: &str) -> Option<Word<'_>> {
    let (charset, after) = text.strip_prefix("=?")?.split_once('?')?;
    let (encoding, after) = after.split_once('?')?;
    let (payload, rest) = after.split_once('?')?;
    let rest = rest.strip_prefix('=')?;
    let one_line = !charset.contains(char::is_whitespace) && !payload.contains(['\n', ' ']);
    if !one_line {
        return None;
    }
    let bytes = match encoding {
        "b" | "B" => base64_decode(payload.as_bytes())?,
        "q" | "Q" => {
            let closed = format!("{payload}?=");
            MessageStream::new(closed.as_bytes()).decode_quoted_printable_word()?
        }
        _ => return None,
    };
    Some(Word { charset, bytes, rest })
}

/// The next word, when only a fold or spaces stand between, and it is in the same charset.
fn adjacent_word<'a>(word: &Word<'a>) -> Option<Word<'a>> {
    let next = word.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    let gap = &word.rest[..word.rest.len() - next.len()];
    let within_field = !gap.is_empty() && gap.ends_with([' ', '\t']);
    encoded_word(next).filter(|next| within_field && next.charset.eq_ignore_ascii_case(word.charset))
}

fn is_cut(word: &Word<'_>) -> bool {
    charset_decoder(word.charset.as_bytes()).is_some_and(|decode| decode(&word.bytes).ends_with('\u{FFFD}'))
        || is_utf8_name(word.charset) && std::str::from_utf8(&word.bytes).is_err()
}

fn is_utf8_name(charset: &str) -> bool {
    charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
}

fn write_word(block: &mut String, word: &Word<'_>) {
    block.push_str("=?");
    block.push_str(word.charset);
    block.push_str("?Q?");
    for byte in &word.bytes {
        block.push('=');
        for digit in [byte >> 4, byte & 15] {
            block.push(char::from_digit(digit.into(), 16).unwrap_or('0').to_ascii_uppercase());
        }
    }
    block.push_str("?=");
}
