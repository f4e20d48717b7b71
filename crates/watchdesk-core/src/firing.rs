//! How several workers share what is due, so that each thing happens once although any of them may die or fall asleep.
//!
//! A worker claims a bounded batch for a while (a lease) and gets a fence with each claim. The fence of a subject grows
//! with every claim, so a worker that wakes up too late is told apart from the one that took over, and whatever it
//! wants to save is not admitted. The store does what these functions say; the model checker and the simulation run
//! them too.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use crate::Instant;
use crate::clock::Subject;

/// How long a claim holds, unless the desk says otherwise.
pub const LEASE_S: i64 = 60;
/// Subjects that are claimed together.
pub const CLAIMS_MAX: usize = 500;
/// A subject that failed so often is set aside, with an alarm.
pub const FAILURES_MAX: u32 = 5;
const BACK_OFF_S: i64 = 60;
const SET_ASIDE_S: i64 = 3_600;

/// What stands beside a ticket or a case about its firing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Standing {
    /// Until then it is somebody's, or left alone after a failure.
    pub claimed_until: Option<Instant>,
    pub fence: i64,
    /// Without a success in between.
    pub failures: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Claim {
    pub subject: Subject,
    pub fence: i64,
    pub until: Instant,
}

/// Whether it can be claimed now.
pub fn is_free(standing: &Standing, now: Instant) -> bool {
    standing.claimed_until.is_none_or(|until| until <= now)
}

/// Claims what is due and free, the longest due first; the standing of each changes to what is answered with it.
pub fn claim(due: &[(Subject, Instant, Standing)], now: Instant) -> Vec<(Claim, Standing)> {
    claim_for(due, now, Duration::seconds(LEASE_S))
}

/// As [`claim`], for so long.
pub fn claim_for(due: &[(Subject, Instant, Standing)], now: Instant, lease: Duration) -> Vec<(Claim, Standing)> {
    let mut free: Vec<_> = due.iter().filter(|(_, at, standing)| *at <= now && is_free(standing, now)).collect();
    free.sort_by_key(|(subject, at, _)| (*at, *subject));
    let until = now + lease;
    let claims = free.into_iter().take(CLAIMS_MAX).map(|(subject, _, standing)| {
        let fence = standing.fence + 1;
        let claim = Claim { subject: *subject, fence, until };
        (claim, Standing { claimed_until: Some(until), fence, failures: standing.failures })
    });
    claims.collect()
}

/// Whether what a worker wants to save under its claim may be saved: nobody else has claimed it since, and its time is
/// not over.
pub fn admits(standing: &Standing, claim: &Claim, now: Instant) -> bool {
    standing.fence == claim.fence && standing.claimed_until == Some(claim.until) && now < claim.until
}

/// It is done: free for whoever comes next.
pub fn done(standing: &Standing) -> Standing {
    Standing { claimed_until: None, failures: 0, ..*standing }
}

/// It failed: left alone for ever longer, and set aside in the end.
pub fn failed(standing: &Standing, now: Instant) -> Standing {
    let failures = standing.failures.saturating_add(1);
    let wait_s = if failures >= FAILURES_MAX { SET_ASIDE_S } else { BACK_OFF_S << (failures - 1) };
    Standing { claimed_until: Some(now + Duration::seconds(wait_s)), failures, ..*standing }
}

/// Whether the failure that led here is the one that raises the alarm.
pub fn is_alarm(standing: &Standing) -> bool {
    standing.failures == FAILURES_MAX
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::TicketId;

    fn at(second: i64) -> Instant {
        Instant::from_timestamp(second, 0).expect("an instant")
    }

    fn ticket(n: u128) -> Subject {
        Subject::Ticket(TicketId(uuid::Uuid::from_u128(n)))
    }

    #[test]
    fn only_what_is_due_and_free_is_claimed_the_longest_due_first() {
        let held = Standing { claimed_until: Some(at(101)), fence: 3, failures: 0 };
        let run_out = Standing { claimed_until: Some(at(100)), fence: 3, failures: 0 };
        let due = [
            (ticket(1), at(90), Standing::default()),
            (ticket(2), at(101), Standing::default()),
            (ticket(3), at(80), held),
            (ticket(4), at(50), run_out),
        ];
        let claims = claim(&due, at(100));
        let claimed: Vec<_> = claims.iter().map(|(claim, _)| (claim.subject, claim.fence)).collect();
        assert_eq!(claimed, [(ticket(4), 4), (ticket(1), 1)]);
    }

    #[test]
    fn a_worker_that_wakes_up_too_late_saves_nothing() {
        let (first, standing) = claim(&[(ticket(1), at(0), Standing::default())], at(0))[0];
        assert!(admits(&standing, &first, at(LEASE_S - 1)));
        assert!(!admits(&standing, &first, at(LEASE_S)), "its time is over");
        let (second, standing) = claim(&[(ticket(1), at(0), standing)], at(LEASE_S))[0];
        assert!(!admits(&standing, &first, at(LEASE_S + 1)), "somebody else has it");
        assert!(admits(&standing, &second, at(LEASE_S + 1)));
        assert!(!admits(&done(&standing), &second, at(LEASE_S + 1)), "it is done already");
    }

    #[test]
    fn what_fails_is_tried_ever_more_rarely_and_raises_one_alarm() {
        let mut standing = Standing::default();
        let mut waits = Vec::new();
        let mut alarms = 0;
        for _ in 0..7 {
            standing = failed(&standing, at(0));
            waits.push(standing.claimed_until.expect("a time").timestamp());
            alarms += u32::from(is_alarm(&standing));
        }
        assert_eq!(waits, [60, 120, 240, 480, 3_600, 3_600, 3_600]);
        assert_eq!(alarms, 1);
        assert_eq!(done(&standing).failures, 0);
    }
}
