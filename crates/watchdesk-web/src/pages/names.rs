//! What people, teams, customers and things are called.

use std::collections::{BTreeMap, BTreeSet};

use watchdesk_core::ids::{AgentId, CustomerId, Slug, TeamId};
use watchdesk_core::rights::{Actor, Role};
use watchdesk_store::directory::{self, Agent, Customer, DirectoryFilter, Team};
use watchdesk_store::{PAGE_ITEMS_MAX, StoreError};
use watchdesk_templates::pages::{Choice, Person};

use super::visit::Visit;

/// The people and teams of the desk.
pub(super) struct Staff {
    agents: BTreeMap<AgentId, Agent>,
    pub teams: Vec<Team>,
    me: AgentId,
}

impl Staff {
    /// Those who work here, as many as a select can show, and whoever is named.
    pub async fn load(visit: &Visit, named: impl IntoIterator<Item = AgentId>) -> Result<Self, StoreError> {
        let store = &visit.app.store;
        let (page, teams) = tokio::try_join!(directory::agents(store, PAGE_ITEMS_MAX, None), directory::teams(store))?;
        let mut staff = Self { agents: by_id(page.items), teams, me: visit.agent.id };
        staff.add(visit, named).await?;
        Ok(staff)
    }

    /// Only who is named.
    pub async fn named(visit: &Visit, named: impl IntoIterator<Item = AgentId>) -> Result<Self, StoreError> {
        let mut staff = Self { agents: BTreeMap::new(), teams: Vec::new(), me: visit.agent.id };
        staff.add(visit, named).await?;
        Ok(staff)
    }

    pub async fn add(&mut self, visit: &Visit, named: impl IntoIterator<Item = AgentId>) -> Result<(), StoreError> {
        let missing: BTreeSet<AgentId> = named.into_iter().filter(|id| !self.agents.contains_key(id)).collect();
        if !missing.is_empty() {
            let missing: Vec<AgentId> = missing.into_iter().collect();
            self.agents.extend(by_id(directory::agents_by_ids(&visit.app.store, &missing).await?));
        }
        Ok(())
    }

    pub fn name(&self, id: AgentId) -> String {
        self.agents.get(&id).map_or_else(|| "?".to_owned(), |agent| agent.name.clone())
    }

    pub fn person(&self, id: AgentId) -> Person {
        let name = self.name(id);
        Person { id: id.to_string(), initials: initials(&name), name, me: id == self.me }
    }

    /// Who can own a ticket: those at work who do more than read. Whoever owns it already stays in the list.
    pub fn owner_choices(&self, also: impl IntoIterator<Item = AgentId>) -> Vec<Choice> {
        let also: BTreeSet<AgentId> = also.into_iter().collect();
        let can_own = |agent: &&Agent| (agent.active && agent.role != Role::Auditor) || also.contains(&agent.id);
        let mut choices: Vec<Choice> = self
            .agents
            .values()
            .filter(can_own)
            .map(|agent| Choice::new(agent.id.to_string(), agent.name.clone()))
            .collect();
        choices.sort_by(|a, b| a.label.cmp(&b.label));
        choices
    }

    pub fn team(&self, visit: &Visit, id: TeamId) -> Option<String> {
        let team = self.teams.iter().find(|team| team.id == id)?;
        Some(team.name.in_language(visit.language()).to_owned())
    }

    pub fn team_choices(&self, visit: &Visit) -> Vec<Choice> {
        let name = |team: &Team| team.name.in_language(visit.language()).to_owned();
        self.teams.iter().map(|team| Choice::new(team.id.to_string(), name(team))).collect()
    }

    /// By slug, for pages that speak of teams so.
    pub fn team_slugs(&self, visit: &Visit) -> Vec<Choice> {
        let name = |team: &Team| team.name.in_language(visit.language()).to_owned();
        self.teams.iter().map(|team| Choice::new(team.slug.to_string(), name(team))).collect()
    }

    pub fn team_by_slug(&self, slug: &Slug) -> Option<TeamId> {
        self.teams.iter().find(|team| team.slug == *slug).map(|team| team.id)
    }

    pub fn slug_of_team(&self, id: TeamId) -> Option<String> {
        self.teams.iter().find(|team| team.id == id).map(|team| team.slug.to_string())
    }
}

fn by_id(agents: Vec<Agent>) -> BTreeMap<AgentId, Agent> {
    agents.into_iter().map(|agent| (agent.id, agent)).collect()
}

/// `GC` of Grace Chen, `张伟` of 张伟: two letters, or two characters.
pub(super) fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next().unwrap_or("?");
    let is_wide = |c: char| !c.is_ascii() && c.is_alphanumeric() && c as u32 >= 0x2e80;
    if first.chars().next().is_some_and(is_wide) {
        return first.chars().take(1).collect();
    }
    let last = words.next_back().and_then(|word| word.chars().next());
    first.chars().next().into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

/// Which customers a reader may know of: sales know theirs.
pub(super) fn customers_of(actor: &Actor) -> Option<BTreeSet<CustomerId>> {
    match actor {
        Actor::Agent(agent) if agent.role == Role::Sales => Some(agent.customers.clone()),
        Actor::Agent(_) | Actor::Contact(_) | Actor::System => None,
    }
}

pub(super) fn knows_customer(visit: &Visit, id: CustomerId) -> bool {
    customers_of(visit.rights()).is_none_or(|known| known.contains(&id))
}

/// For a select: as many as it can show, and whoever is chosen.
pub(super) async fn customer_choices(visit: &Visit, chosen: Option<&Customer>) -> Result<Vec<Choice>, StoreError> {
    let filter = DirectoryFilter { text: None, customers: customers_of(visit.rights()) };
    let page = directory::customers(&visit.app.store, &filter, PAGE_ITEMS_MAX, None).await?;
    let mut choices: Vec<Choice> =
        page.items.iter().map(|customer| Choice::new(customer.id.to_string(), customer.name.clone())).collect();
    if let Some(chosen) = chosen.filter(|chosen| page.items.iter().all(|customer| customer.id != chosen.id)) {
        choices.push(Choice::new(chosen.id.to_string(), chosen.name.clone()));
    }
    Ok(choices)
}

pub(super) async fn customer_names(
    visit: &Visit,
    ids: impl IntoIterator<Item = CustomerId>,
) -> Result<BTreeMap<CustomerId, String>, StoreError> {
    let ids: BTreeSet<CustomerId> = ids.into_iter().collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let ids: Vec<CustomerId> = ids.into_iter().collect();
    let customers = directory::customers_by_ids(&visit.app.store, &ids).await?;
    Ok(customers.into_iter().map(|customer| (customer.id, customer.name)).collect())
}

pub(super) fn service(visit: &Visit, slug: &Slug) -> String {
    let service = visit.desk.services.get(slug);
    service.map_or_else(|| slug.to_string(), |service| service.name.in_language(visit.language()).to_owned())
}

pub(super) fn category(visit: &Visit, slug: &Slug) -> String {
    let category = visit.desk.categories.get(slug);
    category.map_or_else(|| slug.to_string(), |category| category.name.in_language(visit.language()).to_owned())
}

pub(super) fn service_choices(visit: &Visit) -> Vec<Choice> {
    visit.desk.services.keys().map(|slug| Choice::new(slug.to_string(), service(visit, slug))).collect()
}

pub(super) fn category_choices(visit: &Visit) -> Vec<Choice> {
    visit.desk.categories.keys().map(|slug| Choice::new(slug.to_string(), category(visit, slug))).collect()
}

/// `21Vianet` of `21vianet`.
pub(super) fn operator(visit: &Visit, slug: &Slug) -> String {
    visit.desk.operator(slug).name.in_language(visit.language()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_two_letters_or_one_character() {
        let table = [
            ("Grace Chen", "GC"),
            ("张伟", "张"),
            ("欧阳娜娜", "欧"),
            ("cher", "C"),
            ("Élise van Dam", "ÉD"),
            ("", "?"),
        ];
        for (name, expected) in table {
            assert_eq!(initials(name), expected, "{name}");
        }
    }
}
