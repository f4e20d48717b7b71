//! The operator's mail.

use chrono::Duration;
use watchdesk_core::case::{Case, CaseStateKind, EscalationReason, Evidence, FilingChannel, Handing};
use watchdesk_core::command::{CaseCommand, Command, DraftCase, Unit, Words};
use watchdesk_core::decision::Author;
use watchdesk_core::disclosure::Handed;
use watchdesk_core::effect::Notice;
use watchdesk_core::event::MessageKind;
use watchdesk_core::ids::{CaseId, MessageId, RawMailId, TicketId};
use watchdesk_core::operator::Takes;
use watchdesk_core::operator_mail::NoCase;
use watchdesk_core::rights::Actor;
use watchdesk_core::ticket::Severity;
use watchdesk_store::mail::{self, Fate, FateKind};
use watchdesk_store::testing::TestStore;
use watchdesk_store::tickets::MessageRecord;
use watchdesk_store::{both_databases, cases, desk, fresh_id};

use super::stage::{Mail, Stage};

const LIU: &str = "liu@21vianet.example";

async fn on_case(stage: &Stage, case: CaseId, command: CaseCommand) {
    stage.store.execute(&Actor::System, Unit::case(case, command)).await.expect("done");
}

async fn drafted(stage: &Stage) -> (TicketId, CaseId) {
    let ticket = stage.opens(&stage.mail_from_kim("Mail is late")).await.ticket.id;
    stage.triages(ticket).await;
    let id = CaseId(fresh_id());
    let evidence = Evidence { tried: "Traced.".to_owned(), impact: "Nobody works.".to_owned(), ..Evidence::default() };
    let draft = DraftCase {
        id,
        operator: desk::load(&stage.store).await.expect("a desk").settings.operator.clone(),
        reason: Some(EscalationReason::LacksTools),
        severity: Some(Severity::C),
        summary: "Mail is late.".to_owned(),
        evidence,
        health_waiver: Some("The page is down.".to_owned()),
        not_this_incident: None,
        incident_override: None,
        handing: Handing::default(),
    };
    stage.does(ticket, Command::DraftCase(Box::new(draft))).await;
    (ticket, id)
}

async fn files(stage: &Stage, case: CaseId, reference: &str) {
    let (channel, at) = (FilingChannel::Portal, stage.store.clock.now());
    let reference = reference.to_owned();
    on_case(
        stage,
        case,
        CaseCommand::File { reference, channel, contact: None, severity: None, handed: Handed::default(), at },
    )
    .await;
}

async fn filed(stage: &Stage, reference: &str) -> (TicketId, CaseId) {
    let (ticket, case) = drafted(stage).await;
    files(stage, case, reference).await;
    (ticket, case)
}

async fn case(stage: &Stage, id: CaseId) -> Case {
    cases::by_id(&stage.store, id).await.expect("answered").expect("a case")
}

async fn words(stage: &Stage, ticket: TicketId) -> Vec<MessageRecord> {
    let messages = stage.messages(ticket).await;
    messages.into_iter().filter(|message| message.kind == MessageKind::Operator).collect()
}

async fn waiting(stage: &Stage) -> Vec<(RawMailId, NoCase)> {
    let page = mail::waiting_for_case(&stage.store, 10, None).await.expect("answered");
    page.items.iter().map(|mail| (mail.id, mail.held.why)).collect()
}

fn told_owner(rows: &[watchdesk_store::outbox::OutboxRecord]) -> usize {
    rows.iter().filter(|row| matches!(row.notice, Notice::CaseAnswered { .. })).count()
}

fn answer(stage: &Stage, reference: &str) -> Mail {
    stage.mail_from(LIU, &format!("Re: your request {reference}")).saying("We restarted a node.")
}

both_databases! {
    async fn the_answer_to_our_letter_tells_the_operators_number(store: TestStore) {
        let store = store.with_operator(Takes::Mail { address: "desk@21vianet.example".to_owned() }).await;
        let stage = Stage::set(store).await;
        let (ticket, id) = drafted(&stage).await;
        let letter = Words::text(MessageId(fresh_id()), "The packet.");
        on_case(&stage, id, CaseCommand::Send { letter, severity: None, tenant_id: String::new(), handed: Handed::default() }).await;
        assert_eq!(case(&stage, id).await.reference, None);
        let rows = stage.outbox(ticket).await;
        let sent = rows.iter().find(|row| matches!(row.notice, Notice::ToOperator { .. })).expect("a letter");

        stage.later(Duration::minutes(10));
        let reply = stage.mail_from(LIU, "Your request 21V-300777").saying("We look into 21V-300777.");
        let fate = stage.arrives(&reply.answering(&sent.mail_id)).await;
        assert!(matches!(fate, Fate::Operator { case, .. } if case == id), "{fate:?}");
        let known = case(&stage, id).await;
        assert_eq!(known.reference.as_deref(), Some("21V-300777"));
        assert_eq!(known.state.kind(), CaseStateKind::Acknowledged);

        // A number that is known stays, whatever else a mail names.
        let more = stage.mail_from(LIU, "21V-300778").saying("A like case.");
        stage.arrives(&more.answering(&sent.mail_id)).await;
        assert_eq!(case(&stage, id).await.reference.as_deref(), Some("21V-300777"));
    }

    async fn who_answers_our_letter_from_elsewhere_opens_no_ticket(store: TestStore) {
        let store = store.with_operator(Takes::Mail { address: "desk@21vianet.example".to_owned() }).await;
        let stage = Stage::set(store).await;
        let (ticket, id) = drafted(&stage).await;
        let letter = Words::text(MessageId(fresh_id()), "The packet.");
        let send = CaseCommand::Send { letter, severity: None, tenant_id: String::new(), handed: Handed::default() };
        on_case(&stage, id, send).await;
        let rows = stage.outbox(ticket).await;
        let sent = rows.iter().find(|row| matches!(row.notice, Notice::ToOperator { .. })).expect("a letter");
        let reply = stage.mail_from("hans@elsewhere.example", "Re: your request").saying("I look into it.");
        stage.arrives(&reply.answering(&sent.mail_id)).await;
        let held = waiting(&stage).await;
        assert_eq!(held.iter().map(|(_, why)| *why).collect::<Vec<_>>(), [NoCase::Unproven]);
    }

    async fn another_cases_number_is_not_taken_for_this_one(store: TestStore) {
        let store = store.with_operator(Takes::Mail { address: "desk@21vianet.example".to_owned() }).await;
        let stage = Stage::set(store).await;
        let (_, other) = filed(&stage, "21V-300123").await;
        let (ticket, id) = drafted(&stage).await;
        let letter = Words::text(MessageId(fresh_id()), "The packet.");
        on_case(&stage, id, CaseCommand::Send { letter, severity: None, tenant_id: String::new(), handed: Handed::default() }).await;
        let rows = stage.outbox(ticket).await;
        let sent = rows.iter().find(|row| matches!(row.notice, Notice::ToOperator { .. })).expect("a letter");
        let reply = stage.mail_from(LIU, "As with 21V-300123").saying("See there.");
        stage.arrives(&reply.answering(&sent.mail_id)).await;
        assert_eq!(case(&stage, id).await.reference, None);
        assert_eq!(case(&stage, other).await.reference.as_deref(), Some("21V-300123"));
    }

    async fn a_mail_with_a_known_number_is_the_operators_word_on_that_case(store: TestStore) {
        let stage = Stage::set(store).await;
        let (ticket, id) = filed(&stage, "21V-300123").await;
        stage.later(Duration::minutes(10));
        let at = stage.store.clock.now();
        let fate = stage.arrives(&answer(&stage, "21v-300123")).await;
        assert!(matches!(fate, Fate::Operator { case, .. } if case == id), "{fate:?}");
        let said = words(&stage, ticket).await;
        assert_eq!((said.len(), said[0].author, said[0].at), (1, Author::Operator, at));
        assert!(said[0].body.contains("We restarted a node."));
        let case = case(&stage, id).await;
        assert_eq!((case.state.kind(), case.acknowledged_at), (CaseStateKind::Acknowledged, Some(at)));
        assert_eq!(told_owner(&stage.outbox(ticket).await), 1, "the owner hears of it");

        // An answer to that mail needs no number.
        let again = stage.mail_from(LIU, "More").answering(said[0].mail_id.as_deref().expect("a Message-ID"));
        let fate = stage.arrives(&again).await;
        assert!(matches!(fate, Fate::Operator { case, .. } if case == id), "{fate:?}");
        assert_eq!(words(&stage, ticket).await.len(), 2);
    }

    async fn a_receipt_of_the_operators_machine_is_no_first_contact(store: TestStore) {
        let stage = Stage::set(store).await;
        let (ticket, id) = filed(&stage, "21V-300123").await;
        let receipt = answer(&stage, "21V-300123").with("Auto-Submitted", "auto-replied").with_null_sender();
        let fate = stage.arrives(&receipt).await;
        assert_eq!(fate.kind(), FateKind::Operator);
        let case = case(&stage, id).await;
        assert_eq!((case.state.kind(), case.acknowledged_at), (CaseStateKind::Filed, None));
        assert_eq!(words(&stage, ticket).await.len(), 1);
    }

    async fn who_only_pretends_gets_nowhere(store: TestStore) {
        let stage = Stage::set(store).await;
        let (ticket, _) = filed(&stage, "21V-300123").await;
        let mut spoofed = answer(&stage, "21V-300123");
        spoofed.sender = Some("mallory@elsewhere.example".to_owned());
        assert_eq!(stage.arrives(&spoofed).await.kind(), FateKind::Held);
        let stranger = stage.mail_from("liu@elsewhere.example", "21V-300123").saying("About 21V-300123");
        assert_eq!(stage.arrives(&stranger).await.kind(), FateKind::Ticket, "like anybody's mail");
        assert_eq!(words(&stage, ticket).await, []);
        assert_eq!(waiting(&stage).await.iter().map(|(_, why)| *why).collect::<Vec<_>>(), [NoCase::Unproven]);
    }

    async fn one_mail_about_two_cases_joins_each_once(store: TestStore) {
        let stage = Stage::set(store).await;
        let (first, a) = filed(&stage, "21V-300123").await;
        let (second, b) = filed(&stage, "21V-300124").await;
        let mail = answer(&stage, "21V-300124").saying("21V-300123 and 21V-300124 and 21V-300123 are done.");
        let fate = stage.arrives(&mail).await;
        assert!(matches!(fate, Fate::Operator { case, .. } if case == b), "the subject's first: {fate:?}");
        assert_eq!((words(&stage, first).await.len(), words(&stage, second).await.len()), (1, 1));
        assert_eq!(words(&stage, first).await[0].case, Some(a));
    }

    async fn what_names_no_case_waits_until_its_number_is_recorded(store: TestStore) {
        let stage = Stage::set(store).await;
        let (ticket, id) = drafted(&stage).await;
        let early = stage.stored(&answer(&stage, "21V-300123")).await;
        assert_eq!(stage.intake.process(early).await.expect("processed").kind(), FateKind::Held);
        let other = stage.stored(&stage.mail_from(LIU, "Happy new year")).await;
        stage.intake.process(other).await.expect("processed");
        assert_eq!(waiting(&stage).await, [(other, NoCase::NoReference), (early, NoCase::UnknownReference)]);
        stage.later(Duration::minutes(5));

        files(&stage, id, "21v-300123").await;
        assert_eq!(stage.fate(early).await, Fate::Pending, "looked at again");
        assert_eq!(stage.fate(other).await.kind(), FateKind::Held);
        let fate = stage.intake.process(early).await.expect("processed");
        assert!(matches!(fate, Fate::Operator { case, .. } if case == id), "{fate:?}");
        assert_eq!(words(&stage, ticket).await.len(), 1);
        assert_eq!(waiting(&stage).await, [(other, NoCase::NoReference)]);
    }

    async fn a_person_says_where_it_belongs(store: TestStore) {
        let stage = Stage::set(store).await;
        let (ticket, id) = filed(&stage, "21V-300123").await;
        let lost = stage.stored(&stage.mail_from(LIU, "About your request")).await;
        stage.intake.process(lost).await.expect("processed");
        assert!(mail::match_by_hand(&stage.store, lost, id).await.expect("answered"));
        assert!(!mail::match_by_hand(&stage.store, lost, id).await.expect("answered"), "once");
        assert_eq!(waiting(&stage).await, [], "on its way");
        let fate = stage.intake.process(lost).await.expect("processed");
        assert!(matches!(fate, Fate::Operator { case, .. } if case == id), "{fate:?}");
        assert_eq!(words(&stage, ticket).await.len(), 1);

        // A draft takes no words: the mail is back on the list.
        let (_, draft) = drafted(&stage).await;
        let lost = stage.stored(&stage.mail_from(LIU, "About another request")).await;
        stage.intake.process(lost).await.expect("processed");
        assert!(mail::match_by_hand(&stage.store, lost, draft).await.expect("answered"));
        assert_eq!(stage.intake.process(lost).await.expect("processed").kind(), FateKind::Held);
        assert_eq!(waiting(&stage).await, [(lost, NoCase::NoReference)]);
    }
}
