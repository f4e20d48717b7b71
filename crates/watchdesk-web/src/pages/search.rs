//! Search by number, subject and text.

use axum::response::Response;
use watchdesk_core::ids::TicketNumber;
use watchdesk_store::tickets::{self, Sort, TicketFilter};
use watchdesk_templates::pages::{Nav, SearchPage};

use super::files::percent_encoded;
use super::queue::parsed;
use super::rows::rows;
use super::shell::shell;
use super::visit::Visit;
use super::{answer, ticket};
use crate::problem::Problem;

const ROWS: u64 = 50;
const QUERY_CHARS_MAX: usize = 200;

pub(super) async fn page(visit: Visit) -> Result<Response, Problem> {
    let query: String = visit.query.filled("q").unwrap_or_default().chars().take(QUERY_CHARS_MAX).collect();
    if let Some(number) = number(&query)
        && ticket::Subject::find(&visit, number).await.is_ok()
    {
        return Ok(answer::see_other(&format!("/tickets/{number}")));
    }
    let cursor = parsed("cursor", visit.query.filled("cursor").unwrap_or_default(), |text| text.parse().ok())?;
    let mut found = watchdesk_store::Page { items: Vec::new(), next: None };
    if !query.is_empty() {
        let filter = TicketFilter { text: Some(query.clone()), ..TicketFilter::default() };
        found =
            tickets::list(&visit.app.store, &visit.visibility(), &filter, Sort::Created, ROWS, cursor.as_ref()).await?;
    }
    let next = found.next.map(|cursor| format!("/search?q={}&cursor={cursor}", percent_encoded(&query)));
    let mut shell = shell(&visit, Nav::Search).await?;
    shell.search.clone_from(&query);
    let rows = rows(&visit, &found.items).await?;
    visit.page(&SearchPage { shell, query, rows, capped: false, next })
}

/// `10234`, `#10234`.
fn number(query: &str) -> Option<TicketNumber> {
    let number = query.trim().trim_start_matches('#').parse().ok().filter(|number| *number > 0)?;
    Some(TicketNumber(number))
}
