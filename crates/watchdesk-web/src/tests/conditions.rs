//! Versions and idempotency keys.

use serde_json::json;
use watchdesk_store::both_databases;
use watchdesk_store::testing::TestStore;

use super::desk::{WebDesk, opening, triage};

both_databases! {
    async fn a_change_says_which_version_it_changes(desk: TestStore) {
        let web = WebDesk::new(desk);
        let agent = web.by(web.desk.seeded.agent).await;
        let path = format!("/tickets/{}", web.ticket("Mail is late").await);
        let read = agent.get(&path).await.expect(200);
        let tag = read.header("etag").to_owned();
        let change = Some(json!({"severity": "A", "tags": ["vip"]}));

        assert_eq!(agent.call("PATCH", &path, change.clone(), &[]).await.expect(428).body["code"], "version_needed");
        let changed = agent.call("PATCH", &path, change.clone(), &[("if-match", &tag)]).await.expect(200);
        assert_eq!((&changed.body["severity"], &changed.body["tags"]), (&json!("A"), &json!(["vip"])));
        assert_ne!(changed.header("etag"), tag);
        let stale = agent.call("PATCH", &path, Some(json!({"severity": "C"})), &[("if-match", &tag)]).await.expect(412);
        assert_eq!(stale.body["version"], changed.body["version"]);
        agent.call("PATCH", &path, Some(json!({"severity": "C"})), &[("if-match", "\"nonsense\"")]).await.expect(412);
        agent.call("PATCH", &path, Some(json!({"severity": "C"})), &[("if-match", "*")]).await.expect(200);

        // Actions need no version, but keep to one that is given.
        agent.call("POST", &format!("{path}/triage"), Some(triage()), &[("if-match", &tag)]).await.expect(412);
        agent.post(&format!("{path}/triage"), triage()).await.expect(200);
    }

    async fn directory_objects_have_tags_too(desk: TestStore) {
        let web = WebDesk::new(desk);
        let admin = web.by(web.desk.seeded.admin).await;
        let seeded = web.desk.seeded;
        let table = [
            (format!("/customers/{}", seeded.customer), "name"),
            (format!("/contacts/{}", seeded.contact), "name"),
            (format!("/agents/{}", seeded.agent), "name"),
            (format!("/mailboxes/{}", seeded.mailbox), "name"),
        ];
        for (path, field) in table {
            let tag = admin.get(&path).await.expect(200).header("etag").to_owned();
            let change = Some(json!({field: "Another name"}));
            admin.call("PATCH", &path, change.clone(), &[]).await.expect(428);
            let changed = admin.call("PATCH", &path, change.clone(), &[("if-match", &tag)]).await.expect(200);
            assert_eq!(changed.body[field], "Another name", "{path}");
            admin.call("PATCH", &path, change, &[("if-match", &tag)]).await.expect(412);
        }
    }

    async fn the_same_request_with_a_key_is_done_once(desk: TestStore) {
        let web = WebDesk::new(desk);
        let agent = web.by(web.desk.seeded.agent).await;
        let key = [("idempotency-key", "one")];
        let first = agent.call("POST", "/tickets", Some(opening("Mail is late")), &key).await.expect(201);
        let path = format!("/tickets/{}", first.body["number"]);
        agent.post(&format!("{path}/notes"), json!({"body": "Looked at it."})).await.expect(200);

        let again = agent.call("POST", "/tickets", Some(opening("Mail is late")), &key).await.expect(201);
        assert_eq!(again.bytes, first.bytes, "the same answer, whatever happened since");
        assert_eq!(again.header("location"), first.header("location"));
        let other = agent.call("POST", "/tickets", Some(opening("Another")), &key).await.expect(422);
        assert_eq!(other.body["code"], "idempotency_key_reused");
        let elsewhere = agent.call("POST", &format!("{path}/notes"), Some(opening("Mail is late")), &key).await;
        elsewhere.expect(422);
        assert_eq!(agent.get("/tickets").await.expect(200).items().len(), 1);

        // Somebody else's key of the same name is another key.
        let lead = web.by(web.desk.seeded.lead).await;
        lead.call("POST", "/tickets", Some(opening("Mail is late")), &key).await.expect(201);
        assert_eq!(agent.get("/tickets").await.expect(200).items().len(), 2);

        // What was refused may be tried again.
        let key = [("idempotency-key", "two")];
        let resolution = Some(json!({"body": "Done."}));
        agent.call("POST", &format!("{path}/resolution"), resolution.clone(), &key).await.expect(409);
        agent.post(&format!("{path}/triage"), triage()).await.expect(200);
        agent.call("POST", &format!("{path}/resolution"), resolution, &key).await.expect(200);
    }

    async fn what_has_no_versions_is_made_once_too(desk: TestStore) {
        let web = WebDesk::new(desk);
        let agent = web.by(web.desk.seeded.agent).await;
        let key = [("idempotency-key", "one")];
        let body = Some(json!({"name": "Northwind", "domains": ["northwind.example"]}));
        let first = agent.call("POST", "/customers", body.clone(), &key).await.expect(201);
        let again = agent.call("POST", "/customers", body.clone(), &key).await.expect(201);
        assert_eq!(again.body["id"], first.body["id"]);
        let without = agent.call("POST", "/customers", body, &[]).await.expect(422);
        assert_eq!(without.wrong_fields(), ["domains"]);
    }
}
