//! The cases with the operator.

use std::collections::{BTreeMap, BTreeSet};

use axum::response::Response;
use watchdesk_core::case::{Case, CaseStateKind};
use watchdesk_core::ids::TicketId;
use watchdesk_store::cases::{self, CaseFilter};
use watchdesk_store::tickets::{self, TicketRecord};
use watchdesk_templates::pages::{CaseRow, CasesPage, Nav};

use super::names::{self, Staff};
use super::queue::parsed;
use super::rows::{countdown, next_due};
use super::shell::{WITH_OPERATOR, shell};
use super::visit::Visit;
use crate::problem::Problem;

const ROWS: u64 = 50;
/// Numbers shown for one case; the first leads to all of them.
const TICKETS_SHOWN_MAX: usize = 10;

pub(super) async fn page(visit: Visit) -> Result<Response, Problem> {
    if !visit.may_see_cases() {
        return Err(Problem::NotFound);
    }
    let state = visit.query.filled("state").unwrap_or_default();
    let filter = CaseFilter { state: states(state)?, ticket: None };
    let cursor = parsed("cursor", visit.query.filled("cursor").unwrap_or_default(), |text| text.parse().ok())?;
    let found = cases::list(&visit.app.store, &visit.visibility(), &filter, ROWS, cursor.as_ref()).await?;
    let page = CasesPage {
        shell: shell(&visit, Nav::Cases).await?,
        cases: rows(&visit, &found.items).await?,
        previous: None,
        next: found.next.map(|cursor| format!("/cases?state={state}&cursor={cursor}")),
        state: state.to_owned(),
    };
    visit.page(&page)
}

fn states(state: &str) -> Result<Vec<CaseStateKind>, Problem> {
    match state {
        "" | "open" => Ok([&[CaseStateKind::Drafted], &WITH_OPERATOR[..]].concat()),
        "drafted" => Ok(vec![CaseStateKind::Drafted]),
        "filed" => Ok(WITH_OPERATOR.to_vec()),
        "waiting_on_us" => Ok(vec![CaseStateKind::WaitingOnUs]),
        "ended" => Ok(vec![
            CaseStateKind::Answered,
            CaseStateKind::Refused,
            CaseStateKind::Withdrawn,
            CaseStateKind::Confirmed,
        ]),
        _ => Err(Problem::no_such("state")),
    }
}

async fn rows(visit: &Visit, cases: &[Case]) -> Result<Vec<CaseRow>, Problem> {
    let ids: BTreeSet<TicketId> = cases.iter().flat_map(|case| case.tickets.iter().copied()).collect();
    let ids: Vec<TicketId> = ids.into_iter().collect();
    let visibility = visit.visibility();
    let records = if ids.is_empty() { Vec::new() } else { tickets::by_ids(&visit.app.store, &ids).await? };
    let seen: BTreeMap<TicketId, TicketRecord> = records
        .into_iter()
        .filter(|record| visibility.admits(&record.ticket))
        .map(|record| (record.ticket.id, record))
        .collect();
    let (staff, customers) = tokio::try_join!(
        Staff::named(visit, seen.values().filter_map(|record| record.ticket.owner)),
        names::customer_names(visit, seen.values().filter_map(|record| record.ticket.customer)),
    )?;
    let row = |case: &Case| {
        let mut linked: Vec<&TicketRecord> = case.tickets.iter().filter_map(|id| seen.get(id)).collect();
        linked.sort_by_key(|record| record.ticket.number);
        let first = linked.first().map(|record| &record.ticket);
        let due = next_due(case.clocks.iter());
        CaseRow {
            id: case.id.to_string(),
            reference: case.reference.clone(),
            state: case.state.kind().as_str().to_owned(),
            severity: Some(case.severity_lowered.unwrap_or(case.severity).as_str().to_owned()),
            operator: names::operator(visit, &case.operator),
            summary: case.words.summary.clone(),
            service: first.and_then(|ticket| ticket.service.as_ref()).map(|slug| names::service(visit, slug)),
            tickets: linked.iter().take(TICKETS_SHOWN_MAX).map(|record| record.ticket.number.0).collect(),
            customer: first.and_then(|ticket| customers.get(&ticket.customer?).cloned()),
            owner: first.and_then(|ticket| ticket.owner).map(|id| staff.person(id)),
            since: case.filed_at.unwrap_or(case.drafted_at),
            due: due.map(|clock| countdown(clock, visit.now)),
            due_objective: due.map(|clock| clock.objective.as_str().to_owned()),
            last_word_at: case.last_word_at,
        }
    };
    Ok(cases.iter().map(row).filter(|row| !row.tickets.is_empty()).collect())
}
