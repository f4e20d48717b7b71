//! Who is on duty, and what an administrator has to look at.

use serde::Serialize;
use watchdesk_core::Instant;
use watchdesk_core::clock::Objective;
use watchdesk_core::ticket::{Severity, StateKind};

/// Tickets that a hand-over lists; the rest is a number and a link.
pub const HAND_OVER_ROWS_MAX: usize = 100;

/// Nobody is on call. To those who manage the desk, before it happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RotaGap {
    pub desk: String,
    /// Its name in the reader's language.
    pub rota: String,
    pub level: u32,
    pub from: Instant,
    pub to: Instant,
    pub length_s: i64,
    /// It has begun already.
    pub has_begun: bool,
    /// Who is on call right before, and right after.
    pub before: Option<String>,
    pub after: Option<String>,
    pub rotas_url: String,
}

/// To who comes on duty: what runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HandOver {
    pub desk: String,
    pub rota: String,
    pub level: u32,
    /// Who leaves; None where nobody was on duty.
    pub from: Option<String>,
    pub at: Instant,
    pub until: Option<Instant>,
    /// All tickets that run; `tickets` holds the first [`HAND_OVER_ROWS_MAX`], what is due next first.
    pub count: u64,
    pub tickets: Vec<HandOverTicket>,
    pub queue_url: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HandOverTicket {
    pub number: i64,
    pub url: String,
    pub subject: String,
    pub customer: Option<String>,
    pub severity: Option<Severity>,
    pub state: StateKind,
    pub owner: Option<String>,
    /// The next deadline.
    pub objective: Option<Objective>,
    pub deadline: Option<Instant>,
    pub missed: bool,
}

/// A ticket's timers cannot be fired. To administrators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TimersStuck {
    pub desk: String,
    pub number: i64,
    pub url: String,
    /// It is the timers of this case of the ticket's.
    pub reference: Option<String>,
    /// Since when something has been due.
    pub due_at: Instant,
    pub attempts: u32,
    /// As the log has it; shown in one line, cut to a bound.
    pub error: String,
    pub next_try_at: Option<Instant>,
}
