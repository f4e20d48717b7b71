//! What a mail is about, and who reads it.

use std::sync::Arc;

use chrono_tz::Tz;
use watchdesk_core::clock::Clock;
use watchdesk_core::desk::{Desk, Language};
use watchdesk_core::ids::{MailboxId, Slug, TicketId};
use watchdesk_core::ticket::Ticket;
use watchdesk_store::directory::{Agent, Contact, Customer, Mailbox};
use watchdesk_store::tickets::TicketRecord;
use watchdesk_store::{Store, desk, directory, tickets};
use watchdesk_templates::ReaderLocale;

use super::compose::ComposeError;

/// A ticket with all that mails say of it.
#[derive(Debug)]
pub(super) struct About {
    pub record: TicketRecord,
    pub customer: Option<Customer>,
    pub clocks: Vec<Clock>,
    pub desk: Arc<Desk>,
    /// Whose name the desk writes under.
    pub mailbox: Mailbox,
}

impl About {
    pub async fn load(store: &Store, id: TicketId) -> Result<Self, ComposeError> {
        let record = tickets::by_id(store, id).await?.ok_or_else(|| ComposeError::gone("ticket"))?;
        let customer = match record.ticket.customer {
            Some(id) => directory::customer(store, id).await?,
            None => None,
        };
        let mailbox = sender(store, record.ticket.mailbox).await?;
        Ok(Self {
            clocks: tickets::clocks(store, id).await?,
            desk: desk::load(store).await?,
            record,
            customer,
            mailbox,
        })
    }

    pub fn ticket(&self) -> &Ticket {
        &self.record.ticket
    }

    /// The tier of the contract that was in force when the ticket was opened.
    pub async fn tier(&self, store: &Store) -> Result<Option<Slug>, ComposeError> {
        let Some(customer) = &self.customer else { return Ok(None) };
        let at = self.ticket().opened_at;
        let contracts = directory::contracts_of(store, customer.id).await?;
        let in_force = contracts
            .into_iter()
            .filter(|contract| contract.effective_from <= at && contract.effective_to.is_none_or(|end| at < end));
        Ok(in_force.max_by_key(|contract| contract.effective_from).map(|contract| contract.tier))
    }

    /// The contact's language, else his organisation's, else that of the mailbox he wrote to; his organisation's zone.
    pub fn locale_of(&self, contact: &Contact, zone: Tz) -> ReaderLocale {
        let organisation = self.customer.as_ref();
        let language = contact.language.or_else(|| organisation.map(|customer| customer.language));
        let zone = organisation.map_or(zone, |customer| zone_or(&customer.time_zone, zone));
        ReaderLocale::new(language.unwrap_or(self.mailbox.language), zone)
    }

    /// What the operator of the ticket's service is called outside the house.
    pub fn operator(&self, language: Language) -> String {
        self.desk.operator_of(self.ticket().service.as_ref()).name.in_language(language).to_owned()
    }

    pub fn operator_named(&self, slug: &Slug, language: Language) -> String {
        self.desk.operator(slug).name.in_language(language).to_owned()
    }
}

pub(super) fn locale_of_agent(agent: &Agent, zone: Tz) -> ReaderLocale {
    ReaderLocale::new(agent.language, zone_or(&agent.time_zone, zone))
}

fn zone_or(name: &str, otherwise: Tz) -> Tz {
    name.parse().unwrap_or(otherwise)
}

/// The mailbox that a ticket came through; for those that came otherwise, the desk's first.
pub(super) async fn sender(store: &Store, mailbox: Option<MailboxId>) -> Result<Mailbox, ComposeError> {
    if let Some(id) = mailbox
        && let Some(mailbox) = directory::mailbox(store, id).await?
    {
        return Ok(mailbox);
    }
    let mut all = directory::mailboxes(store).await?;
    all.sort_by_key(|mailbox| (!mailbox.active, mailbox.id));
    all.into_iter().next().ok_or_else(|| ComposeError::Impossible("the desk has no mailbox to write from".to_owned()))
}
