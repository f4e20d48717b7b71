//! Where ticket numbers come from, the words that search looks at, and the counter of the desk's rules.
//!
//! The two databases differ here: PostgreSQL has sequences and `tsvector`, SQLite a counter row and FTS5.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::statements;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        statements(manager, &["INSERT INTO desk_version (id, version) VALUES (1, 1)"]).await?;
        match manager.get_database_backend() {
            DbBackend::Postgres => statements(manager, &POSTGRES).await,
            _ => statements(manager, &SQLITE).await,
        }
    }
}

const POSTGRES: [&str; 4] = [
    "CREATE SEQUENCE ticket_number_seq START 1001",
    "CREATE TABLE ticket_search (number bigint PRIMARY KEY, public_words tsvector NOT NULL, all_words tsvector NOT NULL)",
    "CREATE INDEX ticket_search_by_public_words ON ticket_search USING gin (public_words)",
    "CREATE INDEX ticket_search_by_all_words ON ticket_search USING gin (all_words)",
];

/// The row id of a search row is the ticket's number. Our own tokens come in, so the tokenizer only splits at spaces.
const SQLITE: [&str; 3] = [
    "CREATE TABLE ticket_number (id integer PRIMARY KEY CHECK (id = 1), last bigint NOT NULL)",
    "INSERT INTO ticket_number (id, last) VALUES (1, 1000)",
    "CREATE VIRTUAL TABLE ticket_search USING fts5 (public_words, internal_words, tokenize = 'unicode61 remove_diacritics 0')",
];
