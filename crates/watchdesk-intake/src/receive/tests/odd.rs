//! Mails that are broken, hostile, repeated or in the way.

use chrono::Duration;
use tokio::sync::watch;
use watchdesk_core::command::CloseReason;
use watchdesk_core::command::Command;
use watchdesk_store::both_databases;
use watchdesk_store::mail::{self, Fate, FateKind};
use watchdesk_store::testing::TestStore;

use super::stage::{STRANGER, Stage};
use crate::IntakeError;
use crate::receive::worker::{Batch, FAILURES_MAX};

both_databases! {
    async fn the_same_mail_again_is_a_duplicate_and_the_same_id_is_not(store: TestStore) {
        let stage = Stage::set(store).await;
        let mail = stage.mail_from_kim("Outlook");
        let first = stage.stored(&mail).await;
        let second = stage.stored(&mail).await;
        assert_eq!(stage.intake.process(second).await.expect("processed"), Fate::Duplicate { of: first }, "its turn comes");
        assert_eq!(stage.intake.process(first).await.expect("processed").kind(), FateKind::Ticket);
        assert_eq!(stage.arrives(&mail).await, Fate::Duplicate { of: first });
        let other_content = mail.clone().saying("Something else.");
        assert_eq!(stage.arrives(&other_content).await.kind(), FateKind::Ticket);
        let mut other_recipient = mail.clone();
        other_recipient.recipient = stage.mailbox.address.replace('@', "+sales@");
        assert_eq!(stage.arrives(&other_recipient).await.kind(), FateKind::Ticket);
        let nameless = mail.without("Message-ID");
        assert_eq!(stage.arrives(&nameless).await.kind(), FateKind::Ticket);
        assert_eq!(stage.arrives(&nameless).await.kind(), FateKind::Ticket, "nothing tells the two apart from two mails");
    }

    async fn what_cannot_be_read_is_put_aside_with_its_bytes(store: TestStore) {
        let stage = Stage::set(store).await;
        let mail = stage.mail_from_kim("x");
        let deep = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n".repeat(200);
        for bytes in [&b""[..], b"\r\n\r\n", b"no header at all", deep.as_bytes()] {
            let id = stage.stored_bytes(&mail, bytes).await;
            let fate = stage.intake.process(id).await.expect("processed");
            assert!(matches!(&fate, Fate::Quarantined { reason } if !reason.is_empty()), "{fate:?}");
            let kept = mail::raw(&stage.store, id).await.expect("answered").expect("a mail");
            assert_eq!(kept.bytes, bytes);
        }
        let nameless = stage.arrives(&mail.without("From")).await;
        assert_eq!(nameless.kind(), FateKind::Quarantined);
        assert_eq!(stage.count(FateKind::Quarantined).await, 5);
    }

    async fn chinese_of_every_age_and_broken_bytes_arrive_readable(store: TestStore) {
        let stage = Stage::set(store).await;
        let head = |subject: &[u8], charset: &str, round: u8| {
            let mut bytes = format!("From: {STRANGER}\r\nMessage-ID: <{round}@x>\r\nSubject: ").into_bytes();
            bytes.extend_from_slice(subject);
            bytes.extend_from_slice(format!("\r\nContent-Type: text/plain; charset={charset}\r\n\r\n").as_bytes());
            bytes
        };
        let bytes = <[u8]>::to_vec;
        let table = [
            (bytes(b"=?GB2312?B?zt63qLXHwrw=?="), "gb18030", bytes(b"\xce\xde\xb7\xa8\xb5\xc7\xc2\xbc"), "无法登录", "无法登录"),
            (bytes(b"=?utf-8?B?5peg5rOV55m75b2V?="), "utf-8", bytes("无法登录".as_bytes()), "无法登录", "无法登录"),
            (bytes("无法登录".as_bytes()), "big5", bytes(b"\xb5L\xaak\xb5n\xa4J"), "无法登录", "無法登入"),
            (bytes(b"a\0b"), "utf-8", bytes(b"one\0two \xff\xfe"), "a b", "one\u{fffd}two \u{fffd}\u{fffd}"),
        ];
        for (round, (subject, charset, body, read_subject, read_body)) in (0u8..).zip(table) {
            let mut bytes = head(&subject, charset, round);
            bytes.extend_from_slice(&body);
            let id = stage.stored_bytes(&stage.mail_from(STRANGER, "x"), &bytes).await;
            let fate = stage.intake.process(id).await.expect("processed");
            let Fate::Ticket { ticket, .. } = fate else { panic!("{fate:?}") };
            let record = stage.ticket(ticket).await;
            let message = stage.messages(ticket).await.remove(0);
            assert_eq!((record.words.subject.as_str(), message.body.as_str()), (read_subject, read_body));
        }
    }

    async fn a_poisoned_mail_does_not_stop_the_next(store: TestStore) {
        let stage = Stage::set(store).await;
        let (_keep, shutdown) = watch::channel(false);
        stage.stored_bytes(&stage.mail_from_kim("x"), b"\0\0\0").await;
        for round in 0..5 {
            stage.stored(&stage.mail_from_kim(&format!("Good {round}"))).await;
        }
        stage.stored_bytes(&stage.mail_from(STRANGER, "x"), b"").await;
        assert_eq!(stage.intake.work_off(&shutdown).await, Batch::Done);
        assert_eq!(stage.intake.work_off(&shutdown).await, Batch::Empty);
        assert_eq!((stage.count(FateKind::Ticket).await, stage.count(FateKind::Quarantined).await), (5, 2));
    }

    async fn a_mail_that_keeps_failing_is_put_aside(store: TestStore) {
        let stage = Stage::set(store).await;
        let id = stage.stored(&stage.mail_from_kim("Cursed")).await;
        for _ in 1..FAILURES_MAX {
            stage.intake.failed(id, &IntakeError::Fault).await;
            assert_eq!(stage.fate(id).await, Fate::Pending, "it may have been an accident");
        }
        stage.intake.failed(id, &IntakeError::Fault).await;
        let fate = stage.fate(id).await;
        assert!(matches!(&fate, Fate::Quarantined { reason } if reason.contains("3 attempts")), "{fate:?}");
        assert!(mail::retry(&stage.store, id).await.expect("answered"));
        assert_eq!(stage.intake.process(id).await.expect("processed").kind(), FateKind::Ticket);
    }

    async fn a_database_that_is_away_costs_no_mail_its_place(store: TestStore) {
        let stage = Stage::set(store).await;
        let id = stage.stored(&stage.mail_from_kim("Unlucky")).await;
        for _ in 0..=FAILURES_MAX {
            let busy = IntakeError::Store(watchdesk_store::StoreError::Busy);
            stage.intake.failed(id, &busy).await;
        }
        assert_eq!(stage.fate(id).await, Fate::Pending);
    }

    async fn mails_of_one_sender_are_handled_in_their_order(store: TestStore) {
        let stage = Stage::set(store).await;
        let (_keep, shutdown) = watch::channel(false);
        let first = stage.mail_from_kim("First");
        stage.stored(&first).await;
        for round in 0..8 {
            stage.stored(&stage.mail_from_kim(&format!("Re: First {round}")).answering(&first.id())).await;
        }
        assert_eq!(stage.intake.work_off(&shutdown).await, Batch::Done);
        assert_eq!((stage.count(FateKind::Ticket).await, stage.count(FateKind::Reply).await), (1, 8));
    }

    async fn what_the_desk_refuses_is_held_with_the_reason_and_can_be_retried(store: TestStore) {
        let stage = Stage::set(store).await;
        let record = stage.opens(&stage.mail_from_kim("Outlook")).await;
        let answer = stage.stored(&stage.mail_from_kim("Re: Outlook").to(&stage.reply_address(&record))).await;
        // Somebody corrects the machine's clock; the ticket now begins in the future.
        stage.later(-Duration::hours(1));
        let fate = stage.intake.process(answer).await.expect("processed");
        assert!(matches!(&fate, Fate::Held { reason } if reason.contains("future")), "{fate:?}");
        let other = stage.opens(&stage.mail_from_kim("Something else")).await;
        assert_eq!(other.ticket.opened_at, stage.store.clock.now(), "what can go on does");
        stage.later(Duration::hours(2));
        assert!(mail::retry(&stage.store, answer).await.expect("answered"));
        assert_eq!(stage.intake.process(answer).await.expect("processed").kind(), FateKind::Reply);
        let fates = mail::fates(&stage.store, answer).await.expect("answered");
        let kinds: Vec<FateKind> = fates.iter().map(|(_, fate)| fate.kind()).collect();
        assert_eq!(kinds, [FateKind::Pending, FateKind::Held, FateKind::Pending, FateKind::Reply], "all on record");
    }

    async fn a_mail_accepted_before_the_clock_went_back_is_not_lost_in_the_future(store: TestStore) {
        let stage = Stage::set(store).await;
        let id = stage.stored(&stage.mail_from_kim("Early")).await;
        stage.later(-Duration::hours(1));
        assert_eq!(stage.intake.process(id).await.expect("processed").kind(), FateKind::Ticket);
    }

    async fn a_ticket_closed_meanwhile_is_followed_up(store: TestStore) {
        let stage = Stage::set(store).await;
        let record = stage.opens(&stage.mail_from_kim("Outlook")).await;
        stage.does(record.ticket.id, Command::Close { reason: CloseReason::Withdrawn }).await;
        let next = stage.opens(&stage.mail_from_kim("Re: Outlook").to(&stage.reply_address(&record))).await;
        assert_eq!(next.ticket.links.len(), 1);
    }
}
