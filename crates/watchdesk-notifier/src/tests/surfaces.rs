//! Every mail that reaches a customer, and none carries what stays in the house. Pages and API have their own such test.

use std::collections::BTreeSet;

use chrono::Duration;
use watchdesk_core::case::{AnswerOutcome, Evidence, Measure};
use watchdesk_core::command::{CaseCommand, CloseReason, Command, DraftCase, Unit, WordFrom, Words};
use watchdesk_core::effect::{Notice, Recipient};
use watchdesk_core::event::MessageKind;
use watchdesk_core::ids::{MessageId, TicketId};
use watchdesk_store::testing::TestStore;
use watchdesk_store::{both_databases, fresh_id, tickets};

use super::desk::{Desk, Wrote};
use super::incidents::{heard, link};
use crate::tasks::incident_news;

/// Whatever stays in the house is called so, and mails of the operator's come from there.
const SECRETS: [&str; 2] = ["SECRET", "21vianet.example"];

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

/// Every text of the packet.
fn secret_draft(draft: &mut DraftCase) {
    let secret = |field: &str| format!("SECRET-{field}");
    draft.summary = secret("SUMMARY");
    draft.health_waiver = Some(secret("WAIVER"));
    draft.not_this_incident = Some(secret("OTHER"));
    draft.incident_override = Some(secret("OVERRIDE"));
    draft.evidence = Evidence {
        tried: secret("TRIED"),
        impact: secret("IMPACT"),
        affected_users: Some(40),
        since: draft.evidence.since,
        error_texts: secret("ERROR"),
        tenant_id: secret("TENANT"),
        subscription_id: secret("SUBSCRIPTION"),
        order_id: secret("ORDER"),
        customer_id: secret("CUSTOMER"),
        mpn_id: secret("MPN"),
        domain_name: secret("DOMAIN"),
        invoice_number: secret("INVOICE"),
    };
}

/// Refused, with what was learned from it.
async fn refused(desk: &Desk, ticket: TicketId) {
    let case = desk.escalate_with(ticket, "SECRET-FIRST", secret_draft).await;
    desk.advance(Duration::minutes(1));
    desk.case(case, CaseCommand::Refuse { words: words("SECRET-REFUSAL"), at: desk.now() }).await;
    let body = "SECRET-LESSON".to_owned();
    desk.case(case, CaseCommand::Learn { body, measure: Measure::Training, owner: None }).await;
}

/// Up and back, with everything said that a customer must not read.
async fn up_and_back(desk: &Desk) -> TicketId {
    let ticket = desk.customer_opens(Wrote::default()).await;
    desk.triage(ticket).await;
    desk.note(ticket, "SECRET-NOTE").await;
    refused(desk, ticket).await;
    let case = desk.escalate_with(ticket, "SECRET-REFERENCE", secret_draft).await;
    let contact = Some("SECRET-ENGINEER".to_owned());
    desk.case(case, CaseCommand::Acknowledge { contact, at: desk.now() }).await;
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
            let (seen, names) = (mail.everything(), mail.files().into_iter().map(|file| file.name).collect::<String>());
            for secret in SECRETS {
                assert!(!seen.contains(secret) && !names.contains(secret), "{secret}: {seen}");
            }
        }
        assert!(mails.iter().any(|mail| mail.text().contains("SECRET-ANSWER")), "the owner does read it");

        for message in tickets::latest_messages(&desk.store, escalated, 100).await.expect("messages") {
            assert_eq!(message.kind.is_for_customer(), !is_secret(message.kind), "{:?}", message.kind);
            assert!(!message.kind.is_for_customer() || !message.body.contains(SECRETS[0]), "{}", message.body);
        }
    }
}
