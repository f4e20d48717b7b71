//! What can happen to a clock, as its story tells it.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::Instant;
use crate::clock::{Outcome, Suppression};
use crate::event::ActorRef;
use crate::explain::{Delivery, PausedBy, StartedBy};
use crate::ids::{AgentId, CustomerId, Slug};
use crate::policy::LadderStep;
use crate::ticket::Severity;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoryLine {
    /// The time of the fact.
    pub at: Instant,
    /// Only where it was put on record later.
    pub recorded_at: Option<Instant>,
    pub what: Happening,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Happening {
    Started {
        by: StartedBy,
    },
    /// It carries on from the revision before.
    TookOver {
        from_revision: u32,
        why: Vec<Recomputed>,
    },
    Paused {
        by: PausedBy,
    },
    Resumed,
    Step(Box<StepAccount>),
    /// Nobody acknowledged it in time.
    StepUnanswered {
        step: u32,
        repetition: u32,
    },
    StepAcknowledged {
        step: u32,
        repetition: u32,
        by: AgentId,
    },
    EscalationProposed,
    /// At the deadline.
    Missed,
    /// A fact recorded late: the target was kept after all.
    Corrected {
        by: ActorRef,
    },
    Excused {
        by: ActorRef,
        /// Of the excuse that stands; the words of one that was replaced or revoked are gone.
        reason: Option<String>,
    },
    ExcuseRevoked {
        by: ActorRef,
    },
    /// What had ended it is taken back: a merge, a message that went to another ticket.
    EndTakenBack,
    Superseded,
    Ended {
        outcome: Outcome,
    },
}

/// Why the terms changed while it ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Recomputed {
    Severity {
        from: Option<Severity>,
        to: Severity,
        by: ActorRef,
    },
    Category {
        to: Slug,
    },
    Service {
        to: Option<Slug>,
    },
    Customer {
        to: Option<CustomerId>,
    },
    Tags,
    /// Of the customer: another tier, or none, was in force when the ticket was opened.
    Contract {
        to: Option<Slug>,
    },
    CaseSeverity {
        to: Severity,
    },
    Policy {
        from: i32,
        to: i32,
    },
    Calendar {
        slug: Slug,
        from: i32,
        to: i32,
    },
    /// For a while no rule had promised anything.
    OwedAgain,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepAccount {
    /// 0 is the first of the ladder.
    pub step: u32,
    /// 0 is the first round.
    pub repetition: u32,
    pub due_at: Instant,
    /// How long after it was due it was processed.
    pub late_s: i64,
    /// When, whom and what, in the words of the ladder.
    pub ladder_step: Option<LadderStep>,
    #[serde(flatten)]
    pub fate: StepToldTo,
    pub acknowledge_within_s: Option<i64>,
    pub delivered_at: Option<Instant>,
    /// Of its notices, those that did not get through, or perhaps twice.
    pub deliveries: Vec<Delivery>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "fate", rename_all = "snake_case")]
pub enum StepToldTo {
    Fired {
        told: BTreeSet<AgentId>,
        /// Addresses and webhooks beside them.
        elsewhere: u32,
    },
    Nobody,
    Suppressed {
        why: Suppression,
    },
}

/// What the ladder does next; in the past, it is due now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "next", rename_all = "snake_case")]
pub enum Next {
    Step {
        at: Instant,
        step: u32,
        ladder_step: LadderStep,
    },
    /// If nobody acknowledges by then, `then` is called.
    TimeOut {
        at: Instant,
        step: u32,
        repetition: u32,
        then: Option<LadderStep>,
    },
}
