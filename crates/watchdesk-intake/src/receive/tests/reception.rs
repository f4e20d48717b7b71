//! What the listener is told, and the worker that it wakes.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::sync::watch;
use watchdesk_store::both_databases;
use watchdesk_store::mail::{FateKind, Source, list_by_fate};
use watchdesk_store::testing::TestStore;

use super::stage::{Mail, STRANGER, Stage};
use crate::listener::{Accept, Envelope, Protocol, Verdict};

fn envelope(mail: &Mail) -> Envelope {
    Envelope {
        peer: SocketAddr::from((Ipv4Addr::LOCALHOST, 25)),
        helo: "mx.example".to_owned(),
        mail_from: mail.sender.clone().unwrap_or_default(),
        rcpt_to: vec![mail.recipient.clone()],
        body: mail.bytes(),
    }
}

both_databases! {
    async fn only_our_own_addresses_are_taken(store: TestStore) {
        let stage = Stage::set(store).await;
        let reception = stage.intake.reception(Protocol::Smtp);
        let (local, domain) = stage.mailbox.address.rsplit_once('@').expect("an address");
        let table = [
            (stage.mailbox.address.clone(), true),
            (stage.mailbox.address.to_uppercase(), true),
            (format!("{local}+anything@{domain}"), true),
            ("postmaster".to_owned(), true),
            (format!("Postmaster@{domain}"), true),
            (format!("nobody@{domain}"), false),
            (format!("{local}@elsewhere.example"), false),
            (format!("x{local}@{domain}"), false),
            ("postmaster@elsewhere.example".to_owned(), false),
        ];
        for (address, expected) in table {
            let verdict = reception.recipient(&address).await;
            let refused = matches!(&verdict, Verdict::Rejected { code: 550, text } if !text.is_empty());
            assert_eq!(verdict == Verdict::Accepted, expected, "{address}: {verdict:?}");
            assert_eq!(refused, !expected, "{address}: {verdict:?}");
        }
    }

    async fn accepted_mail_is_kept_first_and_worked_off_when_the_worker_wakes(store: TestStore) {
        let stage = Stage::set(store).await;
        let mails = [stage.mail_from_kim("One"), stage.mail_from(STRANGER, "Two"), stage.mail_from_kim("Null").with_null_sender()];
        for mail in &mails {
            let verdict = stage.intake.reception(Protocol::Lmtp).message(envelope(mail)).await;
            assert_eq!(verdict, Verdict::Accepted);
        }
        assert_eq!(stage.count(FateKind::Pending).await, mails.len(), "kept, and nothing more");
        let (stop, shutdown) = watch::channel(false);
        let mut changes = stage.store.changes();
        let intake = stage.intake.clone();
        let worker = tokio::spawn(async move { intake.run(shutdown).await });
        for _ in 0..2 {
            changes.recv().await.expect("a ticket");
        }
        stop.send(true).expect("somebody listens");
        worker.await.expect("a clean end");
        let tickets = list_by_fate(&stage.store, FateKind::Ticket, 10, None).await.expect("a list");
        assert_eq!(tickets.items.len(), 2);
        assert!(tickets.items.iter().all(|mail| mail.source == Source::Lmtp));
    }

    async fn a_desk_without_a_database_asks_the_peer_to_come_again(store: TestStore) {
        let stage = Stage::set(store).await;
        let mail = envelope(&stage.mail_from_kim("Lost?"));
        stage.store.close().await.expect("closed");
        let reception = stage.intake.reception(Protocol::Smtp);
        assert!(matches!(reception.recipient(&stage.mailbox.address).await, Verdict::TryLater { .. }));
        assert!(matches!(reception.message(mail).await, Verdict::TryLater { .. }));
    }
}
