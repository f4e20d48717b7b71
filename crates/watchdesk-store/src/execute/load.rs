//! All that a decision may look at, read under locks: tickets first, then cases, each in the order of their ids, so that
//! no two requests wait for each other.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use watchdesk_core::case::Case;
use watchdesk_core::clock::{Clock, Subject, Timeline};
use watchdesk_core::command::{CaseCommand, Command, Step, Unit};
use watchdesk_core::event::Event;
use watchdesk_core::facts::{ContactFact, CustomerFact, HealthFact, TicketFacts};
use watchdesk_core::firing::Standing;
use watchdesk_core::ids::{AgentId, CaseId, ContactId, CustomerId, Slug, TicketId};
use watchdesk_core::rights::Actor;
use watchdesk_core::ticket::Ticket;
use watchdesk_core::{Facts, Instant};

use crate::entities::{case_ticket, clock, contact, contract, customer, event, operator_case, ticket};
use crate::rows::{Place, clocks_of};
use crate::store::Shared;
use crate::tickets::TicketRecord;
use crate::{StoreError, desk, dialect, firing, incidents};

/// What the request holds on to until it is committed.
pub(super) struct Locked {
    pub tickets: BTreeMap<TicketId, TicketRecord>,
    pub cases: BTreeMap<CaseId, Case>,
    /// Who holds what of it for firing.
    pub standings: BTreeMap<Subject, Standing>,
}

pub(super) async fn lock(transaction: &DatabaseTransaction, unit: &Unit) -> Result<Locked, StoreError> {
    let unit_cases = unit.cases();
    let mut ids = unit.tickets();
    ids.extend(links_of_cases(transaction, &unit_cases).await?.values().flatten());
    let mut standings = BTreeMap::new();
    let mut tickets = lock_tickets(transaction, &ids, &mut standings).await?;
    let survivors = survivors(&tickets);
    tickets.extend(lock_tickets(transaction, &survivors, &mut standings).await?);
    let mut case_ids = unit_cases.clone();
    case_ids.extend(cases_of_tickets(transaction, tickets.keys()).await?);
    let rows = lock_cases(transaction, &case_ids).await?;
    let mut links = links_of_cases(transaction, &case_ids).await?;
    if unit_cases.iter().filter_map(|case| links.get(case)).any(|linked| !linked.is_subset(&ids)) {
        // Somebody linked one more ticket before we had the locks.
        return Err(StoreError::Busy);
    }
    let mut clocks = clocks_of_cases(transaction, &case_ids).await?;
    let mut cases = BTreeMap::new();
    for row in rows {
        let id = CaseId(row.id);
        let place = Place { table: "operator_case", id: &row.id };
        let standing = firing::standing(place, row.fire_claimed_until, row.fire_fence, row.fire_failures)?;
        standings.insert(Subject::Case(id), standing);
        let (tickets, clocks) = (links.remove(&id).unwrap_or_default(), clocks.remove(&id).unwrap_or_default());
        cases.insert(id, row.with_parts(tickets, clocks)?);
    }
    Ok(Locked { tickets, cases, standings })
}

/// Tickets that others were merged into, where those are touched. The one exception to the order of locks; should two
/// requests wait for each other over it, the database ends one of them, and it is tried again.
fn survivors(tickets: &BTreeMap<TicketId, TicketRecord>) -> BTreeSet<TicketId> {
    let survivors = tickets.values().filter_map(|record| record.ticket.duplicate_of());
    survivors.filter(|id| !tickets.contains_key(id)).collect()
}

async fn lock_tickets(
    transaction: &DatabaseTransaction,
    ids: &BTreeSet<TicketId>,
    standings: &mut BTreeMap<Subject, Standing>,
) -> Result<BTreeMap<TicketId, TicketRecord>, StoreError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = ticket::Entity::find()
        .filter(ticket::Column::Id.is_in(ids.iter().map(|id| id.0)))
        .order_by_asc(ticket::Column::Id)
        .lock(LockType::Update)
        .all(transaction)
        .await?;
    let mut tickets = BTreeMap::new();
    for row in rows {
        let id = TicketId(row.id);
        let place = Place { table: "ticket", id: &row.id };
        let standing = firing::standing(place, row.fire_claimed_until, row.fire_fence, row.fire_failures)?;
        standings.insert(Subject::Ticket(id), standing);
        tickets.insert(id, row.try_into()?);
    }
    Ok(tickets)
}

async fn lock_cases(
    transaction: &DatabaseTransaction,
    ids: &BTreeSet<CaseId>,
) -> Result<Vec<operator_case::Model>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = operator_case::Entity::find()
        .filter(operator_case::Column::Id.is_in(ids.iter().map(|id| id.0)))
        .order_by_asc(operator_case::Column::Id)
        .lock(LockType::Update)
        .all(transaction)
        .await?;
    Ok(rows)
}

async fn cases_of_tickets(
    connection: &impl ConnectionTrait,
    tickets: impl ExactSizeIterator<Item = &TicketId>,
) -> Result<Vec<CaseId>, StoreError> {
    if tickets.len() == 0 {
        return Ok(Vec::new());
    }
    let rows = case_ticket::Entity::find()
        .filter(case_ticket::Column::TicketId.is_in(tickets.map(|id| id.0)))
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(|row| CaseId(row.case_id)).collect())
}

pub(crate) async fn links_of_cases(
    connection: &impl ConnectionTrait,
    cases: &BTreeSet<CaseId>,
) -> Result<BTreeMap<CaseId, BTreeSet<TicketId>>, StoreError> {
    let mut links: BTreeMap<CaseId, BTreeSet<TicketId>> = BTreeMap::new();
    if cases.is_empty() {
        return Ok(links);
    }
    let rows = case_ticket::Entity::find()
        .filter(case_ticket::Column::CaseId.is_in(cases.iter().map(|id| id.0)))
        .all(connection)
        .await?;
    for row in rows {
        links.entry(CaseId(row.case_id)).or_default().insert(TicketId(row.ticket_id));
    }
    Ok(links)
}

/// What the operator owes for each of the cases.
pub(crate) async fn clocks_of_cases(
    connection: &impl ConnectionTrait,
    cases: &BTreeSet<CaseId>,
) -> Result<BTreeMap<CaseId, Vec<Clock>>, StoreError> {
    let mut clocks: BTreeMap<CaseId, Vec<Clock>> = BTreeMap::new();
    if cases.is_empty() {
        return Ok(clocks);
    }
    let rows =
        clock::Entity::find().filter(clock::Column::CaseId.is_in(cases.iter().map(|id| id.0))).all(connection).await?;
    for clock in clocks_of(rows)? {
        if let Subject::Case(id) = clock.subject {
            clocks.entry(id).or_default().push(clock);
        }
    }
    Ok(clocks)
}

pub(super) async fn facts(
    shared: &Shared,
    transaction: &DatabaseTransaction,
    unit: &Unit,
    actor: &Actor,
    locked: Locked,
    now: Instant,
) -> Result<Facts, StoreError> {
    let desk = desk::within(shared, transaction).await?;
    let named = Named::of(unit, actor, &locked.tickets, now);
    let contacts = contacts(transaction, &named.contacts).await?;
    let known = Customers::load(transaction, &named, &locked.tickets).await?;
    let customers = named.customers.iter().filter_map(|(id, at)| known.fact(*id, *at).transpose());
    let customers = customers.map(|fact| fact.map(|fact| (fact.id, fact))).collect::<Result<_, _>>()?;
    let opened = unit.steps.iter().filter(|step| opens_ticket(step)).count();
    let fresh_numbers = dialect::fresh_numbers(transaction, opened).await?;
    let tickets = ticket_facts(transaction, unit, locked.tickets, &locked.cases, &known).await?;
    Ok(Facts { desk, tickets, cases: locked.cases, fresh_numbers, customers, contacts })
}

fn opens_ticket(step: &Step) -> bool {
    matches!(step, Step::Ticket(_, Command::Open(_) | Command::Split { .. }))
}

/// Whom the unit is about.
struct Named {
    contacts: BTreeSet<ContactId>,
    /// Beside those of its tickets; with the time at which their contract matters.
    customers: BTreeMap<CustomerId, Instant>,
}

impl Named {
    fn of(unit: &Unit, actor: &Actor, tickets: &BTreeMap<TicketId, TicketRecord>, now: Instant) -> Self {
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
    ids: &BTreeSet<ContactId>,
) -> Result<BTreeMap<ContactId, ContactFact>, StoreError> {
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
    async fn load(
        connection: &impl ConnectionTrait,
        named: &Named,
        tickets: &BTreeMap<TicketId, TicketRecord>,
    ) -> Result<Self, StoreError> {
        let of_tickets = tickets.values().filter_map(|record| record.ticket.customer);
        let ids: BTreeSet<_> = named.customers.keys().copied().chain(of_tickets).collect();
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
        Ok(Some(CustomerFact {
            id,
            tier: tier.transpose()?,
            premium: contract.is_some_and(|contract| contract.premium),
            delegated_admin: row.delegated_admin.into(),
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
) -> Result<BTreeMap<TicketId, TicketFacts>, StoreError> {
    if tickets.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut timelines = timelines(connection, &tickets).await?;
    let mut clocks = clocks(connection, &tickets).await?;
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
            timeline: timelines.remove(&id).unwrap_or_default(),
            clocks: clocks.remove(&id).unwrap_or_default(),
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

async fn timelines(
    connection: &impl ConnectionTrait,
    tickets: &BTreeMap<TicketId, TicketRecord>,
) -> Result<BTreeMap<TicketId, Timeline>, StoreError> {
    let rows = event::Entity::find()
        .filter(event::Column::TicketId.is_in(tickets.keys().map(|id| id.0)))
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
    tickets: &BTreeMap<TicketId, TicketRecord>,
) -> Result<BTreeMap<TicketId, Vec<Clock>>, StoreError> {
    let rows = clock::Entity::find()
        .filter(clock::Column::TicketId.is_in(tickets.keys().map(|id| id.0)))
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
