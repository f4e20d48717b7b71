//! What came from outside, handed out so that it can do nothing: attachments as downloads, mail HTML in a frame.

use axum::extract::Path;
use axum::http::header::{CONTENT_SECURITY_POLICY, X_FRAME_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use uuid::Uuid;
use watchdesk_core::event::MessageKind;
use watchdesk_core::ids::{AttachmentId, MessageId, TicketId};
use watchdesk_store::{attachments, cases, tickets};
use watchdesk_templates::clean_html;

use super::answer;
use super::visit::Visit;
use crate::api::attachments::file;
use crate::problem::Problem;

/// No script, no form, nothing from elsewhere; our own page may frame it and nobody else.
const FRAME_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
                            sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; frame-ancestors 'self'";
const FRAME_STYLE: &str = "html{color-scheme:light}body{margin:0;font:15px/1.5 system-ui,sans-serif;color:#1c1e21;\
                           background:#fff;overflow-wrap:anywhere}img,table{max-width:100%}";

pub(super) async fn message_html(visit: Visit, Path(id): Path<Uuid>) -> Result<Response, Problem> {
    let message = tickets::message(&visit.app.store, MessageId(id)).await?.ok_or(Problem::NotFound)?;
    let html = message.html.as_deref().ok_or(Problem::NotFound)?;
    must_read(&visit, message.ticket, MessageId(id), message.kind).await?;
    let lang = visit.language().as_str();
    let text = format!(
        "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\"><base target=\"_blank\"><style>{FRAME_STYLE}\
         </style></head><body>{}</body></html>",
        clean_html(html).html
    );
    let mut response = answer::html(StatusCode::OK, text);
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(FRAME_POLICY));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    Ok(response)
}

/// Who sees the ticket; of the operator's words, also who sees another ticket of the same case.
async fn must_read(visit: &Visit, ticket: TicketId, message: MessageId, kind: MessageKind) -> Result<(), Problem> {
    let store = &visit.app.store;
    let record = tickets::by_id(store, ticket).await?.ok_or(Problem::NotFound)?;
    if visit.may_read(&record.ticket, kind) {
        return Ok(());
    }
    let case = tickets::message(store, message).await?.and_then(|message| message.case);
    let Some(case) = case else { return Err(Problem::NotFound) };
    let case = cases::by_id(store, case).await?.ok_or(Problem::NotFound)?;
    let ids: Vec<TicketId> = case.tickets.into_iter().collect();
    let linked = tickets::by_ids(store, &ids).await?;
    let may = linked.iter().any(|record| visit.may_read(&record.ticket, kind));
    if may { Ok(()) } else { Err(Problem::NotFound) }
}

pub(super) async fn attachment(visit: Visit, Path(id): Path<Uuid>) -> Result<Response, Problem> {
    let store = &visit.app.store;
    let meta = attachments::meta(store, AttachmentId(id)).await?.ok_or(Problem::NotFound)?;
    match (meta.ticket, meta.message, meta.kind) {
        (Some(ticket), Some(message), Some(kind)) => must_read(&visit, ticket, message, kind).await?,
        // Not part of a message yet: only who handed it in.
        _ if meta.uploader == visit.rights().reference() => {}
        _ => return Err(Problem::NotFound),
    }
    let (meta, bytes) = attachments::get(store, AttachmentId(id)).await?.ok_or(Problem::NotFound)?;
    Ok(file(&meta.filename, &meta.content_type, bytes))
}

/// For a part of an address: everything but letters, digits and `-._~` as `%xx`.
pub(super) fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}
