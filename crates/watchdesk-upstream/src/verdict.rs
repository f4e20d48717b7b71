//! What an answer, or none, means.

use std::time::Duration;

use serde_json::Value;

use crate::UpstreamError;
use crate::error::{Place, Said};
use crate::retry::is_passing_status;
use crate::wire::{Broken, Incoming};

/// Where a 429 does not say how long to wait.
const RETRY_AFTER_UNTOLD: Duration = Duration::from_secs(10);
const SECONDS_SAID_MAX: u64 = 24 * 3_600;

pub(crate) fn from_broken(place: Place, broken: Broken) -> UpstreamError {
    match broken {
        Broken::NotSent(why) => UpstreamError::Unavailable { place, why, retry_after: None, perhaps_done: false },
        Broken::Underway(why) => UpstreamError::Unavailable { place, why, retry_after: None, perhaps_done: true },
        Broken::TooLarge => UpstreamError::TooMuch { place, max: 8, what: "MiB of answer" },
    }
}

/// For any status that is not a success.
pub(crate) fn from_status(place: Place, incoming: &Incoming) -> UpstreamError {
    let status = incoming.status;
    let said = Said::read(&incoming.body);
    match status {
        401 | 403 => UpstreamError::Forbidden { place, status, said },
        404 => UpstreamError::NotFound { place, said },
        409 | 412 => UpstreamError::Conflict { place, said },
        429 => {
            let asked = incoming.retry_after.or_else(|| seconds_said(&said.words));
            UpstreamError::Throttled { place, retry_after: asked.unwrap_or(RETRY_AFTER_UNTOLD) }
        }
        _ if is_passing_status(status) => {
            let why = format!("the operator answered {status}{said}");
            UpstreamError::Unavailable { place, why, retry_after: incoming.retry_after, perhaps_done: true }
        }
        _ => UpstreamError::Refused { place, status, said },
    }
}

/// `Rate limit is exceeded. Try again in 57 seconds.`
fn seconds_said(words: &str) -> Option<Duration> {
    let (_, rest) = words.split_once("Try again in ")?;
    let seconds = rest.split_once(' ')?.0.parse::<u64>().ok()?;
    Some(Duration::from_secs(seconds.min(SECONDS_SAID_MAX)))
}

/// The JSON of a success; `None` where it has no body.
pub(crate) fn json(place: &Place, incoming: &Incoming) -> Result<Option<Value>, UpstreamError> {
    if incoming.body.is_empty() {
        return Ok(None);
    }
    let unreadable = |_| UpstreamError::Unreadable { place: place.clone(), why: "it is no JSON".to_owned() };
    serde_json::from_slice(&incoming.body).map(Some).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;

    fn check(status: u16, retry_after: Option<u64>, body: &str, expected: &str) {
        let retry_after = retry_after.map(Duration::from_secs);
        let incoming = Incoming { status, retry_after, headers: HeaderMap::new(), body: body.as_bytes().to_vec() };
        let error = from_status(Place { tenant: "t".into(), doing: "asking" }, &incoming);
        let found = format!("{error} {}", if error.is_passing() { "again" } else { "final" });
        assert!(found.starts_with("asking (directory t): ") && found.contains(expected), "{status}: {found}");
    }

    #[test]
    fn every_status_has_its_meaning() {
        let limit = r#"{"statusCode":429,"message":"Rate limit is exceeded. Try again in 57 seconds."}"#;
        let refusal = r#"{"code":"20002","description":"No such customer.","data":[],"source":"x"}"#;
        check(429, Some(3), limit, "in 3 seconds. again");
        check(429, None, limit, "in 57 seconds. again");
        check(429, None, "", "in 10 seconds. again");
        check(400, None, refusal, "refused it (400): 20002 No such customer. final");
        check(401, None, refusal, "does not allow it (401)");
        check(403, None, "", "does not allow it (403). Check the permissions of the app there. final");
        check(404, None, refusal, "does not know it: 20002 No such customer. final");
        check(409, None, "", "changed meanwhile");
        check(412, None, "", "changed meanwhile");
        check(417, None, "", "refused it (417). final");
        check(302, None, "<html>", "refused it (302). final");
        check(500, None, "<html>", "answered 500. It may pass; try again later. again");
        check(503, Some(5), refusal, "answered 503: 20002 No such customer. It may pass; try again later. again");
        check(408, None, "", "again");
    }
}
