//! What a mail is to the rest of the program: owned, bounded, clean.

use mail_parser::{HeaderName, Message};

use super::quotes::visible_text;
use super::{automatic, body, headers};

/// A mail from outside. Everything in it is the sender's claim and the sender's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundMail {
    /// Without the angle brackets.
    pub message_id: Option<String>,
    pub in_reply_to: Vec<String>,
    /// Oldest first.
    pub references: Vec<String>,
    /// The first author. `None` when the mail names no usable address.
    pub from: Option<Address>,
    pub reply_to: Vec<Address>,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    /// One line; empty when there is none.
    pub subject: String,
    /// The text part; without one, the HTML reduced to text. Lines end in `\n`.
    pub text: String,
    /// There was more text than is kept.
    pub text_cut: bool,
    /// As it came: **not** cleaned, never to be shown before it is.
    pub html: Option<String>,
    /// There was more HTML than is kept.
    pub html_cut: bool,
    pub attachments: Vec<InboundAttachment>,
    /// Whether a person wrote this.
    pub auto: AutoClass,
    /// The addresses of `Delivered-To`, newest first.
    pub delivered_to: Vec<String>,
    /// The addresses of `X-Original-To` (and `X-Forwarded-To`), newest first.
    pub x_original_to: Vec<String>,
}

impl InboundMail {
    /// The newest part of the text, without the quoted history. A forwarded mail keeps all: there
    /// the history is the message.
    #[must_use]
    pub fn visible_text(&self) -> &str {
        if headers::is_forward_subject(&self.subject) { self.text.trim_end() } else { visible_text(&self.text) }
    }

    /// Takes the envelope's sender into account: a null sender (`<>`) is never a person, even
    /// when no header says so (RFC 3834 §2).
    pub fn note_envelope_sender(&mut self, mail_from: &str) {
        if mail_from.is_empty() && matches!(self.auto, AutoClass::Human | AutoClass::Quiet) {
            self.auto = AutoClass::AutoReply;
        }
    }
}

/// A mailbox of a header field.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    /// The display name, stripped of control, invisible and direction-changing characters.
    pub name: Option<String>,
    /// With its domain in lower case; always with exactly one usable `@`.
    pub email: String,
}

/// A file that came with a mail, or an enclosed mail as `message/rfc822`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundAttachment {
    /// A bare name: no path, no control characters, never empty. The extension is the sender's.
    pub filename: String,
    /// What the sender says it is, `type/subtype` in lower case.
    pub content_type: String,
    pub bytes: Vec<u8>,
    /// Without the angle brackets; what `cid:` in the HTML refers to.
    pub content_id: Option<String>,
    /// Meant to be shown within the message.
    pub inline: bool,
}

/// Who wrote a mail, by its headers (RFC 3834, RFC 3464, RFC 8098).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AutoClass {
    /// Nothing says that a machine wrote it.
    Human,
    /// A vacation note, a notification, an acknowledgement of another desk.
    AutoReply,
    /// It went through a list or to many, or asks that nobody answers automatically. A person's request can look like
    /// this: it is taken like any other, only without an automatic answer.
    Quiet,
    /// A report on the delivery of one of our mails.
    Bounce(Bounce),
    /// A read receipt.
    Receipt(Receipt),
}

impl AutoClass {
    /// Whether an automatic answer to this mail is allowed at all.
    #[must_use]
    pub fn may_be_answered_automatically(&self) -> bool {
        match self {
            AutoClass::Human => true,
            AutoClass::AutoReply | AutoClass::Quiet | AutoClass::Bounce(_) | AutoClass::Receipt(_) => false,
        }
    }
}

/// A delivery report (RFC 3464), or what looks like one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bounce {
    /// Empty when the report is in prose only.
    pub recipients: Vec<FailedRecipient>,
    /// The id of the mail that could not be delivered.
    pub original_message_id: Option<String>,
}

impl Bounce {
    /// Whether the report says, for at least one recipient, that trying again is useless.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        self.recipients.iter().any(FailedRecipient::is_permanent)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedRecipient {
    pub email: String,
    pub action: DeliveryAction,
    /// Such as `5.1.1`.
    pub status: Option<String>,
    /// The other server's words.
    pub diagnostic: Option<String>,
}

impl FailedRecipient {
    /// Whether trying again is useless.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        let permanent_status = self.status.as_deref().is_none_or(|status| status.starts_with('5'));
        self.action == DeliveryAction::Failed && permanent_status
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryAction {
    Failed,
    Delayed,
    Delivered,
    Relayed,
    Expanded,
}

/// A message disposition notification (RFC 8098).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Receipt {
    pub original_message_id: Option<String>,
}

/// Collects the values from a parsed message.
pub(super) fn inbound_mail(message: &Message<'_>) -> InboundMail {
    let from = headers::addresses(message, &HeaderName::From).into_iter().next();
    let bodies = body::bodies(message);
    let in_reply_to = headers::message_ids(message, &HeaderName::InReplyTo);
    let auto = automatic::classify(message, from.as_ref(), &bodies.text, &in_reply_to);
    InboundMail {
        message_id: headers::message_ids(message, &HeaderName::MessageId).pop(),
        in_reply_to,
        references: headers::message_ids(message, &HeaderName::References),
        from,
        reply_to: headers::addresses(message, &HeaderName::ReplyTo),
        to: headers::addresses(message, &HeaderName::To),
        cc: headers::addresses(message, &HeaderName::Cc),
        subject: headers::subject(message),
        text: bodies.text,
        text_cut: bodies.text_cut,
        html: bodies.html,
        html_cut: bodies.html_cut,
        attachments: body::attachments(message),
        auto,
        delivered_to: headers::bare_addresses(message, &["Delivered-To"]),
        x_original_to: headers::bare_addresses(message, &["X-Original-To", "X-Forwarded-To"]),
    }
}
