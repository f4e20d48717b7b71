//! Fresh databases.

use std::sync::Arc;

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use tempfile::TempDir;

use crate::{Backend, fresh_id};

/// Names the throw-away PostgreSQL server, such as `postgres://user:password@127.0.0.1:5433/postgres`.
pub const POSTGRES_VARIABLE: &str = "WATCHDESK_TEST_POSTGRES_URL";

/// An empty database that nobody else uses.
#[derive(Debug, Clone)]
pub struct TestDatabase {
    url: String,
    /// The folder of a SQLite file; gone with the last clone.
    _folder: Option<Arc<TempDir>>,
}

impl TestDatabase {
    pub async fn new(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => Self::file(),
            Backend::Postgres => Self::on_server().await,
        }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    fn file() -> Self {
        let folder = TempDir::with_prefix("watchdesk-test-").expect("a temporary folder");
        let url = format!("sqlite://{}", folder.path().join("desk.db").display());
        Self { url, _folder: Some(Arc::new(folder)) }
    }

    async fn on_server() -> Self {
        let server = server_url();
        let name = format!("watchdesk_test_{}", fresh_id().simple());
        run(&server, &format!("CREATE DATABASE {name}")).await;
        let (base, _) = server.rsplit_once('/').expect("the address names a database");
        Self { url: format!("{base}/{name}"), _folder: None }
    }

    /// Ends all connections to it.
    pub async fn remove(&self) {
        if self._folder.is_none() {
            let (_, name) = self.url.rsplit_once('/').expect("the address names a database");
            run(&server_url(), &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the test command says by the environment where its server is")]
fn server_url() -> String {
    std::env::var(POSTGRES_VARIABLE).unwrap_or_else(|_| {
        panic!(
            "{POSTGRES_VARIABLE} is not set: `cargo xtask test` runs everything with a PostgreSQL of its own, \
             `cargo xtask postgres` starts one and prints the address"
        )
    })
}

pub(super) async fn run(server: &str, sql: &str) {
    let connection = connect(server).await;
    connection.execute_unprepared(sql).await.expect("the throw-away server does what it is told");
    connection.close().await.expect("a connection closes");
}

async fn connect(server: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(server);
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.expect("the throw-away PostgreSQL server answers")
}

/// Writes a step into the history that this program does not know, as a newer one would.
pub async fn pretend_newer_schema(url: &str) {
    let step = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_of_a_later_program', 0)";
    run(url, step).await;
}
