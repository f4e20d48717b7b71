//! Rotas: saved, asked, and found to have holes.

use serde_json::{Value, json};
use watchdesk_store::both_databases;
use watchdesk_store::testing::TestStore;

use super::desk::{WebDesk, rota};

/// Two people in turn, and nobody on Saturday night.
fn with_a_hole(first: &str, second: &str) -> Value {
    let mut rota = rota(first);
    rota["layers"][0]["people"] = json!([first, second]);
    rota["overrides"] = json!([{"from": "2026-03-07T14:00:00Z", "to": "2026-03-08T00:00:00Z"}]);
    rota
}

both_databases! {
    async fn somebody_is_on_call_and_a_hole_is_found(desk: TestStore) {
        let web = WebDesk::new(desk);
        let (manager, agent) = (web.by(web.desk.seeded.manager).await, web.by(web.desk.seeded.agent).await);
        let saved = manager.call("PUT", "/rotas/desk", Some(with_a_hole("agent@desk.example", "lead@desk.example")), &[]).await.expect(201);
        assert_eq!(saved.header("location"), "/api/v1/rotas/desk");
        assert_eq!(saved.body["rota"]["layers"][0]["people"], json!([web.desk.seeded.agent.to_string(), web.desk.seeded.lead.to_string()]));
        assert_eq!((&saved.body["levels"], &saved.body["people"][0]["name"].is_string()), (&json!([1]), &true));

        let now = agent.get("/rotas/desk/on-call").await.expect(200);
        assert_eq!((&now.items()[0]["agent"]["name"], &now.items()[0]["level"]), (&json!("agent of the desk"), &json!(1)));
        assert_eq!(now.items()[0]["until"], "2026-03-07T14:00:00Z");
        let next = agent.get("/rotas/desk/on-call?at=2026-03-10T00:00:00Z&level=1").await.expect(200);
        assert_eq!(next.items()[0]["agent"]["name"], "lead of the desk");
        let night = agent.get("/rotas/desk/on-call?at=2026-03-07T20:00:00Z").await.expect(200);
        assert_eq!(night.items()[0]["agent"], Value::Null);
        assert_eq!(agent.get("/rotas/desk/on-call?level=2").await.expect(422).wrong_fields(), ["level"]);

        let gap = json!({"rota": "desk", "level": 1, "from": "2026-03-07T14:00:00Z", "to": "2026-03-08T00:00:00Z", "length_s": 36_000});
        for path in ["/rotas/desk/coverage", "/rotas/coverage", "/rotas/desk/coverage?from=2026-03-07T00:00:00Z&to=2026-03-09T00:00:00Z"] {
            assert_eq!(agent.get(path).await.expect(200).items(), std::slice::from_ref(&gap), "{path}");
        }
        assert!(agent.get("/rotas/coverage?to=2026-03-07T00:00:00Z").await.expect(200).items().is_empty());
        assert_eq!(agent.get("/rotas/desk/coverage?to=2028-03-07T00:00:00Z").await.expect(422).wrong_fields(), ["to"]);
        let shifts = agent.get("/rotas/desk/shifts?to=2026-03-10T00:00:00Z").await.expect(200);
        let people: Vec<&Value> = shifts.items().iter().map(|shift| &shift["agent"]["name"]).collect();
        assert_eq!(people, [&json!("agent of the desk"), &Value::Null, &json!("agent of the desk"), &json!("lead of the desk")]);

        // Whoever leaves is a gap.
        let admin = web.by(web.desk.seeded.admin).await;
        let left = format!("/agents/{}", web.desk.seeded.lead);
        admin.call("PATCH", &left, Some(json!({"active": false})), &[("if-match", "*")]).await.expect(200);
        assert_eq!(agent.get("/rotas/desk/coverage").await.expect(200).items().len(), 3);
    }

    async fn ones_shifts_are_a_calendar(desk: TestStore) {
        let web = WebDesk::new(desk);
        let (manager, agent) = (web.by(web.desk.seeded.manager).await, web.by(web.desk.seeded.agent).await);
        manager.call("PUT", "/rotas/desk", Some(with_a_hole("agent@desk.example", "lead@desk.example")), &[]).await.expect(201);
        let feed = agent.get("/rotas/desk/calendar.ics").await.expect(200);
        assert_eq!(feed.header("content-type"), "text/calendar; charset=utf-8");
        let text = String::from_utf8(feed.bytes).expect("UTF-8");
        assert!(text.starts_with("BEGIN:VCALENDAR\r\n") && text.contains("SUMMARY:On call: Service desk"), "{text}");
        assert!(text.contains("DTSTART:20260302T010000Z"), "{text}");
        let of_lead = agent.get("/rotas/desk/calendar.ics?agent=lead@desk.example").await.expect(200);
        assert!(!String::from_utf8_lossy(&of_lead.bytes).contains("DTSTART:20260302T010000Z"));
        assert_eq!(agent.get("/rotas/desk/calendar.ics?agent=nobody@desk.example").await.expect(422).wrong_fields(), ["agent"]);
        web.anonymous().get("/rotas/desk/calendar.ics").await.expect(401);
    }

    async fn a_wrong_rota_names_its_entries(desk: TestStore) {
        let web = WebDesk::new(desk);
        let manager = web.by(web.desk.seeded.manager).await;
        let put = |body: Value| manager.call("PUT", "/rotas/desk", Some(body), &[]);
        let mut wrong = rota("agent@desk.example");
        wrong["layers"][0]["people"] = json!(["01900000-0000-7000-8000-000000000000", web.desk.seeded.agent.to_string()]);
        wrong["layers"][0]["rotation"] = json!("hourly");
        wrong["team"] = json!("third-line");
        assert_eq!(put(wrong).await.expect(422).wrong_fields(), ["layers[0].people[0]", "team", "layers[0].rotation"]);
        assert_eq!(put(rota("nobody@desk.example")).await.expect(422).wrong_fields(), ["layers[0].people[0]"]);
        let mut wrong = rota("agent@desk.example");
        wrong["overrides"] = json!([{"from": "2026-03-07T14:00:00Z", "to": "2026-03-08T00:00:00Z", "with": "nobody@desk.example"}]);
        assert_eq!(put(wrong).await.expect(422).wrong_fields(), ["overrides[0].with"]);
        let mut wrong = rota("agent@desk.example");
        wrong["layers"][0]["colour"] = json!("red");
        assert_eq!(put(wrong).await.expect(422).wrong_fields(), ["layers[0].colour"]);
        // That is the name of what all of them leave open.
        manager.call("PUT", "/rotas/coverage", Some(rota("agent@desk.example")), &[]).await.expect(405);
        assert!(manager.get("/rotas").await.expect(200).items().is_empty());
    }

    async fn nobody_overwrites_what_somebody_else_changed(desk: TestStore) {
        let web = WebDesk::new(desk);
        let manager = web.by(web.desk.seeded.manager).await;
        manager.call("PUT", "/rotas/desk", Some(rota("agent@desk.example")), &[]).await.expect(201);
        let read = manager.get("/rotas/desk").await.expect(200);
        let tag = read.header("etag").to_owned();
        let changed = with_a_hole("agent@desk.example", "lead@desk.example");
        manager.call("PUT", "/rotas/desk", Some(changed.clone()), &[("if-match", &tag)]).await.expect(200);
        manager.call("PUT", "/rotas/desk", Some(changed), &[("if-match", &tag)]).await.expect(412);
        manager.call("DELETE", "/rotas/desk", None, &[("if-match", &tag)]).await.expect(412);
        manager.call("PUT", "/rotas/desk", Some(rota("agent@desk.example")), &[]).await.expect(428);
        manager.call("DELETE", "/rotas/desk", None, &[]).await.expect_empty();
        manager.call("DELETE", "/rotas/desk", None, &[]).await.expect(404);
        manager.get("/rotas/desk/on-call").await.expect(404);
    }
}
