//! What an empty desk starts with. Afterwards the database is the truth.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, EntityTrait, PaginatorTrait};
use watchdesk_core::calendar::CalendarSpec;
use watchdesk_core::desk::{Category, Named, Policy, Service, Settings};
use watchdesk_core::ids::{Slug, TeamId};

use super::settings::save_desk_settings;
use crate::directory::{MailboxFields, insert_mailbox};
use crate::entities::{calendar, category, policy, service, team};
use crate::rows::{insert_all, json};
use crate::{Store, StoreError, fresh_id};

#[derive(Debug, Clone)]
pub struct Seed {
    pub policy: Policy,
    pub calendars: Vec<(Slug, CalendarSpec)>,
    pub categories: Vec<Category>,
    pub services: Vec<Service>,
    pub teams: Vec<SeedTeam>,
    pub mailboxes: Vec<SeedMailbox>,
    pub settings: Settings,
}

#[derive(Debug, Clone)]
pub struct SeedTeam {
    pub slug: Slug,
    pub name: Named,
}

#[derive(Debug, Clone)]
pub struct SeedMailbox {
    /// The team's slug, because it has no id yet; goes before the one in the fields.
    pub team: Option<Slug>,
    pub fields: MailboxFields,
}

pub async fn is_seeded(store: &Store) -> Result<bool, StoreError> {
    seeded(store.reader()).await
}

async fn seeded(connection: &impl ConnectionTrait) -> Result<bool, StoreError> {
    Ok(policy::Entity::find().count(connection).await? > 0)
}

/// Fills an empty desk. Answers `false`, and does nothing, where it was done before.
pub async fn seed(store: &Store, seed: &Seed) -> Result<bool, StoreError> {
    let transaction = store.begin().await?;
    if seeded(&transaction).await? {
        transaction.rollback().await?;
        return Ok(false);
    }
    let now = store.shared.now(&transaction).await?.timestamp();
    rules(&transaction, seed, now).await?;
    let teams = teams(&transaction, &seed.teams).await?;
    for mailbox in &seed.mailboxes {
        let team = mailbox.team.as_ref().and_then(|slug| teams.get(slug)).copied().or(mailbox.fields.team);
        insert_mailbox(&transaction, &MailboxFields { team, ..mailbox.fields.clone() }).await?;
    }
    save_desk_settings(&transaction, &seed.settings).await?;
    super::changed(&transaction).await?;
    transaction.commit().await?;
    Ok(true)
}

async fn rules(connection: &impl ConnectionTrait, seed: &Seed, now: i64) -> Result<(), StoreError> {
    let row = policy::Model {
        slug: seed.policy.slug.to_string(),
        version: seed.policy.version,
        body: json(&seed.policy),
        current: true,
        created_at: now,
    };
    insert_all(connection, vec![row]).await?;
    let calendars = seed.calendars.iter().map(|(slug, spec)| calendar::Model {
        slug: slug.to_string(),
        version: 1,
        body: json(spec),
        current: true,
        created_at: now,
    });
    insert_all(connection, calendars.collect()).await?;
    let categories = (0..).zip(&seed.categories).map(|(position, category)| category::Model {
        slug: category.slug.to_string(),
        position,
        body: json(category),
    });
    insert_all(connection, categories.collect()).await?;
    let services = (0..).zip(&seed.services).map(|(position, service)| service::Model {
        slug: service.slug.to_string(),
        position,
        body: json(service),
    });
    insert_all(connection, services.collect()).await
}

async fn teams(connection: &impl ConnectionTrait, teams: &[SeedTeam]) -> Result<BTreeMap<Slug, TeamId>, StoreError> {
    let rows: Vec<_> = teams
        .iter()
        .map(|team| team::Model {
            id: fresh_id(),
            slug: team.slug.to_string(),
            name_en: team.name.en.clone(),
            name_zh: team.name.zh.clone(),
        })
        .collect();
    let ids = teams.iter().zip(&rows).map(|(team, row)| (team.slug.clone(), TeamId(row.id))).collect();
    insert_all(connection, rows).await?;
    Ok(ids)
}
