//! What happens by itself when its time has come. What that is, core decides; here it is only called in time.
//!
//! Workers share what is due by claiming it under a fence ([`watchdesk_core::firing`]): one that dies or sleeps past its
//! time is taken over from, and can save nothing any more. What cannot be fired stands with the ticket or the case
//! itself, so that every node knows it.

mod alarm;
mod upkeep;

use watchdesk_core::Instant;
use watchdesk_core::clock::Subject;
use watchdesk_core::command::{CaseCommand, Command, Unit};
use watchdesk_core::firing::Claim;
use watchdesk_core::rights::Actor;
use watchdesk_store::firing::{self, Timed};
use watchdesk_store::{Backend, ExecuteError, Executed, Request, Store, StoreError};

use crate::NotifierError;
use crate::lateness::Lateness;

pub(crate) use alarm::subject_of_key;
use upkeep::Upkeep;

/// Claimed together: few enough that several nodes share what is due, and that a batch is done long before its lease.
const BATCH: u64 = 100;
/// Batches in one tick: 10,000 tickets and cases, then the next tick goes on.
const BATCHES_MAX: usize = 100;
const TRIES_MAX: usize = 3;
/// Commands at once: on SQLite they share transactions, on PostgreSQL each takes a connection that others want too.
const AT_ONCE_SQLITE: usize = 64;
const AT_ONCE_POSTGRES: usize = 6;

/// What one tick did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TickReport {
    /// Tickets and cases that were due and nobody else's.
    pub due: u64,
    pub fired: u64,
    pub failed: u64,
    /// Somebody else had them by the time they were to be saved.
    pub lost: u64,
    /// Those that failed so often that they are tried but rarely, as far as they were counted.
    pub set_aside: u64,
    /// When the oldest of those that were due should have been fired, and how late the latest of them was.
    pub oldest_due: Option<Instant>,
    pub lateness_s: i64,
    /// How long the oldest has been due that was left: neither fired nor set aside.
    pub overdue_s: i64,
    /// Of each that was fired.
    pub lateness: Lateness,
    /// Mails that speak for what piled up.
    pub digests: u64,
}

/// What is remembered between ticks costs a look at most; the truth stands in the store.
#[derive(Debug)]
pub struct Timers {
    store: Store,
    upkeep: Upkeep,
}

/// One tick by itself.
pub async fn tick(store: &Store) -> Result<TickReport, NotifierError> {
    Timers::new(store.clone()).tick().await
}

/// What became of one.
enum Outcome {
    Fired {
        at: Instant,
    },
    /// Somebody else has it.
    Lost,
    /// Somebody else changed it at the same time: that is no failure, and over in a moment.
    Left,
    Failed(String),
}

impl Timers {
    pub fn new(store: Store) -> Self {
        Self { store, upkeep: Upkeep::default() }
    }

    /// Fires everything that is due by now. A tick with nothing due costs one look at an index and changes nothing.
    pub async fn tick(&mut self) -> Result<TickReport, NotifierError> {
        let mut report = TickReport::default();
        // One time for each batch: a claim is only as long as its lease.
        let mut now = self.store.now().await?;
        let mut is_worked_off = false;
        for _ in 0..BATCHES_MAX {
            let batch = firing::claim_timed(&self.store, now, BATCH).await?;
            if batch.is_empty() {
                is_worked_off = true;
                break;
            }
            self.fire(batch, &mut report).await?;
            now = self.store.now().await?;
        }
        self.upkeep.after(&self.store, now, is_worked_off, &mut report).await?;
        Ok(report)
    }

    async fn fire(&self, batch: Vec<Timed>, report: &mut TickReport) -> Result<(), NotifierError> {
        report.due += batch.len() as u64;
        let oldest = batch.iter().map(|due| due.due_at).min();
        report.oldest_due = report.oldest_due.into_iter().chain(oldest).min();
        let mut left = batch;
        for _ in 0..TRIES_MAX {
            let requests = left.iter().map(|due| request(&due.claim)).collect();
            let results = self.store.execute_each(&Actor::System, requests).await;
            for (due, result) in std::mem::take(&mut left).into_iter().zip(results) {
                match outcome(result)? {
                    Outcome::Fired { at } => report.fired(&due, at),
                    Outcome::Lost => report.lost += 1,
                    Outcome::Left => left.push(due),
                    Outcome::Failed(why) => self.failed(&due, &why, report).await?,
                }
            }
            if left.is_empty() {
                break;
            }
        }
        // Its lease brings back what is left even so.
        Ok(())
    }

    /// It is left alone for a while, and blocks nobody.
    async fn failed(&self, due: &Timed, why: &str, report: &mut TickReport) -> Result<(), NotifierError> {
        let now = self.store.now().await?;
        let standing = match firing::failed(&self.store, &due.claim, now).await {
            Ok(Some(standing)) => standing,
            Ok(None) => {
                report.lost += 1;
                return Ok(());
            }
            Err(away @ StoreError::Unreachable(_)) => return Err(away.into()),
            Err(error) => {
                tracing::error!(subject = ?due.claim.subject, %error, "a failure of timers could not be put on record");
                report.failed += 1;
                return Ok(());
            }
        };
        report.failed += 1;
        let failures = standing.failures;
        tracing::error!(
            subject = ?due.claim.subject, failures, why,
            "timers cannot be fired; what they belong to is left alone and tried again later"
        );
        if let Err(error) = alarm::raise(&self.store, &due.claim, &standing).await {
            tracing::error!(subject = ?due.claim.subject, %error, "nobody could be told of timers that are stuck");
        }
        Ok(())
    }
}

impl TickReport {
    fn fired(&mut self, due: &Timed, at: Instant) {
        let late_s = (at - due.due_at).num_seconds();
        self.fired += 1;
        self.lateness.record(late_s);
        self.lateness_s = self.lateness.max_s();
    }
}

/// A database that is away is everybody's trouble; anything else is this one's.
fn outcome(result: Result<Executed, ExecuteError>) -> Result<Outcome, StoreError> {
    match result {
        Ok(executed) => Ok(Outcome::Fired { at: executed.at }),
        Err(ExecuteError::ClaimLost) => Ok(Outcome::Lost),
        Err(ExecuteError::Stale { .. } | ExecuteError::Store(StoreError::Busy)) => Ok(Outcome::Left),
        Err(ExecuteError::Store(away @ StoreError::Unreachable(_))) => Err(away),
        Err(
            error @ (ExecuteError::Refused(_)
            | ExecuteError::AlreadySettled(_)
            | ExecuteError::KeyReused
            | ExecuteError::UnknownAttachment
            | ExecuteError::BrokeOff
            | ExecuteError::Store(_)),
        ) => Ok(Outcome::Failed(with_source(&error))),
    }
}

fn request(claim: &Claim) -> Request {
    Request { unit: unit(claim.subject), claim: Some(*claim), ..Request::default() }
}

fn unit(subject: Subject) -> Unit {
    match subject {
        Subject::Ticket(id) => Unit::ticket(id, Command::FireTimers),
        Subject::Case(id) => Unit::case(id, CaseCommand::FireTimers),
    }
}

/// So many commands at once do not wait for each other, nor take what people need.
pub(crate) fn at_once(backend: Backend) -> usize {
    match backend {
        Backend::Sqlite => AT_ONCE_SQLITE,
        Backend::Postgres => AT_ONCE_POSTGRES,
    }
}

/// For the log: what the words leave out.
pub(crate) fn with_source(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    text
}
