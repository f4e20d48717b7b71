//! Answers in the reader's language, and a log without secrets.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::json;
use watchdesk_store::Backend;
use watchdesk_store::testing::TestStore;

use super::desk::{WebDesk, escalation, opening};

#[tokio::test]
async fn problems_are_said_in_the_readers_language() {
    let web = WebDesk::new(TestStore::new(Backend::Sqlite).await);
    let agent = web.by(web.desk.seeded.agent).await;
    let number = web.triaged("Mail is late").await;
    let chinese = [("accept-language", "zh-CN,zh;q=0.9,en;q=0.5")];
    let is_chinese =
        |text: &serde_json::Value| text.as_str().is_some_and(|text| text.chars().any(|c| ('一'..='鿿').contains(&c)));
    let gate =
        agent.call("POST", &format!("/tickets/{number}/escalation"), Some(escalation()), &chinese).await.expect(409);
    for text in [
        &gate.body["detail"],
        &gate.body["way_out"],
        &gate.body["missing"][0]["what"],
        &gate.body["missing"][0]["way_out"],
    ] {
        assert!(is_chinese(text), "{text}");
    }
    let wrong = agent.call("POST", "/tickets", Some(json!({})), &chinese).await.expect(422);
    assert!(is_chinese(&wrong.body["title"]) && is_chinese(&wrong.body["errors"][0]["message"]));
    let absent = agent.call("GET", "/tickets/999999", None, &chinese).await.expect(404);
    assert!(is_chinese(&absent.body["detail"]));
}

#[tokio::test]
async fn html_is_cleaned_and_read_as_text_too() {
    let web = WebDesk::new(TestStore::new(Backend::Sqlite).await);
    let agent = web.by(web.desk.seeded.agent).await;
    let number = web.triaged("Mail is late").await;
    let reply =
        json!({"body": "<p onclick=\"x()\">It is <b>fixed</b>.</p><script>alert(1)</script>", "body_type": "html"});
    agent.post(&format!("/tickets/{number}/replies"), reply).await.expect(200);
    let said = agent.get(&format!("/tickets/{number}/messages")).await.expect(200);
    let last = said.items().last().expect("a reply");
    assert_eq!((&last["html"], &last["body"]), (&json!("<p>It is <b>fixed</b>.</p>"), &json!("It is fixed.")));
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("one writer").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_names_requests_and_no_secrets() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
    // While there is but one, a thread without it can decide that nobody listens.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let _guard = tracing::subscriber::set_default(subscriber);
    let web = WebDesk::new(TestStore::new(Backend::Sqlite).await);
    let agent = web.by(web.desk.seeded.agent).await;
    let mut body = opening("canary-subject");
    body["body"] = json!("canary-body");
    body["requester"]["email"] = json!("canary-address@contoso.example");
    agent.post("/tickets", body).await.expect(201);
    agent.get("/search?q=canary-query").await.expect(200);
    agent.get("/canary-path").await.expect(404);
    agent.call("GET", "/me", None, &[("authorization", "Bearer canary-token")]).await;
    let text = String::from_utf8(log.0.lock().expect("one writer").clone()).expect("UTF-8");
    assert!(text.contains("a request was answered") && text.contains("/api/v1/tickets"), "{text}");
    let ours: String = text.lines().filter(|line| line.contains("watchdesk_web")).collect();
    assert!(!ours.contains("canary"), "{ours}");
}
