//! Connections: how each database is spoken to so that nothing that was acknowledged is lost.

use std::time::Duration;

use sea_orm::sqlx::ConnectOptions as _;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, Database, DatabaseConnection};

use crate::{Backend, StoreError};

/// How long a writer waits for another process to let go of the SQLite file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(20);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A node that stands still in the middle of a transaction keeps no row from the others for longer; ours take
/// milliseconds. PostgreSQL then ends the session, and the node is told so when it wakes up.
const IDLE_IN_TRANSACTION: &str = "10s";
const STATEMENTS_CACHED: usize = 256;
/// A connection that has just been used needs no word whether it is still there; one that rested may have been cut.
const TESTED_AFTER: Duration = Duration::from_secs(1);

/// Two ways into the same database.
#[derive(Debug, Clone)]
pub(crate) struct Connections {
    /// For pages: on SQLite these never wait for a writer.
    pub reader: DatabaseConnection,
    /// On SQLite exactly one connection, so that writers queue up instead of failing; on PostgreSQL the same pool.
    pub writer: DatabaseConnection,
}

impl Backend {
    pub(crate) fn of_url(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres);
        }
        let file = url.strip_prefix("sqlite:").map(|rest| rest.trim_start_matches("//")).unwrap_or_default();
        // A database in memory would be another one for each connection.
        if file.is_empty() || file.starts_with(":memory:") || file.contains("mode=memory") {
            return Err(StoreError::BadUrl);
        }
        Ok(Self::Sqlite)
    }
}

pub(crate) async fn connect(url: &str, pool_max: u32) -> Result<Connections, StoreError> {
    match Backend::of_url(url)? {
        Backend::Postgres => {
            let pool = open(pool(url, pool_max)).await?;
            Ok(Connections { reader: pool.clone(), writer: pool })
        }
        Backend::Sqlite => {
            let writer = open(sqlite(url, 1, false)).await?;
            let mut readers = sqlite(url, pool_max, false);
            readers.map_sqlx_sqlite_opts(|options| durable(options).pragma("query_only", "1"));
            Ok(Connections { reader: open(readers).await?, writer })
        }
    }
}

/// One connection that may create the SQLite file; for upgrades, where everything must happen on the same connection.
pub(crate) async fn connect_for_upgrade(url: &str) -> Result<DatabaseConnection, StoreError> {
    match Backend::of_url(url)? {
        Backend::Postgres => open(pool(url, 1)).await,
        Backend::Sqlite => open(sqlite(url, 1, true)).await,
    }
}

/// One connection that only looks whether others have written.
pub(crate) async fn connect_to_watch(url: &str) -> Result<DatabaseConnection, StoreError> {
    open(sqlite(url, 1, false)).await
}

async fn open(options: ConnectOptions) -> Result<DatabaseConnection, StoreError> {
    Database::connect(options).await.map_err(StoreError::Unreachable)
}

fn pool(url: &str, connections_max: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections_max.max(1))
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_timeout(CONNECT_TIMEOUT)
        .test_before_acquire_if_idle_for(TESTED_AFTER)
        .sqlx_logging(false)
        .map_sqlx_postgres_opts(|options| {
            options
                .application_name("watchdesk")
                .options([("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION)])
                .statement_cache_capacity(STATEMENTS_CACHED)
                .disable_statement_logging()
        });
    options
}

fn sqlite(url: &str, connections_max: u32, create: bool) -> ConnectOptions {
    let mut options = pool(url, connections_max);
    options.map_sqlx_sqlite_opts(move |options| durable(options).create_if_missing(create));
    options
}

fn durable(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .statement_cache_capacity(STATEMENTS_CACHED)
        .disable_statement_logging()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_two_databases_are_taken() {
        for (url, backend) in [
            ("sqlite://data/desk.db", Some(Backend::Sqlite)),
            ("sqlite:/var/lib/desk.db", Some(Backend::Sqlite)),
            ("postgres://desk@localhost/desk", Some(Backend::Postgres)),
            ("postgresql://desk@localhost/desk", Some(Backend::Postgres)),
            ("sqlite::memory:", None),
            ("sqlite://desk.db?mode=memory", None),
            ("sqlite://", None),
            ("mysql://localhost/desk", None),
            ("desk.db", None),
        ] {
            assert_eq!(Backend::of_url(url).ok(), backend, "{url}");
        }
    }
}
