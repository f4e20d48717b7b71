//! Stories of the engine in virtual time, and the tables of the lifecycle.

mod clocks;
mod escalation;
mod incidents;
mod joining;
mod ladders;
mod objectives;
mod rights;
mod sending;
mod stories;
mod table;
mod terms;
pub(crate) mod world;
