//! What ladders say to the people of the desk, and to addresses outside it.

use serde::Serialize;
use watchdesk_core::Instant;
use watchdesk_core::clock::Objective;
use watchdesk_core::ticket::{Severity, StateKind};

use super::{Desk, StaffTicket};

/// Links are made of the configured base address, never of what a request said.
pub fn acknowledge_url(base_url: &str, token: &str) -> String {
    format!("{}/acknowledge/{token}", base_url.trim_end_matches('/'))
}

/// The case that the operator owes something on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseOwed {
    /// As the reader calls him.
    pub operator: String,
    pub reference: Option<String>,
    /// Words that remind him, in his language; never for an address outside.
    pub chase: Option<String>,
}

/// The step of a ladder that speaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Called {
    /// 1 is the first step.
    pub step: u32,
    /// How many the ladder has.
    pub steps: u32,
    /// 1 is the first round.
    pub round: u32,
    pub due_at: Instant,
    /// How much later it was processed. Less than a minute is not mentioned.
    pub late_s: i64,
    /// Where somebody has to say that he has seen it.
    pub acknowledge: Option<Acknowledge>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Acknowledge {
    /// From [`acknowledge_url`].
    pub url: String,
    pub within_s: i64,
    /// Somebody else is called when nobody acknowledges.
    pub next_called: bool,
}

/// A target is near.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TargetNear {
    pub ticket: StaffTicket,
    /// For the operator's targets.
    pub case: Option<CaseOwed>,
    pub objective: Objective,
    /// Of the target, used up, where the step is due at a share of it.
    pub percent: Option<u32>,
    /// None while the clock stands still.
    pub deadline: Option<Instant>,
    /// Until the deadline, or what remains while the clock stands still; not above 0 once it has passed.
    pub left_s: i64,
    /// The deadline needs a year whose holidays are not known yet.
    pub provisional: bool,
    pub called: Called,
}

/// A target was missed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TargetMissed {
    pub ticket: StaffTicket,
    pub case: Option<CaseOwed>,
    pub objective: Objective,
    pub deadline: Instant,
    /// Since the deadline.
    pub over_s: i64,
    pub provisional: bool,
    pub called: Called,
}

/// Either, to an address outside the desk: no words of the customer, no names, no links into the desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TargetOutside {
    pub desk: Desk,
    pub number: i64,
    pub severity: Option<Severity>,
    pub state: StateKind,
    /// In the reader's language.
    pub service: Option<String>,
    pub case: Option<CaseOwed>,
    pub objective: Objective,
    pub missed: bool,
    /// None while the clock stands still.
    pub deadline: Option<Instant>,
    /// Until the deadline; not above 0 once it has passed.
    pub left_s: i64,
    pub provisional: bool,
    /// Its `acknowledge` is not offered: whoever acknowledges is somebody of the desk.
    pub called: Called,
}

/// A step was to reach somebody, and there was nobody. To those who manage the desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NobodyToCall {
    pub ticket: StaffTicket,
    pub case: Option<CaseOwed>,
    pub objective: Objective,
    pub deadline: Option<Instant>,
    /// 1 is the first step.
    pub step: u32,
    /// Whom the step names, in words: "on call, Service desk, level 2".
    pub whom: Vec<String>,
    /// The ladder went on to its next step; else nobody has been told.
    pub next_called: bool,
    pub rotas_url: String,
}

/// The ladder suggests that the operator should hear of it. To the owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EscalationProposed {
    pub ticket: StaffTicket,
    pub operator: String,
    pub objective: Objective,
    pub deadline: Option<Instant>,
}
