//! Cases with the operator, and the tickets they are about.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, integer, text, text_null, uuid};

use crate::{create, statements};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager, operator_case()).await?;
        create(manager, case_ticket()).await?;
        statements(manager, &INDEXES).await
    }
}

const INDEXES: [&str; 4] = [
    "CREATE INDEX operator_case_by_reference ON operator_case (reference) WHERE reference IS NOT NULL",
    "CREATE INDEX operator_case_by_state_drafted_at_id ON operator_case (state, drafted_at, id)",
    "CREATE INDEX operator_case_by_drafted_at_id ON operator_case (drafted_at, id)",
    "CREATE INDEX case_ticket_by_ticket_id ON case_ticket (ticket_id)",
];

fn operator_case() -> TableCreateStatement {
    Table::create()
        .table("operator_case")
        .col(uuid("id").primary_key())
        .col(big_integer("version"))
        .col(text("state"))
        .col(text("state_data"))
        .col(text("operator"))
        .col(text("reason"))
        .col(text("severity"))
        .col(text_null("severity_lowered"))
        .col(text("health"))
        .col(text_null("reference"))
        .col(text_null("channel"))
        .col(big_integer("drafted_at"))
        .col(big_integer_null("filed_at"))
        .col(big_integer_null("acknowledged_at"))
        .col(big_integer_null("last_word_at"))
        .col(big_integer_null("ended_at"))
        .col(integer("reopened_count"))
        .col(text("words"))
        .to_owned()
}

fn case_ticket() -> TableCreateStatement {
    Table::create()
        .table("case_ticket")
        .col(uuid("case_id"))
        .col(uuid("ticket_id"))
        .primary_key(Index::create().col("case_id").col("ticket_id"))
        .foreign_key(ForeignKey::create().from("case_ticket", "case_id").to("operator_case", "id"))
        .foreign_key(ForeignKey::create().from("case_ticket", "ticket_id").to("ticket", "id"))
        .to_owned()
}
