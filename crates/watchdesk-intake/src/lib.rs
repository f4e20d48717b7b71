//! Mail on its way in: bytes become a mail, a mail becomes a command.
//!
//! The lower half knows nothing of a desk: [`parse`] reads bytes, [`listener`] takes them from the wire, [`archive`] from
//! old mailboxes. The upper half, [`Intake`], makes them durable before anybody is told so, finds the ticket they belong
//! to, and gives each mail its one fate.

pub mod archive;
mod error;
pub mod listener;
pub mod parse;
mod receive;

pub use error::IntakeError;
pub use receive::{IMPORT_FAILURES_MAX, ImportFailure, ImportReport, Intake, IntakeOptions, Reception};
