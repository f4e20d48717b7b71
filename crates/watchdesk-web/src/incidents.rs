//! What the API and the pages share about the operator's incidents.

use watchdesk_core::Instant;
use watchdesk_core::desk::Desk;
use watchdesk_core::ids::{CustomerId, Slug};
use watchdesk_store::incidents::{self, Incident, News, Observation, REFERENCE_CHARS_MAX};
use watchdesk_store::{Store, directory};

use crate::input::Wrong;
use crate::problem::Problem;

/// Tickets that one request links.
pub(crate) const LINKED_AT_ONCE_MAX: usize = 200;

/// What a person writes down of an incident that no interface reports.
pub(crate) struct Told {
    pub reference: String,
    pub service: Slug,
    pub title: String,
    pub impact: String,
    /// None: it concerns everybody.
    pub customer: Option<CustomerId>,
    pub started_at: Instant,
}

/// Puts it on record; a number that is known already is taken.
pub(crate) async fn record(store: &Store, desk: &Desk, told: Told, now: Instant) -> Result<Incident, Problem> {
    if told.started_at > now {
        return Err(Problem::invalid("at", Wrong::InTheFuture));
    }
    let reference = incident_number(&told.reference)?;
    if !desk.services.contains_key(&told.service) {
        return Err(Problem::no_such("service"));
    }
    if let Some(id) = told.customer
        && directory::customer(store, id).await?.is_none()
    {
        return Err(Problem::no_such("customer"));
    }
    if incidents::by_reference(store, &reference).await?.is_some() {
        return Err(Problem::invalid("reference", Wrong::Taken));
    }
    let by_hand = Observation::by_hand(&reference, told.service, &told.title, told.started_at);
    let observation = Observation { impact: told.impact, customer: told.customer, modified_at: now, ..by_hand };
    // Somebody may have been quicker since.
    if incidents::observe(store, &observation).await? != News::Opened {
        return Err(Problem::invalid("reference", Wrong::Taken));
    }
    incidents::by_reference(store, &reference).await?.ok_or(Problem::NotFound)
}

/// It stands in addresses, so it holds nothing that means something there.
fn incident_number(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.chars().count() > REFERENCE_CHARS_MAX || text.starts_with('.') || !text.chars().all(legal) {
        return Err(Problem::invalid("reference", Wrong::NotAReference));
    }
    Ok(text.to_owned())
}
