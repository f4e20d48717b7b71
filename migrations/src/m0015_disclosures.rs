//! What was handed to the operator, to whom and when: names of fields and files, never what stood in them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text, uuid, uuid_null};

use crate::{create, statements};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager, disclosure()).await?;
        statements(manager, &INDEXES).await
    }
}

const INDEXES: [&str; 2] = [
    "CREATE INDEX disclosure_by_case_id ON disclosure (case_id, at, id)",
    "CREATE INDEX disclosure_by_at ON disclosure (at)",
];

fn disclosure() -> TableCreateStatement {
    Table::create()
        .table("disclosure")
        .col(uuid("id").primary_key())
        .col(uuid("case_id"))
        .col(uuid("ticket_id"))
        .col(text("operator"))
        .col(big_integer("at"))
        .col(text("actor_kind"))
        .col(uuid_null("actor_id"))
        .col(text("channel"))
        .col(text("fields"))
        .col(text("attachments"))
        .col(text("digest"))
        .to_owned()
}
