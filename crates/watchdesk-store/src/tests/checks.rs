use sea_orm::ConnectionTrait;
use watchdesk_core::clock::Objective;
use watchdesk_core::desk::AppliesTo;
use watchdesk_core::rota::RotaSpec;

use super::*;
use crate::rules;
use crate::testing::small_seed;

/// What breaks a desk, and what the check says about it.
async fn findings(desk: &TestStore, sql: &str) -> Vec<(&'static str, String)> {
    desk.writer().execute_unprepared(sql).await.expect("the statement runs");
    let report = check(desk, &mut |_| {}).await.unwrap();
    report.findings.into_iter().map(|finding| (finding.table, finding.what)).collect()
}

async fn busy_desk(desk: &TestStore) -> TicketRef {
    let ticket = open(desk, "x").await;
    act(desk, ticket.id, triage(desk)).await;
    act(desk, ticket.id, reply("Hello")).await;
    ticket
}

async fn expect_finding(desk: &TestStore, sql: &str, table: &str, what: &str) {
    let found = findings(desk, sql).await;
    assert!(found.iter().any(|(t, w)| *t == table && w.contains(what)), "{sql}: {found:?}");
}

crate::both_databases! {
    async fn a_desk_in_order_is_clean(desk: TestStore) {
        busy_desk(&desk).await;
        let mut seen = 0;
        let report = check(&desk, &mut |rows| seen = rows).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.findings);
        assert!(report.tickets == 1 && report.events > 5 && report.clocks >= 2 && report.outbox >= 2 && seen > 0);
    }

    async fn a_row_that_is_not_the_fold_is_found(desk: TestStore) {
        busy_desk(&desk).await;
        expect_finding(&desk, "UPDATE ticket SET severity = 'C'", "ticket", "severity is not what the events make").await;
    }

    async fn a_missing_event_is_found(desk: TestStore) {
        busy_desk(&desk).await;
        expect_finding(&desk, "DELETE FROM event WHERE seq = 3", "event", "where 3 should").await;
    }

    async fn a_wrong_deadline_is_found(desk: TestStore) {
        busy_desk(&desk).await;
        let sql = "UPDATE clock SET deadline = deadline + 60 WHERE objective = 'resolution'";
        expect_finding(&desk, sql, "clock", "deadline").await;
    }

    async fn a_missing_clock_is_found(desk: TestStore) {
        busy_desk(&desk).await;
        expect_finding(&desk, "DELETE FROM clock WHERE objective = 'resolution'", "clock", "resolution number 1").await;
    }

    async fn what_lists_are_sorted_by_must_follow(desk: TestStore) {
        busy_desk(&desk).await;
        expect_finding(&desk, "UPDATE ticket SET due_at = due_at + 1", "ticket", "due_at").await;
        expect_finding(&desk, "UPDATE ticket SET next_fire_at = next_fire_at + 1", "ticket", "next_fire_at").await;
        expect_finding(&desk, "UPDATE ticket SET queue_at = 1", "ticket", "queue_at").await;
    }

    async fn columns_that_mean_nothing_are_named(desk: TestStore) {
        busy_desk(&desk).await;
        expect_finding(&desk, "UPDATE ticket SET channel = 'pigeon'", "ticket", "channel: unknown word").await;
        let (sees, filter) = (watchdesk_core::rights::Visibility::Everything, tickets::TicketFilter::default());
        let listed = tickets::list(&desk, &sees, &filter, tickets::Sort::Created, 10, None).await;
        let error = listed.unwrap_err().to_string();
        assert!(error.starts_with("ticket.channel of "), "{error}");
    }

    async fn participants_messages_and_outbox_are_looked_at(desk: TestStore) {
        busy_desk(&desk).await;
        expect_finding(&desk, "DELETE FROM participant", "participant", "not those of the ticket").await;
        expect_finding(&desk, "DELETE FROM message WHERE kind = 'public'", "event", "is missing").await;
        expect_finding(&desk, "UPDATE outbox SET next_attempt_at = NULL", "outbox", "next_attempt_at").await;
        expect_finding(&desk, "UPDATE outbox SET ticket_id = NULL", "outbox", "ticket_id does not fit").await;
    }

    async fn a_ladder_that_calls_on_a_rota_that_is_gone_is_found(desk: TestStore) {
        let by = desk.seeded.manager;
        let layer = |level: u32| serde_json::json!({
            "level": level, "people": [by], "rotation": "daily", "hand_over": "09:00",
            "time_zone": "Asia/Shanghai", "starts_on": "2026-03-02",
        });
        let name = serde_json::json!({ "en": "Night", "zh": "夜班" });
        let rota = serde_json::json!({ "slug": "night", "name": name, "layers": [layer(1), layer(2)] });
        let mut rota: RotaSpec = serde_json::from_value(rota).unwrap();
        rules::save_rota(&desk, by, &rota).await.unwrap();
        let mut policy = small_seed().policies.remove(0);
        let ladder = r#"[{"percent": 50, "tell": [{"on_call": {"rota": "night", "level": 2}}]}]"#;
        let ladder = (Objective::Resolution, serde_json::from_str(ladder).unwrap());
        policy.rules[0].ladders = [ladder].into();
        rules::publish_policy(&desk, by, policy, AppliesTo::New).await.unwrap();
        expect_order(&desk).await;

        rota.layers.truncate(1);
        rules::save_rota(&desk, by, &rota).await.unwrap();
        let entry = "rules[0] \"standard\".ladders.resolution of the policy standard";
        expect_finding(&desk, "", "rota", &format!("{entry} calls on level 2 of the rota night, which has no such level")).await;
        rules::delete_rota(&desk, by, &slug("night")).await.unwrap();
        expect_finding(&desk, "", "rota", &format!("{entry} calls on the rota night, which is not there")).await;
    }

    async fn a_mail_whose_fate_is_not_its_last_is_found(desk: TestStore) {
        crate::mail::store_raw(&desk, crate::mail::Source::Pipe, &Default::default(), b"x").await.unwrap();
        expect_order(&desk).await;
        expect_finding(&desk, "UPDATE raw_mail SET fate = 'held'", "raw_mail", "differ").await;
        expect_finding(&desk, "DELETE FROM raw_mail_fate", "raw_mail", "").await;
    }
}
