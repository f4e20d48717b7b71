//! Bytes from outside become an [`InboundMail`], or a [`ParseRefusal`] in words.
//!
//! The MIME work is `mail-parser`'s. This module puts bounds before it (size, headers, parts,
//! nesting), and turns what it finds into owned, clean values: no NUL, no control characters,
//! no invisible or direction-changing characters in names, no invalid UTF-8 anywhere.
//! Nothing here decides what a mail means for the desk, with one exception that belongs to the
//! headers alone: whether a person wrote it ([`AutoClass`]).

mod automatic;
mod body;
mod charset;
mod clean;
mod headers;
mod html_text;
mod mail;
mod quotes;
mod shape;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};

use mail_parser::MessageParser;

pub use html_text::html_to_text;
pub use mail::{Address, AutoClass, Bounce, DeliveryAction, FailedRecipient, InboundAttachment, InboundMail, Receipt};
pub use quotes::visible_text;

/// The largest mail that is read at all.
pub const MAX_MAIL_BYTES: usize = 25 * 1024 * 1024;
/// The largest block of header fields, of the mail itself or of one part.
pub const MAX_HEADERS_BYTES: usize = 100 * 1024;
/// All header fields of all parts together.
pub const MAX_ALL_HEADERS_BYTES: usize = 2 * 1024 * 1024;
/// The number of header fields of all parts together.
pub const MAX_HEADER_FIELDS: usize = 20_000;
/// The number of MIME parts, those of enclosed mails included.
pub const MAX_PARTS: usize = 1_000;
/// How deep multiparts and enclosed mails may be nested.
pub const MAX_NESTING: usize = 100;
/// The number of attachments.
pub const MAX_ATTACHMENTS: usize = 200;
/// HTML beyond this is cut, and [`InboundMail::html_cut`] says so.
pub const MAX_HTML_BYTES: usize = 256 * 1024;
/// Text beyond this is cut, and [`InboundMail::text_cut`] says so.
pub const MAX_TEXT_BYTES: usize = 512 * 1024;
/// Characters of a subject that are kept.
pub const MAX_SUBJECT_CHARS: usize = 500;
/// Characters of a display name that are kept.
pub const MAX_NAME_CHARS: usize = 200;
/// The longest address that counts as one (RFC 3696, errata).
pub const MAX_ADDRESS_BYTES: usize = 254;
/// Addresses read from one header field.
pub const MAX_ADDRESSES: usize = 500;
/// The longest message id that counts as one (a line of RFC 5322).
pub const MAX_MESSAGE_ID_BYTES: usize = 998;
/// Message ids read from `In-Reply-To` or `References`; the newest are kept.
pub const MAX_REFERENCES: usize = 100;
/// Bytes of a file name that are kept.
pub const MAX_FILE_NAME_BYTES: usize = 200;
/// Recipients read from one delivery report.
pub const MAX_REPORTED_RECIPIENTS: usize = 100;
/// Bytes of a delivery report that are read.
pub const MAX_REPORT_BYTES: usize = 64 * 1024;
/// Characters of a diagnostic in a delivery report that are kept.
pub const MAX_DIAGNOSTIC_CHARS: usize = 1_000;
/// Multiparts whose boundary never comes. Each costs a search to the end of the mail.
const MAX_LOST_BOUNDARIES: usize = 10;
/// How deep mails may be enclosed in encoded form (the parser's own limit).
const MAX_ENCODED_NESTING: usize = 3;

/// Why bytes cannot be read as a mail. The bytes are kept; a person decides.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseRefusal {
    #[error("The message is empty.")]
    Empty,
    #[error("The message has {bytes} bytes; at most {MAX_MAIL_BYTES} are read.")]
    TooLarge { bytes: usize },
    #[error("A block of header fields is longer than {MAX_HEADERS_BYTES} bytes.")]
    HeadersTooLarge,
    #[error(
        "The header fields of all parts together are more than {MAX_ALL_HEADERS_BYTES} bytes or \
         {MAX_HEADER_FIELDS} fields."
    )]
    TooManyHeaders,
    #[error("The message has more than {MAX_PARTS} parts.")]
    TooManyParts,
    #[error("The message is nested more than {MAX_NESTING} levels deep.")]
    TooDeep,
    #[error("The message has more than {MAX_LOST_BOUNDARIES} multiparts without their boundary.")]
    BoundariesMissing,
    #[error("The message has {count} attachments; at most {MAX_ATTACHMENTS} are read.")]
    TooManyAttachments { count: usize },
    #[error("The message has no header field, so it is not an e-mail.")]
    NoHeaders,
    #[error("The message could not be read as an e-mail: the parser gave up on it.")]
    Unreadable,
}

/// Reads one message as it came from outside.
///
/// # Errors
/// A bound is exceeded, or there is nothing in the bytes that looks like a mail.
pub fn parse(bytes: &[u8]) -> Result<InboundMail, ParseRefusal> {
    if bytes.len() > MAX_MAIL_BYTES {
        return Err(ParseRefusal::TooLarge { bytes: bytes.len() });
    }
    let bytes = charset::without_envelope_line(bytes);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ParseRefusal::Empty);
    }
    // One poisoned mail must not take the next one with it: a panic in the parser is a refusal.
    catch_unwind(AssertUnwindSafe(|| parse_bounded(bytes))).unwrap_or(Err(ParseRefusal::Unreadable))
}

fn parse_bounded(bytes: &[u8]) -> Result<InboundMail, ParseRefusal> {
    let readable = charset::with_readable_headers(bytes);
    shape::measure(&readable)?;
    let message = MessageParser::new()
        .parse(readable.as_ref())
        .filter(|message| !message.headers().is_empty())
        .ok_or(ParseRefusal::NoHeaders)?;
    if message.attachments.len() > MAX_ATTACHMENTS {
        let count = message.attachments.len();
        return Err(ParseRefusal::TooManyAttachments { count });
    }
    Ok(mail::inbound_mail(&message))
}
