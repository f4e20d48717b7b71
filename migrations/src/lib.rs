//! The schema, one file a step. Every step runs in a transaction of its own on both databases, so an upgrade that is
//! interrupted stops between two steps and never inside one.
//!
//! Instants are whole Unix seconds, ids are UUIDs, structured values are JSON text; nothing of it differs between
//! SQLite and PostgreSQL. A step that is released never changes again: what must change is a new step.

mod m0001_people;
mod m0002_rules;
mod m0003_tickets;
mod m0004_cases;
mod m0005_conversation;
mod m0006_incoming_mail;
mod m0007_outbox;
mod m0008_access;
mod m0009_work;
mod m0010_numbers_and_search;
mod m0011_clocks;
mod m0012_recompute;
mod m0013_incidents;
mod m0014_subscriptions;
mod m0015_disclosures;
mod m0016_answers;
mod m0017_filed_cases;
mod m0018_requests;

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{DatabaseConnection, EntityTrait, QueryOrder};
use sea_orm_migration::seaql_migrations;

struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_people::Migration),
            Box::new(m0002_rules::Migration),
            Box::new(m0003_tickets::Migration),
            Box::new(m0004_cases::Migration),
            Box::new(m0005_conversation::Migration),
            Box::new(m0006_incoming_mail::Migration),
            Box::new(m0007_outbox::Migration),
            Box::new(m0008_access::Migration),
            Box::new(m0009_work::Migration),
            Box::new(m0010_numbers_and_search::Migration),
            Box::new(m0011_clocks::Migration),
            Box::new(m0012_recompute::Migration),
            Box::new(m0013_incidents::Migration),
            Box::new(m0014_subscriptions::Migration),
            Box::new(m0015_disclosures::Migration),
            Box::new(m0016_answers::Migration),
            Box::new(m0017_filed_cases::Migration),
            Box::new(m0018_requests::Migration),
        ]
    }
}

/// The names of all steps, oldest first.
pub fn steps() -> Vec<String> {
    Migrator::migrations().iter().map(|step| step.name().to_owned()).collect()
}

/// The steps that a database has been through; none where nothing was ever set up. Changes nothing.
pub async fn applied(connection: &DatabaseConnection) -> Result<Option<Vec<String>>, DbErr> {
    if !SchemaManager::new(connection).has_table("seaql_migrations").await? {
        return Ok(None);
    }
    let rows = seaql_migrations::Entity::find().order_by_asc(seaql_migrations::Column::Version).all(connection).await?;
    Ok(Some(rows.into_iter().map(|row| row.version).collect()))
}

/// Takes the steps that are missing. The connection must be a single one.
pub async fn upgrade(connection: &DatabaseConnection) -> Result<(), DbErr> {
    Migrator::up(connection, None).await
}

/// Takes so many of the steps that are missing; to try a later one on data from before it.
pub async fn upgrade_by(connection: &DatabaseConnection, steps: u32) -> Result<(), DbErr> {
    Migrator::up(connection, Some(steps)).await
}

async fn create(manager: &SchemaManager<'_>, table: TableCreateStatement) -> Result<(), DbErr> {
    manager.create_table(table).await
}

/// Indexes are written as SQL, because both databases write partial ones alike and the query builder does not.
async fn statements(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    for statement in statements {
        manager.get_connection().execute_unprepared(statement).await?;
    }
    Ok(())
}
