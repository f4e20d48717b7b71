//! What runs is measured anew, one by one, after a policy or a calendar was published for it, or a contract was changed.
//!
//! The job's row says how far the walk is. One node at a time walks; if it dies, another goes on from the last page on
//! record as soon as the lease has run out. Measuring something twice changes nothing.

use futures_util::{StreamExt, stream};
use watchdesk_core::command::{CaseCommand, Command, Unit};
use watchdesk_core::rights::Actor;
use watchdesk_store::recompute::{self, Job, Piece, Place};
use watchdesk_store::{ExecuteError, Store, StoreError, fresh_id, leases};

use crate::NotifierError;
use crate::timers::{at_once, with_source};

const LEASE: &str = "recompute";
/// A page takes far less.
pub(crate) const LEASE_S: i64 = 60;
pub(crate) const PAGE: u64 = 100;
/// Somebody changed it at the same time: that is no failure, and over in a moment.
const TRIES_MAX: u32 = 3;

/// Walks under a lease of its own.
#[derive(Debug, Clone)]
pub struct Recomputer {
    store: Store,
    holder: String,
}

/// What one pass did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RecomputeReport {
    pub done: u64,
    /// Among them; they keep the clocks they had, and the log says why.
    pub failed: u64,
    /// Jobs that are through.
    pub finished: u64,
    /// There is more to do.
    pub more: bool,
}

impl Recomputer {
    pub fn new(store: Store) -> Self {
        Self { store, holder: fresh_id().to_string() }
    }

    /// A page of the oldest job that goes on. Costs one look at an index where there is none.
    pub async fn pass(&self) -> Result<RecomputeReport, NotifierError> {
        if recompute::unfinished(&self.store).await?.is_none() {
            return Ok(RecomputeReport::default());
        }
        let now = self.store.now().await?;
        let Some(fence) = leases::take(&self.store, LEASE, &self.holder, now, LEASE_S).await? else {
            return Ok(RecomputeReport::default());
        };
        // As it stands now that nobody else walks.
        let Some(job) = recompute::unfinished(&self.store).await? else { return Ok(RecomputeReport::default()) };
        let report = self.go_on(&job).await?;
        if report.finished > 0 {
            leases::release(&self.store, LEASE, fence).await?;
        }
        Ok(report)
    }

    async fn go_on(&self, job: &Job) -> Result<RecomputeReport, NotifierError> {
        let (units, to) = self.page(job).await?;
        let Some(to) = to else {
            let is_through = recompute::finish(&self.store, job, self.store.now().await?).await?;
            if is_through {
                tracing::info!(
                    cause = ?job.cause, version = job.version, done = job.done, failed = job.failed,
                    "what runs is measured by the new version"
                );
            }
            // There may be another one behind it.
            return Ok(RecomputeReport { finished: u64::from(is_through), more: true, ..RecomputeReport::default() });
        };
        let done = units.len() as u64;
        let failed = self.measure(units).await?;
        let is_on_record = recompute::advance(&self.store, job, &Piece { to, done, failed }).await?;
        let (done, failed) = if is_on_record { (done, failed) } else { (0, 0) };
        Ok(RecomputeReport { done, failed, finished: 0, more: true })
    }

    /// What comes next, and where the walk is then; nowhere at the end.
    async fn page(&self, job: &Job) -> Result<(Vec<Unit>, Option<Place>), NotifierError> {
        match job.place {
            Place::Tickets(after) => {
                let ids = recompute::tickets_after(&self.store, &job.cause, after, PAGE).await?;
                let to = ids.last().map_or(Place::Cases(None), |last| Place::Tickets(Some(*last)));
                Ok((ids.into_iter().map(|id| Unit::ticket(id, Command::Recompute)).collect(), Some(to)))
            }
            Place::Cases(after) => {
                let ids = recompute::cases_after(&self.store, &job.cause, after, PAGE).await?;
                let to = ids.last().map(|last| Place::Cases(Some(*last)));
                Ok((ids.into_iter().map(|id| Unit::case(id, CaseCommand::Recompute)).collect(), to))
            }
        }
    }

    /// How many could not be.
    async fn measure(&self, units: Vec<Unit>) -> Result<u64, NotifierError> {
        let measuring = units.into_iter().map(|unit| {
            let store = self.store.clone();
            // Each in a task of its own: whatever happens to one stays with it.
            async move { tokio::spawn(async move { measure_one(&store, unit).await }).await }
        });
        let mut measuring = stream::iter(measuring).buffer_unordered(at_once(self.store.backend()));
        let mut failed = 0;
        while let Some(result) = measuring.next().await {
            let is_measured = result.unwrap_or(Ok(false))?;
            failed += u64::from(!is_measured);
        }
        Ok(failed)
    }
}

/// `false`: it cannot be. A database that is away is everybody's trouble.
async fn measure_one(store: &Store, unit: Unit) -> Result<bool, StoreError> {
    let mut tries = 0;
    loop {
        tries += 1;
        match store.execute(&Actor::System, unit.clone()).await {
            Ok(_) => return Ok(true),
            Err(ExecuteError::Stale { .. } | ExecuteError::Store(StoreError::Busy)) if tries < TRIES_MAX => {}
            // Others are at it all the time: the job waits before this page, and is taken up again.
            Err(ExecuteError::Stale { .. } | ExecuteError::Store(StoreError::Busy)) => return Err(StoreError::Busy),
            Err(ExecuteError::Store(away @ StoreError::Unreachable(_))) => return Err(away),
            Err(error) => {
                let why = with_source(&error);
                tracing::error!(steps = ?unit.steps, why, "it could not be measured by the new version");
                return Ok(false);
            }
        }
    }
}
