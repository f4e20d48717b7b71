//! How often what was asked and answered.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Requests by method, route and status. Routes are patterns of ours, so there are only so many.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    requests: Mutex<BTreeMap<(String, String, u16), u64>>,
}

impl Metrics {
    pub fn count(&self, method: &str, route: &str, status: u16) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *requests.entry((method.to_owned(), route.to_owned(), status)).or_default() += 1;
    }

    pub fn requests(&self) -> Vec<((String, String, u16), u64)> {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.iter().map(|(key, count)| (key.clone(), *count)).collect()
    }
}
