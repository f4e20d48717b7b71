//! What customers subscribe to, over the API, and the runs that bring it in.

use chrono::Duration;
use serde_json::json;
use watchdesk_store::synchronisation::TASK;
use watchdesk_store::testing::TestStore;
use watchdesk_store::{both_databases, schedules};

use super::desk::WebDesk;

both_databases! {
    async fn a_subscription_is_kept_by_hand_and_counts_down(desk: TestStore) {
        let web = WebDesk::new(desk);
        let agent = web.by(web.desk.seeded.agent).await;
        let ours = web.desk.seeded.customer;
        let since = web.desk.clock.now() - Duration::days(52);
        let new = json!({"operator_id": "s-1", "offer": "Exchange Online", "quantity": 25});
        let made = agent.post(&format!("/customers/{ours}/subscriptions"), new.clone()).await.expect(201);
        assert_eq!((made.body["status"].as_str(), made.body["countdown"].is_null()), (Some("active"), true));
        let again = agent.post(&format!("/customers/{ours}/subscriptions"), new).await.expect(422);
        assert_eq!(again.body["errors"][0]["field"], "operator_id");

        let path = format!("/subscriptions/{}", made.body["id"].as_str().unwrap());
        let change = json!({"status": "suspended", "suspended_since": since, "suspension_reasons": ["PaymentOverdue"]});
        agent.call("PATCH", &path, Some(change.clone()), &[]).await.expect(428);
        let changed = agent.call("PATCH", &path, Some(change), &[("if-match", "\"1\"")]).await.expect(200);
        assert_eq!((&changed.body["countdown"]["days_left"], &changed.body["countdown"]["warning"]), (&json!(8), &json!("urgent")));
        assert_eq!(changed.body["quantity"], 25, "what is not said stays");
        let future = json!({"suspended_since": web.desk.clock.now() + Duration::days(1)});
        agent.call("PATCH", &path, Some(future), &[("if-match", "*")]).await.expect(422);
        let fact = json!({"status": "active", "suspended_since": since});
        agent.call("PATCH", &path, Some(fact), &[("if-match", "*")]).await.expect(422);

        let listed = agent.get(&format!("/subscriptions?customer={ours}")).await.expect(200);
        assert_eq!(listed.items(), agent.get(&format!("/customers/{ours}/subscriptions")).await.expect(200).items());
        assert_eq!(agent.get("/subscriptions/suspended").await.expect(200).items().len(), 1);
        agent.get("/subscriptions").await.expect(422);
    }

    async fn sales_see_what_their_customers_have_and_nothing_else(desk: TestStore) {
        let web = WebDesk::new(desk);
        let (agent, sales) = (web.by(web.desk.seeded.agent).await, web.by(web.desk.seeded.sales).await);
        let (ours, theirs) = (web.desk.seeded.customer, web.desk.seeded.other_customer);
        let mut paths = Vec::new();
        for customer in [ours, theirs] {
            let new = json!({"operator_id": "s-1", "offer": "Azure", "status": "suspended"});
            let made = agent.post(&format!("/customers/{customer}/subscriptions"), new).await.expect(201);
            paths.push(format!("/subscriptions/{}", made.body["id"].as_str().unwrap()));
        }
        sales.get(&paths[0]).await.expect(200);
        sales.get(&paths[1]).await.expect(404);
        sales.get(&format!("/customers/{theirs}/subscriptions")).await.expect(404);
        assert_eq!(sales.get("/subscriptions/suspended").await.expect(200).items().len(), 1);
        assert_eq!(agent.get("/subscriptions/suspended").await.expect(200).items().len(), 2);
        sales.get("/synchronisations").await.expect(404);
    }

    async fn a_manager_need_not_wait_for_the_next_run(desk: TestStore) {
        let web = WebDesk::new(desk);
        let manager = web.by(web.desk.seeded.manager).await;
        let off = manager.post("/synchronisations", json!({})).await.expect(409);
        assert_eq!(off.body["code"], "not_synchronised");
        let now = web.desk.clock.now();
        schedules::ensure(&web.desk, TASK, "0 0 2 * * *", now + Duration::hours(9)).await.unwrap();
        assert_eq!(manager.post("/synchronisations", json!({})).await.expect(202).body["state"], "due");
        assert_eq!(schedules::claim_due(&web.desk, now, 10, 60).await.unwrap().len(), 1);
        assert_eq!(manager.post("/synchronisations", json!({})).await.expect(202).body["state"], "running");
    }

    async fn delegated_admin_has_three_values(desk: TestStore) {
        let web = WebDesk::new(desk);
        let agent = web.by(web.desk.seeded.agent).await;
        let made = agent.post("/customers", json!({"name": "Northwind"})).await.expect(201);
        assert!(made.body["delegated_admin"].is_null(), "nobody has said");
        let path = format!("/customers/{}", made.body["id"].as_str().unwrap());
        for said in [json!(true), json!(false), json!(null)] {
            let change = json!({"delegated_admin": said});
            let changed = agent.call("PATCH", &path, Some(change), &[("if-match", "*")]).await.expect(200);
            assert_eq!(changed.body["delegated_admin"], said);
        }
    }
}
