//! Handing a case to an operator that takes mail or requests: one letter for pages and programs.

use watchdesk_core::case::Case;
use watchdesk_core::command::{CaseCommand, Words};
use watchdesk_core::ids::{AttachmentId, MessageId, TicketId};
use watchdesk_core::operator::Takes;
use watchdesk_core::ticket::Severity;
use watchdesk_store::{desk, fresh_id};

use crate::app::App;
use crate::handing;
use crate::input::Wrong;
use crate::problem::Problem;

/// Files the case with the packet as it was shown.
pub(crate) async fn command(
    app: &App,
    person: &str,
    case: &Case,
    severity: Option<Severity>,
    seen_on: Option<TicketId>,
) -> Result<CaseCommand, Problem> {
    let made = handing::made(app, person, case, severity, seen_on).await?;
    let tenant_id = made.as_ref().map(|(packet, _)| packet.tenant_id.trim().to_owned()).unwrap_or_default();
    if tenant_id.is_empty() && takes_requests(app, case).await? {
        // The interface files nothing without it.
        return Err(Problem::invalid("evidence.tenant_id", Wrong::Missing));
    }
    let handed = made.as_ref().map(|(_, text)| text.handed()).unwrap_or_default();
    let letter = Words::text(MessageId(fresh_id()), made.map(|(_, text)| text.whole).unwrap_or_default());
    Ok(CaseCommand::Send { letter, severity, tenant_id, handed })
}

/// The interface takes no files: they are asked for otherwise, and not lost on the way.
pub(crate) async fn check_files(app: &App, case: &Case, files: &[AttachmentId]) -> Result<(), Problem> {
    if !files.is_empty() && takes_requests(app, case).await? {
        return Err(Problem::invalid("attachments", Wrong::TooMany { max: 0 }));
    }
    Ok(())
}

async fn takes_requests(app: &App, case: &Case) -> Result<bool, Problem> {
    let operator = desk::load(&app.store).await?.operator(&case.operator);
    Ok(matches!(operator.takes, Takes::ServiceRequests { .. }))
}
