//! Mails that answer, or pretend to.

use chrono::Duration;
use watchdesk_core::command::{Command, Then};
use watchdesk_core::desk::Language;
use watchdesk_core::event::MessageKind;
use watchdesk_core::ticket::{Link, LinkKind, StateKind};
use watchdesk_store::both_databases;
use watchdesk_store::directory::{MailboxFields, update_mailbox};
use watchdesk_store::mail::{Fate, FateKind};
use watchdesk_store::testing::TestStore;

use super::stage::{Mail, STRANGER, Stage, said};

both_databases! {
    async fn an_answer_of_the_customer_lands_in_his_ticket(store: TestStore) {
        let stage = Stage::set(store).await;
        let first = stage.mail_from_kim("Outlook");
        let record = stage.opens(&first).await;
        let id = record.ticket.id;
        stage.triages(id).await;
        stage.does(id, Command::Reply { words: said("Which version?"), then: Then::Wait { until: None } }).await;
        let ours = stage.outbox(id).await.last().expect("a reply").mail_id.clone();
        let address = stage.reply_address(&record);

        let answer = |body: &str| stage.mail_from_kim("Re: Outlook").saying(body);
        let quoting = "Version 16.\r\n\r\nOn Mon, 2 Mar 2026 at 09:00, Desk <support@desk.example> wrote:\r\n> Which version?";
        let ways: [Mail; 5] = [
            answer(quoting).to(&address),
            answer("folded").to(&address.to_uppercase()),
            answer("in copy").with("Cc", address.clone()),
            answer("our id").answering(&ours),
            answer("his own id").answering(&first.id()),
        ];
        for mail in &ways {
            let fate = stage.arrives(mail).await;
            assert!(matches!(fate, Fate::Reply { ticket, .. } if ticket == id), "{fate:?}");
        }
        assert_eq!(stage.state(id).await, StateKind::Triaged, "it waits no longer");
        let messages = stage.messages(id).await;
        let bodies: Vec<&str> = messages.iter().filter(|m| m.kind == MessageKind::Customer).map(|m| m.body.as_str()).collect();
        assert_eq!(bodies, ["About Outlook.", "Version 16.", "folded", "in copy", "our id", "his own id"]);
        assert_eq!(stage.received(id).await.len(), 1, "an answer is not acknowledged");
    }

    async fn who_only_quotes_a_ticket_gets_one_of_his_own_and_staff_are_told(store: TestStore) {
        let stage = Stage::set(store).await;
        let first = stage.mail_from_kim("Outlook").with("Cc", stage.colleague.email.clone());
        let record = stage.opens(&first).await;
        let number = record.ticket.number;
        let address = stage.reply_address(&record);
        let acknowledgement = stage.received(record.ticket.id).await[0].mail_id.clone();
        let by_stranger = |subject: &str| stage.mail_from(STRANGER, subject);
        let by_colleague = stage.mail_from(&stage.colleague.email, "Re: Outlook").to(&address);
        let mails = [
            by_stranger("token").to(&address),
            by_stranger("our id").answering(&acknowledgement),
            by_stranger("his id").answering(&first.id()),
            by_stranger(&format!("Re: Outlook [#{number}]")),
            by_colleague,
        ];
        let expected = format!("此邮件引用了工单 #{number}，但发件人并非该工单的参与者。");
        for mail in &mails {
            let other = stage.opens(mail).await;
            assert_ne!(other.ticket.id, record.ticket.id);
            assert!(other.ticket.links.is_empty());
            assert_eq!(stage.notes(other.ticket.id).await.concat(), expected);
        }
        let after = stage.ticket(record.ticket.id).await;
        assert_eq!(after.ticket, record.ticket, "nothing happened to the ticket that was quoted");
        assert_eq!(stage.messages(record.ticket.id).await.len(), 1);
    }

    async fn a_number_alone_or_a_forged_token_proves_nothing_even_of_a_participant(store: TestStore) {
        let stage = Stage::set(store).await;
        let record = stage.opens(&stage.mail_from_kim("Outlook")).await;
        let number = record.ticket.number;
        let (local, domain) = stage.mailbox.address.rsplit_once('@').expect("an address");
        let forged = format!("{local}+{number}.{}@{domain}", "a".repeat(26));
        let subject = format!("Re: Outlook [#{number}]");
        for mail in [stage.mail_from_kim("Forged").to(&forged), stage.mail_from_kim(&subject)] {
            let other = stage.opens(&mail).await;
            assert_ne!(other.ticket.id, record.ticket.id);
            let expected = format!("此邮件提到了工单 #{number}，但没有任何内容能证明它是对我方邮件的回复。");
            assert_eq!(stage.notes(other.ticket.id).await, [expected]);
        }
    }

    async fn an_answer_reopens_within_the_window_and_follows_up_afterwards(store: TestStore) {
        let stage = Stage::set(store).await;
        let record = stage.opens(&stage.mail_from_kim("Outlook")).await;
        let id = record.ticket.id;
        let address = stage.reply_address(&record);
        stage.resolves(id).await;
        stage.later(Duration::days(6));
        let fate = stage.arrives(&stage.mail_from_kim("Re: Outlook").to(&address)).await;
        assert_eq!(fate.kind(), FateKind::Reply);
        assert_eq!(stage.state(id).await, StateKind::Triaged);

        stage.does(id, Command::Resolve { words: said("Now it does.") }).await;
        stage.later(Duration::days(8));
        let follow_up = stage.opens(&stage.mail_from_kim("Re: Outlook again").to(&address)).await;
        assert_eq!(stage.state(id).await, StateKind::Resolved, "left as it is");
        let goes_on = Link { kind: LinkKind::FollowUpOf, to: id };
        assert_eq!(follow_up.ticket.links, [goes_on].into());
        let back = Link { kind: LinkKind::FollowedUpBy, to: follow_up.ticket.id };
        assert_eq!(stage.ticket(id).await.ticket.links, [back].into());
        assert_eq!(follow_up.ticket.customer, record.ticket.customer);
        assert_eq!(stage.received(follow_up.ticket.id).await.len(), 1);
        assert_eq!(stage.notes(follow_up.ticket.id).await, [""; 0]);
    }

    async fn an_answer_to_a_ticket_that_was_merged_goes_to_the_one_that_is_left(store: TestStore) {
        let stage = Stage::set(store).await;
        let merged = stage.opens(&stage.mail_from_kim("Twice")).await;
        let left = stage.opens(&stage.mail_from(&stage.colleague.email, "Once")).await;
        let acknowledgement = stage.received(merged.ticket.id).await[0].mail_id.clone();
        stage.does(merged.ticket.id, Command::Merge { into: left.ticket.id }).await;
        let address = stage.reply_address(&merged);
        for mail in [stage.mail_from_kim("Re: Twice").to(&address), stage.mail_from_kim("Re: 2").answering(&acknowledgement)] {
            let fate = stage.arrives(&mail).await;
            assert!(matches!(fate, Fate::Reply { ticket, .. } if ticket == left.ticket.id), "{fate:?}");
        }
        let stranger = stage.opens(&stage.mail_from(STRANGER, "Re: Twice").to(&address)).await;
        assert_ne!(stranger.ticket.id, left.ticket.id);
    }

    async fn what_we_add_speaks_the_language_of_the_mailbox(store: TestStore) {
        let stage = Stage::set(store).await;
        let number = stage.opens(&stage.mail_from_kim("Outlook")).await.ticket.number;
        let mailbox = stage.mailbox.clone();
        let fields = MailboxFields {
            address: mailbox.address,
            name: mailbox.name,
            team: mailbox.team,
            language: Language::English,
            signature: mailbox.signature,
            support: mailbox.support,
            active: true,
        };
        update_mailbox(&stage.store, mailbox.id, fields).await.expect("updated");
        let other = stage.opens(&stage.mail_from(STRANGER, &format!("[#{number}]"))).await;
        let expected = format!("This mail quotes ticket #{number}, but its sender is no participant there.");
        assert_eq!(stage.notes(other.ticket.id).await, [expected]);
        let nameless = stage.opens(&stage.mail_from(STRANGER, "x").without("Subject")).await;
        assert_eq!(nameless.words.subject, "(no subject)");
    }
}
