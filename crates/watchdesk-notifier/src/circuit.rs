//! Whether the mail server is worth a try: while it is away, one mail probes, and when that gets through, all go.

use chrono::Duration;
use watchdesk_core::Instant;

const WAIT_S_FIRST: i64 = 5;
const WAIT_S_MAX: i64 = 60;

/// How many mails may be tried now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Allowance {
    All,
    /// The server was away; one mail finds out.
    Probe,
    Nothing,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Circuit {
    open: Option<Open>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Open {
    since: Instant,
    probe_at: Instant,
    wait_s: i64,
}

impl Circuit {
    pub fn allowance(&self, now: Instant) -> Allowance {
        match self.open {
            None => Allowance::All,
            Some(open) if now >= open.probe_at => Allowance::Probe,
            Some(_) => Allowance::Nothing,
        }
    }

    /// The server could not be reached. Answers whether this is news.
    pub fn unreachable(&mut self, now: Instant) -> bool {
        let (since, wait_s) = match self.open {
            None => (now, WAIT_S_FIRST),
            // Several sends may fail together; only a failed probe makes the wait longer.
            Some(open) if now < open.probe_at => return false,
            Some(open) => (open.since, (open.wait_s * 2).min(WAIT_S_MAX)),
        };
        let news = self.open.is_none();
        self.open = Some(Open { since, probe_at: now + Duration::seconds(wait_s), wait_s });
        news
    }

    /// The server spoke to us, whatever it said. Answers whether this is news.
    pub fn reachable(&mut self) -> bool {
        self.open.take().is_some()
    }

    pub fn down_since(&self) -> Option<Instant> {
        self.open.map(|open| open.since)
    }

    pub fn probe_at(&self) -> Option<Instant> {
        self.open.map(|open| open.probe_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Instant {
        chrono::DateTime::from_timestamp(1_770_000_000 + second, 0).expect("an instant")
    }

    #[test]
    fn a_server_that_is_away_is_probed_ever_more_rarely_and_then_all_go() {
        let mut circuit = Circuit::default();
        assert_eq!(circuit.allowance(at(0)), Allowance::All);
        assert!(circuit.unreachable(at(0)));
        assert!(!circuit.unreachable(at(0)), "a second failure of the same batch is no news");
        assert_eq!(circuit.allowance(at(4)), Allowance::Nothing);
        assert_eq!(circuit.allowance(at(5)), Allowance::Probe);
        assert!(!circuit.unreachable(at(5)));
        assert_eq!(circuit.allowance(at(14)), Allowance::Nothing);
        assert_eq!(circuit.allowance(at(15)), Allowance::Probe);
        assert_eq!(circuit.down_since(), Some(at(0)));
        assert!(circuit.reachable());
        assert!(!circuit.reachable());
        assert_eq!(circuit.allowance(at(15)), Allowance::All);
    }

    #[test]
    fn the_wait_is_bounded() {
        let mut circuit = Circuit::default();
        let mut now = at(0);
        for _ in 0..20 {
            circuit.unreachable(now);
            now = circuit.probe_at().expect("it is open");
        }
        assert!(circuit.unreachable(now) || circuit.probe_at() == Some(now + Duration::seconds(WAIT_S_MAX)));
    }
}
