//! How far a run came, as a sentence for people.

use std::fmt;

use watchdesk_store::synchronisation::Run;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    pub run: Run,
}

impl Progress {
    /// There is more to read; the next step goes on from here.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        self.run.finished_at.is_none()
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let run = &self.run;
        write!(f, "run {}: {}", run.number, run.customers)?;
        if let Some(total) = run.total.filter(|_| self.goes_on()) {
            write!(f, " of {total}")?;
        }
        write!(f, " customers with {} subscriptions", run.subscriptions)?;
        write!(f, "; {} new, {} changed, {} gone", run.created, run.changed, run.gone)?;
        if run.failures > 0 {
            write!(f, ", {} could not be read", run.failures)?;
        }
        if self.goes_on() {
            f.write_str("; the rest follows")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_tells_what_matters() {
        let at: watchdesk_core::Instant = "2026-03-02T01:00:00Z".parse().expect("an instant");
        let run = Run {
            number: 3,
            started_at: at,
            moved_at: at,
            finished_at: None,
            cursor: None,
            is_listed: false,
            is_partial: false,
            total: Some(5_000),
            customers: 120,
            subscriptions: 480,
            created: 7,
            changed: 2,
            gone: 0,
            failures: 1,
            changes: 9,
        };
        let told = Progress { run: run.clone() }.to_string();
        let expected = "run 3: 120 of 5000 customers with 480 subscriptions; 7 new, 2 changed, 0 gone, \
                        1 could not be read; the rest follows";
        assert_eq!(told, expected);
        let ended = Progress { run: Run { finished_at: Some(at), failures: 0, ..run } };
        assert_eq!(ended.to_string(), "run 3: 120 customers with 480 subscriptions; 7 new, 2 changed, 0 gone");
        assert!(!ended.goes_on());
    }
}
