//! What came of a file.

use super::sheet::Wrong;

/// Faults and changes that are told one by one.
pub const TOLD_MAX: usize = 1_000;

#[derive(Debug, Default)]
pub struct Report {
    pub lines: u64,
    pub created: u64,
    pub changed: u64,
    pub same: u64,
    pub failed: u64,
    /// By line; the first thousand.
    pub faults: Vec<(u64, Wrong)>,
    /// Those too.
    pub changes: Vec<Changed>,
}

/// A line that is new or changes something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    pub line: u64,
    pub is_new: bool,
    pub name: String,
}

/// What one line did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    Created,
    Changed,
    Same,
}

impl Report {
    pub(super) fn done(&mut self, line: u64, done: Done, name: &str) {
        let (count, is_new) = match done {
            Done::Created => (&mut self.created, true),
            Done::Changed => (&mut self.changed, false),
            Done::Same => {
                self.same += 1;
                return;
            }
        };
        *count += 1;
        if self.changes.len() < TOLD_MAX {
            self.changes.push(Changed { line, is_new, name: name.to_owned() });
        }
    }

    pub(super) fn failed(&mut self, line: u64, wrong: Wrong) {
        self.failed += 1;
        if self.faults.len() < TOLD_MAX {
            self.faults.push((line, wrong));
        }
    }
}
