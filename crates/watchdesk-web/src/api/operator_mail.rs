//! The operator's mail that waits for its case.

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use watchdesk_core::ids::{CaseId, RawMailId};
use watchdesk_core::rights::Verb;
use watchdesk_store::Cursor;

use super::answer::{Answer, Answered, Listed, listed};
use super::cases::readable;
use super::customers::record;
use super::request::{Call, Id, Query};
use crate::app::App;
use crate::input::{Limit, request};
use crate::middleware::authenticate::Caller;
use crate::operator_mail as shared;
use crate::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OperatorMail)]
pub(crate) struct OperatorMailView {
    id: Uuid,
    received_at: DateTime<Utc>,
    /// Who wrote it, as it says.
    from: String,
    subject: String,
    /// The beginning of what it says.
    excerpt: String,
    /// `no_reference`, `unknown_reference`, `unproven`: why it joined no case by itself.
    why: &'static str,
    /// The numbers that it names.
    references: Vec<String>,
    /// Cases that it may be about, the likeliest first.
    suggested: Vec<Uuid>,
}

request! {
    pub(crate) struct OperatorMailQuery {
        limit: Limit,
        cursor: Option<Cursor>,
    }
}

pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<OperatorMailQuery>,
) -> Listed<OperatorMailView> {
    must_see(&caller)?;
    let found = shared::list(&app.store, &caller.visibility(), query.limit.0, query.cursor.as_ref()).await?;
    let views = found.waiting.items.into_iter().map(|waiting| {
        let held = waiting.mail.held;
        OperatorMailView {
            id: waiting.mail.id.0,
            received_at: held.received_at,
            from: held.sender,
            subject: held.subject,
            excerpt: held.excerpt,
            why: held.why.as_str(),
            references: held.references,
            suggested: waiting.suggested.iter().map(|case| case.0).collect(),
        }
    });
    Ok(listed(views.collect(), found.waiting.next.as_ref()))
}

fn must_see(caller: &Caller) -> Result<(), Problem> {
    caller.must_see(Verb::HandleMail)?;
    if caller.may_see_cases() { Ok(()) } else { Err(Problem::NotFound) }
}

request! {
    /// Which case a mail of the operator's belongs to.
    pub(crate) struct BelongsRequest {
        case: CaseId,
    }
}

/// Which mail it was, and where it goes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MailMatch)]
pub(crate) struct MatchView {
    mail: Uuid,
    case: Uuid,
}

pub(crate) async fn belongs(
    State(app): State<App>,
    Id(id): Id<RawMailId>,
    call: Call<BelongsRequest>,
) -> Answered<MatchView> {
    must_see(&call.caller)?;
    let case = readable(&app, &call.caller, call.body.case).await?.ok_or_else(|| Problem::no_such("case"))?;
    shared::belongs(&app.store, call.caller.actor(), id, &case).await?;
    record(&app, &call.caller, "mail.matched", &id.to_string()).await?;
    Ok(Answer::ok(MatchView { mail: id.0, case: case.id.0 }))
}
