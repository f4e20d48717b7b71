//! Says what is being done and how long it took, goes on after a failure, and sums up at the end.

use std::fmt;
use std::io::{self, Write};
use std::process::{ExitCode, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::Result;

/// A command that ended badly. It carries the code that the whole run ends with if it is the first to fail.
#[derive(Debug)]
pub struct CommandFailed {
    pub command: String,
    pub status: ExitStatus,
}

impl fmt::Display for CommandFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` failed ({})", self.command, self.status)
    }
}

impl std::error::Error for CommandFailed {}

enum Outcome {
    Done(Duration),
    Failed(Duration, u8),
    NotRun(String),
}

pub struct Steps {
    started: Instant,
    taken: Vec<(String, Outcome)>,
}

impl Steps {
    pub fn new() -> Self {
        Self { started: now(), taken: Vec::new() }
    }

    /// `None` when the work failed; the reason is printed and kept for the end.
    pub fn run<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Option<T> {
        say(&format!("\n==> {name}  (at {})", seconds(now() - self.started)));
        let began = now();
        let result = work();
        let took = now() - began;
        let (outcome, value) = match result {
            Ok(value) => (Outcome::Done(took), Some(value)),
            Err(error) => {
                say(&format!("xtask: {name} failed: {error:#}"));
                (Outcome::Failed(took, exit_code(&error)), None)
            }
        };
        self.taken.push((name.to_owned(), outcome));
        value
    }

    /// Work that could not even be tried because of an earlier failure is listed all the same.
    pub fn not_run(&mut self, name: &str, reason: &str) {
        say(&format!("\n==> {name}: not run, {reason}"));
        self.taken.push((name.to_owned(), Outcome::NotRun(reason.to_owned())));
    }

    pub fn finish(self) -> ExitCode {
        say("\n==> summary");
        for (name, outcome) in &self.taken {
            say(&summary_line(name, outcome));
        }
        let code = first_failure(&self.taken);
        let verdict = if code == 0 { "all is well" } else { "FAILED" };
        say(&format!("{verdict} after {}", seconds(now() - self.started)));
        ExitCode::from(code)
    }
}

fn summary_line(name: &str, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done(took) => format!("  ok       {name} ({})", seconds(*took)),
        Outcome::Failed(took, _) => format!("  FAILED   {name} ({})", seconds(*took)),
        Outcome::NotRun(reason) => format!("  NOT RUN  {name}: {reason}"),
    }
}

fn first_failure(taken: &[(String, Outcome)]) -> u8 {
    taken
        .iter()
        .find_map(|(_, outcome)| match outcome {
            Outcome::Done(_) => None,
            Outcome::Failed(_, code) => Some(*code),
            Outcome::NotRun(_) => Some(1),
        })
        .unwrap_or(0)
}

/// The code of the command that failed; 1 when it was killed or when we failed ourselves.
fn exit_code(error: &anyhow::Error) -> u8 {
    error
        .downcast_ref::<CommandFailed>()
        .and_then(|failed| failed.status.code())
        .and_then(|code| u8::try_from(code).ok())
        .filter(|code| *code != 0)
        .unwrap_or(1)
}

/// Children write to the same place, so what we say must be out before they start. Nobody listening is no reason
/// to stop: the servers must still be put away.
pub fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

#[expect(clippy::disallowed_methods, reason = "the workshop measures how long its own steps take")]
pub fn now() -> Instant {
    Instant::now()
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    fn failed_with(wait_status: i32) -> anyhow::Error {
        CommandFailed { command: "cargo test".into(), status: ExitStatus::from_raw(wait_status) }.into()
    }

    /// Judged without printing, so that a test run does not look as if steps of its own had failed.
    fn check(outcomes: Vec<Outcome>, expected: u8) {
        let taken: Vec<_> = outcomes.into_iter().map(|outcome| ("a step".into(), outcome)).collect();
        assert_eq!(first_failure(&taken), expected);
    }

    #[test]
    fn the_exit_code_is_that_of_the_first_failure() {
        let done = || Outcome::Done(Duration::ZERO);
        let failed = |error: anyhow::Error| Outcome::Failed(Duration::ZERO, exit_code(&error));
        check(vec![done(), done()], 0);
        check(vec![done(), failed(failed_with(101 << 8).context("linting")), failed(failed_with(3 << 8))], 101);
        check(vec![done(), Outcome::NotRun("the build failed".into())], 1);
    }

    #[test]
    fn a_killed_command_and_a_plain_error_end_with_one() {
        assert_eq!(exit_code(&failed_with(9)), 1);
        assert_eq!(exit_code(&anyhow::anyhow!("no such thing")), 1);
    }
}
