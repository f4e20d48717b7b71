//! Messages and attachments.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, blob, boolean, text, text_null, uuid, uuid_null};

use crate::{create, statements};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager, message()).await?;
        create(manager, attachment()).await?;
        statements(manager, &INDEXES).await
    }
}

const INDEXES: [&str; 3] = [
    "CREATE INDEX message_by_ticket_id_at_id ON message (ticket_id, at, id)",
    "CREATE INDEX message_by_mail_id ON message (mail_id) WHERE mail_id IS NOT NULL",
    "CREATE INDEX attachment_by_message_id ON attachment (message_id) WHERE message_id IS NOT NULL",
];

fn message() -> TableCreateStatement {
    Table::create()
        .table("message")
        .col(uuid("id").primary_key())
        .col(uuid("ticket_id"))
        .col(text("origins"))
        .col(text("kind"))
        .col(text("author_kind"))
        .col(uuid_null("author_id"))
        .col(big_integer("at"))
        .col(text("body"))
        .col(text_null("html"))
        .col(text("cc"))
        .col(text_null("mail_id"))
        .col(uuid_null("case_id"))
        .col(boolean("restricted"))
        .foreign_key(ForeignKey::create().from("message", "ticket_id").to("ticket", "id"))
        .foreign_key(ForeignKey::create().from("message", "case_id").to("operator_case", "id"))
        .to_owned()
}

fn attachment() -> TableCreateStatement {
    Table::create()
        .table("attachment")
        .col(uuid("id").primary_key())
        .col(uuid_null("message_id"))
        .col(text("filename"))
        .col(text("content_type"))
        .col(big_integer("size"))
        .col(text("sha256"))
        .col(text_null("inline_id"))
        .col(big_integer("created_at"))
        .col(text("uploader_kind"))
        .col(uuid_null("uploader_id"))
        .col(blob("bytes"))
        .foreign_key(ForeignKey::create().from("attachment", "message_id").to("message", "id"))
        .to_owned()
}
