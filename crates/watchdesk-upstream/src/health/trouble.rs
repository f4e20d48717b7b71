//! Which directories could not be read lately, and how long each is left alone.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::TimeDelta;
use watchdesk_core::Instant;
use watchdesk_core::ids::CustomerId;

/// After the first failure; each further one doubles it.
const FIRST_REST: TimeDelta = TimeDelta::minutes(5);
const REST_MAX: TimeDelta = TimeDelta::hours(6);
const DOUBLINGS_MAX: u32 = 16;
/// More are not remembered: they are simply asked again.
const REMEMBERED_MAX: usize = 50_000;

/// Kept in memory: a node that starts anew asks everybody once.
#[derive(Debug, Default)]
pub(super) struct Troubles(BTreeMap<CustomerId, Trouble>);

#[derive(Debug, Clone, Copy)]
struct Trouble {
    failures: u32,
    until: Instant,
}

impl Troubles {
    pub fn rests(&self, customer: CustomerId, now: Instant) -> bool {
        self.0.get(&customer).is_some_and(|trouble| now < trouble.until)
    }

    /// `asked`: for so long the operator asked us to wait.
    pub fn failed(&mut self, customer: CustomerId, now: Instant, asked: Option<Duration>) {
        if self.0.len() >= REMEMBERED_MAX {
            self.0.retain(|_, trouble| now < trouble.until);
        }
        let failures = self.0.get(&customer).map_or(0, |trouble| trouble.failures);
        let ours = FIRST_REST * (1 << failures.min(DOUBLINGS_MAX));
        let theirs = asked.and_then(|asked| TimeDelta::from_std(asked).ok()).unwrap_or_default();
        let trouble = Trouble { failures: failures.saturating_add(1), until: now + ours.max(theirs).min(REST_MAX) };
        if self.0.len() < REMEMBERED_MAX {
            self.0.insert(customer, trouble);
        }
    }

    pub fn worked(&mut self, customer: CustomerId) {
        self.0.remove(&customer);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn who_fails_again_rests_longer_and_who_works_is_trusted_again() {
        let customer = CustomerId(Uuid::nil());
        let mut now: Instant = "2026-03-02T01:00:00Z".parse().unwrap();
        let mut troubles = Troubles::default();
        let mut rests = Vec::new();
        for _ in 0..9 {
            assert!(!troubles.rests(customer, now));
            troubles.failed(customer, now, None);
            let begun = now;
            while troubles.rests(customer, now) {
                now += TimeDelta::minutes(1);
            }
            rests.push((now - begun).num_minutes());
        }
        assert_eq!(rests, [5, 10, 20, 40, 80, 160, 320, 360, 360]);
        troubles.worked(customer);
        troubles.failed(customer, now, Some(Duration::from_secs(1_800)));
        assert!(troubles.rests(customer, now + TimeDelta::minutes(29)), "the operator asked for more");
        assert!(!troubles.rests(customer, now + TimeDelta::minutes(30)));
        troubles.failed(customer, now, Some(Duration::MAX));
        assert!(!troubles.rests(customer, now + REST_MAX), "but not for ever");
    }
}
