//! What goes out by an operator's interface has a pace of its own.

use sea_orm_migration::prelude::*;

use crate::statements;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        statements(manager, &INDEXES).await
    }
}

const INDEXES: [&str; 3] = [
    "CREATE INDEX outbox_request_by_next_attempt_at_id ON outbox (next_attempt_at, id)
        WHERE next_attempt_at IS NOT NULL AND recipient_kind = 'operator'",
    "CREATE INDEX message_by_case_id_at_id ON message (case_id, at, id) WHERE case_id IS NOT NULL",
    "CREATE INDEX operator_case_by_channel_id ON operator_case (channel, id) WHERE ended_at IS NULL",
];
