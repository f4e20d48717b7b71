//! Work that comes round: a name, a row with a cron line, and a function without input.
//!
//! The row is the truth: several nodes share it, one at a time runs the task, and what was missed while nobody ran is
//! run once. Every task must be registered on every node that runs a scheduler.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;

use chrono::Duration;
use chrono_tz::Tz;
use cron::Schedule as CronLine;
use futures_util::{StreamExt, stream};
use watchdesk_core::Instant;
use watchdesk_store::schedules::{self, Claim};
use watchdesk_store::{Store, StoreError};
use watchdesk_templates::text::one_line_within;

use crate::NotifierError;

/// A task that has not ended by then may be started by another node.
const LEASE_S: i64 = 900;
/// The same for a step of a task that is carried on in steps.
const STEP_LEASE_S: i64 = 180;
/// Tasks that run at once.
const AT_ONCE: usize = 4;
const CLAIMED_MAX: u64 = 20;
/// A task that failed is tried again so much later, if it does not come round before.
const RETRY_S: i64 = 300;
const STATUS_CHARACTERS_MAX: usize = 300;
/// Runs that are looked at for one that lies ahead: where an hour comes twice, the first may lie behind.
const LOOKED_AHEAD_MAX: usize = 8;

/// What a task says at its end: a sentence for people.
pub type TaskResult = Result<String, Box<dyn std::error::Error + Send + Sync>>;
/// What a step of a long task says at its end.
pub type StepResult = Result<Step, Box<dyn std::error::Error + Send + Sync>>;
type Running = Pin<Box<dyn Future<Output = StepResult> + Send>>;
type Task = Arc<dyn Fn() -> Running + Send + Sync>;

/// A part of a task that is too long for one lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// A sentence for people.
    pub said: String,
    /// The next step follows at once.
    pub goes_on: bool,
}

#[derive(Clone)]
pub struct Scheduler {
    store: Store,
    tasks: BTreeMap<String, Registered>,
}

#[derive(Clone)]
struct Registered {
    line: String,
    zone: Tz,
    task: Task,
    /// Carried on in short steps: whoever dies over one is soon missed.
    in_steps: bool,
}

/// One run of one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub name: String,
    pub due_at: Instant,
    pub status: String,
    pub ok: bool,
}

impl Scheduler {
    pub fn new(store: Store) -> Self {
        Self { store, tasks: BTreeMap::new() }
    }

    /// `line` has six fields: second, minute, hour, day, month, weekday; read in `zone`. Of an hour that comes twice in
    /// that zone only the first counts: what comes round more often than daily is better told in UTC.
    pub fn register<F, R>(mut self, name: &str, line: &str, zone: Tz, task: F) -> Result<Self, NotifierError>
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = TaskResult> + Send + 'static,
    {
        parsed(name, line)?;
        let once = move || {
            let running = task();
            async move { running.await.map(|said| Step { said, goes_on: false }) }
        };
        let task: Task = Arc::new(move || Box::pin(once()));
        self.tasks.insert(name.to_owned(), Registered { line: line.to_owned(), zone, task, in_steps: false });
        Ok(self)
    }

    /// A task that takes long and is carried on step by step; one that goes on comes round at once. The other tasks wait
    /// for a step: it should take seconds, and must not take minutes.
    pub fn register_in_steps<F, R>(mut self, name: &str, line: &str, zone: Tz, step: F) -> Result<Self, NotifierError>
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = StepResult> + Send + 'static,
    {
        parsed(name, line)?;
        let task: Task = Arc::new(move || Box::pin(step()));
        self.tasks.insert(name.to_owned(), Registered { line: line.to_owned(), zone, task, in_steps: true });
        Ok(self)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tasks.keys().map(String::as_str)
    }

    /// Makes the rows of tasks that have none. A row that is there keeps its time, so that nothing missed is forgotten.
    pub async fn prepare(&self) -> Result<(), NotifierError> {
        let now = self.store.now().await?;
        for (name, registered) in &self.tasks {
            let next = next_run(name, &registered.line, registered.zone, now)?;
            schedules::ensure(&self.store, name, &registered.line, next).await?;
        }
        Ok(())
    }

    /// Runs what is due, each once however long nobody looked.
    pub async fn run_due(&self) -> Result<Vec<Run>, NotifierError> {
        let now = self.store.now().await?;
        if schedules::next_due(&self.store).await?.is_none_or(|due| due > now) {
            return Ok(Vec::new());
        }
        let claims = schedules::claim_due(&self.store, now, CLAIMED_MAX, LEASE_S).await?;
        let runs = claims.into_iter().map(|claim| self.run(claim));
        let runs: Vec<Result<Run, StoreError>> = stream::iter(runs).buffer_unordered(AT_ONCE).collect().await;
        Ok(runs.into_iter().collect::<Result<_, _>>()?)
    }

    async fn run(&self, claim: Claim) -> Result<Run, StoreError> {
        let registered = self.tasks.get(&claim.name);
        if registered.is_some_and(|registered| registered.in_steps) {
            let until = self.store.now().await? + Duration::seconds(STEP_LEASE_S);
            schedules::hold(&self.store, &claim.name, claim.fence, until).await?;
        }
        let result = match registered {
            Some(registered) => tokio::spawn((registered.task)()).await.unwrap_or_else(|_| Err("it broke off".into())),
            None => Err("this program knows no such task".into()),
        };
        let now = self.store.now().await?;
        let goes_on = result.as_ref().is_ok_and(|step| step.goes_on);
        let next = if goes_on { now } else { next_after_run(&claim, registered, result.is_ok(), now) };
        let ok = result.is_ok();
        let status = match result {
            Ok(step) => one_line_within(&step.said, STATUS_CHARACTERS_MAX),
            Err(error) => {
                tracing::error!(task = claim.name, %error, "a scheduled task failed");
                one_line_within(&format!("failed: {error}"), STATUS_CHARACTERS_MAX)
            }
        };
        if !schedules::finished(&self.store, &claim.name, claim.fence, now, next, &status).await? {
            tracing::warn!(
                task = claim.name,
                "a scheduled task took longer than its lease; another node may run it too"
            );
        }
        Ok(Run { name: claim.name, due_at: claim.due_at, status, ok })
    }
}

/// The row's own line counts; if nobody can read it any more, the registered one.
fn next_after_run(claim: &Claim, registered: Option<&Registered>, ok: bool, now: Instant) -> Instant {
    let zone = registered.map_or(Tz::UTC, |registered| registered.zone);
    let by_row = next_run(&claim.name, &claim.cron, zone, now);
    let next = by_row.or_else(|error| match registered {
        Some(registered) => next_run(&claim.name, &registered.line, zone, now),
        None => Err(error),
    });
    let next = next.unwrap_or(now + Duration::days(1));
    if ok { next } else { next.min(now + Duration::seconds(RETRY_S)) }
}

/// Whether it is a line that [`Scheduler::register`] takes; the error names the task, or the key that holds the line.
pub fn check_line(task: &str, line: &str) -> Result<(), NotifierError> {
    parsed(task, line).map(|_| ())
}

fn parsed(task: &str, line: &str) -> Result<CronLine, NotifierError> {
    CronLine::from_str(line).map_err(|error| NotifierError::Cron { task: task.to_owned(), why: error.to_string() })
}

/// The first run after `now`, by the clocks on the wall in `zone`.
pub(crate) fn next_run(task: &str, line: &str, zone: Tz, now: Instant) -> Result<Instant, NotifierError> {
    let schedule = parsed(task, line)?;
    let runs = schedule.after(&now.with_timezone(&zone)).take(LOOKED_AHEAD_MAX);
    let ahead = runs.map(|at| at.to_utc()).find(|at| *at > now);
    ahead.ok_or_else(|| NotifierError::Cron { task: task.to_owned(), why: "it never comes round again".to_owned() })
}

impl std::fmt::Debug for Scheduler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scheduler").field("tasks", &self.tasks.keys()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_run_is_told_by_the_clocks_on_the_wall() {
        let next = |line: &str, zone, now: &str| {
            next_run("x", line, zone, now.parse().expect("an instant")).expect("a next run").to_rfc3339()
        };
        let table = [
            ("0 0 8 * * *", Tz::Asia__Shanghai, "2026-03-02T01:00:00Z", "2026-03-03T00:00:00+00:00"),
            ("0 0 8 * * *", Tz::Asia__Shanghai, "2026-03-02T00:00:00Z", "2026-03-03T00:00:00+00:00"),
            ("0 0 8 * * *", Tz::Asia__Shanghai, "2026-03-01T23:59:59Z", "2026-03-02T00:00:00+00:00"),
            ("0 */5 * * * *", Tz::UTC, "2026-03-02T01:02:03Z", "2026-03-02T01:05:00+00:00"),
            // Eight in the morning stays eight in the morning over the change of summer time.
            ("0 0 8 * * *", Tz::Europe__Berlin, "2026-03-28T12:00:00Z", "2026-03-29T06:00:00+00:00"),
            // An hour that comes twice runs its task once, and nothing stalls.
            ("0 30 2 * * *", Tz::Europe__Berlin, "2026-10-25T00:00:00Z", "2026-10-25T00:30:00+00:00"),
            ("0 30 2 * * *", Tz::Europe__Berlin, "2026-10-25T00:30:00Z", "2026-10-26T01:30:00+00:00"),
            ("0 30 2 * * *", Tz::Europe__Berlin, "2026-10-25T01:30:00Z", "2026-10-26T01:30:00+00:00"),
        ];
        for (line, zone, now, expected) in table {
            assert_eq!(next(line, zone, now), expected, "{line} {zone} {now}");
        }
    }

    #[test]
    fn a_line_that_is_none_is_refused_in_words() {
        let error = parsed("daily-summary", "every morning").expect_err("no cron line");
        assert!(error.to_string().contains("daily-summary") && error.to_string().contains("six fields"), "{error}");
    }
}
