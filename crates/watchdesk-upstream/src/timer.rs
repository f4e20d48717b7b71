//! Time, as far as pacing and waiting need it: only differences mean anything.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::Instant;

pub type Rest<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// A clock that never goes back, and waiting by it. Tests bring one that moves at their word.
pub trait Timer: Send + Sync {
    /// Since some beginning of its own.
    fn now(&self) -> Duration;
    fn rest(&self, length: Duration) -> Rest<'_>;
}

/// The machine's own, which nobody can set.
#[derive(Debug, Clone, Copy)]
pub struct SystemTimer(Instant);

impl SystemTimer {
    #[must_use]
    pub fn new() -> Self {
        Self(Instant::now())
    }
}

impl Default for SystemTimer {
    fn default() -> Self {
        Self::new()
    }
}

impl Timer for SystemTimer {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the operator told us to come back later; nothing else wakes us then"
    )]
    fn rest(&self, length: Duration) -> Rest<'_> {
        Box::pin(tokio::time::sleep(length))
    }
}
