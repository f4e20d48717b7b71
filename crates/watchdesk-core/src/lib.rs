//! The pure heart of Watchdesk: what may happen to a ticket, what comes of it, and by when.
//!
//! Nothing here reads a clock, does IO or makes an id. [`decide`] takes facts, commands, an actor and an instant and
//! answers with a [`Decision`] or a [`Refusal`]; the store carries it out.
#![doc = include_str!("../LIFECYCLE.md")]

pub mod calendar;
pub mod case;
pub mod chase;
pub mod clock;
pub mod command;
pub mod decide;
pub mod decision;
pub mod desk;
pub mod disclosure;
pub mod division;
pub mod effect;
pub mod event;
pub mod explain;
pub mod facts;
pub mod firing;
mod fold;
pub mod forecast;
pub mod gate;
mod icalendar;
pub mod ids;
pub mod lifecycle;
pub mod mail;
pub mod operator;
pub mod operator_mail;
pub mod packet;
pub mod policy;
pub mod portal;
#[cfg(test)]
mod proof;
pub mod redaction;
pub mod refusal;
pub mod report;
pub mod rights;
pub mod rota;
pub mod subscription;
pub mod tell;
pub mod ticket;
pub mod what_if;

pub use decide::decide;
pub use decision::Decision;
pub use facts::Facts;
pub use refusal::Refusal;

/// A point in time: UTC, whole seconds where it is the time of a fact.
pub type Instant = chrono::DateTime<chrono::Utc>;

/// Facts are kept to the second.
pub fn whole_seconds(at: Instant) -> Instant {
    at - chrono::Duration::nanoseconds(i64::from(at.timestamp_subsec_nanos()))
}
