use std::collections::BTreeSet;

use chrono::Duration;

use super::*;
use watchdesk_core::effect::{Notice, Recipient};

use crate::outbox::{
    OutboxState, attempts, by_id, by_mail_id, claim, dead, enqueue_desk, failed, list_by_state, next_due, of_ticket,
    oldest_pending, resend, sent, suppressed,
};

const LEASE_S: i64 = 60;

crate::both_databases! {
    async fn what_is_sent_is_done_with(desk: TestStore) {
        let ticket = open(&desk, "x").await;
        let now = desk.clock.now();
        assert_eq!(next_due(&desk).await.unwrap(), Some(now));
        let items = claim(&desk, now, 10).await.unwrap();
        assert_eq!((items.len(), items[0].ticket, items[0].attempts), (1, Some(ticket.id), 1));
        let item = &items[0];
        assert_eq!(claim(&desk, now, 10).await.unwrap(), []);
        assert!(sent(&desk, item.id, item.fence, now, "250 ok").await.unwrap());
        assert!(!sent(&desk, item.id, item.fence, now, "250 ok").await.unwrap(), "once");
        let row = by_mail_id(&desk, &item.mail_id).await.unwrap().unwrap();
        assert_eq!((row.state, row.sent_at, row.next_attempt_at), (OutboxState::Sent, Some(now), None));
        desk.advance(Duration::days(30));
        assert_eq!(claim(&desk, desk.clock.now(), 10).await.unwrap(), []);
        assert_eq!((oldest_pending(&desk).await.unwrap(), next_due(&desk).await.unwrap()), (None, None));
    }

    async fn two_claimers_never_hold_the_same_row(desk: TestStore) {
        for n in 0..30 {
            open(&desk, &format!("ticket {n}")).await;
        }
        let now = desk.clock.now();
        let claimers = (0..4).map(|_| {
            let store = desk.store().clone();
            tokio::spawn(async move {
                let mut mine = Vec::new();
                loop {
                    let items = claim(&store, now, 3).await.unwrap();
                    if items.is_empty() {
                        return mine;
                    }
                    mine.extend(items.into_iter().map(|item| item.id));
                }
            })
        });
        let mut all = Vec::new();
        for claimer in claimers.collect::<Vec<_>>() {
            all.extend(claimer.await.unwrap());
        }
        assert_eq!(all.len(), 30);
        assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), 30);
    }

    async fn who_lost_his_lease_can_say_nothing_any_more(desk: TestStore) {
        open(&desk, "x").await;
        let slow = claim(&desk, desk.clock.now(), 1).await.unwrap().remove(0);
        desk.advance(Duration::seconds(LEASE_S - 1));
        assert_eq!(claim(&desk, desk.clock.now(), 1).await.unwrap(), [], "the lease still holds");
        let now = desk.advance(Duration::seconds(1));
        let quick = claim(&desk, now, 1).await.unwrap().remove(0);
        assert_eq!((quick.id, &quick.mail_id, quick.attempts), (slow.id, &slow.mail_id, 2));
        assert!(quick.fence > slow.fence);
        assert!(!sent(&desk, slow.id, slow.fence, now, "late").await.unwrap());
        assert!(!failed(&desk, slow.id, slow.fence, now, now, "late").await.unwrap());
        assert!(sent(&desk, quick.id, quick.fence, now, "250 ok").await.unwrap());
        let outcomes: Vec<_> = attempts(&desk, quick.id).await.unwrap().into_iter().map(|a| a.outcome).collect();
        assert_eq!(outcomes, ["ambiguous", "sent"]);
    }

    async fn a_failure_is_tried_again_and_a_final_one_is_not(desk: TestStore) {
        open(&desk, "x").await;
        let now = desk.clock.now();
        let later = now + Duration::minutes(5);
        let item = claim(&desk, now, 1).await.unwrap().remove(0);
        assert!(failed(&desk, item.id, item.fence, now, later, "451 busy").await.unwrap());
        assert_eq!(next_due(&desk).await.unwrap(), Some(later));
        assert_eq!(claim(&desk, now, 1).await.unwrap(), []);
        desk.clock.set(later);
        let item = claim(&desk, later, 1).await.unwrap().remove(0);
        assert_eq!(item.attempts, 2);
        assert!(dead(&desk, item.id, item.fence, later, "550 unknown").await.unwrap());
        let row = by_id(&desk, item.id).await.unwrap().unwrap();
        assert_eq!((row.state, row.last_error.as_deref()), (OutboxState::Dead, Some("550 unknown")));
        assert_eq!(list_by_state(&desk, OutboxState::Dead, 10, None).await.unwrap().items, [row]);

        assert!(resend(&desk, item.id, later).await.unwrap());
        let again = claim(&desk, later, 1).await.unwrap().remove(0);
        assert_eq!((again.attempts, &again.mail_id), (1, &item.mail_id));
        assert!(suppressed(&desk, again.id, again.fence, later, "the address bounced").await.unwrap());
        assert!(!resend(&desk, watchdesk_core::ids::OutboxId(fresh_id()), later).await.unwrap());
        expect_order(&desk).await;
    }

    async fn a_notice_about_the_desk_names_no_ticket_and_stands_there_once(desk: TestStore) {
        let day = desk.clock.now().date_naive();
        let to = Recipient::Agent(desk.seeded.manager);
        let stores = [desk.store().clone(), desk.store().clone(), desk.store().clone()];
        let tries = stores.map(|store| {
            let to = to.clone();
            tokio::spawn(async move { enqueue_desk(&store, "summary:1", to, &Notice::DailySummary { day }).await.unwrap() })
        });
        let mut new = 0;
        for one in tries {
            new += usize::from(one.await.unwrap());
        }
        assert_eq!(new, 1, "whoever is first");
        let now = desk.advance(Duration::minutes(1));
        assert!(!enqueue_desk(&desk, "summary:1", to.clone(), &Notice::DailySummary { day }).await.unwrap());
        let item = claim(&desk, now, 10).await.unwrap().remove(0);
        assert_eq!((item.ticket, &item.recipient, &item.notice), (None, &to, &Notice::DailySummary { day }));
        assert!(failed(&desk, item.id, item.fence, now, now, "451 busy").await.unwrap());
        let again = claim(&desk, now, 10).await.unwrap();
        assert_eq!((again.len(), &again[0].mail_id, again[0].attempts), (1, &item.mail_id, 2));
        assert!(sent(&desk, item.id, again[0].fence, now, "250 ok").await.unwrap());
        assert!(!enqueue_desk(&desk, "summary:1", to.clone(), &Notice::DailySummary { day }).await.unwrap(), "sent is sent");
        let row = by_mail_id(&desk, &item.mail_id).await.unwrap().unwrap();
        assert_eq!((row.ticket, row.state), (None, OutboxState::Sent));
        let joins = crate::mail::tickets_by_mail_ids(&desk, &[item.mail_id]).await.unwrap();
        assert_eq!(joins, [], "an answer to it belongs to no ticket");
        expect_order(&desk).await;
    }

    async fn a_row_that_makes_no_sense_does_not_block_the_others(desk: TestStore) {
        use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
        use crate::entities::outbox::{Column, Entity};
        let (bad, good) = (open(&desk, "bad").await, open(&desk, "good").await);
        Entity::update_many()
            .col_expr(Column::NoticeData, sea_orm::sea_query::Expr::value("{}"))
            .filter(Column::TicketId.eq(bad.id.0))
            .exec(desk.writer())
            .await
            .unwrap();
        let items = claim(&desk, desk.clock.now(), 10).await.unwrap();
        assert_eq!(items.iter().map(|item| item.ticket).collect::<Vec<_>>(), [Some(good.id)]);
        desk.advance(Duration::days(1));
        let again = claim(&desk, desk.clock.now(), 10).await.unwrap();
        assert_eq!(again.iter().map(|item| item.ticket).collect::<Vec<_>>(), [Some(good.id)]);
        assert_eq!(of_ticket(&desk, good.id, 10).await.unwrap().len(), 1);
    }
}
