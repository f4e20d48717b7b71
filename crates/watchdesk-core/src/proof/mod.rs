//! Proof that the engine keeps its word, as far as machines can give it.
//!
//! [`lease`] and [`lifecycle`] are model checkers: every order of events in a small world. [`simulation`] is one order
//! of events out of very many in a large world, by a seed that reproduces it. All three run the functions that the
//! program runs: [`crate::decide`] and [`crate::firing`]; only the database, the mail server and the clock are played.

mod desk;
mod found;
mod invariants;
mod lease;
mod lifecycle;
mod simulation;
mod spoken;
mod twins;
