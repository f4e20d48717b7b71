//! What the desk has agreed on: policies, calendars, categories, services and their health, settings.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, boolean, integer, text, text_null, uuid, uuid_null};

use crate::{create, statements};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager, policy()).await?;
        create(manager, calendar()).await?;
        create(manager, category()).await?;
        create(manager, service()).await?;
        create(manager, setting()).await?;
        create(manager, desk_version()).await?;
        create(manager, service_health()).await?;
        create(manager, service_health_entry()).await?;
        statements(manager, &INDEXES).await
    }
}

const INDEXES: [&str; 1] =
    ["CREATE INDEX service_health_entry_by_service_checked_at ON service_health_entry (service, checked_at)"];

fn policy() -> TableCreateStatement {
    Table::create()
        .table("policy")
        .col(text("slug"))
        .col(integer("version"))
        .col(text("body"))
        .col(boolean("current"))
        .col(big_integer("created_at"))
        .primary_key(Index::create().col("slug").col("version"))
        .to_owned()
}

fn calendar() -> TableCreateStatement {
    Table::create()
        .table("calendar")
        .col(text("slug"))
        .col(integer("version"))
        .col(text("body"))
        .col(boolean("current"))
        .col(big_integer("created_at"))
        .primary_key(Index::create().col("slug").col("version"))
        .to_owned()
}

fn category() -> TableCreateStatement {
    Table::create()
        .table("category")
        .col(text("slug").primary_key())
        .col(integer("position"))
        .col(text("body"))
        .to_owned()
}

fn service() -> TableCreateStatement {
    Table::create()
        .table("service")
        .col(text("slug").primary_key())
        .col(integer("position"))
        .col(text("body"))
        .to_owned()
}

fn setting() -> TableCreateStatement {
    Table::create().table("setting").col(text("key").primary_key()).col(text("value")).to_owned()
}

fn desk_version() -> TableCreateStatement {
    Table::create().table("desk_version").col(integer("id").primary_key()).col(big_integer("version")).to_owned()
}

fn service_health() -> TableCreateStatement {
    Table::create()
        .table("service_health")
        .col(text("service"))
        .col(text("scope"))
        .col(text("status"))
        .col(text("note"))
        .col(text_null("incident"))
        .col(big_integer("checked_at"))
        .col(uuid_null("checked_by_id"))
        .primary_key(Index::create().col("service").col("scope"))
        .to_owned()
}

fn service_health_entry() -> TableCreateStatement {
    Table::create()
        .table("service_health_entry")
        .col(uuid("id").primary_key())
        .col(text("service"))
        .col(text("scope"))
        .col(text("status"))
        .col(text("note"))
        .col(text_null("incident"))
        .col(big_integer("checked_at"))
        .col(uuid_null("checked_by_id"))
        .to_owned()
}
