//! Mails that no person wrote.

use watchdesk_core::command::{Command, Then};
use watchdesk_core::effect::{Notice, Recipient};
use watchdesk_core::event::{EventKind, MessageKind};
use watchdesk_core::ids::TicketId;
use watchdesk_core::ticket::StateKind;
use watchdesk_store::mail::{Envelope, Fate, FateKind, Source};
use watchdesk_store::outbox::{self, OutboxState};
use watchdesk_store::testing::TestStore;
use watchdesk_store::{both_databases, directory, tickets};

use super::stage::{Mail, STRANGER, Stage, said};

fn report(stage: &Stage, mail_id: &str, recipient: &str, action: &str, status: &str) -> Mail {
    let body = format!(
        "--r\r\nContent-Type: text/plain\r\n\r\nIt did not arrive.\r\n\
         --r\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
         Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n\
         Diagnostic-Code: smtp; 550 no such user\r\n\r\n\
         --r\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <{mail_id}>\r\nSubject: Received\r\n\r\nbody\r\n--r--"
    );
    stage
        .mail_from("MAILER-DAEMON@mx.example", "Undelivered Mail Returned to Sender")
        .with("Content-Type", "multipart/report; report-type=delivery-status; boundary=r")
        .saying(&body)
        .with_null_sender()
}

async fn suppressed(stage: &Stage) -> Option<String> {
    directory::contact(&stage.store, stage.kim.id).await.expect("answered").expect("a contact").suppressed
}

async fn failures(stage: &Stage, ticket: TicketId) -> usize {
    let events = tickets::events(&stage.store, ticket, 0, 100).await.expect("answered");
    events.iter().filter(|event| matches!(event.kind, EventKind::DeliveryFailed { .. })).count()
}

both_databases! {
    async fn a_vacation_note_is_kept_and_changes_nothing(store: TestStore) {
        let stage = Stage::set(store).await;
        let record = stage.opens(&stage.mail_from_kim("Outlook")).await;
        let id = record.ticket.id;
        let address = stage.reply_address(&record);
        stage.triages(id).await;
        stage.does(id, Command::Reply { words: said("Which version?"), then: Then::Wait { until: None } }).await;
        let note = || stage.mail_from_kim("Out of office").to(&address).with("Auto-Submitted", "auto-replied");
        let mails_before = stage.outbox(id).await.len();
        let fate = stage.arrives(&note()).await;
        assert!(matches!(fate, Fate::Reply { ticket, .. } if ticket == id), "{fate:?}");
        assert_eq!(stage.state(id).await, StateKind::Waiting);
        stage.does(id, Command::Resolve { words: said("Done.") }).await;
        stage.arrives(&note().with("X-Round", "2")).await;
        assert_eq!(stage.state(id).await, StateKind::Resolved, "a machine reopens nothing");
        let kept = stage.messages(id).await.into_iter().filter(|m| m.kind == MessageKind::Automatic).count();
        assert_eq!(kept, 2);
        assert_eq!(stage.outbox(id).await.len(), mails_before + 1, "only the resolution was sent");
    }

    async fn automatic_mail_that_answers_nothing_is_ignored_with_a_reason(store: TestStore) {
        let stage = Stage::set(store).await;
        let record = stage.opens(&stage.mail_from_kim("Outlook")).await;
        let address = stage.reply_address(&record);
        let mails = [
            stage.mail_from(STRANGER, "Out of office").to(&address).with("Auto-Submitted", "auto-replied"),
            stage.mail_from_kim("Out of office").with("Auto-Submitted", "auto-replied"),
            stage.mail_from_kim("No sender").with_null_sender(),
            stage.mail_from_kim("No sender in a list").with("List-Id", "<news.example>").with_null_sender(),
            stage.mail_from_kim("Gone fishing").with("X-Autoreply", "yes"),
            report(&stage, "unknown@elsewhere", &stage.kim.email, "failed", "5.1.1"),
        ];
        for mail in &mails {
            let fate = stage.arrives(mail).await;
            assert!(matches!(&fate, Fate::Ignored { reason } if !reason.is_empty()), "{fate:?}");
        }
        assert_eq!(stage.count(FateKind::Ignored).await, mails.len(), "all on one page");
        assert_eq!(stage.messages(record.ticket.id).await.len(), 1);
        assert_eq!(suppressed(&stage).await, None);
    }

    async fn a_request_that_wants_no_automatic_answer_is_a_ticket_without_one(store: TestStore) {
        let stage = Stage::set(store).await;
        let mails = [
            stage.mail_from_kim("By the list").with("List-Id", "<it.contoso.example>"),
            stage.mail_from_kim("To many").with("Precedence", "bulk"),
            stage.mail_from_kim("By a ticket system").with("X-Auto-Response-Suppress", "All"),
            stage.mail_from("postmaster@contoso.example", "Our mail server"),
        ];
        for mail in &mails {
            let record = stage.opens(mail).await;
            assert_eq!(stage.received(record.ticket.id).await.len(), 0, "{:?}", mail.headers);
        }
        assert_eq!(stage.count(FateKind::Ignored).await, 0);
    }

    async fn a_pipe_may_spell_the_null_sender(store: TestStore) {
        let stage = Stage::set(store).await;
        for sender in ["", "<>", "MAILER-DAEMON", "mailer-daemon"] {
            let envelope = Envelope { from: Some(sender.to_owned()), to: vec![stage.mailbox.address.clone()] };
            let bytes = stage.mail_from_kim("No sender").bytes();
            let (_, fate) = stage.intake.receive_one(Source::Pipe, &envelope, &bytes).await.expect("kept");
            assert_eq!(fate.kind(), FateKind::Ignored, "{sender:?}: {fate:?}");
        }
    }

    async fn a_person_who_answers_through_a_list_is_heard(store: TestStore) {
        let stage = Stage::set(store).await;
        let record = stage.opens(&stage.mail_from_kim("Outlook")).await;
        let mail = stage.mail_from_kim("Re: Outlook").to(&stage.reply_address(&record)).with("List-Id", "<it.example>");
        let fate = stage.arrives(&mail).await;
        assert!(matches!(fate, Fate::Reply { ticket, .. } if ticket == record.ticket.id), "{fate:?}");
        assert_eq!(stage.messages(record.ticket.id).await[1].kind, MessageKind::Customer);
    }

    async fn a_bounce_marks_the_address_and_is_on_the_ticket(store: TestStore) {
        let stage = Stage::set(store).await;
        let record = stage.opens(&stage.mail_from_kim("Outlook")).await;
        let id = record.ticket.id;
        let ours = stage.received(id).await.remove(0);
        let delayed = stage.arrives(&report(&stage, &ours.mail_id, &stage.kim.email, "delayed", "4.4.1")).await;
        assert_eq!(delayed, Fate::Bounce { outbox: ours.id });
        assert_eq!((suppressed(&stage).await, failures(&stage, id).await), (None, 0));
        let about_another = report(&stage, &ours.mail_id, STRANGER, "failed", "5.1.1");
        assert_eq!(stage.arrives(&about_another).await, Fate::Bounce { outbox: ours.id });
        assert_eq!(suppressed(&stage).await, None, "a report about somebody else proves nothing");

        let failed = report(&stage, &ours.mail_id, &stage.kim.email.to_uppercase(), "failed", "5.1.1");
        assert_eq!(stage.arrives(&failed).await, Fate::Bounce { outbox: ours.id });
        let reason = suppressed(&stage).await.expect("suppressed");
        assert!(reason.contains("5.1.1") && reason.contains("no such user"), "{reason}");
        assert_eq!(failures(&stage, id).await, 2);
        let kinds: Vec<MessageKind> = stage.messages(id).await.iter().map(|message| message.kind).collect();
        assert_eq!(kinds[1..], [MessageKind::Automatic; 3]);
        assert_eq!(stage.state(id).await, StateKind::Open);
        assert_eq!(stage.outbox(id).await.len(), 1, "it triggers nothing");
    }

    async fn a_daily_summary_that_comes_back_is_known_and_changes_no_ticket(store: TestStore) {
        let stage = Stage::set(store).await;
        let (manager, day) = (stage.store.seeded.manager, stage.store.clock.now().date_naive());
        let (to, notice) = (Recipient::Agent(manager), Notice::DailySummary { day });
        assert!(outbox::enqueue_desk(&stage.store, "daily-summary:x", to, &notice).await.expect("answered"));
        let pending = outbox::list_by_state(&stage.store, OutboxState::Pending, 10, None).await.expect("answered");
        let ours = &pending.items[0];
        let fate = stage.arrives(&report(&stage, &ours.mail_id, "manager@desk.example", "failed", "5.1.1")).await;
        assert_eq!(fate, Fate::Bounce { outbox: ours.id });
        let answer = stage.mail_from_kim("Re: yesterday").with("In-Reply-To", format!("<{}>", ours.mail_id));
        assert!(matches!(stage.arrives(&answer).await, Fate::Ticket { .. }), "whoever answers it opens a ticket");
    }

    async fn somebody_in_copy_is_marked_alone(store: TestStore) {
        let stage = Stage::set(store).await;
        let id = stage.opens(&stage.mail_from_kim("Outlook")).await.ticket.id;
        let mut words = said("See below.");
        words.cc = vec![stage.colleague.email.clone()];
        stage.does(id, Command::Reply { words, then: Then::Stay }).await;
        let ours = stage.outbox(id).await.pop().expect("a reply");
        stage.arrives(&report(&stage, &ours.mail_id, &stage.colleague.email, "failed", "5.1.1")).await;
        assert_eq!(suppressed(&stage).await, None);
        let colleague = directory::contact(&stage.store, stage.colleague.id).await.expect("answered");
        assert!(colleague.expect("a contact").suppressed.is_some());
    }

    async fn our_own_mails_are_no_messages_to_us(store: TestStore) {
        let stage = Stage::set(store).await;
        let record = stage.opens(&stage.mail_from_kim("Outlook")).await;
        let ours = stage.received(record.ticket.id).await.remove(0);
        let own_address = stage.mailbox.address.to_uppercase();
        let tagged = stage.reply_address(&record);
        for mail in [
            stage.mail_from(&own_address, "Loop"),
            stage.mail_from(&tagged, "Loop"),
            stage.mail_from(STRANGER, "Forwarded").with("Message-ID", format!("<{}>", ours.mail_id)),
        ] {
            let fate = stage.arrives(&mail).await;
            assert_eq!(fate.kind(), FateKind::Ignored, "{fate:?}");
        }
    }

    /// The other desk's mailbox opens a ticket here; from then on both only acknowledge.
    async fn two_desks_that_write_to_each_other_settle(store: TestStore) {
        let stage = Stage::set(store).await;
        let theirs = "support@other-desk.example";
        let record = stage.opens(&stage.mail_from(theirs, "Please look")).await;
        let ours = stage.received(record.ticket.id).await;
        assert_eq!(ours.len(), 1, "the one answer");
        // What an acknowledgement of the same make looks like when it comes back.
        let acknowledgement = stage
            .mail_from(theirs, "Re: Please look [#7]")
            .answering(&ours[0].mail_id)
            .with("Auto-Submitted", "auto-replied");
        for round in 1..=3 {
            let fate = stage.arrives(&acknowledgement.clone().with("Message-ID", format!("<{round}@other>"))).await;
            assert_eq!(fate.kind(), FateKind::Reply, "kept on the ticket: {fate:?}");
        }
        assert_eq!(stage.outbox(record.ticket.id).await.len(), 1, "nothing more is sent");
        assert_eq!(stage.count(FateKind::Ticket).await, 1);
    }
}
