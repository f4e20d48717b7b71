//! Secrets that are known by how they look, whatever stands beside them.

use super::{Finding, Kind};

/// A key without its end goes with everything that follows it.
pub(super) fn find(text: &str) -> Vec<Finding> {
    let mut found = private_keys(text);
    found.extend(web_tokens(text));
    found.extend(bearers(text));
    found.extend(app_secrets(text));
    found.extend(storage_keys(text));
    found.extend(passwords_in_addresses(text));
    found
}

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";
/// Bytes of what stands between the dashes.
const ARMOUR_LABEL_MAX: usize = 64;

fn private_keys(text: &str) -> Vec<Finding> {
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some(start) = text[from..].find(BEGIN).map(|at| from + at) {
        let label = start + BEGIN.len();
        from = label;
        let Some(length) = text[label..].find(DASHES).filter(|length| *length <= ARMOUR_LABEL_MAX) else { continue };
        if !text[label..label + length].contains("PRIVATE KEY") {
            continue;
        }
        let body = label + length + DASHES.len();
        let end = text[body..].find("-----END").map(|at| body + at + "-----END".len());
        let end = end.and_then(|at| text[at..].find(DASHES).map(|more| at + more + DASHES.len()));
        from = end.unwrap_or(text.len());
        found.push(Finding { at: start..from, kind: Kind::PrivateKey });
    }
    found
}

fn run(bytes: &[u8], from: usize, belongs: impl Fn(u8) -> bool) -> usize {
    from + bytes[from..].iter().take_while(|byte| belongs(**byte)).count()
}

fn starts_word(bytes: &[u8], at: usize) -> bool {
    at == 0 || !bytes[at - 1].is_ascii_alphanumeric()
}

const WEB_TOKEN_MIN: usize = 20;

/// JSON web tokens: their first part is base64 of `{"`.
fn web_tokens(text: &str) -> Vec<Finding> {
    let bytes = text.as_bytes();
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some(start) = text[from..].find("eyJ").map(|at| from + at) {
        let end = run(bytes, start, |byte| byte.is_ascii_alphanumeric() || b"-_.=".contains(&byte));
        if starts_word(bytes, start) && end - start >= WEB_TOKEN_MIN && text[start..end].contains('.') {
            found.push(Finding { at: start..end, kind: Kind::Token });
        }
        from = end;
    }
    found
}

const BEARER_MIN: usize = 12;

fn bearers(text: &str) -> Vec<Finding> {
    let lower = text.to_ascii_lowercase();
    let bytes = lower.as_bytes();
    let word = |at: &usize| starts_word(bytes, *at);
    let token = |at: usize| {
        let start = run(bytes, at + "bearer ".len(), |byte| byte == b' ');
        let end = run(bytes, start, |byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte));
        (end - start >= BEARER_MIN).then_some(Finding { at: start..end, kind: Kind::Token })
    };
    lower.match_indices("bearer ").map(|(at, _)| at).filter(word).filter_map(token).collect()
}

/// The secrets that the sign-in service makes for apps: three characters, a digit, `Q~`, and 31 to 34 more.
fn app_secrets(text: &str) -> Vec<Finding> {
    let bytes = text.as_bytes();
    let belongs = |byte: u8| byte.is_ascii_alphanumeric() || b"_~.-".contains(&byte);
    let secret = |at: usize| {
        let start = at.checked_sub(4)?;
        let end = at + 2 + bytes[at + 2..].iter().take(35).take_while(|byte| belongs(**byte)).count();
        let is_one = bytes[start..at].iter().all(|byte| belongs(*byte))
            && bytes[at - 1].is_ascii_digit()
            && (31..=34).contains(&(end - at - 2));
        is_one.then_some(Finding { at: start..end, kind: Kind::Key })
    };
    text.match_indices("Q~").filter_map(|(at, _)| secret(at)).collect()
}

/// 64 bytes in base64, as storage accounts have them.
const STORAGE_KEY_LENGTH: usize = 86;

fn storage_keys(text: &str) -> Vec<Finding> {
    let bytes = text.as_bytes();
    let (mut found, mut from) = (Vec::new(), 0);
    while from < bytes.len() {
        let end = run(bytes, from, |byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte));
        if end - from == STORAGE_KEY_LENGTH && bytes[end..].starts_with(b"==") {
            found.push(Finding { at: from..end + 2, kind: Kind::Key });
        }
        from = end + 1;
    }
    found
}

const AUTHORITY_MAX: usize = 512;

/// `postgres://user:password@host`.
fn passwords_in_addresses(text: &str) -> Vec<Finding> {
    let bytes = text.as_bytes();
    let password = |at: usize| {
        let start = at + "://".len();
        let ends = |byte: u8| byte.is_ascii_whitespace() || b"/?#\"'<>".contains(&byte);
        let length = bytes[start..].iter().take(AUTHORITY_MAX).take_while(|byte| !ends(**byte)).count();
        let authority = &bytes[start..start + length];
        let user_ends = authority.iter().rposition(|byte| *byte == b'@')?;
        let colon = authority[..user_ends].iter().position(|byte| *byte == b':')?;
        (colon + 1 < user_ends).then_some(Finding { at: start + colon + 1..start + user_ends, kind: Kind::Password })
    };
    text.match_indices("://").filter_map(|(at, _)| password(at)).collect()
}
