//! `watchdesk sla forecast`: what will be missed in the next hours if work goes on as it did.

use std::collections::BTreeMap;
use std::process::ExitCode;

use watchdesk_core::ids::TeamId;
use watchdesk_core::rights::Visibility;
use watchdesk_store::reports::{Outlooks, outlook};
use watchdesk_store::{Store, directory};
use watchdesk_templates::ReaderLocale;
use watchdesk_templates::explain::{Names, forecast_text};
use watchdesk_web::ForecastView;

use super::explain::reader;
use super::names;
use crate::cli::Forecast;
use crate::config::Config;

pub async fn run(config: &Config, options: &Forecast) -> anyhow::Result<ExitCode> {
    let reader = reader(config, options.language)?;
    let store = crate::desk::open(config).await?;
    let told = match options.json {
        true => as_data(&store, options.hours).await,
        false => in_words(&store, options.hours, reader).await,
    };
    store.close().await?;
    println!("{}", told?.trim_end());
    Ok(ExitCode::SUCCESS)
}

/// As `GET /api/v1/reports/forecast` answers to somebody who sees all tickets.
pub async fn as_data(store: &Store, hours: u32) -> anyhow::Result<String> {
    let Outlooks { forecast, is_cut } = outlook(store, &Visibility::Everything, hours).await?;
    Ok(serde_json::to_string_pretty(&ForecastView::of(store, forecast, is_cut).await?)?)
}

pub async fn in_words(store: &Store, hours: u32, reader: ReaderLocale) -> anyhow::Result<String> {
    let Outlooks { forecast, is_cut } = outlook(store, &Visibility::Everything, hours).await?;
    let names = Names { agents: names::agents(store).await?, ..Names::default() };
    let name = |team: directory::Team| (team.id, team.name.in_language(reader.language).to_owned());
    let teams: BTreeMap<TeamId, String> = directory::teams(store).await?.into_iter().map(name).collect();
    Ok(forecast_text(&forecast, is_cut, reader, &names, &teams))
}
