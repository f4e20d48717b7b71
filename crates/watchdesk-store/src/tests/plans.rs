//! What a list costs is decided by its query plan; each of these must walk an index.

use chrono::Duration;
use sea_orm::{
    ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QuerySelect, QueryTrait, Select, Statement, StatementBuilder,
};
use watchdesk_core::rights::Visibility;

use super::*;
use crate::directory::{of_customer_query, suspended_query};
use crate::firing::Table;
use crate::outbox::{Way, claim_query, claim_query_by, held_for};
use crate::recompute::{Cause, latest_query, unfinished_query};
use crate::reports::{Part, ours, overdue_query, part_query, running_query};
use crate::tickets::{Sort, TicketFilter, list_query};

async fn plan<E: EntityTrait>(desk: &TestStore, query: Select<E>) -> String {
    plan_of(desk, &query.into_query()).await
}

/// PostgreSQL is told not to scan for want of statistics.
async fn plan_of(desk: &TestStore, query: &impl StatementBuilder) -> String {
    let connection = desk.reader();
    let backend = connection.get_database_backend();
    let statement = backend.build(query);
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
    for cost in ["Seq Scan", "Sort Key", "USE TEMP B-TREE"] {
        assert!(!plan.contains(cost), "{cost}:\n{plan}");
    }
    let scans = plan.lines().filter(|line| line.starts_with("SCAN ") && *line != "SCAN CONSTANT ROW");
    for line in scans {
        assert!(line.contains("USING"), "a whole table:\n{plan}");
    }
}

/// The condition is what the index is on, and not looked up in one row after the other.
fn expect_probe(plan: &str) {
    assert!(plan.contains("Index Cond") || plan.contains("SEARCH"), "a walk:\n{plan}");
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

    async fn cases_of_a_span_are_found_by_their_filing(desk: TestStore) {
        let now = desk.clock.now();
        let asked = crate::reports::Asked {
            from: now - Duration::days(90),
            to: now,
            operator: None,
            visibility: Visibility::Everything,
            now,
        };
        for after in [None, Some((1_800_000_000, fresh_id()))] {
            let plan = plan(&desk, crate::reports::filed_query(&asked, after).limit(101)).await;
            expect_index(&plan, "operator_case_by_filed_at_id");
            expect_probe(&plan);
        }
    }

    async fn a_tick_with_nothing_due_costs_one_probe_of_an_index(desk: TestStore) {
        for table in Table::BOTH {
            let name = table.name();
            for due in [table.free(desk.clock.now(), 100), crate::firing::first_free(desk.clock.now())] {
                let due = plan_of(&desk, &due).await;
                expect_index(&due, &format!("{name}_by_fires_at"));
                expect_probe(&due);
            }
            expect_index(&plan_of(&desk, &crate::firing::oldest()).await, &format!("{name}_by_next_fire_at"));
            expect_index(&plan_of(&desk, &table.set_aside(100)).await, &format!("{name}_by_fire_failures_id"));
        }
    }

    async fn the_outbox_is_claimed_by_its_index(desk: TestStore) {
        let query = claim_query(desk.clock.now(), 100);
        expect_index(&plan(&desk, query).await, "outbox_by_next_attempt_at_id");
        for (kind, id, text) in [("agent", Some(desk.seeded.agent.0), None), ("address", None, Some("a@b.example"))] {
            // An empty table makes no difference between the indexes that serve.
            expect_index(&plan(&desk, held_for(kind, id, text)).await, "outbox_");
        }
    }

    async fn each_way_out_is_claimed_by_its_index(desk: TestStore) {
        for way in [Way::Mail, Way::Webhook, Way::Request] {
            let plan = plan(&desk, claim_query_by(way, desk.clock.now(), 100)).await;
            expect_index(&plan, "by_next_attempt_at_id");
            expect_probe(&plan);
        }
    }

    async fn recompute_jobs_are_found_by_their_index(desk: TestStore) {
        expect_index(&plan(&desk, unfinished_query().limit(1)).await, "recompute_job_unfinished_by_id");
        let latest = latest_query(&Cause::Policy(watchdesk_core::policy::Side::Customer)).limit(1);
        expect_index(&plan(&desk, latest).await, "recompute_job_by_cause_id");
    }

    async fn reports_walk_what_they_show(desk: TestStore) {
        let (from, to) = (desk.clock.now(), desk.clock.now() + Duration::days(30));
        for begin in [None, Some((1_772_413_200, fresh_id()))] {
            for (part, index) in [(Part::Ended, "clock_by_ended_at_id"), (Part::Missed, "clock_by_missed_at_id")] {
                let page = part_query(part, (from, to), begin).limit(1_000);
                expect_index(&plan(&desk, page).await, index);
            }
        }
        let own = Visibility::Teams { agent: desk.seeded.lead, teams: [desk.seeded.team].into() };
        for visibility in [Visibility::Everything, own] {
            let seen = || ours(&visibility);
            let running = running_query(to).filter(seen()).limit(1_000);
            expect_index(&plan(&desk, running).await, "clock_by_deadline_id");
            expect_index(&plan(&desk, overdue_query().filter(seen()).limit(1_000)).await, "by_missed_at_id");
        }
    }

    async fn subscriptions_walk_their_indexes(desk: TestStore) {
        let of_customer = of_customer_query(desk.seeded.customer).limit(51);
        expect_index(&plan(&desk, of_customer).await, "subscription_by_customer_id_offer");
        expect_index(&plan(&desk, suspended_query(None).limit(50)).await, "subscription_suspended");
    }

    async fn jobs_over_all_tickets_pass_by_the_archive(desk: TestStore) {
        for after in [None, Some(TicketId(fresh_id()))] {
            let page = tickets::unfinished_query(after).limit(1_000);
            expect_index(&plan(&desk, page).await, "ticket_unfinished_by_id");
        }
    }
}
