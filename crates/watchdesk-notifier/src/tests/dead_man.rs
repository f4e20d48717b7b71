//! Somebody outside hears from us while the clocks are watched, and no longer.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio_rustls::rustls::RootCertStore;
use watchdesk_core::Instant;

use super::peer::{Answer, Peer};
use crate::dead_man::{DeadMan, DeadManOptions};
use crate::outward::{AllowedAddresses, Outward};
use crate::{DeadManSwitch, Status, TickReport};

/// Nothing here takes so long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);
const OVERDUE_MAX: Duration = Duration::from_secs(1_200);

fn switch(peer: &Peer, tick_age_max: Duration) -> DeadMan {
    let allow = AllowedAddresses::parse(["127.0.0.1"]).unwrap();
    let outward = Outward::with_roots(allow, RootCertStore::empty());
    let options = DeadManOptions {
        url: peer.url("/ping/canary"),
        every: Duration::from_millis(5),
        tick_age_max,
        overdue_max: OVERDUE_MAX,
        timeout: PATIENCE,
    };
    DeadMan::new(options, &outward).unwrap()
}

fn tick(status: &Status) {
    tick_that_leaves(status, 0);
}

fn tick_that_leaves(status: &Status, overdue_s: i64) {
    let at: Instant = "2026-02-17T19:00:00Z".parse().unwrap();
    status.ticked(at, &TickReport { overdue_s, ..TickReport::default() });
}

async fn until(status: &Status, state: DeadManSwitch, meanwhile: impl Fn()) {
    while status.snapshot().dead_man != state {
        meanwhile();
        tokio::task::yield_now().await;
    }
}

async fn story(peer: &Peer, tick_age_max: Duration, tell: impl AsyncFnOnce(&Status)) {
    let status = Arc::new(Status::default());
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(switch(peer, tick_age_max).run(Arc::clone(&status), stopped));
    let told = async {
        tell(&status).await;
        stop.send(true).unwrap();
        running.await.unwrap();
    };
    tokio::time::timeout(PATIENCE, told).await.expect("the story comes to its end");
}

#[tokio::test]
async fn the_calls_stop_with_the_ticks_and_come_back_with_them() {
    let peer = Peer::start().await;
    story(&peer, Duration::from_millis(100), async |status| {
        until(status, DeadManSwitch::Heard, || tick(status)).await;
        until(status, DeadManSwitch::Silent, || {}).await;
        let heard = peer.asked().len();
        assert!(heard >= 1);
        tick(status);
        peer.holds(heard + 1).await;
    })
    .await;
    let asked = &peer.asked()[0];
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("GET", "/ping/canary"));
}

#[tokio::test]
async fn ticks_that_fire_nothing_are_no_sign_of_life() {
    let peer = Peer::start().await;
    story(&peer, PATIENCE, async |status| {
        tick_that_leaves(status, 1_200);
        until(status, DeadManSwitch::Heard, || {}).await;
        until(status, DeadManSwitch::Silent, || tick_that_leaves(status, 1_201)).await;
        let heard = peer.asked().len();
        tick(status);
        peer.holds(heard + 1).await;
    })
    .await;
}

#[tokio::test]
async fn before_the_first_tick_nobody_is_told_that_all_is_well() {
    let peer = Peer::start().await;
    story(&peer, PATIENCE, async |status| {
        tokio::task::yield_now().await;
        assert_eq!((peer.connections(), status.snapshot().dead_man), (0, DeadManSwitch::NotCalledYet));
        tick(status);
        peer.holds(1).await;
    })
    .await;
}

#[tokio::test]
async fn an_address_that_does_not_answer_well_is_noticed_and_tried_again() {
    let peer = Peer::start().await;
    peer.answers([Answer::status("404 Not found", "", "no such check"), Answer::HangsUp]);
    story(&peer, PATIENCE, async |status| {
        tick(status);
        peer.holds(1).await;
        until(status, DeadManSwitch::Unheard, || {}).await;
        until(status, DeadManSwitch::Heard, || {}).await;
    })
    .await;
}

#[test]
fn a_wrong_address_is_named_by_its_key() {
    let outward = Outward::with_roots(AllowedAddresses::default(), RootCertStore::empty());
    for url in ["http://ping.example.cn/canary", "https://127.1/canary", "canary"] {
        let second = Duration::from_secs(1);
        let options = DeadManOptions {
            url: url.to_owned(),
            every: second,
            tick_age_max: second,
            overdue_max: second,
            timeout: second,
        };
        let error = DeadMan::new(options, &outward).expect_err(url).to_string();
        assert!(error.starts_with("watchdog.dead_man_url") && !error.contains("canary"), "{error}");
    }
}
