//! What a customer subscribes to, and the time that a suspended subscription has left before its data is deleted.

use std::fmt;

use chrono::Duration;

use crate::Instant;

/// In the operator's words; one that we do not know is kept as it was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SubscriptionStatus {
    Active,
    Pending,
    Suspended,
    Deleted,
    None,
    Other(String),
}

impl SubscriptionStatus {
    pub const KNOWN: [Self; 5] = [Self::Active, Self::Pending, Self::Suspended, Self::Deleted, Self::None];

    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Suspended => "suspended",
            Self::Deleted => "deleted",
            Self::None => "none",
            Self::Other(word) => word,
        }
    }

    /// Compared without regard to case.
    #[must_use]
    pub fn of(word: &str) -> Self {
        let word = word.trim();
        let known = Self::KNOWN.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(word));
        known.unwrap_or_else(|| Self::Other(word.to_owned()))
    }

    #[must_use]
    pub fn is_known(&self) -> bool {
        !matches!(self, Self::Other(_))
    }
}

impl fmt::Display for SubscriptionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Since when it is suspended, after somebody said what its status is. The operator does not say when it began: it counts
/// from the time we first heard of it, or from the fact that a person states. What is active again begins anew.
#[must_use]
pub fn suspended_since(
    status: &SubscriptionStatus,
    before: Option<Instant>,
    stated: Option<Instant>,
    heard_at: Instant,
) -> Option<Instant> {
    match status {
        SubscriptionStatus::Suspended => Some(stated.or(before).unwrap_or(heard_at)),
        SubscriptionStatus::Active
        | SubscriptionStatus::Pending
        | SubscriptionStatus::Deleted
        | SubscriptionStatus::None
        | SubscriptionStatus::Other(_) => None,
    }
}

/// What a suspended subscription has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Countdown {
    /// All its data is deleted then.
    pub data_lost_at: Instant,
    /// Begun days count; none once it is over.
    pub days_left: i64,
    pub warning: Warning,
}

/// How loud a countdown is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Warning {
    Early,
    Soon,
    Urgent,
    Over,
}

/// With so many days left, or fewer.
const SOON_DAYS: i64 = 30;
const URGENT_DAYS: i64 = 10;
/// A setting beyond that is no time that anybody counts down.
const DELETION_DAYS_MAX: i64 = 3_650;

impl Warning {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Early => "early",
            Self::Soon => "soon",
            Self::Urgent => "urgent",
            Self::Over => "over",
        }
    }
}

/// The countdown of what is suspended since then, of which the data is deleted after so many days.
#[must_use]
pub fn countdown(suspended_since: Instant, deletion_days: i64, now: Instant) -> Countdown {
    let data_lost_at = suspended_since + Duration::days(deletion_days.clamp(0, DELETION_DAYS_MAX));
    let left_s = (data_lost_at - now).num_seconds();
    let day_s = Duration::days(1).num_seconds();
    let days_left = left_s.max(0).div_euclid(day_s) + i64::from(left_s.max(0) % day_s > 0);
    let warning = match left_s {
        ..=0 => Warning::Over,
        _ if days_left <= URGENT_DAYS => Warning::Urgent,
        _ if days_left <= SOON_DAYS => Warning::Soon,
        _ => Warning::Early,
    };
    Countdown { data_lost_at, days_left, warning }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().expect("an instant")
    }

    #[test]
    fn the_countdown_gets_louder_and_ends() {
        let since = at("2026-01-01T00:00:00Z");
        let table = [
            ("2026-01-01T00:00:00Z", 60, Warning::Early),
            ("2026-01-01T00:00:01Z", 60, Warning::Early),
            ("2026-01-31T00:00:00Z", 30, Warning::Soon),
            ("2026-02-19T23:59:59Z", 11, Warning::Soon),
            ("2026-02-20T00:00:00Z", 10, Warning::Urgent),
            ("2026-02-22T00:00:00Z", 8, Warning::Urgent),
            ("2026-03-01T23:59:59Z", 1, Warning::Urgent),
            ("2026-03-02T00:00:00Z", 0, Warning::Over),
            ("2026-06-01T00:00:00Z", 0, Warning::Over),
        ];
        for (now, days_left, warning) in table {
            let found = countdown(since, 60, at(now));
            assert_eq!((found.days_left, found.warning), (days_left, warning), "{now}");
            assert_eq!(found.data_lost_at, at("2026-03-02T00:00:00Z"));
        }
        assert_eq!(countdown(since, 90, at("2026-03-02T00:00:00Z")).days_left, 30);
        assert_eq!(countdown(since, i64::MAX, since).days_left, DELETION_DAYS_MAX, "no setting breaks it");
    }

    #[test]
    fn it_counts_from_the_first_word_of_it_and_begins_anew() {
        use SubscriptionStatus::{Active, Deleted, Suspended};
        let (first, now, fact) = (at("2026-01-01T00:00:00Z"), at("2026-01-05T00:00:00Z"), at("2025-12-20T00:00:00Z"));
        let table = [
            (Suspended, None, None, Some(now)),
            (Suspended, Some(first), None, Some(first)),
            (Suspended, None, Some(fact), Some(fact)),
            (Suspended, Some(first), Some(fact), Some(fact)),
            (Active, Some(first), None, None),
            (Active, Some(first), Some(fact), None),
            (Deleted, Some(first), None, None),
            (SubscriptionStatus::of("expired"), Some(first), None, None),
        ];
        for (status, before, stated, expected) in table {
            assert_eq!(suspended_since(&status, before, stated, now), expected, "{status} {before:?} {stated:?}");
        }
    }

    #[test]
    fn words_nobody_knows_are_kept() {
        assert_eq!(SubscriptionStatus::of(" Active "), SubscriptionStatus::Active);
        assert_eq!(SubscriptionStatus::of("onHold").as_str(), "onHold");
        assert!(!SubscriptionStatus::of("expired").is_known());
        for status in SubscriptionStatus::KNOWN {
            assert_eq!(SubscriptionStatus::of(status.as_str()), status);
        }
    }
}
