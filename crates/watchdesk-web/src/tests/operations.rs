//! What machines watch, and what surrounds every answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use watchdesk_store::testing::TestStore;
use watchdesk_store::{both_databases, firing};

use super::desk::WebDesk;
use crate::{Done, Histogram, MailOut, Outcomes, Readiness, Worker};

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).expect("a request")
}

fn watched(tick_age_s: Option<u64>) -> Readiness {
    let worker = Worker {
        tick_age: tick_age_s.map(Duration::from_secs),
        tick_age_max: Duration::from_secs(60),
        overdue_s_max: 1_200,
        done: done(),
    };
    Readiness { worker: Some(worker), mail_out: Some(MailOut::Fails), is_stopping: false }
}

fn done() -> Done {
    Done {
        lateness_s: 3,
        lateness_s_max: 7,
        lateness: Histogram { cumulative: vec![(Some(1), 8), (Some(5), 10), (None, 11)], sum: 19 },
        timers_fired: 11,
        timers_failed: 2,
        claims_lost: 4,
        tickets_set_aside: 1,
        digests_made: 5,
        recomputed: 12,
        recompute_failed: 6,
        mails: Outcomes { sent: 20, put_off: 21, dead: 22, suppressed: 23 },
        calls: Outcomes { sent: 30, put_off: 31, dead: 32, suppressed: 33 },
        is_heard_outside: Some(false),
        failing: vec!["webhooks"],
    }
}

async fn readyz(web: &WebDesk) -> (u16, Value) {
    let said = web.send(get("/readyz")).await;
    (said.status.as_u16(), said.body)
}

/// What is said to be wrong; all is well where nothing is.
async fn wrong(web: &WebDesk) -> Vec<String> {
    let (status, body) = readyz(web).await;
    let wrong: Vec<String> = serde_json::from_value(body["wrong"].clone()).expect("sentences");
    assert_eq!((status, &body["ready"]), if wrong.is_empty() { (200, &json!(true)) } else { (503, &json!(false)) });
    wrong
}

/// A line with a figure follows the family that it belongs to.
#[track_caller]
fn expect_sample(line: &str, (family, kind): (&str, &str)) {
    let (sample, value) = line.rsplit_once(' ').expect("a name and a value");
    assert!(value.parse::<f64>().is_ok(), "{line}");
    let name = sample.split('{').next().unwrap_or_default();
    let suffixes: &[&str] = if kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
    assert!(suffixes.iter().any(|suffix| name.strip_suffix(suffix) == Some(family)), "{line} in {family}");
}

both_databases! {
    async fn a_desk_is_ready_while_somebody_watches_the_clocks(desk: TestStore) {
        let tick_age_s = Arc::new(AtomicU64::new(0));
        let age_s = Arc::clone(&tick_age_s);
        let web = WebDesk::with(desk, |app| app.with_readiness(move || watched(Some(age_s.load(Relaxed)))));
        assert_eq!(web.send(get("/healthz")).await.status, 200);
        let (status, ready) = readyz(&web).await;
        assert_eq!((status, &ready["worker"], &ready["wrong"]), (200, &json!("works"), &json!([])));
        assert_eq!(ready["mail_out"], "fails", "mail may be away for a while");
        // Nobody hides a dead worker by setting a clock on a wall.
        tick_age_s.store(61, Relaxed);
        web.desk.advance(chrono::Duration::days(-1));
        let (status, late) = readyz(&web).await;
        assert_eq!((status, &late["worker"], &late["last_tick_age_s"]), (503, &json!("late"), &json!(61)));
        let said = wrong(&web).await.remove(0);
        assert!(said.contains("61 s") && said.contains("watchdog.tick_age_max_s is 60"), "{said}");
    }

    async fn a_desk_whose_timers_are_stuck_is_not_ready_although_somebody_looks(desk: TestStore) {
        let web = WebDesk::with(desk, |app| app.with_readiness(|| watched(Some(0))));
        web.triaged("Mail is late").await;
        assert!(wrong(&web).await.is_empty());
        let due = firing::oldest_due(&web.desk).await.expect("asked").expect("a ladder");
        web.desk.clock.set(due + chrono::Duration::seconds(1_200));
        assert!(wrong(&web).await.is_empty());
        web.desk.advance(chrono::Duration::seconds(1));
        let (_, stuck) = readyz(&web).await;
        assert_eq!((&stuck["worker"], &stuck["overdue_s"]), (&json!("stuck"), &json!(1_201)));
        let said = wrong(&web).await.remove(0);
        assert!(said.contains("1201 s") && said.contains("watchdog.overdue_max_s is 1200"), "{said}");
    }

    async fn a_node_without_a_worker_leaves_the_clocks_to_others(desk: TestStore) {
        let web = WebDesk::new(desk);
        web.triaged("Mail is late").await;
        web.desk.advance(chrono::Duration::days(1));
        assert!(wrong(&web).await.is_empty());
        assert_eq!(readyz(&web).await.1["worker"], "none");
    }

    async fn a_node_that_begins_or_stops_is_not_ready(desk: TestStore) {
        let web = WebDesk::with(desk, |app| app.with_readiness(|| Readiness { is_stopping: true, ..watched(None) }));
        let said = wrong(&web).await;
        assert!(said[0].contains("not looked at the clocks yet") && said[1].contains("told to stop"), "{said:?}");
        assert_eq!(readyz(&web).await.1["last_tick_age_s"], Value::Null);
    }

    async fn a_database_that_is_away_is_said_to_be(desk: TestStore) {
        let web = WebDesk::new(desk);
        let agent = web.by(web.desk.seeded.agent).await;
        web.desk.store().clone().close().await.expect("closed");
        assert_eq!(wrong(&web).await, ["the database cannot be used at the moment"]);
        assert_eq!(readyz(&web).await.1["database"], "away");
        let said = agent.get("/tickets").await.expect(503);
        assert_eq!(said.header("retry-after"), "5");
        assert_eq!(web.send(get("/healthz")).await.status, 200);
    }

    async fn metrics_count_without_naming_anybody(desk: TestStore) {
        let web = WebDesk::with(desk, |app| app.with_readiness(|| watched(Some(18))));
        web.ticket("Secret subject").await;
        web.by(web.desk.seeded.agent).await.get("/nothing/secret").await.expect(404);
        web.desk.advance(chrono::Duration::hours(5));
        let text = String::from_utf8(web.send(get("/metrics")).await.bytes).expect("UTF-8");
        for line in [
            "watchdesk_tickets{state=\"open\"} 1",
            "watchdesk_tickets_overdue 1",
            "watchdesk_outbox{state=\"pending\"} 1",
            "watchdesk_outbox_oldest_pending_seconds 18000",
            "watchdesk_last_tick_age_seconds 18",
            "watchdesk_last_tick_lateness_seconds 3",
            "watchdesk_tick_lateness_seconds_max 7",
            "watchdesk_timers_fired_total 11",
            "watchdesk_timers_failed_total 2",
            "watchdesk_claims_lost_total 4",
            "watchdesk_tickets_set_aside 1",
            "watchdesk_digests_total 5",
            "watchdesk_recomputed_total 12",
            "watchdesk_recompute_failed_total 6",
            "watchdesk_timer_lateness_seconds_bucket{le=\"1\"} 8",
            "watchdesk_timer_lateness_seconds_bucket{le=\"5\"} 10",
            "watchdesk_timer_lateness_seconds_bucket{le=\"+Inf\"} 11",
            "watchdesk_timer_lateness_seconds_sum 19",
            "watchdesk_timer_lateness_seconds_count 11",
            "watchdesk_deliveries_total{way=\"mail\",outcome=\"sent\"} 20",
            "watchdesk_deliveries_total{way=\"mail\",outcome=\"suppressed\"} 23",
            "watchdesk_deliveries_total{way=\"webhook\",outcome=\"sent\"} 30",
            "watchdesk_deliveries_total{way=\"webhook\",outcome=\"put_off\"} 31",
            "watchdesk_deliveries_total{way=\"webhook\",outcome=\"dead\"} 32",
            "watchdesk_dead_man_heard 0",
            "watchdesk_loop_failing{loop=\"webhooks\"} 1",
            "watchdesk_mail_out_works 0",
            "watchdesk_http_requests_total{method=\"POST\",route=\"/api/v1/tickets\",status=\"201\"} 1",
            "watchdesk_http_requests_total{method=\"GET\",route=\"none\",status=\"404\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(!text.contains("ecret"), "{text}");
    }

    async fn every_figure_belongs_to_a_family_that_is_said_once(desk: TestStore) {
        let web = WebDesk::with(desk, |app| app.with_readiness(|| watched(Some(18))));
        let said = web.send(get("/metrics")).await;
        assert_eq!(said.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
        let text = String::from_utf8(said.bytes).expect("UTF-8");
        let mut families = BTreeMap::new();
        let mut helped = "";
        let mut current = ("", "");
        for line in text.lines() {
            let words: Vec<&str> = line.splitn(4, ' ').collect();
            match words.as_slice() {
                ["#", "HELP", name, help] => {
                    assert!(help.ends_with('.'), "{line}");
                    helped = *name;
                }
                ["#", "TYPE", name, kind] => {
                    assert_eq!(*name, helped, "{line}");
                    assert!(families.insert(*name, *kind).is_none(), "{line}");
                    assert_eq!(*kind == "counter", name.ends_with("_total"), "{line}");
                    current = (*name, *kind);
                }
                _ => expect_sample(line, current),
            }
        }
        assert_eq!(families["watchdesk_timer_lateness_seconds"], "histogram");
    }

    async fn every_answer_is_closed_to_other_sites(desk: TestStore) {
        let web = WebDesk::new(desk);
        for path in ["/healthz", "/api/v1/tickets", "/api/v1/openapi.json", "/nowhere"] {
            let said = web.send(get(path)).await;
            assert!(said.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
            assert!(!said.header("content-security-policy").contains("unsafe"), "{path}");
            assert_eq!(said.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(said.header("referrer-policy"), "no-referrer", "{path}");
            assert_eq!(said.header("cache-control"), "no-store", "{path}");
            assert_eq!(said.header("x-request-id").len(), 36, "{path}");
        }
    }
}

#[tokio::test]
async fn a_server_answers_and_stops_when_told() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let web = WebDesk::new(TestStore::new(watchdesk_store::Backend::Sqlite).await);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(crate::serve(listener, web.router.clone(), async { drop(stopped.await) }));
    let mut stream = tokio::net::TcpStream::connect(address).await.expect("a connection");
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: desk\r\nConnection: close\r\n\r\n").await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("alive\n"), "{answer}");
    stop.send(()).expect("the server listens");
    server.await.expect("it ends").expect("in peace");
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nobody listens any more");
}
