use watchdesk_core::case::{AnswerOutcome, CaseStateKind, EscalationReason, Evidence, FilingChannel};
use watchdesk_core::command::{CaseCommand, DraftCase};
use watchdesk_core::facts::HealthStatus;
use watchdesk_core::ids::CaseId;
use watchdesk_core::rights::Visibility;
use watchdesk_core::ticket::StateKind;

use super::*;
use crate::cases::{self, CaseFilter};
use crate::desk::{Health, set_health};

pub(super) fn draft(id: CaseId) -> Command {
    let evidence =
        Evidence { tried: "Restarted.".to_owned(), impact: "Nobody can work.".to_owned(), ..Evidence::default() };
    Command::DraftCase(Box::new(DraftCase {
        id,
        operator: slug("21vianet"),
        reason: Some(EscalationReason::OperatorFault),
        severity: Some(Severity::B),
        summary: "Mail is down.".to_owned(),
        evidence,
        health_waiver: None,
        not_this_incident: None,
        incident_override: None,
    }))
}

pub(super) async fn healthy(desk: &TestStore) {
    let health = Health {
        service: slug("exchange-online"),
        customer: None,
        status: HealthStatus::Operational,
        note: String::new(),
        incident: None,
        checked_at: desk.clock.now(),
        checked_by: Some(desk.seeded.agent),
    };
    set_health(desk, &health).await.unwrap();
}

pub(super) async fn case_act(desk: &TestStore, id: CaseId, command: CaseCommand) -> Executed {
    let agent = desk.actor(desk.seeded.agent).await;
    desk.execute(&agent, Unit::case(id, command)).await.expect("the agent may do that")
}

pub(super) fn file(desk: &TestStore, reference: &str) -> CaseCommand {
    CaseCommand::File {
        reference: reference.to_owned(),
        channel: FilingChannel::Portal,
        contact: None,
        severity: None,
        at: desk.clock.now(),
    }
}

crate::both_databases! {
    async fn a_case_goes_up_and_comes_back(desk: TestStore) {
        let ticket = open(&desk, "x").await;
        act(&desk, ticket.id, triage(&desk)).await;
        let id = CaseId(fresh_id());
        let refused = try_act(&desk, ticket.id, draft(id)).await.unwrap_err();
        assert!(matches!(&refused, ExecuteError::Refused(refusal) if !refusal.missing().is_empty()), "{refused:?}");
        healthy(&desk).await;
        assert_eq!(act(&desk, ticket.id, draft(id)).await.cases, [id]);
        case_act(&desk, id, file(&desk, "SR-100")).await;
        assert_eq!(record(&desk, ticket.id).await.ticket.state.kind(), StateKind::Escalated);
        assert_eq!(cases::open_with_reference(&desk, "SR-100").await.unwrap().unwrap().id, id);

        let answer =
            CaseCommand::Answer { words: words("Fixed."), outcome: AnswerOutcome::Solved, at: desk.clock.now() };
        case_act(&desk, id, answer).await;
        let case = cases::by_id(&desk, id).await.unwrap().unwrap();
        assert_eq!((case.state.kind(), case.tickets), (CaseStateKind::Answered, [ticket.id].into()));
        assert_eq!(record(&desk, ticket.id).await.ticket.state.kind(), StateKind::Triaged);
        assert_eq!(cases::of_ticket(&desk, ticket.id).await.unwrap().len(), 1);
        case_act(&desk, id, CaseCommand::Confirm).await;
        assert_eq!(cases::open_with_reference(&desk, "SR-100").await.unwrap(), None);
        expect_order(&desk).await;
    }

    async fn one_case_may_be_about_many_tickets(desk: TestStore) {
        healthy(&desk).await;
        let (a, b) = (open(&desk, "a").await, open(&desk, "b").await);
        act(&desk, a.id, triage(&desk)).await;
        act(&desk, b.id, triage(&desk)).await;
        let id = CaseId(fresh_id());
        act(&desk, a.id, draft(id)).await;
        case_act(&desk, id, CaseCommand::AddTicket { ticket: b.id }).await;
        let filed = case_act(&desk, id, file(&desk, "SR-7")).await;
        assert_eq!(filed.tickets.len(), 2, "both tickets are escalated by it");
        assert_eq!(record(&desk, b.id).await.ticket.state.kind(), StateKind::Escalated);
        expect_order(&desk).await;
    }

    async fn a_case_is_listed_for_those_who_see_one_of_its_tickets(desk: TestStore) {
        healthy(&desk).await;
        let ticket = open(&desk, "a").await;
        act(&desk, ticket.id, triage(&desk)).await;
        let id = CaseId(fresh_id());
        act(&desk, ticket.id, draft(id)).await;
        let sees = async |visibility: Visibility, filter: CaseFilter| {
            !cases::list(&desk, &visibility, &filter, 10, None).await.unwrap().items.is_empty()
        };
        let drafted = || CaseFilter { state: vec![CaseStateKind::Drafted], ticket: None };
        let filed = CaseFilter { state: vec![CaseStateKind::Filed], ticket: None };
        let of_ticket = CaseFilter { state: vec![], ticket: Some(ticket.id) };
        assert!(sees(Visibility::Everything, drafted()).await);
        assert!(sees(Visibility::Everything, of_ticket).await);
        assert!(!sees(Visibility::Everything, filed).await);
        let team = |team| Visibility::Teams { agent: desk.seeded.lead, teams: [team].into() };
        assert!(sees(team(desk.seeded.team), drafted()).await);
        assert!(!sees(team(desk.seeded.other_team), drafted()).await);
        assert!(!sees(Visibility::Customers(Default::default()), drafted()).await);
    }
}
