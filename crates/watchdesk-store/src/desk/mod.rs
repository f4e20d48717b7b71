//! What the desk has agreed on, loaded as one value and kept until somebody changes it.

mod health;
mod seed;
mod services;
mod settings;
mod versions;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder};
use watchdesk_core::desk::{AgentFact, Category, Desk, Service, TeamFact};
use watchdesk_core::ids::{AgentId, Slug, TeamId};
use watchdesk_core::operator::Operators;
use watchdesk_core::policy::Side;
use watchdesk_core::rights::Role;
use watchdesk_core::rota::{Rota, RotaSpec};

use crate::entities::{agent, category, desk_version, rota, service, team, team_member};
use crate::rows::Place;
use crate::store::Shared;
use crate::{Store, StoreError};

pub use health::{Health, health, health_everywhere, health_of, see_health, set_health};
pub(crate) use health::{health_within, restored_within};
pub use seed::{Seed, SeedMailbox, SeedTeam, is_seeded, seed, seed_missing_policies};
pub use services::{SERVICES_MAX, save_service};
pub use settings::{setting, setting_or_insert};
pub(crate) use versions::{ALWAYS, policy_of, spec_of};

/// The desk as it now stands.
pub async fn load(store: &Store) -> Result<Arc<Desk>, StoreError> {
    within(&store.shared, store.reader()).await
}

/// As [`load`], by a connection or a transaction at hand. One small read when nothing changed.
pub(crate) async fn within(shared: &Shared, connection: &impl ConnectionTrait) -> Result<Arc<Desk>, StoreError> {
    // The version is read before the rules: rules that are newer than it are loaded once more next time.
    let version = version(connection).await?;
    let before = shared.desk.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let before = match before {
        Some((loaded, desk)) if loaded == version => return Ok(desk),
        Some((_, desk)) => Some(desk),
        None => None,
    };
    let desk = Arc::new(read(connection, before.as_deref(), &shared.operators).await?);
    *shared.desk.lock().unwrap_or_else(PoisonError::into_inner) = Some((version, Arc::clone(&desk)));
    Ok(desk)
}

async fn version(connection: &impl ConnectionTrait) -> Result<i64, StoreError> {
    let row = desk_version::Entity::find().one(connection).await?;
    let missing = || StoreError::Corrupt {
        table: "desk_version",
        column: "version",
        id: "1".to_owned(),
        why: "the row is missing".to_owned(),
    };
    Ok(row.ok_or_else(missing)?.version)
}

/// To be called in the transaction that changes a rule, an agent or a team.
pub(crate) async fn changed(connection: &impl ConnectionTrait) -> Result<(), StoreError> {
    desk_version::Entity::update_many()
        .col_expr(desk_version::Column::Version, Expr::col(desk_version::Column::Version).add(1))
        .exec(connection)
        .await?;
    Ok(())
}

/// What was published never changes, so versions that were loaded `before` are not loaded again.
async fn read(
    connection: &impl ConnectionTrait,
    before: Option<&Desk>,
    operators: &Operators,
) -> Result<Desk, StoreError> {
    let (agents, teams) = people(connection).await?;
    Ok(Desk {
        customer_policy: versions::policy(connection, Side::Customer, before).await?,
        operator_policy: versions::policy(connection, Side::Operator, before).await?,
        calendars: versions::calendars(connection, before).await?,
        rotas: rotas(connection).await?,
        categories: categories(connection).await?,
        services: services(connection).await?,
        agents,
        teams,
        operators: operators.clone(),
        settings: settings::desk_settings(connection).await?,
    })
}

async fn rotas(connection: &impl ConnectionTrait) -> Result<BTreeMap<Slug, Arc<Rota>>, StoreError> {
    let rows = rota::Entity::find().all(connection).await?;
    let rotas = rows.into_iter().map(|row| {
        let place = Place { table: "rota", id: &row.slug };
        let spec: RotaSpec = place.json("body", &row.body)?;
        let compiled = Rota::compile(&spec).map_err(|error| place.corrupt("body", error))?;
        Ok((spec.slug, Arc::new(compiled)))
    });
    rotas.collect()
}

async fn categories(connection: &impl ConnectionTrait) -> Result<BTreeMap<Slug, Category>, StoreError> {
    let rows = category::Entity::find().order_by_asc(category::Column::Position).all(connection).await?;
    let categories = rows.iter().map(|row| {
        let category: Category = Place { table: "category", id: &row.slug }.json("body", &row.body)?;
        Ok((category.slug.clone(), category))
    });
    categories.collect()
}

async fn services(connection: &impl ConnectionTrait) -> Result<BTreeMap<Slug, Service>, StoreError> {
    let rows = service::Entity::find().order_by_asc(service::Column::Position).all(connection).await?;
    let services = rows.iter().map(|row| {
        let service: Service = Place { table: "service", id: &row.slug }.json("body", &row.body)?;
        Ok((service.slug.clone(), service))
    });
    services.collect()
}

type People = (BTreeMap<AgentId, AgentFact>, BTreeMap<TeamId, TeamFact>);

async fn people(connection: &impl ConnectionTrait) -> Result<People, StoreError> {
    let mut teams_of: BTreeMap<AgentId, BTreeSet<TeamId>> = BTreeMap::new();
    for row in team_member::Entity::find().all(connection).await? {
        teams_of.entry(AgentId(row.agent_id)).or_default().insert(TeamId(row.team_id));
    }
    let mut agents = BTreeMap::new();
    for row in agent::Entity::find().all(connection).await? {
        let id = AgentId(row.id);
        let role = Place { table: "agent", id: &row.id }.word("role", &row.role, Role::parse)?;
        let teams = teams_of.remove(&id).unwrap_or_default();
        agents.insert(id, AgentFact { id, role, teams, active: row.active });
    }
    let mut teams = BTreeMap::new();
    for row in team::Entity::find().all(connection).await? {
        let id = TeamId(row.id);
        let slug = Place { table: "team", id: &row.id }.slug("slug", row.slug)?;
        teams.insert(id, TeamFact { id, slug });
    }
    Ok((agents, teams))
}
