//! Mail that did not become a ticket: why, and having it looked at again.

use axum::body::Body;
use axum::extract::Path;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;
use uuid::Uuid;
use watchdesk_core::ids::RawMailId;
use watchdesk_core::rights::Verb;
use watchdesk_store::mail::{self, Fate, FateKind, RawMailMeta};
use watchdesk_templates::pages::{HeldMail, MailPage, Nav};
use watchdesk_templates::text::one_line;

use super::answer::Said;
use super::queue::parsed;
use super::shell::shell;
use super::visit::{Form, Visit};
use crate::problem::Problem;

const ROWS: u64 = 50;
const FATES: [FateKind; 3] = [FateKind::Held, FateKind::Quarantined, FateKind::Ignored];

pub(super) async fn page(visit: Visit) -> Result<Response, Problem> {
    visit.must_see(Verb::HandleMail)?;
    let fate = visit.query.filled("fate").unwrap_or_default();
    let known = |text: &str| FATES.into_iter().find(|kind| kind.as_str() == text);
    let kinds = parsed("fate", fate, known)?.map_or(FATES.to_vec(), |kind| vec![kind]);
    let cursor = parsed("cursor", visit.query.filled("cursor").unwrap_or_default(), |text| text.parse().ok())?;
    let found = mail::list_by_fates(&visit.app.store, &kinds, ROWS, cursor.as_ref()).await?;
    let page = MailPage {
        shell: shell(&visit, Nav::Mail).await?,
        mails: found.items.into_iter().map(row).collect(),
        may_retry: true,
        previous: None,
        next: found.next.map(|cursor| format!("/mail?fate={fate}&cursor={cursor}")),
        fate: fate.to_owned(),
    };
    visit.page(&page)
}

fn row(mail: RawMailMeta) -> HeldMail {
    let fate = mail.fate.kind().as_str().to_owned();
    let reason = match mail.fate {
        Fate::Held { reason } | Fate::Ignored { reason } | Fate::Quarantined { reason } => reason,
        Fate::Pending
        | Fate::Ticket { .. }
        | Fate::Reply { .. }
        | Fate::Operator { .. }
        | Fate::Bounce { .. }
        | Fate::Duplicate { .. } => String::new(),
    };
    HeldMail {
        id: mail.id.to_string(),
        fate,
        reason,
        sender: mail.envelope.from.as_deref().map_or_else(|| "<>".to_owned(), one_line),
        subject: String::new(),
        mailbox: one_line(&mail.envelope.to.join(", ")),
        received_at: mail.received_at,
        size: mail.size,
        attempts: 1,
    }
}

/// The bytes as they came; a browser shows them as nothing but text.
pub(super) async fn raw(visit: Visit, Path(id): Path<Uuid>) -> Result<Response, Problem> {
    visit.must_see(Verb::HandleMail)?;
    let mail = mail::raw(&visit.app.store, RawMailId(id)).await?;
    let mail = mail.filter(|mail| FATES.contains(&mail.fate.kind())).ok_or(Problem::NotFound)?;
    let mut response = Response::new(Body::from(mail.bytes));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    let disposition = format!("attachment; filename=\"{id}.txt\"");
    headers.extend(HeaderValue::try_from(disposition).ok().map(|value| (CONTENT_DISPOSITION, value)));
    Ok(response)
}

pub(super) async fn retry(Path(id): Path<Uuid>, Form { visit, .. }: Form) -> Result<Response, Problem> {
    visit.must_see(Verb::HandleMail)?;
    let store = &visit.app.store;
    let id = RawMailId(id);
    mail::raw(store, id).await?.ok_or(Problem::NotFound)?;
    if !mail::retry(store, id).await? {
        return Ok(visit.done("/mail", Said::MailNotRetried));
    }
    visit.record("mail.retried", id).await?;
    Ok(visit.done("/mail", Said::MailRetried))
}
