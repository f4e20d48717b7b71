use chrono::Duration;
use watchdesk_core::clock::{ClockState, Objective, Outcome, Subject};
use watchdesk_core::effect::{Notice, Recipient};
use watchdesk_core::event::{ActorRef, EventKind, MessageKind};
use watchdesk_core::refusal::Because;
use watchdesk_core::ticket::StateKind;

use super::*;
use crate::{IdempotencyKey, firing, outbox};

crate::both_databases! {
    async fn a_ticket_is_opened_triaged_answered_and_resolved(desk: TestStore) {
        let ticket = open(&desk, "邮箱 broken").await;
        assert_eq!(ticket.number.0, 1001);
        let opened = record(&desk, ticket.id).await;
        assert_eq!(opened.words.subject, "邮箱 broken");
        assert_eq!(opened.ticket.state.kind(), StateKind::Open);
        assert_eq!(opened.due_at, Some(desk.clock.now() + Duration::hours(4)), "untriaged is held to severity B");

        desk.advance(Duration::minutes(10));
        act(&desk, ticket.id, triage(&desk)).await;
        desk.advance(Duration::minutes(10));
        act(&desk, ticket.id, reply("We are looking into it.")).await;
        desk.advance(Duration::minutes(10));
        let resolved = act(&desk, ticket.id, Command::Resolve { words: words("It works again.") }).await;

        let last = record(&desk, ticket.id).await;
        assert_eq!(last.ticket.state.kind(), StateKind::Resolved);
        assert_eq!(last.ticket.version, resolved.tickets[0].version);
        assert_eq!((last.due_at, last.ticket.owner), (None, Some(desk.seeded.agent)));
        let clocks = tickets::clocks(&desk, ticket.id).await.unwrap();
        let reading: Vec<_> = clocks.iter().map(|clock| (clock.objective, clock.state, clock.outcome)).collect();
        let met = Some(Outcome::Met);
        assert_eq!(reading, [
            (Objective::FirstResponse, ClockState::Ended, met),
            (Objective::Resolution, ClockState::Ended, met),
        ]);
        let said = tickets::messages(&desk, ticket.id, 10, None).await.unwrap();
        let bodies: Vec<_> = said.items.iter().map(|message| (message.kind, message.body.as_str())).collect();
        assert_eq!(bodies, [
            (MessageKind::Customer, "It does not work any more."),
            (MessageKind::Public, "We are looking into it."),
            (MessageKind::Public, "It works again."),
        ]);
        assert_eq!(said.items[0].author_name, "张伟");
        assert_eq!(said.items[1].author, Author::Agent(desk.seeded.agent));
        let sent = outbox::of_ticket(&desk, ticket.id, 50).await.unwrap();
        let notices: Vec<_> = sent.iter().map(|row| (row.notice.name(), row.recipient.clone())).collect();
        let customer = Recipient::Contact(desk.seeded.contact);
        assert!(notices.contains(&("received", customer.clone())), "{notices:?}");
        assert!(notices.contains(&("reply", customer.clone())), "{notices:?}");
        assert!(notices.contains(&("resolved", customer)), "{notices:?}");
        assert!(sent.iter().all(|row| row.mail_id.ends_with("@desk.example")));
        expect_order(&desk).await;
    }

    async fn events_have_no_gap_and_name_who_did_it(desk: TestStore) {
        let ticket = open(&desk, "x").await;
        act(&desk, ticket.id, triage(&desk)).await;
        let events = tickets::events(&desk, ticket.id, 0, 100).await.unwrap();
        let seqs: Vec<_> = events.iter().map(|event| event.seq).collect();
        assert_eq!(seqs, (1..=i64::try_from(events.len()).unwrap()).collect::<Vec<_>>());
        assert!(matches!(events[0].kind, EventKind::Opened { number, .. } if number == ticket.number));
        let triaged = events.iter().find(|event| event.kind == EventKind::Triaged).expect("it was triaged");
        assert_eq!(triaged.actor, ActorRef::Agent(desk.seeded.agent));
        let later = tickets::events(&desk, ticket.id, events[0].seq, 1).await.unwrap();
        assert_eq!(later[0].seq, 2);
    }

    async fn a_refusal_leaves_no_trace(desk: TestStore) {
        let ticket = open(&desk, "x").await;
        let before = record(&desk, ticket.id).await;
        let refused = try_act(&desk, ticket.id, Command::Resolve { words: words("Done.") }).await.unwrap_err();
        assert!(matches!(&refused, ExecuteError::Refused(refusal) if refusal.because == Because::State(StateKind::Open)));
        assert_eq!(record(&desk, ticket.id).await, before);
        assert_eq!(tickets::messages(&desk, ticket.id, 10, None).await.unwrap().items.len(), 1);
        expect_order(&desk).await;
    }

    async fn a_unit_stands_or_falls_as_a_whole(desk: TestStore) {
        let ticket = open(&desk, "x").await;
        let agent = desk.actor(desk.seeded.agent).await;
        let whole = Unit::ticket(ticket.id, triage(&desk)).then(Step::Ticket(ticket.id, Command::Unmerge));
        assert!(matches!(desk.execute(&agent, whole).await, Err(ExecuteError::Refused(_))));
        assert!(!record(&desk, ticket.id).await.ticket.triaged);
        let resolve = Command::Resolve { words: words("Restart Outlook.") };
        let whole = Unit::ticket(ticket.id, triage(&desk)).then(Step::Ticket(ticket.id, resolve));
        desk.execute(&agent, whole).await.unwrap();
        assert_eq!(record(&desk, ticket.id).await.ticket.state.kind(), StateKind::Resolved);
        expect_order(&desk).await;
    }

    async fn an_old_version_is_refused(desk: TestStore) {
        let ticket = open(&desk, "x").await;
        let current = act(&desk, ticket.id, triage(&desk)).await.tickets[0].version;
        let agent = desk.actor(desk.seeded.agent).await;
        let request = |version| Request {
            expected_version: Some(version),
            ..Unit::ticket(ticket.id, Command::Note { words: words("Seen.") }).into()
        };
        let stale = desk.execute(&agent, request(ticket.version)).await.unwrap_err();
        assert!(matches!(stale, ExecuteError::Stale { current: found } if found == current), "{stale:?}");
        desk.execute(&agent, request(current)).await.unwrap();
    }

    async fn of_many_who_expect_the_same_version_one_wins(desk: TestStore) {
        let ticket = open(&desk, "x").await;
        let agent = desk.actor(desk.seeded.agent).await;
        let attempts = (0..8).map(|n| {
            let (store, agent) = (desk.store().clone(), agent.clone());
            let note = Command::Note { words: words(&format!("note {n}")) };
            let unit = Unit::ticket(ticket.id, note);
            let request = Request { expected_version: Some(ticket.version), ..unit.into() };
            tokio::spawn(async move { store.execute(&agent, request).await })
        });
        let mut won = 0;
        for attempt in attempts.collect::<Vec<_>>() {
            match attempt.await.unwrap() {
                Ok(_) => won += 1,
                Err(error) => assert!(matches!(error, ExecuteError::Stale { .. }), "{error:?}"),
            }
        }
        assert_eq!(won, 1);
        assert_eq!(tickets::messages(&desk, ticket.id, 10, None).await.unwrap().items.len(), 2);
        expect_order(&desk).await;
    }

    async fn many_at_once_on_one_ticket_all_go_through(desk: TestStore) {
        let ticket = open(&desk, "x").await;
        let agent = desk.actor(desk.seeded.agent).await;
        let attempts = (0..20).map(|n| {
            let (store, agent) = (desk.store().clone(), agent.clone());
            // Every fifth is refused, and must not disturb those that share its transaction.
            let command = match n % 5 {
                0 => Command::Unmerge,
                _ => Command::Note { words: words(&format!("note {n}")) },
            };
            tokio::spawn(async move { store.execute(&agent, Unit::ticket(ticket.id, command)).await })
        });
        let mut done = 0;
        for attempt in attempts.collect::<Vec<_>>() {
            done += usize::from(attempt.await.unwrap().is_ok());
        }
        assert_eq!(done, 16);
        assert_eq!(tickets::messages(&desk, ticket.id, 100, None).await.unwrap().items.len(), 17);
        expect_order(&desk).await;
    }

    async fn a_fault_in_one_request_does_not_hurt_those_beside_it(desk: TestStore) {
        let good = open(&desk, "good").await;
        let bad = open(&desk, "bad").await;
        let spoil = "UPDATE ticket SET channel = 'pigeon' WHERE subject = 'bad'";
        sea_orm::ConnectionTrait::execute_unprepared(desk.writer(), spoil).await.unwrap();
        let agent = desk.actor(desk.seeded.agent).await;
        let attempts = (0..12).map(|n| {
            let (store, agent) = (desk.store().clone(), agent.clone());
            let ticket = if n % 4 == 0 { bad.id } else { good.id };
            let note = Command::Note { words: words(&format!("note {n}")) };
            tokio::spawn(async move { store.execute(&agent, Unit::ticket(ticket, note)).await })
        });
        let mut done = 0;
        for attempt in attempts.collect::<Vec<_>>() {
            match attempt.await.unwrap() {
                Ok(_) => done += 1,
                Err(error) => assert!(matches!(error, ExecuteError::Store(crate::StoreError::Corrupt { .. })), "{error:?}"),
            }
        }
        assert_eq!(done, 9);
        assert_eq!(tickets::messages(&desk, good.id, 100, None).await.unwrap().items.len(), 10);
    }

    async fn many_opened_at_once_have_different_numbers(desk: TestStore) {
        let attempts = (0..20).map(|n| {
            let store = desk.store().clone();
            let open = Command::Open(Box::new(opening(&desk, &format!("ticket {n}"))));
            tokio::spawn(async move { store.execute(&Actor::System, Unit::ticket(TicketId(fresh_id()), open)).await })
        });
        let mut numbers = std::collections::BTreeSet::new();
        for attempt in attempts.collect::<Vec<_>>() {
            numbers.insert(attempt.await.unwrap().unwrap().tickets[0].number);
        }
        assert_eq!(numbers.len(), 20);
        expect_order(&desk).await;
    }

    async fn a_request_with_a_key_is_carried_out_once(desk: TestStore) {
        let ticket = open(&desk, "x").await;
        let agent = desk.actor(desk.seeded.agent).await;
        let key = |body_hash: &str| IdempotencyKey {
            owner: "agent".to_owned(),
            key: "k1".to_owned(),
            body_hash: body_hash.to_owned(),
        };
        let request = |body_hash: &str| Request {
            idempotency: Some(key(body_hash)),
            ..Unit::ticket(ticket.id, Command::Note { words: words("Once.") }).into()
        };
        let first = desk.execute(&agent, request("a")).await.unwrap();
        desk.advance(Duration::minutes(1));
        let again = desk.execute(&agent, request("a")).await.unwrap();
        assert_eq!((again.repeated, again.at, &again.tickets), (true, first.at, &first.tickets));
        assert!(matches!(desk.execute(&agent, request("b")).await, Err(ExecuteError::KeyReused)));
        assert_eq!(tickets::messages(&desk, ticket.id, 10, None).await.unwrap().items.len(), 2);
    }

    async fn a_refused_request_does_not_keep_its_key(desk: TestStore) {
        let ticket = open(&desk, "x").await;
        let agent = desk.actor(desk.seeded.agent).await;
        let key = IdempotencyKey { owner: "agent".to_owned(), key: "k".to_owned(), body_hash: "h".to_owned() };
        let request = |command| Request { idempotency: Some(key.clone()), ..Unit::ticket(ticket.id, command).into() };
        let resolve = || Command::Resolve { words: words("Done.") };
        assert!(matches!(desk.execute(&agent, request(resolve())).await, Err(ExecuteError::Refused(_))));
        act(&desk, ticket.id, triage(&desk)).await;
        assert!(!desk.execute(&agent, request(resolve())).await.unwrap().repeated);
    }

    async fn timers_fire_once_however_often_they_are_called(desk: TestStore) {
        let ticket = open(&desk, "x").await;
        act(&desk, ticket.id, triage(&desk)).await;
        let fire = || Unit::ticket(ticket.id, Command::FireTimers);
        assert_eq!(firing::due(&desk, desk.clock.now(), 10).await.unwrap(), []);
        assert_eq!(firing::oldest_due(&desk).await.unwrap(), Some(desk.clock.now() + Duration::hours(3)));

        desk.advance(Duration::hours(3));
        assert_eq!(firing::due(&desk, desk.clock.now(), 10).await.unwrap(), [Subject::Ticket(ticket.id)]);
        desk.execute(&Actor::System, fire()).await.unwrap();
        desk.execute(&Actor::System, fire()).await.unwrap();
        let near = |notice: &Notice| matches!(notice, Notice::TargetNear { .. });
        let sent = outbox::of_ticket(&desk, ticket.id, 50).await.unwrap();
        assert_eq!(sent.iter().filter(|row| near(&row.notice)).count(), 1);
        assert_eq!(firing::due(&desk, desk.clock.now(), 10).await.unwrap(), []);
        expect_order(&desk).await;
    }

    async fn an_attachment_is_taken_once_and_only_if_it_is_there(desk: TestStore) {
        use crate::attachments::{NewAttachment, get, meta, put};
        let ticket = open(&desk, "x").await;
        let file = NewAttachment {
            filename: "log\0.txt".to_owned(),
            content_type: "text/plain".to_owned(),
            bytes: vec![0, 159, 146, 150],
            inline_id: None,
            uploader: ActorRef::Agent(desk.seeded.agent),
        };
        let id = put(&desk, file).await.unwrap();
        assert_eq!(meta(&desk, id).await.unwrap().unwrap().ticket, None);
        let with = |id| Words { attachments: vec![id], ..words("See the log.") };
        act(&desk, ticket.id, Command::Note { words: with(id) }).await;
        let (taken, bytes) = get(&desk, id).await.unwrap().unwrap();
        assert_eq!((taken.ticket, taken.kind), (Some(ticket.id), Some(MessageKind::Note)));
        assert_eq!((taken.filename.as_str(), bytes), ("log\u{fffd}.txt", vec![0, 159, 146, 150]));
        for id in [id, watchdesk_core::ids::AttachmentId(fresh_id())] {
            let refused = try_act(&desk, ticket.id, Command::Note { words: with(id) }).await.unwrap_err();
            assert!(matches!(refused, ExecuteError::UnknownAttachment), "{refused:?}");
        }
        let said = tickets::latest_messages(&desk, ticket.id, 1).await.unwrap();
        assert_eq!(said[0].attachments, [taken]);
    }

    async fn nul_and_odd_characters_come_back_without_harm(desk: TestStore) {
        let odd = "a\0b \u{202e}x\u{200b} 😀 \u{fffe} 'quoted' %s {{7*7}}";
        let ticket = open_with(&desk, OpenTicket { words: words(odd), ..opening(&desk, odd) }).await;
        let seen = record(&desk, ticket.id).await.words.subject;
        assert_eq!(seen, odd.replace('\0', "\u{fffd}"));
        expect_order(&desk).await;
    }
}
