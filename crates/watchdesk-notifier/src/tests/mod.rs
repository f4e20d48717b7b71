//! Stories of a desk that writes mail, over a store of its own and a mail server in process.

mod delivery;
pub mod desk;
mod hostile;
mod loops;
mod mails;
mod mime;
mod schedules;
mod sink;
mod timers;
