//! A throw-away desk for tests, on either database: small, seeded, with a clock that stands still.
//!
//! ```text
//! both_databases! {
//!     async fn a_mail_becomes_a_ticket(desk: TestStore) { ... }
//! }
//! ```

mod database;
mod seed;

use std::ops::Deref;

use chrono::DateTime;
use watchdesk_core::Instant;
use watchdesk_core::desk::{Language, Settings};
use watchdesk_core::ids::AgentId;
use watchdesk_core::operator::{Operator, Takes};
use watchdesk_core::rights::Actor;

use crate::{Backend, Clock, ManualClock, Options, Store, auth};

pub use database::{TestDatabase, pretend_newer_schema};
pub use seed::{Seeded, small_seed};

/// Monday, 09:00 in Shanghai.
pub const TEST_START: i64 = 1_772_413_200;

/// Behind the `@` of Message-IDs that test desks make.
pub const TEST_MAIL_DOMAIN: &str = "desk.example";

/// A seeded desk in a database of its own. Dropping it removes the SQLite file; a PostgreSQL database stays until
/// [`TestDatabase::remove`] or the end of the throw-away server.
#[derive(Debug)]
pub struct TestStore {
    store: Store,
    pub clock: ManualClock,
    pub seeded: Seeded,
    pub database: TestDatabase,
}

impl TestStore {
    pub async fn new(backend: Backend) -> Self {
        let database = TestDatabase::new(backend).await;
        Store::migrate(database.url()).await.expect("a fresh database takes the schema");
        let clock = ManualClock::new(test_start());
        let store = open(&database, &clock).await;
        let seeded = seed::fill(&store).await;
        Self { store, clock, seeded, database }
    }

    /// The same desk, as another process would open it.
    pub async fn reopen(&self) -> Store {
        open(&self.database, &self.clock).await
    }

    /// The same desk under another configuration: cases go to this operator.
    pub async fn with_operator(mut self, takes: Takes) -> Self {
        let slug = Settings::default().operator;
        let operator = Operator { takes, language: Language::English, ..Operator::unknown(slug.clone()) };
        let options = Options { operators: [(slug, operator)].into(), ..options(&self.database, &self.clock) };
        self.store = Store::open(options).await.expect("the database opens once more");
        self
    }

    pub async fn actor(&self, agent: AgentId) -> Actor {
        let actor = auth::actor_of_agent(&self.store, agent).await.expect("the store answers");
        actor.expect("the agent is one of the desk")
    }

    /// The store itself, to hand to what is tested.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Spoils rows, as a disk, a hand or a fault of ours could.
    pub async fn damage(&self, sql: &str) {
        database::run(self.database.url(), sql).await;
    }

    pub fn advance(&self, by: chrono::Duration) -> Instant {
        self.clock.advance(by);
        self.clock.now()
    }
}

impl Deref for TestStore {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

pub fn test_start() -> Instant {
    DateTime::from_timestamp(TEST_START, 0).expect("a time")
}

async fn open(database: &TestDatabase, clock: &ManualClock) -> Store {
    Store::open(options(database, clock)).await.expect("the database that was just made opens")
}

fn options(database: &TestDatabase, clock: &ManualClock) -> Options {
    Options {
        clock: Clock::Manual(clock.clone()),
        pool_max: 4,
        mail_domain: TEST_MAIL_DOMAIN.to_owned(),
        ..Options::new(database.url())
    }
}

/// Runs a story for one backend and cleans up behind it. Used by [`both_databases!`](crate::both_databases).
pub async fn run<F, Fut>(backend: Backend, story: F)
where
    F: FnOnce(TestStore) -> Fut,
    Fut: Future<Output = ()>,
{
    let desk = TestStore::new(backend).await;
    let database = desk.database.clone();
    story(desk).await;
    database.remove().await;
}

/// Each story becomes two tests: `story::sqlite` and `story::postgres`.
#[macro_export]
macro_rules! both_databases {
    ($($(#[$attribute:meta])* async fn $name:ident($($desk:tt)+) $body:block)+) => {$(
        $(#[$attribute])*
        mod $name {
            #[allow(unused_imports, reason = "a story may need nothing of its module")]
            use super::*;

            async fn story($($desk)+) $body

            #[::tokio::test]
            async fn sqlite() {
                $crate::testing::run($crate::Backend::Sqlite, story).await;
            }

            #[::tokio::test]
            async fn postgres() {
                $crate::testing::run($crate::Backend::Postgres, story).await;
            }
        }
    )+};
}
