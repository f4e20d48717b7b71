//! The loops: timers, mails, calls, schedules, recomputation. Each survives its errors; a database that is away is said
//! once, and so is its return.

use std::sync::Arc;
use std::time::Duration;

use chrono_tz::Tz;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use watchdesk_store::Store;
use watchdesk_store::outbox::Way;
use watchdesk_templates::Engine;

use crate::outbox::OutboxWorker;
use crate::recompute::Recomputer;
use crate::scheduler::{Scheduler, StepResult, TaskResult};
use crate::status::Status;
use crate::tasks::{TaskTimes, standard_tasks};
use crate::timers::Timers;
use crate::{NotifierError, Options};

/// Timers are looked at so often; looking costs one index entry when nothing is due.
const TICK_EVERY: Duration = Duration::from_millis(500);
/// The outbox is looked at when a ticket changes, and otherwise so often, for retries and for other nodes' rows.
const OUTBOX_EVERY: Duration = Duration::from_secs(2);
const SCHEDULE_EVERY: Duration = Duration::from_secs(5);
const RECOMPUTE_EVERY: Duration = Duration::from_secs(5);
const BACK_OFF_MAX: Duration = Duration::from_secs(30);

/// Everything that works in the background, ready to [`run`].
pub struct Notifier {
    store: Store,
    timers: Timers,
    outbox: OutboxWorker,
    scheduler: Scheduler,
    recomputer: Recomputer,
    status: Arc<Status>,
}

impl Notifier {
    /// With the tasks that every desk has. To be made inside a tokio runtime.
    pub fn new(store: Store, engine: Arc<Engine>, options: Options, times: &TaskTimes) -> Result<Self, NotifierError> {
        let status = Arc::new(Status::default());
        let zone = options.zone;
        let outbox = OutboxWorker::new(store.clone(), engine, options, Arc::clone(&status))?;
        let scheduler = standard_tasks(Scheduler::new(store.clone()), &store, zone, times)?;
        let (timers, recomputer) = (Timers::new(store.clone()), Recomputer::new(store.clone()));
        Ok(Self { store, timers, outbox, scheduler, recomputer, status })
    }

    /// One more task that comes round; see [`Scheduler::register`].
    pub fn register<F, R>(mut self, name: &str, line: &str, zone: Tz, task: F) -> Result<Self, NotifierError>
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = TaskResult> + Send + 'static,
    {
        self.scheduler = self.scheduler.register(name, line, zone, task)?;
        Ok(self)
    }

    /// One more task that is carried on in steps; see [`Scheduler::register_in_steps`].
    pub fn register_in_steps<F, R>(mut self, name: &str, line: &str, zone: Tz, step: F) -> Result<Self, NotifierError>
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = StepResult> + Send + 'static,
    {
        self.scheduler = self.scheduler.register_in_steps(name, line, zone, step)?;
        Ok(self)
    }

    pub fn status(&self) -> Arc<Status> {
        Arc::clone(&self.status)
    }
}

/// Works until `shutdown` says true (or its sender is gone); what was begun is finished first.
pub async fn run(notifier: Notifier, shutdown: watch::Receiver<bool>) {
    let Notifier { store, timers, outbox, scheduler, recomputer, status } = notifier;
    let pace = |name, every| Pace::new(name, every, shutdown.clone(), &status);
    tokio::join!(
        tick_loop(store.clone(), timers, pace("timers", TICK_EVERY)),
        outbox_loop(&store, &outbox, Way::Mail, pace("outbox", OUTBOX_EVERY)),
        outbox_loop(&store, &outbox, Way::Webhook, pace("webhooks", OUTBOX_EVERY)),
        schedule_loop(&scheduler, pace("scheduler", SCHEDULE_EVERY)),
        recompute_loop(&recomputer, pace("recompute", RECOMPUTE_EVERY)),
    );
    outbox.close().await;
}

async fn tick_loop(store: Store, mut timers: Timers, mut pace: Pace) {
    while pace.goes_on() {
        let result = match timers.tick().await {
            Ok(report) => store.now().await.map(|now| pace.status.ticked(now, &report)).map_err(NotifierError::from),
            Err(error) => Err(error),
        };
        pace.note(result);
        pace.rest().await;
    }
}

async fn outbox_loop(store: &Store, outbox: &OutboxWorker, way: Way, mut pace: Pace) {
    let mut changes = store.changes();
    let mut told = true;
    while pace.goes_on() {
        let result = outbox.pass_by(way).await;
        let more = result.as_ref().is_ok_and(|report| report.more);
        let failed = pace.note(result.map(|_| ()));
        if more {
            continue;
        }
        if failed || !told {
            pace.rest().await;
            continue;
        }
        tokio::select! {
            () = pace.rest() => {}
            change = changes.recv() => told = !matches!(change, Err(RecvError::Closed)),
        }
        // Whatever else changed meanwhile is in the same look.
        changes = changes.resubscribe();
    }
}

async fn schedule_loop(scheduler: &Scheduler, mut pace: Pace) {
    let mut prepared = false;
    while pace.goes_on() {
        let result = if prepared { Ok(()) } else { scheduler.prepare().await };
        prepared = result.is_ok();
        let result = match result {
            Ok(()) => scheduler.run_due().await.map(|_| ()),
            Err(error) => Err(error),
        };
        pace.note(result);
        pace.rest().await;
    }
}

async fn recompute_loop(recomputer: &Recomputer, mut pace: Pace) {
    while pace.goes_on() {
        let result = recomputer.pass().await;
        let more = result.as_ref().is_ok_and(|report| report.more);
        if let Ok(report) = &result {
            pace.status.recomputed(report);
        }
        pace.note(result.map(|_| ()));
        if !more {
            pace.rest().await;
        }
    }
}

/// How a loop goes: its rhythm, when to stop, and whether it is failing.
struct Pace {
    name: &'static str,
    every: Duration,
    shutdown: watch::Receiver<bool>,
    status: Arc<Status>,
    failures: u32,
}

impl Pace {
    fn new(name: &'static str, every: Duration, shutdown: watch::Receiver<bool>, status: &Arc<Status>) -> Self {
        Self { name, every, shutdown, status: Arc::clone(status), failures: 0 }
    }

    fn goes_on(&self) -> bool {
        !*self.shutdown.borrow() && self.shutdown.has_changed().is_ok()
    }

    /// Says once that it fails and once that it works again. Answers whether it failed.
    fn note(&mut self, result: Result<(), NotifierError>) -> bool {
        match result {
            Ok(()) => {
                if self.failures > 0 {
                    tracing::info!(work = self.name, failures = self.failures, "works again");
                    self.status.change(|now| _ = now.failing.remove(self.name));
                }
                self.failures = 0;
                false
            }
            Err(error) => {
                if self.failures == 0 {
                    tracing::error!(work = self.name, %error, "does not work at the moment; it goes on trying");
                    self.status.change(|now| _ = now.failing.insert(self.name, error.to_string()));
                }
                self.failures = self.failures.saturating_add(1);
                true
            }
        }
    }

    /// Until the next round, longer after failures; ends at once when it is time to stop.
    async fn rest(&mut self) {
        let pause = self.every.saturating_mul(1 << self.failures.min(6)).min(BACK_OFF_MAX.max(self.every));
        // A pause that runs out and a wish to stop are both reasons to look again.
        _ = tokio::time::timeout(pause, self.shutdown.wait_for(|stop| *stop)).await;
    }
}
