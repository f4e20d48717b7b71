//! Mails that open a ticket.

use chrono::Duration;
use watchdesk_core::effect::Recipient;
use watchdesk_core::event::MessageKind;
use watchdesk_core::mail::AUTOMATIC_ANSWERS_MAX;
use watchdesk_core::ticket::{Channel, StateKind};
use watchdesk_store::mail::{Envelope, Fate, FateKind, Source};
use watchdesk_store::testing::TestStore;
use watchdesk_store::{attachments, both_databases, check, directory, tickets};

use super::stage::{STRANGER, Stage};

both_databases! {
    async fn a_customers_mail_becomes_a_ticket_and_is_acknowledged(store: TestStore) {
        let stage = Stage::set(store).await;
        let mail = stage.mail_from_kim("Outlook asks for a password").with("Cc", "Boss <boss@customer.example>");
        let record = stage.opens(&mail).await;
        let ticket = &record.ticket;
        assert_eq!(record.words.subject, "Outlook asks for a password");
        assert_eq!(ticket.state.kind(), StateKind::Open);
        assert_eq!(ticket.channel, Channel::Mail);
        assert_eq!(ticket.requester, stage.kim.id);
        assert_eq!(ticket.customer, Some(stage.store.seeded.customer));
        assert_eq!(ticket.mailbox, Some(stage.mailbox.id));
        assert_eq!(ticket.team, stage.mailbox.team);
        assert_eq!(ticket.opened_at, stage.store.clock.now());

        let messages = stage.messages(ticket.id).await;
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0].kind, MessageKind::Customer);
        assert_eq!(messages[0].body, "About Outlook asks for a password.");
        assert_eq!(messages[0].cc, ["boss@customer.example"]);
        assert_eq!(messages[0].mail_id, Some(mail.id()));

        let received = stage.received(ticket.id).await;
        assert_eq!(received.len(), 1);
        assert_eq!(received[0].recipient, Recipient::Contact(stage.kim.id));
        let report = check(&stage.store, &mut |_| {}).await.expect("checked");
        assert_eq!(report.findings, []);
    }

    async fn a_stranger_is_a_customer_by_the_domain_or_by_nothing(store: TestStore) {
        let stage = Stage::set(store).await;
        let customer = directory::customer(&stage.store, stage.store.seeded.customer).await;
        let customer = customer.expect("answered").expect("a customer");
        let domain = customer.domains.first().expect("a domain").to_uppercase();
        let known = stage.opens(&stage.mail_from(&format!("New.Person@{domain}"), "One")).await;
        assert_eq!(known.ticket.customer, Some(customer.id));
        let mail = stage.mail_from(STRANGER, "Two").with("From", format!("Mallory M. <{STRANGER}>"));
        let unknown = stage.opens(&mail).await;
        assert_eq!(unknown.ticket.customer, None);
        let contact = directory::contact(&stage.store, unknown.ticket.requester).await.expect("answered");
        assert_eq!(contact.map(|contact| (contact.name, contact.email)), Some(("Mallory M.".into(), STRANGER.into())));
        assert_eq!(stage.received(unknown.ticket.id).await.len(), 1, "strangers are told as well");
    }

    async fn a_mail_that_waited_keeps_the_time_at_which_it_was_accepted(store: TestStore) {
        let stage = Stage::set(store).await;
        let accepted_at = stage.store.clock.now();
        let id = stage.stored(&stage.mail_from_kim("Waited").with("Date", "Mon, 1 Jan 2001 00:00:00 +0000")).await;
        stage.later(Duration::hours(2));
        let fate = stage.intake.process(id).await.expect("processed");
        let Fate::Ticket { ticket, .. } = fate else { panic!("{fate:?}") };
        assert_eq!(stage.ticket(ticket).await.ticket.opened_at, accepted_at);
        let clocks = tickets::clocks(&stage.store, ticket).await.expect("answered");
        assert!(!clocks.is_empty());
        assert!(clocks.iter().all(|clock| clock.started_at == accepted_at), "{clocks:?}");
        assert_eq!(stage.intake.process(id).await.expect("again"), stage.fate(id).await);
        assert_eq!(stage.received(ticket).await.len(), 1);
    }

    async fn two_who_take_up_one_mail_make_one_ticket(store: TestStore) {
        let stage = Stage::set(store).await;
        let id = stage.stored(&stage.mail_from_kim("Race")).await;
        let (one, two) = tokio::join!(stage.intake.process(id), stage.intake.process(id));
        assert_eq!(one.expect("one"), two.expect("two"));
        let Fate::Ticket { ticket, .. } = stage.fate(id).await else { panic!("no ticket") };
        assert_eq!(stage.messages(ticket).await.len(), 1);
        assert_eq!(stage.received(ticket).await.len(), 1);
        assert_eq!(stage.ticket(ticket).await.ticket.number, first_number(&stage).await, "no second ticket was made");
    }

    async fn files_and_html_come_along_cleaned(store: TestStore) {
        let stage = Stage::set(store).await;
        let body = "--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
            <p>Look <img src=\"cid:shot@x\"><script>alert(1)</script></p>\r\n\
            --b\r\nContent-Type: image/png; name=\"shot.png\"\r\nContent-ID: <shot@x>\r\n\
            Content-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--b--";
        let mail = stage.mail_from_kim("Picture").with("Content-Type", "multipart/related; boundary=b").saying(body);
        let record = stage.opens(&mail).await;
        let message = stage.messages(record.ticket.id).await.remove(0);
        let html = message.html.expect("html");
        assert!(html.contains("cid:shot@x") && !html.contains("script") && !html.contains("alert"), "{html}");
        assert_eq!(message.body.trim(), "Look");
        assert_eq!(message.attachments.len(), 1);
        let file = attachments::get(&stage.store, message.attachments[0].id).await.expect("answered");
        let (meta, bytes) = file.expect("a file");
        assert_eq!((meta.filename.as_str(), meta.inline_id.as_deref()), ("shot.png", Some("shot@x")));
        assert_eq!(bytes, b"\x89PNG\r\n\x1a\n");
    }

    async fn one_address_is_acknowledged_so_often_and_loses_no_mail(store: TestStore) {
        let stage = Stage::set(store).await;
        for round in 0..AUTOMATIC_ANSWERS_MAX {
            let record = stage.opens(&stage.mail_from(STRANGER, &format!("Round {round}"))).await;
            assert_eq!(stage.received(record.ticket.id).await.len(), 1);
        }
        let silent = stage.opens(&stage.mail_from(STRANGER, "One too many")).await;
        assert_eq!(stage.received(silent.ticket.id).await.len(), 0);
        let other = stage.opens(&stage.mail_from_kim("Somebody else")).await;
        assert_eq!(stage.received(other.ticket.id).await.len(), 1);
        stage.later(Duration::hours(2));
        let later = stage.opens(&stage.mail_from(STRANGER, "Later")).await;
        assert_eq!(stage.received(later.ticket.id).await.len(), 1);
    }

    async fn a_pipe_is_answered_with_the_fate(store: TestStore) {
        let stage = Stage::set(store).await;
        let bytes = stage.mail_from_kim("By pipe").bytes();
        let nobody_said = Envelope::default();
        let (id, fate) = stage.intake.receive_one(Source::Pipe, &nobody_said, &bytes).await.expect("kept");
        let Fate::Ticket { ticket, .. } = fate else { panic!("{fate:?}") };
        assert_eq!(stage.ticket(ticket).await.ticket.mailbox, Some(stage.mailbox.id), "found by the header");
        assert_eq!(stage.received(ticket).await.len(), 1);
        assert_eq!(stage.fate(id).await.kind(), FateKind::Ticket);
        let again = stage.intake.receive_one(Source::Pipe, &nobody_said, &bytes).await.expect("kept");
        assert_eq!(again.1, Fate::Duplicate { of: id });
        let too_large = vec![b'a'; crate::parse::MAX_MAIL_BYTES + 1];
        assert!(stage.intake.receive_one(Source::Pipe, &nobody_said, &too_large).await.is_err());
    }
}

async fn first_number(stage: &Stage) -> watchdesk_core::ids::TicketNumber {
    let filter = tickets::TicketFilter::default();
    let everything = watchdesk_core::rights::Visibility::Everything;
    let page =
        tickets::list(&stage.store, &everything, &filter, tickets::Sort::Created, 10, None).await.expect("a list");
    assert_eq!(page.items.len(), 1);
    page.items[0].ticket.number
}
