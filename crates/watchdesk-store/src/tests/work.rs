use chrono::Duration;
use watchdesk_core::event::ActorRef;

use super::*;
use crate::idempotency::{Found, find, forget_before, remember};
use crate::{IdempotencyKey, audit, leases, schedules};

crate::both_databases! {
    async fn a_task_that_is_due_has_one_runner(desk: TestStore) {
        let start = desk.clock.now();
        let hour = Duration::hours(1);
        schedules::ensure(&desk, "auto-close", "0 * * * *", start + hour).await.unwrap();
        schedules::ensure(&desk, "auto-close", "0 * * * *", start + hour * 9).await.unwrap();
        assert_eq!(schedules::next_due(&desk).await.unwrap(), Some(start + hour), "known already");
        assert_eq!(schedules::claim_due(&desk, start, 10, 60).await.unwrap(), []);
        let now = desk.advance(hour);
        let claimers = (0..4).map(|_| {
            let store = desk.store().clone();
            tokio::spawn(async move { schedules::claim_due(&store, now, 10, 60).await.unwrap() })
        });
        let mut claims = Vec::new();
        for claimer in claimers.collect::<Vec<_>>() {
            claims.extend(claimer.await.unwrap());
        }
        assert_eq!(claims.len(), 1);
        let slow = claims.remove(0);
        assert_eq!((slow.name.as_str(), slow.due_at), ("auto-close", now));

        let later = desk.advance(Duration::seconds(60));
        let quick = schedules::claim_due(&desk, later, 10, 60).await.unwrap().remove(0);
        assert_eq!(quick.due_at, now, "when it should have run");
        assert!(!schedules::finished(&desk, "auto-close", slow.fence, later, later + hour, "late").await.unwrap());
        assert!(schedules::finished(&desk, "auto-close", quick.fence, later, later + hour, "ok").await.unwrap());
        let known = schedules::all(&desk).await.unwrap().remove(0);
        assert_eq!((known.next_run_at, known.last_status.as_deref()), (later + hour, Some("ok")));
        schedules::ensure(&desk, "auto-close", "30 * * * *", later).await.unwrap();
        assert_eq!(schedules::next_due(&desk).await.unwrap(), Some(later), "a new line, a new time");
    }

    async fn a_lease_has_one_holder(desk: TestStore) {
        let now = desk.clock.now();
        let first = leases::take(&desk, "imap", "a", now, 60).await.unwrap().unwrap();
        assert_eq!(leases::take(&desk, "imap", "b", now, 60).await.unwrap(), None);
        assert!(leases::renew(&desk, "imap", first, now, 90).await.unwrap());
        let later = now + Duration::seconds(90);
        let second = leases::take(&desk, "imap", "b", later, 60).await.unwrap().unwrap();
        assert!(second > first);
        assert!(!leases::renew(&desk, "imap", first, later, 60).await.unwrap());
        assert!(leases::release(&desk, "imap", second).await.unwrap());
        assert!(leases::take(&desk, "imap", "a", later, 60).await.unwrap().is_some());
    }

    async fn an_answer_is_remembered_for_its_request(desk: TestStore) {
        let key = |body: &str| IdempotencyKey {
            owner: "agent".to_owned(),
            key: "k".to_owned(),
            body_hash: body.to_owned(),
        };
        assert_eq!(find(&desk, &key("a")).await.unwrap(), Found::Nothing);
        assert_eq!(remember(&desk, &key("a"), "201").await.unwrap(), Found::Nothing);
        let same = Found::Same { response: "201".to_owned() };
        assert_eq!(remember(&desk, &key("a"), "other").await.unwrap(), same);
        assert_eq!(find(&desk, &key("b")).await.unwrap(), Found::OtherBody);
        assert_eq!(forget_before(&desk, desk.clock.now(), 10).await.unwrap(), 0);
        assert_eq!(forget_before(&desk, desk.clock.now() + Duration::seconds(1), 10).await.unwrap(), 1);
        assert_eq!(find(&desk, &key("a")).await.unwrap(), Found::Nothing);
    }

    async fn what_was_done_outside_of_tickets_is_on_record(desk: TestStore) {
        let actor = ActorRef::Agent(desk.seeded.admin);
        for n in 0..3 {
            let detail = serde_json::json!({ "version": n });
            audit::record(&desk, actor, "customer.updated", "c1", detail).await.unwrap();
        }
        let first = audit::list(&desk, 2, None).await.unwrap();
        let rest = audit::list(&desk, 2, first.next.as_ref()).await.unwrap();
        let versions: Vec<_> = first.items.iter().chain(&rest.items).map(|entry| entry.detail["version"].as_i64()).collect();
        assert_eq!(versions, [Some(2), Some(1), Some(0)]);
        assert_eq!(first.items[0].actor, actor);
    }

    async fn time_stands_still_until_it_is_moved(desk: TestStore) {
        let then = desk.now().await.unwrap();
        assert_eq!(desk.now().await.unwrap(), then);
        desk.advance(Duration::milliseconds(1999));
        assert_eq!(desk.now().await.unwrap(), then + Duration::seconds(1), "whole seconds, never early");
    }

    async fn the_database_has_a_clock_of_its_own(desk: TestStore) {
        let options = crate::Options::new(desk.database.url());
        let store = crate::Store::open(options).await.unwrap();
        let (database, system) = (store.now().await.unwrap(), crate::clock::system_now());
        assert!((system - database).num_seconds().abs() <= 2, "{database} {system}");
    }
}
