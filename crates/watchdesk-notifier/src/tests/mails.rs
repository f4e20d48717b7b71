//! What the desk writes, to whom, and where it stands in the conversation.

use chrono::Duration;
use watchdesk_core::case::AnswerOutcome;
use watchdesk_core::command::{CaseCommand, CloseReason, Command, Then, Unit, WordFrom, Words};
use watchdesk_core::desk::Language;
use watchdesk_core::ids::MessageId;
use watchdesk_store::directory::{self, ContactFields};
use watchdesk_store::outbox::OutboxState;
use watchdesk_store::testing::TestStore;
use watchdesk_store::{both_databases, fresh_id};

use super::desk::{BASE_URL, Desk, Wrote};
use super::mime::File;

both_databases! {
    async fn an_acknowledgement_threads_under_the_customers_mail(store: TestStore) {
        let desk = Desk::over(store).await;
        let wrote = Wrote { cc: &["boss@customer.example"], subject: "SPAM-TEXT-OF-A-STRANGER", ..Wrote::default() };
        let ticket = desk.customer_opens(wrote).await;
        let mail = desk.one_mail().await;
        let number = desk.ticket(ticket).await.ticket.number.to_string();
        let row = desk.rows(ticket).await.remove(0);
        let customer = desk.email_of_contact(desk.store.seeded.contact).await;
        let mailbox = desk.mailbox_address().await;

        assert_eq!(mail.id(), row.mail_id);
        assert_eq!(mail.in_reply_to(), "his-1@customer.example");
        assert_eq!(mail.references(), ["his-1@customer.example"]);
        assert_eq!(mail.header("Auto-Submitted").as_deref(), Some("auto-replied"));
        assert_eq!(mail.header("X-Auto-Response-Suppress").as_deref(), Some("All"));
        assert_eq!(mail.envelope_to, [customer.as_str()], "the requester alone, never his Cc");
        assert_eq!(mail.addresses("To"), [customer]);
        assert_eq!(mail.header("Cc"), None);
        assert_eq!(mail.addresses("From"), [mailbox.as_str()]);
        assert_eq!(mail.envelope_from, mailbox);
        let (local, domain) = mailbox.split_once('@').unwrap();
        let reply_to = mail.addresses("Reply-To").remove(0);
        assert!(reply_to.starts_with(&format!("{local}+{number}.")) && reply_to.ends_with(domain), "{reply_to}");
        for words in [mail.subject(), mail.text(), mail.html()] {
            assert!(words.contains(&number), "{words}");
            assert!(!words.contains("SPAM-TEXT"), "an automatic mail carries nobody's words: {words}");
        }
        assert!(mail.encodings().iter().all(|encoding| ["base64", "quoted-printable"].contains(&encoding.as_str())));
        assert_eq!(row.state, OutboxState::Sent);
        assert_eq!(desk.delivered().await.len(), 0, "once and no more");
    }
}

both_databases! {
    async fn a_reply_carries_its_cc_and_its_attachment(store: TestStore) {
        let desk = Desk::over(store).await;
        let ticket = desk.customer_opens(Wrote::default()).await;
        let received = desk.one_mail().await;
        desk.triage(ticket).await;
        desk.delivered().await;
        desk.advance(Duration::minutes(5));
        desk.customer_answers(ticket, Wrote { mail_id: Some("his-2@customer.example"), body: "Still.", ..Wrote::default() }).await;
        desk.delivered().await;
        desk.advance(Duration::minutes(5));

        let customer = desk.email_of_contact(desk.store.seeded.contact).await;
        let own = desk.mailbox_address().await;
        let mut words = Words::text(MessageId(fresh_id()), "Please install it.\n.\nThe dot stays.");
        words.attachments = vec![desk.attach("补丁 \"1\".zip", "application/zip", b"PK\x03\x04\r\n.\r\n").await];
        words.cc = ["Boss <boss@customer.example>", "BOSS@customer.example", customer.as_str(), own.as_str()]
            .map(str::to_owned).to_vec();
        let until = desk.now() + Duration::days(2);
        desk.reply_with(ticket, words, Then::Wait { until: Some(until) }).await;
        let mail = desk.one_mail().await;

        assert_eq!(mail.envelope_to, ["boss@customer.example", customer.as_str()].map(str::to_owned), "each once, ourselves never");
        assert_eq!(mail.addresses("To"), [customer]);
        assert_eq!(mail.addresses("Cc"), ["boss@customer.example"]);
        assert_eq!(mail.in_reply_to(), "his-2@customer.example");
        assert_eq!(mail.references(), ["his-1@customer.example".to_owned(), received.id(), "his-2@customer.example".to_owned()]);
        assert_eq!(mail.header("Auto-Submitted"), None, "a person wrote it");
        assert!(mail.subject().starts_with("Re: Outlook asks for a password [#"), "{}", mail.subject());
        assert!(mail.text().contains("Please install it.\n.\nThe dot stays."), "{}", mail.text());
        assert!(mail.text().contains("Still."), "quotes what it answers: {}", mail.text());
        let file = File {
            name: "补丁 '1'.zip".to_owned(),
            content_type: "application/zip".to_owned(),
            bytes: b"PK\x03\x04\r\n.\r\n".to_vec(),
        };
        assert_eq!(mail.files(), [file]);
    }
}

both_databases! {
    async fn notes_and_the_operators_words_stay_in_the_house(store: TestStore) {
        let desk = Desk::over(store).await;
        let ticket = desk.customer_opens(Wrote::default()).await;
        desk.triage(ticket).await;
        desk.note(ticket, "SECRET-NOTE").await;
        let case = desk.escalate(ticket, "SECRET-REFERENCE").await;
        let words = Words::text(MessageId(fresh_id()), "SECRET-WORD");
        desk.case(case, CaseCommand::Update { words, from: WordFrom::Operator, at: desk.now() }).await;
        let words = Words::text(MessageId(fresh_id()), "SECRET-ANSWER");
        desk.case(case, CaseCommand::Answer { words, outcome: AnswerOutcome::Solved, at: desk.now() }).await;
        desk.resolve(ticket, "It works again.").await;
        let customer = desk.email_of_contact(desk.store.seeded.contact).await;
        let agent = desk.email_of(desk.store.seeded.agent).await;
        let mails = desk.delivered().await;

        let to_customer: Vec<_> = mails.iter().filter(|mail| mail.envelope_to == [customer.clone()]).collect();
        assert_eq!(to_customer.len(), 3, "received, passed on, resolved");
        for mail in &to_customer {
            let all = [mail.subject(), mail.text(), mail.html()].concat();
            assert!(!all.contains("SECRET"), "{all}");
        }
        let passed_on = to_customer.iter().find(|mail| mail.subject().contains("21Vianet") || mail.subject().contains("世纪互联"));
        assert_eq!(passed_on.unwrap().header("Auto-Submitted").as_deref(), Some("auto-generated"));
        let answered = mails.iter().find(|mail| mail.text().contains("SECRET-ANSWER")).expect("the owner is told");
        assert_eq!(answered.envelope_to, [agent]);
        assert!(answered.text().contains("SECRET-REFERENCE"));
    }
}

both_databases! {
    async fn colleagues_get_a_link_and_what_is_due(store: TestStore) {
        let desk = Desk::over(store).await;
        let ticket = desk.customer_opens(Wrote::default()).await;
        desk.delivered().await;
        desk.triage(ticket).await;
        let mail = desk.one_mail().await;
        let number = desk.ticket(ticket).await.ticket.number;
        assert_eq!(mail.envelope_to, [desk.email_of(desk.store.seeded.agent).await]);
        assert!(mail.text().contains(&format!("{BASE_URL}/tickets/{number}")), "{}", mail.text());
        assert_eq!(mail.header("Auto-Submitted").as_deref(), Some("auto-generated"));
        assert_eq!(mail.header("Reply-To"), None, "a reply by mail gives nobody rights");
        desk.customer_answers(ticket, Wrote { body: "Any news?", mail_id: Some("his-2@customer.example"), ..Wrote::default() }).await;
        let wrote = desk.one_mail().await;
        assert!(wrote.text().contains("Any news?"));
        assert_eq!(wrote.references(), mail.references(), "mails about one ticket hang together");
    }
}

both_databases! {
    async fn a_conversation_by_telephone_hangs_together_in_the_customers_language(store: TestStore) {
        let desk = Desk::over(store).await;
        let fields = ContactFields {
            customer: Some(desk.store.seeded.customer),
            name: "李雷".to_owned(),
            email: "lilei@customer.example".to_owned(),
            phone: None,
            language: Some(Language::Chinese),
            whole_organisation: false,
        };
        let contact = directory::create_contact(&desk.store, fields).await.unwrap().id;
        let ticket = desk.opens(contact, Wrote { mail_id: None, ..Wrote::default() }).await;
        let received = desk.one_mail().await;
        assert!(received.text().contains("工单") || received.subject().contains("工单") || received.text().contains("您"), "{}", received.text());
        assert!(received.header("To").unwrap().starts_with("李雷"), "{:?}", received.header("To"));
        desk.triage(ticket).await;
        desk.delivered().await;
        desk.advance(Duration::minutes(1));
        desk.reply(ticket, "请重新登录。").await;
        let reply = desk.one_mail().await;
        assert_eq!(reply.in_reply_to(), received.id());
        assert_eq!(reply.references(), [received.references().remove(0), received.id()]);
        assert!(reply.text().contains("请重新登录。"));
    }
}

both_databases! {
    async fn closing_is_told_and_spam_is_not_answered(store: TestStore) {
        let desk = Desk::over(store).await;
        let ticket = desk.customer_opens(Wrote::default()).await;
        desk.delivered().await;
        desk.system(Unit::ticket(ticket, Command::Close { reason: CloseReason::Withdrawn })).await;
        let mail = desk.one_mail().await;
        assert_eq!(mail.header("Auto-Submitted").as_deref(), Some("auto-generated"));
        assert_eq!(mail.in_reply_to(), "his-1@customer.example");
        let spam = desk.customer_opens(Wrote { mail_id: Some("spam@customer.example"), ..Wrote::default() }).await;
        desk.delivered().await;
        desk.system(Unit::ticket(spam, Command::Close { reason: CloseReason::Spam })).await;
        assert_eq!(desk.delivered().await.len(), 0);
    }
}

both_databases! {
    async fn who_asked_not_to_be_written_to_is_not(store: TestStore) {
        let desk = Desk::over(store).await;
        let colleague = desk.store.seeded.colleague;
        directory::suppress_contact(&desk.store, colleague, Some("bounced for good")).await.unwrap();
        let ticket = desk.customer_opens(Wrote::default()).await;
        desk.delivered().await;
        let mut words = Words::text(MessageId(fresh_id()), "Done.");
        words.cc = vec![desk.email_of_contact(colleague).await, "no address".to_owned()];
        desk.reply_with(ticket, words, Then::Stay).await;
        let mail = desk.one_mail().await;
        assert_eq!(mail.header("Cc"), None);
        let reply = desk.rows(ticket).await.pop().unwrap();
        let attempts = watchdesk_store::outbox::attempts(&desk.store, reply.id).await.unwrap();
        assert!(attempts[0].detail.contains("Cc left out: 1 not usable, 1 suppressed"), "{attempts:?}");

        directory::suppress_contact(&desk.store, desk.store.seeded.contact, Some("bounced for good")).await.unwrap();
        desk.reply(ticket, "Are you there?").await;
        assert_eq!(desk.delivered().await.len(), 0);
        let last = desk.rows(ticket).await.pop().unwrap();
        assert_eq!(last.state, OutboxState::Suppressed);
        assert!(last.last_error.unwrap().contains("bounced for good"));
        assert_eq!(desk.status.snapshot().mails.suppressed, 1);
    }
}
