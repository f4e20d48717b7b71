//! The names behind ids.

use std::collections::{BTreeMap, BTreeSet};

use watchdesk_core::event::{ActorRef, Event};
use watchdesk_core::ids::{AgentId, ContactId, CustomerId, TeamId};
use watchdesk_core::ticket::Ticket;
use watchdesk_store::{Store, StoreError, directory};

use super::{ContactRef, NamedRef, TeamRef};

#[derive(Debug, Default)]
pub(crate) struct Names {
    agents: BTreeMap<AgentId, String>,
    contacts: BTreeMap<ContactId, ContactRef>,
    customers: BTreeMap<CustomerId, String>,
    teams: BTreeMap<TeamId, TeamRef>,
}

impl Names {
    pub async fn of_tickets<'t>(
        store: &Store,
        tickets: impl IntoIterator<Item = &'t Ticket>,
    ) -> Result<Self, StoreError> {
        let (mut agents, mut contacts) = (BTreeSet::new(), BTreeSet::new());
        let (mut customers, mut with_team) = (BTreeSet::new(), false);
        for ticket in tickets {
            agents.extend(ticket.owner);
            agents.extend(&ticket.watchers);
            contacts.insert(ticket.requester);
            customers.extend(ticket.customer);
            with_team |= ticket.team.is_some();
        }
        let mut names = Self::people(store, agents, contacts).await?;
        names.customers = customer_names(store, customers).await?;
        if with_team {
            names.teams = teams(store).await?;
        }
        Ok(names)
    }

    pub async fn of_events(store: &Store, events: &[Event]) -> Result<Self, StoreError> {
        let (mut agents, mut contacts) = (BTreeSet::new(), BTreeSet::new());
        for event in events {
            match event.actor {
                ActorRef::Agent(id) => drop(agents.insert(id)),
                ActorRef::Contact(id) => drop(contacts.insert(id)),
                ActorRef::System => {}
            }
        }
        Self::people(store, agents, contacts).await
    }

    /// Each kind is asked for once, and not at all where nobody is named.
    async fn people(
        store: &Store,
        agents: BTreeSet<AgentId>,
        contacts: BTreeSet<ContactId>,
    ) -> Result<Self, StoreError> {
        let mut names = Self::default();
        if !agents.is_empty() {
            let ids: Vec<AgentId> = agents.into_iter().collect();
            let found = directory::agents_by_ids(store, &ids).await?;
            names.agents = found.into_iter().map(|agent| (agent.id, agent.name)).collect();
        }
        if !contacts.is_empty() {
            let ids: Vec<ContactId> = contacts.into_iter().collect();
            let found = directory::contacts_by_ids(store, &ids).await?;
            let view =
                |contact: directory::Contact| ContactRef { id: contact.id.0, name: contact.name, email: contact.email };
            names.contacts = found.into_iter().map(|contact| (contact.id, view(contact))).collect();
        }
        Ok(names)
    }

    pub fn agent(&self, id: AgentId) -> NamedRef {
        NamedRef { id: id.0, name: self.agents.get(&id).cloned().unwrap_or_default() }
    }

    pub fn contact(&self, id: ContactId) -> ContactRef {
        let unknown = || ContactRef { id: id.0, name: String::new(), email: String::new() };
        self.contacts.get(&id).cloned().unwrap_or_else(unknown)
    }

    pub fn customer(&self, id: CustomerId) -> NamedRef {
        NamedRef { id: id.0, name: self.customers.get(&id).cloned().unwrap_or_default() }
    }

    pub fn team(&self, id: TeamId) -> TeamRef {
        let unknown = || TeamRef { id: id.0, slug: String::new(), name: String::new() };
        self.teams.get(&id).cloned().unwrap_or_else(unknown)
    }
}

async fn customer_names(store: &Store, ids: BTreeSet<CustomerId>) -> Result<BTreeMap<CustomerId, String>, StoreError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let ids: Vec<CustomerId> = ids.into_iter().collect();
    let found = directory::customers_by_ids(store, &ids).await?;
    Ok(found.into_iter().map(|customer| (customer.id, customer.name)).collect())
}

async fn teams(store: &Store) -> Result<BTreeMap<TeamId, TeamRef>, StoreError> {
    let view =
        |team: &directory::Team| TeamRef { id: team.id.0, slug: team.slug.to_string(), name: team.name.en.clone() };
    Ok(directory::teams(store).await?.iter().map(|team| (team.id, view(team))).collect())
}
