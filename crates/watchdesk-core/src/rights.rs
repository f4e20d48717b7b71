//! Who may do what: one function, [`authorize`], and [`Visibility`] for lists, which agrees with it.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::event::{ActorRef, MessageKind};
use crate::ids::{AgentId, ContactId, CustomerId, TeamId};
use crate::ticket::Ticket;

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    Agent(AgentActor),
    Contact(ContactActor),
    /// Timers, intake and other machinery of ours.
    System,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentActor {
    pub id: AgentId,
    pub role: Role,
    pub teams: BTreeSet<TeamId>,
    /// For sales: the customers whose account he owns.
    pub customers: BTreeSet<CustomerId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactActor {
    pub id: ContactId,
    pub customer: Option<CustomerId>,
    /// May see all tickets of his organisation, not only his own.
    pub whole_organisation: bool,
}

impl Actor {
    pub fn reference(&self) -> ActorRef {
        match self {
            Self::Agent(agent) => ActorRef::Agent(agent.id),
            Self::Contact(contact) => ActorRef::Contact(contact.id),
            Self::System => ActorRef::System,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything but other people's words.
    Admin,
    /// Reports, policies, calendars, rotas, excuses, overrides.
    Manager,
    /// His teams: overrides, excuses, merges, reassignment.
    Lead,
    /// Tickets of his teams and unassigned ones, cases, own notes.
    Agent,
    /// Tickets of his customers; no cases, no health.
    Sales,
    /// Reads everything, changes nothing.
    Auditor,
}

impl Role {
    pub const ALL: [Self; 6] = [Self::Admin, Self::Manager, Self::Lead, Self::Agent, Self::Sales, Self::Auditor];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Manager => "manager",
            Self::Lead => "lead",
            Self::Agent => "agent",
            Self::Sales => "sales",
            Self::Auditor => "auditor",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verb {
    /// See a ticket and what customer and desk said to each other.
    ReadTicket,
    /// See notes, the operator's words, clocks and events.
    ReadInternal,
    /// See service health and incidents.
    ReadHealth,
    /// See people, customers, contacts and contracts.
    ReadDirectory,
    /// See the rules: policies, calendars, reports.
    ReadReports,
    OpenTicket,
    /// Triage, change, assign, reply, note, log calls, link, resolve, close, snooze.
    WorkTicket,
    /// Merge, unmerge, split.
    MergeTicket,
    Escalate,
    /// Escalate against an open incident.
    OverrideIncident,
    /// Say of a missed target that it was nobody's fault here.
    ExcuseMiss,
    SetHealth,
    /// Customers, contacts, contracts.
    EditDirectory,
    /// See and retry held and quarantined mail.
    HandleMail,
    /// Mailboxes, policies, services, categories.
    Configure,
    /// Agents, their roles and tokens.
    ManagePeople,
    /// What timers and intake do.
    Machinery,
}

#[derive(Debug, Clone, Copy)]
pub enum Object<'a> {
    Ticket(&'a Ticket),
    /// A ticket that is being opened for this customer.
    NewTicket {
        customer: Option<CustomerId>,
    },
    Desk,
}

/// The one place that says who may do what. Deny by default.
pub fn authorize(actor: &Actor, verb: Verb, object: Object<'_>) -> bool {
    match actor {
        Actor::System => true,
        Actor::Contact(contact) => contact_may(contact, verb, object),
        Actor::Agent(agent) => role_may(agent.role, verb) && within_reach(agent, verb, object),
    }
}

/// Whether he reads what is said in such a message of the ticket. Pages, API, mails and files all ask here.
pub fn may_read(actor: &Actor, ticket: &Ticket, kind: MessageKind) -> bool {
    let may = |verb| authorize(actor, verb, Object::Ticket(ticket));
    match kind {
        MessageKind::Customer | MessageKind::Public => may(Verb::ReadTicket),
        MessageKind::Note | MessageKind::Automatic => may(Verb::ReadInternal),
        MessageKind::Operator => may(Verb::ReadInternal) && may_see_cases(actor),
    }
}

/// Sales see neither cases nor health, and no customer does.
pub fn may_see_cases(actor: &Actor) -> bool {
    let may = |verb| authorize(actor, verb, Object::Desk);
    may(Verb::ReadHealth) && may(Verb::ReadInternal)
}

fn contact_may(contact: &ContactActor, verb: Verb, object: Object<'_>) -> bool {
    match (verb, object) {
        (Verb::ReadTicket, Object::Ticket(ticket)) => contact_visibility(contact).admits(ticket),
        (Verb::OpenTicket, Object::NewTicket { customer }) => customer == contact.customer,
        _ => false,
    }
}

fn role_may(role: Role, verb: Verb) -> bool {
    use Role::{Admin, Agent, Auditor, Lead, Manager, Sales};
    match verb {
        Verb::ReadTicket | Verb::ReadInternal | Verb::ReadDirectory => true,
        Verb::ReadHealth => role != Sales,
        Verb::ReadReports => matches!(role, Admin | Manager | Lead | Auditor),
        Verb::OpenTicket | Verb::WorkTicket => matches!(role, Admin | Manager | Lead | Agent | Sales),
        Verb::MergeTicket => matches!(role, Admin | Manager | Lead | Agent),
        Verb::Escalate | Verb::SetHealth => matches!(role, Admin | Manager | Lead | Agent),
        Verb::OverrideIncident | Verb::ExcuseMiss => matches!(role, Admin | Manager | Lead),
        Verb::EditDirectory | Verb::HandleMail => matches!(role, Admin | Manager | Lead | Agent),
        Verb::Configure => matches!(role, Admin | Manager),
        Verb::ManagePeople => role == Admin,
        Verb::Machinery => false,
    }
}

fn within_reach(agent: &AgentActor, verb: Verb, object: Object<'_>) -> bool {
    match object {
        Object::Desk => true,
        Object::NewTicket { customer } => match agent.role {
            Role::Sales => customer.is_some_and(|id| agent.customers.contains(&id)),
            Role::Admin | Role::Manager | Role::Lead | Role::Agent | Role::Auditor => true,
        },
        Object::Ticket(ticket) => {
            let reach = agent_visibility(agent);
            reach.admits(ticket) && !(verb == Verb::MergeTicket && agent.role == Role::Sales)
        }
    }
}

/// Which tickets somebody sees. Lists, search, counts and streams filter by it; [`Visibility::admits`] says the same
/// of one ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Visibility {
    Everything,
    /// Of these teams, of no team, or his own.
    Teams {
        agent: AgentId,
        teams: BTreeSet<TeamId>,
    },
    Customers(BTreeSet<CustomerId>),
    Organisation {
        customer: CustomerId,
        contact: ContactId,
    },
    Own(ContactId),
}

pub fn visibility(actor: &Actor) -> Visibility {
    match actor {
        Actor::System => Visibility::Everything,
        Actor::Agent(agent) => agent_visibility(agent),
        Actor::Contact(contact) => contact_visibility(contact),
    }
}

fn agent_visibility(agent: &AgentActor) -> Visibility {
    match agent.role {
        Role::Admin | Role::Manager | Role::Auditor => Visibility::Everything,
        Role::Lead | Role::Agent => Visibility::Teams { agent: agent.id, teams: agent.teams.clone() },
        Role::Sales => Visibility::Customers(agent.customers.clone()),
    }
}

fn contact_visibility(contact: &ContactActor) -> Visibility {
    match contact.customer.filter(|_| contact.whole_organisation) {
        Some(customer) => Visibility::Organisation { customer, contact: contact.id },
        None => Visibility::Own(contact.id),
    }
}

impl Visibility {
    pub fn admits(&self, ticket: &Ticket) -> bool {
        match self {
            Self::Everything => true,
            Self::Teams { agent, teams } => {
                ticket.owner == Some(*agent) || ticket.team.is_none_or(|team| teams.contains(&team))
            }
            Self::Customers(customers) => ticket.customer.is_some_and(|id| customers.contains(&id)),
            Self::Organisation { customer, contact } => {
                ticket.customer == Some(*customer) || ticket.requester == *contact
            }
            Self::Own(contact) => ticket.requester == *contact,
        }
    }
}
