//! Several workers share what is due; one that dies or sleeps is taken over from; what cannot be fired blocks nobody.

use chrono::Duration;
use watchdesk_core::clock::Subject;
use watchdesk_core::command::{Command, Unit};
use watchdesk_core::event::EventKind;
use watchdesk_core::firing::LEASE_S;
use watchdesk_core::ids::TicketId;
use watchdesk_core::rights::Actor;
use watchdesk_store::outbox::OutboxState;
use watchdesk_store::testing::TestStore;
use watchdesk_store::{ExecuteError, Request, both_databases, firing};

use super::desk::{Desk, Wrote};
use crate::TickReport;
use crate::timers::{Timers, tick};

async fn opened(desk: &Desk, count: usize) -> Vec<TicketId> {
    let mut tickets = Vec::new();
    for n in 0..count {
        let mail_id = format!("his-{n}@customer.example");
        tickets.push(desk.customer_opens(Wrote { mail_id: Some(&mail_id), ..Wrote::default() }).await);
    }
    tickets
}

fn steps_fired(kinds: &[EventKind]) -> usize {
    kinds.iter().filter(|kind| matches!(kind, EventKind::StepFired { .. })).count()
}

both_databases! {
    async fn two_nodes_at_once_fire_each_step_once(store: TestStore) {
        let desk = Desk::over(store).await;
        desk.promises(r#"[{"percent": 50, "tell": ["leads"]}]"#).await;
        let tickets = opened(&desk, 200).await;
        desk.wait_for_next(tickets[0]).await;
        let (mut one, mut two) = (Timers::new(desk.store.store().clone()), Timers::new(desk.store.reopen().await));
        let (one, two) = tokio::join!(one.tick(), two.tick());
        let (one, two) = (one.unwrap(), two.unwrap());
        assert_eq!((one.fired + two.fired, one.lost + two.lost, one.failed + two.failed), (200, 0, 0));
        for ticket in tickets {
            let told = desk.rows(ticket).await.iter().filter(|row| row.notice.name() == "target_near").count();
            assert_eq!((told, steps_fired(&desk.happened(ticket).await)), (1, 1));
        }
        assert_eq!(tick(&desk.store).await.unwrap().due, 0);
    }
}

both_databases! {
    async fn a_worker_that_dies_is_taken_over_from_and_saves_nothing_when_it_wakes(store: TestStore) {
        let desk = Desk::over(store).await;
        let ticket = desk.assigned("his-1@customer.example").await;
        desk.wait_for_next(ticket).await;
        // Another node claims it, and is not heard of any more.
        let claims = firing::claim_due(&desk.store, desk.now(), 10).await.unwrap();
        assert_eq!(claims.len(), 1);
        assert_eq!(tick(&desk.store).await.unwrap().due, 0, "it is somebody else's");
        desk.advance(Duration::seconds(LEASE_S));
        let report = tick(&desk.store).await.unwrap();
        assert_eq!((report.due, report.fired, report.lateness_s), (1, 1, LEASE_S));
        let fire = Unit::ticket(ticket, Command::FireTimers);
        let late = Request { unit: fire, claim: Some(claims[0]), ..Request::default() };
        let refused = desk.store.execute(&Actor::System, late).await.unwrap_err();
        assert!(matches!(refused, ExecuteError::ClaimLost), "{refused:?}");
        assert_eq!(steps_fired(&desk.happened(ticket).await), 1);
    }
}

both_databases! {
    async fn a_tick_says_since_when_something_is_due_that_it_did_not_fire(store: TestStore) {
        let desk = Desk::over(store).await;
        let ticket = desk.assigned("his-1@customer.example").await;
        let mut timers = Timers::new(desk.store.store().clone());
        assert_eq!(timers.tick().await.unwrap().overdue_s, 0);
        desk.wait_for_next(ticket).await;
        // Another node claims it again and again, and never fires it.
        let mut overdue = Vec::new();
        for _ in 0..3 {
            assert_eq!(firing::claim_due(&desk.store, desk.now(), 10).await.unwrap().len(), 1);
            desk.advance(Duration::seconds(LEASE_S - 1));
            let report = timers.tick().await.unwrap();
            assert_eq!((report.due, report.fired), (0, 0));
            overdue.push(report.overdue_s);
            desk.advance(Duration::seconds(1));
        }
        assert_eq!(overdue, [LEASE_S - 1, 2 * LEASE_S - 1, 3 * LEASE_S - 1]);
        let report = timers.tick().await.unwrap();
        assert_eq!((report.fired, report.overdue_s), (1, 0), "what was fired is not overdue any more");
    }
}

both_databases! {
    async fn a_poisoned_ticket_blocks_nobody_and_raises_one_alarm(store: TestStore) {
        let desk = Desk::over(store).await;
        let poisoned = desk.assigned("his-1@customer.example").await;
        let healthy = desk.assigned("his-2@customer.example").await;
        let number = desk.ticket(poisoned).await.ticket.number;
        desk.wait_for_next(healthy).await;
        desk.store.damage(&format!("UPDATE ticket SET state = 'eaten' WHERE number = {number}")).await;
        let mut timers = Timers::new(desk.store.store().clone());
        let first = timers.tick().await.unwrap();
        assert_eq!((first.due, first.fired, first.failed, first.set_aside), (2, 1, 1, 0));
        assert_eq!(timers.tick().await.unwrap().due, 0, "it is left alone for a while");
        let mut failures = Vec::new();
        for wait_s in [59, 1, 120, 240, 480] {
            desk.advance(Duration::seconds(wait_s));
            let report = timers.tick().await.unwrap();
            failures.push((report.failed, report.set_aside));
        }
        assert_eq!(failures, [(0, 0), (1, 0), (1, 0), (1, 0), (1, 1)]);

        let admin = desk.email_of(desk.store.seeded.admin).await;
        let alarms: Vec<_> = desk.delivered().await.into_iter().filter(|mail| mail.envelope_to == [admin.clone()]).collect();
        assert_eq!(alarms.len(), 1);
        let words = alarms[0].text();
        assert!(words.contains(&number.to_string()) && words.contains("ticket.state"), "{words}");
        desk.advance(Duration::hours(1));
        assert_eq!(tick(&desk.store).await.unwrap().failed, 1, "it is still tried");
        assert!(desk.delivered().await.iter().all(|mail| mail.envelope_to != [admin.clone()]), "nobody is told twice");

        desk.store.damage(&format!("UPDATE ticket SET state = 'triaged' WHERE number = {number}")).await;
        desk.advance(Duration::hours(1));
        let report = tick(&desk.store).await.unwrap();
        assert_eq!((report.failed, report.set_aside), (0, 0));
        assert!(steps_fired(&desk.happened(poisoned).await) > 0);
        assert_eq!(firing::set_aside(&desk.store, 10).await.unwrap(), []);
    }
}

both_databases! {
    async fn what_the_operator_owes_is_watched_as_well(store: TestStore) {
        let desk = Desk::over(store).await;
        let ticket = desk.assigned("his-1@customer.example").await;
        let case = desk.escalate(ticket, "SR-260302").await;
        desk.reply(ticket, "We asked the operator.").await;
        desk.delivered().await;
        desk.advance(Duration::hours(4));
        let due = firing::due(&desk.store, desk.now(), 10).await.unwrap();
        assert_eq!(due, [Subject::Case(case)]);
        assert_eq!(tick(&desk.store).await.unwrap().fired, 1);
        let mail = desk.one_mail().await;
        assert_eq!(mail.envelope_to, [desk.email_of(desk.store.seeded.agent).await]);
        assert!(mail.text().contains("SR-260302"), "{}", mail.text());
    }
}

both_databases! {
    async fn after_three_days_each_has_one_digest_and_each_step_is_on_record_once_in_order(store: TestStore) {
        let desk = Desk::over(store).await;
        let tickets = [desk.assigned("his-1@customer.example").await, desk.assigned("his-2@customer.example").await];
        desk.advance(Duration::days(3));
        let report = tick(&desk.store).await.unwrap();
        assert_eq!((report.due, report.fired, report.digests), (2, 2, 2));
        assert_eq!(report.lateness.max_s(), 3 * 86_400 - 3 * 3_600, "three hours after the opening the first was due");
        assert_eq!((tick(&desk.store).await.unwrap().digests, report.lateness.count()), (0, 2));
        for ticket in tickets {
            let due: Vec<_> = desk.happened(ticket).await.into_iter().filter_map(|kind| match kind {
                EventKind::StepFired { due_at, .. } => Some(due_at),
                _ => None,
            }).collect();
            assert_eq!(due.len(), 4, "two steps for the answer, two for the resolution");
            assert!(due.is_sorted(), "{due:?}");
            let rows = desk.rows(ticket).await;
            let spoken_for = rows.iter().filter(|row| row.state == OutboxState::InDigest).count();
            assert_eq!(spoken_for, 6, "the agent four times, the lead twice");
        }
        let mails = desk.delivered().await;
        let mut told: Vec<_> = mails.iter().flat_map(|mail| mail.envelope_to.clone()).collect();
        told.sort();
        let (agent, lead) = (desk.email_of(desk.store.seeded.agent).await, desk.email_of(desk.store.seeded.lead).await);
        assert_eq!(told, [agent, lead], "one mail each");
        let number = desk.ticket(tickets[0]).await.ticket.number.to_string();
        assert!(mails.iter().all(|mail| mail.text().contains(&number) && mail.text().contains("Outlook asks")));
        assert_eq!(desk.delivered().await.len(), 0);
    }
}

both_databases! {
    async fn a_digest_waits_for_what_another_node_is_at_but_not_for_ever(store: TestStore) {
        let desk = Desk::over(store).await;
        let ours = desk.assigned("his-1@customer.example").await;
        let theirs = desk.assigned("his-2@customer.example").await;
        desk.advance(Duration::days(3));
        let claims = firing::claim_due(&desk.store, desk.now(), 1).await.unwrap();
        assert_eq!(claims.len(), 1);
        let mut timers = Timers::new(desk.store.store().clone());
        let report = timers.tick().await.unwrap();
        assert_eq!((report.fired, report.digests), (1, 0), "one of {ours} and {theirs} is still on its way");
        desk.advance(Duration::seconds(LEASE_S - 1));
        let report = timers.tick().await.unwrap();
        assert!(report.overdue_s > LEASE_S, "{report:?}");
        assert_eq!(TickReport { overdue_s: 0, ..report }, TickReport::default());
        desk.advance(Duration::seconds(1));
        let report = timers.tick().await.unwrap();
        assert_eq!((report.fired, report.digests), (1, 2), "taken over, and all in one");
    }
}
