//! The bodies and the attachments of a message.

use std::borrow::Cow;

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{Encoding, Message, MessagePart, MimeHeaders, PartType};

use super::charset::guess_text;
use super::clean::{multi_line, prefix, single_line};
use super::headers::message_id;
use super::html_text::html_to_text;
use super::{InboundAttachment, MAX_FILE_NAME_BYTES, MAX_HTML_BYTES, MAX_TEXT_BYTES};

pub(super) struct Bodies {
    pub text: String,
    pub text_cut: bool,
    pub html: Option<String>,
    pub html_cut: bool,
}

pub(super) fn bodies(message: &Message<'_>) -> Bodies {
    let (html, html_cut) = html(message);
    let (mut text, mut text_cut) = plain_text(message);
    if text.trim().is_empty()
        && let Some(html) = &html
    {
        let reduced = html_to_text(html);
        let (kept, cut) = prefix(&reduced, MAX_TEXT_BYTES);
        text = kept.to_owned();
        text_cut = cut || html_cut;
    }
    Bodies { text, text_cut, html, html_cut }
}

/// The text parts in their order; a part that exists only as HTML is reduced to text.
fn plain_text(message: &Message<'_>) -> (String, bool) {
    let mut text = String::new();
    let mut cut = false;
    for part in parts(message, &message.text_body) {
        let (piece, piece_cut) = match &part.body {
            PartType::Text(decoded) => {
                let decoded = readable(message, part, decoded);
                let (kept, piece_cut) = prefix(&decoded, MAX_TEXT_BYTES);
                (multi_line(kept), piece_cut)
            }
            PartType::Html(decoded) => {
                let decoded = readable(message, part, decoded);
                let (kept, piece_cut) = prefix(&decoded, MAX_HTML_BYTES);
                (html_to_text(kept), piece_cut)
            }
            PartType::Binary(_) | PartType::InlineBinary(_) | PartType::Message(_) | PartType::Multipart(_) => continue,
        };
        cut |= piece_cut;
        append_block(&mut text, &piece);
        if text.len() > MAX_TEXT_BYTES {
            text.truncate(prefix(&text, MAX_TEXT_BYTES).0.len());
            return (text, true);
        }
    }
    (text, cut)
}

fn append_block(text: &mut String, block: &str) {
    if block.trim().is_empty() {
        return;
    }
    if !text.is_empty() {
        while !text.ends_with("\n\n") {
            text.push('\n');
        }
    }
    text.push_str(block);
}

/// The HTML parts in their order; text parts between them (a list's footer) come as `<pre>`.
fn html(message: &Message<'_>) -> (Option<String>, bool) {
    let mut html = String::new();
    let mut has_html = false;
    for part in parts(message, &message.html_body) {
        match &part.body {
            PartType::Html(decoded) => {
                has_html = true;
                html.push_str(&multi_line(&readable(message, part, decoded)));
            }
            PartType::Text(decoded) => {
                let escaped = multi_line(&readable(message, part, decoded)).replace('&', "&amp;").replace('<', "&lt;");
                html.push_str("<pre>");
                html.push_str(&escaped);
                html.push_str("</pre>\n");
            }
            PartType::Binary(_) | PartType::InlineBinary(_) | PartType::Message(_) | PartType::Multipart(_) => {}
        }
    }
    if !has_html {
        return (None, false);
    }
    let (kept, cut) = prefix(&html, MAX_HTML_BYTES);
    (Some(kept.to_owned()), cut)
}

fn parts<'m, 'x>(message: &'m Message<'x>, ids: &'m [u32]) -> impl Iterator<Item = &'m MessagePart<'x>> {
    ids.iter().filter_map(|&id| message.part(id))
}

/// The text of a part, guessed anew from its bytes when the part does not say its charset (or
/// says ASCII and is not).
fn readable<'a>(message: &Message<'_>, part: &MessagePart<'_>, decoded: &'a str) -> Cow<'a, str> {
    let declared = part
        .content_type()
        .and_then(|content_type| content_type.attribute("charset"))
        .is_some_and(|charset| !charset.eq_ignore_ascii_case("us-ascii") && !charset.eq_ignore_ascii_case("ascii"));
    if declared || decoded.is_ascii() {
        return Cow::Borrowed(decoded);
    }
    match decoded_bytes(message, part) {
        Some(bytes) => Cow::Owned(guess_text(&bytes)),
        None => Cow::Borrowed(decoded),
    }
}

/// The bytes of a part without its transfer encoding, in the sender's charset.
fn decoded_bytes<'m>(message: &'m Message<'_>, part: &MessagePart<'_>) -> Option<Cow<'m, [u8]>> {
    let range = part.raw_body_offset() as usize..part.raw_end_offset() as usize;
    let raw = message.raw_message.get(range)?;
    match part.encoding {
        Encoding::None => Some(Cow::Borrowed(raw)),
        Encoding::Base64 => base64_decode(raw).map(Cow::Owned),
        Encoding::QuotedPrintable => quoted_printable_decode(raw).map(Cow::Owned),
    }
}

pub(super) fn attachments(message: &Message<'_>) -> Vec<InboundAttachment> {
    parts(message, &message.attachments)
        .enumerate()
        .filter_map(|(index, part)| attachment(message, part, index + 1))
        .collect()
}

fn attachment(message: &Message<'_>, part: &MessagePart<'_>, number: usize) -> Option<InboundAttachment> {
    let bytes = match &part.body {
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => bytes.to_vec(),
        PartType::Text(text) | PartType::Html(text) => {
            decoded_bytes(message, part).map_or_else(|| text.as_bytes().to_vec(), Cow::into_owned)
        }
        PartType::Message(enclosed) => match part.encoding {
            Encoding::None => decoded_bytes(message, part)?.into_owned(),
            Encoding::Base64 | Encoding::QuotedPrintable => enclosed.raw_message.to_vec(),
        },
        PartType::Multipart(_) => return None,
    };
    let content_type = content_type(part);
    let disposition = part.content_disposition();
    let content_id = part.content_id().and_then(message_id);
    let inline = match disposition {
        Some(disposition) => disposition.is_inline(),
        None => content_id.is_some(),
    };
    Some(InboundAttachment {
        filename: file_name(part, &content_type, number),
        content_type,
        bytes,
        content_id,
        inline,
    })
}

fn content_type(part: &MessagePart<'_>) -> String {
    let declared = part.content_type().and_then(|content_type| {
        let subtype = content_type.subtype()?;
        Some(format!("{}/{subtype}", content_type.ctype()).to_ascii_lowercase())
    });
    let is_token = |text: &str| {
        text.len() <= 127 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/.+-_".contains(&byte))
    };
    match declared {
        Some(declared) if is_token(&declared) => declared,
        _ if part.is_message() => "message/rfc822".to_owned(),
        _ if part.is_text_html() => "text/html".to_owned(),
        _ if part.is_text() => "text/plain".to_owned(),
        _ => "application/octet-stream".to_owned(),
    }
}

/// The sender's name for the file as a bare name; a made-up one when there is none.
fn file_name(part: &MessagePart<'_>, content_type: &str, number: usize) -> String {
    let enclosed_subject = part.message().and_then(Message::subject).map(|subject| format!("{subject}.eml"));
    part.attachment_name()
        .map(str::to_owned)
        .or(enclosed_subject)
        .and_then(|name| bare_file_name(&name))
        .unwrap_or_else(|| format!("attachment-{number}.{}", extension(content_type)))
}

/// Paths, reserved characters and leading dots go; a long name keeps its extension.
fn bare_file_name(name: &str) -> Option<String> {
    let line = single_line(name, MAX_FILE_NAME_BYTES * 4);
    let safe: String = line
        .chars()
        .map(|c| if matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|') { '_' } else { c })
        .collect();
    let bare = safe.trim_matches(['.', ' ', '_']);
    if bare.is_empty() {
        return None;
    }
    if bare.len() <= MAX_FILE_NAME_BYTES {
        return Some(bare.to_owned());
    }
    let (stem, extension) = match bare.rsplit_once('.') {
        Some((stem, extension)) if extension.len() <= 16 => (stem, format!(".{extension}")),
        _ => (bare, String::new()),
    };
    let kept = prefix(stem, MAX_FILE_NAME_BYTES - extension.len()).0;
    Some(format!("{kept}{extension}"))
}

fn extension(content_type: &str) -> &'static str {
    match content_type {
        "message/rfc822" | "message/global" => "eml",
        "text/html" => "html",
        "text/calendar" => "ics",
        "text/csv" => "csv",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/gif" => "gif",
        "application/pdf" => "pdf",
        "application/zip" => "zip",
        _ if content_type.starts_with("text/") || content_type.starts_with("message/") => "txt",
        _ => "bin",
    }
}
