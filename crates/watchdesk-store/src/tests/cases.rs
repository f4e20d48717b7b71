use watchdesk_core::case::{AnswerOutcome, CaseStateKind, EscalationReason, Evidence, FilingChannel, Handing};
use watchdesk_core::command::{AmendCase, CaseCommand, DraftCase, Words};
use watchdesk_core::desk::Settings;
use watchdesk_core::disclosure::{Disclosure, Handed, HandedField, Way};
use watchdesk_core::facts::HealthStatus;
use watchdesk_core::ids::{AttachmentId, CaseId, TicketId};
use watchdesk_core::rights::Visibility;
use watchdesk_core::ticket::StateKind;

use super::*;
use crate::attachments::{self, NewAttachment};
use crate::cases::{self, CaseFilter};
use crate::desk::{Health, set_health};
use crate::disclosures;

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
        handing: Handing::default(),
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
        handed: Handed::default(),
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

    async fn what_leaves_the_house_is_on_record_as_names_and_for_three_years(desk: TestStore) {
        healthy(&desk).await;
        let (ticket, stranger) = (open(&desk, "a").await, open(&desk, "b").await);
        act(&desk, ticket.id, triage(&desk)).await;
        let (ours, foreign) = (file_on(&desk, ticket.id, "trace.csv").await, file_on(&desk, stranger.id, "x").await);
        let id = CaseId(fresh_id());
        act(&desk, ticket.id, draft(id)).await;
        let along = |file| {
            let handing = Handing { attachments: vec![file], ..Handing::default() };
            CaseCommand::Amend(Box::new(AmendCase { handing: Some(handing), ..AmendCase::default() }))
        };
        let agent = desk.actor(desk.seeded.agent).await;
        let refused = desk.execute(&agent, Unit::case(id, along(foreign))).await.unwrap_err();
        assert!(matches!(refused, ExecuteError::UnknownAttachment), "a file of another ticket: {refused:?}");
        case_act(&desk, id, along(ours)).await;
        assert_eq!(disclosures::of_case(&desk, id).await.unwrap(), [], "a draft gives nothing away");
        let fields = vec![HandedField { name: "email".to_owned(), personal: true }];
        let handed = Handed::of(fields.clone(), "the whole text");
        let CaseCommand::File { reference, channel, contact, severity, at, .. } = file(&desk, "SR-1") else { return };
        case_act(&desk, id, CaseCommand::File { reference, channel, contact, severity, at, handed }).await;

        let given = disclosures::of_case(&desk, id).await.unwrap();
        let [one] = &given[..] else { panic!("filed once: {given:?}") };
        assert_eq!((one.case, one.ticket, one.way), (id, ticket.id, Way::Filed(FilingChannel::Portal)));
        assert_eq!((one.by, &one.handed.fields, &one.attachments[..]), (agent.reference(), &fields, &[ours][..]));
        assert_eq!(one.handed.digest.len(), 64);
        let three_years = chrono::Duration::seconds(Settings::default().disclosures_kept_s);
        let day = chrono::Duration::days(1);
        let now = at + three_years;
        assert_eq!(disclosures::forget_before(&desk, now - three_years, 10).await.unwrap(), 0, "not a second early");
        assert_eq!(disclosures::forget_before(&desk, at + day, 10).await.unwrap(), 1);
        assert_eq!(disclosures::of_case(&desk, id).await.unwrap(), []);
        expect_order(&desk).await;
    }
}

crate::both_databases! {
    async fn a_copy_is_on_record_once_for_each_person_and_text(desk: TestStore) {
        healthy(&desk).await;
        let ticket = open(&desk, "x").await;
        act(&desk, ticket.id, triage(&desk)).await;
        let case = CaseId(fresh_id());
        act(&desk, ticket.id, draft(case)).await;
        let (agent, lead) = (desk.actor(desk.seeded.agent).await, desk.actor(desk.seeded.lead).await);
        let copy = |by: &Actor, text: &str| Disclosure {
            case,
            ticket: ticket.id,
            operator: slug("21vianet"),
            at: desk.clock.now(),
            by: by.reference(),
            way: Way::Copied,
            handed: Handed::of(vec![HandedField { name: "email".to_owned(), personal: true }], text),
            attachments: Vec::new(),
        };
        let first = copy(&agent, "one");
        for (copied, is_new) in [
            (first.clone(), true), (first.clone(), false), (copy(&lead, "one"), true), (copy(&agent, "two"), true),
        ] {
            desk.advance(chrono::Duration::minutes(1));
            assert_eq!(disclosures::copied(&desk, &Disclosure { at: desk.clock.now(), ..copied }).await.unwrap(), is_new);
        }
        let given = disclosures::of_case(&desk, case).await.unwrap();
        assert_eq!(given.len(), 3);
        assert!(given.contains(&Disclosure { at: first.at + chrono::Duration::minutes(1), ..first }), "{given:?}");
        let later = desk.clock.now() + chrono::Duration::days(1);
        assert_eq!(disclosures::forget_before(&desk, later, 10).await.unwrap(), 3);
    }
}

/// A file that came with a note on the ticket.
async fn file_on(desk: &TestStore, ticket: TicketId, name: &str) -> AttachmentId {
    let uploader = desk.actor(desk.seeded.agent).await.reference();
    let new = NewAttachment {
        filename: name.to_owned(),
        content_type: "text/csv".to_owned(),
        bytes: b"a,b".to_vec(),
        inline_id: None,
        uploader,
    };
    let id = attachments::put(desk, new).await.unwrap();
    let words = Words { attachments: vec![id], ..words("See the file.") };
    act(desk, ticket, Command::Note { words }).await;
    id
}
