//! Small things a browser remembers for us that are no secret: the language, and what to say after a form.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use watchdesk_core::desk::Language;

use super::answer::Said;
use crate::app::WebOptions;

const LANGUAGE: &str = "watchdesk-language";
const SAID: &str = "watchdesk-said";
const LANGUAGE_AGE_S: u32 = 365 * 24 * 3600;
/// The page comes right after the form.
const SAID_AGE_S: u32 = 60;
const COOKIE_CHARS_MAX: usize = 4096;

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.filter(|text| text.len() <= COOKIE_CHARS_MAX).flat_map(|text| text.split(';'));
    pairs.find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

fn written(options: &WebOptions, name: &str, value: &str, age_s: u32) -> HeaderValue {
    let secure = if options.secure_cookies { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age_s}{secure}");
    HeaderValue::try_from(cookie).expect("our own words are header values")
}

/// What the reader chose, if he did.
pub(super) fn language(headers: &HeaderMap) -> Option<Language> {
    let value = cookie(headers, LANGUAGE)?;
    Language::ALL.into_iter().find(|language| language.as_str() == value)
}

pub(super) fn choose_language(options: &WebOptions, language: Language) -> HeaderValue {
    written(options, LANGUAGE, language.as_str(), LANGUAGE_AGE_S)
}

pub(super) fn said(headers: &HeaderMap) -> Option<Said> {
    Said::parse(cookie(headers, SAID)?)
}

pub(super) fn say(options: &WebOptions, said: Said) -> HeaderValue {
    written(options, SAID, said.as_str(), SAID_AGE_S)
}

pub(super) fn nothing_said(options: &WebOptions) -> HeaderValue {
    written(options, SAID, "", 0)
}

pub(super) fn add(response: &mut Response, cookie: HeaderValue) {
    response.headers_mut().append(SET_COOKIE, cookie);
}
