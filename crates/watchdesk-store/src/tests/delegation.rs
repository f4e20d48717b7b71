//! A desk from before step m0014, where nobody could say that delegated admin was withdrawn.

use sea_orm::ConnectionTrait;
use watchdesk_core::facts::DelegatedAdmin;

use crate::connect::connect_for_upgrade;
use crate::directory::{DirectoryFilter, customers};
use crate::testing::TestDatabase;
use crate::{Backend, Options, Store};

async fn the_story(backend: Backend) {
    let database = TestDatabase::new(backend).await;
    let connection = connect_for_upgrade(database.url()).await.unwrap();
    let before = watchdesk_migrations::steps().iter().position(|step| step == "m0014_subscriptions").unwrap();
    watchdesk_migrations::upgrade_by(&connection, u32::try_from(before).unwrap()).await.unwrap();
    for (name, granted) in [("A", "1 = 1"), ("B", "1 = 0")] {
        let id = match backend {
            Backend::Sqlite => format!("X'0199000000007000800000000000000{name}'"),
            Backend::Postgres => format!("'01990000-0000-7000-8000-00000000000{name}'"),
        };
        let sql = format!(
            "INSERT INTO customer (id, name, language, time_zone, delegated_admin, notes, created_at, version)
             VALUES ({id}, '{name}', 'en', 'UTC', {granted}, '', 0, 1)"
        );
        connection.execute_unprepared(&sql).await.unwrap();
    }
    connection.close().await.unwrap();
    Store::migrate(database.url()).await.unwrap();
    let store = Store::open(Options::new(database.url())).await.unwrap();
    let found = customers(&store, &DirectoryFilter::default(), 10, None).await.unwrap().items;
    let found: Vec<_> = found.iter().map(|customer| (customer.name.as_str(), customer.delegated_admin)).collect();
    assert_eq!(found, [("A", DelegatedAdmin::Granted), ("B", DelegatedAdmin::Unknown)], "not granted is not withdrawn");
    store.close().await.unwrap();
    database.remove().await;
}

#[tokio::test]
async fn what_was_granted_stays_granted_on_sqlite() {
    the_story(Backend::Sqlite).await;
}

#[tokio::test]
async fn what_was_granted_stays_granted_on_postgres() {
    the_story(Backend::Postgres).await;
}
