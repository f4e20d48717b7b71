use std::collections::BTreeSet;

use chrono::Duration;
use sea_orm::{ConnectionTrait, EntityTrait};
use watchdesk_core::effect::{Effect, Notice, Recipient};

use super::*;
use crate::entities::outbox::Entity;
use crate::outbox::{OutboxState, by_id, claim, compose_digests, digest_entries, enqueue, next_due, of_ticket, resend};

/// A warning that came so late that it waits for a digest.
async fn hold(desk: &TestStore, ticket: TicketId, key: &str, to: &Recipient) {
    let effect = Effect { key: key.to_owned(), ticket, to: to.clone(), notice: Notice::TimersStuck, held: true };
    assert!(enqueue(desk, &effect).await.unwrap(), "{key} is new");
    assert!(!enqueue(desk, &effect).await.unwrap(), "{key} is there once");
}

/// An imported ticket writes to nobody.
async fn quiet(desk: &TestStore) -> TicketId {
    open_with(desk, OpenTicket { imported: true, ..opening(desk, "old") }).await.id
}

crate::both_databases! {
    async fn what_is_held_is_never_sent_by_itself(desk: TestStore) {
        let ticket = quiet(&desk).await;
        let agent = Recipient::Agent(desk.seeded.agent);
        hold(&desk, ticket, "a", &agent).await;
        let now = desk.advance(Duration::days(30));
        assert_eq!(claim(&desk, now, 10).await.unwrap(), []);
        assert_eq!(next_due(&desk).await.unwrap(), None);
        let held = of_ticket(&desk, ticket, 10).await.unwrap().remove(0);
        assert_eq!((held.state, held.next_attempt_at), (OutboxState::Held, None));
        assert!(!resend(&desk, held.id, now).await.unwrap(), "nor by hand: the digest speaks for it");
        expect_order(&desk).await;
    }

    async fn each_recipient_has_one_digest_for_all_that_is_held(desk: TestStore) {
        let ticket = quiet(&desk).await;
        let to = [
            Recipient::Agent(desk.seeded.agent),
            Recipient::Agent(desk.seeded.lead),
            Recipient::Address("boss@elsewhere.example".to_owned()),
            Recipient::Webhook(slug("pager")),
        ];
        for (n, to) in to.iter().cycle().take(12).enumerate() {
            hold(&desk, ticket, &format!("late {n}"), to).await;
        }
        let now = desk.advance(Duration::minutes(1));
        let digests = compose_digests(&desk, now).await.unwrap();
        assert_eq!(digests.len(), 4);
        assert_eq!(compose_digests(&desk, now).await.unwrap(), [], "all is told");
        let mut recipients = BTreeSet::new();
        for item in claim(&desk, now, 10).await.unwrap() {
            assert_eq!((&item.notice, item.ticket), (&Notice::Digest, None));
            let entries = digest_entries(&desk, item.id).await.unwrap();
            assert_eq!(entries.len(), 3);
            assert!(entries.iter().all(|entry| entry.recipient == item.recipient && entry.digest == Some(item.id)));
            assert!(entries.iter().all(|entry| entry.state == OutboxState::InDigest));
            assert!(entries.windows(2).all(|two| two[0].id < two[1].id), "in the order in which they were decided");
            assert!(item.key.ends_with(&entries[0].id.to_string()), "the key is that of the first: {}", item.key);
            recipients.insert(item.recipient);
        }
        assert_eq!(recipients, to.into());
        expect_order(&desk).await;
    }

    async fn what_comes_later_goes_into_the_next_digest(desk: TestStore) {
        let ticket = quiet(&desk).await;
        let agent = Recipient::Agent(desk.seeded.agent);
        hold(&desk, ticket, "first", &agent).await;
        let now = desk.clock.now();
        let first = compose_digests(&desk, now).await.unwrap()[0];
        hold(&desk, ticket, "second", &agent).await;
        let second = compose_digests(&desk, now).await.unwrap()[0];
        assert_ne!(first, second);
        for digest in [first, second] {
            assert_eq!(digest_entries(&desk, digest).await.unwrap().len(), 1);
        }
        assert_ne!(by_id(&desk, first).await.unwrap().unwrap().mail_id, by_id(&desk, second).await.unwrap().unwrap().mail_id);
    }

    async fn of_many_who_compose_at_once_one_makes_the_digest(desk: TestStore) {
        let ticket = quiet(&desk).await;
        for n in 0..20 {
            hold(&desk, ticket, &format!("late {n}"), &Recipient::Agent(desk.seeded.agent)).await;
        }
        let now = desk.clock.now();
        let composers = (0..4).map(|_| {
            let store = desk.store().clone();
            tokio::spawn(async move { compose_digests(&store, now).await.unwrap().len() })
        });
        let mut made = 0;
        for composer in composers.collect::<Vec<_>>() {
            made += composer.await.unwrap();
        }
        assert_eq!(made, 1);
        let item = claim(&desk, now, 10).await.unwrap().remove(0);
        assert_eq!(digest_entries(&desk, item.id).await.unwrap().len(), 20);
        expect_order(&desk).await;
    }

    async fn a_recipient_that_makes_no_sense_does_not_block_the_others(desk: TestStore) {
        let ticket = quiet(&desk).await;
        hold(&desk, ticket, "bad", &Recipient::Address("a@b.example".to_owned())).await;
        hold(&desk, ticket, "good", &Recipient::Agent(desk.seeded.agent)).await;
        desk.writer().execute_unprepared("UPDATE outbox SET recipient_kind = 'pigeon' WHERE key = 'bad'").await.unwrap();
        let now = desk.clock.now();
        assert_eq!(compose_digests(&desk, now).await.unwrap().len(), 2);
        let items = claim(&desk, now, 10).await.unwrap();
        assert_eq!(items.iter().map(|item| &item.recipient).collect::<Vec<_>>(), [&Recipient::Agent(desk.seeded.agent)]);
    }

    async fn a_digest_that_is_gone_is_found(desk: TestStore) {
        let ticket = quiet(&desk).await;
        hold(&desk, ticket, "late", &Recipient::Agent(desk.seeded.agent)).await;
        let digest = compose_digests(&desk, desk.clock.now()).await.unwrap()[0];
        expect_order(&desk).await;
        Entity::delete_by_id(digest.0).exec(desk.writer()).await.unwrap();
        let report = check(&desk, &mut |_| {}).await.unwrap();
        assert!(report.findings.iter().any(|finding| finding.what.contains("digest")), "{report:?}");
    }
}
