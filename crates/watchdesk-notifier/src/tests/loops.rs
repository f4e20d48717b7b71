//! Everything together, as the program runs it.

use std::time::Duration as Span;

use chrono::Duration;
use tokio::sync::watch;
use watchdesk_store::both_databases;
use watchdesk_store::outbox::OutboxState;
use watchdesk_store::testing::TestStore;

use super::desk::{Desk, Wrote, ZONE, engine, options};
use super::mime::Mail;
use crate::{MailService, Notifier, TaskTimes, run};

/// Nothing here takes so long unless it is broken.
const PATIENCE: Span = Span::from_secs(60);

both_databases! {
    async fn the_loops_send_fire_and_stop_when_told(store: TestStore) {
        let desk = Desk::over(store).await;
        let options = options().with_smtp(desk.sink.url());
        let notifier = Notifier::new(desk.store.store().clone(), engine(), options, &TaskTimes::default())
            .unwrap()
            .register("one-more", "0 0 0 1 1 *", ZONE, || async { Ok("done".to_owned()) })
            .unwrap();
        let status = notifier.status();
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(run(notifier, stopped));
        let ticket = desk.customer_opens(Wrote::default()).await;
        desk.triage(ticket).await;
        tokio::time::timeout(PATIENCE, desk.sink.holds(2)).await.expect("acknowledgement and assignment go out");
        desk.store.clock.set(desk.ticket(ticket).await.next_fire_at.unwrap() + Duration::seconds(2));
        tokio::time::timeout(PATIENCE, desk.sink.holds(3)).await.expect("the timer fires and its mail goes out");
        stop.send(true).unwrap();
        tokio::time::timeout(PATIENCE, running).await.expect("it stops when told").unwrap();

        assert_eq!(desk.states(ticket).await, [OutboxState::Sent; 3]);
        let last = desk.sink.mails().last().map(Mail::of).unwrap();
        assert_eq!(last.envelope_to, [desk.email_of(desk.store.seeded.agent).await]);
        let snapshot = status.snapshot();
        assert_eq!((snapshot.mails.sent, snapshot.timers_fired, snapshot.lateness_s_max), (3, 1, 2));
        assert_eq!(snapshot.mail, MailService::Ready);
        assert!(snapshot.last_tick_at.is_some() && snapshot.failing.is_empty(), "{snapshot:?}");
    }
}

both_databases! {
    async fn a_database_that_is_gone_is_said_and_survived(store: TestStore) {
        let desk = Desk::over(store).await;
        let other = desk.store.reopen().await;
        let notifier = Notifier::new(other.clone(), engine(), options(), &TaskTimes::default()).unwrap();
        let status = notifier.status();
        other.close().await.unwrap();
        let (stop, stopped) = watch::channel(false);
        let watching = async {
            while status.snapshot().failing.len() < 2 {
                tokio::task::yield_now().await;
            }
            stop.send(true).unwrap();
        };
        let both = async { tokio::join!(run(notifier, stopped), watching) };
        tokio::time::timeout(PATIENCE, both).await.expect("it goes on, and stops when told");
        assert!(status.snapshot().failing.contains_key("timers"), "{:?}", status.snapshot().failing);
    }
}
