//! The account of one instance: what it was measured under, how its deadline follows, where it stands.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::Serialize;

use crate::Instant;
use crate::calendar::Closed;
use crate::clock::{ClockState, Excuse, Outcome};
use crate::event::ActorRef;
use crate::explain::{Next, StoryLine};
use crate::ids::{AgentId, CaseId, ClockId, ContactId, CustomerId, MessageId, Slug, TicketId};
use crate::ticket::{Channel, Severity};

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InstanceAccount {
    pub clock: ClockId,
    pub revision: u32,
    pub started_at: Instant,
    pub started_by: StartedBy,
    pub terms: TermsAccount,
    pub state: ClockState,
    pub outcome: Option<Outcome>,
    pub ended_at: Option<Instant>,
    /// None while it stands still with time left.
    pub deadline: Option<Instant>,
    /// Open seconds that are left, while it stands still.
    pub remaining_s: Option<i64>,
    /// Open seconds used: up to its end, its pause, or now.
    pub used_s: i64,
    /// Open seconds used beyond the target, of a missed one.
    pub over_s: Option<i64>,
    pub missed_at: Option<Instant>,
    /// Missed under a stricter target before; that miss stays counted.
    pub lowered: bool,
    /// The deadline needs a year whose schedule is not known yet.
    pub provisional: bool,
    pub excuse: Option<Excuse>,
    /// How the deadline follows: from the start to the deadline, or to the pause that holds it. What they count adds up
    /// to the target, or to what was used before the pause.
    pub legs: Vec<Leg>,
    /// All that happened to it, in order.
    pub story: Vec<StoryLine>,
    /// What its ladder does next.
    pub next: Option<Next>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum StartedBy {
    Opened,
    /// A ticket that was merged into this one was opened earlier.
    OpenedBefore {
        ticket: TicketId,
    },
    CustomerWrote {
        message: Option<MessageId>,
        contact: Option<ContactId>,
    },
    StaffSpoke {
        message: Option<MessageId>,
        agent: Option<AgentId>,
    },
    CallLogged {
        message: MessageId,
        agent: Option<AgentId>,
    },
    /// The customer was told that it went to the operator.
    PassedOn {
        case: CaseId,
    },
    /// Taken up again. One that continues carries the seconds used before, from the original start.
    Reopened {
        at: Instant,
        continues: bool,
    },
    CaseFiled,
    OperatorSpoke,
    /// The operator asked us something.
    OperatorAsked,
    CaseReopened {
        at: Instant,
        continues: bool,
    },
}

/// What it was measured under, and why that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TermsAccount {
    /// None where the version is no longer known to the desk.
    pub policy: Option<Slug>,
    pub policy_version: i32,
    pub rule: String,
    /// The conditions of the rule, with what met them; empty for a rule that takes everything.
    pub matched: Vec<Matched>,
    pub severity: Option<HeldTo>,
    pub calendar: CalendarAccount,
    pub target_s: i64,
    /// Where the rule counts in these.
    pub working_days: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CalendarAccount {
    pub slug: Slug,
    pub version: i32,
    pub always: bool,
    /// IANA name; the calendar that never closes has none.
    pub time_zone: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldTo {
    pub severity: Severity,
    #[serde(flatten)]
    pub because: SeverityBecause,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum SeverityBecause {
    /// Nobody has triaged it; the desk's setting says what it is held to.
    Untriaged,
    AsOpened,
    AsTriaged,
    Changed {
        from: Option<Severity>,
        at: Instant,
        by: ActorRef,
    },
    /// Of a case.
    AsFiled,
    ChangedByOperator {
        at: Instant,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "what", content = "value", rename_all = "snake_case")]
pub enum Matched {
    Customer(CustomerId),
    Tier(Slug),
    Category(Slug),
    Service(Slug),
    Severity(Severity),
    Channel(Channel),
    /// Those of the ticket's tags that the rule names.
    Tags(BTreeSet<String>),
}

/// A stretch on the way to the deadline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Leg {
    pub from: Instant,
    pub to: Instant,
    pub counted_s: i64,
    #[serde(flatten)]
    pub kind: LegKind,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LegKind {
    Open {
        /// Closed nights and breaks lie inside, and do not count.
        nights_closed: bool,
        /// Dates that are worked although they would be off.
        make_up_days: Vec<NaiveDate>,
    },
    Closed {
        because: Vec<Closed>,
    },
    Paused {
        by: PausedBy,
    },
    /// The middle of a long account, or what lies beyond the days that are told one by one.
    Summed {
        legs: usize,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PausedBy {
    /// The ticket waited for the customer, perhaps until an instant agreed.
    Waiting { until: Option<Instant> },
    /// The operator's case waited for us.
    WaitingOnUs,
    /// It was resolved, or answered, and taken up again.
    Finished,
}
