//! Works off what is pending, in the order it came, whoever stored it.

use std::collections::hash_map::DefaultHasher;
use std::error::Error;
use std::hash::{Hash, Hasher};
use std::sync::PoisonError;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use watchdesk_core::ids::RawMailId;
use watchdesk_store::mail::{self, Fate, RawMail};

use super::Intake;
use crate::IntakeError;

/// Mails that are asked for at once.
const BATCH_MAX: u64 = 64;
/// Mails that are handled at the same time. Mails of one sender go through one lane, so that his second mail finds what
/// his first one made.
const LANES: usize = 4;
/// Mails that wait in a lane; each may be large.
const LANE_WAITING_MAX: usize = 1;
/// After so many unexpected errors a mail is put aside, so that it cannot be in the way for ever.
pub(super) const FAILURES_MAX: u32 = 3;
/// While the database is away.
const REST_MIN: Duration = Duration::from_secs(1);
const REST_MAX: Duration = Duration::from_secs(60);

/// How one mail went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Went {
    Settled,
    /// It failed and stays pending.
    Failed,
    /// Not the mail's fault: the database is away.
    Trouble,
}

/// How a batch went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Batch {
    Empty,
    /// There may be more.
    Done,
    /// Something is left that is tried again later.
    Left,
    Trouble,
}

impl Intake {
    /// Runs until `shutdown` becomes true, or its sender is gone; a mail in hand is finished first.
    pub async fn run(&self, mut shutdown: watch::Receiver<bool>) {
        let mut rest = REST_MIN;
        loop {
            match self.work_off(&shutdown).await {
                Batch::Done => rest = REST_MIN,
                Batch::Empty | Batch::Left => {
                    rest = REST_MIN;
                    self.until_woken(&mut shutdown).await;
                }
                Batch::Trouble => {
                    // Nothing to wake up for: without a database no mail comes in either.
                    let _ = timeout(rest, stop_asked(&mut shutdown)).await;
                    rest = (rest * 2).min(REST_MAX);
                }
            }
            if stopped(&shutdown) {
                return;
            }
        }
    }

    async fn until_woken(&self, shutdown: &mut watch::Receiver<bool>) {
        let poll = Duration::from_secs(self.options().poll_s.max(1));
        tokio::select! {
            () = stop_asked(shutdown) => {}
            _ = timeout(poll, self.shared.wake.notified()) => {}
        }
    }

    pub(super) async fn work_off(&self, shutdown: &watch::Receiver<bool>) -> Batch {
        let ids = match mail::pending_mail(self.store(), BATCH_MAX).await {
            Ok(ids) => ids,
            Err(error) => {
                tracing::warn!(error = &error as &dyn Error, "pending mail cannot be read; trying again soon");
                return Batch::Trouble;
            }
        };
        if ids.is_empty() {
            return Batch::Empty;
        }
        let went = self.through_lanes(ids, shutdown).await;
        if went.contains(&Went::Trouble) {
            Batch::Trouble
        } else if went.contains(&Went::Failed) {
            Batch::Left
        } else {
            Batch::Done
        }
    }

    async fn through_lanes(&self, ids: Vec<RawMailId>, shutdown: &watch::Receiver<bool>) -> Vec<Went> {
        let mut lanes = JoinSet::new();
        let mut entries = Vec::with_capacity(LANES);
        for _ in 0..LANES {
            let (entry, exit) = mpsc::channel(LANE_WAITING_MAX);
            entries.push(entry);
            lanes.spawn(self.clone().lane(exit));
        }
        let mut went = Vec::new();
        for id in ids {
            if stopped(shutdown) {
                break;
            }
            match mail::raw(self.store(), id).await {
                Ok(Some(raw)) => {
                    let lane = lane_of(&raw);
                    // A lane ends only when its entry is dropped.
                    let _ = entries[lane].send(raw).await;
                }
                Ok(None) => {}
                Err(error) => went.push(self.failed(id, &error.into()).await),
            }
        }
        drop(entries);
        while let Some(lane) = lanes.join_next().await {
            went.extend(lane.unwrap_or_else(|_| vec![Went::Failed]));
        }
        went
    }

    async fn lane(self, mut mails: mpsc::Receiver<RawMail>) -> Vec<Went> {
        let mut went = Vec::new();
        while let Some(raw) = mails.recv().await {
            went.push(self.attempt(raw).await);
        }
        went
    }

    /// In a task of its own: a fault in one mail's handling is that mail's failure and nobody else's.
    async fn attempt(&self, raw: RawMail) -> Went {
        let id = raw.id;
        let intake = self.clone();
        let handled = tokio::spawn(async move { intake.process_raw(raw).await }).await;
        match handled.unwrap_or(Err(IntakeError::Fault)) {
            Ok(fate) => {
                self.forget_failures(id);
                tracing::info!(mail = %id, fate = fate.kind().as_str(), "a mail was handled");
                Went::Settled
            }
            Err(error) => self.failed(id, &error).await,
        }
    }

    pub(super) async fn failed(&self, id: RawMailId, error: &IntakeError) -> Went {
        if error.is_passing() || self.store().ping().await.is_err() {
            tracing::warn!(mail = %id, error = error as &dyn Error, "a mail waits, because the database is away");
            return Went::Trouble;
        }
        let failures = self.count_failure(id);
        tracing::error!(mail = %id, error = error as &dyn Error, failures, "a mail could not be handled");
        if failures < FAILURES_MAX {
            return Went::Failed;
        }
        let reason = format!("It could not be handled in {failures} attempts. {error}");
        match self.settle(id, Fate::Quarantined { reason }).await {
            Ok(_) => {
                self.forget_failures(id);
                Went::Settled
            }
            Err(error) => {
                tracing::error!(mail = %id, error = &error as &dyn Error, "a mail could not be put aside");
                Went::Trouble
            }
        }
    }

    fn count_failure(&self, id: RawMailId) -> u32 {
        let mut failures = self.shared.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let count = failures.entry(id).or_default();
        *count += 1;
        *count
    }

    fn forget_failures(&self, id: RawMailId) {
        self.shared.failures.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}

/// Returns when the shutdown is asked for, or when nobody is left to ask for it.
async fn stop_asked(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|stop| *stop).await;
}

fn stopped(shutdown: &watch::Receiver<bool>) -> bool {
    *shutdown.borrow() || shutdown.has_changed().is_err()
}

fn lane_of(raw: &RawMail) -> usize {
    let mut hasher = DefaultHasher::new();
    raw.envelope.from.as_deref().unwrap_or_default().to_lowercase().hash(&mut hasher);
    // The remainder is less than LANES.
    (hasher.finish() % LANES as u64) as usize
}
