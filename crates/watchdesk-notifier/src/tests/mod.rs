//! Stories of a desk that writes mail, over a store of its own and a mail server in process.

mod dead_man;
mod delivery;
pub mod desk;
mod firing;
mod held;
mod hostile;
mod incidents;
mod ladders;
mod loops;
mod mails;
mod mime;
mod operators;
mod peer;
mod recompute;
mod rotas;
mod schedules;
mod sink;
mod surfaces;
mod timers;
mod webhooks;
