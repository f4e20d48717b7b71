//! Customers and subscriptions come in by themselves: a run over all that Partner Center lists.
//!
//! A run is carried on in steps, each short enough for the lease of a scheduled task. Whatever interrupts it, the next
//! step goes on where it was: the place in the operator's list and whom the run has read are rows of the store. A customer
//! who cannot be read is put on record and left as he is known; the others go on.

mod heard;
mod progress;

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::{StreamExt, stream};
use watchdesk_core::Instant;
use watchdesk_store::synchronisation::{
    Heard, Run, already_read, begin_or_resume, close, latest, list_anew, take, turned, unreadable,
};
use watchdesk_store::{Store, StoreError};

use crate::UpstreamError;
use crate::partner_center::{Cursor, Customer, CustomerPage, PartnerCenter};

pub use progress::Progress;

/// Customers who are asked for at the same time.
const AT_ONCE: usize = 4;
/// A step ends after the customer that is in hand then.
const STEP_MAX: TimeDelta = TimeDelta::seconds(30);
/// A step never turns more pages.
const PAGES_MAX: usize = 10_000;
/// So many who cannot be read one after the other: it is not they, it is the operator.
const FAILED_IN_A_ROW_MAX: usize = 5;
/// Where another program asked last, or this one before it died, nobody knows what was asked in the last minute.
const QUIET: Duration = Duration::from_secs(61);
/// Whoever got on so long ago asks nothing any more.
const SILENT_AFTER: Duration = Duration::from_secs(300);

#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    #[error("the list of customers never comes to its end")]
    Endless,
}

/// Brings customers and subscriptions in.
pub struct DirectorySync {
    store: Store,
    client: PartnerCenter,
    /// Where this program left the last run, and when: up to there its own pace knows what was asked.
    left: Mutex<Option<(i64, Instant)>>,
}

/// How far a step came in the list.
#[derive(Debug, PartialEq, Eq)]
enum Came {
    ToTheEnd,
    OutOfTime,
}

impl DirectorySync {
    pub fn new(store: Store, client: PartnerCenter) -> Self {
        Self { store, client, left: Mutex::default() }
    }

    /// Carries the run on that is not at its end, or begins one.
    pub async fn step(&self) -> Result<Progress, DirectoryError> {
        let now = self.store.now().await?;
        let until = now + STEP_MAX;
        if let Some(last) = latest(&self.store).await?
            && self.left() != Some((last.number, last.moved_at))
        {
            self.client.keep_quiet(quiet_after(&last, now));
        }
        let run = begin_or_resume(&self.store).await?;
        let number = run.number;
        let came = if run.is_listed { Came::ToTheEnd } else { self.walk(number, run.cursor, until).await? };
        let run = match came {
            Came::ToTheEnd => close(&self.store, number).await?,
            Came::OutOfTime => watchdesk_store::synchronisation::run(&self.store, number).await?,
        };
        let run = run.ok_or(StoreError::Missing { what: "synchronisation" })?;
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) = Some((run.number, run.moved_at));
        Ok(Progress { run })
    }

    fn left(&self) -> Option<(i64, Instant)> {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn walk(&self, number: i64, cursor: Option<String>, until: Instant) -> Result<Came, DirectoryError> {
        let mut cursor: Option<Cursor> = cursor.and_then(|text| text.parse().ok());
        let mut has_begun_anew = false;
        for _ in 0..PAGES_MAX {
            let page = match self.client.customers_page(cursor.as_ref()).await {
                Err(UpstreamError::CursorGone { .. }) if cursor.is_some() && !has_begun_anew => {
                    list_anew(&self.store, number).await?;
                    (cursor, has_begun_anew) = (None, true);
                    continue;
                }
                page => page?,
            };
            let (next, total, is_whole) = (page.next.clone(), page.total, page.not_understood.is_empty());
            if self.read_page(number, page, until).await? == Came::OutOfTime {
                return Ok(Came::OutOfTime);
            }
            turned(&self.store, number, next.as_ref().map(Cursor::as_str), total, is_whole).await?;
            if next.is_none() {
                return Ok(Came::ToTheEnd);
            }
            cursor = next;
        }
        Err(DirectoryError::Endless)
    }

    /// Whom this run has read before is not asked again, wherever it was interrupted.
    async fn read_page(&self, number: i64, page: CustomerPage, until: Instant) -> Result<Came, DirectoryError> {
        let ids: Vec<String> = page.customers.iter().map(|customer| customer.id.clone()).collect();
        let done = already_read(&self.store, number, &ids).await?;
        let asked = page.customers.into_iter().filter(|customer| !done.contains(&customer.id));
        let mut answers = stream::iter(asked.map(|customer| self.ask(customer))).buffered(AT_ONCE);
        let mut failed_in_a_row = 0;
        while let Some((customer, answer)) = answers.next().await {
            match answer {
                Ok(heard) => {
                    take(&self.store, number, &heard).await?;
                    failed_in_a_row = 0;
                }
                Err(error) if is_everybodys(&error) => return Err(error.into()),
                Err(error) => {
                    failed_in_a_row += 1;
                    if failed_in_a_row >= FAILED_IN_A_ROW_MAX {
                        return Err(error.into());
                    }
                    tracing::warn!(customer = customer.id, why = %error, "a customer could not be read");
                    unreadable(&self.store, number, &customer.id, &customer.name, &error.to_string()).await?;
                }
            }
            if self.store.now().await? > until {
                return Ok(Came::OutOfTime);
            }
        }
        Ok(Came::ToTheEnd)
    }

    async fn ask(&self, customer: Customer) -> (Customer, Result<Heard, UpstreamError>) {
        let answer = async {
            let detail = self.client.customer(&customer.id).await?;
            let subscriptions = self.client.subscriptions(&customer.id).await?;
            Ok(heard::heard(&customer, detail, subscriptions))
        };
        let answer = answer.await;
        (customer, answer)
    }
}

/// How long to be quiet after somebody else's run. One that ended says when it last asked.
fn quiet_after(last: &Run, now: Instant) -> Duration {
    let since = (now - last.moved_at).to_std().unwrap_or_default();
    match last.finished_at {
        Some(_) => QUIET.saturating_sub(since),
        None if since < SILENT_AFTER => QUIET,
        None => Duration::ZERO,
    }
}

/// Whether nobody else could be read either.
fn is_everybodys(error: &UpstreamError) -> bool {
    matches!(error, UpstreamError::Setting { .. } | UpstreamError::SignIn { .. } | UpstreamError::Throttled { .. })
        || matches!(error, UpstreamError::Forbidden { status: 401, .. })
}

impl fmt::Debug for DirectorySync {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirectorySync").field("client", &self.client).finish_non_exhaustive()
    }
}
