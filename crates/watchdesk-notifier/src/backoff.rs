//! How long to wait before trying again.

use chrono::Duration;

/// After the first, second ... attempt; the last one repeats. No jitter: the queue itself spreads the load.
const DELAYS_S: [i64; 7] = [30, 120, 600, 1_800, 3_600, 7_200, 14_400];

/// When to try a mail again that was tried `attempts` times.
pub(crate) fn delay_after(attempts: i32) -> Duration {
    Duration::seconds(of(&DELAYS_S, attempts))
}

/// Whom a pager should wake is waited for: calls come closer together, and end sooner.
const CALL_DELAYS_S: [i64; 7] = [5, 15, 30, 60, 120, 300, 600];

/// When to call a webhook again that was called `attempts` times.
pub(crate) fn call_delay_after(attempts: i32) -> Duration {
    Duration::seconds(of(&CALL_DELAYS_S, attempts))
}

fn of(delays_s: &[i64; 7], attempts: i32) -> i64 {
    let index = usize::try_from(attempts.max(1) - 1).unwrap_or(0);
    delays_s[index.min(delays_s.len() - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::ATTEMPTS_MAX;

    #[test]
    fn the_first_retries_come_soon_and_all_of_them_last_about_three_days() {
        let table =
            [(0, 30), (1, 30), (2, 120), (3, 600), (4, 1_800), (5, 3_600), (6, 7_200), (7, 14_400), (99, 14_400)];
        for (attempts, expected_s) in table {
            assert_eq!(delay_after(attempts).num_seconds(), expected_s, "after {attempts}");
        }
        let whole: i64 = (1..ATTEMPTS_MAX).map(|attempts| delay_after(attempts).num_seconds()).sum();
        assert!((2..=3).contains(&(whole / 86_400)), "{whole} s");
    }

    #[test]
    fn a_pager_is_called_again_soon() {
        let delays: Vec<i64> = (0..=8).map(|attempts| call_delay_after(attempts).num_seconds()).collect();
        assert_eq!(delays, [5, 5, 15, 30, 60, 120, 300, 600, 600]);
    }
}
