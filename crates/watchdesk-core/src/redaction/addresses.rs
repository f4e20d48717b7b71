//! Mail addresses. A Message-ID looks like one and is the number that a mail is traced by, so it stays.

use super::{Finding, Kind};

const LOCAL_MAX: usize = 64;
const DOMAIN_MAX: usize = 253;
/// So far before an address its label may begin.
const LABEL_BYTES_MAX: usize = 24;

pub(super) fn find(text: &str) -> Vec<Finding> {
    let bytes = text.as_bytes();
    let mut found: Vec<Finding> = Vec::new();
    for (at, _) in text.match_indices('@') {
        let before = bytes[..at].iter().rev().take(LOCAL_MAX).take_while(|byte| is_local(**byte)).count();
        let after = bytes[at + 1..].iter().take(DOMAIN_MAX).take_while(|byte| is_domain(**byte)).count();
        let start = at - before;
        let domain = text[at + 1..at + 1 + after].trim_end_matches(['.', '-']);
        let local = text[start..at].trim_start_matches(['.', '-', '+', '_', '%', '=', '\'']);
        if local.is_empty() || !is_name(domain) || is_message_id(bytes, at - local.len()) {
            continue;
        }
        found.push(Finding { at: at - local.len()..at + 1 + domain.len(), kind: Kind::Address });
    }
    found
}

fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._%+-='".contains(&byte)
}

fn is_domain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".-".contains(&byte)
}

fn is_name(domain: &str) -> bool {
    let last = domain.rsplit('.').next().unwrap_or_default();
    domain.contains('.') && last.len() >= 2 && last.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// `Message-ID: <...>`, also as one word.
fn is_message_id(bytes: &[u8], start: usize) -> bool {
    let before = bytes[start.saturating_sub(LABEL_BYTES_MAX)..start].to_ascii_lowercase();
    let line = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let labels: [&[u8]; 3] = [b"message-id", b"messageid", b"message id"];
    labels.iter().any(|label| line.windows(label.len()).any(|window| window == *label))
}
