//! Mail servers that refuse, put off, hang up and fall silent; and workers that work beside each other.

use std::time::Duration as Span;

use chrono::Duration;
use watchdesk_core::command::{Then, Words};
use watchdesk_core::event::EventKind;
use watchdesk_core::ids::{MessageId, TicketId};
use watchdesk_store::outbox::{self, OutboxState};
use watchdesk_store::testing::TestStore;
use watchdesk_store::{PAGE_ITEMS_MAX, both_databases, fresh_id, tickets};

use super::desk::{Desk, Wrote};
use super::mime::Mail;
use super::sink::{Answer, nowhere};
use crate::{MailService, PassReport};

async fn failures_on_record(desk: &Desk, ticket: TicketId) -> usize {
    let events = tickets::events(&desk.store, ticket, 0, PAGE_ITEMS_MAX).await.unwrap();
    events.iter().filter(|event| matches!(event.kind, EventKind::DeliveryFailed { .. })).count()
}

/// So many tickets, each with an acknowledgement that is due.
async fn tickets_opened(desk: &Desk, count: usize) -> Vec<TicketId> {
    let mut ids = Vec::new();
    for n in 0..count {
        let mail_id = format!("his-{n}@customer.example");
        ids.push(desk.customer_opens(Wrote { mail_id: Some(&mail_id), ..Wrote::default() }).await);
    }
    ids
}

both_databases! {
    async fn without_a_mail_server_mail_waits(store: TestStore) {
        let desk = Desk::with(store, |options| crate::Options { smtp: None, ..options }).await;
        let ticket = desk.customer_opens(Wrote::default()).await;
        assert_eq!(desk.pass().await, PassReport::default());
        assert_eq!(desk.states(ticket).await, [OutboxState::Pending]);
        assert_eq!(desk.status.snapshot().mail, MailService::NotConfigured);
        let worker = desk.another_worker();
        assert_eq!(worker.pass().await.unwrap().sent, 1, "with one it goes");
    }
}

both_databases! {
    async fn a_refusal_for_good_is_final_on_record_and_can_be_repeated_by_a_person(store: TestStore) {
        let desk = Desk::over(store).await;
        let ticket = desk.customer_opens(Wrote::default()).await;
        desk.sink.answers([Answer::Says("554 5.7.1 <zhang@contoso.example> is not wanted")]);
        assert_eq!(desk.pass().await, PassReport { dead: 1, ..PassReport::default() });
        desk.advance(Duration::days(1));
        assert_eq!(desk.pass().await, PassReport::default(), "no second try");
        let row = desk.rows(ticket).await.remove(0);
        assert_eq!(row.state, OutboxState::Dead);
        let why = row.last_error.clone().unwrap();
        assert!(why.contains("5.7.1") && !why.contains("zhang"), "{why}");
        assert_eq!(failures_on_record(&desk, ticket).await, 1);
        assert_eq!(desk.status.snapshot().mails.dead, 1);
        assert_eq!(desk.status.snapshot().mail, MailService::Ready, "the server works");

        assert!(outbox::resend(&desk.store, row.id, desk.now()).await.unwrap());
        assert_eq!(desk.one_mail().await.id(), row.mail_id);
        assert_eq!(desk.states(ticket).await, [OutboxState::Sent]);
    }
}

both_databases! {
    async fn what_is_put_off_is_tried_again_as_the_same_mail(store: TestStore) {
        let desk = Desk::over(store).await;
        let ticket = desk.customer_opens(Wrote::default()).await;
        desk.sink.answers([Answer::Says("451 4.3.0 later"), Answer::Says("450 4.2.0 greylisted")]);
        assert_eq!(desk.pass().await.put_off, 1);
        assert_eq!(desk.pass().await, PassReport::default(), "not before its time");
        desk.advance(Duration::seconds(30));
        assert_eq!(desk.pass().await.put_off, 1);
        desk.advance(Duration::seconds(119));
        assert_eq!(desk.pass().await, PassReport::default());
        desk.advance(Duration::seconds(1));
        let mail = desk.one_mail().await;
        let row = desk.rows(ticket).await.remove(0);
        assert_eq!(mail.id(), row.mail_id);
        assert_eq!(desk.outcomes(&row).await, ["failed", "failed", "sent"]);
        assert_eq!(failures_on_record(&desk, ticket).await, 0);
    }
}

both_databases! {
    async fn a_mail_that_is_always_put_off_is_given_up_in_the_end(store: TestStore) {
        let desk = Desk::with(store, |options| crate::Options { attempts_max: 3, ..options }).await;
        let ticket = desk.customer_opens(Wrote::default()).await;
        desk.sink.answers([1, 2, 3].map(|_| Answer::Says("451 4.3.0 later")));
        for expected in [OutboxState::Pending, OutboxState::Pending, OutboxState::Dead] {
            desk.pass().await;
            assert_eq!(desk.states(ticket).await, [expected]);
            desk.advance(Duration::hours(4));
        }
        assert_eq!(failures_on_record(&desk, ticket).await, 1);
    }
}

both_databases! {
    async fn a_server_that_hangs_up_after_taking_it_gets_the_same_mail_again(store: TestStore) {
        let desk = Desk::over(store).await;
        let ticket = desk.customer_opens(Wrote::default()).await;
        desk.sink.answers([Answer::TakesAndHangsUp]);
        assert_eq!(desk.pass().await.put_off, 1);
        desk.advance(Duration::minutes(1));
        assert_eq!(desk.pass().await.sent, 1);
        let mails = desk.sink.mails();
        assert_eq!(mails.len(), 2);
        assert_eq!(mails[0].bytes, mails[1].bytes, "the same to the last byte, Message-ID and all");
        let row = desk.rows(ticket).await.remove(0);
        assert_eq!(Mail::of(&mails[0]).id(), row.mail_id);
    }
}

both_databases! {
    async fn a_worker_that_dies_before_it_can_say_sent_leaves_an_ambiguous_attempt(store: TestStore) {
        let desk = Desk::over(store).await;
        let ticket = desk.customer_opens(Wrote::default()).await;
        // Another process claims it, and is never heard of again.
        let claimed = outbox::claim(&desk.store, desk.now(), 10).await.unwrap();
        assert_eq!(claimed.len(), 1);
        assert_eq!(desk.pass().await, PassReport::default(), "while its lease lasts nobody else sends it");
        desk.advance(desk.store.lease());
        let mail = desk.one_mail().await;
        let row = desk.rows(ticket).await.remove(0);
        assert_eq!((mail.id(), desk.outcomes(&row).await), (row.mail_id.clone(), vec!["ambiguous".to_owned(), "sent".to_owned()]));
        let (id, fence) = (claimed[0].id, claimed[0].fence);
        assert!(!outbox::sent(&desk.store, id, fence, desk.now(), "late").await.unwrap(), "the dead worker's word counts no more");
    }
}

both_databases! {
    async fn a_server_that_falls_silent_costs_one_mail_its_time_and_no_other_its_answer(store: TestStore) {
        let desk = Desk::with(store, |mut options| {
            options.smtp = options.smtp.map(|smtp| crate::SmtpOptions { send_timeout: Span::from_millis(300), ..smtp });
            options.sends_at_once = 1;
            options
        }).await;
        tickets_opened(&desk, 1).await;
        desk.sink.answers([Answer::TakesInSilence]);
        assert_eq!(desk.pass().await.put_off, 1);
        assert!(matches!(desk.status.snapshot().mail, MailService::Down { .. }));
        desk.advance(Duration::minutes(1));
        tickets_opened(&desk, 3).await;
        desk.sink.forget();
        assert_eq!(desk.pass().await.sent, 4);
        let mut ids: Vec<String> = desk.sink.mails().iter().map(|mail| Mail::of(mail).id()).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 4, "each mail once, none lost between two answers");
        assert_eq!(desk.status.snapshot().mail, MailService::Ready);
    }
}

both_databases! {
    async fn two_workers_never_send_the_same_row(store: TestStore) {
        let desk = Desk::with(store, |options| crate::Options { sends_at_once: 3, ..options }).await;
        tickets_opened(&desk, 30).await;
        let other = desk.another_worker();
        let (one, two) = tokio::join!(desk.worker.pass(), other.pass());
        assert_eq!(one.unwrap().sent + two.unwrap().sent, 30);
        let mut ids: Vec<String> = desk.sink.mails().iter().map(|mail| Mail::of(mail).id()).collect();
        ids.sort();
        ids.dedup();
        assert_eq!((ids.len(), desk.sink.mails().len()), (30, 30));
    }
}

both_databases! {
    async fn a_few_connections_carry_many_mails(store: TestStore) {
        let desk = Desk::with(store, |options| crate::Options { sends_at_once: 2, ..options }).await;
        tickets_opened(&desk, 20).await;
        assert_eq!(desk.pass().await.sent, 20);
        assert!(desk.sink.at_once_max() <= 2, "{} at once", desk.sink.at_once_max());
        assert!(desk.sink.connections() <= 6, "{} connections", desk.sink.connections());
    }
}

both_databases! {
    async fn while_the_server_is_away_one_mail_probes_and_then_all_go(store: TestStore) {
        let desk = Desk::with(store, |options| crate::Options { sends_at_once: 1, ..options }).await;
        let tickets = tickets_opened(&desk, 5).await;
        desk.sink.hangs_up(true);
        assert_eq!(desk.pass().await, PassReport { put_off: 1, ..PassReport::default() }, "the first finds out");
        let mut attempts = 0;
        for ticket in tickets {
            attempts += desk.rows(ticket).await[0].attempts;
        }
        assert_eq!(attempts, 1, "who was not tried has lost no attempt");
        assert_eq!(desk.sink.connections(), 1);
        assert_eq!(desk.status.snapshot().mail, MailService::Down { since: desk.now() });
        assert_eq!(desk.pass().await, PassReport::default());
        desk.advance(Duration::seconds(5));
        assert_eq!(desk.pass().await.put_off, 1, "one probe");
        assert_eq!(desk.sink.connections(), 2);
        desk.sink.hangs_up(false);
        desk.advance(Duration::minutes(10));
        let report = desk.pass().await;
        assert_eq!(report.sent, 5);
        assert_eq!(desk.status.snapshot().mail, MailService::Ready);
    }
}

both_databases! {
    async fn a_server_that_lets_nobody_in_kills_no_mail(store: TestStore) {
        let desk = Desk::over(store).await;
        let ticket = desk.customer_opens(Wrote::default()).await;
        desk.sink.greets(Some("554 5.3.2 no service today"));
        assert_eq!(desk.pass().await.put_off, 1);
        desk.sink.greets(None);
        assert_eq!(desk.states(ticket).await, [OutboxState::Pending]);

        desk.sink.answers_login("535 5.7.8 wrong password");
        let worker = desk.worker_over(desk.sink.url_with_login());
        desk.advance(Duration::minutes(1));
        assert_eq!(worker.pass().await.unwrap().put_off, 1);
        desk.sink.answers_login("235 2.7.0 welcome");
        desk.advance(Duration::minutes(10));
        assert_eq!(worker.pass().await.unwrap().sent, 1);

        let worker = desk.worker_over(nowhere().await);
        let ticket = desk.customer_opens(Wrote { mail_id: Some("his-9@customer.example"), ..Wrote::default() }).await;
        assert_eq!(worker.pass().await.unwrap().put_off, 1);
        assert_eq!(desk.states(ticket).await, [OutboxState::Pending]);
    }
}

both_databases! {
    async fn a_wrong_address_in_cc_does_not_keep_the_answer_from_the_customer(store: TestStore) {
        let desk = Desk::over(store).await;
        let ticket = desk.customer_opens(Wrote::default()).await;
        desk.delivered().await;
        desk.sink.refuses("gone@contoso.example", "550 5.1.1 no such user");
        let mut words = Words::text(MessageId(fresh_id()), "Done.");
        words.cc = ["gone@contoso.example", "boss@contoso.example"].map(str::to_owned).to_vec();
        desk.reply_with(ticket, words, Then::Stay).await;
        let mails = desk.delivered().await;
        let to: Vec<_> = mails.iter().flat_map(|mail| mail.envelope_to.clone()).collect();
        assert_eq!(to, [desk.email_of_contact(desk.store.seeded.contact).await, "boss@contoso.example".to_owned()]);
        assert_eq!(desk.rows(ticket).await.pop().unwrap().state, OutboxState::Sent);
        assert_eq!(failures_on_record(&desk, ticket).await, 1, "staff see that somebody did not get it");
    }
}

both_databases! {
    async fn one_mail_that_cannot_be_written_blocks_no_other(store: TestStore) {
        let desk = Desk::with(store, |options| crate::Options { mail_bytes_max: 50_000, ..options }).await;
        let large = desk.customer_opens(Wrote::default()).await;
        desk.delivered().await;
        let mut words = Words::text(MessageId(fresh_id()), "The file.");
        words.attachments = vec![desk.attach("large.bin", "application/octet-stream", &[7; 60_000]).await];
        desk.reply_with(large, words, Then::Stay).await;
        desk.customer_opens(Wrote { mail_id: Some("his-2@customer.example"), ..Wrote::default() }).await;
        let report = desk.pass().await;
        assert_eq!((report.sent, report.dead), (1, 1));
        let why = desk.rows(large).await.pop().unwrap().last_error.unwrap();
        assert!(why.contains("larger than"), "{why}");
    }
}
