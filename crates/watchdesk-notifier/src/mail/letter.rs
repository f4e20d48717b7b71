//! A mail before it is bytes, and how it becomes bytes.
//!
//! All text is brought to CRLF and encoded, so no bare CR or LF and no dot at the start of a line ever reaches the wire
//! as such; header values are cleaned to one line before the mail library folds and encodes them.

use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::{
    ContentTransferEncoding, ContentType, Date, HeaderName, HeaderValue, InReplyTo, MessageId, References,
};
use lettre::message::{Attachment as LettreAttachment, Body, Mailbox, Message, MultiPart, SinglePart};
use watchdesk_core::Instant;
use watchdesk_templates::text::{one_line_within, plain};

use super::thread::Thread;

const SUBJECT_CHARACTERS_MAX: usize = 250;
const FILE_NAME_CHARACTERS_MAX: usize = 120;

/// Everything a mail says about itself.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub from: Mailbox,
    /// Where answers go; to the sender if there is none.
    pub reply_to: Option<Address>,
    pub to: Mailbox,
    pub cc: Vec<Mailbox>,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// Without angle brackets; the same at every attempt.
    pub mail_id: String,
    pub written_at: Instant,
    pub thread: Thread,
    pub automatic: Option<Automatic>,
    pub attachments: Vec<Attachment>,
    /// For the record: what was left out, and why.
    pub remark: Option<String>,
}

/// RFC 3834, 5: how a mail came about that nobody wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Automatic {
    /// An answer to one certain mail.
    Replied,
    Generated,
}

#[derive(Debug, Clone)]
pub(crate) struct Attachment {
    pub filename: String,
    pub content_type: String,
    pub bytes: Vec<u8>,
}

/// Bytes and the addresses they go to.
#[derive(Debug, Clone)]
pub(crate) struct Sendable {
    pub envelope: Envelope,
    pub bytes: Vec<u8>,
}

impl Letter {
    pub fn into_sendable(self) -> Result<Sendable, lettre::error::Error> {
        let recipients = std::iter::once(&self.to).chain(&self.cc).map(|mailbox| mailbox.email.clone()).collect();
        let envelope = Envelope::new(Some(self.from.email.clone()), recipients)?;
        let message = self.into_message(envelope.clone())?;
        Ok(Sendable { envelope, bytes: message.formatted() })
    }

    fn into_message(self, envelope: Envelope) -> Result<Message, lettre::error::Error> {
        let mut builder = Message::builder()
            .header(Date::new(self.written_at.into()))
            .from(self.from)
            .to(self.to)
            .subject(one_line_within(&self.subject, SUBJECT_CHARACTERS_MAX))
            .header(MessageId::from(bracketed(&self.mail_id)))
            .header(InReplyTo::from(bracketed(&self.thread.in_reply_to)))
            .header(References::from(references(&self.thread)))
            .envelope(envelope);
        for mailbox in self.cc {
            builder = builder.cc(mailbox);
        }
        if let Some(address) = self.reply_to {
            builder = builder.reply_to(Mailbox::new(None, address));
        }
        if let Some(automatic) = self.automatic {
            builder = builder
                .raw_header(header("Auto-Submitted", automatic.as_str()))
                .raw_header(header("X-Auto-Response-Suppress", "All"));
        }
        // Boundaries are made from the mail's own id, so that every attempt sends the same bytes.
        let words = alternative(&self.text, &self.html, &self.mail_id);
        if self.attachments.is_empty() {
            return builder.multipart(words);
        }
        let mixed = MultiPart::mixed().boundary(boundary(&self.mail_id, "m")).multipart(words);
        builder.multipart(self.attachments.into_iter().map(attachment).fold(mixed, MultiPart::singlepart))
    }
}

impl Automatic {
    fn as_str(self) -> &'static str {
        match self {
            Self::Replied => "auto-replied",
            Self::Generated => "auto-generated",
        }
    }
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

fn bracketed(id: &str) -> String {
    format!("<{id}>")
}

fn references(thread: &Thread) -> String {
    thread.references.iter().map(|id| bracketed(id)).collect::<Vec<_>>().join(" ")
}

/// `=_` stands in no quoted-printable and no base64 text.
fn boundary(mail_id: &str, part: &str) -> String {
    let kept: String = mail_id.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    format!("=_{part}_{kept}")
}

fn alternative(text: &str, html: &str, mail_id: &str) -> MultiPart {
    MultiPart::alternative()
        .boundary(boundary(mail_id, "a"))
        .singlepart(text_part(ContentType::TEXT_PLAIN, text))
        .singlepart(text_part(ContentType::TEXT_HTML, html))
}

fn text_part(content_type: ContentType, text: &str) -> SinglePart {
    let text = plain(text).replace('\n', "\r\n");
    let not_ascii = text.bytes().filter(|b| !b.is_ascii()).count();
    // Three bytes for one: beyond a sixth of the text base64 is shorter.
    let encoding = if not_ascii * 6 > text.len() {
        ContentTransferEncoding::Base64
    } else {
        ContentTransferEncoding::QuotedPrintable
    };
    SinglePart::builder().header(content_type).body(encoded(text.into_bytes(), encoding))
}

/// Every content can be written in base64 and in quoted-printable.
fn encoded(bytes: Vec<u8>, encoding: ContentTransferEncoding) -> Body {
    Body::new_with_encoding(bytes, encoding).unwrap_or_else(Body::new)
}

fn attachment(attachment: Attachment) -> SinglePart {
    let body = encoded(attachment.bytes, ContentTransferEncoding::Base64);
    LettreAttachment::new(file_name(&attachment.filename)).body(body, content_type(&attachment.content_type))
}

/// A name without folders; a nameless file still gets one.
fn file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = one_line_within(&last.replace('"', "'"), FILE_NAME_CHARACTERS_MAX);
    if name.is_empty() { "attachment".to_owned() } else { name }
}

/// Type and subtype alone. What would change how the rest is read is sent as bytes.
fn content_type(text: &str) -> ContentType {
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let composite = essence.starts_with("multipart/") || essence.starts_with("message/");
    let known = ContentType::parse(&essence).ok().filter(|_| !composite);
    known.or_else(|| ContentType::parse("application/octet-stream").ok()).unwrap_or(ContentType::TEXT_PLAIN)
}
