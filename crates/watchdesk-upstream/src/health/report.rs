//! What one look came to, as a sentence for people.

use std::collections::BTreeSet;
use std::fmt;

/// Names of services that a sentence has room for.
const NAMED_MAX: usize = 5;

/// Of one look at the directories of all customers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Look {
    /// Directories that were read.
    pub tenants: u64,
    pub failed: u64,
    /// Why the first one failed.
    pub first_failure: Option<String>,
    /// Failed lately and were left alone.
    pub resting: u64,
    /// Incidents that opened, changed or ended.
    pub news: u64,
    /// Rows of answers that nobody understands.
    pub not_understood: u64,
    /// Services of the operator's that the configuration gives no name of ours.
    pub unknown_services: BTreeSet<String>,
    /// There was no time for everybody; the next look goes on from there.
    pub is_unfinished: bool,
}

impl Look {
    /// Everybody who was asked failed: the operator, the network or our app is the trouble.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        self.tenants == 0 && self.failed > 0
    }
}

impl fmt::Display for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} tenants looked at, {} failed", self.tenants, self.failed)?;
        if let Some(why) = &self.first_failure {
            write!(f, " (first: {})", why.trim_end_matches('.'))?;
        }
        write!(f, ", {} news", self.news)?;
        if self.resting > 0 {
            write!(f, ", {} left alone after failures", self.resting)?;
        }
        if self.not_understood > 0 {
            write!(f, ", {} rows not understood", self.not_understood)?;
        }
        if self.is_unfinished {
            f.write_str(", the rest with the next look")?;
        }
        if !self.unknown_services.is_empty() {
            let named: Vec<&str> = self.unknown_services.iter().take(NAMED_MAX).map(String::as_str).collect();
            let count = self.unknown_services.len();
            write!(f, "; {count} services without a line in [upstream.services]: {}", named.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_tells_what_matters() {
        let look = Look { tenants: 12, news: 3, ..Look::default() };
        assert_eq!(look.to_string(), "12 tenants looked at, 0 failed, 3 news");
        let look = Look {
            failed: 1,
            first_failure: Some("signing in (directory a.cn): refused.".to_owned()),
            resting: 2,
            unknown_services: ["Yammer".to_owned()].into(),
            ..look
        };
        let expected = "12 tenants looked at, 1 failed (first: signing in (directory a.cn): refused), 3 news, \
                        2 left alone after failures; 1 services without a line in [upstream.services]: Yammer";
        assert_eq!(look.to_string(), expected);
        assert!(!look.is_failure() && Look { failed: 1, ..Look::default() }.is_failure());
    }
}
