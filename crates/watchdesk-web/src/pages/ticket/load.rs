//! Everything that the ticket page shows, read in a fixed number of queries.

use std::collections::{BTreeMap, BTreeSet};

use watchdesk_core::Instant;
use watchdesk_core::case::Case;
use watchdesk_core::clock::Clock;
use watchdesk_core::decision::Author;
use watchdesk_core::desk::Language;
use watchdesk_core::disclosure::Disclosure;
use watchdesk_core::event::{ActorRef, Event, EventKind, MessageKind};
use watchdesk_core::facts::{CustomerFact, HealthFact, IncidentFact};
use watchdesk_core::ids::{AgentId, ContactId, CustomerId, MessageId, TicketId};
use watchdesk_core::rights::Verb;
use watchdesk_core::ticket::Ticket;
use watchdesk_store::attachments::{self, AttachmentMeta};
use watchdesk_store::desk::{self, Health};
use watchdesk_store::directory::{self, Contact, Contract, Customer, Subscription};
use watchdesk_store::incidents::{self, Incident};
use watchdesk_store::outbox::{self, OutboxRecord};
use watchdesk_store::tickets::{self, MessageRecord, TicketFilter, TicketRecord};
use watchdesk_store::{PAGE_ITEMS_MAX, StoreError, cases, disclosures};
use watchdesk_templates::pages::Choice;

use super::timeline::Window;
use crate::handing;
use crate::pages::names::{self, Staff};
use crate::pages::shell::UNFINISHED;
use crate::pages::subscriptions::{AtPortals, SHOWN_MAX, WARNINGS_MAX};
use crate::pages::visit::Visit;
use crate::problem::Problem;

const OPEN_TICKETS_COUNTED_MAX: u64 = 1_000;
/// Files that somebody can choose from.
const FILES_SHOWN_MAX: u64 = 50;

pub(super) struct Loaded {
    pub record: TicketRecord,
    pub clocks: Vec<Clock>,
    /// Oldest first; what the reader may not see is left out.
    pub messages: Vec<MessageRecord>,
    /// Oldest first.
    pub events: Vec<Event>,
    /// Where earlier entries end.
    pub earlier: Option<Instant>,
    /// In the order they were drafted; none for those who see no cases.
    pub cases: Vec<Case>,
    pub customer: Option<Customer>,
    /// In force when the ticket was opened: what it is held to.
    pub contract: Option<Contract>,
    pub open_tickets: u64,
    pub subscriptions: Subscribed,
    pub health: Vec<Health>,
    /// Those it is linked to, and those that are open for its service and customer.
    pub incidents: Vec<Incident>,
    pub outbox: Vec<OutboxRecord>,
    pub contacts: BTreeMap<ContactId, Contact>,
    pub customer_names: BTreeMap<CustomerId, String>,
    pub customer_choices: Vec<Choice>,
    /// Of the address that the ticket came to, where somebody drafts a message to the customer.
    pub mailbox_language: Option<Language>,
    /// Other tickets that the page speaks of and that the reader may see.
    pub others: BTreeMap<TicketId, TicketRecord>,
    pub staff: Staff,
    /// Files that may go along with a case, the newest first; none for those who see no cases.
    pub files: Vec<AttachmentMeta>,
    /// What left the house for the case that the page is about.
    pub disclosures: Vec<Disclosure>,
}

impl Loaded {
    pub async fn load(visit: &Visit, record: TicketRecord, before: Option<Instant>) -> Result<Self, Problem> {
        let store = &visit.app.store;
        let id = record.ticket.id;
        let (window, clocks, cases, outbox, about, staff, incidents) = tokio::try_join!(
            Window::load(store, id, before),
            tickets::clocks(store, id),
            cases_of(visit, id),
            outbox::latest_of_ticket(store, id, PAGE_ITEMS_MAX),
            About::load(visit, &record.ticket),
            Staff::load(visit, agents_of(&record.ticket)),
            incidents_of(visit, &record.ticket),
        )?;
        let mut loaded = Self {
            clocks,
            messages: window.messages,
            events: window.events,
            earlier: window.earlier,
            cases,
            customer: about.customer,
            contract: about.contract,
            open_tickets: about.open_tickets,
            subscriptions: about.subscriptions,
            health: about.health,
            incidents,
            outbox,
            contacts: BTreeMap::new(),
            customer_names: BTreeMap::new(),
            customer_choices: about.customer_choices,
            mailbox_language: mailbox_language(visit, &record.ticket).await?,
            others: BTreeMap::new(),
            staff,
            files: Vec::new(),
            disclosures: Vec::new(),
            record,
        };
        loaded.add_what_goes_along(visit).await?;
        loaded.add_operators_words(visit).await?;
        loaded.hide(visit);
        loaded.add_what_is_named(visit).await?;
        Ok(loaded)
    }

    pub fn ticket(&self) -> &Ticket {
        &self.record.ticket
    }

    /// The words of a case stand with one of its tickets; the others refer to them.
    async fn add_operators_words(&mut self, visit: &Visit) -> Result<(), StoreError> {
        let here: BTreeSet<MessageId> = self.messages.iter().map(|message| message.id).collect();
        let elsewhere = |event: &Event| match event.kind {
            EventKind::MessageAdded { message, kind: MessageKind::Operator, .. } if !here.contains(&message) => {
                Some(message)
            }
            _ => None,
        };
        let ids: Vec<MessageId> = self.events.iter().filter_map(elsewhere).collect();
        let cases: BTreeSet<_> = self.cases.iter().map(|case| case.id).collect();
        let found = tickets::messages_by_ids(&visit.app.store, &ids).await?;
        let ours = |message: &MessageRecord| message.case.is_some_and(|case| cases.contains(&case));
        self.messages.extend(found.into_iter().filter(ours));
        Ok(())
    }

    async fn add_what_goes_along(&mut self, visit: &Visit) -> Result<(), StoreError> {
        if !visit.may_see_cases() {
            return Ok(());
        }
        let store = &visit.app.store;
        self.files = attachments::of_ticket(store, self.record.ticket.id, FILES_SHOWN_MAX).await?;
        let may_go = |kind| kind != MessageKind::Operator && visit.may_read(&self.record.ticket, kind);
        self.files.retain(|file| file.kind.is_some_and(may_go));
        let Some(case) = current_case(&self.cases) else { return Ok(()) };
        let chosen = handing::chosen_files(store, case).await?;
        let known: BTreeSet<_> = self.files.iter().map(|file| file.id).collect();
        self.files.extend(chosen.into_iter().filter(|file| !known.contains(&file.id)));
        self.disclosures = disclosures::of_case(store, case.id).await?;
        Ok(())
    }

    fn hide(&mut self, visit: &Visit) {
        let ticket = self.record.ticket.clone();
        self.messages.retain(|message| visit.may_read(&ticket, message.kind));
        if !visit.may_see_cases() {
            self.events.retain(|event| !crate::api::views::is_about_cases(&event.kind));
        }
    }

    /// People, customers and tickets that events, links and cases name: one query for each kind.
    async fn add_what_is_named(&mut self, visit: &Visit) -> Result<(), Problem> {
        let store = &visit.app.store;
        let mut named = Named::default();
        named.add_ticket(self.ticket());
        let of_cases = self.cases.iter().flat_map(|case| &case.clocks);
        named.agents.extend(
            self.clocks.iter().chain(of_cases).filter_map(|clock| clock.excuse.as_ref()).map(|excuse| excuse.by),
        );
        self.disclosures.iter().for_each(|disclosure| named.add_actor(disclosure.by));
        self.events.iter().for_each(|event| named.add_event(event));
        self.messages.iter().for_each(|message| named.add_author(message.author));
        named.tickets.extend(self.cases.iter().flat_map(|case| case.tickets.iter().copied()));
        named.tickets.remove(&self.record.ticket.id);
        let contacts: Vec<ContactId> = named.contacts.into_iter().collect();
        let tickets: Vec<TicketId> = named.tickets.into_iter().collect();
        let (contacts, others) =
            tokio::try_join!(directory::contacts_by_ids(store, &contacts), tickets::by_ids(store, &tickets),)?;
        self.contacts = contacts.into_iter().map(|contact| (contact.id, contact)).collect();
        let seen = others.into_iter().filter(|other| visit.may_with(Verb::ReadTicket, &other.ticket));
        self.others = seen.map(|other| (other.ticket.id, other)).collect();
        let of_others = self.others.values().filter_map(|other| other.ticket.customer);
        self.customer_names = names::customer_names(visit, named.customers.into_iter().chain(of_others)).await?;
        self.staff.add(visit, named.agents).await?;
        Ok(())
    }

    /// Health of the ticket's own service.
    pub fn own_health(&self) -> Option<&Health> {
        let service = self.ticket().service.as_ref()?;
        self.health.iter().find(|health| health.service == *service)
    }

    pub fn health_fact(&self) -> Option<HealthFact> {
        self.own_health().map(|health| HealthFact {
            service: health.service.clone(),
            status: health.status,
            checked_at: health.checked_at,
        })
    }

    pub fn incident_facts(&self) -> Vec<IncidentFact> {
        let fact = |incident: &Incident| IncidentFact {
            reference: incident.reference.clone(),
            service: incident.service.clone(),
            is_open: incident.is_open,
        };
        self.incidents.iter().map(fact).collect()
    }

    pub fn customer_fact(&self) -> Option<CustomerFact> {
        self.customer.as_ref().map(|customer| CustomerFact {
            id: customer.id,
            tier: self.contract.as_ref().map(|contract| contract.tier.clone()),
            premium: self.contract.as_ref().is_some_and(|contract| contract.premium),
            delegated_admin: customer.delegated_admin,
            account_owner: customer.account_owner,
        })
    }

    /// The case that the page is about: the one that goes on, else the last one.
    pub fn case(&self) -> Option<&Case> {
        current_case(&self.cases)
    }
}

/// One that is drafted or with the operator goes before one that only waits to be confirmed.
pub(super) fn current_case(cases: &[Case]) -> Option<&Case> {
    use watchdesk_core::case::CaseStateKind as Kind;
    let goes_on = |case: &&Case| case.state.kind().is_with_operator() || case.state.kind() == Kind::Drafted;
    cases.iter().rev().find(goes_on).or_else(|| cases.last())
}

async fn incidents_of(visit: &Visit, ticket: &Ticket) -> Result<Vec<Incident>, StoreError> {
    if !visit.may(Verb::ReadHealth) {
        return Ok(Vec::new());
    }
    incidents::of_ticket(&visit.app.store, ticket).await
}

pub(super) async fn cases_of(visit: &Visit, ticket: TicketId) -> Result<Vec<Case>, StoreError> {
    if !visit.may_see_cases() {
        return Ok(Vec::new());
    }
    cases::of_ticket(&visit.app.store, ticket).await
}

async fn mailbox_language(visit: &Visit, ticket: &Ticket) -> Result<Option<Language>, StoreError> {
    if visit.query.filled("tell").is_none() {
        return Ok(None);
    }
    let mut mailboxes = directory::mailboxes(&visit.app.store).await?;
    mailboxes.sort_by_key(|mailbox| (Some(mailbox.id) != ticket.mailbox, !mailbox.active, mailbox.id));
    Ok(mailboxes.first().map(|mailbox| mailbox.language))
}

fn agents_of(ticket: &Ticket) -> impl Iterator<Item = AgentId> {
    ticket.owner.into_iter().chain(ticket.watchers.iter().copied())
}

/// What the customer subscribes to.
#[derive(Default)]
pub(super) struct Subscribed {
    /// Who loses his data first, in front.
    pub suspended: Vec<Subscription>,
    pub all: Vec<Subscription>,
    pub at_portals: AtPortals,
}

impl Subscribed {
    async fn load(visit: &Visit, customer: CustomerId) -> Result<Self, StoreError> {
        let store = &visit.app.store;
        let only = BTreeSet::from([customer]);
        let (suspended, all, at_portals) = tokio::try_join!(
            directory::suspended(store, Some(&only), WARNINGS_MAX),
            directory::subscriptions_of(store, customer, SHOWN_MAX, None),
            AtPortals::load(visit, customer),
        )?;
        Ok(Self { suspended, all: all.items, at_portals })
    }
}

/// The customer, and what is known of him.
struct About {
    customer: Option<Customer>,
    contract: Option<Contract>,
    open_tickets: u64,
    subscriptions: Subscribed,
    health: Vec<Health>,
    customer_choices: Vec<Choice>,
}

impl About {
    async fn load(visit: &Visit, ticket: &Ticket) -> Result<Self, StoreError> {
        let store = &visit.app.store;
        let customer = match ticket.customer {
            Some(id) => directory::customer(store, id).await?,
            None => None,
        };
        let health = match visit.may(Verb::ReadHealth) {
            true => desk::health_of(store, ticket.customer).await?,
            false => Vec::new(),
        };
        let customer_choices = names::customer_choices(visit, customer.as_ref()).await?;
        let Some(id) = ticket.customer else {
            let subscriptions = Subscribed::default();
            return Ok(Self { customer, contract: None, open_tickets: 0, subscriptions, health, customer_choices });
        };
        let filter = TicketFilter { customer: Some(id), state: UNFINISHED.to_vec(), ..TicketFilter::default() };
        let visibility = visit.visibility();
        let ids = [id];
        let (contracts, open_tickets, subscriptions) = tokio::try_join!(
            directory::contracts_in_force(store, &ids, ticket.opened_at),
            tickets::count(store, &visibility, &filter, OPEN_TICKETS_COUNTED_MAX),
            Subscribed::load(visit, id),
        )?;
        let contract = contracts.into_iter().next_back();
        Ok(Self { customer, contract, open_tickets, subscriptions, health, customer_choices })
    }
}

/// Whom and what events and links name.
#[derive(Default)]
struct Named {
    agents: BTreeSet<AgentId>,
    contacts: BTreeSet<ContactId>,
    customers: BTreeSet<CustomerId>,
    tickets: BTreeSet<TicketId>,
}

impl Named {
    fn add_ticket(&mut self, ticket: &Ticket) {
        self.contacts.insert(ticket.requester);
        self.tickets.extend(ticket.links.iter().map(|link| link.to));
        self.tickets.extend(ticket.duplicate_of());
    }

    fn add_author(&mut self, author: Author) {
        match author {
            Author::Agent(id) => self.agents.extend([id]),
            Author::Contact(id) => self.contacts.extend([id]),
            Author::Operator | Author::System => {}
        }
    }

    fn add_actor(&mut self, actor: ActorRef) {
        match actor {
            ActorRef::Agent(id) => self.agents.extend([id]),
            ActorRef::Contact(id) => self.contacts.extend([id]),
            ActorRef::System => {}
        }
    }

    fn add_event(&mut self, event: &Event) {
        self.add_actor(event.actor);
        match &event.kind {
            EventKind::Assigned { owner, .. } => self.agents.extend(*owner),
            EventKind::WatchersChanged { to } => self.agents.extend(to.iter().copied()),
            EventKind::CustomerChanged { to } => self.customers.extend(*to),
            EventKind::ParticipantAdded { contact } => self.contacts.extend([*contact]),
            EventKind::Linked(link) | EventKind::Unlinked(link) => self.tickets.extend([link.to]),
            EventKind::Absorbed { ticket, .. } | EventKind::Released { ticket, .. } => self.tickets.extend([*ticket]),
            EventKind::SplitOff { into, .. } => self.tickets.extend([*into]),
            EventKind::CaseMoved { to, .. } => self.tickets.extend([*to]),
            EventKind::Moved { to } => self.tickets.extend(super::events::merged_into(to)),
            EventKind::StepFired { told, .. } => self.agents.extend(told.iter().copied()),
            _ => {}
        }
    }
}
