//! What a list costs is decided by its query plan; each of these must walk an index.

use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, QuerySelect, QueryTrait, Select, Statement};
use watchdesk_core::rights::Visibility;

use super::*;
use crate::outbox::claim_query;
use crate::tickets::{Sort, TicketFilter, due_query, list_query};

/// Enough rows for a planner to take an index seriously; PostgreSQL is also told not to scan for want of statistics.
async fn plan<E: EntityTrait>(desk: &TestStore, query: Select<E>) -> String {
    let connection = desk.reader();
    let backend = connection.get_database_backend();
    let statement = query.build(backend);
    let explain = match backend {
        DbBackend::Postgres => "EXPLAIN",
        _ => "EXPLAIN QUERY PLAN",
    };
    let column = match backend {
        DbBackend::Postgres => "QUERY PLAN",
        _ => "detail",
    };
    let sql = format!("{explain} {}", statement.sql);
    let explain = Statement { sql, ..statement };
    let transaction = sea_orm::TransactionTrait::begin(connection).await.unwrap();
    if backend == DbBackend::Postgres {
        transaction.execute_unprepared("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off").await.unwrap();
    }
    let rows = transaction.query_all_raw(explain).await.unwrap();
    let lines: Vec<String> = rows.iter().map(|row| row.try_get::<String>("", column).unwrap()).collect();
    lines.join("\n")
}

fn expect_index(plan: &str, index: &str) {
    assert!(plan.contains(index), "{index} is not used:\n{plan}");
    for cost in ["Seq Scan", "Sort Key", "USE TEMP B-TREE", "SCAN ticket\n", "SCAN outbox\n"] {
        assert!(!plan.contains(cost), "{cost}:\n{plan}");
    }
}

crate::both_databases! {
    async fn the_queue_walks_its_index(desk: TestStore) {
        let filter = TicketFilter::default();
        let after = Some((1_800_000_000, 1_500));
        let sees = Visibility::Everything;
        for after in [None, after] {
            let query = list_query(&sees, &filter, None, Sort::Due, after).limit(26);
            expect_index(&plan(&desk, query).await, "ticket_by_queue_at_number");
            let query = list_query(&sees, &filter, None, Sort::Updated, after).limit(26);
            expect_index(&plan(&desk, query).await, "ticket_by_updated_at_number");
        }
        let sees = Visibility::Teams { agent: desk.seeded.agent, teams: [desk.seeded.team].into() };
        let query = list_query(&sees, &filter, None, Sort::Due, None).limit(26);
        expect_index(&plan(&desk, query).await, "queue_at_number");
    }

    async fn timers_look_only_at_what_is_due(desk: TestStore) {
        let query = due_query(desk.clock.now(), 100);
        expect_index(&plan(&desk, query).await, "ticket_by_next_fire_at");
    }

    async fn the_outbox_is_claimed_by_its_index(desk: TestStore) {
        let query = claim_query(desk.clock.now(), 100);
        expect_index(&plan(&desk, query).await, "outbox_by_next_attempt_at_id");
    }
}
