//! A small desk, its router, and people with tokens.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;
use watchdesk_core::ids::AgentId;
use watchdesk_store::auth;
use watchdesk_store::testing::TestStore;
use watchdesk_templates::Engine;

use crate::{App, WebOptions, router};

const ANSWER_BYTES_MAX: usize = 40_000_000;

static ENGINE: LazyLock<Arc<Engine>> = LazyLock::new(|| Arc::new(Engine::strict().expect("templates")));

pub struct WebDesk {
    pub desk: TestStore,
    pub router: Router,
}

/// Somebody with a token, or nobody.
pub struct Client<'d> {
    web: &'d WebDesk,
    token: Option<String>,
}

#[derive(Debug)]
pub struct Said {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
    /// Null where the body is no JSON.
    pub body: Value,
}

impl WebDesk {
    pub fn new(desk: TestStore) -> Self {
        let app = App::new(desk.store().clone(), Arc::clone(&ENGINE), WebOptions::default());
        Self { router: router(app), desk }
    }

    pub fn with(desk: TestStore, change: impl FnOnce(App) -> App) -> Self {
        let app = App::new(desk.store().clone(), Arc::clone(&ENGINE), WebOptions::default());
        Self { router: router(change(app)), desk }
    }

    pub async fn by(&self, agent: AgentId) -> Client<'_> {
        self.with_scopes(agent, &[]).await
    }

    pub async fn with_scopes(&self, agent: AgentId, scopes: &[&str]) -> Client<'_> {
        let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let made = auth::create_token(&self.desk, agent, "test", &scopes).await.expect("a token");
        Client { web: self, token: Some(made.token) }
    }

    pub async fn revoked(&self, agent: AgentId) -> Client<'_> {
        let made = auth::create_token(&self.desk, agent, "test", &[]).await.expect("a token");
        assert!(auth::revoke_token(&self.desk, agent, made.id).await.expect("the store answers"));
        Client { web: self, token: Some(made.token) }
    }

    pub fn anonymous(&self) -> Client<'_> {
        Client { web: self, token: None }
    }

    pub async fn send(&self, request: Request<Body>) -> Said {
        let response = self.router.clone().oneshot(request).await.expect("a router answers");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, ANSWER_BYTES_MAX).await.expect("a body").to_vec();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Said { status: parts.status, headers: parts.headers, bytes, body }
    }

    /// A ticket of the first team's, triaged or not; its number.
    pub async fn ticket(&self, subject: &str) -> i64 {
        let agent = self.by(self.desk.seeded.agent).await;
        let opened = agent.post("/tickets", opening(subject)).await.expect(201);
        opened.body["number"].as_i64().expect("a number")
    }

    pub async fn triaged(&self, subject: &str) -> i64 {
        let number = self.ticket(subject).await;
        let agent = self.by(self.desk.seeded.agent).await;
        agent.post(&format!("/tickets/{number}/triage"), triage()).await.expect(200);
        number
    }
}

pub fn opening(subject: &str) -> Value {
    json!({
        "subject": subject, "body": "Mail arrives hours late.", "team": "first-line",
        "requester": {"email": "zhang@contoso.example", "name": "张伟"},
    })
}

pub fn triage() -> Value {
    json!({"category": "performance-availability", "service": "exchange-online", "severity": "B"})
}

pub fn escalation() -> Value {
    json!({
        "reason": "lacks_tools", "summary": "Mail of all users is hours late.",
        "evidence": {"tried": "Message trace shows deferral.", "impact": "Nobody gets mail in time.", "affected_users": 120},
    })
}

/// The standard policy, for what runs as well: half-way to the first response somebody has to say that he has seen it.
pub fn calling_policy() -> Value {
    let calls = json!([
        {"percent": 50, "tell": ["assignee"], "acknowledge_within_s": 600},
        {"percent": 100, "tell": ["leads"]},
    ]);
    json!({"applies_to": "running", "rules": [{
        "name": "Around the clock", "calendar": "always",
        "targets": {
            "first_response": {"A": 3_600, "B": 14_400, "C": 28_800},
            "resolution": {"A": 28_800, "B": 86_400, "C": 259_200},
        },
        "ladders": {"first_response": calls},
    }]})
}

/// The desk's rota: one person, around the clock, from the day the tests begin.
pub fn rota(person: &str) -> Value {
    json!({
        "name": {"en": "Service desk", "zh": "服务台"}, "team": "first-line",
        "layers": [{
            "people": [person], "rotation": "weekly", "hand_over": "09:00", "weekday": "mon",
            "time_zone": "Asia/Shanghai", "starts_on": "2026-03-02",
        }],
    })
}

impl Client<'_> {
    pub async fn get(&self, path: &str) -> Said {
        self.call("GET", path, None, &[]).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Said {
        self.call("POST", path, Some(body), &[]).await
    }

    /// Under `/api/v1`.
    pub async fn call(&self, method: &str, path: &str, body: Option<Value>, headers: &[(&str, &str)]) -> Said {
        let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.web.send(request.body(body).expect("a request")).await
    }

    pub async fn send_bytes(&self, path: &str, kind: &str, bytes: impl Into<Body>) -> Said {
        self.send_with(path, kind, bytes, &[]).await
    }

    pub async fn send_with(&self, path: &str, kind: &str, bytes: impl Into<Body>, headers: &[(&str, &str)]) -> Said {
        let mut request = Request::post(format!("/api/v1{path}")).header("content-type", kind);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.web.send(request.body(bytes.into()).expect("a request")).await
    }
}

impl Said {
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.bytes));
        if status >= 400 {
            assert_eq!(self.header("content-type"), "application/problem+json");
            assert_eq!(self.body["status"], status);
        }
        self
    }

    #[track_caller]
    pub fn expect_empty(self) {
        assert_eq!(self.status.as_u16(), 204, "{}", String::from_utf8_lossy(&self.bytes));
        assert!(self.bytes.is_empty());
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a plain header"))
    }

    pub fn items(&self) -> &Vec<Value> {
        self.body["items"].as_array().expect("a list")
    }

    /// The fields that a validation problem names.
    pub fn wrong_fields(&self) -> Vec<&str> {
        self.body["errors"]
            .as_array()
            .expect("errors")
            .iter()
            .map(|error| error["field"].as_str().expect("a field"))
            .collect()
    }
}
