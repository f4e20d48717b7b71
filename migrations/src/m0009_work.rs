//! Work that comes round, and who does it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, text, text_null};

use crate::{create, statements};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager, schedule()).await?;
        create(manager, lease()).await?;
        statements(manager, &INDEXES).await
    }
}

const INDEXES: [&str; 1] = ["CREATE INDEX schedule_by_next_run_at ON schedule (next_run_at)"];

fn schedule() -> TableCreateStatement {
    Table::create()
        .table("schedule")
        .col(text("name").primary_key())
        .col(text("cron"))
        .col(big_integer("next_run_at"))
        .col(big_integer_null("due_at"))
        .col(big_integer_null("last_run_at"))
        .col(text_null("last_status"))
        .col(big_integer("fence"))
        .to_owned()
}

fn lease() -> TableCreateStatement {
    Table::create()
        .table("lease")
        .col(text("name").primary_key())
        .col(text("holder"))
        .col(big_integer("held_until"))
        .col(big_integer("fence"))
        .to_owned()
}
