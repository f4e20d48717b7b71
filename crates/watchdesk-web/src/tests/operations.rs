//! What machines watch, and what surrounds every answer.

use axum::body::Body;
use axum::http::Request;
use serde_json::Value;
use watchdesk_store::both_databases;
use watchdesk_store::testing::TestStore;

use super::desk::WebDesk;
use crate::{MailOut, Readiness, Worker};

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).expect("a request")
}

fn watched(last_tick_at: Option<watchdesk_core::Instant>) -> Readiness {
    Readiness {
        worker: Some(Worker {
            last_tick_at,
            tick_age_s_max: 60,
            lateness_s: 3,
            lateness_s_max: 7,
            timers_fired: 11,
            tickets_set_aside: 1,
        }),
        mail_out: Some(MailOut::Fails),
        is_stopping: false,
    }
}

both_databases! {
    async fn a_desk_is_ready_while_somebody_watches_the_clocks(desk: TestStore) {
        let now = desk.clock.now();
        let web = WebDesk::with(desk, |app| app.with_readiness(move || watched(Some(now))));
        assert_eq!(web.send(get("/healthz")).await.status, 200);
        let ready = web.send(get("/readyz")).await;
        assert_eq!((ready.status.as_u16(), &ready.body["worker"]), (200, &Value::from("works")));
        assert_eq!(ready.body["mail_out"], "fails", "mail may be away for a while");
        web.desk.advance(chrono::Duration::seconds(61));
        let late = web.send(get("/readyz")).await;
        assert_eq!((late.status.as_u16(), &late.body["last_tick_age_s"]), (503, &Value::from(61)));
        assert_eq!(late.body["worker"], "late");
    }

    async fn a_database_that_is_away_is_said_to_be(desk: TestStore) {
        let web = WebDesk::new(desk);
        let agent = web.by(web.desk.seeded.agent).await;
        web.desk.store().clone().close().await.expect("closed");
        assert_eq!(web.send(get("/readyz")).await.status, 503);
        let said = agent.get("/tickets").await.expect(503);
        assert_eq!(said.header("retry-after"), "5");
        assert_eq!(web.send(get("/healthz")).await.status, 200);
    }

    async fn metrics_count_without_naming_anybody(desk: TestStore) {
        let now = desk.clock.now();
        let web = WebDesk::with(desk, |app| app.with_readiness(move || watched(Some(now))));
        web.ticket("Secret subject").await;
        web.by(web.desk.seeded.agent).await.get("/nothing/secret").await.expect(404);
        web.desk.advance(chrono::Duration::hours(5));
        let text = String::from_utf8(web.send(get("/metrics")).await.bytes).expect("UTF-8");
        for line in [
            "watchdesk_tickets{state=\"open\"} 1",
            "watchdesk_tickets_overdue 1",
            "watchdesk_outbox{state=\"pending\"} 1",
            "watchdesk_outbox_oldest_pending_seconds 18000",
            "watchdesk_last_tick_age_seconds 18000",
            "watchdesk_last_tick_lateness_seconds 3",
            "watchdesk_tick_lateness_seconds_max 7",
            "watchdesk_timers_fired_total 11",
            "watchdesk_tickets_set_aside 1",
            "watchdesk_mail_out_works 0",
            "watchdesk_http_requests_total{method=\"POST\",route=\"/api/v1/tickets\",status=\"201\"} 1",
            "watchdesk_http_requests_total{method=\"GET\",route=\"none\",status=\"404\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(!text.contains("ecret"), "{text}");
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
