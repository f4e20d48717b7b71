//! Cases with an operator that takes service requests: what waits is handed over, and what was said is heard.
//!
//! A letter to such an operator is a row of the outbox like any other: claimed under a lease, handed over outside of any
//! transaction, and recorded at once. The row's id is the `MS-RequestId` of every attempt, and an attempt whose end nobody
//! knows is looked for at the operator's before it is made again, so that one packet becomes one request.

mod deliver;
mod hear;
mod round;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use watchdesk_core::Instant;
use watchdesk_core::ids::{CaseId, Slug};
use watchdesk_core::packet::ResellerContact;
use watchdesk_store::{Store, StoreError};

use crate::service_requests::ServiceRequests;

pub use round::Round;

/// The operators are asked what is new so often.
const HEAR_EVERY: TimeDelta = TimeDelta::minutes(2);

/// One operator's interface.
#[derive(Debug, Clone)]
pub struct Counter {
    pub client: ServiceRequests,
    /// Under which its requests are filed.
    pub topic: String,
}

/// The desk's side of those interfaces.
pub struct RequestDesk {
    store: Store,
    counters: BTreeMap<Slug, Counter>,
    /// Stands on each request.
    reseller: ResellerContact,
    memory: Mutex<Memory>,
}

/// What a node remembers from round to round.
#[derive(Debug, Default)]
struct Memory {
    heard_at: Option<Instant>,
    /// Where a round of listening that was too long goes on.
    goes_on: Option<CaseId>,
}

impl RequestDesk {
    pub fn new(store: Store, counters: BTreeMap<Slug, Counter>, reseller: ResellerContact) -> Self {
        Self { store, counters, reseller, memory: Mutex::default() }
    }

    /// Hands over what is due; now and then asks what is new.
    pub async fn round(&self) -> Result<Round, StoreError> {
        let mut round = Round::default();
        self.deliver(&mut round).await?;
        let now = self.store.now().await?;
        let heard_at = self.memory().heard_at;
        if round.handed_over > 0 || heard_at.is_none_or(|at| now < at || now - at >= HEAR_EVERY) {
            self.memory().heard_at = Some(now);
            self.hear(&mut round).await?;
        }
        Ok(round)
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
