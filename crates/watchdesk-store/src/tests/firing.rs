use std::collections::BTreeSet;

use chrono::Duration;
use watchdesk_core::case::{EscalationReason, Evidence, Handing};
use watchdesk_core::clock::Subject;
use watchdesk_core::command::{CaseCommand, DraftCase};
use watchdesk_core::disclosure::Handed;
use watchdesk_core::effect::Notice;
use watchdesk_core::firing::{CLAIMS_MAX, Claim, FAILURES_MAX, LEASE_S, is_alarm};
use watchdesk_core::ids::CaseId;

use super::*;
use crate::firing::{SetAside, claim_due, due, failed, oldest_due, set_aside};
use crate::outbox;

fn lease() -> Duration {
    Duration::seconds(LEASE_S)
}

fn fire(claim: &Claim) -> Request {
    let unit = match claim.subject {
        Subject::Ticket(id) => Unit::ticket(id, Command::FireTimers),
        Subject::Case(id) => Unit::case(id, CaseCommand::FireTimers),
    };
    Request { claim: Some(*claim), ..unit.into() }
}

async fn try_fire(desk: &TestStore, claim: &Claim) -> Result<Executed, ExecuteError> {
    desk.execute(&Actor::System, fire(claim)).await
}

async fn warnings(desk: &TestStore, ticket: TicketId) -> usize {
    let sent = outbox::of_ticket(desk, ticket, 100).await.unwrap();
    let speaks = |notice: &Notice| matches!(notice, Notice::TargetNear { .. } | Notice::TargetMissed { .. });
    sent.iter().filter(|row| speaks(&row.notice)).count()
}

/// A case that was filed with the operator, and its ticket.
async fn filed(desk: &TestStore) -> (TicketRef, CaseId) {
    let ticket = open(desk, "passed on").await;
    act(desk, ticket.id, triage(desk)).await;
    let id = CaseId(fresh_id());
    let draft = DraftCase {
        id,
        operator: slug("21vianet"),
        reason: Some(EscalationReason::OperatorFault),
        severity: Some(Severity::B),
        summary: "Mail is down.".to_owned(),
        evidence: Evidence {
            tried: "Restarted.".to_owned(),
            impact: "Nobody can work.".to_owned(),
            ..Evidence::default()
        },
        health_waiver: Some("The page is down as well.".to_owned()),
        not_this_incident: None,
        incident_override: None,
        handing: Handing::default(),
    };
    let agent = desk.actor(desk.seeded.agent).await;
    let file = CaseCommand::File {
        reference: "SR-1".to_owned(),
        channel: watchdesk_core::case::FilingChannel::Portal,
        contact: None,
        severity: None,
        at: desk.clock.now(),
        handed: Handed::default(),
    };
    let unit = Unit::ticket(ticket.id, Command::DraftCase(Box::new(draft))).then(Step::Case(id, file));
    desk.execute(&agent, unit).await.expect("it is filed");
    (ticket, id)
}

crate::both_databases! {
    async fn what_is_due_is_claimed_once_and_fired_under_the_claim(desk: TestStore) {
        let ticket = open(&desk, "x").await;
        act(&desk, ticket.id, triage(&desk)).await;
        assert_eq!(claim_due(&desk, desk.clock.now(), 10).await.unwrap(), [], "nothing is due yet");
        let now = desk.advance(Duration::hours(3));
        let claims = claim_due(&desk, now, 10).await.unwrap();
        assert_eq!(claims, [Claim { subject: Subject::Ticket(ticket.id), fence: 1, until: now + lease() }]);
        assert_eq!(claim_due(&desk, now, 10).await.unwrap(), [], "it is somebody's");
        assert_eq!(due(&desk, now, 10).await.unwrap(), []);
        assert_eq!(oldest_due(&desk).await.unwrap(), Some(now), "and still due");

        try_fire(&desk, &claims[0]).await.unwrap();
        assert_eq!(warnings(&desk, ticket.id).await, 1);
        let again = try_fire(&desk, &claims[0]).await.unwrap_err();
        assert!(matches!(again, ExecuteError::ClaimLost), "it is answered: {again:?}");
        assert_eq!(oldest_due(&desk).await.unwrap(), Some(now + Duration::hours(1)));
        expect_order(&desk).await;
    }

    async fn a_claim_is_answered_also_where_nothing_was_to_be_done(desk: TestStore) {
        let ticket = open(&desk, "x").await;
        act(&desk, ticket.id, triage(&desk)).await;
        let now = desk.advance(Duration::hours(3));
        let claim = claim_due(&desk, now, 10).await.unwrap()[0];
        // Somebody answers while the worker holds the claim; that is not the worker's matter.
        act(&desk, ticket.id, Command::Resolve { words: words("Done.") }).await;
        try_fire(&desk, &claim).await.unwrap();
        assert_eq!(warnings(&desk, ticket.id).await, 0);
        assert_eq!(claim_due(&desk, desk.advance(lease() * 2), 10).await.unwrap(), []);
        expect_order(&desk).await;
    }

    async fn a_worker_that_wakes_up_too_late_saves_nothing(desk: TestStore) {
        let ticket = open(&desk, "x").await;
        act(&desk, ticket.id, triage(&desk)).await;
        let now = desk.advance(Duration::hours(3));
        let asleep = claim_due(&desk, now, 10).await.unwrap()[0];
        let now = desk.advance(lease());
        let late = try_fire(&desk, &asleep).await.unwrap_err();
        assert!(matches!(late, ExecuteError::ClaimLost), "its lease is over although nobody came: {late:?}");
        let awake = claim_due(&desk, now, 10).await.unwrap()[0];
        assert_eq!((awake.subject, awake.fence), (asleep.subject, asleep.fence + 1));
        assert!(matches!(try_fire(&desk, &asleep).await, Err(ExecuteError::ClaimLost)));
        assert_eq!(failed(&desk, &asleep, now).await.unwrap(), None, "it has nothing to say any more");
        assert_eq!(warnings(&desk, ticket.id).await, 0);
        try_fire(&desk, &awake).await.unwrap();
        assert_eq!(warnings(&desk, ticket.id).await, 1);
        assert!(matches!(try_fire(&desk, &asleep).await, Err(ExecuteError::ClaimLost)));
        expect_order(&desk).await;
    }

    async fn several_workers_share_what_is_due_and_each_step_speaks_once(desk: TestStore) {
        let mut all = BTreeSet::new();
        for n in 0..24 {
            let ticket = open(&desk, &format!("ticket {n}")).await;
            act(&desk, ticket.id, triage(&desk)).await;
            all.insert(Subject::Ticket(ticket.id));
        }
        let now = desk.advance(Duration::hours(3));
        let workers = (0..4).map(|_| {
            let store = desk.store().clone();
            tokio::spawn(async move {
                let mut mine = Vec::new();
                loop {
                    let claims = claim_due(&store, now, 5).await.unwrap();
                    // What others look at this very moment is passed over; one look more sees whether anything is left.
                    if claims.is_empty() && due(&store, now, 1).await.unwrap().is_empty() {
                        return mine;
                    }
                    for claim in claims {
                        store.execute(&Actor::System, fire(&claim)).await.unwrap();
                        mine.push(claim.subject);
                    }
                }
            })
        });
        let mut fired = Vec::new();
        for worker in workers.collect::<Vec<_>>() {
            fired.extend(worker.await.unwrap());
        }
        assert_eq!(fired.len(), all.len(), "nothing is fired twice");
        assert_eq!(fired.into_iter().collect::<BTreeSet<_>>(), all);
        for subject in all {
            let Subject::Ticket(id) = subject else { continue };
            assert_eq!(warnings(&desk, id).await, 1);
        }
        expect_order(&desk).await;
    }

    async fn what_fails_is_left_alone_for_ever_longer_and_is_set_aside(desk: TestStore) {
        let (good, bad) = (open(&desk, "good").await, open(&desk, "bad").await);
        for ticket in [good, bad] {
            act(&desk, ticket.id, triage(&desk)).await;
        }
        let due_at = desk.advance(Duration::hours(3));
        let mut alarms = 0;
        for attempt in 1..=FAILURES_MAX {
            let now = desk.advance(Duration::hours(2));
            let claims = claim_due(&desk, now, 10).await.unwrap();
            let claim = claims.iter().find(|claim| claim.subject == Subject::Ticket(bad.id)).expect("it is due");
            let standing = failed(&desk, claim, now).await.unwrap().expect("nobody else has it");
            assert_eq!(standing.failures, attempt);
            alarms += u32::from(is_alarm(&standing));
            for claim in claims.iter().filter(|claim| claim.subject != Subject::Ticket(bad.id)) {
                try_fire(&desk, claim).await.unwrap();
            }
            assert_eq!(claim_due(&desk, now, 10).await.unwrap(), [], "it is left alone for a while");
        }
        assert_eq!(alarms, 1);
        assert_eq!(warnings(&desk, bad.id).await, 0);
        assert!(warnings(&desk, good.id).await > 0, "the one does not hold up the other");
        let aside = set_aside(&desk, 10).await.unwrap();
        assert_eq!(aside.len(), 1);
        let SetAside { subject, due_at: since, standing } = aside[0];
        assert_eq!((subject, since, standing.failures), (Subject::Ticket(bad.id), Some(due_at), FAILURES_MAX));
        assert_ne!(oldest_due(&desk).await.unwrap(), Some(due_at), "what was set aside keeps no node from being ready");

        let now = desk.advance(Duration::hours(1));
        let claims = claim_due(&desk, now, 10).await.unwrap();
        let claim = claims.iter().find(|claim| claim.subject == subject).expect("it is tried now and then");
        try_fire(&desk, claim).await.unwrap();
        assert_eq!(set_aside(&desk, 10).await.unwrap(), [], "a success and it is like any other");
        expect_order(&desk).await;
    }

    async fn the_operators_clocks_stand_with_the_case_and_fire_like_any_other(desk: TestStore) {
        let (ticket, id) = filed(&desk).await;
        let case = crate::cases::by_id(&desk, id).await.unwrap().unwrap();
        assert_eq!(case.clocks.len(), 2, "acknowledgement and update: {:?}", case.clocks);
        assert!(case.clocks.iter().all(|clock| clock.subject == Subject::Case(id)));
        assert_eq!(case.next_fire_at, Some(desk.clock.now() + Duration::hours(4)));
        assert!(!tickets::clocks(&desk, ticket.id).await.unwrap().iter().any(|clock| clock.subject == Subject::Case(id)));

        let now = desk.advance(Duration::hours(4));
        let claims = claim_due(&desk, now, 10).await.unwrap();
        let claim = claims.iter().find(|claim| claim.subject == Subject::Case(id)).expect("the case is due");
        try_fire(&desk, claim).await.unwrap();
        assert!(matches!(try_fire(&desk, claim).await, Err(ExecuteError::ClaimLost)));
        let fired = crate::cases::by_id(&desk, id).await.unwrap().unwrap();
        assert_eq!(fired.clocks.iter().map(|clock| clock.steps.len()).sum::<usize>(), 1);
        assert!(fired.version > case.version);
        let told = outbox::of_ticket(&desk, ticket.id, 100).await.unwrap();
        assert!(told.iter().any(|row| matches!(row.notice, Notice::TargetMissed { .. })), "{told:?}");
        expect_order(&desk).await;

        let answer = CaseCommand::Acknowledge { contact: None, at: desk.clock.now() };
        let agent = desk.actor(desk.seeded.agent).await;
        desk.execute(&agent, Unit::case(id, answer)).await.unwrap();
        let answered = crate::cases::by_id(&desk, id).await.unwrap().unwrap();
        assert_eq!(answered.timeline.beats().count(), 2);
        assert!(answered.clocks.len() > 2, "the next update is owed");
        expect_order(&desk).await;
    }

    async fn a_ticket_is_measured_whenever_its_case_puts_something_on_record(desk: TestStore) {
        let (ticket, id) = filed(&desk).await;
        desk.advance(Duration::seconds(1));
        let customer =
            Command::CustomerMessage { from: desk.seeded.contact, words: words("And?"), at: desk.clock.now() };
        desk.execute(&Actor::System, Unit::ticket(ticket.id, customer)).await.unwrap();
        desk.advance(Duration::hours(4) - Duration::seconds(1));
        let fire = || Unit::case(id, CaseCommand::FireTimers);
        desk.execute(&Actor::System, fire()).await.unwrap();
        desk.advance(Duration::seconds(3));
        // The operator's target and the customer's are missed by now; only the case's timers are fired.
        desk.execute(&Actor::System, fire()).await.unwrap();
        expect_order(&desk).await;
    }

    async fn only_clocks_that_read_differently_are_written(desk: TestStore) {
        let ticket = open(&desk, "x").await;
        let ctid = "SELECT CAST(xmin AS text) || CAST(ctid AS text) AS place FROM clock ORDER BY id";
        let places = async || -> Vec<String> {
            if desk.backend() == crate::Backend::Sqlite {
                return Vec::new();
            }
            let backend = sea_orm::DbBackend::Postgres;
            let rows = sea_orm::ConnectionTrait::query_all_raw(desk.reader(), sea_orm::Statement::from_string(backend, ctid));
            rows.await.unwrap().iter().map(|row| row.try_get("", "place").unwrap()).collect()
        };
        let before = places().await;
        act(&desk, ticket.id, Command::Note { words: words("Seen.") }).await;
        assert_eq!(places().await, before);
    }

    async fn no_more_is_claimed_than_was_asked_for(desk: TestStore) {
        for n in 0..5 {
            let ticket = open(&desk, &format!("ticket {n}")).await;
            act(&desk, ticket.id, triage(&desk)).await;
            desk.advance(Duration::minutes(1));
        }
        let now = desk.advance(Duration::hours(4));
        let first = claim_due(&desk, now, 2).await.unwrap();
        assert_eq!(first.len(), 2);
        let rest = claim_due(&desk, now, CLAIMS_MAX as u64 * 2).await.unwrap();
        assert_eq!(rest.len(), 3);
        let number = async |claim: &Claim| match claim.subject {
            Subject::Ticket(id) => record(&desk, id).await.ticket.number.0,
            Subject::Case(_) => 0,
        };
        let mut order = Vec::new();
        for claim in first.iter().chain(&rest) {
            order.push(number(claim).await);
        }
        assert_eq!(order, [1001, 1002, 1003, 1004, 1005], "the longest due first");
    }
}
