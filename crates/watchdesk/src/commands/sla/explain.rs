//! `watchdesk sla explain`: what became of every promise on a ticket, and whose time went where.

use std::fmt;
use std::process::ExitCode;
use std::sync::Arc;

use chrono_tz::Tz;
use serde::Serialize;
use watchdesk_core::Instant;
use watchdesk_core::case::Case;
use watchdesk_core::clock::Clock;
use watchdesk_core::desk::{Desk, Language};
use watchdesk_core::division::{self, Division};
use watchdesk_core::event::Event;
use watchdesk_core::explain::{self, Delivery, Explanation, Material};
use watchdesk_core::ids::{Slug, TicketNumber};
use watchdesk_core::ticket::Ticket;
use watchdesk_store::{PAGE_ITEMS_MAX, Store, cases, desk, outbox, tickets};
use watchdesk_templates::ReaderLocale;
use watchdesk_templates::explain::{Names, explain_text, time_text};

use super::names;
use super::tiers::Tiers;
use crate::cli::Explain;
use crate::config::{Config, ConfigError};
use crate::exit::{DATA, Failure};

pub async fn run(config: &Config, options: &Explain) -> anyhow::Result<ExitCode> {
    let reader = reader(config, options.language)?;
    let store = crate::desk::open(config).await?;
    let account = account(&store, config, TicketNumber(options.number), reader).await;
    store.close().await?;
    let account = account?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&account)?);
    } else {
        print!("{account}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Whoever reads at a terminal: in the desk's zone, and in its language where he asks for no other.
pub fn reader(config: &Config, language: Option<Language>) -> Result<ReaderLocale, ConfigError> {
    let zone: Tz = config.desk.time_zone.parse().map_err(|_| ConfigError::Wrong("desk.time_zone".to_owned()))?;
    Ok(ReaderLocale::new(language.unwrap_or_else(|| config.language()), zone))
}

/// As data it is the account of core, with the time beside it.
#[derive(Debug, Serialize)]
pub struct Account {
    #[serde(flatten)]
    explanation: Explanation,
    time: Option<Division>,
    #[serde(skip)]
    reader: ReaderLocale,
    #[serde(skip)]
    names: Names,
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", explain_text(&self.explanation, self.reader, &self.names).trim_end())?;
        if let Some(time) = &self.time {
            let number = self.explanation.number.0;
            writeln!(f, "\n{}", time_text(time, number, self.reader, &self.names).trim_end())?;
        }
        Ok(())
    }
}

pub async fn account(
    store: &Store,
    config: &Config,
    number: TicketNumber,
    reader: ReaderLocale,
) -> anyhow::Result<Account> {
    let facts = Facts::of(store, number).await?;
    let names = names::names(store, config, &facts.desk, &facts.ticket, &facts.cases, reader.language).await?;
    let explanation = explain::explain(&facts.material()).with_deliveries(&facts.deliveries);
    let time = division::time(&facts.desk, &facts.events, &facts.clocks, &facts.cases, facts.now);
    Ok(Account { explanation, time, reader, names })
}

/// What the account is read from.
pub struct Facts {
    pub desk: Arc<Desk>,
    pub ticket: Ticket,
    tier: Option<Slug>,
    pub events: Vec<Event>,
    pub clocks: Vec<Clock>,
    pub cases: Vec<Case>,
    /// Warnings that did not get through, or perhaps twice.
    deliveries: Vec<Delivery>,
    pub now: Instant,
}

impl Facts {
    pub async fn of(store: &Store, number: TicketNumber) -> anyhow::Result<Self> {
        let found = tickets::by_number(store, number).await?;
        let record = found.ok_or_else(|| Failure::new(DATA, format!("there is no ticket {number}")))?;
        Self::load(store, record.ticket).await
    }

    async fn load(store: &Store, ticket: Ticket) -> anyhow::Result<Self> {
        let cases = cases::of_ticket(store, ticket.id).await?;
        let about = cases.iter().flat_map(|case| &case.tickets).copied().chain([ticket.id]).collect();
        Ok(Self {
            deliveries: outbox::troubled_warnings(store, &about).await?,
            desk: desk::load(store).await?,
            tier: Tiers::default().of(store, &ticket).await?,
            events: events(store, &ticket).await?,
            clocks: tickets::clocks(store, ticket.id).await?,
            cases,
            now: store.now().await?,
            ticket,
        })
    }

    fn material(&self) -> Material<'_> {
        let Self { desk, ticket, tier, events, clocks, cases, now, deliveries: _ } = self;
        Material { desk, ticket, tier: tier.as_ref(), events, clocks, cases, now: *now }
    }
}

/// All of them: an account with a gap would be none.
async fn events(store: &Store, ticket: &Ticket) -> anyhow::Result<Vec<Event>> {
    let mut all: Vec<Event> = Vec::new();
    loop {
        let after = all.last().map_or(0, |event| event.seq);
        let page = tickets::events(store, ticket.id, after, PAGE_ITEMS_MAX).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}
