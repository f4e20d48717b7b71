//! Whom ladders reach, by which way, and what happens when nobody says that he has seen it.

use std::sync::Arc;
use std::time::Duration as Span;

use chrono::Duration;
use tokio_rustls::rustls::RootCertStore;
use watchdesk_core::clock::Objective::Resolution;
use watchdesk_core::command::{Command, Unit};
use watchdesk_core::event::EventKind;
use watchdesk_core::ids::Slug;
use watchdesk_store::outbox::OutboxState;
use watchdesk_store::testing::TestStore;
use watchdesk_store::{auth, both_databases};

use super::desk::{BASE_URL, Desk, engine, options};
use super::mime::Mail;
use super::peer::{Answer, Peer};
use super::sink::{Answer as Answers, nowhere};
use crate::outward::{AllowedAddresses, Outward};
use crate::timers::tick;
use crate::{Options, OutboxWorker, PassReport, Status, WebhookOptions, Webhooks};

/// Half of a day, then the deadline; whoever is called has ten minutes. Once more, if nobody answers.
const CALLS: &str = r#"{"repeat": 1, "steps": [
    {"percent": 50, "tell": ["assignee"], "acknowledge_within_s": 600},
    {"percent": 100, "tell": ["leads"], "acknowledge_within_s": 600}]}"#;

/// The secret part of the link in a mail.
fn token(mail: &Mail) -> String {
    let words = mail.text();
    let (_, rest) = words.split_once(&format!("{BASE_URL}/acknowledge/")).unwrap_or_else(|| panic!("{words}"));
    rest.split_whitespace().next().unwrap().to_owned()
}

fn pager(peer: &Peer) -> impl FnOnce(Options) -> Options {
    let options = WebhookOptions {
        slug: Slug::new("pager").unwrap(),
        url: peer.url("/hook"),
        key_id: "2026-01".to_owned(),
        secret: "the secret of the pager of the stories".to_owned(),
        timeout: Span::from_secs(30),
    };
    let outward = Outward::with_roots(AllowedAddresses::parse(["127.0.0.1"]).unwrap(), RootCertStore::empty());
    let webhooks = Webhooks::new([options], &outward).unwrap();
    |options| Options { webhooks, ..options }
}

both_databases! {
    async fn who_is_called_has_a_link_and_ten_minutes_from_the_delivery(store: TestStore) {
        let desk = Desk::over(store).await;
        desk.promises(CALLS).await;
        let ticket = desk.assigned("his-1@customer.example").await;
        let (agent, lead) = (desk.store.seeded.agent, desk.store.seeded.lead);
        desk.wait_for_next(ticket).await;
        assert_eq!(tick(&desk.store).await.unwrap().fired, 1);
        desk.advance(Duration::minutes(3));
        let mail = desk.one_mail().await;
        assert_eq!(mail.envelope_to, [desk.email_of(agent).await]);
        let clock = desk.clock(ticket, Resolution).await;
        let link = auth::call_link(&desk.store, &token(&mail)).await.unwrap().unwrap();
        assert_eq!((link.agent, link.clock), (agent, clock.id));
        let delivered_at = clock.steps[0].acknowledgement.as_ref().unwrap().delivered_at;
        assert_eq!(delivered_at, Some(desk.now()));

        desk.advance(Duration::minutes(10) - Duration::seconds(1));
        assert_eq!(tick(&desk.store).await.unwrap().due, 0, "the time counts from the delivery");
        desk.advance(Duration::seconds(1));
        assert_eq!(tick(&desk.store).await.unwrap().fired, 1);
        let next = desk.one_mail().await;
        assert_eq!(next.envelope_to, [desk.email_of(lead).await], "the next level, long before its own time");
        let unanswered = |kind: &EventKind| matches!(kind, EventKind::StepUnanswered { .. });
        assert_eq!(desk.happened(ticket).await.iter().filter(|kind| unanswered(kind)).count(), 1);

        let link = auth::call_link(&desk.store, &token(&next)).await.unwrap().unwrap();
        let seen = Unit::ticket(ticket, Command::AcknowledgeLadder { clock: Some(link.clock) });
        desk.store.execute(&desk.store.actor(lead).await, seen).await.unwrap();
        desk.advance(Duration::hours(6));
        assert_eq!((tick(&desk.store).await.unwrap().fired, desk.delivered().await.len()), (0, 0), "nobody else is called");
    }
}

both_databases! {
    async fn a_dead_mail_server_keeps_no_call_from_the_pager(store: TestStore) {
        let peer = Peer::start().await;
        let desk = Desk::over(store).await;
        let step = r#"[{"percent": 50, "acknowledge_within_s": 600,
            "tell": [{"address": "duty@pager.example"}, {"webhook": "pager"}]}]"#;
        desk.promises(step).await;
        let ticket = desk.assigned("his-1@customer.example").await;
        desk.wait_for_next(ticket).await;
        tick(&desk.store).await.unwrap();
        let status = Arc::new(Status::default());
        let away = pager(&peer)(options().with_smtp(nowhere().await));
        let worker = OutboxWorker::new(desk.store.store().clone(), engine(), away, Arc::clone(&status)).unwrap();
        peer.answers([Answer::status("503 Later", "", "busy")]);
        assert_eq!(worker.pass().await.unwrap(), PassReport { put_off: 2, ..PassReport::default() });
        desk.advance(Duration::seconds(5));
        let report = worker.pass().await.unwrap();
        assert_eq!((report.sent, report.put_off), (1, 0), "the pager is called again soon, the mail waits longer");
        let asked = peer.asked();
        let said: serde_json::Value = serde_json::from_slice(&asked[1].body).unwrap();
        let number = desk.ticket(ticket).await.ticket.number.0;
        assert_eq!((&said["type"], &said["data"]["ticket"], &said["data"]["standing"]), (&"target_near".into(), &number.into(), &"near".into()));
        assert_eq!((&asked[0].headers["webhook-id"], &asked[0].body), (&asked[1].headers["webhook-id"], &asked[1].body));
        let delivered_at = |clock: watchdesk_core::clock::Clock| clock.steps[0].acknowledgement.as_ref().unwrap().delivered_at;
        assert_eq!(delivered_at(desk.clock(ticket, Resolution).await), Some(desk.now()), "the pager has it: the time counts");

        desk.advance(Duration::minutes(5));
        let mail = desk.one_mail().await;
        assert_eq!(mail.envelope_to, ["duty@pager.example"]);
        let words = [mail.subject(), mail.text(), mail.html()].concat();
        assert!(words.contains(&number.to_string()), "{words}");
        for inside in ["Outlook asks", "张伟", "Contoso", "/acknowledge/"] {
            assert!(!words.contains(inside), "{inside} stays in the house: {words}");
        }
        let figures = status.snapshot();
        assert_eq!((figures.calls.sent, figures.calls.put_off), (1, 1));
    }
}

both_databases! {
    async fn a_call_that_is_moot_or_goes_nowhere_is_not_made(store: TestStore) {
        let peer = Peer::start().await;
        let desk = Desk::with(store, pager(&peer)).await;
        desk.promises(r#"[{"percent": 50, "tell": [{"webhook": "pager"}, {"webhook": "of-old"}]}]"#).await;
        let (done, open) = (desk.assigned("his-1@customer.example").await, desk.assigned("his-2@customer.example").await);
        desk.wait_for_next(done).await;
        tick(&desk.store).await.unwrap();
        desk.resolve(done, "It works again.").await;
        desk.delivered().await;
        let rows = [desk.rows(done).await, desk.rows(open).await].concat();
        let words = |state| {
            let of_state = rows.iter().filter(move |row| row.state == state);
            of_state.filter_map(|row| row.last_error.clone()).collect::<Vec<_>>()
        };
        assert_eq!(words(OutboxState::Suppressed), ["it was done before this was sent"; 2]);
        let dead = words(OutboxState::Dead);
        assert!(dead.len() == 1 && dead[0].contains("[webhooks.of-old]"), "{dead:?}");
        assert_eq!(peer.asked().len(), 1);
        let told = desk.happened(open).await;
        assert!(told.iter().any(|kind| matches!(kind, EventKind::DeliveryFailed { .. })), "the ticket says so");
    }
}

both_databases! {
    async fn where_nobody_is_on_call_the_managers_hear_of_it_and_the_next_step_speaks(store: TestStore) {
        let desk = Desk::over(store).await;
        desk.promises(
            r#"[{"percent": 50, "tell": [{"on_call": {"rota": "night", "level": 2}}]},
                {"percent": 90, "tell": ["leads"], "propose_escalation": true}]"#,
        ).await;
        let ticket = desk.assigned("his-1@customer.example").await;
        desk.wait_for_next(ticket).await;
        tick(&desk.store).await.unwrap();
        let mut rows: Vec<_> = desk.rows(ticket).await.into_iter().map(|row| row.notice.name()).collect();
        rows.sort();
        assert_eq!(rows, ["assigned", "escalation_proposed", "nobody_to_call", "received", "target_near"]);
        let mails = desk.delivered().await;
        let manager = desk.email_of(desk.store.seeded.manager).await;
        let alarm = mails.iter().find(|mail| mail.envelope_to == [manager.clone()]).unwrap();
        assert!(alarm.text().contains("night") && alarm.text().contains(&format!("{BASE_URL}/rotas")), "{}", alarm.text());
        assert_eq!(mails.len(), 3);
        assert!(mails.iter().all(|mail| mail.header("Auto-Submitted").as_deref() == Some("auto-generated")));
    }
}

both_databases! {
    async fn a_mail_that_is_written_again_has_the_link_it_had(store: TestStore) {
        let desk = Desk::over(store).await;
        desk.promises(CALLS).await;
        let ticket = desk.assigned("his-1@customer.example").await;
        desk.wait_for_next(ticket).await;
        tick(&desk.store).await.unwrap();
        desk.sink.answers([Answers::TakesAndHangsUp, Answers::Says("451 4.3.0 later")]);
        desk.pass().await;
        let first = Mail::of(&desk.sink.mails()[0]);
        for _ in 0..2 {
            desk.advance(Duration::minutes(5));
            desk.pass().await;
        }
        let again = Mail::of(desk.sink.mails().last().unwrap());
        assert_eq!((again.id(), token(&again)), (first.id(), token(&first)), "the same mail, with one link");
        let link = auth::call_link(&desk.store, &token(&first)).await.unwrap().unwrap();
        assert_eq!(link.agent, desk.store.seeded.agent);
    }
}

both_databases! {
    async fn a_digest_has_a_link_for_each_target_that_waits_for_somebody(store: TestStore) {
        let desk = Desk::over(store).await;
        desk.promises(CALLS).await;
        let (one, two) = (desk.assigned("his-1@customer.example").await, desk.assigned("his-2@customer.example").await);
        desk.advance(Duration::hours(20));
        assert_eq!(tick(&desk.store).await.unwrap().digests, 1);
        let agent = desk.email_of(desk.store.seeded.agent).await;
        let mails = desk.delivered().await;
        let mail = mails.iter().find(|mail| mail.envelope_to == [agent.clone()]).unwrap();
        let words = mail.text();
        let links: Vec<&str> = words.split(&format!("{BASE_URL}/acknowledge/")).skip(1).collect();
        let mut clocks = Vec::new();
        for link in links {
            let token = link.split_whitespace().next().unwrap();
            let link = auth::call_link(&desk.store, token).await.unwrap().unwrap();
            assert_eq!(link.agent, desk.store.seeded.agent);
            clocks.push(link.clock);
        }
        let mut wanted = [desk.clock(one, Resolution).await.id, desk.clock(two, Resolution).await.id];
        clocks.sort();
        wanted.sort();
        assert_eq!(clocks, wanted, "one beside each line: {words}");
    }
}

both_databases! {
    async fn what_piled_up_for_an_address_outside_names_nobody(store: TestStore) {
        let desk = Desk::over(store).await;
        desk.promises(r#"[{"percent": 50, "tell": [{"address": "duty@pager.example"}], "acknowledge_within_s": 600}]"#).await;
        let ticket = desk.assigned("his-1@customer.example").await;
        desk.advance(Duration::hours(20));
        assert_eq!(tick(&desk.store).await.unwrap().digests, 1);
        let mail = desk.one_mail().await;
        assert_eq!(mail.envelope_to, ["duty@pager.example"]);
        assert!(!mail.text().contains("/acknowledge/"), "{}", mail.text());
        assert!(!mail.text().contains("Outlook asks") && !mail.text().contains("Contoso"), "{}", mail.text());
        let clock = desk.clock(ticket, Resolution).await;
        let wanted = clock.steps[0].acknowledgement.as_ref().unwrap();
        assert_eq!(wanted.delivered_at, Some(desk.now()), "the digest delivered it");
    }
}
