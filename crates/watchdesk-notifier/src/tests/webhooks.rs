//! The pager is called: what goes over the wire, and what becomes of it.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration as Span;

use chrono::Duration;
use serde_json::{Value, json};
use tokio_rustls::rustls::RootCertStore;
use watchdesk_core::Instant;
use watchdesk_core::ids::Slug;

use super::peer::{Answer, Asked, Peer, trusted};
use crate::outward::{AllowedAddresses, Outward};
use crate::webhook::{Sent, Signed, WebhookError, WebhookOptions, WebhookSecret, Webhooks, verify};

const SECRET: &str = "canary-secret-of-the-pager-0123456789";
const ID: &str = "0197c1f0-6c2e-7aaa-8000-000000000001";
/// Nothing here takes so long unless it is broken.
const PATIENCE: Span = Span::from_secs(60);
/// A time-out that a test waits for.
const SHORT: Span = Span::from_millis(50);

fn now() -> Instant {
    "2026-02-17T19:00:00Z".parse().unwrap()
}

fn slug() -> Slug {
    Slug::new("pager").unwrap()
}

fn options(url: String, timeout: Span) -> WebhookOptions {
    WebhookOptions { slug: slug(), url, key_id: "2026-01".to_owned(), secret: SECRET.to_owned(), timeout }
}

fn outward(allow: &[&str], roots: RootCertStore) -> Outward {
    Outward::with_roots(AllowedAddresses::parse(allow.iter().copied()).unwrap(), roots)
}

fn webhooks(url: String, allow: &[&str], roots: RootCertStore, timeout: Span) -> Webhooks {
    Webhooks::new([options(url, timeout)], &outward(allow, roots)).unwrap()
}

/// To the peer of the story, which stands on this machine.
fn to(peer: &Peer, timeout: Span) -> Webhooks {
    webhooks(peer.url("/hook?token=canary-token"), &["127.0.0.1"], RootCertStore::empty(), timeout)
}

fn said() -> Value {
    json!({ "type": "target_missed", "data": { "ticket": 42 } })
}

async fn send(webhooks: &Webhooks) -> Result<Sent, WebhookError> {
    webhooks.send(&slug(), ID, &said(), now()).await
}

fn final_words(result: Result<Sent, WebhookError>) -> String {
    match result {
        Err(WebhookError::Final { why }) => why,
        other => panic!("not final: {other:?}"),
    }
}

fn passing_words(result: Result<Sent, WebhookError>) -> String {
    match result {
        Err(WebhookError::Passing { why, .. }) => why,
        other => panic!("not passing: {other:?}"),
    }
}

fn is_believed(asked: &Asked, secret: &str, at: Instant) -> bool {
    let header = |name: &str| asked.headers[name].as_str();
    let signed = Signed {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
    };
    let secret = WebhookSecret::parse(secret).unwrap();
    verify(&secret, signed, &asked.body, at, Duration::minutes(5)).is_ok()
}

#[tokio::test]
async fn a_call_arrives_signed_and_says_the_same_each_time() {
    let peer = Peer::start().await;
    let pager = to(&peer, PATIENCE);
    peer.answers([Answer::status("500 Oops", "", ""), Answer::status("202 Accepted", "", "thanks")]);
    passing_words(send(&pager).await);
    assert_eq!(send(&pager).await, Ok(Sent { status: 202 }));
    let asked = peer.asked();
    let first = &asked[0];
    assert_eq!((first.method.as_str(), first.path.as_str()), ("POST", "/hook?token=canary-token"));
    assert_eq!(first.headers["host"], peer.address.to_string());
    assert_eq!(first.headers["content-type"], "application/json");
    assert_eq!((first.headers["webhook-id"].as_str(), first.headers["webhook-key-id"].as_str()), (ID, "2026-01"));
    assert_eq!(first.headers["webhook-timestamp"], now().timestamp().to_string());
    assert_eq!(serde_json::from_slice::<Value>(&first.body).unwrap(), said());
    assert!(is_believed(first, SECRET, now() + Duration::minutes(4)));
    assert!(!is_believed(first, SECRET, now() + Duration::minutes(6)), "an old call is not believed");
    assert!(!is_believed(first, "another secret of so many bytes", now()));
    assert_eq!((&asked[1].headers["webhook-id"], &asked[1].body), (&first.headers["webhook-id"], &first.body));
}

#[tokio::test]
async fn what_the_receiver_says_decides_whether_it_is_asked_again() {
    let peer = Peer::start().await;
    let pager = to(&peer, PATIENCE);
    let busy = Answer::status("429 Slow down", "Retry-After: 120\r\n", "too many\r\n from desk@example.cn");
    peer.answers([busy, Answer::status("410 Gone", "", "this pager is no more"), Answer::HangsUp]);
    let rest = Some(Duration::seconds(120));
    let why = "the receiver answered 429: too many from (address)".to_owned();
    assert_eq!(send(&pager).await, Err(WebhookError::Passing { why, retry_after: rest }));
    assert_eq!(final_words(send(&pager).await), "the receiver answered 410: this pager is no more");
    assert!(passing_words(send(&pager).await).contains("broke off"));
}

#[tokio::test]
async fn a_receiver_that_dawdles_is_left() {
    let peer = Peer::start().await;
    peer.answers([Answer::Nothing]);
    let why = passing_words(send(&to(&peer, SHORT)).await);
    assert_eq!(why, "127.0.0.1 gave no answer within 0.05 s");
}

#[tokio::test]
async fn a_receiver_that_talks_without_end_is_cut_short() {
    let peer = Peer::start().await;
    let pager = to(&peer, PATIENCE);
    let endless = |head: &str| Answer::SaysWithoutEnd(format!("HTTP/1.1 {head}\r\n"));
    peer.answers([endless("404 Not here\r\n"), endless("200 Fine\r\n"), endless("200 Fine\r\nX-Long: ")]);
    assert!(final_words(send(&pager).await).chars().count() < 300);
    assert_eq!(send(&pager).await, Ok(Sent { status: 200 }), "what it says to a success is not even read");
    passing_words(send(&pager).await);
}

#[tokio::test]
async fn a_redirect_is_followed_nowhere() {
    let (peer, elsewhere) = (Peer::start().await, Peer::start().await);
    for status in ["301 Moved", "302 Found", "303 See other", "307 Temporary", "308 Permanent"] {
        peer.answers([Answer::status(status, &format!("Location: {}\r\n", elsewhere.url("/")), "")]);
        let why = final_words(send(&to(&peer, PATIENCE)).await);
        assert!(why.contains("we follow nobody"), "{why}");
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn what_stands_on_this_machine_is_called_only_when_allowed() {
    let peer = Peer::with_tls().await;
    let by_name = peer.url_on("https", "localhost", "/hook");
    for allow in [&[][..], &["10.0.0.0/8"]] {
        let pager = webhooks(by_name.clone(), allow, trusted(), PATIENCE);
        let why = final_words(send(&pager).await);
        assert!(why.contains("localhost is not called: ") && why.contains("this machine itself"), "{why}");
    }
    for spelling in ["127.0.0.1", "127.1", "0x7f000001", "2130706433", "[::ffff:127.0.0.1]"] {
        let options = options(peer.url_on("https", spelling, "/hook"), PATIENCE);
        let refused = Webhooks::new([options], &outward(&[], trusted())).expect_err(spelling).to_string();
        assert!(refused.starts_with("webhooks.pager.url"), "{refused}");
    }
    assert_eq!(peer.connections(), 0, "nothing was connected to");
    let pager = webhooks(by_name, &["127.0.0.0/8", "::1"], trusted(), PATIENCE);
    assert_eq!(send(&pager).await, Ok(Sent { status: 204 }));
}

#[tokio::test]
async fn a_certificate_must_be_trusted_and_name_the_host() {
    let peer = Peer::with_tls().await;
    let this_machine = ["127.0.0.0/8", "::1"];
    let untrusted = webhooks(peer.url_on("https", "localhost", "/"), &this_machine, RootCertStore::empty(), PATIENCE);
    let misnamed = webhooks(peer.url_on("https", "127.0.0.1", "/"), &this_machine, trusted(), PATIENCE);
    for pager in [untrusted, misnamed] {
        let why = passing_words(send(&pager).await);
        assert!(why.contains("TLS") && why.contains("certificate"), "{why}");
    }
    assert!(peer.asked().is_empty(), "nothing was said to a stranger");
}

#[tokio::test]
async fn nobody_there_and_nobody_known() {
    let gone = Peer::start().await.url("/");
    let pager = webhooks(gone, &["127.0.0.1"], RootCertStore::empty(), PATIENCE);
    assert!(passing_words(send(&pager).await).contains("cannot be reached"));
    let other = Slug::new("other").unwrap();
    let why = final_words(pager.send(&other, ID, &said(), now()).await);
    assert!(why.contains("[webhooks.other]"), "{why}");
    assert!(final_words(pager.send(&slug(), "a b", &said(), now()).await).contains("identity"));
    let long = json!("x".repeat(70_000));
    assert!(final_words(pager.send(&slug(), ID, &long, now()).await).contains("larger than"));
}

#[test]
fn a_wrong_setting_is_named_and_not_repeated() {
    let good = || options("https://pager.example.cn/canary-path".to_owned(), SHORT);
    let table = [
        (WebhookOptions { url: "pager canary-path".to_owned(), ..good() }, "webhooks.pager.url"),
        (WebhookOptions { url: "http://pager.example.cn/canary-path".to_owned(), ..good() }, "webhooks.pager.url"),
        (WebhookOptions { key_id: "a b".to_owned(), ..good() }, "webhooks.pager.key_id"),
        (WebhookOptions { secret: "canary".to_owned(), ..good() }, "webhooks.pager.secret"),
    ];
    for (options, key) in table {
        let error = Webhooks::new([options], &outward(&[], trusted())).expect_err(key).to_string();
        assert!(error.starts_with(key) && !error.contains("canary"), "{error}");
    }
    assert!(Webhooks::new([good()], &outward(&[], trusted())).unwrap().knows(&slug()));
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn secrets_are_shown_to_nobody() {
    let log = Log::default();
    let into_log = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || into_log.clone()).finish();
    let listening = tracing::subscriber::set_default(subscriber);
    let peer = Peer::start().await;
    peer.answers([Answer::status("400 Bad", "", "no"), Answer::HangsUp, Answer::Nothing]);
    let pager = to(&peer, SHORT);
    let mut shown = format!("{pager:?} {:?}", options(peer.url("/hook?token=canary-token"), SHORT));
    for _ in 0..3 {
        let error = send(&pager).await.unwrap_err();
        shown = format!("{shown} {error} {error:?}");
    }
    tracing::info!("the log is read");
    drop(listening);
    shown.push_str(&String::from_utf8(log.0.lock().unwrap().clone()).unwrap());
    assert!(shown.contains("the log is read") && !shown.contains("canary"), "{shown}");
}
