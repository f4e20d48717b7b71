//! Clocks of cases beside those of tickets, revisions and ladder steps; versions of policies and calendars; rotas; who
//! fires what; notices that wait for a digest.
//!
//! The clock table is built anew, because SQLite cannot take a `NOT NULL` off, and because the id of a clock now depends
//! on its revision. What was on record is carried over by `carry_over`.

mod carry_over;

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, boolean, integer, text, text_null, uuid, uuid_null};
use sea_orm_migration::sea_orm::DbBackend;

use crate::{create, statements};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        firing(manager).await?;
        rules(manager).await?;
        outbox(manager).await?;
        create(manager, rota()).await?;
        create(manager, clock()).await?;
        carry_over::everything(manager).await?;
        statements(manager, &["DROP TABLE clock", "ALTER TABLE clock_next RENAME TO clock"]).await?;
        statements(manager, &INDEXES).await
    }
}

/// `fires_at` is from when on something can be claimed: due, and nobody has it. The program asks for it word by word.
const INDEXES: [&str; 15] = [
    "CREATE INDEX clock_by_ticket_id ON clock (ticket_id)",
    "CREATE INDEX clock_by_case_id ON clock (case_id) WHERE case_id IS NOT NULL",
    "CREATE INDEX clock_by_ended_at_id ON clock (ended_at, id) WHERE ended_at IS NOT NULL",
    "CREATE INDEX clock_by_missed_at_id ON clock (missed_at, id) WHERE missed_at IS NOT NULL",
    "CREATE INDEX clock_by_deadline_id ON clock (deadline, id) WHERE ended_at IS NULL AND missed_at IS NULL",
    "CREATE INDEX clock_open_by_missed_at_id ON clock (missed_at, id)
        WHERE ended_at IS NULL AND missed_at IS NOT NULL",
    "CREATE INDEX ticket_by_fires_at ON ticket
        ((CASE WHEN fire_claimed_until > next_fire_at THEN fire_claimed_until ELSE next_fire_at END))
        WHERE next_fire_at IS NOT NULL",
    "CREATE INDEX operator_case_by_fires_at ON operator_case
        ((CASE WHEN fire_claimed_until > next_fire_at THEN fire_claimed_until ELSE next_fire_at END))
        WHERE next_fire_at IS NOT NULL",
    "CREATE INDEX operator_case_by_next_fire_at ON operator_case (next_fire_at) WHERE next_fire_at IS NOT NULL",
    "CREATE INDEX ticket_by_fire_failures_id ON ticket (fire_failures, id) WHERE fire_failures > 0",
    "CREATE INDEX operator_case_by_fire_failures_id ON operator_case (fire_failures, id) WHERE fire_failures > 0",
    "CREATE INDEX ticket_unfinished_by_id ON ticket (id) WHERE queue_at IS NOT NULL",
    "CREATE INDEX outbox_held_by_recipient_id ON outbox (recipient_kind, recipient_id, recipient_text, id)
        WHERE state = 'held'",
    "CREATE INDEX outbox_by_digest_id_id ON outbox (digest_id, id) WHERE digest_id IS NOT NULL",
    "CREATE UNIQUE INDEX policy_by_side_version ON policy (side, version)",
];

async fn add(manager: &SchemaManager<'_>, table: &'static str, column: ColumnDef) -> Result<(), DbErr> {
    manager.alter_table(Table::alter().table(table).add_column(column).to_owned()).await
}

async fn firing(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    for table in ["ticket", "operator_case"] {
        add(manager, table, big_integer_null("fire_claimed_until")).await?;
        add(manager, table, big_integer("fire_fence").default(0).to_owned()).await?;
        add(manager, table, integer("fire_failures").default(0).to_owned()).await?;
    }
    add(manager, "operator_case", text("timeline").default("[]").to_owned()).await?;
    add(manager, "operator_case", big_integer_null("next_fire_at")).await
}

/// What was the current version holds for what runs, as it did.
async fn rules(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    for table in ["policy", "calendar"] {
        add(manager, table, text("applies_to").default("running").to_owned()).await?;
        add(manager, table, uuid_null("publisher_id")).await?;
    }
    add(manager, "policy", text("side").default("customer").to_owned()).await?;
    statements(
        manager,
        &[
            "ALTER TABLE policy RENAME COLUMN created_at TO published_at",
            "ALTER TABLE policy DROP COLUMN \"current\"",
            "ALTER TABLE calendar RENAME COLUMN created_at TO published_at",
            "ALTER TABLE calendar DROP COLUMN \"current\"",
        ],
    )
    .await
}

async fn outbox(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    add(manager, "outbox", text_null("recipient_text")).await?;
    add(manager, "outbox", uuid_null("digest_id")).await?;
    if manager.get_database_backend() == DbBackend::Postgres {
        return statements(manager, &["ALTER TABLE outbox ALTER COLUMN recipient_id DROP NOT NULL"]).await;
    }
    add(manager, "outbox", uuid_null("person_id")).await?;
    statements(
        manager,
        &[
            "UPDATE outbox SET person_id = recipient_id",
            "ALTER TABLE outbox DROP COLUMN recipient_id",
            "ALTER TABLE outbox RENAME COLUMN person_id TO recipient_id",
        ],
    )
    .await
}

fn rota() -> TableCreateStatement {
    Table::create()
        .table("rota")
        .col(text("slug").primary_key())
        .col(text("body"))
        .col(big_integer("updated_at"))
        .to_owned()
}

fn clock() -> TableCreateStatement {
    Table::create()
        .table("clock_next")
        .col(uuid("id").primary_key())
        .col(uuid_null("ticket_id"))
        .col(uuid_null("case_id"))
        .col(text("objective"))
        .col(integer("cycle"))
        .col(integer("revision"))
        .col(integer("policy_version"))
        .col(text("rule"))
        .col(text("calendar"))
        .col(integer("calendar_version"))
        .col(big_integer("started_at"))
        .col(big_integer("target_s"))
        .col(text("pauses"))
        .col(big_integer_null("deadline"))
        .col(big_integer_null("remaining_s"))
        .col(big_integer_null("consumed_s"))
        .col(boolean("provisional"))
        .col(text("state"))
        .col(text_null("outcome"))
        .col(big_integer_null("ended_at"))
        .col(big_integer_null("missed_at"))
        .col(boolean("lowered"))
        .col(text_null("excuse"))
        .col(text("steps"))
        .foreign_key(ForeignKey::create().from("clock_next", "ticket_id").to("ticket", "id"))
        .foreign_key(ForeignKey::create().from("clock_next", "case_id").to("operator_case", "id"))
        .to_owned()
}
