//! A browser: it keeps cookies, sends forms with what is hidden in them, and follows.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, Request, StatusCode};
use watchdesk_core::ids::AgentId;
use watchdesk_store::auth;

use crate::tests::desk::WebDesk;

const BOUNDARY: &str = "test-boundary";

pub struct Browser<'d> {
    web: &'d WebDesk,
    cookies: BTreeMap<String, String>,
    csrf: String,
}

#[derive(Debug)]
pub struct Seen {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl<'d> Browser<'d> {
    pub fn nobody(web: &'d WebDesk) -> Self {
        Self { web, cookies: BTreeMap::new(), csrf: String::new() }
    }

    /// Signed in, without the wait for the password.
    pub async fn of(web: &'d WebDesk, agent: AgentId) -> Self {
        let session = auth::start_session(&web.desk, agent).await.expect("a session");
        let cookies = [("watchdesk".to_owned(), session.token)].into();
        Self { web, cookies, csrf: session.csrf }
    }

    pub async fn get(&mut self, path: &str) -> Seen {
        self.send(Request::get(path), Body::empty()).await
    }

    /// With the token of the last page.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Seen {
        let csrf = self.csrf.clone();
        let all = [&[("csrf", csrf.as_str())], fields].concat();
        self.post_exactly(path, &all).await
    }

    pub async fn post_exactly(&mut self, path: &str, fields: &[(&str, &str)]) -> Seen {
        let request = Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, Body::from(form(fields))).await
    }

    pub async fn upload(&mut self, path: &str, fields: &[(&str, &str)], file: (&str, &str)) -> Seen {
        let csrf = self.csrf.clone();
        let mut body = String::new();
        for (name, value) in [&[("csrf", csrf.as_str())], fields].concat() {
            body.push_str(&format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            ));
        }
        let (name, content) = file;
        body.push_str(&format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"attachments\"; filename=\"{name}\"\r\n\
             Content-Type: text/html\r\n\r\n{content}\r\n--{BOUNDARY}--\r\n"
        ));
        let request = Request::post(path).header(CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"));
        self.send(request, Body::from(body)).await
    }

    /// A form of a ticket page as it is now.
    pub async fn act(&mut self, number: i64, action: &str, fields: &[(&str, &str)]) -> Seen {
        let version = self.version(number).await.to_string();
        let all = [&[("version", version.as_str())], fields].concat();
        self.post(&format!("/tickets/{number}/{action}"), &all).await
    }

    /// The same, which succeeds; the page afterwards.
    pub async fn done(&mut self, number: i64, action: &str, fields: &[(&str, &str)]) -> Seen {
        let seen = self.act(number, action, fields).await.expect(303);
        self.follow(seen).await.expect(200)
    }

    pub async fn version(&mut self, number: i64) -> i64 {
        self.get(&format!("/tickets/{number}")).await.expect(200).version()
    }

    pub async fn follow(&mut self, seen: Seen) -> Seen {
        let location = seen.header("location").to_owned();
        self.get(&location).await
    }

    /// What is hidden in the last page instead of the session's.
    pub fn take_token(&mut self, seen: &Seen) {
        self.csrf = seen.hidden("csrf").to_owned();
    }

    pub fn forget_cookie(&mut self, name: &str) {
        self.cookies.remove(name);
    }

    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    pub async fn send(&mut self, request: axum::http::request::Builder, body: Body) -> Seen {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request.header(COOKIE, cookies.join("; ")).body(body).expect("a request");
        let said = self.web.send(request).await;
        for cookie in said.headers.get_all(SET_COOKIE) {
            self.keep(cookie.to_str().expect("a plain header"));
        }
        Seen { status: said.status, headers: said.headers, text: String::from_utf8_lossy(&said.bytes).into_owned() }
    }

    fn keep(&mut self, cookie: &str) {
        assert!(cookie.contains("; HttpOnly; SameSite=Lax"), "{cookie}");
        let (name, rest) = cookie.split_once('=').expect("a cookie");
        let value = rest.split(';').next().unwrap_or_default();
        if cookie.contains("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

impl Seen {
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.main());
        self
    }

    /// Without the frame around the page.
    fn main(&self) -> &str {
        self.text.split_once("<main").map_or(self.text.as_str(), |(_, main)| main)
    }

    #[track_caller]
    pub fn shows(self, text: &str) -> Self {
        assert!(self.text.contains(text), "\"{text}\" is not in:\n{}", self.main());
        self
    }

    #[track_caller]
    pub fn hides(self, text: &str) -> Self {
        assert!(!self.text.contains(text), "\"{text}\" is in:\n{}", self.main());
        self
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a plain header"))
    }

    /// The value of the first hidden field of that name.
    #[track_caller]
    pub fn hidden(&self, name: &str) -> &str {
        self.between(&format!("name=\"{name}\" value=\""), "\"")
    }

    pub fn version(&self) -> i64 {
        self.between("data-version=\"", "\"").parse().expect("a version")
    }

    #[track_caller]
    pub fn between(&self, start: &str, end: &str) -> &str {
        let (_, rest) = self.text.split_once(start).unwrap_or_else(|| panic!("no {start} in:\n{}", self.text));
        rest.split_once(end).map(|(inside, _)| inside).expect("an end")
    }

    /// In which order these stand.
    #[track_caller]
    pub fn has_in_order(&self, texts: &[&str]) {
        let at: Vec<usize> = texts
            .iter()
            .map(|text| self.text.find(text).unwrap_or_else(|| panic!("no {text} in:\n{}", self.text)))
            .collect();
        assert!(at.is_sorted(), "{texts:?} stand at {at:?}");
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let pairs: Vec<String> =
        fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    pairs.join("&")
}
