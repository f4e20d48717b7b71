//! Letters to an operator that takes mail.

use chrono::Duration;
use watchdesk_core::command::{CaseCommand, Words};
use watchdesk_core::disclosure::Handed;
use watchdesk_core::effect::Notice;
use watchdesk_core::ids::MessageId;
use watchdesk_core::operator::Takes;
use watchdesk_store::outbox::OutboxState;
use watchdesk_store::testing::TestStore;
use watchdesk_store::{both_databases, fresh_id};

use super::desk::{Desk, Wrote};

const ADDRESS: &str = "desk@operator.example";

fn letter(text: &str) -> Words {
    Words::text(MessageId(fresh_id()), text)
}

both_databases! {
    async fn a_packet_goes_out_as_a_mail_with_its_files_and_later_words_hang_below_it(store: TestStore) {
        let store = store.with_operator(Takes::Mail { address: ADDRESS.to_owned() }).await;
        let desk = Desk::over(store).await;
        let ticket = desk.customer_opens(Wrote::default()).await;
        desk.triage(ticket).await;
        let file = desk.attach("trace.txt", "text/plain", b"EHLO").await;
        desk.reply_with(
            ticket,
            Words { attachments: vec![file], ..letter("We look at this trace.") },
            watchdesk_core::command::Then::Stay,
        )
        .await;
        desk.delivered().await;

        let send = CaseCommand::Send { letter: letter("The packet."), severity: None, tenant_id: String::new(), handed: Handed::default() };
        let case = desk.goes_up(ticket, |draft| draft.handing.attachments.push(file), send).await;
        let mails = desk.delivered().await;
        let [mail] = mails.iter().filter(|mail| mail.envelope_to == [ADDRESS]).collect::<Vec<_>>()[..] else {
            panic!("one letter: {}", mails.len())
        };
        assert_eq!(mail.text().trim(), "The packet.", "the words of the thread, and nothing beside them");
        assert!(mail.subject().contains("Outlook asks for a password"), "{}", mail.subject());
        assert_eq!(mail.files().iter().map(|file| file.name.clone()).collect::<Vec<_>>(), ["trace.txt"]);
        assert_eq!(mail.header("Auto-Submitted"), None, "a person sent it");
        assert_eq!(mail.header("Reply-To"), None, "no way onto the customer's thread");
        assert!(!mail.html().contains("desk.example.cn"), "no link into the house");

        desk.case(case, CaseCommand::RecordReference { reference: "FK-7".to_owned() }).await;
        desk.advance(Duration::hours(1));
        desk.case(case, CaseCommand::Write { letter: letter("The trace shows 4.7.1.") }).await;
        let mails = desk.delivered().await;
        let [later] = &mails[..] else { panic!("one letter: {}", mails.len()) };
        assert_eq!(later.envelope_to, [ADDRESS]);
        assert!(later.subject().contains("FK-7") && later.text().contains("4.7.1"), "{}", later.subject());
        assert_eq!(later.references()[0], mail.references()[0], "one thread");
        assert_eq!(later.files().len(), 0);

        let rows = desk.rows(ticket).await;
        let letters: Vec<_> = rows.iter().filter(|row| matches!(row.notice, Notice::ToOperator { .. })).collect();
        assert!(letters.len() == 2 && letters.iter().all(|row| row.state == OutboxState::Sent));
    }

    async fn what_goes_by_an_interface_is_no_mail(store: TestStore) {
        let store = store.with_operator(Takes::ServiceRequests { topic: "7".to_owned() }).await;
        let desk = Desk::over(store).await;
        let ticket = desk.customer_opens(Wrote::default()).await;
        desk.triage(ticket).await;
        let send = CaseCommand::Send { letter: letter("The packet."), severity: None, tenant_id: String::new(), handed: Handed::default() };
        desk.goes_up(ticket, |_| {}, send).await;
        for mail in desk.delivered().await {
            assert!(!mail.text().contains("The packet."), "{}", mail.text());
        }
        let rows = desk.rows(ticket).await;
        let waiting = rows.iter().find(|row| matches!(row.notice, Notice::ToOperator { .. })).expect("a letter");
        assert_eq!((waiting.state, waiting.attempts), (OutboxState::Pending, 0), "it waits for the connector");
    }
}
