//! The one clock of the house. It is read once for each decision; nobody else reads a clock.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use watchdesk_core::Instant;

/// Where the time comes from.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The database server's, so that several nodes agree. On SQLite that is the machine's own.
    Database,
    System,
    Manual(ManualClock),
}

/// Time that stands still until somebody moves it; clones show the same time.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<Instant>>);

impl ManualClock {
    pub fn new(at: Instant) -> Self {
        Self(Arc::new(Mutex::new(at)))
    }

    pub fn now(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn set(&self, at: Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }

    pub fn advance(&self, by: chrono::Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now += by;
    }
}

#[expect(clippy::disallowed_methods, reason = "the system clock is read here and nowhere else")]
pub(crate) fn system_now() -> Instant {
    SystemTime::now().into()
}
