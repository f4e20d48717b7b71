//! Who is signed in, for pages.
//!
//! A session lives in the store; the browser holds its token in a cookie that no script sees. A form is taken when the
//! browser says that it comes from here ([`crate::origin`]) and when it carries the session's own token.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;
use watchdesk_core::Instant;
use watchdesk_core::ids::AgentId;
use watchdesk_core::rights::Actor;
use watchdesk_store::auth::{self, Session};

use crate::app::{App, WebOptions};
use crate::problem::Problem;

const COOKIE_CHARS_MAX: usize = 4096;
/// A visitor's token: 128 random bits.
const VISITOR_BYTES: usize = 16;

/// A person at a browser, signed in, with his rights as they stand now.
#[derive(Debug, Clone)]
pub(crate) struct SessionActor(Arc<Session>);

impl SessionActor {
    pub fn actor(&self) -> &Actor {
        &self.0.actor
    }

    pub fn agent(&self) -> AgentId {
        self.0.agent
    }

    pub fn session(&self) -> &Session {
        &self.0
    }

    /// What every form of this session carries as `csrf`.
    pub fn csrf(&self) -> &str {
        &self.0.csrf
    }

    /// Whether the form is one of this session's.
    pub fn check_form(&self, token: Option<&str>) -> Result<(), Problem> {
        same(self.csrf(), token)
    }

    /// Somebody signed in, if there is one.
    pub async fn find(app: &App, headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let Some(token) = cookie(headers, session_cookie_name(&app.options)) else { return Ok(None) };
        Ok(auth::session(&app.store, token).await?.map(|session| Self(Arc::new(session))))
    }
}

impl FromRequestParts<App> for SessionActor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        let Some(found) = Self::find(app, &parts.headers).await? else {
            let next = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
            return Err(Problem::SignedOut { next });
        };
        parts.extensions.insert(found.clone());
        Ok(found)
    }
}

fn same(expected: &str, given: Option<&str>) -> Result<(), Problem> {
    let equal = given.is_some_and(|given| expected.as_bytes().ct_eq(given.as_bytes()).into());
    if equal { Ok(()) } else { Err(Problem::CrossSite) }
}

/// Somebody not signed in who fills in a form: the token in it must be the one in his cookie.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    token: String,
    is_new: bool,
}

impl Visitor {
    pub fn csrf(&self) -> &str {
        &self.token
    }

    pub fn check_form(&self, token: Option<&str>) -> Result<(), Problem> {
        if self.is_new { Err(Problem::CrossSite) } else { same(&self.token, token) }
    }

    /// To be set with the page that shows the form, where he has none yet.
    pub fn cookie(&self, options: &WebOptions) -> Option<HeaderValue> {
        self.is_new.then(|| write_cookie(options, visitor_cookie_name(options), &self.token, None))
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let legal = |token: &&str| token.len() == URL_SAFE_NO_PAD.encode([0; VISITOR_BYTES]).len();
        if let Some(token) = cookie(&parts.headers, visitor_cookie_name(&app.options)).filter(legal) {
            return Ok(Self { token: token.to_owned(), is_new: false });
        }
        let mut random = [0; VISITOR_BYTES];
        getrandom::fill(&mut random).map_err(|error| Problem::internal(std::io::Error::other(error.to_string())))?;
        Ok(Self { token: URL_SAFE_NO_PAD.encode(random), is_new: true })
    }
}

/// `__Host-` binds the cookie to this host and to TLS; without TLS browsers refuse the name.
fn session_cookie_name(options: &WebOptions) -> &'static str {
    if options.secure_cookies { "__Host-watchdesk" } else { "watchdesk" }
}

fn visitor_cookie_name(options: &WebOptions) -> &'static str {
    if options.secure_cookies { "__Host-watchdesk-visitor" } else { "watchdesk-visitor" }
}

/// Set at sign-in. It ends with the session in the store, whatever the browser thinks.
pub(crate) fn session_cookie(options: &WebOptions, token: &str, now: Instant, expires_at: Instant) -> HeaderValue {
    let age_s = (expires_at - now).num_seconds().max(0);
    write_cookie(options, session_cookie_name(options), token, Some(age_s))
}

/// Set at sign-out.
pub(crate) fn no_session_cookie(options: &WebOptions) -> HeaderValue {
    write_cookie(options, session_cookie_name(options), "", Some(0))
}

/// The session's token, for signing out.
pub(crate) fn session_token<'h>(options: &WebOptions, headers: &'h HeaderMap) -> Option<&'h str> {
    cookie(headers, session_cookie_name(options))
}

fn write_cookie(options: &WebOptions, name: &str, value: &str, age_s: Option<i64>) -> HeaderValue {
    let mut cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax");
    if let Some(age_s) = age_s {
        cookie.push_str(&format!("; Max-Age={age_s}"));
    }
    if options.secure_cookies {
        cookie.push_str("; Secure");
    }
    HeaderValue::try_from(cookie).expect("tokens are base64 or hexadecimal")
}

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.filter(|text| text.len() <= COOKIE_CHARS_MAX).flat_map(|text| text.split(';'));
    pairs.find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('=')).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, "watchdesk-visitor=v; watchdesk=s; other=x".parse().unwrap());
        assert_eq!(cookie(&headers, "watchdesk"), Some("s"));
        assert_eq!(cookie(&headers, "watchdesk-visitor"), Some("v"));
        assert_eq!(cookie(&headers, "desk"), None);
    }

    #[test]
    fn cookies_are_kept_from_scripts_and_other_sites() {
        let now = Instant::UNIX_EPOCH;
        let plain = session_cookie(&WebOptions::default(), "abc", now, now + chrono::Duration::hours(8));
        assert_eq!(plain, "watchdesk=abc; Path=/; HttpOnly; SameSite=Lax; Max-Age=28800");
        let options = WebOptions { secure_cookies: true, ..WebOptions::default() };
        let secure = no_session_cookie(&options);
        assert_eq!(secure, "__Host-watchdesk=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure");
    }

    #[test]
    fn a_form_carries_its_own_token() {
        assert!(same("abc", Some("abc")).is_ok());
        assert!(same("abc", Some("abd")).is_err());
        assert!(same("abc", None).is_err());
    }
}
