//! Old mailboxes.

use std::fs;

use watchdesk_core::ticket::{Closing, Link, LinkKind, State};
use watchdesk_store::mail::{self, Envelope, Fate, FateKind, Source};
use watchdesk_store::testing::TestStore;
use watchdesk_store::{both_databases, check, tickets};

use super::stage::{STRANGER, Stage};
use crate::IntakeError;

fn mbox(stage: &Stage) -> Vec<u8> {
    let first = stage.mail_from(STRANGER, "Old question").with("Message-ID", "<old-1@x>");
    let answer = stage.mail_from(STRANGER, "Re: Old question").with("Message-ID", "<old-2@x>").answering("old-1@x");
    let vacation = stage.mail_from_kim("Away").with("Message-ID", "<old-3@x>").with("Auto-Submitted", "auto-replied");
    let ours = stage.mail_from(&stage.mailbox.address, "Our answer").with("Message-ID", "<old-4@x>");
    let nameless = stage.mail_from_kim("x").without("From").with("Message-ID", "<old-5@x>");
    let mut bytes = Vec::new();
    for mail in [first, answer, vacation, ours, nameless] {
        bytes.extend_from_slice(b"From someone Mon May  4 10:00:00 2020\n");
        bytes.extend(mail.bytes().into_iter().filter(|byte| *byte != b'\r'));
        bytes.push(b'\n');
    }
    bytes
}

both_databases! {
    async fn an_old_mailbox_is_closed_tickets_and_nothing_else(store: TestStore) {
        let stage = Stage::set(store).await;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("old.mbox");
        fs::write(&path, mbox(&stage)).expect("written");
        let mut steps = 0;
        let report = stage.intake.import(&path, |_| steps += 1).await.expect("imported");
        assert_eq!((report.seen, report.imported, report.duplicates, report.ignored, report.failures), (5, 3, 0, 1, 1));
        assert_eq!(steps, 5);
        assert_eq!(report.failed[0].source, "old.mbox#5");

        let page = mail::list_by_fate(&stage.store, FateKind::Ticket, 10, None).await.expect("a list");
        let mut opened = Vec::new();
        for meta in page.items.iter().rev() {
            let Fate::Ticket { ticket, .. } = meta.fate else { panic!("{:?}", meta.fate) };
            opened.push(stage.ticket(ticket).await);
        }
        let at = "2020-05-04T10:00:00Z".parse().expect("a time");
        for record in &opened {
            let ticket = &record.ticket;
            assert!(ticket.imported);
            assert_eq!(ticket.state, State::Closed { at, reason: Closing::Imported });
            assert_eq!(ticket.opened_at, at);
            assert_eq!(stage.outbox(ticket.id).await, []);
            assert_eq!(tickets::clocks(&stage.store, ticket.id).await.expect("answered"), []);
            assert_eq!((record.due_at, record.next_fire_at), (None, None));
        }
        let goes_on = Link { kind: LinkKind::FollowUpOf, to: opened[0].ticket.id };
        assert_eq!(opened[1].ticket.links, [goes_on].into());
        let report = check(&stage.store, &mut |_| {}).await.expect("checked");
        assert_eq!(report.findings, []);

        let again = stage.intake.import(&path, |_| {}).await.expect("imported");
        assert_eq!((again.seen, again.imported, again.duplicates), (5, 0, 5));
        assert_eq!(stage.count(FateKind::Ticket).await, 3);
    }

    async fn an_import_that_was_interrupted_goes_on(store: TestStore) {
        let stage = Stage::set(store).await;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("one.eml");
        let bytes = stage.mail_from_kim("Old").with("Date", "Mon, 4 May 2020 12:00:00 +0200").bytes();
        fs::write(&path, &bytes).expect("written");
        let nobody = Envelope::default();
        let id = mail::store_raw(&stage.store, Source::Import, &nobody, &bytes).await.expect("stored");
        let report = stage.intake.import(&path, |_| {}).await.expect("imported");
        assert_eq!((report.imported, report.duplicates), (1, 0));
        let Fate::Ticket { ticket, .. } = stage.fate(id).await else { panic!("no ticket") };
        assert!(stage.ticket(ticket).await.ticket.imported, "also when the worker takes it up");
        // The same mail on the wire is news.
        let live = stage.stored_bytes(&stage.mail_from_kim("x"), &bytes).await;
        let fate = stage.intake.process(live).await.expect("processed");
        assert_eq!(fate.kind(), FateKind::Ticket);
    }

    async fn a_message_without_a_time_has_its_own_word_for_it_but_not_the_future(store: TestStore) {
        let stage = Stage::set(store).await;
        let folder = tempfile::tempdir().expect("a folder");
        let now = stage.store.clock.now();
        let then = "2020-05-04T10:00:00Z".parse().expect("a time");
        let dates = [("Mon, 4 May 2020 12:00:00 +0200", then), ("Mon, 4 May 2099 12:00:00 +0200", now), ("soon", now)];
        for (round, (date, expected)) in dates.into_iter().enumerate() {
            let path = folder.path().join(format!("{round}.eml"));
            fs::write(&path, stage.mail_from_kim("Old").with("Date", date).bytes()).expect("written");
            stage.intake.import(&path, |_| {}).await.expect("imported");
            let newest = mail::list_by_fate(&stage.store, FateKind::Ticket, 1, None).await.expect("a list");
            let Fate::Ticket { ticket, .. } = newest.items[0].fate else { panic!("no ticket") };
            assert_eq!(stage.ticket(ticket).await.ticket.opened_at, expected, "{date}");
        }
        let missing = stage.intake.import(&folder.path().join("none"), |_| {}).await;
        assert!(matches!(missing, Err(IntakeError::Archive(_))), "{missing:?}");
    }
}
