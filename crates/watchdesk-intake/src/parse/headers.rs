//! Header fields as values: ids, addresses, the subject.

use mail_parser::{Addr, Header, HeaderName, HeaderValue, Message};

use super::clean::single_line;
use super::{
    Address, MAX_ADDRESS_BYTES, MAX_ADDRESSES, MAX_MESSAGE_ID_BYTES, MAX_NAME_CHARS, MAX_REFERENCES, MAX_SUBJECT_CHARS,
};

/// Subjects of forwarded mails begin so (without regard to case).
const FORWARD_PREFIXES: [&str; 10] =
    ["fw:", "fwd:", "fw：", "fwd：", "转发:", "转发：", "轉寄:", "轉寄：", "wg:", "tr:"];

/// The unfolded text of every field of this name, top first. Comments and encoding stay.
pub(super) fn raw_fields(message: &Message<'_>, name: &str) -> Vec<String> {
    message
        .headers()
        .iter()
        .filter(|header| header.name().eq_ignore_ascii_case(name))
        .map(|header| raw_field(message, header))
        .collect()
}

fn raw_field(message: &Message<'_>, header: &Header<'_>) -> String {
    let range = header.offset_start() as usize..header.offset_end() as usize;
    let bytes = message.raw_message.get(range).unwrap_or_default();
    single_line(&String::from_utf8_lossy(bytes), MAX_MESSAGE_ID_BYTES)
}

pub(super) fn has_field(message: &Message<'_>, name: &str) -> bool {
    message.headers().iter().any(|header| header.name().eq_ignore_ascii_case(name))
}

/// All ids of all fields of this name, without angle brackets, without repetitions; the newest
/// (last) are kept when there are too many.
pub(super) fn message_ids(message: &Message<'_>, name: &HeaderName<'_>) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    let values = message
        .headers()
        .iter()
        .filter(|header| header.name == *name)
        .flat_map(|header| header.value().as_text_list().unwrap_or_default());
    for value in values {
        let one_word = !value.contains(char::is_whitespace);
        let words = value
            .split_whitespace()
            // Prose such as "your message of Monday" is no id.
            .filter(|word| one_word || word.contains('@'));
        for id in words.filter_map(message_id) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        if ids.len() > MAX_REFERENCES {
            ids.drain(..ids.len() - MAX_REFERENCES);
        }
    }
    ids
}

/// A bare message id: printable, without spaces and angle brackets, of bounded length.
pub(super) fn message_id(text: &str) -> Option<String> {
    let id = single_line(text.trim_matches(['<', '>', ' ', '"', ',', ';']), MAX_MESSAGE_ID_BYTES);
    let usable = !id.is_empty()
        && id.len() <= MAX_MESSAGE_ID_BYTES
        && !id.contains(|c: char| c.is_whitespace() || matches!(c, '<' | '>'));
    usable.then_some(id)
}

/// The usable addresses of all fields of this name, groups dissolved.
pub(super) fn addresses(message: &Message<'_>, name: &HeaderName<'_>) -> Vec<Address> {
    message
        .headers()
        .iter()
        .filter(|header| header.name == *name)
        .filter_map(|header| header.value().as_address())
        .flat_map(|list| list.iter())
        .filter_map(address)
        .take(MAX_ADDRESSES)
        .collect()
}

fn address(addr: &Addr<'_>) -> Option<Address> {
    // Some senders put the address where the name belongs and leave the brackets empty.
    let email = [addr.address(), addr.name()].into_iter().flatten().find_map(email)?;
    let name = addr
        .name()
        .map(|name| single_line(name, MAX_NAME_CHARS))
        .map(|name| name.trim_matches(['"', '\'', ' ']).to_owned())
        .filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case(&email));
    Some(Address { name, email })
}

/// An address in its normal form: trimmed, the domain in lower case and without a final dot.
/// `None` for what can never be an address.
pub(super) fn email(text: &str) -> Option<String> {
    let text = single_line(text, MAX_ADDRESS_BYTES);
    let text = text.trim_matches(['<', '>', ' ', '\'']);
    let (local, domain) = text.rsplit_once('@')?;
    let domain = domain.trim_end_matches('.').to_lowercase();
    let forbidden = |c: char| c.is_whitespace() || c.is_control() || "\"(),:;<>[]\\@".contains(c);
    let domain_of_address_literal = domain.starts_with('[') && domain.ends_with(']');
    let usable = !local.is_empty()
        && !domain.is_empty()
        && !local.contains(forbidden)
        && (!domain.contains(forbidden) || domain_of_address_literal)
        && local.len() + 1 + domain.len() <= MAX_ADDRESS_BYTES;
    usable.then(|| format!("{local}@{domain}"))
}

/// The addresses of trace fields such as `Delivered-To`, which hold nothing else.
pub(super) fn bare_addresses(message: &Message<'_>, names: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for field in names.iter().flat_map(|name| raw_fields(message, name)) {
        for address in field.split([',', ' ']).filter_map(email) {
            if found.len() < MAX_ADDRESSES && !found.contains(&address) {
                found.push(address);
            }
        }
    }
    found
}

pub(super) fn subject(message: &Message<'_>) -> String {
    let text = message.headers().iter().filter(|header| header.name == HeaderName::Subject).find_map(|header| {
        match header.value() {
            HeaderValue::Text(text) => Some(text),
            _ => None,
        }
    });
    text.map(|text| single_line(text, MAX_SUBJECT_CHARS)).unwrap_or_default()
}

pub(super) fn is_forward_subject(subject: &str) -> bool {
    let subject = subject.to_lowercase();
    FORWARD_PREFIXES.iter().any(|prefix| subject.starts_with(prefix))
}
