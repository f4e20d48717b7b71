//! From a row of the outbox to a mail.

pub(crate) mod address;
pub(crate) mod compose;
mod customers;
mod desk_wide;
mod digest;
mod duty;
mod facts;
mod ladder;
pub(crate) mod letter;
mod operator;
mod staff;
pub(crate) mod summary;
mod thread;
