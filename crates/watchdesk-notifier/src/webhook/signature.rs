//! What proves to a receiver that a call is ours, fresh and whole: HMAC-SHA-256 over identity, time and body, in the
//! shape of Standard Webhooks, so that a receiver may use a library instead of our word.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::Duration;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use watchdesk_core::Instant;

const PREFIX: &str = "whsec_";
const SECRET_BYTES_MIN: usize = 24;
const SECRET_BYTES_MAX: usize = 512;
const VERSION: &str = "v1,";
/// A header may hold several signatures while a secret is changed; nobody needs more.
const SIGNATURES_MAX: usize = 8;

/// What both sides know. Shown to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(Vec<u8>);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}; make one with `openssl rand -base64 32`")]
pub struct BadSecret(&'static str);

/// The three headers that a receiver looks at.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// `Webhook-Id`
    pub id: &'a str,
    /// `Webhook-Timestamp`, in seconds since 1970
    pub timestamp: &'a str,
    /// `Webhook-Signature`
    pub signature: &'a str,
}

/// Why a receiver should not believe a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    #[error("the time of the call is not a number of seconds")]
    NoTime,
    #[error("the call is too old, or comes from the future; somebody may be repeating it")]
    OutsideWindow,
    #[error("the signature does not fit")]
    Mismatch,
}

impl WebhookSecret {
    /// The bytes behind `whsec_` in base64, otherwise the characters as they stand.
    pub fn parse(text: &str) -> Result<Self, BadSecret> {
        let bytes = match text.strip_prefix(PREFIX) {
            Some(encoded) => STANDARD.decode(encoded).map_err(|_| BadSecret("is not base64 behind whsec_"))?,
            None => text.as_bytes().to_vec(),
        };
        match bytes.len() {
            ..SECRET_BYTES_MIN => Err(BadSecret("is shorter than 24 bytes")),
            SECRET_BYTES_MIN..=SECRET_BYTES_MAX => Ok(Self(bytes)),
            _ => Err(BadSecret("is longer than 512 bytes")),
        }
    }

    fn mac(&self, id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            mac.update(part);
        }
        mac
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(..)")
    }
}

/// The value of `Webhook-Signature`.
pub fn sign(secret: &WebhookSecret, id: &str, at: Instant, body: &[u8]) -> String {
    let digest = secret.mac(id, &at.timestamp().to_string(), body).finalize().into_bytes();
    format!("{VERSION}{}", STANDARD.encode(digest))
}

/// What a receiver does with a call; five minutes are a good `window`.
pub fn verify(
    secret: &WebhookSecret,
    signed: Signed<'_>,
    body: &[u8],
    now: Instant,
    window: Duration,
) -> Result<(), BadSignature> {
    let at: i64 = signed.timestamp.parse().map_err(|_| BadSignature::NoTime)?;
    if now.timestamp().abs_diff(at) > window.num_seconds().unsigned_abs() {
        return Err(BadSignature::OutsideWindow);
    }
    let fits = |claimed: &str| {
        let encoded = claimed.strip_prefix(VERSION)?;
        let digest = STANDARD.decode(encoded).ok()?;
        secret.mac(signed.id, signed.timestamp, body).verify_slice(&digest).ok()
    };
    let mut claimed = signed.signature.split(' ').take(SIGNATURES_MAX);
    if claimed.any(|claimed| fits(claimed).is_some()) { Ok(()) } else { Err(BadSignature::Mismatch) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;

    fn at(second: i64) -> Instant {
        chrono::DateTime::from_timestamp(second, 0).expect("an instant")
    }

    /// The example that libraries of Standard Webhooks test themselves with.
    #[test]
    fn the_worked_example_of_the_standard_comes_out() {
        let secret = WebhookSecret::parse(SECRET).unwrap();
        let signature = sign(&secret, ID, at(1_614_265_330), BODY);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_changed_call_is_not_believed() {
        let secret = WebhookSecret::parse("a secret of at least so many bytes").unwrap();
        let signature = sign(&secret, ID, at(1_000), BODY);
        let window = Duration::minutes(5);
        let check = |id: &str, timestamp: &str, signature: &str, body: &[u8], now: i64| {
            verify(&secret, Signed { id, timestamp, signature }, body, at(now), window)
        };
        assert_eq!(check(ID, "1000", &signature, BODY, 1_000), Ok(()));
        assert_eq!(check(ID, "1000", &signature, BODY, 1_300), Ok(()));
        assert_eq!(check(ID, "1000", &signature, BODY, 1_301), Err(BadSignature::OutsideWindow));
        assert_eq!(check(ID, "1000", &signature, BODY, 699), Err(BadSignature::OutsideWindow));
        assert_eq!(check(ID, "1001", &signature, BODY, 1_000), Err(BadSignature::Mismatch));
        assert_eq!(check("other", "1000", &signature, BODY, 1_000), Err(BadSignature::Mismatch));
        assert_eq!(check(ID, "1000", &signature, b"{}", 1_000), Err(BadSignature::Mismatch));
        assert_eq!(check(ID, "now", &signature, BODY, 1_000), Err(BadSignature::NoTime));
        for nonsense in ["", "v1,", "v2,AAAA", "v1,%%%", &signature[3..]] {
            assert_eq!(check(ID, "1000", nonsense, BODY, 1_000), Err(BadSignature::Mismatch), "{nonsense}");
        }
        let both = format!("v1,AAAA {signature}");
        assert_eq!(check(ID, "1000", &both, BODY, 1_000), Ok(()), "one of several is enough while secrets change");
        let other = WebhookSecret::parse("another secret of so many bytes").unwrap();
        let signed = Signed { id: ID, timestamp: "1000", signature: &signature };
        assert_eq!(verify(&other, signed, BODY, at(1_000), window), Err(BadSignature::Mismatch));
    }

    #[test]
    fn a_poor_secret_is_not_taken_and_none_is_shown() {
        for poor in ["", "short", "whsec_%%%", "whsec_AAAA"] {
            let said = WebhookSecret::parse(poor).expect_err(poor).to_string();
            assert!(said.contains("openssl rand"), "{said}");
        }
        assert!(WebhookSecret::parse(&"x".repeat(513)).is_err());
        assert_eq!(format!("{:?}", WebhookSecret::parse(SECRET).unwrap()), "WebhookSecret(..)");
    }
}
