//! `watchdesk sla time`: whose the minutes of one ticket were, ours, the customer's or the operator's.

use std::process::ExitCode;

use watchdesk_core::division::{self, Division};
use watchdesk_core::ids::TicketNumber;
use watchdesk_store::Store;
use watchdesk_templates::ReaderLocale;
use watchdesk_templates::explain::{Names, time_text};

use super::explain::{Facts, reader};
use super::names;
use crate::cli::Explain;
use crate::config::Config;
use crate::exit::{DATA, Failure};

pub async fn run(config: &Config, options: &Explain) -> anyhow::Result<ExitCode> {
    let reader = reader(config, options.language)?;
    let store = crate::desk::open(config).await?;
    let number = TicketNumber(options.number);
    let told = time(&store, config, number, reader).await;
    store.close().await?;
    let (division, names) = told?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&division)?);
    } else {
        print!("{}", time_text(&division, number.0, reader, &names));
    }
    Ok(ExitCode::SUCCESS)
}

/// As `GET /api/v1/tickets/{number}/time` answers, and what its things are called.
pub async fn time(
    store: &Store,
    config: &Config,
    number: TicketNumber,
    reader: ReaderLocale,
) -> anyhow::Result<(Division, Names)> {
    let facts = Facts::of(store, number).await?;
    let names = names::names(store, config, &facts.desk, &facts.ticket, &facts.cases, reader.language).await?;
    let division = division::time(&facts.desk, &facts.events, &facts.clocks, &facts.cases, facts.now);
    let division = division.ok_or_else(|| {
        Failure::new(DATA, format!("ticket {number} has no events yet, so there is no time to divide"))
    })?;
    Ok((division, names))
}
