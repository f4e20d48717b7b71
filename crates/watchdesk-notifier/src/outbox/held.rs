//! A claim is kept for as long as its worker lives, however slow the other end is.
//!
//! So leases are short: what a worker held that died is sent soon by another, and what is only slow is not sent twice.

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::MissedTickBehavior;
use watchdesk_store::outbox::{self, OutboxItem};
use watchdesk_store::{Store, StoreError};

/// A lease is renewed so often that one renewal may fail.
const RENEWALS_PER_LEASE: u32 = 3;

/// How often a claim with that lease is renewed.
pub(super) fn beat(lease: chrono::Duration) -> Duration {
    std::cmp::max(lease.to_std().unwrap_or_default() / RENEWALS_PER_LEASE, Duration::from_millis(100))
}

/// Does the work, and renews the claim at each beat meanwhile.
pub(super) async fn while_held<T>(
    store: &Store,
    item: &OutboxItem,
    beat: Duration,
    work: impl Future<Output = T>,
) -> T {
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

#[cfg(test)]
mod tests {
    use watchdesk_store::both_databases;
    use watchdesk_store::outbox::claim;
    use watchdesk_store::testing::TestStore;

    use super::*;
    use crate::tests::desk::{Desk, Wrote};

    both_databases! {
        async fn who_is_slow_keeps_what_it_holds(store: TestStore) {
            let desk = Desk::over(store).await;
            let ticket = desk.customer_opens(Wrote::default()).await;
            let item = claim(&desk.store, desk.now(), 1).await.unwrap().remove(0);
            let slow = async {
                for _ in 0..3 {
                    let until = desk.store.advance(desk.store.lease() / 2) + desk.store.lease();
                    while desk.rows(ticket).await[0].next_attempt_at != Some(until) {
                        tokio::task::yield_now().await;
                    }
                    assert_eq!(claim(&desk.store, desk.now(), 1).await.unwrap(), [], "nobody else gets it");
                }
            };
            while_held(&desk.store, &item, Duration::from_millis(1), slow).await;
            assert!(outbox::sent(&desk.store, item.id, item.fence, desk.now(), "250 ok").await.unwrap());
        }

        async fn who_lost_it_goes_on_and_is_not_heard(store: TestStore) {
            let desk = Desk::over(store).await;
            desk.customer_opens(Wrote::default()).await;
            let item = claim(&desk.store, desk.now(), 1).await.unwrap().remove(0);
            desk.advance(desk.store.lease());
            let other = claim(&desk.store, desk.now(), 1).await.unwrap().remove(0);
            let (id, fence) = (item.id, item.fence);
            assert!(!outbox::renew(&desk.store, id, fence, desk.now()).await.unwrap());
            assert!(outbox::renew(&desk.store, id, other.fence, desk.now()).await.unwrap());
            let done = while_held(&desk.store, &item, Duration::from_millis(1), async { "sent" }).await;
            assert_eq!(done, "sent");
            assert!(!outbox::sent(&desk.store, id, fence, desk.now(), "250 ok").await.unwrap());
        }
    }

    #[test]
    fn one_renewal_may_fail() {
        assert_eq!(beat(chrono::Duration::seconds(60)), Duration::from_secs(20));
        assert!(beat(chrono::Duration::zero()) > Duration::ZERO);
    }
}
