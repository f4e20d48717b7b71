//! A power cut in the middle of a thousand mails.

use std::collections::{BTreeMap, BTreeSet};

use watchdesk_tests::desk::SUPPORT;
use watchdesk_tests::smtp::Client;
use watchdesk_tests::{Backend, Desk, mail};

use super::on_both_databases;

on_both_databases!(what_was_acknowledged_is_a_ticket_once);

const MAILS: usize = 1_000;
const SENDERS_AT_ONCE: usize = 4;
/// The program is killed when so many mails were acknowledged.
const KILL_AFTER: usize = 400;

fn sender(n: usize) -> String {
    format!("customer{n}@crash.example")
}

/// Sends every `step`th mail from `first` until the server goes away; the numbers that got their 250.
async fn send(
    address: std::net::SocketAddr,
    numbers: Vec<usize>,
    acknowledged: tokio::sync::mpsc::UnboundedSender<usize>,
) {
    let Ok(mut client) = Client::connect(address, "EHLO").await else { return };
    for n in numbers {
        let from = sender(n);
        let message = mail::message(&from, SUPPORT, &format!("Mail {n}"), &format!("m{n}@crash.example"), "", "Help.");
        match client.send(&from, &[SUPPORT], &message).await {
            Ok(reply) if reply.code == 250 => drop(acknowledged.send(n)),
            Ok(_) => {}
            Err(_) => return,
        }
    }
}

async fn what_was_acknowledged_is_a_ticket_once(backend: Backend) {
    // What the dead program held is sent by the next one when its lease is over.
    let mut desk = Desk::start_with(backend, &[("WATCHDESK_WORKERS__LEASE_S", "2")]).await;
    let (sender_half, mut acknowledgements) = tokio::sync::mpsc::unbounded_channel();
    for first in 0..SENDERS_AT_ONCE {
        let numbers = (first..MAILS).step_by(SENDERS_AT_ONCE).collect();
        tokio::spawn(send(desk.smtp, numbers, sender_half.clone()));
    }
    drop(sender_half);
    let mut acknowledged = BTreeSet::new();
    while let Some(n) = acknowledgements.recv().await {
        acknowledged.insert(n);
        if acknowledged.len() == KILL_AFTER {
            desk.kill().await;
        }
    }
    assert!(acknowledged.len() >= KILL_AFTER, "only {} before the end", acknowledged.len());
    assert!(acknowledged.len() < MAILS, "it was killed in the middle");

    desk.launch().await;
    let rest: Vec<usize> = (0..MAILS).filter(|n| !acknowledged.contains(n)).collect();
    let (sender_half, mut acknowledgements) = tokio::sync::mpsc::unbounded_channel();
    send(desk.smtp, rest.clone(), sender_half).await;
    while let Some(n) = acknowledgements.recv().await {
        acknowledged.insert(n);
    }
    assert_eq!(acknowledged.len(), MAILS, "a sender tries again, and then all are taken");

    let wanted: BTreeSet<String> = acknowledged.iter().map(|n| sender(*n)).collect();
    desk.sink
        .wait_until("an acknowledgement for each mail", |mails| {
            let told: BTreeSet<&String> = mails.iter().flat_map(|mail| &mail.to).collect();
            wanted.iter().all(|sender| told.contains(sender))
        })
        .await;

    // Each sender has one ticket, or one more where the 250 was lost on the way and he sent it again; and what reached
    // him twice about one ticket is one mail, with one Message-ID.
    let subjects = all_subjects(&desk).await;
    for n in &acknowledged {
        let tickets = subjects.get(&format!("Mail {n}")).copied().unwrap_or_default();
        assert_eq!(tickets, 1, "mail {n} is {tickets} tickets");
        let ids: BTreeSet<String> = desk.sink.to(&sender(*n)).iter().map(|mail| mail.id()).collect();
        assert_eq!(ids.len(), 1, "mail {n} was acknowledged as {ids:?}");
    }
    desk.check().await;
}

async fn all_subjects(desk: &Desk) -> BTreeMap<String, usize> {
    let mut subjects = BTreeMap::new();
    let mut path = "/api/v1/tickets?sort=created&limit=200".to_owned();
    loop {
        let page = desk.http.get(&path).await.expect(200);
        for ticket in page["items"].as_array().expect("tickets") {
            *subjects.entry(ticket["subject"].as_str().unwrap_or_default().to_owned()).or_insert(0) += 1;
        }
        match page["next"].as_str() {
            Some(cursor) => path = format!("/api/v1/tickets?sort=created&limit=200&cursor={cursor}"),
            None => return subjects,
        }
    }
}
