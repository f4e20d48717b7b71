//! Who may come in, and what they did.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, text, text_uniq, uuid, uuid_null};

use crate::{create, statements};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager, session()).await?;
        create(manager, api_token()).await?;
        create(manager, one_time_link()).await?;
        create(manager, login_attempt()).await?;
        create(manager, idempotency()).await?;
        create(manager, audit()).await?;
        statements(manager, &INDEXES).await
    }
}

const INDEXES: [&str; 7] = [
    "CREATE INDEX session_by_agent_id ON session (agent_id)",
    "CREATE INDEX session_by_expires_at ON session (expires_at)",
    "CREATE INDEX api_token_by_agent_id ON api_token (agent_id)",
    "CREATE INDEX one_time_link_by_agent_id ON one_time_link (agent_id)",
    "CREATE INDEX login_attempt_by_subject_at ON login_attempt (subject, at)",
    "CREATE INDEX login_attempt_by_at ON login_attempt (at)",
    "CREATE INDEX idempotency_by_created_at ON idempotency (created_at)",
];

fn session() -> TableCreateStatement {
    Table::create()
        .table("session")
        .col(uuid("id").primary_key())
        .col(text_uniq("token_hash"))
        .col(uuid("agent_id"))
        .col(text("csrf"))
        .col(big_integer("created_at"))
        .col(big_integer("last_seen_at"))
        .col(big_integer("expires_at"))
        .foreign_key(ForeignKey::create().from("session", "agent_id").to("agent", "id"))
        .to_owned()
}

fn api_token() -> TableCreateStatement {
    Table::create()
        .table("api_token")
        .col(uuid("id").primary_key())
        .col(uuid("agent_id"))
        .col(text("name"))
        .col(text_uniq("hash"))
        .col(text("scopes"))
        .col(big_integer("created_at"))
        .col(big_integer_null("last_used_at"))
        .col(big_integer_null("revoked_at"))
        .foreign_key(ForeignKey::create().from("api_token", "agent_id").to("agent", "id"))
        .to_owned()
}

fn one_time_link() -> TableCreateStatement {
    Table::create()
        .table("one_time_link")
        .col(uuid("id").primary_key())
        .col(text("purpose"))
        .col(uuid("agent_id"))
        .col(text_uniq("hash"))
        .col(big_integer("expires_at"))
        .col(big_integer_null("used_at"))
        .foreign_key(ForeignKey::create().from("one_time_link", "agent_id").to("agent", "id"))
        .to_owned()
}

fn login_attempt() -> TableCreateStatement {
    Table::create()
        .table("login_attempt")
        .col(uuid("id").primary_key())
        .col(text("subject"))
        .col(big_integer("at"))
        .to_owned()
}

fn idempotency() -> TableCreateStatement {
    Table::create()
        .table("idempotency")
        .col(text("owner"))
        .col(text("key"))
        .col(text("body_hash"))
        .col(text("response"))
        .col(big_integer("created_at"))
        .primary_key(Index::create().col("owner").col("key"))
        .to_owned()
}

fn audit() -> TableCreateStatement {
    Table::create()
        .table("audit")
        .col(uuid("id").primary_key())
        .col(big_integer("at"))
        .col(text("actor_kind"))
        .col(uuid_null("actor_id"))
        .col(text("what"))
        .col(text("object"))
        .col(text("detail"))
        .to_owned()
}
