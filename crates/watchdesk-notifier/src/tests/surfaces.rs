//! Everything that reaches a customer, and none of it carries what stays in the house.

use std::collections::BTreeSet;

use chrono::Duration;
use watchdesk_core::case::AnswerOutcome;
use watchdesk_core::command::{CaseCommand, CloseReason, Command, Unit, WordFrom, Words};
use watchdesk_core::effect::{Notice, Recipient};
use watchdesk_core::event::MessageKind;
use watchdesk_core::ids::{MessageId, TicketId};
use watchdesk_store::testing::TestStore;
use watchdesk_store::{both_databases, fresh_id, tickets};

use super::desk::{Desk, Wrote};
use super::incidents::{heard, link};
use crate::tasks::incident_news;

const SECRET: &str = "SECRET";
/// What the packet says to the operator.
const PACKET: [&str; 3] = ["Another profile; the same.", "0x80040115", "The portal is down."];

/// A new notice has to say whose it is.
fn is_for_customers(notice: &Notice) -> bool {
    match notice {
        Notice::Received { .. }
        | Notice::Reply { .. }
        | Notice::PassedOn { .. }
        | Notice::IncidentLinked { .. }
        | Notice::IncidentOver { .. }
        | Notice::Resolved { .. }
        | Notice::Closed => true,
        Notice::Assigned
        | Notice::CustomerWrote { .. }
        | Notice::WaitingOver
        | Notice::TargetNear { .. }
        | Notice::TargetMissed { .. }
        | Notice::NobodyToCall { .. }
        | Notice::EscalationProposed { .. }
        | Notice::Digest
        | Notice::RotaGap { .. }
        | Notice::HandOver { .. }
        | Notice::TimersStuck
        | Notice::RetestWanted { .. }
        | Notice::CaseAnswered { .. }
        | Notice::ToOperator { .. }
        | Notice::DailySummary { .. } => false,
    }
}

/// So has a new kind of message.
fn is_secret(kind: MessageKind) -> bool {
    match kind {
        MessageKind::Customer | MessageKind::Public => false,
        MessageKind::Note | MessageKind::Operator | MessageKind::Automatic => true,
    }
}

fn words(text: &str) -> Words {
    Words { mail_id: Some(format!("{}@21vianet.example", fresh_id())), ..Words::text(MessageId(fresh_id()), text) }
}

/// Up and back, with everything said that a customer must not read.
async fn up_and_back(desk: &Desk) -> TicketId {
    let ticket = desk.customer_opens(Wrote::default()).await;
    desk.triage(ticket).await;
    desk.note(ticket, "SECRET-NOTE").await;
    let case = desk.escalate(ticket, "SECRET-REFERENCE").await;
    let file = desk.attach("SECRET-FILE.txt", "text/plain", b"SECRET-BYTES").await;
    let said = Words { attachments: vec![file], ..words("SECRET-WORD") };
    desk.case(case, CaseCommand::Update { words: said, from: WordFrom::Operator, at: desk.now() }).await;
    desk.case(case, CaseCommand::Update { words: words("SECRET-OURS"), from: WordFrom::Us, at: desk.now() }).await;
    desk.reply(ticket, "We are on it.").await;
    desk.advance(Duration::minutes(1));
    let answer = CaseCommand::Answer { words: words("SECRET-ANSWER"), outcome: AnswerOutcome::Solved, at: desk.now() };
    desk.case(case, answer).await;
    desk.reply(ticket, "Please try again.").await;
    desk.resolve(ticket, "It works again.").await;
    ticket
}

both_databases! {
    async fn nothing_that_reaches_a_customer_carries_what_stays_in_the_house(store: TestStore) {
        let desk = Desk::over(store).await;
        let escalated = up_and_back(&desk).await;
        let affected = desk.customer_opens(Wrote { mail_id: Some("2@customer.example"), ..Wrote::default() }).await;
        desk.triage(affected).await;
        heard(&desk, true).await;
        link(&desk, affected).await;
        desk.advance(Duration::hours(1));
        heard(&desk, false).await;
        incident_news(&desk.store).await.expect("told");
        desk.system(Unit::ticket(affected, Command::Close { reason: CloseReason::Withdrawn })).await;

        let mut sent = BTreeSet::new();
        for ticket in [escalated, affected] {
            for row in desk.rows(ticket).await {
                let to_customer = matches!(row.recipient, Recipient::Contact(_));
                assert_eq!(to_customer, is_for_customers(&row.notice), "{:?}", row.notice);
                sent.extend(to_customer.then(|| row.notice.name()));
            }
        }
        let all = ["closed", "incident_linked", "incident_over", "passed_on", "received", "reply", "resolved"];
        assert_eq!(sent.into_iter().collect::<Vec<_>>(), all, "each kind of mail was tried");

        let customer = desk.email_of_contact(desk.store.seeded.contact).await;
        let mails = desk.delivered().await;
        let to_customer: Vec<_> = mails.iter().filter(|mail| mail.envelope_to == [customer.clone()]).collect();
        assert!(to_customer.len() >= all.len(), "{}", to_customer.len());
        for mail in to_customer {
            let files: String = mail.files().iter().map(|file| format!("{} {:?}", file.name, file.bytes)).collect();
            let seen = [mail.subject(), mail.text(), mail.html(), files].concat();
            for secret in [SECRET].iter().chain(&PACKET) {
                assert!(!seen.contains(secret), "{secret}: {seen}");
            }
        }
        assert!(mails.iter().any(|mail| mail.text().contains("SECRET-ANSWER")), "the owner does read it");

        for message in tickets::latest_messages(&desk.store, escalated, 100).await.expect("messages") {
            assert_eq!(message.kind.is_for_customer(), !is_secret(message.kind), "{:?}", message.kind);
            assert!(!message.kind.is_for_customer() || !message.body.contains(SECRET), "{}", message.body);
        }
    }
}
