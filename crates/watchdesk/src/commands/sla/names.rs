//! What the people and things of an account are called.

use std::collections::BTreeMap;

use watchdesk_core::case::Case;
use watchdesk_core::desk::{Desk, Language};
use watchdesk_core::ids::{AgentId, Slug, TicketId};
use watchdesk_core::ticket::Ticket;
use watchdesk_store::{PAGE_ITEMS_MAX, Store, StoreError, directory, tickets};
use watchdesk_templates::explain::{Names, Thing};

use crate::config::Config;

pub async fn names(
    store: &Store,
    config: &Config,
    desk: &Desk,
    ticket: &Ticket,
    cases: &[Case],
    language: Language,
) -> Result<Names, StoreError> {
    let contacts: Vec<_> = ticket.participants.iter().copied().chain([ticket.requester]).collect();
    let contacts = directory::contacts_by_ids(store, &contacts).await?;
    let customers: Vec<_> = ticket.customer.into_iter().collect();
    let customers = directory::customers_by_ids(store, &customers).await?;
    let linked: Vec<TicketId> = ticket.links.iter().map(|link| link.to).collect();
    let linked = tickets::by_ids(store, &linked).await?;
    let references = cases.iter().filter_map(|case| Some((case.id, case.reference.clone()?)));
    Ok(Names {
        desk: config.desk.name.clone(),
        agents: agents(store).await?,
        contacts: contacts.into_iter().map(|contact| (contact.id, contact.name)).collect(),
        customers: customers.into_iter().map(|customer| (customer.id, customer.name)).collect(),
        tickets: linked.into_iter().map(|record| (record.ticket.id, record.ticket.number.0)).collect(),
        cases: references.collect(),
        things: things(store, desk, cases, language).await?,
    })
}

/// Any of them may have been told something; a desk has few.
pub async fn agents(store: &Store) -> Result<BTreeMap<AgentId, String>, StoreError> {
    let mut agents = BTreeMap::new();
    let mut cursor = None;
    loop {
        let page = directory::agents(store, PAGE_ITEMS_MAX, cursor.as_ref()).await?;
        agents.extend(page.items.into_iter().map(|agent| (agent.id, agent.name)));
        cursor = page.next;
        if cursor.is_none() {
            return Ok(agents);
        }
    }
}

async fn things(
    store: &Store,
    desk: &Desk,
    cases: &[Case],
    language: Language,
) -> Result<BTreeMap<(Thing, Slug), String>, StoreError> {
    let categories = desk.categories.values().map(|category| (Thing::Category, &category.slug, &category.name));
    let services = desk.services.values().map(|service| (Thing::Service, &service.slug, &service.name));
    let rotas = desk.rotas.values().map(|rota| (Thing::Rota, rota.slug(), rota.name()));
    let named = categories.chain(services).chain(rotas);
    let named = named.map(|(thing, slug, name)| ((thing, slug.clone()), name.in_language(language).to_owned()));
    let mut things: BTreeMap<(Thing, Slug), String> = named.collect();
    let teams = directory::teams(store).await?.into_iter();
    things.extend(teams.map(|team| ((Thing::Team, team.slug), team.name.in_language(language).to_owned())));
    for operator in cases.iter().map(|case| &case.operator) {
        let name = desk.operator(operator).name.in_language(language).to_owned();
        things.insert((Thing::Operator, operator.clone()), name);
    }
    Ok(things)
}
