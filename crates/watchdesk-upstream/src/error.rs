//! What can go wrong upstream, as far as callers do something different about it.
//!
//! Every sentence says what was being done and in whose directory. The operator's own code and words are kept, on one
//! line and cut short; tokens and secrets are in none of them.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

/// Of what the operator said we keep so much.
const WORDS_CHARACTERS_MAX: usize = 300;
const CODE_CHARACTERS_MAX: usize = 60;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    #[error("The setting {key} is wrong: {why}.")]
    Setting { key: &'static str, why: String },
    /// Nothing was sent.
    #[error("{place}: \"{id}\" cannot be asked for; {why}.")]
    BadId { place: Place, id: String, why: &'static str },
    #[error("{place}: signing in was refused{said}. Check the directory, the client id and the secret.")]
    SignIn { place: Place, said: Said },
    #[error("{place}: the operator does not allow it ({status}){said}. Check the permissions of the app there.")]
    Forbidden { place: Place, status: u16, said: Said },
    #[error("{place}: the operator does not know it{said}.")]
    NotFound { place: Place, said: Said },
    /// Somebody else was quicker.
    #[error("{place}: it was changed meanwhile{said}. Read it again and decide anew.")]
    Conflict { place: Place, said: Said },
    #[error("{place}: the operator no longer knows where we were. Begin with the first page.")]
    CursorGone { place: Place },
    #[error("{place}: the operator refused it ({status}){said}.")]
    Refused { place: Place, status: u16, said: Said },
    #[error("{place}: too many requests; try again in {} seconds.", retry_after.as_secs())]
    Throttled { place: Place, retry_after: Duration },
    #[error("{place}: {why}. It may pass; try again later.")]
    Unavailable { place: Place, why: String, retry_after: Option<Duration>, perhaps_done: bool },
    #[error("{place}: the answer cannot be understood, {why}. It may pass; try again later.")]
    Unreadable { place: Place, why: String },
    /// To be tried again only by way of a look at what is there.
    #[error("{place}: nobody knows whether it was done, {why}. Look at what is there before it is done again.")]
    Ambiguous { place: Place, why: String },
    #[error("{place}: there is more than {max} {what}; nobody should have to read that.")]
    TooMuch { place: Place, max: usize, what: &'static str },
    #[error("{place}: the next page lies at {host}, and we follow nobody elsewhere.")]
    ForeignLink { place: Place, host: String },
}

/// What was being done, and in whose directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub tenant: String,
    pub doing: &'static str,
}

/// The operator's own words; both may be absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    pub code: String,
    pub words: String,
}

impl UpstreamError {
    /// Whether the same may succeed later without anybody's doing.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Throttled { .. } | Self::Unavailable { .. } | Self::Unreadable { .. } | Self::Ambiguous { .. } => {
                true
            }
            Self::Setting { .. }
            | Self::BadId { .. }
            | Self::SignIn { .. }
            | Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::Conflict { .. }
            | Self::CursorGone { .. }
            | Self::Refused { .. }
            | Self::TooMuch { .. }
            | Self::ForeignLink { .. } => false,
        }
    }

    /// How long the operator asked us to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Throttled { retry_after, .. } => Some(*retry_after),
            Self::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Setting { .. } => None,
            Self::BadId { place, .. }
            | Self::SignIn { place, .. }
            | Self::Forbidden { place, .. }
            | Self::NotFound { place, .. }
            | Self::Conflict { place, .. }
            | Self::CursorGone { place }
            | Self::Refused { place, .. }
            | Self::Throttled { place, .. }
            | Self::Unavailable { place, .. }
            | Self::Unreadable { place, .. }
            | Self::Ambiguous { place, .. }
            | Self::TooMuch { place, .. }
            | Self::ForeignLink { place, .. } => Some(place),
        }
    }

    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.place().map(|place| place.tenant.as_str())
    }

    /// What the operator said, where it said anything.
    #[must_use]
    pub fn said(&self) -> Option<&Said> {
        match self {
            Self::SignIn { said, .. }
            | Self::Forbidden { said, .. }
            | Self::NotFound { said, .. }
            | Self::Conflict { said, .. }
            | Self::Refused { said, .. } => Some(said),
            _ => None,
        }
    }

    /// Whether a write that ended so may have been carried out all the same.
    pub(crate) fn may_have_been_done(&self) -> bool {
        match self {
            Self::Unavailable { perhaps_done, .. } => *perhaps_done,
            Self::Unreadable { .. } | Self::Ambiguous { .. } | Self::TooMuch { .. } => true,
            _ => false,
        }
    }

    /// For a write whose end nobody knows.
    pub(crate) fn into_ambiguous(self) -> Self {
        match (self.may_have_been_done(), self.place()) {
            (true, Some(place)) => Self::Ambiguous { place: place.clone(), why: self.reason() },
            _ => self,
        }
    }

    fn reason(&self) -> String {
        match self {
            Self::Unavailable { why, .. } | Self::Unreadable { why, .. } | Self::Ambiguous { why, .. } => why.clone(),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (directory {})", self.doing, self.tenant)
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code.is_empty(), self.words.is_empty()) {
            (true, true) => Ok(()),
            (false, true) => write!(f, ": {}", self.code),
            (true, false) => write!(f, ": {}", self.words),
            (false, false) => write!(f, ": {} {}", self.code, self.words),
        }
    }
}

impl Said {
    /// The operator has four ways of saying no: Partner Center's, the rate limit's, Graph's, and sign-in's.
    pub(crate) fn read(body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let (code, words) = if body["error"].is_object() {
            (&body["error"]["code"], &body["error"]["message"])
        } else if body.get("error").is_some() {
            (&body["error"], &body["error_description"])
        } else if body.get("statusCode").is_some() {
            (&body["statusCode"], &body["message"])
        } else {
            (&body["code"], &body["description"])
        };
        Self { code: plain(code, CODE_CHARACTERS_MAX), words: plain(words, WORDS_CHARACTERS_MAX) }
    }

    /// Nothing that we sent in confidence comes back in a sentence.
    pub(crate) fn without(mut self, confidential: &str) -> Self {
        if !confidential.is_empty() {
            self.code = self.code.replace(confidential, "(secret)");
            self.words = self.words.replace(confidential, "(secret)");
        }
        self
    }
}

fn plain(value: &Value, characters_max: usize) -> String {
    match value {
        Value::String(text) => one_line(text, characters_max),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

/// Somebody else's words, fit for a sentence of ours: without control characters, on one line, cut short. A dot at the
/// end is ours to set.
pub(crate) fn one_line(text: &str, characters_max: usize) -> String {
    let words: Vec<String> =
        text.split_whitespace().map(|word| word.chars().filter(|c| !c.is_control()).collect()).collect();
    let line: String = words.join(" ").chars().take(characters_max).collect();
    line.trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_saying_no_is_understood() {
        let table = [
            (r#"{"code":"20002","description":"Not found.","data":[],"source":"x"}"#, "20002", "Not found"),
            (r#"{"code":20002,"description":"Not found"}"#, "20002", "Not found"),
            (
                r#"{"statusCode":429,"message":"Rate limit is exceeded. Try again in 57 seconds."}"#,
                "429",
                "Rate limit is exceeded. Try again in 57 seconds",
            ),
            (r#"{"error":{"code":"Forbidden","message":"No\r\n  rights"}}"#, "Forbidden", "No rights"),
            (
                r#"{"error":"invalid_client","error_description":"AADSTS7000215: Wrong."}"#,
                "invalid_client",
                "AADSTS7000215: Wrong",
            ),
            ("<html>", "", ""),
            ("[1]", "", ""),
            (r#"{"code":{},"description":["x"]}"#, "", ""),
        ];
        for (body, code, words) in table {
            let expected = Said { code: code.to_owned(), words: words.to_owned() };
            assert_eq!(Said::read(body.as_bytes()), expected, "{body}");
        }
        let long = format!(r#"{{"code":"1","description":"{}"}}"#, "x".repeat(1_000));
        assert_eq!(Said::read(long.as_bytes()).words.len(), WORDS_CHARACTERS_MAX);
    }

    #[test]
    fn sentences_name_the_directory_and_the_way_out() {
        let place = Place { tenant: "contoso.cn".into(), doing: "reading the customers" };
        let said = Said { code: "invalid_client".into(), words: "AADSTS7000215: key s3cret".into() }.without("s3cret");
        let error = UpstreamError::SignIn { place: place.clone(), said };
        assert_eq!(
            error.to_string(),
            "reading the customers (directory contoso.cn): signing in was refused: invalid_client AADSTS7000215: key \
             (secret). Check the directory, the client id and the secret."
        );
        let error = UpstreamError::Throttled { place, retry_after: Duration::from_secs(57) };
        assert_eq!(
            error.to_string(),
            "reading the customers (directory contoso.cn): too many requests; try again in 57 seconds."
        );
    }
}
