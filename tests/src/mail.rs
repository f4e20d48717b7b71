//! Just enough of RFC 5322 to read what the desk sends, written apart from the desk's own code.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A header with its folding undone.
pub fn header(message: &str, name: &str) -> String {
    let head = message.split("\n\n").next().unwrap_or_default();
    let mut found: Option<String> = None;
    for line in head.lines() {
        match (&mut found, line.starts_with([' ', '\t'])) {
            (Some(value), true) => {
                value.push(' ');
                value.push_str(line.trim());
            }
            (Some(_), false) => break,
            (None, _) => {
                let (key, value) = line.split_once(':').unwrap_or((line, ""));
                if key.eq_ignore_ascii_case(name) {
                    found = Some(value.trim().to_owned());
                }
            }
        }
    }
    found.unwrap_or_default()
}

/// Encoded words of RFC 2047 in UTF-8.
pub fn decoded(value: &str) -> String {
    let mut out = Vec::new();
    let mut rest = value;
    while let Some(start) = rest.find("=?") {
        let gap = &rest[..start];
        if !gap.trim().is_empty() || out.is_empty() {
            out.extend_from_slice(gap.as_bytes());
        }
        let word = &rest[start + 2..];
        let mut parts = word.splitn(3, '?');
        let (Some(_), Some(kind), Some(tail)) = (parts.next(), parts.next(), parts.next()) else { break };
        let Some(end) = tail.find("?=") else { break };
        let text = &tail[..end];
        if kind.eq_ignore_ascii_case("b") {
            out.extend(STANDARD.decode(text).unwrap_or_default());
        } else {
            out.extend(quoted_printable(&text.replace('_', " ")));
        }
        rest = &tail[end + 2..];
    }
    out.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&out).into_owned()
}

/// The first text/plain part, decoded.
pub fn text(message: &str) -> String {
    let lower = message.to_ascii_lowercase();
    let start = lower.find("content-type: text/plain").unwrap_or(0);
    let part = &message[start..];
    let (head, body) = part.split_once("\n\n").unwrap_or(("", part));
    // The encoding may stand before or after the type in the head of the part.
    let before = &message[..start];
    let own_head = before.rfind("\n--").or_else(|| before.rfind("\n\n")).map_or(before, |at| &before[at..]);
    let encoding = format!("{own_head}\n{head}").to_ascii_lowercase();
    let end = body.find("\n--").unwrap_or(body.len());
    let body = &body[..end];
    let bytes = if encoding.contains("transfer-encoding: base64") {
        STANDARD.decode(body.split_whitespace().collect::<String>()).unwrap_or_default()
    } else if encoding.contains("transfer-encoding: quoted-printable") {
        quoted_printable(&body.replace("=\n", ""))
    } else {
        body.as_bytes().to_vec()
    };
    String::from_utf8_lossy(&bytes).replace("\r\n", "\n")
}

fn quoted_printable(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], hex) {
            (b'=', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

/// A message as a mail program would write it.
pub fn message(from: &str, to: &str, subject: &str, id: &str, more: &str, body: &str) -> String {
    format!(
        "From: {from}\nTo: {to}\nSubject: {subject}\nMessage-ID: <{id}>\nDate: Mon, 2 Mar 2026 09:00:00 +0800\n{more}MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{body}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_unfolded_and_words_decoded() {
        let message = "Subject: =?utf-8?B?5pS25Yiw?=\n =?utf-8?B?5oKo?=\nTo: a@example.cn\n\nbody";
        assert_eq!(decoded(&header(message, "subject")), "收到您");
        assert_eq!(header(message, "To"), "a@example.cn");
        assert_eq!(header(message, "Cc"), "");
    }
}
