//! The store itself: connections, clock, and what the nodes of a desk tell each other.

use std::fmt;
use std::sync::{Arc, Mutex};

use chrono::Duration;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};
use tokio::sync::broadcast;
use watchdesk_core::desk::Desk;
use watchdesk_core::operator::{self, Operators};
use watchdesk_core::rights::Actor;
use watchdesk_core::{Instant, firing, whole_seconds};

use crate::changes::{Changes, TicketChanged};
use crate::clock::system_now;
use crate::connect::{Connections, connect};
use crate::execute::{self, Asked, Executed, Queue, Request};
use crate::schema::{self, MigrationReport};
use crate::{Clock, ExecuteError, StoreError, dialect};

/// A desk's data. Cheap to clone; all clones share connections.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) shared: Arc<Shared>,
    /// SQLite has one writer; requests that wait for it share a transaction.
    queue: Option<Queue>,
    changes: Changes,
}

#[derive(Clone)]
pub struct Options {
    pub url: String,
    pub clock: Clock,
    pub pool_max: u32,
    /// What stands behind the `@` of the Message-IDs we make.
    pub mail_domain: String,
    /// How long a worker may hold what it claimed before another takes it.
    pub lease: Duration,
    /// As the configuration has them; the desk is loaded with them.
    pub operators: Operators,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

const POOL_MAX_DEFAULT: u32 = 16;

impl Options {
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            clock: Clock::Database,
            pool_max: POOL_MAX_DEFAULT,
            mail_domain: "watchdesk.invalid".to_owned(),
            lease: Duration::seconds(firing::LEASE_S),
            operators: operator::shipped(),
        }
    }
}

/// What the store's own tasks need as well.
pub(crate) struct Shared {
    connections: Connections,
    backend: Backend,
    clock: Clock,
    pub mail_domain: String,
    pub lease: Duration,
    pub operators: Operators,
    pub url: String,
    /// The rules as of a desk version; loaded again when the version in the database is another.
    pub desk: Mutex<Option<(i64, Arc<Desk>)>>,
    /// So many passwords are hashed at once; each takes much memory.
    pub hashing: tokio::sync::Semaphore,
}

/// 19 MiB each.
const HASHING_AT_ONCE_MAX: usize = 4;

impl Store {
    /// Connects. Refuses a schema that is newer or older than this program.
    pub async fn open(options: Options) -> Result<Self, StoreError> {
        let backend = Backend::of_url(&options.url)?;
        let connections = connect(&options.url, options.pool_max).await?;
        dialect::require_sound_library(&connections.reader).await?;
        schema::require_current(&connections.reader).await?;
        let shared = Arc::new(Shared {
            connections,
            backend,
            clock: options.clock,
            mail_domain: options.mail_domain,
            lease: options.lease,
            operators: options.operators,
            url: options.url,
            desk: Mutex::default(),
            hashing: tokio::sync::Semaphore::new(HASHING_AT_ONCE_MAX),
        });
        let changes = Changes::new(&shared);
        let queue = match backend {
            Backend::Sqlite => Some(Queue::start(Arc::clone(&shared), changes.publisher())),
            Backend::Postgres => None,
        };
        Ok(Self { shared, queue, changes })
    }

    /// Brings the schema up to date; creates the SQLite file if there is none.
    pub async fn migrate(url: &str) -> Result<MigrationReport, StoreError> {
        schema::migrate(url).await
    }

    /// Carries out a unit of commands: all of it in one transaction, or nothing.
    pub async fn execute(&self, actor: &Actor, request: impl Into<Request>) -> Result<Executed, ExecuteError> {
        let asked = Asked { actor: actor.clone(), request: request.into() };
        match &self.queue {
            Some(queue) => queue.execute(asked).await,
            None => execute::alone(&self.shared, &self.changes.publisher(), &asked).await,
        }
    }

    /// Carries out requests that have nothing to do with each other, many in one transaction; an answer for each, in
    /// order. What is refused, or fails, fails by itself.
    pub async fn execute_each(&self, actor: &Actor, requests: Vec<Request>) -> Vec<Result<Executed, ExecuteError>> {
        let asked = requests.into_iter().map(|request| Asked { actor: actor.clone(), request }).collect();
        execute::in_batches(&self.shared, &self.changes.publisher(), asked).await
    }

    /// "Ticket n is now version v", from this node and, a little later, from the others. Best effort: who falls behind
    /// is told so by the receiver and looks again.
    pub fn changes(&self) -> broadcast::Receiver<TicketChanged> {
        self.changes.subscribe(&self.shared)
    }

    /// How long a worker may hold what it claimed, unless it says that it still works on it.
    pub fn lease(&self) -> Duration {
        self.shared.lease
    }

    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// The time, in whole seconds.
    pub async fn now(&self) -> Result<Instant, StoreError> {
        self.shared.now(self.reader()).await
    }

    pub fn backend(&self) -> Backend {
        self.shared.backend
    }

    pub fn mail_domain(&self) -> &str {
        &self.shared.mail_domain
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.reader().ping().await?;
        Ok(())
    }

    /// Lets go of the database; all clones are dead afterwards.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.changes.stop();
        self.shared.connections.writer.close_by_ref().await?;
        self.shared.connections.reader.close_by_ref().await?;
        Ok(())
    }

    pub(crate) fn reader(&self) -> &DatabaseConnection {
        self.shared.reader()
    }

    pub(crate) fn writer(&self) -> &DatabaseConnection {
        &self.shared.connections.writer
    }

    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction, StoreError> {
        self.shared.begin().await
    }
}

impl Shared {
    pub(crate) fn reader(&self) -> &DatabaseConnection {
        &self.connections.reader
    }

    pub(crate) fn backend(&self) -> Backend {
        self.backend
    }

    /// A transaction that may write. On SQLite it takes the write lock at once, so that it cannot fail half way.
    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction, StoreError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(self.connections.writer.begin_with_options(options).await?)
    }

    pub(crate) async fn now(&self, connection: &impl ConnectionTrait) -> Result<Instant, StoreError> {
        let now = match (&self.clock, self.backend) {
            (Clock::Manual(clock), _) => clock.now(),
            (Clock::System, _) | (Clock::Database, Backend::Sqlite) => system_now(),
            (Clock::Database, Backend::Postgres) => dialect::server_time(connection).await?,
        };
        Ok(whole_seconds(now))
    }
}

/// The address may hold a password.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("clock", &self.clock).field("pool_max", &self.pool_max).finish_non_exhaustive()
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("backend", &self.backend).field("clock", &self.clock).finish_non_exhaustive()
    }
}
