//! Where a desk is kept: SQLite or PostgreSQL, behind functions that speak the language of [`watchdesk_core`].
//!
//! A ticket or a case changes in one way only, [`Store::execute`]. Everything else is plain query functions in modules by
//! subject, each taking `&Store`. Rows are not the domain: what a row cannot mean is [`StoreError::Corrupt`], naming
//! table, column and id.
//!
//! Both databases behave alike; where their SQL differs, it stands in `dialect.rs` and nowhere else.

pub mod attachments;
pub mod audit;
pub mod auth;
pub mod bench;
pub mod cases;
mod changes;
mod check;
mod clock;
mod connect;
pub mod desk;
mod dialect;
pub mod directory;
pub mod disclosures;
mod entities;
mod error;
mod execute;
pub mod firing;
mod forget;
pub mod idempotency;
mod ids;
pub mod imports;
pub mod incidents;
pub mod leases;
pub mod mail;
pub mod outbox;
mod page;
pub mod recompute;
pub mod reports;
mod rows;
pub mod rules;
pub mod schedules;
mod schema;
mod search;
mod store;
pub mod synchronisation;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
pub mod tickets;
mod visible;

pub use changes::TicketChanged;
pub use check::{CheckReport, FINDINGS_MAX, Finding, check};
pub use clock::{Clock, ManualClock};
pub use error::{ExecuteError, StoreError};
pub use execute::{Executed, IdempotencyKey, Request, TicketRef};
pub use ids::fresh_id;
pub use page::{Cursor, PAGE_ITEMS_MAX, Page};
pub use schema::MigrationReport;
pub use store::{Backend, Options, Store};
