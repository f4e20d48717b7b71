//! Who wrote this mail: a person, a machine, a list, or a mail server about one of ours.
//!
//! Sources: RFC 3834 (automatic responses), RFC 3464 (delivery reports), RFC 8098 (receipts), and
//! the fields that mail systems in use set instead.

use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};

use super::clean::{multi_line, prefix, single_line};
use super::headers::{email, has_field, message_id, raw_fields};
use super::{
    Address, AutoClass, Bounce, DeliveryAction, FailedRecipient, MAX_DIAGNOSTIC_CHARS, MAX_REPORT_BYTES,
    MAX_REPORTED_RECIPIENTS, Receipt,
};

/// Fields that only automatic answers carry.
const AUTOMATIC_FIELDS: [&str; 6] =
    ["X-Autoreply", "X-Autorespond", "X-AutoReply-From", "X-Auto-Reply", "X-Mail-Autoreply", "Autosubmitted"];
/// Fields that only lists and mass mailings carry (RFC 2369, RFC 2919).
const LIST_FIELDS: [&str; 5] = ["List-Id", "List-Unsubscribe", "List-Post", "List-Help", "List-Subscribe"];
/// How automatic answers begin their subject where no header tells (webmail of QQ and NetEase,
/// Outlook).
const AUTOMATIC_SUBJECTS: [&str; 8] = [
    "自动回复:",
    "自动回复：",
    "自動回覆:",
    "自動回覆：",
    "automatic reply:",
    "auto reply:",
    "auto-reply:",
    "out of office:",
];

pub(super) fn classify(message: &Message<'_>, from: Option<&Address>, text: &str, in_reply_to: &[String]) -> AutoClass {
    if let Some(report) = report_part(message, &["disposition-notification"]) {
        return AutoClass::Receipt(receipt(report));
    }
    let delivery_reports = ["delivery-status", "global-delivery-status"];
    if let Some(report) = report_part(message, &delivery_reports) {
        let recipients = reported_recipients(&report_text(report));
        let original_message_id = returned_message_id(message, text);
        return AutoClass::Bounce(Bounce { recipients, original_message_id });
    }
    if is_from_mail_server(message, from) {
        let original_message_id = returned_message_id(message, text).or_else(|| in_reply_to.first().cloned());
        let recipients = failed_recipients_field(message);
        return AutoClass::Bounce(Bounce { recipients, original_message_id });
    }
    if is_automatic(message) {
        AutoClass::AutoReply
    } else if wants_no_answer(message, from) {
        AutoClass::Quiet
    } else {
        AutoClass::Human
    }
}

/// The part `message/<subtype>` of a `multipart/report`.
fn report_part<'m, 'x>(message: &'m Message<'x>, subtypes: &[&str]) -> Option<&'m MessagePart<'x>> {
    let is_report = message.is_content_type("multipart", "report");
    message
        .parts
        .iter()
        .find(|part| is_report && subtypes.iter().any(|subtype| part.is_content_type("message", subtype)))
}

fn report_text(part: &MessagePart<'_>) -> String {
    let text = match &part.body {
        PartType::Text(text) | PartType::Html(text) => text.to_string(),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
            let kept = &bytes[..bytes.len().min(MAX_REPORT_BYTES)];
            String::from_utf8_lossy(kept).into_owned()
        }
        PartType::Message(_) | PartType::Multipart(_) => String::new(),
    };
    multi_line(prefix(&text, MAX_REPORT_BYTES).0)
}

fn receipt(part: &MessagePart<'_>) -> Receipt {
    let text = report_text(part);
    let original_message_id =
        field_blocks(&text).iter().find_map(|block| value(block, "Original-Message-ID")).and_then(message_id);
    Receipt { original_message_id }
}

/// The fields of a report, block by block; folded lines are joined.
fn field_blocks(text: &str) -> Vec<Vec<(String, String)>> {
    let mut blocks = vec![Vec::new()];
    for line in text.lines().map(str::trim_end) {
        let Some(block) = blocks.last_mut() else {
            break;
        };
        if line.is_empty() {
            if !block.is_empty() {
                blocks.push(Vec::new());
            }
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = block.last_mut() {
                let value: &mut String = value;
                value.push(' ');
                value.push_str(line.trim_start());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            block.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    blocks
}

fn value<'a>(block: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let (_, value) = block.iter().find(|(found, _)| found.eq_ignore_ascii_case(name))?;
    Some(value)
}

fn reported_recipients(text: &str) -> Vec<FailedRecipient> {
    field_blocks(text).iter().filter_map(|block| reported_recipient(block)).take(MAX_REPORTED_RECIPIENTS).collect()
}

fn reported_recipient(block: &[(String, String)]) -> Option<FailedRecipient> {
    let email = ["Final-Recipient", "Original-Recipient"]
        .iter()
        .filter_map(|name| value(block, name))
        .find_map(|recipient| email(after_type(recipient)))?;
    let action = match value(block, "Action").map(str::to_ascii_lowercase).as_deref() {
        Some("delayed") => DeliveryAction::Delayed,
        Some("delivered") => DeliveryAction::Delivered,
        Some("relayed") => DeliveryAction::Relayed,
        Some("expanded") => DeliveryAction::Expanded,
        Some(_) | None => DeliveryAction::Failed,
    };
    let status = value(block, "Status")
        .and_then(|status| status.split([' ', '(']).next())
        .map(|status| single_line(status, MAX_DIAGNOSTIC_CHARS))
        .filter(|status| !status.is_empty());
    let diagnostic = value(block, "Diagnostic-Code")
        .map(|diagnostic| single_line(after_type(diagnostic), MAX_DIAGNOSTIC_CHARS))
        .filter(|diagnostic| !diagnostic.is_empty());
    Some(FailedRecipient { email, action, status, diagnostic })
}

/// `rfc822; kim@example.com` is a type and a value.
fn after_type(value: &str) -> &str {
    value.split_once(';').map_or(value, |(_, value)| value).trim()
}

/// What Exim writes, and others after it.
fn failed_recipients_field(message: &Message<'_>) -> Vec<FailedRecipient> {
    raw_fields(message, "X-Failed-Recipients")
        .iter()
        .flat_map(|field| field.split(','))
        .filter_map(email)
        .take(MAX_REPORTED_RECIPIENTS)
        .map(|email| FailedRecipient { email, action: DeliveryAction::Failed, status: None, diagnostic: None })
        .collect()
}

/// The id of the mail that came back: from the returned message, from its returned headers, or
/// from headers quoted in prose.
fn returned_message_id(message: &Message<'_>, text: &str) -> Option<String> {
    let from_part = message.parts.iter().find_map(|part| match &part.body {
        PartType::Message(returned) => returned.message_id().and_then(message_id),
        PartType::Text(headers)
            if part.is_content_type("text", "rfc822-headers") || part.is_content_type("message", "global-headers") =>
        {
            message_id_of(headers.as_bytes())
        }
        PartType::Binary(headers) if part.is_content_type("message", "global-headers") => message_id_of(headers),
        PartType::Text(_)
        | PartType::Html(_)
        | PartType::Binary(_)
        | PartType::InlineBinary(_)
        | PartType::Multipart(_) => None,
    });
    from_part.or_else(|| message_id_in_prose(text))
}

fn message_id_of(headers: &[u8]) -> Option<String> {
    let headers = &headers[..headers.len().min(MAX_REPORT_BYTES)];
    let closed = [headers, b"\r\n\r\n"].concat();
    let message = MessageParser::new().parse_headers(&closed)?;
    message_ids_first(&message)
}

fn message_ids_first(message: &Message<'_>) -> Option<String> {
    raw_fields(message, "Message-ID").iter().find_map(|field| message_id(field))
}

fn message_id_in_prose(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let line = line.trim_start_matches(['>', ' ', '\t']);
        let (name, value) = line.split_once(':')?;
        if !name.eq_ignore_ascii_case("message-id") {
            return None;
        }
        message_id(value)
    })
}

/// A mail server speaks for itself: always as MAILER-DAEMON or with Exim's field, and as
/// postmaster or Exchange when the return path is empty.
fn is_from_mail_server(message: &Message<'_>, from: Option<&Address>) -> bool {
    let local = from.and_then(|from| from.email.rsplit_once('@')).map(|(local, _)| local);
    let local = local.unwrap_or_default().to_ascii_lowercase();
    let server_name = local == "postmaster" || local.starts_with("microsoftexchange");
    local == "mailer-daemon"
        || has_field(message, "X-Failed-Recipients")
        || server_name && has_null_return_path(message)
}

fn has_null_return_path(message: &Message<'_>) -> bool {
    raw_fields(message, "Return-Path").first().is_some_and(|path| path.replace(' ', "") == "<>")
}

fn is_automatic(message: &Message<'_>) -> bool {
    let submitted = raw_fields(message, "Auto-Submitted").iter().any(|value| first_word(value) != "no");
    let precedence = raw_fields(message, "Precedence")
        .iter()
        .any(|value| matches!(first_word(value).as_str(), "junk" | "auto_reply"));
    submitted
        || precedence
        || has_null_return_path(message)
        || AUTOMATIC_FIELDS.iter().any(|name| says_yes(message, name))
        || has_automatic_subject(message)
}

/// RFC 3834 forbids an automatic answer to these, and no more: ticket systems and newsletters set such fields, but
/// people's requests carry them too. A postmaster who sends no report is a person.
fn wants_no_answer(message: &Message<'_>, from: Option<&Address>) -> bool {
    let from_postmaster = from.is_some_and(|from| from.email.to_ascii_lowercase().starts_with("postmaster@"));
    from_postmaster || asks_for_silence(message) || is_list(message)
}

/// Exchange's field: other values only suppress reports.
fn asks_for_silence(message: &Message<'_>) -> bool {
    raw_fields(message, "X-Auto-Response-Suppress")
        .iter()
        .flat_map(|value| value.split([',', ' ']))
        .any(|word| matches!(word.trim().to_ascii_lowercase().as_str(), "all" | "oof" | "autoreply"))
}

fn says_yes(message: &Message<'_>, name: &str) -> bool {
    raw_fields(message, name).iter().any(|value| !matches!(first_word(value).as_str(), "no" | "false" | "0"))
}

fn has_automatic_subject(message: &Message<'_>) -> bool {
    let subject = super::headers::subject(message).to_lowercase();
    AUTOMATIC_SUBJECTS.iter().any(|prefix| subject.starts_with(prefix))
}

fn is_list(message: &Message<'_>) -> bool {
    let precedence =
        raw_fields(message, "Precedence").iter().any(|value| matches!(first_word(value).as_str(), "list" | "bulk"));
    precedence || LIST_FIELDS.iter().any(|name| has_field(message, name))
}

/// The value without parameters and comments, in lower case.
fn first_word(value: &str) -> String {
    value.split([';', ' ', '(']).next().unwrap_or_default().to_ascii_lowercase()
}
