//! What an empty desk starts with. Afterwards the database is the truth.

use std::collections::BTreeMap;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use watchdesk_core::calendar::CalendarSpec;
use watchdesk_core::desk::{AppliesTo, Category, Named, Service, Settings};
use watchdesk_core::ids::{Slug, TeamId};
use watchdesk_core::policy::Policy;
use watchdesk_core::rota::RotaSpec;

use super::settings::save_desk_settings;
use crate::directory::{MailboxFields, insert_mailbox};
use crate::entities::{calendar, category, policy, rota, service, team};
use crate::rows::{insert_all, json};
use crate::{Store, StoreError, fresh_id};

#[derive(Debug, Clone)]
pub struct Seed {
    /// What we owe the customers, and what the operator owes us.
    pub policies: Vec<Policy>,
    pub calendars: Vec<(Slug, CalendarSpec)>,
    /// May be empty: an empty desk knows nobody who could take turns.
    pub rotas: Vec<RotaSpec>,
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

/// Policies that a newer program ships and an older desk does not have: for what is opened or filed from now on. Answers
/// which were added.
pub async fn seed_missing_policies(store: &Store, seed: &Seed) -> Result<Vec<Slug>, StoreError> {
    let transaction = store.begin().await?;
    let now = store.shared.now(&transaction).await?.timestamp();
    let mut added = Vec::new();
    for policy in &seed.policies {
        let known = policy::Entity::find().filter(policy::Column::Slug.eq(policy.slug.as_str()));
        if known.count(&transaction).await? == 0 {
            insert_all(&transaction, vec![policy_row(policy, AppliesTo::New, now)]).await?;
            added.push(policy.slug.clone());
        }
    }
    if !added.is_empty() {
        super::changed(&transaction).await?;
    }
    transaction.commit().await?;
    Ok(added)
}

async fn rules(connection: &impl ConnectionTrait, seed: &Seed, now: i64) -> Result<(), StoreError> {
    let applies_to = AppliesTo::Running.as_str();
    let policies = seed.policies.iter().map(|policy| policy_row(policy, AppliesTo::Running, now));
    insert_all(connection, policies.collect()).await?;
    let calendars = seed.calendars.iter().filter(|(slug, _)| slug.as_str() != super::ALWAYS);
    let calendars = calendars.map(|(slug, spec)| calendar::Model {
        slug: slug.to_string(),
        version: 1,
        body: json(spec),
        published_at: now,
        applies_to: applies_to.to_owned(),
        publisher_id: None,
    });
    insert_all(connection, calendars.collect()).await?;
    let rotas =
        seed.rotas.iter().map(|spec| rota::Model { slug: spec.slug.to_string(), body: json(spec), updated_at: now });
    insert_all(connection, rotas.collect()).await?;
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

fn policy_row(policy: &Policy, applies_to: AppliesTo, now: i64) -> policy::Model {
    policy::Model {
        slug: policy.slug.to_string(),
        version: policy.version,
        side: policy.side.as_str().to_owned(),
        body: json(policy),
        published_at: now,
        applies_to: applies_to.as_str().to_owned(),
        publisher_id: None,
    }
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
