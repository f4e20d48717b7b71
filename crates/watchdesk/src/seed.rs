//! What a new desk starts with: the files under `config/`, built into the program.

use anyhow::Context;
use serde::Deserialize;
use watchdesk_core::calendar::CalendarSpec;
use watchdesk_core::desk::{Category, Named, Service, Settings};
use watchdesk_core::ids::Slug;
use watchdesk_core::policy::Policy;
use watchdesk_store::desk::{Seed, SeedMailbox, SeedTeam};
use watchdesk_store::directory::{MailboxFields, Support};

use crate::config::Config;

const POLICIES: [(&str, &str); 2] = [
    ("config/policies/standard.toml", include_str!("../../../config/policies/standard.toml")),
    ("config/policies/operator.toml", include_str!("../../../config/policies/operator.toml")),
];
const CATEGORIES: &str = include_str!("../../../config/categories.toml");
const SERVICES: &str = include_str!("../../../config/services.toml");
const TEAMS: &str = include_str!("../../../config/teams.toml");
const SETTINGS: &str = include_str!("../../../config/settings.toml");
const CALENDARS: [(&str, &str); 3] = [
    ("config/calendars/always.toml", include_str!("../../../config/calendars/always.toml")),
    ("config/calendars/cn-working-days.toml", include_str!("../../../config/calendars/cn-working-days.toml")),
    ("config/calendars/operator-daily.toml", include_str!("../../../config/calendars/operator-daily.toml")),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CalendarFile {
    slug: Slug,
    #[serde(rename = "name")]
    _name: String,
    spec: CalendarSpec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Categories {
    categories: Vec<Category>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Services {
    services: Vec<Service>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Teams {
    teams: Vec<TeamFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TeamFile {
    slug: Slug,
    name: Named,
}

/// The seed of an empty database; afterwards the database is the truth.
pub fn seed(config: &Config) -> anyhow::Result<Seed> {
    let policies = POLICIES.iter().map(|(path, text)| toml::from_str::<Policy>(text).context(*path));
    let policies = policies.collect::<anyhow::Result<_>>()?;
    let categories: Categories = toml::from_str(CATEGORIES).context("config/categories.toml")?;
    let services: Services = toml::from_str(SERVICES).context("config/services.toml")?;
    let teams: Teams = toml::from_str(TEAMS).context("config/teams.toml")?;
    let settings: Settings = toml::from_str(SETTINGS).context("config/settings.toml")?;
    let calendars = CALENDARS.iter().map(|(path, text)| {
        let file: CalendarFile = toml::from_str(text).context(*path)?;
        Ok((file.slug, file.spec))
    });
    let calendars = calendars.collect::<anyhow::Result<_>>()?;
    let teams: Vec<SeedTeam> =
        teams.teams.into_iter().map(|team| SeedTeam { slug: team.slug, name: team.name }).collect();
    let first_team = teams.first().map(|team| team.slug.clone());
    let mailboxes = vec![SeedMailbox { team: first_team, fields: mailbox(config) }];
    let (categories, services) = (categories.categories, services.services);
    // A new desk knows nobody who could take turns; config/rotas shows how a rota is written.
    let rotas = Vec::new();
    Ok(Seed { policies, calendars, rotas, categories, services, teams, mailboxes, settings })
}

fn mailbox(config: &Config) -> MailboxFields {
    let support = &config.support;
    MailboxFields {
        address: config.mail.from.clone(),
        name: config.mailbox_name(),
        team: None,
        language: config.language(),
        signature: String::new(),
        support: Support {
            phone: support.phone.clone(),
            url: support.url.clone(),
            hours: Named { en: support.hours_en.clone(), zh: support.hours_zh.clone() },
        },
        active: true,
    }
}

#[cfg(test)]
mod tests;
