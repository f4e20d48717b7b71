//! Handing a case to an operator that takes mail or requests: one letter for pages and programs.

use watchdesk_core::case::Case;
use watchdesk_core::command::{CaseCommand, Words};
use watchdesk_core::ids::MessageId;
use watchdesk_core::operator::Takes;
use watchdesk_core::ticket::Severity;
use watchdesk_store::{desk, directory, fresh_id, tickets};

use crate::app::App;
use crate::handing;
use crate::input::Wrong;
use crate::problem::Problem;

/// Files the case with the packet as it would be copied.
pub(crate) async fn command(
    app: &App,
    person: &str,
    case: &Case,
    severity: Option<Severity>,
) -> Result<CaseCommand, Problem> {
    let desk = desk::load(&app.store).await?;
    if matches!(desk.operator(&case.operator).takes, Takes::ServiceRequests { .. }) && !names_tenant(app, case).await? {
        // The interface files nothing without it.
        return Err(Problem::invalid("evidence.tenant_id", Wrong::Missing));
    }
    let text = handing::text(app, person, case, severity).await?;
    let handed = text.as_ref().map(|text| text.handed()).unwrap_or_default();
    let letter = Words::text(MessageId(fresh_id()), text.map(|text| text.whole).unwrap_or_default());
    Ok(CaseCommand::Send { letter, severity, handed })
}

async fn names_tenant(app: &App, case: &Case) -> Result<bool, Problem> {
    if !case.words.evidence.tenant_id.trim().is_empty() {
        return Ok(true);
    }
    let ids: Vec<_> = case.tickets.iter().copied().collect();
    let about = tickets::by_ids(&app.store, &ids).await?;
    let Some(customer) = about.iter().find_map(|record| record.ticket.customer) else { return Ok(false) };
    let customer = directory::customer(&app.store, customer).await?;
    Ok(customer.and_then(|customer| customer.tenant_id).is_some_and(|tenant| !tenant.trim().is_empty()))
}
