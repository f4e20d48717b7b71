use sea_orm::ConnectionTrait;

use super::*;
use crate::testing::TestDatabase;
use crate::{Backend, Clock, Options, Store, StoreError};

async fn opened(desk: &TestStore) -> Result<Store, StoreError> {
    Store::open(Options { clock: Clock::System, ..Options::new(desk.database.url()) }).await
}

async fn change(desk: &TestStore, sql: &str) {
    desk.writer().execute_unprepared(sql).await.unwrap();
}

crate::both_databases! {
    async fn a_newer_schema_is_refused(desk: TestStore) {
        change(&desk, "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_later', 0)").await;
        let error = opened(&desk).await.unwrap_err();
        assert!(matches!(&error, StoreError::SchemaNewer { found, .. } if found == "m9999_later"), "{error:?}");
        let again = Store::migrate(desk.database.url()).await.unwrap_err();
        assert!(matches!(again, StoreError::SchemaNewer { .. }));
    }

    async fn an_older_schema_is_refused(desk: TestStore) {
        change(&desk, "DELETE FROM seaql_migrations WHERE version > 'm0010'").await;
        let error = opened(&desk).await.unwrap_err();
        assert!(matches!(&error, StoreError::SchemaOlder { found, .. } if found == "m0009_work"), "{error:?}");
        assert!(error.to_string().contains("watchdesk migrate"));
    }

    async fn a_half_run_upgrade_is_refused(desk: TestStore) {
        change(&desk, "DELETE FROM seaql_migrations WHERE version = 'm0003_tickets'").await;
        for error in [opened(&desk).await.unwrap_err(), Store::migrate(desk.database.url()).await.unwrap_err()] {
            assert!(matches!(&error, StoreError::SchemaUneven { missing } if missing == "m0003_tickets"), "{error:?}");
        }
    }

    async fn an_upgrade_of_what_is_up_to_date_does_nothing(desk: TestStore) {
        open(&desk, "x").await;
        let report = Store::migrate(desk.database.url()).await.unwrap();
        assert_eq!((report.applied.len(), report.at), (0, watchdesk_migrations::steps().pop().unwrap()));
        expect_order(&desk).await;
    }

    async fn writers_take_the_lock_at_once(desk: TestStore) {
        if desk.backend() == Backend::Postgres {
            return;
        }
        let transaction = desk.begin().await.unwrap();
        let other = crate::connect::connect_to_watch(desk.database.url()).await.unwrap();
        other.execute_unprepared("PRAGMA busy_timeout = 0").await.unwrap();
        let refused = other.execute_unprepared("BEGIN IMMEDIATE").await.unwrap_err();
        assert!(matches!(StoreError::from(refused), StoreError::Busy));
        transaction.rollback().await.unwrap();
        other.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    }

    async fn pages_are_read_while_somebody_writes_and_readers_cannot_write(desk: TestStore) {
        let ticket = open(&desk, "x").await;
        let transaction = desk.begin().await.unwrap();
        transaction.execute_unprepared("UPDATE ticket SET subject = 'half done'").await.unwrap();
        assert_eq!(record(&desk, ticket.id).await.words.subject, "x");
        transaction.rollback().await.unwrap();
        if desk.backend() == Backend::Sqlite {
            assert!(desk.reader().execute_unprepared("DELETE FROM ticket").await.is_err());
        }
    }
}

#[tokio::test]
async fn sqlite_is_set_up_to_lose_nothing() {
    let desk = TestStore::new(Backend::Sqlite).await;
    for (pragma, expected) in [("synchronous", "2"), ("foreign_keys", "1"), ("journal_mode", "wal")] {
        let row = sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, format!("PRAGMA {pragma}"));
        let row = desk.writer().query_one_raw(row).await.unwrap().unwrap();
        let value = row.try_get_by::<i64, _>(0).map(|value| value.to_string());
        let value = value.or_else(|_| row.try_get_by::<String, _>(0)).unwrap();
        assert_eq!(value, expected, "{pragma}");
    }
}

#[tokio::test]
async fn an_empty_or_missing_database_says_what_to_do() {
    let database = TestDatabase::new(Backend::Sqlite).await;
    let missing = Store::open(Options::new(database.url())).await.unwrap_err();
    assert!(matches!(missing, StoreError::Unreachable(_)), "{missing:?}");
    let file = database.url().strip_prefix("sqlite://").unwrap();
    std::fs::write(file, b"").unwrap();
    let empty = Store::open(Options::new(database.url())).await.unwrap_err();
    assert!(matches!(empty, StoreError::NoSchema), "{empty:?}");
}
