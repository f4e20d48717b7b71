//! What customers get.

use serde::Serialize;
use watchdesk_core::Instant;
use watchdesk_core::ticket::{Channel, Severity};

use super::Quoted;

/// Who writes: the desk as customers know it, from the mailbox that the ticket came through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Desk {
    pub name: String,
    /// Below every mail of this mailbox; may have several lines, may be empty.
    pub signature: String,
    pub support: Support,
    /// The operator of the services as customers know it: "21Vianet", "世纪互联".
    pub operator: String,
}

/// How a customer reaches the desk. An empty field is not mentioned.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Support {
    pub email: String,
    pub phone: String,
    pub url: String,
    /// In the customer's language; where it is empty, the mail says "24 hours a day, 365 days a year".
    pub hours: String,
}

/// We have it, this is its number, this is how we work, then you hear from us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Received {
    pub desk: Desk,
    pub number: i64,
    pub channel: Channel,
    pub received_at: Instant,
    /// The deadline of the first answer; None promises nothing.
    pub answer_by: Option<Instant>,
    /// By severity, what the customer's contract says about first answers; may be empty.
    pub targets: Vec<ResponseTarget>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResponseTarget {
    pub severity: Severity,
    pub seconds: i64,
    /// Counted around the clock; else in working hours.
    pub around_the_clock: bool,
}

/// The words of a person of the desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WrittenBy {
    pub agent: String,
    pub text: String,
    /// Where the agent wrote HTML; cleaned again when it is rendered.
    pub html: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reply {
    pub desk: Desk,
    pub number: i64,
    /// The ticket's, as it is stored.
    pub subject: String,
    pub written: WrittenBy,
    /// The customer is asked something: until when we wait for the answer.
    pub answer_until: Option<Instant>,
    /// The customer's last message.
    pub quoted: Option<Quoted>,
}

/// Passed on to the operator. The operator's reference stays inside the house.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PassedOn {
    pub desk: Desk,
    pub number: i64,
    pub opened_at: Instant,
    pub passed_on_at: Instant,
    /// The next deadline of ours towards the customer, if one runs.
    pub answer_by: Option<Instant>,
}

/// An incident at the operator's explains the problem, and we watch it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IncidentLinked {
    pub desk: Desk,
    pub number: i64,
    pub opened_at: Instant,
    /// The operator's own number, as his customers see it too.
    pub reference: String,
    /// The service's name, where the desk knows it.
    pub service: Option<String>,
    pub started_at: Instant,
}

/// The operator says that it is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IncidentOver {
    pub desk: Desk,
    pub number: i64,
    pub opened_at: Instant,
    pub reference: String,
    pub service: Option<String>,
    pub ended_at: Instant,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Resolved {
    pub desk: Desk,
    pub number: i64,
    pub subject: String,
    /// The message that says how.
    pub written: WrittenBy,
    /// An answer before this takes the ticket up again.
    pub reopen_until: Option<Instant>,
    pub quoted: Option<Quoted>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Closed {
    pub desk: Desk,
    pub number: i64,
    pub opened_at: Instant,
    pub closed_at: Instant,
    pub because: ClosedBecause,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum ClosedBecause {
    Solved,
    Withdrawn,
    /// It goes on in another ticket of the same customer.
    Duplicate {
        of: i64,
    },
}
