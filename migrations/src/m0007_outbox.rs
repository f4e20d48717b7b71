//! What is to be sent, and every attempt at it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, integer, text, text_null, text_uniq, uuid, uuid_null};

use crate::{create, statements};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager, outbox()).await?;
        create(manager, delivery_attempt()).await?;
        statements(manager, &INDEXES).await
    }
}

const INDEXES: [&str; 4] = [
    "CREATE INDEX outbox_by_next_attempt_at_id ON outbox (next_attempt_at, id) WHERE next_attempt_at IS NOT NULL",
    "CREATE INDEX outbox_by_ticket_id_id ON outbox (ticket_id, id)",
    "CREATE INDEX outbox_by_state_id ON outbox (state, id)",
    "CREATE INDEX delivery_attempt_by_outbox_id_id ON delivery_attempt (outbox_id, id)",
];

fn outbox() -> TableCreateStatement {
    Table::create()
        .table("outbox")
        .col(uuid("id").primary_key())
        .col(text_uniq("key"))
        .col(uuid_null("ticket_id"))
        .col(uuid_null("case_id"))
        .col(text("recipient_kind"))
        .col(uuid("recipient_id"))
        .col(text("notice"))
        .col(text("notice_data"))
        .col(text_uniq("mail_id"))
        .col(text("state"))
        .col(integer("attempts"))
        .col(big_integer_null("next_attempt_at"))
        .col(big_integer("created_at"))
        .col(big_integer_null("sent_at"))
        .col(big_integer("fence"))
        .col(text_null("last_error"))
        .col(text_null("provider_id"))
        .foreign_key(ForeignKey::create().from("outbox", "ticket_id").to("ticket", "id"))
        .foreign_key(ForeignKey::create().from("outbox", "case_id").to("operator_case", "id"))
        .to_owned()
}

fn delivery_attempt() -> TableCreateStatement {
    Table::create()
        .table("delivery_attempt")
        .col(uuid("id").primary_key())
        .col(uuid("outbox_id"))
        .col(big_integer("at"))
        .col(text("outcome"))
        .col(text("detail"))
        .foreign_key(ForeignKey::create().from("delivery_attempt", "outbox_id").to("outbox", "id"))
        .to_owned()
}
