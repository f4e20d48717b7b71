//! A claim is kept for as long as its worker lives.

use std::time::Duration;

use watchdesk_store::both_databases;
use watchdesk_store::outbox::{self, beat, claim, while_held};
use watchdesk_store::testing::TestStore;

use super::desk::{Desk, Wrote};

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
