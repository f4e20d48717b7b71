//! Jobs that measure everything unfinished anew; and an index, so that calls to webhooks never wait behind mail.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, integer, text, uuid, uuid_null};

use crate::{create, statements};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager, recompute_job()).await?;
        statements(manager, &INDEXES).await
    }
}

const INDEXES: [&str; 3] = [
    "CREATE INDEX recompute_job_unfinished_by_id ON recompute_job (id) WHERE finished_at IS NULL",
    "CREATE INDEX recompute_job_by_cause_id ON recompute_job (cause_kind, cause, id)",
    "CREATE INDEX outbox_call_by_next_attempt_at_id ON outbox (next_attempt_at, id)
        WHERE next_attempt_at IS NOT NULL AND recipient_kind = 'webhook'",
];

fn recompute_job() -> TableCreateStatement {
    Table::create()
        .table("recompute_job")
        .col(uuid("id").primary_key())
        .col(text("cause_kind"))
        .col(text("cause"))
        .col(integer("version"))
        .col(text("place_kind"))
        .col(uuid_null("place_id"))
        .col(big_integer("total"))
        .col(big_integer("done"))
        .col(big_integer("failed"))
        .col(big_integer("started_at"))
        .col(big_integer_null("finished_at"))
        .to_owned()
}
