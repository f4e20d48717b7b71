//! Tickets, what happened to them, and their clocks.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, big_integer_uniq, boolean, integer, text, text_null, uuid, uuid_null,
};

use crate::{create, statements};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager, ticket()).await?;
        create(manager, participant()).await?;
        create(manager, event()).await?;
        create(manager, clock()).await?;
        statements(manager, &INDEXES).await
    }
}

const INDEXES: [&str; 10] = [
    "CREATE INDEX ticket_by_queue_at_number ON ticket (queue_at, number) WHERE queue_at IS NOT NULL",
    "CREATE INDEX ticket_by_owner_id_queue_at_number ON ticket (owner_id, queue_at, number) WHERE queue_at IS NOT NULL",
    "CREATE INDEX ticket_by_team_id_queue_at_number ON ticket (team_id, queue_at, number) WHERE queue_at IS NOT NULL",
    "CREATE INDEX ticket_by_next_fire_at ON ticket (next_fire_at) WHERE next_fire_at IS NOT NULL",
    "CREATE INDEX ticket_by_resolved_at ON ticket (resolved_at) WHERE resolved_at IS NOT NULL",
    "CREATE INDEX ticket_by_updated_at_number ON ticket (updated_at, number)",
    "CREATE INDEX ticket_by_state_updated_at_number ON ticket (state, updated_at, number)",
    "CREATE INDEX ticket_by_customer_id_number ON ticket (customer_id, number)",
    "CREATE INDEX ticket_by_requester_id_number ON ticket (requester_id, number)",
    "CREATE INDEX clock_by_ticket_id ON clock (ticket_id)",
];

fn ticket() -> TableCreateStatement {
    Table::create()
        .table("ticket")
        .col(uuid("id").primary_key())
        .col(big_integer_uniq("number"))
        .col(big_integer("version"))
        .col(text("state"))
        .col(text("state_data"))
        .col(text("channel"))
        .col(uuid_null("customer_id"))
        .col(uuid("requester_id"))
        .col(uuid_null("mailbox_id"))
        .col(boolean("triaged"))
        .col(text_null("severity"))
        .col(text_null("category"))
        .col(text_null("service"))
        .col(uuid_null("owner_id"))
        .col(uuid_null("team_id"))
        .col(text_null("label"))
        .col(big_integer_null("snoozed_until"))
        .col(big_integer("opened_at"))
        .col(big_integer("updated_at"))
        .col(boolean("imported"))
        .col(big_integer_null("due_at"))
        .col(big_integer_null("next_fire_at"))
        .col(big_integer_null("queue_at"))
        .col(big_integer_null("resolved_at"))
        .col(text("subject"))
        .col(text("custom_fields"))
        .col(text("sets"))
        .foreign_key(ForeignKey::create().from("ticket", "customer_id").to("customer", "id"))
        .foreign_key(ForeignKey::create().from("ticket", "requester_id").to("contact", "id"))
        .foreign_key(ForeignKey::create().from("ticket", "mailbox_id").to("mailbox", "id"))
        .foreign_key(ForeignKey::create().from("ticket", "owner_id").to("agent", "id"))
        .foreign_key(ForeignKey::create().from("ticket", "team_id").to("team", "id"))
        .to_owned()
}

fn participant() -> TableCreateStatement {
    Table::create()
        .table("participant")
        .col(uuid("ticket_id"))
        .col(uuid("contact_id"))
        .primary_key(Index::create().col("ticket_id").col("contact_id"))
        .foreign_key(ForeignKey::create().from("participant", "ticket_id").to("ticket", "id"))
        .foreign_key(ForeignKey::create().from("participant", "contact_id").to("contact", "id"))
        .to_owned()
}

fn event() -> TableCreateStatement {
    Table::create()
        .table("event")
        .col(uuid("ticket_id"))
        .col(big_integer("seq"))
        .col(big_integer("at"))
        .col(big_integer("recorded_at"))
        .col(text("actor_kind"))
        .col(uuid_null("actor_id"))
        .col(text("kind"))
        .col(text("data"))
        .primary_key(Index::create().col("ticket_id").col("seq"))
        .foreign_key(ForeignKey::create().from("event", "ticket_id").to("ticket", "id"))
        .to_owned()
}

fn clock() -> TableCreateStatement {
    Table::create()
        .table("clock")
        .col(uuid("id").primary_key())
        .col(uuid("ticket_id"))
        .col(text("objective"))
        .col(integer("cycle"))
        .col(integer("policy_version"))
        .col(text("rule"))
        .col(text("calendar"))
        .col(integer("calendar_version"))
        .col(big_integer("started_at"))
        .col(big_integer("target_s"))
        .col(text("pauses"))
        .col(big_integer_null("deadline"))
        .col(big_integer_null("remaining_s"))
        .col(boolean("provisional"))
        .col(text("state"))
        .col(text_null("outcome"))
        .col(big_integer_null("ended_at"))
        .col(big_integer_null("missed_at"))
        .col(text("steps_done"))
        .foreign_key(ForeignKey::create().from("clock", "ticket_id").to("ticket", "id"))
        .to_owned()
}
