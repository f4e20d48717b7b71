//! What a test tells the stand-in to do wrong, and when.

use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Does nothing and answers with this status, in the shape of the interface that was asked.
    Status(u16),
    /// 429 with this `Retry-After`.
    Throttle { retry_after_s: i64 },
    /// Does nothing and says nothing until the caller has gone.
    Silence,
    /// Does the work and answers late.
    Slow(Duration),
    /// Breaks the connection without doing anything.
    Drop,
    /// Does the work and breaks the connection before it says so.
    DropAfterWork,
    /// A page of some proxy, with status 200.
    Html,
    /// Sends the caller elsewhere.
    Redirect(String),
    /// Far more than anybody wants to read.
    Huge,
    /// Does the work; half of the answer is missing.
    HalfAnAnswer,
    /// Does the work; the answer has the right names and the wrong types.
    WrongType,
}

/// A fault and the requests it befalls.
#[derive(Debug, Clone)]
pub struct FaultRule {
    /// They take turns.
    pub faults: Vec<Fault>,
    /// Every so many matching requests, beginning with this many: 1 is every one, 10 one in ten.
    pub every: u64,
    /// Only so often, then never again.
    pub times: Option<u64>,
    pub method: Option<&'static str>,
    pub path_contains: String,
}

impl FaultRule {
    /// One in `every` requests, whatever it asks for, until further notice.
    #[must_use]
    pub fn every(every: u64, fault: Fault) -> Self {
        Self::in_turn(every, vec![fault])
    }

    /// One in `every` requests, each time in another way.
    #[must_use]
    pub fn in_turn(every: u64, faults: Vec<Fault>) -> Self {
        Self { faults, every: every.max(1), times: None, method: None, path_contains: String::new() }
    }

    /// The next request whose path contains this, and no other.
    #[must_use]
    pub fn once(path_contains: &str, fault: Fault) -> Self {
        Self { times: Some(1), ..Self::every(1, fault) }.at(path_contains)
    }

    #[must_use]
    pub fn at(mut self, path_contains: &str) -> Self {
        path_contains.clone_into(&mut self.path_contains);
        self
    }

    #[must_use]
    pub fn method(mut self, method: &'static str) -> Self {
        self.method = Some(method);
        self
    }

    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }
}

#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<(FaultRule, u64, u64)>);

impl Faults {
    pub fn add(&mut self, rule: FaultRule) {
        self.0.push((rule, 0, 0));
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// What befalls this request. Every rule that matches counts it; the first that strikes wins.
    pub fn strike(&mut self, method: &str, path: &str) -> Option<Fault> {
        let mut struck = None;
        for (rule, seen, done) in &mut self.0 {
            let matches = rule.method.is_none_or(|wanted| wanted == method) && path.contains(&rule.path_contains);
            if !matches || rule.times.is_some_and(|times| *done >= times) {
                continue;
            }
            *seen += 1;
            if seen.is_multiple_of(rule.every) && struck.is_none() {
                let turn = usize::try_from(*done).unwrap_or_default() % rule.faults.len().max(1);
                struck = rule.faults.get(turn).cloned();
                *done += 1;
            }
        }
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_strike_as_often_as_they_say() {
        let mut faults = Faults::default();
        faults.add(FaultRule::every(3, Fault::Status(503)).at("/customers"));
        faults.add(FaultRule::once("/token", Fault::Drop));
        let paths = ["/customers", "/token", "/customers", "/token", "/customers", "/else"];
        let struck: Vec<_> = paths.iter().map(|path| faults.strike("GET", path)).collect();
        assert_eq!(struck, [None, Some(Fault::Drop), None, None, Some(Fault::Status(503)), None]);
        faults.clear();
        faults.add(FaultRule::in_turn(1, vec![Fault::Html, Fault::Drop]).times(3));
        let struck: Vec<_> = (0..4).map(|_| faults.strike("GET", "/")).collect();
        assert_eq!(struck, [Some(Fault::Html), Some(Fault::Drop), Some(Fault::Html), None]);
        faults.clear();
        assert_eq!(faults.strike("GET", "/customers"), None);
    }
}
