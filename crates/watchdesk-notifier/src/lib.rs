//! What a desk does by itself: timers become commands, rows of the outbox become mail, and schedules come round.
//!
//! [`run`] is all of it in three loops. The pieces work alone too: [`timers::tick`] fires what is due,
//! [`OutboxWorker::pass`] sends what is due, [`Scheduler::run_due`] runs what has come round. Time comes from the
//! store's clock; the loops only pace themselves by the machine's.

mod backoff;
mod circuit;
mod error;
mod mail;
mod options;
mod outbox;
mod run;
pub mod scheduler;
mod status;
pub mod tasks;
pub mod timers;
mod transport;

pub use error::NotifierError;
pub use options::{ATTEMPTS_MAX, MAIL_BYTES_MAX, MAIL_LEASE_S, Options, SEND_TIMEOUT, SENDS_AT_ONCE, SmtpOptions};
pub use outbox::{OutboxWorker, PassReport};
pub use run::{Notifier, run};
pub use scheduler::Scheduler;
pub use status::{MailService, Snapshot, Status};
pub use tasks::{TaskTimes, standard_tasks};
pub use timers::TickReport;

#[cfg(test)]
mod tests;
