//! The tier that a ticket is measured by: of the contract that was in force when it was opened.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use watchdesk_core::Instant;
use watchdesk_core::ids::{CustomerId, Slug};
use watchdesk_core::ticket::Ticket;
use watchdesk_store::directory::{self, Contract};
use watchdesk_store::{Store, StoreError};

/// Contracts, looked up once for each customer.
#[derive(Debug, Default)]
pub struct Tiers {
    contracts: HashMap<CustomerId, Vec<Contract>>,
}

impl Tiers {
    pub async fn of(&mut self, store: &Store, ticket: &Ticket) -> Result<Option<Slug>, StoreError> {
        let Some(customer) = ticket.customer else { return Ok(None) };
        let contracts = match self.contracts.entry(customer) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(directory::contracts_of(store, customer).await?),
        };
        Ok(in_force(contracts, ticket.opened_at).map(|contract| contract.tier.clone()))
    }
}

/// Of several that overlap, the one that began last.
fn in_force(contracts: &[Contract], at: Instant) -> Option<&Contract> {
    let holds =
        |contract: &&Contract| contract.effective_from <= at && contract.effective_to.is_none_or(|end| at < end);
    contracts.iter().rfind(holds)
}
