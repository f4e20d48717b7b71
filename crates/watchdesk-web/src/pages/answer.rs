//! Answers to browsers.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;

pub(super) fn html(status: StatusCode, text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// After a form: the browser loads the page, and loading it again repeats nothing.
pub(super) fn see_other(path: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let location = HeaderValue::try_from(path).unwrap_or(HeaderValue::from_static("/queue"));
    response.headers_mut().insert(LOCATION, location);
    response
}

/// A path on this site, or nothing: what comes from outside must not lead elsewhere.
pub(super) fn local(path: &str) -> Option<&str> {
    let strange = |c: char| c.is_control() || c.is_whitespace() || c == '\\' || !c.is_ascii();
    let local = path.starts_with('/') && !path.starts_with("//") && !path.contains(strange);
    local.then_some(path)
}

macro_rules! said {
    ($($name:ident = $slug:literal),+ $(,)?) => {
        /// What the next page says was done: `said.<slug>` in the catalogues.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Said {
            $($name),+
        }

        impl Said {
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $slug),+
                }
            }

            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|said| said.as_str() == text)
            }
        }
    };
}

said! {
    Saved = "saved",
    Sent = "sent",
    SentAndWaits = "sent_and_waits",
    Resolved = "resolved",
    Noted = "noted",
    CallLogged = "call_logged",
    Triaged = "triaged",
    Assigned = "assigned",
    Linked = "linked",
    Unlinked = "unlinked",
    HealthRecorded = "health_recorded",
    IncidentRecorded = "incident_recorded",
    IncidentEnded = "incident_ended",
    SynchronisationStarted = "synchronisation_started",
    Retested = "retested",
    Snoozed = "snoozed",
    Woken = "woken",
    Merged = "merged",
    Unmerged = "unmerged",
    Split = "split",
    Reopened = "reopened",
    Closed = "closed",
    CaseDrafted = "case_drafted",
    CaseAmended = "case_amended",
    CaseFiled = "case_filed",
    CaseSent = "case_sent",
    CaseRecorded = "case_recorded",
    CaseEnded = "case_ended",
    LessonRecorded = "lesson_recorded",
    PacketCopied = "packet_copied",
    Resending = "resending",
    NothingToResend = "nothing_to_resend",
    Opened = "opened",
    MailRetried = "mail_retried",
    MailMatched = "mail_matched",
    MailNotRetried = "mail_not_retried",
    Created = "created",
    Removed = "removed",
    Excused = "excused",
    ExcuseRevoked = "excuse_revoked",
    Seen = "seen",
    ContractReachesBack = "contract_reaches_back",
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchdesk_core::desk::Language;
    use watchdesk_templates::names;

    #[test]
    fn nobody_is_led_away() {
        for path in ["/queue", "/tickets/7?before=3", "/"] {
            assert_eq!(local(path), Some(path));
        }
        for path in ["", "queue", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb", "/ü", "/a b"]
        {
            assert_eq!(local(path), None, "{path}");
        }
    }

    #[test]
    fn everything_that_is_said_has_words() {
        for said in Said::ALL {
            assert_eq!(Said::parse(said.as_str()), Some(*said));
            for language in Language::ALL {
                let key = format!("said.{}", said.as_str());
                assert_ne!(names::say(language, &key, &[]), key);
            }
        }
    }
}
