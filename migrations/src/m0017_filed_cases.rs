//! Reports on escalations read cases by the time they were filed.

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
        statements(manager, &[INDEX]).await
    }
}

const INDEX: &str =
    "CREATE INDEX operator_case_by_filed_at_id ON operator_case (filed_at, id) WHERE filed_at IS NOT NULL";
