//! All that a decision may look at.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Instant;
use crate::case::Case;
use crate::clock::{Clock, Timeline};
use crate::desk::Desk;
use crate::ids::{AgentId, CaseId, ContactId, CustomerId, Slug, TicketId, TicketNumber};
use crate::ticket::{Ticket, TicketWords};

#[derive(Debug, Clone)]
pub struct Facts {
    pub desk: Arc<Desk>,
    /// Those the unit names, those linked to its cases, and for a ticket that was merged the one it was merged into.
    pub tickets: BTreeMap<TicketId, TicketFacts>,
    pub cases: BTreeMap<CaseId, Case>,
    /// Numbers for the tickets that the unit opens, in order.
    pub fresh_numbers: Vec<TicketNumber>,
    /// The customers that the unit names.
    pub customers: BTreeMap<CustomerId, CustomerFact>,
    /// The contacts that the unit names, and the tickets' requesters.
    pub contacts: BTreeMap<ContactId, ContactFact>,
}

#[derive(Debug, Clone)]
pub struct TicketFacts {
    pub ticket: Ticket,
    pub words: TicketWords,
    pub clocks: Vec<Clock>,
    pub timeline: Timeline,
    pub customer: Option<CustomerFact>,
    /// Ids of the cases it is linked to; the cases themselves are in [`Facts::cases`].
    pub cases: Vec<CaseId>,
    /// Health of its service for its customer, if anybody ever looked.
    pub health: Option<HealthFact>,
    /// The operator's incidents that matter to it: linked, named by the unit, or open for its service and customer.
    pub incidents: Vec<IncidentFact>,
    /// When its timers were to be looked at, as it is on record.
    pub next_fire_at: Option<Instant>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerFact {
    pub id: CustomerId,
    /// Of the contract in force when the ticket was opened, or now for a new one.
    pub tier: Option<Slug>,
    /// Whether its contract allows the operator's severity A.
    pub premium: bool,
    pub delegated_admin: DelegatedAdmin,
    /// The person of the desk who looks after it.
    pub account_owner: Option<AgentId>,
}

/// Whether we may administer on a customer's behalf. He can withdraw it at any time; the duty to support him remains.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DelegatedAdmin {
    /// Nobody has said.
    #[default]
    Unknown,
    Granted,
    Withdrawn,
}

impl DelegatedAdmin {
    pub const ALL: [Self; 3] = [Self::Unknown, Self::Granted, Self::Withdrawn];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Granted => "granted",
            Self::Withdrawn => "withdrawn",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == text)
    }

    /// As somebody says yes or no, or nothing.
    #[must_use]
    pub fn of(said: Option<bool>) -> Self {
        match said {
            None => Self::Unknown,
            Some(true) => Self::Granted,
            Some(false) => Self::Withdrawn,
        }
    }

    #[must_use]
    pub fn said(self) -> Option<bool> {
        match self {
            Self::Unknown => None,
            Self::Granted => Some(true),
            Self::Withdrawn => Some(false),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactFact {
    pub id: ContactId,
    pub customer: Option<CustomerId>,
    /// Mail to it bounced for good, or it was asked to stop: nothing is sent there.
    pub suppressed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthFact {
    pub service: Slug,
    pub status: HealthStatus,
    pub checked_at: Instant,
}

/// An incident at the operator's, as far as a decision asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentFact {
    /// The operator's own number, such as `EX226792`.
    pub reference: String,
    pub service: Slug,
    pub is_open: bool,
}

/// The operator's own vocabulary, shortened to what the gate must tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    Operational,
    Degraded,
    Interrupted,
    Restored,
}

impl HealthStatus {
    pub const ALL: [Self; 4] = [Self::Operational, Self::Degraded, Self::Interrupted, Self::Restored];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Operational => "operational",
            Self::Degraded => "degraded",
            Self::Interrupted => "interrupted",
            Self::Restored => "restored",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    pub fn is_open_outage(self) -> bool {
        matches!(self, Self::Degraded | Self::Interrupted)
    }
}
