//! How far something has come, for a person who waits for it.

use std::io::IsTerminal;

/// A count on standard error; silent where nobody looks.
#[derive(Debug)]
pub struct Counter {
    what: &'static str,
    count: u64,
    is_shown: bool,
}

impl Counter {
    pub fn new(what: &'static str) -> Self {
        Self { what, count: 0, is_shown: std::io::stderr().is_terminal() }
    }

    pub fn add(&mut self, more: usize) {
        self.count += more as u64;
        if self.is_shown {
            eprint!("\r{} {} ", self.count, self.what);
        }
    }

    pub fn finish(self) {
        if self.is_shown {
            eprintln!();
        }
    }
}
