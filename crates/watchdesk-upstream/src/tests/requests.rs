//! Cases with an operator that takes service requests: the stand-in over real HTTP, a desk on either database.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::TimeDelta;
use watchdesk_core::case::{AnswerOutcome, Case, CaseState, CaseStateKind, EscalationReason, Evidence, Handing};
use watchdesk_core::command::{Assignment, CaseCommand, Command, DraftCase, OpenTicket, Unit, WordFrom, Words};
use watchdesk_core::decision::Author;
use watchdesk_core::desk::Settings;
use watchdesk_core::disclosure::Handed;
use watchdesk_core::effect::Notice;
use watchdesk_core::ids::{CaseId, MessageId, Slug, TicketId};
use watchdesk_core::operator::Takes;
use watchdesk_core::packet::ResellerContact;
use watchdesk_core::rights::Actor;
use watchdesk_core::ticket::{Channel, Severity};
use watchdesk_standin::{Fault, FaultRule};
use watchdesk_store::outbox::{OutboxRecord, OutboxState, Way, of_ticket};
use watchdesk_store::testing::TestStore;
use watchdesk_store::tickets::{MessageRecord, thread_of_case};
use watchdesk_store::{both_databases, cases, fresh_id, outbox};

use super::{CONTOSO, Rig};
use crate::requests::{Counter, RequestDesk, Round};

const TOPIC: &str = "32444671";

struct Desk {
    rig: Rig,
    store: TestStore,
    requests: RequestDesk,
}

fn operator() -> Slug {
    Settings::default().operator
}

fn request_desk(rig: &Rig, store: &TestStore) -> RequestDesk {
    let counter = Counter { client: rig.service_requests(), topic: TOPIC.to_owned() };
    let reseller = ResellerContact {
        company: "Northwind Cloud".to_owned(),
        person: "Grace Chen".to_owned(),
        phone: "+86 21 5555 0100".to_owned(),
        email: "support@reseller.example.cn".to_owned(),
        mpn_id: String::new(),
    };
    RequestDesk::new(store.store().clone(), BTreeMap::from([(operator(), counter)]), reseller)
}

impl Desk {
    async fn over(store: TestStore) -> Self {
        let store = store.with_operator(Takes::ServiceRequests { topic: TOPIC.to_owned() }).await;
        let rig = Rig::with(|options| options.honours_request_ids = false, |_| {}).await;
        let requests = request_desk(&rig, &store);
        Self { rig, store, requests }
    }

    /// The program was killed and started again.
    fn restart(&mut self) {
        self.rig.restart();
        self.requests = request_desk(&self.rig, &self.store);
    }

    async fn does(&self, unit: Unit) {
        let agent = self.store.actor(self.store.seeded.agent).await;
        self.store.execute(&agent, unit).await.expect("done");
    }

    async fn on_case(&self, id: CaseId, command: CaseCommand) {
        self.does(Unit::case(id, command)).await;
    }

    fn words(&self, body: &str) -> Words {
        Words::text(MessageId(fresh_id()), body)
    }

    /// Drafted, with this tenant in its evidence.
    async fn drafted(&self, tenant: &str) -> (TicketId, CaseId) {
        let (ticket, case) = (TicketId(fresh_id()), CaseId(fresh_id()));
        let seeded = &self.store.seeded;
        let open = OpenTicket {
            subject: "Mail is late".to_owned(),
            words: self.words("Mail is late."),
            requester: seeded.contact,
            customer: None,
            mailbox: None,
            channel: Channel::Web,
            at: self.store.clock.now(),
            category: None,
            service: None,
            severity: None,
            team: Some(seeded.team),
            custom_fields: BTreeMap::new(),
            acknowledge: false,
            follow_up_of: None,
            imported: false,
        };
        self.does(Unit::ticket(ticket, Command::Open(Box::new(open)))).await;
        let category = Slug::new("how-to").expect("a slug");
        let assignment = Assignment::to(seeded.agent);
        let triage = Command::Triage { category, service: None, severity: Severity::B, assignment };
        self.does(Unit::ticket(ticket, triage)).await;
        let draft = DraftCase {
            id: case,
            operator: operator(),
            reason: Some(EscalationReason::LacksTools),
            severity: Some(Severity::B),
            summary: "Mail to other domains is queued; password: Xk9-blue!7".to_owned(),
            evidence: Evidence {
                tried: "Traced.".to_owned(),
                impact: "Nobody works.".to_owned(),
                tenant_id: tenant.to_owned(),
                ..Evidence::default()
            },
            health_waiver: Some("The page is down.".to_owned()),
            not_this_incident: None,
            incident_override: None,
            handing: Handing::default(),
        };
        self.does(Unit::ticket(ticket, Command::DraftCase(Box::new(draft)))).await;
        (ticket, case)
    }

    async fn sent(&self) -> (TicketId, CaseId) {
        let (ticket, case) = self.drafted(CONTOSO).await;
        let letter = self.words("The packet.");
        self.on_case(
            case,
            CaseCommand::Send { letter, severity: None, tenant_id: CONTOSO.to_owned(), handed: Handed::default() },
        )
        .await;
        (ticket, case)
    }

    async fn round(&self) -> Round {
        self.requests.round().await.expect("the store answers")
    }

    /// Until the operators are asked again.
    async fn later_round(&self) -> Round {
        self.store.advance(TimeDelta::minutes(3));
        self.rig.time.advance(Duration::from_secs(180));
        self.round().await
    }

    async fn case(&self, id: CaseId) -> Case {
        cases::by_id(&self.store, id).await.unwrap().expect("a case")
    }

    async fn said(&self, id: CaseId) -> Vec<MessageRecord> {
        let thread = thread_of_case(&self.store, id, 100).await.unwrap();
        thread.into_iter().filter(|message| message.author == Author::Operator).collect()
    }

    async fn letters(&self, ticket: TicketId) -> Vec<OutboxRecord> {
        let rows = of_ticket(&self.store, ticket, 100).await.unwrap();
        rows.into_iter().filter(|row| matches!(row.notice, Notice::ToOperator { .. })).collect()
    }

    fn filed(&self) -> usize {
        self.rig.standin.service_requests().len()
    }
}

both_databases! {
    async fn a_case_is_filed_answered_and_closed_by_the_interface(store: TestStore) {
        let desk = Desk::over(store).await;
        let (ticket, id) = desk.sent().await;
        assert_eq!(desk.round().await.handed_over, 1);
        let filed = desk.rig.standin.service_requests().remove(0);
        let case = desk.case(id).await;
        assert_eq!(case.reference.as_deref(), Some(filed.id.as_str()));
        assert!(filed.title.contains("Mail to other domains") && !filed.title.contains("Xk9"), "{}", filed.title);
        assert_eq!(filed.description, "The packet.");
        assert_eq!(desk.letters(ticket).await[0].state, OutboxState::Sent);

        desk.store.advance(TimeDelta::minutes(1));
        desk.on_case(id, CaseCommand::Write { letter: desk.words("The trace shows 4.7.1.") }).await;
        desk.later_round().await;
        assert_eq!(desk.rig.standin.service_requests()[0].notes.len(), 1);
        assert_eq!(desk.said(id).await, [], "our own note is no word of the operator's");

        desk.rig.standin.answer_service_request(&filed.id, "Which server?", false);
        assert_eq!(desk.later_round().await.news, 1);
        assert_eq!(desk.case(id).await.state.kind(), CaseStateKind::WaitingOnUs);
        assert_eq!(desk.said(id).await.len(), 1);
        assert_eq!(desk.later_round().await.news, 0, "heard once");

        desk.on_case(id, CaseCommand::Write { letter: desk.words("mx1.contoso.example") }).await;
        desk.later_round().await;
        assert_eq!(desk.case(id).await.state.kind(), CaseStateKind::Acknowledged, "it waits for us no more");

        desk.rig.standin.answer_service_request(&filed.id, "We restarted it.", true);
        desk.later_round().await;
        let case = desk.case(id).await;
        assert!(matches!(case.state, CaseState::Answered { outcome: AnswerOutcome::Solved, .. }), "{:?}", case.state);
        let said: Vec<_> = desk.said(id).await.into_iter().map(|message| message.body).collect();
        assert_eq!(said, ["Which server?", "We restarted it."]);
        assert_eq!(desk.later_round().await.asked, 0, "what has ended is asked for no more");
    }

    async fn a_case_that_the_customer_reopens_waits_for_another_answer(store: TestStore) {
        let desk = Desk::over(store).await;
        let (_, id) = desk.sent().await;
        desk.round().await;
        let number = desk.case(id).await.reference.expect("a number");
        desk.rig.time.advance(Duration::from_secs(2_000_000));
        desk.rig.standin.answer_service_request(&number, "We restarted it.", true);
        desk.later_round().await;
        assert_eq!(desk.case(id).await.state.kind(), CaseStateKind::Answered);
        desk.on_case(id, CaseCommand::Reopen).await;
        desk.on_case(id, CaseCommand::Write { letter: desk.words("It is back.") }).await;
        desk.later_round().await;
        desk.later_round().await;
        let case = desk.case(id).await;
        assert!(case.state.kind().is_with_operator(), "{:?}", case.state);
        assert_eq!(desk.rig.standin.service_requests()[0].notes.len(), 2);
    }

    async fn a_program_that_is_killed_files_once(store: TestStore) {
        let mut desk = Desk::over(store).await;
        let (ticket, id) = desk.sent().await;
        desk.rig.standin.fail(FaultRule::every(1, Fault::DropAfterWork).at("/v1/servicerequests").times(1));
        desk.rig.standin.fail(FaultRule::every(1, Fault::Status(503)).at("/servicerequests"));
        let round = desk.round().await;
        assert_eq!((round.handed_over, round.put_off, desk.filed()), (0, 1, 1));
        assert_eq!(desk.case(id).await.reference, None);
        desk.rig.standin.heal();
        desk.restart();
        desk.store.advance(TimeDelta::hours(1));
        assert_eq!(desk.round().await.handed_over, 1);
        assert_eq!(desk.filed(), 1, "it looked before it filed again");
        assert_eq!(desk.case(id).await.reference, Some(desk.rig.standin.service_requests()[0].id.clone()));
        assert_eq!(desk.letters(ticket).await[0].state, OutboxState::Sent);
    }

    async fn whose_claim_ran_out_while_filing_is_followed_by_one_who_looks(store: TestStore) {
        let desk = Desk::over(store).await;
        let (_, id) = desk.sent().await;
        // Another node took it, filed it, and died before it could say so.
        let now = desk.store.clock.now();
        let item = outbox::claim_by(&desk.store, Way::Request, now, 1).await.unwrap().remove(0);
        assert_eq!(desk.round().await.handed_over, 0, "it is held");
        desk.store.advance(desk.store.lease() + TimeDelta::seconds(1));
        assert_eq!(desk.round().await.handed_over, 1);
        let now = desk.store.clock.now();
        assert!(!outbox::sent(&desk.store, item.id, item.fence, now, "").await.unwrap(), "the dead one is not heard");
        assert!(desk.case(id).await.reference.is_some());
    }

    async fn what_the_operator_refuses_is_said_on_the_ticket(store: TestStore) {
        let desk = Desk::over(store).await;
        let (ticket, id) = desk.sent().await;
        desk.rig.standin.fail(FaultRule::once("/v1/servicerequests", Fault::Status(400)));
        assert_eq!(desk.round().await.given_up, 1);
        let letter = desk.letters(ticket).await.remove(0);
        assert_eq!(letter.state, OutboxState::Dead);
        assert!(letter.last_error.unwrap_or_default().contains("refused"));
        // A person files it otherwise and records the number, or has it sent again.
        desk.on_case(id, CaseCommand::RecordReference { reference: "FK-7".to_owned() }).await;
        assert_eq!(desk.case(id).await.reference.as_deref(), Some("FK-7"));
    }

    async fn what_is_sent_again_after_it_was_given_up_is_looked_for_first(store: TestStore) {
        let desk = Desk::over(store).await;
        let (ticket, id) = desk.sent().await;
        // The operator has it, and we never get to know it.
        desk.rig.standin.fail(FaultRule::every(1, Fault::DropAfterWork).at("/v1/servicerequests").times(1));
        desk.rig.standin.fail(FaultRule::every(1, Fault::Status(503)).at("/servicerequests"));
        let mut given_up = 0;
        for _ in 0..100 {
            desk.store.advance(TimeDelta::hours(2));
            given_up += desk.round().await.given_up;
        }
        assert_eq!(given_up, 1, "in the end");
        desk.rig.standin.heal();
        let letter = desk.letters(ticket).await.remove(0);
        assert!(outbox::resend(&desk.store, letter.id, desk.store.clock.now()).await.unwrap());
        assert_eq!((desk.round().await.handed_over, desk.filed()), (1, 1));
        assert_eq!(desk.case(id).await.reference, Some(desk.rig.standin.service_requests()[0].id.clone()));
    }

    async fn what_was_withdrawn_is_not_sent(store: TestStore) {
        let desk = Desk::over(store).await;
        let (ticket, id) = desk.sent().await;
        desk.on_case(id, CaseCommand::Withdraw { reason: "Found it ourselves.".to_owned() }).await;
        assert_eq!((desk.round().await.suppressed, desk.filed()), (1, 0));
        assert_eq!(desk.letters(ticket).await[0].state, OutboxState::Suppressed);
    }

    async fn two_letters_with_the_same_words_are_two_notes(store: TestStore) {
        let desk = Desk::over(store).await;
        let (_, id) = desk.sent().await;
        desk.round().await;
        for _ in 0..2 {
            desk.store.advance(TimeDelta::hours(1));
            desk.rig.standin.fail(FaultRule::once("/v1/servicerequests", Fault::DropAfterWork));
            desk.on_case(id, CaseCommand::Write { letter: desk.words("Any news?") }).await;
            desk.later_round().await;
            desk.later_round().await;
        }
        assert_eq!(desk.rig.standin.service_requests()[0].notes.len(), 2);
        assert_eq!(desk.said(id).await, [], "both are ours");
    }

    async fn of_very_many_words_none_is_lost_and_the_last_is_the_answer(store: TestStore) {
        let desk = Desk::over(store).await;
        let (_, id) = desk.sent().await;
        desk.round().await;
        let number = desk.case(id).await.reference.expect("a number");
        for n in 0..45 {
            desk.rig.time.advance(Duration::from_secs(60));
            desk.rig.standin.answer_service_request(&number, &format!("Word {n:02}"), n == 44);
        }
        for _ in 0..3 {
            desk.later_round().await;
        }
        let said: Vec<_> = desk.said(id).await.into_iter().map(|message| message.body).collect();
        let all: Vec<_> = (0..45).map(|n| format!("Word {n:02}")).collect();
        assert_eq!(said.iter().collect::<std::collections::BTreeSet<_>>(), all.iter().collect());
        assert_eq!(desk.case(id).await.state.kind(), CaseStateKind::Answered);
    }

    async fn what_a_person_says_by_phone_is_an_answer_to_the_operators_question(store: TestStore) {
        let desk = Desk::over(store).await;
        let (_, id) = desk.sent().await;
        desk.round().await;
        let number = desk.case(id).await.reference.expect("a number");
        desk.rig.standin.answer_service_request(&number, "Which server?", false);
        desk.later_round().await;
        assert_eq!(desk.case(id).await.state.kind(), CaseStateKind::WaitingOnUs);
        let at = desk.store.advance(TimeDelta::minutes(1));
        desk.on_case(id, CaseCommand::Update { words: desk.words("Told him: mx1."), from: WordFrom::Us, at }).await;
        desk.later_round().await;
        assert_eq!(desk.case(id).await.state.kind(), CaseStateKind::Acknowledged, "nobody undoes it");
    }

    async fn a_closing_that_a_person_recorded_is_not_heard_again_after_a_reopening(store: TestStore) {
        let desk = Desk::over(store).await;
        let (_, id) = desk.sent().await;
        desk.round().await;
        let number = desk.case(id).await.reference.expect("a number");
        desk.rig.standin.answer_service_request(&number, "Fixed.", true);
        let at = desk.store.advance(TimeDelta::minutes(1));
        let words = desk.words("He called: fixed.");
        desk.on_case(id, CaseCommand::Answer { words, outcome: AnswerOutcome::Solved, at }).await;
        desk.on_case(id, CaseCommand::Reopen).await;
        desk.later_round().await;
        desk.later_round().await;
        assert!(desk.case(id).await.state.kind().is_with_operator(), "it is back with the operator");
    }

    async fn a_machine_takes_no_number_back_that_a_person_recorded(store: TestStore) {
        let desk = Desk::over(store).await;
        let (_, id) = desk.sent().await;
        desk.on_case(id, CaseCommand::RecordReference { reference: "FK-7".to_owned() }).await;
        let record = CaseCommand::RecordReference { reference: "SR-1".to_owned() };
        desk.store.execute(&Actor::System, Unit::case(id, record)).await.expect("nothing happens");
        assert_eq!(desk.case(id).await.reference.as_deref(), Some("FK-7"));
    }

    async fn without_a_tenant_nothing_is_filed(store: TestStore) {
        let desk = Desk::over(store).await;
        let (ticket, id) = desk.drafted("").await;
        let letter = desk.words("The packet.");
        let send = CaseCommand::Send { letter, severity: None, tenant_id: String::new(), handed: Handed::default() };
        desk.on_case(id, send).await;
        assert_eq!((desk.round().await.given_up, desk.filed()), (1, 0));
        let why = desk.letters(ticket).await[0].last_error.clone().unwrap_or_default();
        assert!(why.contains("directory"), "{why}");
    }

    async fn a_later_word_waits_for_the_number(store: TestStore) {
        let desk = Desk::over(store).await;
        let (_, id) = desk.sent().await;
        desk.on_case(id, CaseCommand::Write { letter: desk.words("One thing more.") }).await;
        desk.rig.standin.fail(FaultRule::once("/oauth2/token", Fault::Status(503)));
        desk.round().await;
        desk.later_round().await;
        desk.later_round().await;
        let request = desk.rig.standin.service_requests().remove(0);
        assert_eq!(desk.filed(), 1);
        assert_eq!(request.notes.len(), 1);
    }
}
