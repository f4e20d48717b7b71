//! When a request is made again, and after what rest: as the vendor's own client does it.

use std::time::Duration;

use crate::UpstreamError;

/// Between the attempts; after the last there is none.
const RESTS: [Duration; 3] = [Duration::from_millis(500), Duration::from_millis(1_500), Duration::from_millis(3_500)];
/// These answers will not change by asking again.
const FINAL: [u16; 6] = [400, 401, 403, 404, 409, 417];

/// Whether an answer with this status is worth another attempt.
pub(crate) fn is_passing_status(status: u16) -> bool {
    !FINAL.contains(&status) && (status >= 500 || status == 408 || status == 429)
}

/// How long to rest after this many failed attempts; `None` when it is time to give up.
pub(crate) fn rest_after(failed_attempts: usize, error: &UpstreamError, patience: Duration) -> Option<Duration> {
    let backoff = *RESTS.get(failed_attempts.checked_sub(1)?)?;
    if !error.is_passing() {
        return None;
    }
    let rest = error.retry_after().map_or(backoff, |asked| asked.max(backoff));
    (rest <= patience).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Place;

    #[test]
    fn some_answers_are_final() {
        let again: Vec<u16> = (100..600).filter(|status| is_passing_status(*status)).collect();
        let expected: Vec<u16> = [408, 429].into_iter().chain(500..600).collect();
        assert_eq!(again, expected);
    }

    #[test]
    fn rests_grow_and_end() {
        let place = || Place { tenant: "t".into(), doing: "asking" };
        let passing = |retry_after: Option<u64>| UpstreamError::Unavailable {
            place: place(),
            why: "503".into(),
            retry_after: retry_after.map(Duration::from_secs),
            perhaps_done: false,
        };
        let throttled =
            |seconds| UpstreamError::Throttled { place: place(), retry_after: Duration::from_secs(seconds) };
        let table = [
            (1, passing(None), Some(500)),
            (2, passing(None), Some(1_500)),
            (3, passing(None), Some(3_500)),
            (4, passing(None), None),
            (0, passing(None), None),
            (1, passing(Some(10)), Some(10_000)),
            (1, throttled(57), Some(57_000)),
            (2, throttled(57), Some(57_000)),
            (3, throttled(1), Some(3_500)),
            (4, throttled(1), None),
            (1, throttled(301), None),
            (1, UpstreamError::CursorGone { place: place() }, None),
        ];
        for (attempts, error, expected) in table {
            let rest = rest_after(attempts, &error, Duration::from_secs(300));
            assert_eq!(rest, expected.map(Duration::from_millis), "after {attempts}: {error}");
        }
    }
}
