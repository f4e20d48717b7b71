//! What an operator may set. Every bound has a name here and a default that a small desk can live with.

use std::fmt;
use std::time::Duration;

use chrono_tz::Tz;
use watchdesk_core::mail::ReplyTokens;

use crate::webhook::Webhooks;

#[derive(Debug, Clone)]
pub struct Options {
    /// Where mail goes out. Without it mail is written but stays pending; nothing is dropped.
    pub smtp: Option<SmtpOptions>,
    /// What links in mails to staff begin with: `https://desk.example.cn`.
    pub base_url: String,
    /// Signs the address that customers answer to; the same secret as intake's.
    pub reply_tokens: ReplyTokens,
    /// Receivers of signed calls, such as a pager.
    pub webhooks: Webhooks,
    /// The desk's own zone: schedules run by it, and it speaks for customers whose zone is not known.
    pub zone: Tz,
    /// Attempts at one mail that the server puts off, before it is given up. The default lasts about three days.
    pub attempts_max: i32,
    /// Mails claimed together, and connections to the mail server at once.
    pub sends_at_once: usize,
    /// One whole mail, encoded. A larger one is not even tried.
    pub mail_bytes_max: usize,
}

#[derive(Clone)]
pub struct SmtpOptions {
    /// In lettre's form: `smtps://user:password@mail.example.cn` (TLS from the start),
    /// `smtp://mail.example.cn:587?tls=required` (STARTTLS), `smtp://127.0.0.1:25` (in the clear). With TLS the
    /// server's certificate must be valid for the name in the address. A path is the name we greet with.
    pub url: String,
    /// One mail from greeting to the last answer.
    pub send_timeout: Duration,
}

impl SmtpOptions {
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), send_timeout: SEND_TIMEOUT }
    }
}

pub const SEND_TIMEOUT: Duration = Duration::from_secs(120);
pub const ATTEMPTS_MAX: i32 = 24;
pub const SENDS_AT_ONCE: usize = 4;
pub const MAIL_BYTES_MAX: usize = 35 * 1024 * 1024;

impl Options {
    pub fn new(base_url: impl Into<String>, reply_tokens: ReplyTokens) -> Self {
        Self {
            smtp: None,
            base_url: base_url.into(),
            reply_tokens,
            webhooks: Webhooks::default(),
            zone: Tz::Asia__Shanghai,
            attempts_max: ATTEMPTS_MAX,
            sends_at_once: SENDS_AT_ONCE,
            mail_bytes_max: MAIL_BYTES_MAX,
        }
    }

    #[must_use]
    pub fn with_smtp(mut self, url: impl Into<String>) -> Self {
        self.smtp = Some(SmtpOptions::new(url));
        self
    }
}

/// The address may hold a password.
impl fmt::Debug for SmtpOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SmtpOptions(..)")
    }
}
