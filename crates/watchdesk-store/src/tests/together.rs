//! Many requests in one transaction: each has the answer that it would have had by itself.

use chrono::Duration;
use watchdesk_core::clock::Subject;
use watchdesk_core::command::CaseCommand;
use watchdesk_core::effect::Notice;
use watchdesk_core::firing::Claim;
use watchdesk_core::ids::CaseId;
use watchdesk_core::refusal::Because;
use watchdesk_core::ticket::StateKind;

use super::cases::{draft, file, healthy};
use super::*;
use crate::firing::claim_due;
use crate::{IdempotencyKey, StoreError, outbox};

async fn together(desk: &TestStore, actor: &Actor, units: Vec<Unit>) -> Vec<Result<Executed, ExecuteError>> {
    desk.execute_each(actor, units.into_iter().map(Request::from).collect()).await
}

fn note(ticket: TicketId, body: &str) -> Unit {
    Unit::ticket(ticket, Command::Note { words: words(body) })
}

async fn notes(desk: &TestStore, ticket: TicketId) -> Vec<String> {
    let said = tickets::messages(desk, ticket, 200, None).await.unwrap();
    said.items.into_iter().skip(1).map(|message| message.body).collect()
}

/// All that is due, claimed.
async fn firing_all(desk: &TestStore) -> Vec<Request> {
    let claims = claim_due(desk, desk.clock.now(), 500).await.unwrap();
    let request = |claim: &Claim| {
        let unit = match claim.subject {
            Subject::Ticket(id) => Unit::ticket(id, Command::FireTimers),
            Subject::Case(id) => Unit::case(id, CaseCommand::FireTimers),
        };
        Request { claim: Some(*claim), ..unit.into() }
    };
    claims.iter().map(request).collect()
}

async fn near(desk: &TestStore, ticket: TicketId) -> usize {
    let sent = outbox::of_ticket(desk, ticket, 50).await.unwrap();
    sent.iter().filter(|row| matches!(row.notice, Notice::TargetNear { .. })).count()
}

crate::both_databases! {
    async fn those_about_one_ticket_go_one_after_the_other(desk: TestStore) {
        let (one, other) = (open(&desk, "one").await, open(&desk, "other").await);
        let agent = desk.actor(desk.seeded.agent).await;
        let units = vec![note(one.id, "a"), note(other.id, "b"), note(one.id, "c"), note(one.id, "d")];
        let answers = together(&desk, &agent, units).await;
        let versions: Vec<_> = answers.iter().map(|answer| answer.as_ref().unwrap().tickets[0].version).collect();
        assert_eq!(versions, [one.version + 1, other.version + 1, one.version + 2, one.version + 3]);
        assert_eq!(notes(&desk, one.id).await, ["a", "c", "d"]);
        assert_eq!(notes(&desk, other.id).await, ["b"]);
        expect_order(&desk).await;
    }

    async fn what_is_refused_leaves_the_others_alone(desk: TestStore) {
        let (one, other) = (open(&desk, "one").await, open(&desk, "other").await);
        let agent = desk.actor(desk.seeded.agent).await;
        let stale = Request { expected_version: Some(99), ..note(one.id, "stale").into() };
        let key = IdempotencyKey { owner: "agent".to_owned(), key: "k".to_owned(), body_hash: "h".to_owned() };
        let keyed = || Request { idempotency: Some(key.clone()), ..note(other.id, "once").into() };
        let requests = vec![
            Unit::ticket(one.id, Command::Unmerge).into(),
            stale,
            keyed(),
            note(one.id, "good").into(),
            keyed(),
            note(TicketId(fresh_id()), "nowhere").into(),
        ];
        let answers = desk.execute_each(&agent, requests).await;
        assert!(matches!(&answers[0], Err(ExecuteError::Refused(refusal)) if matches!(refusal.because, Because::State(_))));
        assert!(matches!(answers[1], Err(ExecuteError::Stale { .. })));
        assert!(answers[2].is_ok() && answers[3].is_ok());
        assert!(answers[4].as_ref().unwrap().repeated, "the key is known by then");
        assert!(matches!(&answers[5], Err(ExecuteError::Refused(refusal)) if refusal.because == Because::NoSuchTicket));
        assert_eq!(notes(&desk, one.id).await, ["good"]);
        assert_eq!(notes(&desk, other.id).await, ["once"]);
        expect_order(&desk).await;
    }

    async fn a_hundred_tickets_are_fired_as_each_alone_would_be(desk: TestStore) {
        for n in 0..100 {
            open(&desk, &format!("ticket {n}")).await;
        }
        desk.advance(Duration::hours(3));
        let mut firing = firing_all(&desk).await;
        let alone = desk.execute(&Actor::System, firing.pop().unwrap()).await.unwrap().tickets[0].id;
        let answers = desk.execute_each(&Actor::System, firing).await;
        assert_eq!(firing_all(&desk).await.len(), 0, "their claims are answered");
        let expected = (near(&desk, alone).await, record(&desk, alone).await.next_fire_at);
        assert!(expected.0 > 0);
        for answer in answers {
            let ticket = answer.unwrap().tickets[0].id;
            assert_eq!((near(&desk, ticket).await, record(&desk, ticket).await.next_fire_at), expected);
        }
        expect_order(&desk).await;
    }

    async fn tickets_of_one_case_and_the_case_itself_find_each_other_as_they_are(desk: TestStore) {
        let (one, other) = (open(&desk, "one").await, open(&desk, "other").await);
        healthy(&desk).await;
        let id = CaseId(fresh_id());
        for ticket in [one.id, other.id] {
            act(&desk, ticket, triage(&desk)).await;
        }
        act(&desk, one.id, draft(id)).await;
        let agent = desk.actor(desk.seeded.agent).await;
        let case = |command| Unit::case(id, command);
        let units = vec![
            case(file(&desk, "SR-1")),
            note(one.id, "it is with them"),
            case(CaseCommand::AddTicket { ticket: other.id }),
            note(other.id, "this one as well"),
        ];
        let answers = together(&desk, &agent, units).await;
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        for ticket in [one.id, other.id] {
            assert_eq!(record(&desk, ticket).await.ticket.state.kind(), StateKind::Escalated);
        }
        desk.advance(Duration::hours(30));
        let fired = desk.execute_each(&Actor::System, firing_all(&desk).await).await;
        assert_eq!(fired.len(), 3, "two tickets and the case");
        assert!(fired.iter().all(Result::is_ok), "{fired:?}");
        expect_order(&desk).await;
    }

    async fn one_that_breaks_off_takes_nobody_along(desk: TestStore) {
        let (good, bad) = (open(&desk, "good").await, open(&desk, "bad").await);
        // The next number is more than there is room for.
        desk.damage(&format!("UPDATE ticket SET version = {} WHERE subject = 'bad'", i64::MAX)).await;
        let agent = desk.actor(desk.seeded.agent).await;
        let answers = together(&desk, &agent, vec![note(good.id, "a"), note(bad.id, "b"), note(good.id, "c")]).await;
        assert!(answers[0].is_ok() && answers[2].is_ok());
        assert!(matches!(answers[1], Err(ExecuteError::BrokeOff | ExecuteError::Store(StoreError::Database(_)))));
        assert_eq!(notes(&desk, good.id).await, ["a", "c"]);
        let after = desk.execute(&agent, note(good.id, "and the desk goes on")).await;
        assert!(after.is_ok(), "{after:?}");
    }
}
