//! The stream of changes.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use futures_util::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tower::ServiceExt;
use watchdesk_core::ids::AgentId;
use watchdesk_store::testing::TestStore;
use watchdesk_store::{auth, both_databases};

use super::browser::Browser;
use crate::tests::desk::WebDesk;

/// What a browser hears.
struct Stream {
    body: BodyDataStream,
    heard: String,
}

impl Stream {
    async fn open(web: &WebDesk, agent: AgentId) -> (Self, String) {
        let session = auth::start_session(&web.desk, agent).await.expect("a session");
        let request = Request::get("/live").header("cookie", format!("watchdesk={}", session.token));
        let response =
            web.router.clone().oneshot(request.body(Body::empty()).expect("a request")).await.expect("an answer");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        (Self { body: response.into_body().into_data_stream(), heard: String::new() }, session.token)
    }

    /// Until that was said. Returns everything heard since the last time.
    async fn until(&mut self, said: &str) -> String {
        while !self.heard.contains(said) {
            let part = self.body.next().await.expect("the stream goes on").expect("readable");
            self.heard.push_str(&String::from_utf8_lossy(&part));
        }
        std::mem::take(&mut self.heard)
    }
}

both_databases! {
    async fn readers_hear_of_what_they_may_see(desk: TestStore) {
        let web = WebDesk::new(desk);
        let hidden = web.ticket("Of the first team").await;
        let (mut other, _) = Stream::open(&web, web.desk.seeded.other_agent).await;
        let (mut own, _) = Stream::open(&web, web.desk.seeded.agent).await;
        let mut browser = Browser::of(&web, web.desk.seeded.lead).await;
        browser.done(hidden, "notes", &[("body", "x")]).await;
        let version = browser.version(hidden).await;
        own.until(&format!("event: ticket\ndata: {{\"number\":{hidden},\"version\":{version}}}")).await;

        // Without a team it is everybody's.
        browser.done(hidden, "assignment", &[("owner", ""), ("team", "")]).await;
        let version = browser.version(hidden).await;
        let heard = other.until(&format!("\"version\":{version}")).await;
        assert_eq!(heard.matches("event: ticket").count(), 1, "{heard}");
    }

    async fn a_stream_ends_with_its_session(desk: TestStore) {
        let web = WebDesk::new(desk);
        let (mut stream, token) = Stream::open(&web, web.desk.seeded.agent).await;
        auth::end_session(&web.desk, &token).await.unwrap();
        stream.until("event: bye").await;
        assert!(stream.body.next().await.is_none(), "nothing comes after good-bye");
        Browser::nobody(&web).get("/live").await.expect(401);
    }

    async fn open_streams_do_not_keep_the_desk_from_closing(desk: TestStore) {
        let web = WebDesk::new(desk);
        let session = auth::start_session(&web.desk, web.desk.seeded.agent).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(crate::serve(listener, web.router.clone(), async { drop(stopped.await) }));
        let mut reader = TcpStream::connect(address).await.unwrap();
        let request = format!("GET /live HTTP/1.1\r\nHost: desk\r\nCookie: watchdesk={}\r\n\r\n", session.token);
        reader.write_all(request.as_bytes()).await.unwrap();
        let mut head = [0; 12];
        reader.read_exact(&mut head).await.unwrap();
        assert_eq!(&head, b"HTTP/1.1 200");
        drop(stop);
        let closed = tokio::time::timeout(Duration::from_secs(10), serving).await;
        assert!(closed.is_ok(), "it waits for a stream that never ends");
    }
}
