//! Every request that came, for those who want to know afterwards.

use std::collections::VecDeque;

use chrono::{DateTime, Duration, Utc};

/// The oldest are forgotten first.
const RECORDS_MAX: usize = 100_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub at: DateTime<Utc>,
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Recorded {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

#[derive(Debug, Default)]
pub(crate) struct Records(VecDeque<Recorded>);

impl Records {
    pub fn add(&mut self, record: Recorded) {
        if self.0.len() >= RECORDS_MAX {
            self.0.pop_front();
        }
        self.0.push_back(record);
    }

    pub fn all(&self) -> Vec<Recorded> {
        self.0.iter().cloned().collect()
    }

    /// The most requests below this path that came in any sixty seconds.
    pub fn busiest_minute(&self, path_prefix: &str) -> usize {
        let matching = self.0.iter().filter(|record| record.path.starts_with(path_prefix));
        let times: Vec<DateTime<Utc>> = matching.map(|record| record.at).collect();
        let mut first = 0;
        let mut most = 0;
        for (last, at) in times.iter().enumerate() {
            while *at - times[first] >= Duration::minutes(1) {
                first += 1;
            }
            most = most.max(last + 1 - first);
        }
        most
    }
}
