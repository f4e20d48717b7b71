//! The pages in front of the desk: sign-in, the first password, errors, good-bye.

use serde::Serialize;

use super::samples;
use crate::page::Page;

/// The frame of a page that nobody has to be signed in for.
#[derive(Debug, Clone, Serialize)]
pub struct Outside {
    pub desk: String,
    /// A token bound to the visitor's cookie; every form carries it as `csrf`.
    pub csrf: String,
    pub assets: String,
    pub path: String,
}

/// `GET /sign-in`.
#[derive(Debug, Clone, Serialize)]
pub struct SignInPage {
    pub outside: Outside,
    /// What was typed, after a failure.
    pub email: String,
    /// The page to go to afterwards; a path on this site.
    pub next: String,
    pub failure: Option<SignInFailure>,
    /// For the sample desk: who may sign in, and with what.
    pub demo_hint: Option<String>,
}

/// Why somebody could not sign in. Unknown user and wrong password are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInFailure {
    Wrong,
    Throttled,
    Expired,
}

/// `GET /welcome/{token}`: a one-time link sets name and password.
#[derive(Debug, Clone, Serialize)]
pub struct WelcomePage {
    pub outside: Outside,
    /// Where the form goes: `/welcome/{token}`.
    pub action: String,
    /// Known for invited people; the first administrator types it.
    pub email: String,
    pub email_fixed: bool,
    pub name: String,
    pub password_length_min: i64,
    pub error: Option<WelcomeError>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WelcomeError {
    TooShort,
    Different,
    NameMissing,
    EmailInvalid,
}

/// `GET /signed-out`.
#[derive(Debug, Clone, Serialize)]
pub struct SignedOutPage {
    pub outside: Outside,
}

/// Any error as a page: what happened and the way out.
#[derive(Debug, Clone, Serialize)]
pub struct ErrorPage {
    pub outside: Outside,
    /// Then a way to the queue is offered.
    pub signed_in: bool,
    pub status: u16,
    /// What happened, in the words of the refusal; empty for the usual words of the status.
    pub detail: String,
    pub way_out: Option<String>,
    /// Where to go from here; a path on this site.
    pub back: String,
    /// To find this in the log.
    pub request_id: Option<String>,
}

impl Page for SignInPage {
    const TEMPLATE: &'static str = "pages/sign_in.html";
}
impl Page for WelcomePage {
    const TEMPLATE: &'static str = "pages/welcome.html";
}
impl Page for SignedOutPage {
    const TEMPLATE: &'static str = "pages/signed_out.html";
}
impl Page for ErrorPage {
    const TEMPLATE: &'static str = "pages/error.html";
}

impl SignInPage {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let plain = Self {
            outside: samples::outside("/sign-in"),
            email: String::new(),
            next: "/queue".into(),
            failure: None,
            demo_hint: None,
        };
        let demo = Self { demo_hint: Some("lead@demo.example / watchdesk-demo".into()), ..plain.clone() };
        let wrong = Self { email: "zhang.wei@example.cn".into(), failure: Some(SignInFailure::Wrong), ..plain.clone() };
        let throttled = Self { failure: Some(SignInFailure::Throttled), ..wrong.clone() };
        let expired = Self { failure: Some(SignInFailure::Expired), ..plain.clone() };
        vec![
            ("sign_in", plain),
            ("sign_in_demo", demo),
            ("sign_in_wrong", wrong),
            ("sign_in_throttled", throttled),
            ("sign_in_expired", expired),
        ]
    }
}

impl WelcomePage {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let first = Self {
            outside: samples::outside("/welcome/4f1c"),
            action: "/welcome/4f1c".into(),
            email: String::new(),
            email_fixed: false,
            name: String::new(),
            password_length_min: 12,
            error: None,
        };
        let invited = Self {
            email: "li.na@example.cn".into(),
            email_fixed: true,
            name: "李娜".into(),
            error: Some(WelcomeError::TooShort),
            ..first.clone()
        };
        let others = [
            ("welcome_different", WelcomeError::Different),
            ("welcome_name_missing", WelcomeError::NameMissing),
            ("welcome_email_invalid", WelcomeError::EmailInvalid),
        ]
        .map(|(name, error)| (name, Self { error: Some(error), ..first.clone() }));
        let mut all = vec![("welcome", first), ("welcome_invited", invited)];
        all.extend(others);
        all
    }
}

impl SignedOutPage {
    pub fn samples() -> Vec<(&'static str, Self)> {
        vec![("signed_out", Self { outside: samples::outside("/signed-out") })]
    }
}

impl ErrorPage {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let of = |status: u16| Self {
            outside: samples::outside("/tickets/99999"),
            signed_in: false,
            status,
            detail: String::new(),
            way_out: None,
            back: "/queue".into(),
            request_id: Some("01932f6e-7c1a-7b52".into()),
        };
        let refused = Self {
            signed_in: true,
            detail: "Ticket 10234 is escalated, so it cannot be closed.".into(),
            way_out: Some("End the case with 21Vianet first, then close the ticket.".into()),
            back: "/tickets/10234".into(),
            ..of(409)
        };
        let inside = Self { signed_in: true, ..of(404) };
        let mut all = vec![("error_409_inside", refused), ("error_404_inside", inside)];
        all.extend([
            ("error_403", of(403)),
            ("error_404", of(404)),
            ("error_413", of(413)),
            ("error_422", of(422)),
            ("error_429", of(429)),
            ("error_500", of(500)),
            ("error_503", of(503)),
        ]);
        all
    }
}
