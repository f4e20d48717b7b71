//! What happens when its time has come, once.

use chrono::Duration;
use watchdesk_core::clock::Objective;
use watchdesk_core::command::{Then, Words};
use watchdesk_core::event::EventKind;
use watchdesk_core::ids::{MessageId, TicketId};
use watchdesk_core::ticket::StateKind;
use watchdesk_store::testing::TestStore;
use watchdesk_store::{PAGE_ITEMS_MAX, both_databases, fresh_id, tickets};

use super::desk::{Desk, Wrote};
use crate::TickReport;
use crate::timers::tick;

async fn notices(desk: &Desk, ticket: TicketId) -> Vec<&'static str> {
    desk.rows(ticket).await.iter().map(|row| row.notice.name()).collect()
}

both_databases! {
    async fn a_target_warns_once_and_is_missed_once(store: TestStore) {
        let desk = Desk::over(store).await;
        let ticket = desk.customer_opens(Wrote::default()).await;
        desk.triage(ticket).await;
        desk.delivered().await;
        let clocks = tickets::clocks(&desk.store, ticket).await.unwrap();
        let clock = clocks.iter().find(|clock| clock.objective == Objective::FirstResponse).unwrap().clone();
        let deadline = clock.deadline.unwrap();

        desk.store.clock.set(clock.started_at + Duration::seconds(clock.target_s * 3 / 4 - 1));
        let before = desk.ticket(ticket).await;
        assert_eq!(tick(&desk.store).await.unwrap(), TickReport::default(), "never early");
        assert_eq!(desk.ticket(ticket).await, before, "a tick too early changes nothing");

        desk.advance(Duration::seconds(1));
        let report = tick(&desk.store).await.unwrap();
        assert_eq!((report.due, report.fired, report.lateness_s), (1, 1, 0));
        assert_eq!(tick(&desk.store).await.unwrap(), TickReport::default());
        let near = desk.one_mail().await;
        assert_eq!(near.envelope_to, [desk.email_of(desk.store.seeded.agent).await]);

        desk.store.clock.set(deadline + Duration::seconds(60));
        let report = tick(&desk.store).await.unwrap();
        assert_eq!((report.fired, report.oldest_due, report.lateness_s), (1, Some(deadline), 60));
        for _ in 0..3 {
            assert_eq!(tick(&desk.store).await.unwrap().fired, 0);
        }
        let mut missed: Vec<_> = desk.delivered().await.into_iter().flat_map(|mail| mail.envelope_to).collect();
        missed.sort();
        assert_eq!(missed, [desk.email_of(desk.store.seeded.agent).await, desk.email_of(desk.store.seeded.lead).await]);
        let kinds = notices(&desk, ticket).await;
        assert_eq!(kinds.iter().filter(|kind| **kind == "target_near").count(), 1);
        assert_eq!(kinds.iter().filter(|kind| **kind == "target_missed").count(), 2);
        let events = tickets::events(&desk.store, ticket, 0, PAGE_ITEMS_MAX).await.unwrap();
        let missed: Vec<_> = events.iter().filter(|event| matches!(event.kind, EventKind::ClockMissed { .. })).collect();
        assert_eq!(missed.len(), 1);
        assert_eq!(missed[0].at, deadline, "at the time of the fact, not of the tick");
    }
}

both_databases! {
    async fn a_warning_that_came_too_late_is_not_sent(store: TestStore) {
        let desk = Desk::over(store).await;
        let ticket = desk.customer_opens(Wrote::default()).await;
        desk.triage(ticket).await;
        desk.delivered().await;
        desk.store.clock.set(desk.ticket(ticket).await.next_fire_at.unwrap());
        tick(&desk.store).await.unwrap();
        desk.reply(ticket, "On it.").await;
        let mails = desk.delivered().await;
        assert_eq!(mails.len(), 1, "only the reply");
        let near = desk.rows(ticket).await.into_iter().find(|row| row.notice.name() == "target_near").unwrap();
        assert_eq!(near.last_error.as_deref(), Some("it was done before this was sent"));
    }
}

both_databases! {
    async fn waiting_ends_when_it_was_agreed_to_end(store: TestStore) {
        let desk = Desk::over(store).await;
        let ticket = desk.customer_opens(Wrote::default()).await;
        desk.triage(ticket).await;
        let until = desk.now() + Duration::hours(1);
        desk.reply_with(ticket, Words::text(MessageId(fresh_id()), "Which version?"), Then::Wait { until: Some(until) }).await;
        desk.delivered().await;
        desk.store.clock.set(until);
        assert_eq!(tick(&desk.store).await.unwrap().fired, 1);
        assert_eq!(desk.ticket(ticket).await.ticket.state.kind(), StateKind::Triaged);
        let mail = desk.one_mail().await;
        assert_eq!(mail.envelope_to, [desk.email_of(desk.store.seeded.agent).await]);
        assert_eq!(desk.rows(ticket).await.pop().unwrap().notice.name(), "waiting_over");
    }
}

both_databases! {
    async fn all_that_fell_due_while_nobody_ran_is_done_in_one_tick(store: TestStore) {
        let desk = Desk::over(store).await;
        for n in 0..60 {
            let mail_id = format!("his-{n}@customer.example");
            let ticket = desk.customer_opens(Wrote { mail_id: Some(&mail_id), ..Wrote::default() }).await;
            desk.triage(ticket).await;
        }
        desk.advance(Duration::days(3));
        let report = tick(&desk.store).await.unwrap();
        assert_eq!((report.due, report.fired, report.failed), (60, 60, 0));
        assert_eq!(tick(&desk.store).await.unwrap().due, 0);
    }
}
