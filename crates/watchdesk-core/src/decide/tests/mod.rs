//! Stories of the engine in virtual time, and the tables of the lifecycle.

mod clocks;
mod escalation;
mod joining;
mod rights;
mod stories;
mod table;
pub(crate) mod world;
