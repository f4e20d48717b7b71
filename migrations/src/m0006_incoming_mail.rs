//! Mail as it arrived, what became of it, and whom a machine answered.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, blob, integer, text, text_null, uuid};

use crate::{create, statements};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager, raw_mail()).await?;
        create(manager, raw_mail_fate()).await?;
        create(manager, auto_answer()).await?;
        statements(manager, &INDEXES).await
    }
}

const INDEXES: [&str; 3] = [
    "CREATE INDEX raw_mail_by_fate_id ON raw_mail (fate, id)",
    "CREATE INDEX raw_mail_by_sha256 ON raw_mail (sha256)",
    "CREATE INDEX auto_answer_by_address_hash_at ON auto_answer (address_hash, at)",
];

fn raw_mail() -> TableCreateStatement {
    Table::create()
        .table("raw_mail")
        .col(uuid("id").primary_key())
        .col(big_integer("received_at"))
        .col(text("source"))
        .col(text_null("envelope_from"))
        .col(text("envelope_to"))
        .col(text("sha256"))
        .col(big_integer("size"))
        .col(text("fate"))
        .col(text("fate_data"))
        .col(big_integer("fate_at"))
        .col(integer("fate_seq"))
        .col(blob("bytes"))
        .to_owned()
}

fn raw_mail_fate() -> TableCreateStatement {
    Table::create()
        .table("raw_mail_fate")
        .col(uuid("mail_id"))
        .col(integer("seq"))
        .col(big_integer("at"))
        .col(text("fate"))
        .col(text("fate_data"))
        .primary_key(Index::create().col("mail_id").col("seq"))
        .foreign_key(ForeignKey::create().from("raw_mail_fate", "mail_id").to("raw_mail", "id"))
        .to_owned()
}

fn auto_answer() -> TableCreateStatement {
    Table::create()
        .table("auto_answer")
        .col(uuid("id").primary_key())
        .col(text("address_hash"))
        .col(big_integer("at"))
        .to_owned()
}
