//! What people and things are called that only the store and the configuration know.

use std::collections::BTreeMap;

use watchdesk_core::ids::{AgentId, CaseId, ContactId, CustomerId, Slug, TicketId};

/// In the reader's language. What is missing is paraphrased, or shown by its slug.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// What does things by itself.
    pub desk: String,
    pub agents: BTreeMap<AgentId, String>,
    pub contacts: BTreeMap<ContactId, String>,
    pub customers: BTreeMap<CustomerId, String>,
    pub tickets: BTreeMap<TicketId, i64>,
    /// The operator's references.
    pub cases: BTreeMap<CaseId, String>,
    pub things: BTreeMap<(Thing, Slug), String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Thing {
    Operator,
    Tier,
    Category,
    Service,
    Calendar,
    Policy,
    Rota,
    Team,
    Webhook,
}
