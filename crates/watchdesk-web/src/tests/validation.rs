//! Requests that are wrong, and what is said about them.

use serde_json::json;
use watchdesk_store::both_databases;
use watchdesk_store::testing::TestStore;

use super::desk::{WebDesk, opening};

both_databases! {
    async fn every_wrong_field_is_named(desk: TestStore) {
        let web = WebDesk::new(desk);
        let agent = web.by(web.desk.seeded.agent).await;
        let empty = agent.post("/tickets", json!({})).await.expect(422);
        assert_eq!(empty.wrong_fields(), ["subject", "body", "requester"]);
        let mut wrong = opening("Mail is late");
        wrong["severity"] = json!("D");
        wrong["requester"]["email"] = json!("zhang@contoso.example\r\nBcc: all@contoso.example");
        wrong["priority"] = json!(1);
        let said = agent.post("/tickets", wrong).await.expect(422);
        assert_eq!(said.wrong_fields(), ["requester.email", "severity", "priority"]);
        assert_eq!(agent.get("/tickets").await.expect(200).items().len(), 0);

        let table = [
            (json!({"category": "nonsense"}), "category"),
            (json!({"service": "nonsense"}), "service"),
            (json!({"team": "nonsense"}), "team"),
            (json!({"customer": "01900000-0000-7000-8000-000000000000"}), "customer"),
            (json!({"at": "2026-03-02T01:00:01Z"}), "at"),
            (json!({"attachments": ["01900000-0000-7000-8000-000000000000"]}), "attachments[0]"),
        ];
        for (more, field) in table {
            let mut body = opening("Mail is late");
            body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            let said = agent.post("/tickets", body).await.expect(422);
            assert_eq!(said.wrong_fields(), [field]);
        }
    }

    async fn what_is_no_request_is_said_to_be_none(desk: TestStore) {
        let web = WebDesk::new(desk);
        let agent = web.by(web.desk.seeded.agent).await;
        let said = agent.send_bytes("/tickets", "application/json", "{\"subject\": \"secret words").await.expect(400);
        assert!(!said.body["detail"].as_str().expect("a detail").contains("secret"), "nothing is echoed");
        agent.send_bytes("/tickets", "text/plain", "subject=x").await.expect(415);
        let deep = "[".repeat(100_000);
        agent.send_bytes("/tickets", "application/json", deep).await.expect(400);
        let large = format!("{{\"subject\": \"{}\"}}", "x".repeat(1_100_000));
        agent.send_bytes("/tickets", "application/json", large).await.expect(413);
        agent.get("/tickets?colour=red").await.expect(422);
        assert_eq!(agent.get("/tickets?limit=0&state=lost&cursor=!").await.expect(422).wrong_fields().len(), 3);
        agent.get("/tickets?cursor=bm9uc2Vuc2U").await.expect(422);
        agent.get("/nothing").await.expect(404);
        agent.call("PUT", "/tickets", Some(json!({})), &[]).await.expect(405);
    }

    async fn absent_and_forbidden_look_the_same(desk: TestStore) {
        let web = WebDesk::new(desk);
        let other = web.by(web.desk.seeded.other_agent).await;
        let number = web.ticket("Mail is late").await;
        for action in ["", "/messages", "/events", "/clocks", "/case", "/cases"] {
            let forbidden = other.get(&format!("/tickets/{number}{action}")).await.expect(404);
            let absent = other.get(&format!("/tickets/{}{action}", number + 1000)).await.expect(404);
            assert_eq!(forbidden.body, absent.body);
        }
        other.get("/tickets/not-a-number").await.expect(404);
        assert_eq!(other.get(&format!("/search?q={number}")).await.expect(200).items().len(), 0);
        assert_eq!(other.get("/tickets").await.expect(200).items().len(), 0);
        // Numbers in bodies are no way round.
        let own = json!({"subject": "x", "body": "y", "team": "second-line", "requester": {"email": "kim@fabrikam.example"}});
        let own = other.post("/tickets", own).await.expect(201).body["number"].clone();
        let merge = other.post(&format!("/tickets/{own}/merge"), json!({"into": number})).await.expect(422);
        assert_eq!(merge.wrong_fields(), ["into"]);
        let link = json!({"to": number, "kind": "related"});
        assert_eq!(other.post(&format!("/tickets/{own}/links"), link).await.expect(422).wrong_fields(), ["to"]);
    }

    async fn who_has_no_token_in_force_is_nobody(desk: TestStore) {
        let web = WebDesk::new(desk);
        for nobody in [web.anonymous(), web.revoked(web.desk.seeded.admin).await] {
            let said = nobody.get("/tickets").await.expect(401);
            assert_eq!(said.header("www-authenticate"), "Bearer");
        }
        let reader = web.with_scopes(web.desk.seeded.admin, &["read"]).await;
        reader.get("/tickets").await.expect(200);
        let said = reader.post("/tickets", opening("x")).await.expect(403);
        assert_eq!(said.header("www-authenticate"), "Bearer error=\"insufficient_scope\", scope=\"write\"");
    }
}
