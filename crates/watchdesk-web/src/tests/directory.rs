//! Customers, contacts, contracts, people, services, mailboxes, mail.

use serde_json::{Value, json};
use watchdesk_store::mail::{self, Envelope, Fate, Source};
use watchdesk_store::testing::TestStore;
use watchdesk_store::{audit, both_databases};

use super::desk::{Said, WebDesk, escalation};

both_databases! {
    async fn a_customer_with_its_people_and_contracts(desk: TestStore) {
        let web = WebDesk::new(desk);
        let agent = web.by(web.desk.seeded.agent).await;
        let body = json!({
            "name": "Northwind", "domains": ["Northwind.example"], "language": "en", "time_zone": "Europe/Berlin",
            "tenant_id": "t-1", "account_owner": "sales@desk.example",
        });
        let customer = agent.post("/customers", body).await.expect(201);
        assert_eq!(customer.body["domains"], json!(["northwind.example"]));
        let id = customer.body["id"].as_str().expect("an id").to_owned();
        let contract = json!({"customer": id, "tier": "gold", "premium": true});
        let contract = agent.post("/contracts", contract).await.expect(201);
        let listed = agent.get(&format!("/contracts?customer={id}")).await.expect(200);
        assert_eq!(listed.items(), &vec![contract.body.clone()]);
        agent.post(&format!("/contracts/{}/ending", contract.body["id"].as_str().expect("an id")), json!({})).await.expect_empty();
        let listed = agent.get(&format!("/contracts?customer={id}")).await.expect(200);
        assert_eq!(listed.items()[0]["effective_to"], "2026-03-02T01:00:00Z");
        assert!(contract.body.get("recompute").is_none(), "nothing of theirs is open");
        web.triaged("Mail is late").await;
        let back = json!({"customer": web.desk.seeded.customer.to_string(), "tier": "silver", "effective_from": "2026-01-01T00:00:00Z"});
        let back = agent.post("/contracts", back).await.expect(201);
        assert_eq!((&back.body["recompute"]["total"], &back.body["recompute"]["finished_at"]), (&json!(1), &Value::Null));

        let contact = json!({"email": "Ann@Northwind.example", "name": "Ann", "customer": id, "language": "en"});
        let contact = agent.post("/contacts", contact).await.expect(201);
        let path = format!("/contacts/{}", contact.body["id"].as_str().expect("an id"));
        let again = agent.post("/contacts", json!({"email": "ann@northwind.example"})).await.expect(422);
        assert_eq!(again.wrong_fields(), ["email"]);
        agent.post(&format!("{path}/suppression"), json!({"reason": "bounced"})).await.expect_empty();
        assert_eq!(agent.get(&path).await.body["suppressed"], "bounced");
        agent.call("DELETE", &format!("{path}/suppression"), None, &[]).await.expect_empty();
        assert_eq!(agent.get(&path).await.body["suppressed"], Value::Null);
        let found = agent.get(&format!("/contacts?customer={id}&q=ann")).await.expect(200);
        assert_eq!(found.items().len(), 1);
        let log = audit::list(&web.desk, 50, None).await.expect("the audit");
        assert_eq!(log.items.iter().filter(|entry| entry.what.starts_with("contact.")).count(), 3);
    }

    async fn sales_see_their_own_customers_and_neither_cases_nor_health(desk: TestStore) {
        let web = WebDesk::new(desk);
        let (sales, agent) = (web.by(web.desk.seeded.sales).await, web.by(web.desk.seeded.agent).await);
        let seeded = web.desk.seeded;
        let names = |said: &Said| said.items().iter().map(|item| item["name"].clone()).collect::<Vec<_>>();
        assert_eq!(names(&sales.get("/customers").await.expect(200)), [json!("Contoso 上海")]);
        assert_eq!(sales.get("/contacts").await.expect(200).items().len(), 2);
        sales.get(&format!("/customers/{}", seeded.other_customer)).await.expect(404);
        sales.get(&format!("/contacts/{}", seeded.stranger)).await.expect(404);
        sales.get(&format!("/contracts?customer={}", seeded.other_customer)).await.expect(404);
        sales.get("/services/health").await.expect(404);
        let stranger = json!({"subject": "x", "body": "y", "requester": {"email": "new@fabrikam.example"}});
        sales.post("/tickets", stranger).await.expect(409);
        assert_eq!(agent.get("/contacts?q=new@fabrikam.example").await.expect(200).items().len(), 0, "nobody was made up");

        let number = web.triaged("Mail is late").await;
        let mut draft = escalation();
        draft["health_waiver"] = json!("The portal is down.");
        agent.post(&format!("/tickets/{number}/escalation"), draft).await.expect(201);
        agent.post(&format!("/tickets/{number}/case/filing"), json!({"reference": "300123", "channel": "portal"})).await.expect(200);
        agent.post(&format!("/tickets/{number}/case/updates"), json!({"body": "Their words."})).await.expect(200);
        for path in ["messages", "events"] {
            let path = format!("/tickets/{number}/{path}");
            let (whole, part) = (agent.get(&path).await.expect(200), sales.get(&path).await.expect(200));
            let text = String::from_utf8(part.bytes.clone()).expect("UTF-8");
            assert!(part.items().len() < whole.items().len());
            assert!(!text.contains("Their words") && !text.contains("case_") && !text.contains("operator"), "{text}");
        }
    }

    async fn services_are_added_and_renamed(desk: TestStore) {
        let web = WebDesk::new(desk);
        let manager = web.by(web.desk.seeded.manager).await;
        let named = |en: &str| json!({"name": {"en": en, "zh": "表单"}});
        let made = manager.call("PUT", "/services/forms", Some(named("Forms")), &[]).await.expect(200).body;
        assert_eq!((&made["slug"], &made["name"]["en"]), (&json!("forms"), &json!("Forms")));
        let number = web.ticket("A form does not open").await;
        let triage = json!({"category": "performance-availability", "service": "forms", "severity": "C"});
        manager.post(&format!("/tickets/{number}/triage"), triage).await.expect(200);
        manager.call("PUT", "/services/forms", Some(named("Microsoft Forms")), &[]).await.expect(200);
        assert_eq!(manager.get("/services/forms").await.expect(200).body["name"]["en"], "Microsoft Forms");
        let all = manager.get("/services").await.expect(200).body;
        let count = all["items"].as_array().expect("services").iter().filter(|one| one["slug"] == "forms").count();
        assert_eq!(count, 1);
        let half = Some(json!({"name": {"en": "Forms"}}));
        assert_eq!(manager.call("PUT", "/services/forms", half, &[]).await.expect(422).wrong_fields(), ["name.zh"]);
        let agent = web.by(web.desk.seeded.agent).await;
        agent.call("PUT", "/services/forms", Some(named("Forms")), &[]).await.expect(409);
    }

    async fn services_tell_how_they_are(desk: TestStore) {
        let web = WebDesk::new(desk);
        let agent = web.by(web.desk.seeded.agent).await;
        assert_eq!(agent.get("/services").await.expect(200).items().len(), 2);
        agent.get("/services/exchange-online/health").await.expect(404);
        let own = json!({"status": "degraded", "note": "Slow", "incident": "EX1", "customer": web.desk.seeded.customer});
        agent.call("PUT", "/services/exchange-online/health", Some(own), &[]).await.expect(200);
        agent.call("PUT", "/services/exchange-online/health", Some(json!({"status": "operational"})), &[]).await.expect(200);
        agent.call("PUT", "/services/nothing/health", Some(json!({"status": "operational"})), &[]).await.expect(404);
        let general = agent.get("/services/exchange-online/health").await.expect(200);
        assert_eq!(general.body["status"], "operational");
        let theirs = agent.get(&format!("/services/exchange-online/health?customer={}", web.desk.seeded.customer)).await.expect(200);
        assert_eq!((&theirs.body["status"], &theirs.body["incident"]), (&json!("degraded"), &json!("EX1")));
        let categories = agent.get("/categories").await.expect(200);
        assert_eq!(categories.items()[0]["slug"], "billing");
        assert_eq!(categories.items()[0]["escalation_severity_max"], "B");
    }

    async fn people_are_the_administrators_matter(desk: TestStore) {
        let web = WebDesk::new(desk);
        let admin = web.by(web.desk.seeded.admin).await;
        let body = json!({"email": "new@desk.example", "name": "New", "role": "agent", "teams": ["second-line"]});
        let made = admin.post("/agents", body.clone()).await.expect(201);
        assert_eq!(made.body["teams"], json!([web.desk.seeded.other_team]));
        assert_eq!(admin.post("/agents", body).await.expect(422).wrong_fields(), ["email"]);
        let team = json!({"slug": "night-watch", "name": {"en": "Night watch", "zh": "夜班"}});
        admin.post("/teams", team).await.expect(201);
        let members = Some(json!({"members": ["new@desk.example", web.desk.seeded.agent]}));
        admin.call("PUT", "/teams/night-watch/members", members.clone(), &[]).await.expect(428);
        let set = admin.call("PUT", "/teams/night-watch/members", members, &[("if-match", "*")]).await.expect(200);
        assert_eq!(set.body["members"].as_array().expect("members").len(), 2);
        let me = web.by(web.desk.seeded.agent).await.get("/me").await.expect(200);
        assert_eq!((&me.body["email"], &me.body["role"]), (&json!("agent@desk.example"), &json!("agent")));
        assert_eq!(me.body["scopes"], json!(["read", "write"]));
    }

    async fn mail_that_was_held_is_seen_and_tried_again(desk: TestStore) {
        let web = WebDesk::new(desk);
        let agent = web.by(web.desk.seeded.agent).await;
        let envelope = Envelope { from: Some("x@y.example".to_owned()), to: vec!["support@desk.example".to_owned()] };
        let id = mail::store_raw(&web.desk, Source::Smtp, &envelope, b"Subject: hello\r\n\r\nhello").await.expect("stored");
        let fate = Fate::Held { reason: "too many at once".to_owned() };
        assert!(mail::settle(&web.desk, id, &fate).await.expect("settled"));
        let held = agent.get("/mail").await.expect(200);
        assert_eq!((&held.items()[0]["fate"], &held.items()[0]["reason"]), (&json!("held"), &json!("too many at once")));
        let raw = agent.get(&format!("/mail/{id}/raw")).await;
        assert_eq!((raw.header("content-type"), raw.bytes.as_slice()), ("message/rfc822", &b"Subject: hello\r\n\r\nhello"[..]));
        assert!(raw.header("content-disposition").starts_with("attachment"));
        assert_eq!(agent.post(&format!("/mail/{id}/retry"), json!({})).await.expect(200).body["fate"], "pending");
        assert_eq!(agent.post(&format!("/mail/{id}/retry"), json!({})).await.expect(409).body["code"], "mail_settled");
        web.by(web.desk.seeded.sales).await.get("/mail").await.expect(404);
    }

    async fn mail_of_tickets_that_one_may_not_see_is_not_seen(desk: TestStore) {
        let web = WebDesk::new(desk);
        let number = web.ticket("Mail is late").await;
        let ticket = web.by(web.desk.seeded.agent).await.get(&format!("/tickets/{number}")).await.expect(200);
        let said = web.by(web.desk.seeded.agent).await.get(&format!("/tickets/{number}/messages")).await.expect(200);
        let uuid = |value: &Value| value.as_str().expect("an id").parse().expect("an id");
        let (ticket, message) = (uuid(&ticket.body["id"]), uuid(&said.items()[0]["id"]));
        let id = mail::store_raw(&web.desk, Source::Pipe, &Envelope::default(), b"x").await.expect("stored");
        let fate = Fate::Ticket { ticket: watchdesk_core::ids::TicketId(ticket), message: watchdesk_core::ids::MessageId(message) };
        assert!(mail::settle(&web.desk, id, &fate).await.expect("settled"));
        let (agent, other) = (web.by(web.desk.seeded.agent).await, web.by(web.desk.seeded.other_agent).await);
        assert_eq!(agent.get("/mail?fate=ticket").await.expect(200).items().len(), 1);
        assert_eq!(other.get("/mail?fate=ticket").await.expect(200).items().len(), 0);
        other.get(&format!("/mail/{id}/raw")).await.expect(404);
    }
}
