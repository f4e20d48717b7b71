//! Mail of the operator's that waits for its case, and the numbers it names.

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
        create(manager, operator_mail()).await?;
        create(manager, operator_mail_reference()).await?;
        statements(manager, &INDEXES).await
    }
}

const INDEXES: [&str; 2] = [
    "CREATE INDEX operator_mail_waiting ON operator_mail (mail_id) WHERE case_id IS NULL",
    "CREATE INDEX operator_mail_reference_by_mail_id ON operator_mail_reference (mail_id)",
];

fn operator_mail() -> TableCreateStatement {
    Table::create()
        .table("operator_mail")
        .col(uuid("mail_id").primary_key())
        .col(text("sender"))
        .col(text("subject"))
        .col(text("excerpt"))
        .col(text("why"))
        .col(big_integer("received_at"))
        .col(uuid_null("case_id"))
        .foreign_key(ForeignKey::create().from("operator_mail", "mail_id").to("raw_mail", "id"))
        .foreign_key(ForeignKey::create().from("operator_mail", "case_id").to("operator_case", "id"))
        .to_owned()
}

fn operator_mail_reference() -> TableCreateStatement {
    Table::create()
        .table("operator_mail_reference")
        .col(text("reference"))
        .col(uuid("mail_id"))
        .primary_key(Index::create().col("reference").col("mail_id"))
        .foreign_key(ForeignKey::create().from("operator_mail_reference", "mail_id").to("raw_mail", "id"))
        .to_owned()
}
