//! What the desk has agreed on, loaded as one value and kept until somebody changes it.

mod health;
mod seed;
mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use watchdesk_core::calendar::{Calendar, CalendarSpec};
use watchdesk_core::desk::{AgentFact, Category, Desk, DeskCalendar, Policy, Service, TeamFact};
use watchdesk_core::ids::{AgentId, Slug, TeamId};
use watchdesk_core::rights::Role;

use crate::entities::{agent, calendar, category, desk_version, policy, service, team, team_member};
use crate::rows::Place;
use crate::store::Shared;
use crate::{Store, StoreError};

pub(crate) use health::health_within;
pub use health::{Health, health, health_everywhere, health_of, set_health};
pub use seed::{Seed, SeedMailbox, SeedTeam, is_seeded, seed};
pub use settings::{setting, setting_or_insert};

/// The desk as it now stands.
pub async fn load(store: &Store) -> Result<Arc<Desk>, StoreError> {
    within(&store.shared, store.reader()).await
}

/// As [`load`], by a connection or a transaction at hand. One small read when nothing changed.
pub(crate) async fn within(shared: &Shared, connection: &impl ConnectionTrait) -> Result<Arc<Desk>, StoreError> {
    // The version is read before the rules: rules that are newer than it are loaded once more next time.
    let version = version(connection).await?;
    if let Some((loaded, desk)) = shared.desk.lock().unwrap_or_else(PoisonError::into_inner).as_ref()
        && *loaded == version
    {
        return Ok(Arc::clone(desk));
    }
    let desk = Arc::new(read(connection).await?);
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

async fn read(connection: &impl ConnectionTrait) -> Result<Desk, StoreError> {
    let (agents, teams) = people(connection).await?;
    Ok(Desk {
        policy: policy(connection).await?,
        calendars: calendars(connection).await?,
        categories: categories(connection).await?,
        services: services(connection).await?,
        agents,
        teams,
        settings: settings::desk_settings(connection).await?,
    })
}

/// A desk without a policy promises nothing.
async fn policy(connection: &impl ConnectionTrait) -> Result<Policy, StoreError> {
    let row = policy::Entity::find().filter(policy::Column::Current.eq(true)).one(connection).await?;
    match row {
        Some(row) => policy_of(&row),
        None => Ok(Policy { slug: Slug::new("none").expect("a legal slug"), version: 0, rules: Vec::new() }),
    }
}

/// A version of the policy as it was, for clocks that were measured under it.
pub(crate) async fn policy_version(
    connection: &impl ConnectionTrait,
    version: i32,
) -> Result<Option<Policy>, StoreError> {
    let row = policy::Entity::find().filter(policy::Column::Version.eq(version)).one(connection).await?;
    row.as_ref().map(policy_of).transpose()
}

fn policy_of(row: &policy::Model) -> Result<Policy, StoreError> {
    let place = Place { table: "policy", id: &row.slug };
    let policy: Policy = place.json("body", &row.body)?;
    Ok(Policy { version: row.version, ..policy })
}

async fn calendars(connection: &impl ConnectionTrait) -> Result<BTreeMap<Slug, Arc<DeskCalendar>>, StoreError> {
    let rows = calendar::Entity::find().filter(calendar::Column::Current.eq(true)).all(connection).await?;
    let always = always();
    let mut calendars: BTreeMap<_, _> = [(always.slug.clone(), always)].into();
    for row in rows {
        let calendar = calendar_of(&row)?;
        calendars.insert(calendar.slug.clone(), calendar);
    }
    Ok(calendars)
}

/// Every desk has the calendar that is none.
fn always() -> Arc<DeskCalendar> {
    let slug = Slug::new("always").expect("a legal slug");
    Arc::new(DeskCalendar { slug, version: 1, calendar: Calendar::always() })
}

/// A version of a calendar as it was.
pub(crate) async fn calendar_version(
    connection: &impl ConnectionTrait,
    slug: &Slug,
    version: i32,
) -> Result<Option<Arc<DeskCalendar>>, StoreError> {
    let row = calendar::Entity::find_by_id((slug.to_string(), version)).one(connection).await?;
    match row {
        Some(row) => calendar_of(&row).map(Some),
        None => Ok(Some(always()).filter(|always| always.slug == *slug && always.version == version)),
    }
}

fn calendar_of(row: &calendar::Model) -> Result<Arc<DeskCalendar>, StoreError> {
    let place = Place { table: "calendar", id: &row.slug };
    let spec: CalendarSpec = place.json("body", &row.body)?;
    let calendar = Calendar::compile(&spec).map_err(|error| place.corrupt("body", error))?;
    let slug = place.slug("slug", row.slug.clone())?;
    Ok(Arc::new(DeskCalendar { slug, version: row.version, calendar }))
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
