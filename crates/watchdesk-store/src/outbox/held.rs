//! A claim is kept for as long as its worker lives, however slow the other end is.
//!
//! So leases are short: what a worker held that died is sent soon by another, and what is only slow is not sent twice.

use std::convert::Infallible;
use std::time::Duration;

use crate::outbox::{self, OutboxItem};
use crate::{Store, StoreError};
use tokio::time::MissedTickBehavior;

/// A lease is renewed so often that one renewal may fail.
const RENEWALS_PER_LEASE: u32 = 3;

/// How often a claim with that lease is renewed.
pub fn beat(lease: chrono::Duration) -> Duration {
    std::cmp::max(lease.to_std().unwrap_or_default() / RENEWALS_PER_LEASE, Duration::from_millis(100))
}

/// Does the work, and renews the claim at each beat meanwhile.
pub async fn while_held<T>(store: &Store, item: &OutboxItem, beat: Duration, work: impl Future<Output = T>) -> T {
    tokio::select! {
        done = work => done,
        never = keep(store, item, beat) => match never {},
    }
}

async fn keep(store: &Store, item: &OutboxItem, beat: Duration) -> Infallible {
    let mut beat = tokio::time::interval(beat);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beat.tick().await;
    loop {
        beat.tick().await;
        match renew(store, item).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::warn!(outbox = %item.id, "somebody else has taken a notice while it was sent; it may arrive twice");
                std::future::pending().await
            }
            Err(error) => tracing::warn!(outbox = %item.id, %error, "the claim on a notice could not be renewed"),
        }
    }
}

async fn renew(store: &Store, item: &OutboxItem) -> Result<bool, StoreError> {
    let now = store.now().await?;
    outbox::renew(store, item.id, item.fence, now).await
}
