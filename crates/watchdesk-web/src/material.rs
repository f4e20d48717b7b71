//! What is told about the promises on one ticket, for programs and for people alike.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use watchdesk_core::Instant;
use watchdesk_core::case::Case;
use watchdesk_core::clock::{Clock, Subject};
use watchdesk_core::command::{CaseCommand, Command, Step, Unit};
use watchdesk_core::desk::{Desk, Language};
use watchdesk_core::division::{self, Division};
use watchdesk_core::event::{ActorRef, Event, EventKind};
use watchdesk_core::explain::{self, Delivery, Explanation};
use watchdesk_core::ids::{AgentId, ClockId, ContactId, CustomerId, Slug, TicketId};
use watchdesk_core::rights::{Actor, Object, Verb, authorize};
use watchdesk_core::ticket::Ticket;
use watchdesk_store::tickets::{self, TicketRecord};
use watchdesk_store::{PAGE_ITEMS_MAX, Store, StoreError, cases, desk, directory, outbox};
use watchdesk_templates::explain::{Names, Thing};
use watchdesk_templates::names::label;

use crate::api::views::is_about_cases;
use crate::app::App;

/// Pages of events that an account is read from; no ticket that people work on has so many.
const EVENT_PAGES_MAX: usize = 200;

/// All that an account of a ticket is read from.
pub(crate) struct Material {
    pub desk: Arc<Desk>,
    pub ticket: Ticket,
    /// Of the contract in force when it was opened.
    pub tier: Option<Slug>,
    pub events: Vec<Event>,
    pub clocks: Vec<Clock>,
    /// None for those who see no cases, and then no events about them either.
    pub cases: Vec<Case>,
    /// Warnings that did not get through, or perhaps twice.
    pub deliveries: Vec<Delivery>,
    pub now: Instant,
}

impl Material {
    pub async fn load(store: &Store, record: &TicketRecord, sees_cases: bool) -> Result<Self, StoreError> {
        let ticket = record.ticket.clone();
        let (now, desk, tier, clocks, cases, mut events) = tokio::try_join!(
            store.now(),
            desk::load(store),
            tier(store, &ticket),
            tickets::clocks(store, ticket.id),
            cases_of(store, ticket.id, sees_cases),
            events(store, ticket.id),
        )?;
        let about = cases.iter().flat_map(|case| &case.tickets).copied().chain([ticket.id]).collect();
        let deliveries = outbox::troubled_warnings(store, &about).await?;
        events.retain(|event| sees_cases || !is_about_cases(&event.kind));
        Ok(Self { desk, ticket, tier, events, clocks, cases, deliveries, now })
    }

    pub fn explain(&self) -> Explanation {
        explain::explain(&explain::Material {
            desk: &self.desk,
            ticket: &self.ticket,
            tier: self.tier.as_ref(),
            events: &self.events,
            clocks: &self.clocks,
            cases: &self.cases,
            now: self.now,
        })
        .with_deliveries(&self.deliveries)
    }

    pub fn time(&self) -> Option<Division> {
        division::time(&self.desk, &self.events, &self.clocks, &self.cases, self.now)
    }
}

async fn cases_of(store: &Store, ticket: TicketId, sees_cases: bool) -> Result<Vec<Case>, StoreError> {
    if sees_cases { cases::of_ticket(store, ticket).await } else { Ok(Vec::new()) }
}

pub(crate) async fn tier(store: &Store, ticket: &Ticket) -> Result<Option<Slug>, StoreError> {
    let Some(customer) = ticket.customer else { return Ok(None) };
    let contracts = directory::contracts_in_force(store, &[customer], ticket.opened_at).await?;
    Ok(contracts.into_iter().next_back().map(|contract| contract.tier))
}

/// All of them, by number.
async fn events(store: &Store, ticket: TicketId) -> Result<Vec<Event>, StoreError> {
    let mut events: Vec<Event> = Vec::new();
    for _ in 0..EVENT_PAGES_MAX {
        let after = events.last().map_or(0, |event| event.seq);
        let page = tickets::events(store, ticket, after, PAGE_ITEMS_MAX).await?;
        let is_last = (page.len() as u64) < PAGE_ITEMS_MAX;
        events.extend(page);
        if is_last {
            break;
        }
    }
    Ok(events)
}

/// Whether a step of its ladder waits for somebody to say that he has seen it.
pub(crate) fn waits_for_somebody(clock: &Clock) -> bool {
    clock.steps.iter().filter_map(|record| record.acknowledgement.as_ref()).any(|wanted| wanted.by.is_none())
}

/// "I have seen it": everything on the ticket and its cases that waits for somebody, or one clock alone. Where nothing
/// waits, the ticket is asked, and says so.
pub(crate) fn seen<'c>(ticket: TicketId, clocks: impl IntoIterator<Item = &'c Clock>, only: Option<ClockId>) -> Unit {
    let named = clocks.into_iter().filter(|clock| only.is_none_or(|only| clock.id == only));
    let named: Vec<&Clock> = named.collect();
    let waiting: BTreeSet<Subject> =
        named.iter().filter(|clock| waits_for_somebody(clock)).map(|clock| clock.subject).collect();
    let one = only.and_then(|_| named.first()).map_or(Subject::Ticket(ticket), |clock| clock.subject);
    let subjects = if waiting.is_empty() { BTreeSet::from([one]) } else { waiting };
    let step = |subject| match subject {
        Subject::Ticket(id) => Step::Ticket(id, Command::AcknowledgeLadder { clock: only }),
        Subject::Case(id) => Step::Case(id, CaseCommand::AcknowledgeLadder { clock: only }),
    };
    Unit { steps: subjects.into_iter().map(step).collect() }
}

/// What people and things are called in the account of a ticket, as its reader may know them.
pub(crate) async fn names(
    app: &App,
    material: &Material,
    reader: &Actor,
    language: Language,
) -> Result<Names, StoreError> {
    let store = &app.store;
    let named = Named::of(material);
    let (agents, contacts, customers, tickets) = tokio::try_join!(
        directory::agents_by_ids(store, &named.agents),
        directory::contacts_by_ids(store, &named.contacts),
        directory::customers_by_ids(store, &named.customers),
        tickets::by_ids(store, &named.tickets),
    )?;
    let seen = tickets.into_iter().filter(|other| authorize(reader, Verb::ReadTicket, Object::Ticket(&other.ticket)));
    Ok(Names {
        desk: app.options.desk_name.clone(),
        agents: agents.into_iter().map(|agent| (agent.id, agent.name)).collect(),
        contacts: contacts.into_iter().map(|contact| (contact.id, contact.name)).collect(),
        customers: customers.into_iter().map(|customer| (customer.id, customer.name)).collect(),
        tickets: seen.map(|other| (other.ticket.id, other.ticket.number.0)).collect(),
        cases: material.cases.iter().filter_map(|case| Some((case.id, case.reference.clone()?))).collect(),
        things: things(&material.desk, material, language),
    })
}

fn things(desk: &Desk, material: &Material, language: Language) -> BTreeMap<(Thing, Slug), String> {
    let mut things = BTreeMap::new();
    let mut call = |thing, slug: &Slug, name: &str| drop(things.insert((thing, slug.clone()), name.to_owned()));
    desk.services.values().for_each(|known| call(Thing::Service, &known.slug, known.name.in_language(language)));
    desk.categories.values().for_each(|known| call(Thing::Category, &known.slug, known.name.in_language(language)));
    desk.rotas.values().for_each(|rota| call(Thing::Rota, rota.slug(), rota.name().in_language(language)));
    for case in &material.cases {
        call(Thing::Operator, &case.operator, desk.operator(&case.operator).name.in_language(language));
    }
    if let Some(tier) = &material.tier
        && let Some(name) = label(language, "tier", tier.as_str())
    {
        call(Thing::Tier, tier, name);
    }
    things
}

/// Whom and what an account may speak of.
#[derive(Default)]
struct Named {
    agents: Vec<AgentId>,
    contacts: Vec<ContactId>,
    customers: Vec<CustomerId>,
    tickets: Vec<TicketId>,
}

impl Named {
    fn of(material: &Material) -> Self {
        let mut agents: BTreeSet<AgentId> = BTreeSet::new();
        let mut contacts = BTreeSet::from([material.ticket.requester]);
        let mut customers: BTreeSet<CustomerId> = material.ticket.customer.into_iter().collect();
        let mut tickets = BTreeSet::new();
        for event in &material.events {
            match event.actor {
                ActorRef::Agent(id) => drop(agents.insert(id)),
                ActorRef::Contact(id) => drop(contacts.insert(id)),
                ActorRef::System => {}
            }
            match &event.kind {
                EventKind::MessageAdded { contact, .. } => contacts.extend(*contact),
                EventKind::CustomerChanged { to } => customers.extend(*to),
                EventKind::StepFired { told, .. } => agents.extend(told),
                EventKind::Absorbed { ticket, .. } => drop(tickets.insert(*ticket)),
                _ => {}
            }
        }
        let of_cases = material.cases.iter().flat_map(|case| &case.clocks);
        for clock in material.clocks.iter().chain(of_cases) {
            agents.extend(clock.excuse.as_ref().map(|excuse| excuse.by));
            let seen = clock.steps.iter().filter_map(|record| record.acknowledgement.as_ref()?.by);
            agents.extend(seen.map(|(by, _)| by));
        }
        Self {
            agents: agents.into_iter().collect(),
            contacts: contacts.into_iter().collect(),
            customers: customers.into_iter().collect(),
            tickets: tickets.into_iter().collect(),
        }
    }
}
