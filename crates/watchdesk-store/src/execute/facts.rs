//! All that decisions may look at, beside what they hold.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder};
use watchdesk_core::case::Case;
use watchdesk_core::clock::{Clock, Subject, Timeline};
use watchdesk_core::command::{CaseCommand, Command, Step, Unit};
use watchdesk_core::event::Event;
use watchdesk_core::facts::{ContactFact, CustomerFact, DelegatedAdmin, HealthFact, TicketFacts};
use watchdesk_core::ids::{AgentId, CaseId, ContactId, CustomerId, Slug, TicketId};
use watchdesk_core::rights::Actor;
use watchdesk_core::ticket::Ticket;
use watchdesk_core::{Facts, Instant};

use crate::entities::{clock, contact, contract, customer, event};
use crate::rows::{Place, clocks_of};
use crate::store::Shared;
use crate::tickets::TicketRecord;
use crate::{StoreError, desk, dialect, incidents};

use super::lock::Locked;

/// A request that is to be decided.
pub(super) struct Part<'a> {
    pub unit: &'a Unit,
    pub actor: &'a Actor,
    pub locked: Locked,
}

/// For each of them its own, read for all of them together.
pub(super) async fn facts(
    shared: &Shared,
    transaction: &DatabaseTransaction,
    parts: Vec<Part<'_>>,
    now: Instant,
) -> Result<Vec<Facts>, StoreError> {
    let desk = desk::within(shared, transaction).await?;
    let named: Vec<Named> = parts.iter().map(|part| Named::of(part, now)).collect();
    let contacts = contacts(transaction, named.iter().flat_map(|named| &named.contacts)).await?;
    let known = Customers::load(transaction, &named, &parts).await?;
    let opened = parts.iter().map(|part| opened_by(part.unit)).sum();
    let mut numbers = dialect::fresh_numbers(transaction, opened).await?.into_iter();
    let ids: Vec<TicketId> = parts.iter().flat_map(|part| part.locked.tickets.keys().copied()).collect();
    let mut histories = Histories::load(transaction, &ids).await?;
    let mut all = Vec::with_capacity(parts.len());
    for (part, named) in parts.into_iter().zip(named) {
        let customers = named.customers.iter().filter_map(|(id, at)| known.fact(*id, *at).transpose());
        let customers = customers.map(|fact| fact.map(|fact| (fact.id, fact))).collect::<Result<_, _>>()?;
        let contacts = named.contacts.iter().filter_map(|id| Some((*id, contacts.get(id)?.clone()))).collect();
        let fresh_numbers = numbers.by_ref().take(opened_by(part.unit)).collect();
        let Locked { tickets, cases, .. } = part.locked;
        let tickets = ticket_facts(transaction, part.unit, tickets, &cases, &known, &mut histories).await?;
        all.push(Facts { desk: desk.clone(), tickets, cases, fresh_numbers, customers, contacts });
    }
    Ok(all)
}

/// How many tickets it opens.
fn opened_by(unit: &Unit) -> usize {
    let opens = |step: &&Step| matches!(step, Step::Ticket(_, Command::Open(_) | Command::Split { .. }));
    unit.steps.iter().filter(opens).count()
}

/// Whom the unit is about.
struct Named {
    contacts: BTreeSet<ContactId>,
    /// Beside those of its tickets; with the time at which their contract matters.
    customers: BTreeMap<CustomerId, Instant>,
}

impl Named {
    fn of(part: &Part<'_>, now: Instant) -> Self {
        let (unit, actor, tickets) = (part.unit, part.actor, &part.locked.tickets);
        let mut contacts: BTreeSet<_> = tickets.values().map(|record| record.ticket.requester).collect();
        let mut customers = BTreeMap::new();
        if let Actor::Contact(contact) = actor {
            contacts.insert(contact.id);
        }
        for step in &unit.steps {
            let Step::Ticket(id, command) = step else { continue };
            match command {
                Command::Open(open) => {
                    contacts.insert(open.requester);
                    customers.extend(open.customer.map(|customer| (customer, open.at.min(now))));
                }
                Command::Change(changes) => {
                    let opened_at = tickets.get(id).map_or(now, |record| record.ticket.opened_at);
                    customers.extend(changes.customer.flatten().map(|customer| (customer, opened_at)));
                }
                Command::CustomerMessage { from, .. } => {
                    contacts.insert(*from);
                }
                Command::AutomaticMail { from, .. } => contacts.extend(*from),
                _ => {}
            }
        }
        Self { contacts, customers }
    }
}

async fn contacts(
    connection: &impl ConnectionTrait,
    ids: impl Iterator<Item = &ContactId>,
) -> Result<BTreeMap<ContactId, ContactFact>, StoreError> {
    let ids: BTreeSet<_> = ids.collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows =
        contact::Entity::find().filter(contact::Column::Id.is_in(ids.iter().map(|id| id.0))).all(connection).await?;
    let facts = rows.into_iter().map(|row| {
        let id = ContactId(row.id);
        let customer = row.customer_id.map(CustomerId);
        (id, ContactFact { id, customer, suppressed: row.suppressed_reason.is_some() })
    });
    Ok(facts.collect())
}

/// Customers with all their contracts. A ticket is held to the one that was in force when it was opened; one that is
/// being opened, to today's.
struct Customers {
    rows: HashMap<CustomerId, customer::Model>,
    contracts: Vec<contract::Model>,
}

impl Customers {
    async fn load(connection: &impl ConnectionTrait, named: &[Named], parts: &[Part<'_>]) -> Result<Self, StoreError> {
        let tickets = parts.iter().flat_map(|part| part.locked.tickets.values());
        let of_tickets = tickets.filter_map(|record| record.ticket.customer);
        let ids: BTreeSet<_> =
            named.iter().flat_map(|named| named.customers.keys().copied()).chain(of_tickets).collect();
        if ids.is_empty() {
            return Ok(Self { rows: HashMap::new(), contracts: Vec::new() });
        }
        let rows = customer::Entity::find()
            .filter(customer::Column::Id.is_in(ids.iter().map(|id| id.0)))
            .all(connection)
            .await?;
        let contracts = contract::Entity::find()
            .filter(contract::Column::CustomerId.is_in(ids.iter().map(|id| id.0)))
            .order_by_asc(contract::Column::EffectiveFrom)
            .order_by_asc(contract::Column::Id)
            .all(connection)
            .await?;
        Ok(Self { rows: rows.into_iter().map(|row| (CustomerId(row.id), row)).collect(), contracts })
    }

    fn fact(&self, id: CustomerId, at: Instant) -> Result<Option<CustomerFact>, StoreError> {
        let Some(row) = self.rows.get(&id) else { return Ok(None) };
        let contract = in_force(&self.contracts, id, at);
        let tier = contract.map(|contract| {
            let place = Place { table: "contract", id: &contract.id };
            place.slug("tier", contract.tier.clone())
        });
        let place = Place { table: "customer", id: &row.id };
        Ok(Some(CustomerFact {
            id,
            tier: tier.transpose()?,
            premium: contract.is_some_and(|contract| contract.premium),
            delegated_admin: place.word("delegated_admin", &row.delegated_admin, DelegatedAdmin::parse)?,
            account_owner: row.account_owner_id.map(AgentId),
        }))
    }

    fn of_ticket(&self, record: &TicketRecord) -> Result<Option<CustomerFact>, StoreError> {
        match record.ticket.customer {
            Some(id) => self.fact(id, record.ticket.opened_at),
            None => Ok(None),
        }
    }
}

/// Of several that overlap, the one that began last.
fn in_force(contracts: &[contract::Model], customer: CustomerId, at: Instant) -> Option<&contract::Model> {
    let at = at.timestamp();
    let holds = |contract: &&contract::Model| {
        contract.customer_id == customer.0
            && contract.effective_from <= at
            && contract.effective_to.is_none_or(|end| at < end)
    };
    contracts.iter().rfind(holds)
}

async fn ticket_facts(
    connection: &impl ConnectionTrait,
    unit: &Unit,
    tickets: BTreeMap<TicketId, TicketRecord>,
    cases: &BTreeMap<CaseId, Case>,
    customers: &Customers,
    histories: &mut Histories,
) -> Result<BTreeMap<TicketId, TicketFacts>, StoreError> {
    let mut facts = BTreeMap::new();
    for (id, record) in tickets {
        let service = named_service(unit, id).or_else(|| record.ticket.service.clone());
        let (mut known, mut incidents) = (None, Vec::new());
        if meets_the_gate(unit, &record.ticket) {
            incidents = incidents::facts_of(connection, unit, &record.ticket, service.as_ref()).await?;
            if let Some(service) = &service {
                known = health(connection, service, record.ticket.customer).await?;
            }
        }
        let ticket_facts = TicketFacts {
            timeline: histories.timelines.remove(&id).unwrap_or_default(),
            clocks: histories.clocks.remove(&id).unwrap_or_default(),
            cases: cases.values().filter(|case| case.tickets.contains(&id)).map(|case| case.id).collect(),
            health: known,
            incidents,
            next_fire_at: record.next_fire_at,
            customer: customers.of_ticket(&record)?,
            ticket: record.ticket,
            words: record.words,
        };
        facts.insert(id, ticket_facts);
    }
    Ok(facts)
}

/// A unit may name the service and ask for something that depends on its health at once.
fn named_service(unit: &Unit, ticket: TicketId) -> Option<Slug> {
    unit.steps.iter().rev().find_map(|step| match step {
        Step::Ticket(id, Command::Triage { service, .. }) if *id == ticket => service.clone(),
        Step::Ticket(id, Command::Change(changes)) if *id == ticket => changes.service.clone().flatten(),
        Step::Ticket(..) | Step::Case(..) => None,
    })
}

/// Only the gate and the linking look at health and incidents; everything else is spared the question.
fn meets_the_gate(unit: &Unit, ticket: &Ticket) -> bool {
    unit.steps.iter().any(|step| match step {
        Step::Case(_, CaseCommand::File { .. } | CaseCommand::AddTicket { .. }) => true,
        Step::Ticket(id, Command::DraftCase(_) | Command::LinkIncident { .. }) => *id == ticket.id,
        Step::Case(..) | Step::Ticket(..) => false,
    })
}

async fn health(
    connection: &impl ConnectionTrait,
    service: &Slug,
    customer: Option<CustomerId>,
) -> Result<Option<HealthFact>, StoreError> {
    let health = desk::health_within(connection, service, customer).await?;
    Ok(health.map(|health| HealthFact {
        service: health.service,
        status: health.status,
        checked_at: health.checked_at,
    }))
}

/// What happened to the tickets, and what they are owed.
struct Histories {
    timelines: BTreeMap<TicketId, Timeline>,
    clocks: BTreeMap<TicketId, Vec<Clock>>,
}

impl Histories {
    async fn load(connection: &impl ConnectionTrait, tickets: &[TicketId]) -> Result<Self, StoreError> {
        if tickets.is_empty() {
            return Ok(Self { timelines: BTreeMap::new(), clocks: BTreeMap::new() });
        }
        let (timelines, clocks) = (timelines(connection, tickets).await?, clocks(connection, tickets).await?);
        Ok(Self { timelines, clocks })
    }
}

async fn timelines(
    connection: &impl ConnectionTrait,
    tickets: &[TicketId],
) -> Result<BTreeMap<TicketId, Timeline>, StoreError> {
    let rows = event::Entity::find()
        .filter(event::Column::TicketId.is_in(tickets.iter().map(|id| id.0)))
        .order_by_asc(event::Column::TicketId)
        .order_by_asc(event::Column::Seq)
        .all(connection)
        .await?;
    let mut timelines: BTreeMap<TicketId, Timeline> = BTreeMap::new();
    for row in rows {
        let event = Event::try_from(row)?;
        timelines.entry(event.ticket).or_default().record(&event);
    }
    Ok(timelines)
}

async fn clocks(
    connection: &impl ConnectionTrait,
    tickets: &[TicketId],
) -> Result<BTreeMap<TicketId, Vec<Clock>>, StoreError> {
    let rows = clock::Entity::find()
        .filter(clock::Column::TicketId.is_in(tickets.iter().map(|id| id.0)))
        .all(connection)
        .await?;
    let mut clocks: BTreeMap<TicketId, Vec<Clock>> = BTreeMap::new();
    for clock in clocks_of(rows)? {
        if let Subject::Ticket(id) = clock.subject {
            clocks.entry(id).or_default().push(clock);
        }
    }
    Ok(clocks)
}
