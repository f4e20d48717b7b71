//! Finding a ticket by its number or by words.

use axum::extract::State;
use watchdesk_core::ids::TicketNumber;
use watchdesk_store::Cursor;
use watchdesk_store::tickets::{Sort, TicketFilter};

use super::answer::{Listed, whole};
use super::request::{Query, readable_ticket};
use super::tickets::page;
use super::views::{self, TicketSummary};
use crate::app::App;
use crate::input::{Limit, Line, request};
use crate::middleware::authenticate::Caller;

request! {
    pub(crate) struct SearchQuery {
        /// A ticket number, with or without `#`, or words.
        q: Line,
        limit: Limit,
        cursor: Option<Cursor>,
    }
}

/// A number finds its ticket; where there is none, it is a word like any other.
pub(crate) async fn search(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<SearchQuery>,
) -> Listed<TicketSummary> {
    let text = query.q.0;
    if let Ok(number) = text.trim_start_matches('#').parse()
        && let Some(record) = readable_ticket(&app, &caller, TicketNumber(number)).await?
    {
        return Ok(whole(views::summaries(&app.store, vec![record]).await?));
    }
    let filter = TicketFilter { text: Some(text), ..TicketFilter::default() };
    page(&app, &caller, &filter, Sort::Updated, query.limit, query.cursor.as_ref()).await
}
