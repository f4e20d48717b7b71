//! What a desk does by itself: timers become commands, rows of the outbox become mail and calls to webhooks, schedules
//! come round, and what a new policy changes is measured anew.
//!
//! [`run`] is all of it, a loop for each. [`Webhooks`] call a desk's own receivers; [`DeadMan`] tells somebody outside,
//! in a task of its own, that the clocks are watched. The pieces work alone too: [`timers::tick`] fires what is due,
//! [`OutboxWorker::pass`] sends what is due, [`Scheduler::run_due`] runs what has come round, [`Recomputer::pass`] goes
//! on with what was published. Time comes from the store's clock; the loops only pace themselves by the machine's.

mod backoff;
mod circuit;
pub mod dead_man;
mod error;
mod lateness;
mod mail;
mod options;
mod outbox;
pub mod outward;
mod owed;
mod people;
mod recompute;
mod run;
pub mod scheduler;
mod status;
pub mod tasks;
pub mod timers;
mod transport;
pub mod webhook;

pub use dead_man::{DeadMan, DeadManOptions};
pub use error::NotifierError;
pub use lateness::{LATENESS_BOUNDS_S, Lateness};
pub use options::{ATTEMPTS_MAX, MAIL_BYTES_MAX, Options, SEND_TIMEOUT, SENDS_AT_ONCE, SmtpOptions};
pub use outbox::{OutboxWorker, PassReport};
pub use recompute::{RecomputeReport, Recomputer};
pub use run::{Notifier, run};
pub use scheduler::{Scheduler, Step};
pub use status::{DeadManSwitch, Deliveries, MailService, Snapshot, Status};
pub use tasks::{ROTA_AHEAD_DAYS, TaskTimes, standard_tasks};
pub use timers::TickReport;
pub use webhook::{WebhookOptions, Webhooks};

#[cfg(test)]
mod tests;
