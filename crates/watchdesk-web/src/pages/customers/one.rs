//! One customer.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use uuid::Uuid;
use watchdesk_core::ids::CustomerId;
use watchdesk_core::rights::{Object, Verb, authorize};
use watchdesk_store::directory::{self, Contact, ContactFilter, Contract, Customer, Subscription};
use watchdesk_store::recompute::{self, Cause, Job};
use watchdesk_store::tickets::{self, Sort, TicketFilter};
use watchdesk_store::{PAGE_ITEMS_MAX, Store, StoreError};
use watchdesk_templates::pages::{
    self, Choice, ContactRow, ContractMeasured, ContractRow, CustomerDetail, CustomerPage, CustomerRights, DomainRow,
    Nav, QueueRow, Refused,
};

use super::{last_day, tiers};
use crate::pages::files::percent_encoded;
use crate::pages::fingerprint;
use crate::pages::names::{Staff, knows_customer};
use crate::pages::rows::rows;
use crate::pages::shell::shell;
use crate::pages::subscriptions::{AtPortals, SHOWN_MAX, shown};
use crate::pages::visit::Visit;
use crate::problem::Problem;

/// Tickets shown on the customer's page; the queue shows the others.
const TICKETS: u64 = 10;

/// Absent and none of the reader's business are the same.
pub(super) async fn find(visit: &Visit, id: Uuid) -> Result<Customer, Problem> {
    let id = CustomerId(id);
    visit.must_see(Verb::ReadDirectory)?;
    if !knows_customer(visit, id) {
        return Err(Problem::NotFound);
    }
    directory::customer(&visit.app.store, id).await?.ok_or(Problem::NotFound)
}

pub(in crate::pages) async fn page(visit: Visit, Path(id): Path<Uuid>) -> Result<Response, Problem> {
    let customer = find(&visit, id).await?;
    show(&visit, customer, StatusCode::OK, None).await
}

pub(super) fn path(id: CustomerId) -> String {
    format!("/customers/{id}")
}

pub(super) async fn show(
    visit: &Visit,
    customer: Customer,
    status: StatusCode,
    refused: Option<Refused>,
) -> Result<Response, Problem> {
    let store = &visit.app.store;
    let filter = ContactFilter { customer: Some(customer.id), text: None };
    let (contacts, contracts, job, tickets, subscribed, at_portals, staff) = tokio::try_join!(
        directory::contacts(store, &filter, PAGE_ITEMS_MAX, None),
        directory::contracts_of(store, customer.id),
        measured_anew(store, customer.id),
        newest(visit, customer.id),
        directory::subscriptions_of(store, customer.id, SHOWN_MAX, None),
        AtPortals::load(visit, customer.id),
        Staff::load(visit, customer.account_owner),
    )?;
    let (portals, closed_portals) = at_portals.links(visit, &customer, None);
    let subscription = |one: &Subscription| pages::Subscription {
        portals: at_portals.of_subscription(visit, &customer, one),
        ..shown(visit, one)
    };
    let (records, more) = tickets;
    let mut shell = shell(visit, Nav::Customers).await?;
    shell.path = path(customer.id);
    let edits = visit.may(Verb::EditDirectory);
    let opens = authorize(visit.rights(), Verb::OpenTicket, Object::NewTicket { customer: Some(customer.id) });
    let page = CustomerPage {
        shell,
        contacts: contacts.items.iter().map(contact_row).collect(),
        contracts: contract_rows(visit, &contracts),
        measured: job.map(|job| ContractMeasured { done: job.done, total: job.total.max(job.done) }),
        domains: customer.domains.iter().map(|name| domain_row(name)).collect(),
        subscriptions: subscribed.items.iter().map(subscription).collect(),
        more_subscriptions: subscribed.next.is_some(),
        portals,
        closed_portals,
        owners: staff.owner_choices(customer.account_owner),
        tickets: ticket_rows(visit, &records).await?,
        more_tickets: more.then(|| format!("/queue?customer={}", customer.id)),
        tiers: tiers(visit, contracts.iter().map(|contract| contract.tier.clone())),
        rights: CustomerRights { change: edits, contracts: edits, create_ticket: opens },
        customer: detail(&customer, &staff),
        refused,
    };
    visit.page_with(status, &page)
}

/// The job that measures what is open by contracts that were changed, while it goes on.
pub(super) async fn measured_anew(store: &Store, customer: CustomerId) -> Result<Option<Job>, StoreError> {
    let latest = recompute::latest(store, &Cause::Contract(customer)).await?;
    Ok(latest.filter(|job| job.finished_at.is_none()))
}

/// The last changed ones, and whether there are more.
async fn newest(visit: &Visit, customer: CustomerId) -> Result<(Vec<tickets::TicketRecord>, bool), StoreError> {
    let filter = TicketFilter { customer: Some(customer), ..TicketFilter::default() };
    let page = tickets::list(&visit.app.store, &visit.visibility(), &filter, Sort::Updated, TICKETS, None).await?;
    Ok((page.items, page.next.is_some()))
}

/// Unfinished first.
async fn ticket_rows(visit: &Visit, records: &[tickets::TicketRecord]) -> Result<Vec<QueueRow>, Problem> {
    let mut rows = rows(visit, records).await?;
    rows.sort_by_key(|row| ["resolved", "closed"].contains(&row.state.as_str()));
    Ok(rows)
}

fn detail(customer: &Customer, staff: &Staff) -> CustomerDetail {
    CustomerDetail {
        id: customer.id.to_string(),
        version: customer.version,
        name: customer.name.clone(),
        language: customer.language.as_str().to_owned(),
        time_zone: customer.time_zone.clone(),
        tenant: customer.tenant_id.clone().unwrap_or_default(),
        delegated_admin: customer.delegated_admin.as_str().to_owned(),
        owner: customer.account_owner.map(|id| Choice::new(id.to_string(), staff.name(id))),
        note: customer.notes.clone(),
    }
}

fn contact_row(contact: &Contact) -> ContactRow {
    ContactRow {
        id: contact.id.to_string(),
        version: fingerprint(contact),
        name: contact.name.clone(),
        email: contact.email.clone(),
        phone: contact.phone.clone().unwrap_or_default(),
        sees_all: contact.whole_organisation,
        bounced: contact.suppressed.is_some(),
    }
}

/// The newest first.
fn contract_rows(visit: &Visit, contracts: &[Contract]) -> Vec<ContractRow> {
    let zone = visit.locale.zone;
    let holds = |contract: &&Contract| {
        contract.effective_from <= visit.now && contract.effective_to.is_none_or(|end| visit.now < end)
    };
    let current = contracts.iter().rfind(holds).map(|contract| contract.id);
    let row = |contract: &Contract| ContractRow {
        id: contract.id.to_string(),
        version: fingerprint(contract),
        tier: contract.tier.to_string(),
        from: contract.effective_from.with_timezone(&zone).date_naive(),
        to: contract.effective_to.map(|end| last_day(end, zone)),
        current: Some(contract.id) == current,
        premium: contract.premium,
    };
    contracts.iter().rev().map(row).collect()
}

fn domain_row(name: &str) -> DomainRow {
    DomainRow { id: percent_encoded(name), name: name.to_owned() }
}
