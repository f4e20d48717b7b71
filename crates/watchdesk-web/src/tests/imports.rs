//! Customers and subscriptions from a spreadsheet, over the API and on the page.

use axum::body::Body;
use axum::http::Request;
use axum::http::header::CONTENT_TYPE;
use serde_json::json;
use watchdesk_store::both_databases;
use watchdesk_store::directory::customer_by_tenant;
use watchdesk_store::testing::TestStore;

use super::desk::WebDesk;
use super::pages::browser::Browser;

const CUSTOMERS: &str =
    "name,tenant_id,domains\n北风贸易,t-1,northwind.example\nContoso 上海,t-2,contoso.example\nNobody,,not a domain\n";

both_databases! {
    async fn a_program_tries_a_file_and_then_takes_it(desk: TestStore) {
        let web = WebDesk::new(desk);
        let manager = web.by(web.desk.seeded.manager).await;
        let path = "/imports/customers";
        let tried = manager.send_bytes(&format!("{path}?dry_run=true"), "text/csv", CUSTOMERS).await.expect(200).body;
        assert_eq!((&tried["created"], &tried["changed"], &tried["failed"]), (&json!(1), &json!(1), &json!(1)));
        assert_eq!(tried["faults"][0]["line"], 4);
        assert_eq!((&tried["faults"][0]["field"], &tried["faults"][0]["code"]), (&json!("domains"), &json!("domain")));
        assert_eq!(customer_by_tenant(&web.desk, "t-1").await.unwrap(), None, "a trial leaves nothing behind");
        let taken = manager.send_bytes(path, "text/csv", CUSTOMERS).await.expect(200).body;
        assert_eq!((&taken["dry_run"], &taken["changes"]), (&json!(false), &tried["changes"]));
        assert!(customer_by_tenant(&web.desk, "t-1").await.unwrap().is_some());
        let again = manager.send_bytes(path, "text/csv", CUSTOMERS).await.expect(200).body;
        assert_eq!((&again["created"], &again["changed"], &again["same"]), (&json!(0), &json!(0), &json!(2)));
        let subscriptions = "customer,subscription_id,offer\nt-1,s-1,Exchange Online\n";
        let taken = manager.send_bytes("/imports/subscriptions", "text/csv", subscriptions).await.expect(200).body;
        assert_eq!(taken["created"], 1);

        let unknown = manager.send_bytes(path, "text/csv", "name,colour\nA,red\n").await.expect(422);
        assert!(unknown.body.to_string().contains("colour"), "{}", unknown.body);
        assert_eq!(unknown.wrong_fields(), ["body"]);
        manager.send_bytes(path, "application/json", CUSTOMERS).await.expect(415);
        let many = format!("name\n{}", "A\n".repeat(1_001));
        manager.send_bytes(path, "text/csv", many).await.expect(422);
        manager.send_bytes(path, "text/csv", "x".repeat(2_000_000)).await.expect(413);
        web.by(web.desk.seeded.lead).await.send_bytes(path, "text/csv", CUSTOMERS).await.expect(409);
    }

    async fn a_manager_looks_first_and_then_imports(desk: TestStore) {
        let web = WebDesk::new(desk);
        let mut manager = Browser::of(&web, web.desk.seeded.manager).await;
        manager.post("/language", &[("lang", "en")]).await.expect(303);
        manager.get("/customers").await.expect(200).shows("href=\"/customers/import\"");
        manager.get("/customers/import?kind=subscriptions").await.expect(200).shows("subscription_id");
        let kind = [("kind", "customers"), ("step", "look")];
        let page = manager.upload("/customers/import", &kind, ("customers.csv", CUSTOMERS)).await.expect(200);
        let page = page.shows("What would change").shows("Nothing was written yet.").shows("Import 2 lines").shows("北风贸易");
        page.shows("Line 4").shows("is no domain");
        assert_eq!(customer_by_tenant(&web.desk, "t-1").await.unwrap(), None, "nothing is written yet");
        let take = [("kind", "customers"), ("step", "take"), ("csv", CUSTOMERS)];
        let page = manager.post("/customers/import", &take).await.expect(200);
        page.shows("What was changed").hides("Nothing was written yet.").hides("value=\"take\"");
        assert!(customer_by_tenant(&web.desk, "t-1").await.unwrap().is_some());

        let wrong = manager.upload("/customers/import", &kind, ("x.csv", "colour\nred\n")).await.expect(422);
        wrong.shows("import-attachments-error").shows("colour");
        manager.post("/customers/import", &kind).await.expect(422).shows("import-attachments-error");
        manager.post("/language", &[("lang", "zh-CN")]).await.expect(303);
        manager.upload("/customers/import", &kind, ("c.csv", CUSTOMERS)).await.expect(200).shows("不是域名");
        Browser::of(&web, web.desk.seeded.lead).await.get("/customers/import").await.expect(404);
        let request = Request::post("/customers/import").header(CONTENT_TYPE, "text/csv").body(Body::from(CUSTOMERS));
        assert_ne!(web.send(request.expect("a request")).await.status, 200, "nobody is signed in");
    }
}
