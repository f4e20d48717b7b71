//! Mail as it came in, and what became of it: nothing that arrives is lost without a word.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use watchdesk_core::ids::{RawMailId, TicketId};
use watchdesk_core::rights::Verb;
use watchdesk_store::Cursor;
use watchdesk_store::mail::{self, Fate, FateKind, RawMail, RawMailMeta};
use watchdesk_store::tickets;

use super::answer::{Answer, Answered, Listed, listed};
use super::attachments::file;
use super::cases;
use super::customers::record;
use super::request::{Call, Id, Nothing, Query};
use crate::app::App;
use crate::input::{Limit, choices, request};
use crate::middleware::authenticate::Caller;
use crate::problem::Problem;

choices! {
    FateKind {
        "pending" => FateKind::Pending, "ticket" => FateKind::Ticket, "reply" => FateKind::Reply,
        "operator" => FateKind::Operator, "bounce" => FateKind::Bounce, "duplicate" => FateKind::Duplicate,
        "held" => FateKind::Held, "ignored" => FateKind::Ignored, "quarantined" => FateKind::Quarantined,
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Mail)]
pub(crate) struct MailView {
    id: Uuid,
    received_at: DateTime<Utc>,
    /// `smtp`, `lmtp`, `pipe`, `import`.
    source: &'static str,
    /// The envelope's sender; none where it was the null sender.
    from: Option<String>,
    /// The envelope's recipients.
    to: Vec<String>,
    size: i64,
    /// `pending`, `ticket`, `reply`, `operator`, `bounce`, `duplicate`, `held`, `ignored`, `quarantined`.
    fate: &'static str,
    /// Why, where it was not taken.
    reason: Option<String>,
    fate_at: DateTime<Utc>,
}

impl From<RawMailMeta> for MailView {
    fn from(mail: RawMailMeta) -> Self {
        let fate = mail.fate.kind().as_str();
        let reason = match mail.fate {
            Fate::Held { reason } | Fate::Ignored { reason } | Fate::Quarantined { reason } => Some(reason),
            Fate::Pending
            | Fate::Ticket { .. }
            | Fate::Reply { .. }
            | Fate::Operator { .. }
            | Fate::Bounce { .. }
            | Fate::Duplicate { .. } => None,
        };
        Self {
            id: mail.id.0,
            received_at: mail.received_at,
            source: mail.source.as_str(),
            from: mail.envelope.from,
            to: mail.envelope.to,
            size: mail.size,
            fate,
            reason,
            fate_at: mail.fate_at,
        }
    }
}

request! {
    pub(crate) struct MailQuery {
        /// `held` where nothing is said.
        fate: Option<FateKind>,
        limit: Limit,
        cursor: Option<Cursor>,
    }
}

/// A page may have fewer items than asked for: mail of tickets that the caller may not see is left out.
pub(crate) async fn list(State(app): State<App>, caller: Caller, Query(query): Query<MailQuery>) -> Listed<MailView> {
    caller.must_see(Verb::HandleMail)?;
    let kind = query.fate.unwrap_or(FateKind::Held);
    let page = mail::list_by_fate(&app.store, kind, query.limit.0, query.cursor.as_ref()).await?;
    let ids: Vec<TicketId> = page.items.iter().filter_map(|mail| ticket_of(&mail.fate)).collect();
    let reach = caller.visibility();
    let records = tickets::by_ids(&app.store, &ids).await?;
    let visible: BTreeSet<TicketId> =
        records.into_iter().filter(|record| reach.admits(&record.ticket)).map(|record| record.ticket.id).collect();
    let mut shown = Vec::new();
    for mail in page.items {
        let seen = match &mail.fate {
            Fate::Operator { case, .. } => cases::readable(&app, &caller, *case).await?.is_some(),
            fate => ticket_of(fate).is_none_or(|ticket| visible.contains(&ticket)),
        };
        if seen {
            shown.push(MailView::from(mail));
        }
    }
    Ok(listed(shown, page.next.as_ref()))
}

fn ticket_of(fate: &Fate) -> Option<TicketId> {
    match fate {
        Fate::Ticket { ticket, .. } | Fate::Reply { ticket, .. } => Some(*ticket),
        Fate::Pending
        | Fate::Operator { .. }
        | Fate::Bounce { .. }
        | Fate::Duplicate { .. }
        | Fate::Held { .. }
        | Fate::Ignored { .. }
        | Fate::Quarantined { .. } => None,
    }
}

/// The mail, if the caller handles mail and may see what became of it.
async fn readable(app: &App, caller: &Caller, id: RawMailId) -> Result<RawMail, Problem> {
    caller.must_see(Verb::HandleMail)?;
    let mail = mail::raw(&app.store, id).await?.ok_or(Problem::NotFound)?;
    let seen = match (&mail.fate, ticket_of(&mail.fate)) {
        (Fate::Operator { case, .. }, _) => cases::readable(app, caller, *case).await?.is_some(),
        (_, Some(ticket)) => {
            let record = tickets::by_id(&app.store, ticket).await?;
            record.is_some_and(|record| caller.may_with(Verb::ReadTicket, &record.ticket))
        }
        (_, None) => true,
    };
    if seen { Ok(mail) } else { Err(Problem::NotFound) }
}

fn view(mail: RawMail) -> MailView {
    MailView::from(RawMailMeta {
        id: mail.id,
        received_at: mail.received_at,
        source: mail.source,
        envelope: mail.envelope,
        sha256: mail.sha256,
        size: mail.size,
        fate: mail.fate,
        fate_at: mail.fate_at,
    })
}

pub(crate) async fn read(State(app): State<App>, caller: Caller, Id(id): Id<RawMailId>) -> Answered<MailView> {
    Ok(Answer::ok(view(readable(&app, &caller, id).await?)))
}

/// The bytes as they arrived.
pub(crate) async fn raw(State(app): State<App>, caller: Caller, Id(id): Id<RawMailId>) -> Result<Response, Problem> {
    let mail = readable(&app, &caller, id).await?;
    Ok(file(&format!("{id}.eml"), "message/rfc822", mail.bytes))
}

/// Puts it back in line.
pub(crate) async fn retry(State(app): State<App>, Id(id): Id<RawMailId>, call: Call<Nothing>) -> Answered<MailView> {
    readable(&app, &call.caller, id).await?;
    if !mail::retry(&app.store, id).await? {
        return Err(Problem::Conflict(crate::problem::Conflict::MailSettled));
    }
    record(&app, &call.caller, "mail.retried", &id.to_string()).await?;
    Ok(Answer::ok(view(readable(&app, &call.caller, id).await?)))
}
