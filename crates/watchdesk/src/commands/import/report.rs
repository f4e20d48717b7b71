//! What came of a file.

use std::process::ExitCode;

use serde_json::json;

use super::sheet::Wrong;
use crate::exit::DATA;

/// Faults and changes that are told one by one.
const TOLD_MAX: usize = 1_000;

#[derive(Debug, Default)]
pub struct Report {
    pub lines: u64,
    pub created: u64,
    pub changed: u64,
    pub same: u64,
    pub failed: u64,
    faults: Vec<(u64, Wrong)>,
    changes: Vec<(u64, &'static str, String)>,
}

/// What one line did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    Created,
    Changed,
    Same,
}

impl Report {
    pub fn done(&mut self, line: u64, done: Done, name: &str) {
        let (count, word) = match done {
            Done::Created => (&mut self.created, "new"),
            Done::Changed => (&mut self.changed, "changed"),
            Done::Same => {
                self.same += 1;
                return;
            }
        };
        *count += 1;
        if self.changes.len() < TOLD_MAX {
            self.changes.push((line, word, name.to_owned()));
        }
    }

    pub fn failed(&mut self, line: u64, wrong: Wrong) {
        self.failed += 1;
        if self.faults.len() < TOLD_MAX {
            self.faults.push((line, wrong));
        }
    }

    pub fn print(&self, what: &str, dry_run: bool, as_json: bool) -> anyhow::Result<ExitCode> {
        if as_json {
            println!("{}", serde_json::to_string_pretty(&self.json(dry_run))?);
        } else {
            if dry_run {
                for (line, word, name) in &self.changes {
                    println!("line {line}: {word}: {name}");
                }
            }
            for (line, wrong) in &self.faults {
                println!("line {line}: {}: {}", wrong.field, wrong.why);
            }
            println!("{}", self.sentence(what, dry_run));
        }
        Ok(if self.failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(DATA) })
    }

    fn sentence(&self, what: &str, dry_run: bool) -> String {
        let Self { lines, created, changed, same, failed, .. } = self;
        let tried = if dry_run { " Nothing was written." } else { "" };
        format!("{lines} {what} read: {created} new, {changed} changed, {same} as they were, {failed} failed.{tried}")
    }

    fn json(&self, dry_run: bool) -> serde_json::Value {
        let faults =
            self.faults.iter().map(|(line, wrong)| json!({"line": line, "field": wrong.field, "error": wrong.why}));
        let changes = self.changes.iter().map(|(line, word, name)| json!({"line": line, "what": word, "name": name}));
        json!({
            "lines": self.lines,
            "created": self.created,
            "changed": self.changed,
            "same": self.same,
            "failed": self.failed,
            "dry_run": dry_run,
            "changes": changes.collect::<Vec<_>>(),
            "faults": faults.collect::<Vec<_>>(),
        })
    }
}
