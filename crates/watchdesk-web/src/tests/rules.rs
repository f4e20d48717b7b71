//! Policies and calendars: read, tried, published.

use serde_json::{Value, json};
use watchdesk_store::both_databases;
use watchdesk_store::testing::TestStore;

use super::desk::{WebDesk, calling_policy};

const SCHEDULE: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n\
    BEGIN:VEVENT\r\nSUMMARY:元旦 休\r\nDTSTART;VALUE=DATE:20270101\r\nDTEND;VALUE=DATE:20270104\r\nEND:VEVENT\r\n\
    BEGIN:VEVENT\r\nSUMMARY:元旦 班\r\nDTSTART;VALUE=DATE:20270109\r\nEND:VEVENT\r\n\
    BEGIN:VEVENT\r\nSUMMARY:A meeting\r\nDTSTART:20270110T010000Z\r\nEND:VEVENT\r\n\
    END:VCALENDAR\r\n";

fn strict() -> Value {
    json!({"rules": [{
        "name": "Strict", "calendar": "always",
        "targets": {"first_response": {"A": 600, "B": 600, "C": 600}},
    }]})
}

both_databases! {
    async fn a_policy_is_tried_before_it_is_published(desk: TestStore) {
        let web = WebDesk::new(desk);
        let manager = web.by(web.desk.seeded.manager).await;
        let (first, second) = (web.triaged("Mail is late").await, web.ticket("Mail is late again").await);
        web.desk.advance(chrono::Duration::hours(1));
        let list = manager.get("/policies").await.expect(200);
        let slugs: Vec<&str> = list.items().iter().map(|policy| policy["slug"].as_str().expect("a slug")).collect();
        assert_eq!(slugs, ["standard", "operator"]);
        let newest = manager.get("/policies/standard").await.expect(200);
        assert_eq!((newest.header("etag"), &newest.body["side"]), ("\"1\"", &json!("customer")));
        assert_eq!(newest.body["policy"]["rules"][0]["name"], "standard");
        assert_eq!(newest.body["recompute"], Value::Null);

        let tried = manager.post("/policies/standard/dry-run", strict()).await.expect(200).body;
        let counts = ["examined", "changed", "overdue_at_once"].map(|name| tried[name].as_i64().expect("a count"));
        assert_eq!((counts, &tried["is_cut"]), ([2, 2, 2], &json!(false)));
        let numbers: Vec<i64> = tried["items"].as_array().expect("items").iter().map(|item| item["ticket"].as_i64().expect("a number")).collect();
        assert_eq!(numbers, [first, second]);
        let changes = tried["items"][0]["changes"].as_array().expect("changes");
        let change = |objective: &str| changes.iter().find(|change| change["objective"] == objective).expect("a change");
        assert_eq!(change("first_response")["to"]["deadline"], "2026-03-02T01:10:00Z");
        assert_eq!((&change("resolution")["to"], change("resolution")["overdue_at_once"].as_bool()), (&Value::Null, Some(false)));
        let mut only_new = strict();
        only_new["applies_to"] = json!("new");
        assert_eq!(manager.post("/policies/standard/dry-run", only_new).await.expect(200).body["changed"], 0);
        assert_eq!(manager.get("/policies/standard").await.body["version"], 1, "nothing was published");

        let mut running = strict();
        running["applies_to"] = json!("running");
        let stale = manager.call("POST", "/policies/standard/versions", Some(running.clone()), &[("if-match", "\"7\"")]).await.expect(412);
        assert_eq!(stale.body["version"], 1);
        let published = manager.call("POST", "/policies/standard/versions", Some(running), &[("if-match", "\"1\"")]).await.expect(201);
        assert_eq!(published.header("location"), "/api/v1/policies/standard/versions/2");
        assert_eq!((&published.body["applies_to"], &published.body["published_by"]), (&json!("running"), &json!(web.desk.seeded.manager.to_string())));
        assert_eq!((&published.body["recompute"]["total"], &published.body["recompute"]["finished_at"]), (&json!(2), &Value::Null));
        let versions = manager.get("/policies/standard/versions?limit=1").await.expect(200);
        assert_eq!((&versions.items()[0]["version"], versions.body["next"].is_string()), (&json!(2), true));
        assert_eq!(manager.get("/policies/standard/versions/1").await.expect(200).body["policy"]["rules"][0]["name"], "standard");
        manager.get("/policies/standard/versions/9").await.expect(404);
        manager.get("/policies/unheard-of").await.expect(404);
        manager.post("/policies/unheard-of/versions", strict()).await.expect(404);
    }

    async fn every_wrong_entry_of_a_policy_is_named(desk: TestStore) {
        let web = WebDesk::new(desk);
        let manager = web.by(web.desk.seeded.manager).await;
        let path = "/policies/standard/versions";
        let wrong = json!({"rules": [
            {"name": "A", "calendar": "nowhere", "targets": {"first_response": {"A": 0}, "upstream_update": {"A": 60}}},
            {"name": "A", "calendar": "always", "targets": {"triage": {"A": 60}}, "ladders": {"triage": [{"percent": 50}]}},
        ]});
        let said = manager.post(path, wrong).await.expect(422);
        let fields = said.wrong_fields();
        for entry in ["rules[0] \"A\".calendar", "rules[0] \"A\".targets.first_response.A", "rules[0] \"A\".targets.upstream_update", "rules[1] \"A\"", "rules[1] \"A\".ladders.triage[0]"] {
            assert!(fields.contains(&entry), "{entry}: {fields:?}");
        }
        let shapes = [
            (json!({"rules": [{"name": "A", "targets": {"first_response": {"A": "soon"}}}]}), "rules[0].targets.first_response.A"),
            (json!({"rules": [], "colour": "red"}), "colour"),
            (json!({"rules": [{"name": "A", "no_sla": true}], "applies_to": "all"}), "applies_to"),
            (json!({"slug": "other", "rules": []}), "slug"),
            (json!({"side": "operator", "rules": []}), "side"),
        ];
        for (body, field) in shapes {
            assert_eq!(manager.post(path, body).await.expect(422).wrong_fields(), [field]);
        }
        // As the files are written, too.
        let text = "[[rules]]\nname = \"Nothing\"\nno_sla = true\n";
        assert_eq!(manager.send_bytes(path, "application/toml", text).await.expect(201).body["version"], 2);
        let said = manager.send_bytes(path, "application/toml", "[[rules]]\nname = ").await.expect(400);
        assert!(said.body["detail"].as_str().expect("a detail").contains("line 2"), "{}", said.body);
        manager.send_bytes("/tickets", "application/toml", text).await.expect(415);
        assert_eq!(manager.get("/policies/standard").await.body["version"], 2);
        manager.post(path, calling_policy()).await.expect(201);
    }

    async fn a_published_schedule_is_imported(desk: TestStore) {
        let web = WebDesk::new(desk);
        let manager = web.by(web.desk.seeded.manager).await;
        let slugs: Vec<Value> = manager.get("/calendars").await.expect(200).items().iter().map(|calendar| calendar["slug"].clone()).collect();
        assert_eq!(slugs, [json!("always"), json!("working-days")]);
        assert_eq!(manager.get("/calendars/always").await.expect(200).body["calendar"], json!({"always": true}));

        let import = "/calendars/working-days/holidays";
        let tried = manager.send_bytes(&format!("{import}?dry_run=true"), "text/calendar", SCHEDULE).await.expect(200).body;
        assert_eq!((&tried["version"], &tried["years"], &tried["days_by_year"]["2027"]), (&Value::Null, &json!([2027]), &json!(4)));
        assert!(tried["trial"]["changed"].is_number() && tried["warnings"].as_array().expect("warnings").len() == 1, "{tried}");
        assert_eq!(manager.get("/calendars/working-days").await.body["version"], 1);

        let done = manager.send_bytes(&format!("{import}?years=2027"), "text/calendar; charset=utf-8", SCHEDULE).await.expect(200).body;
        assert_eq!((&done["version"], &done["trial"]), (&json!(2), &Value::Null));
        assert_eq!(done["days"][3], json!({"date": "2027-01-09", "name": "元旦 班", "is_off_day": false}));
        let newest = manager.get("/calendars/working-days").await.expect(200).body;
        assert_eq!((&newest["applies_to"], &newest["calendar"]["extra_days"]["2027-01-09"]), (&json!("running"), &json!("mon")));
        assert_eq!(newest["calendar"]["holidays"].as_array().expect("holidays").len(), 3);

        for (path, kind, body, status) in [
            (format!("{import}?years=2031"), "text/calendar", SCHEDULE, 422),
            (format!("{import}?years=now"), "text/calendar", SCHEDULE, 422),
            (import.to_owned(), "text/calendar", "no calendar", 422),
            (import.to_owned(), "text/plain", SCHEDULE, 415),
            ("/calendars/unheard-of/holidays".to_owned(), "text/calendar", SCHEDULE, 404),
            ("/calendars/always/holidays".to_owned(), "text/calendar", SCHEDULE, 404),
        ] {
            assert_eq!(manager.send_bytes(&path, kind, body).await.status, status, "{path}");
        }
    }

    async fn a_calendar_that_cannot_be_computed_with_is_refused(desk: TestStore) {
        let web = WebDesk::new(desk);
        let manager = web.by(web.desk.seeded.manager).await;
        let hours = json!({"mon": [["09:00", "18:00"]]});
        let table = [
            (json!({"hours": hours}), "request"),
            (json!({"time_zone": "Asia/Nowhere", "hours": hours}), "time_zone"),
            (json!({"time_zone": "Asia/Shanghai", "hours": {"mon": [["9", "18:00"]]}}), "hours.mon"),
            (json!({"time_zone": "Asia/Shanghai"}), "hours"),
            (json!({"time_zone": "Asia/Shanghai", "hours": hours, "holidays": ["tomorrow"]}), "holidays"),
            (json!({"time_zone": "Asia/Shanghai", "hours": hours, "colour": 1}), "colour"),
        ];
        for (body, field) in table {
            for action in ["versions", "dry-run"] {
                let said = manager.post(&format!("/calendars/night/{action}"), body.clone()).await.expect(422);
                assert_eq!(said.wrong_fields().len(), 1);
                assert!(said.wrong_fields()[0].starts_with(field), "{field}: {}", said.body);
            }
        }
        let good = json!({"time_zone": "Asia/Shanghai", "hours": {"mon": [["22:00", "06:00"]]}});
        assert_eq!(manager.post("/calendars/always/versions", good.clone()).await.expect(422).wrong_fields(), ["slug"]);
        let made = manager.post("/calendars/night/versions", good).await.expect(201);
        assert_eq!((&made.body["version"], &made.body["applies_to"]), (&json!(1), &json!("new")));
        assert_eq!(manager.get("/calendars/night/versions").await.expect(200).items().len(), 1);
    }

    async fn a_target_that_never_ends_is_refused_on_either_side(desk: TestStore) {
        let web = WebDesk::new(desk);
        let manager = web.by(web.desk.seeded.manager).await;
        let mondays = |hours: Value| json!({"time_zone": "Asia/Shanghai", "hours": {"mon": hours}});
        manager.post("/calendars/mondays/versions", mondays(json!([["09:00", "17:00"]]))).await.expect(201);
        let long = |seconds: i64| json!({"rules": [{
            "name": "Long", "calendar": "mondays", "targets": {"resolution": {"A": seconds, "B": 600, "C": 600}},
        }]});
        // Calendars are computed for two centuries: so many Mondays do not hold ten years of open seconds.
        for action in ["versions", "dry-run"] {
            let said = manager.post(&format!("/policies/standard/{action}"), long(314_000_000)).await.expect(422);
            assert_eq!(said.wrong_fields(), ["rules[0] \"Long\".targets.resolution.A"]);
            assert!(said.body.to_string().contains("never used up in the calendar mondays"), "{}", said.body);
        }
        manager.post("/policies/standard/versions", long(31_000_000)).await.expect(201);
        let short = mondays(json!([["09:00", "09:40"]]));
        for action in ["versions", "dry-run"] {
            let said = manager.post(&format!("/calendars/mondays/{action}"), short.clone()).await.expect(422);
            assert_eq!(said.wrong_fields(), ["hours"]);
            let words = said.body.to_string();
            assert!(words.contains("of the policy standard") && words.contains("targets.resolution.A"), "{words}");
        }
        assert_eq!(manager.get("/calendars/mondays").await.body["version"], 1, "nothing was published");
        // A calendar that no rule uses may be as short.
        manager.post("/calendars/others/versions", short).await.expect(201);
    }

    async fn what_an_untriaged_ticket_is_held_to_is_the_policys_to_say(desk: TestStore) {
        let web = WebDesk::new(desk);
        let (manager, agent) = (web.by(web.desk.seeded.manager).await, web.by(web.desk.seeded.agent).await);
        let policy = |untriaged: Value| {
            let mut policy = json!({"rules": [{
                "name": "By severity", "calendar": "always", "targets": {"first_response": {"A": 600, "B": 1200}},
            }]});
            if untriaged.is_string() {
                policy["severity_untriaged"] = untriaged;
            }
            policy
        };
        let path = "/policies/standard/versions";
        for (untriaged, target_s) in [(Value::Null, Some(1_200)), (json!("A"), Some(600)), (json!("C"), None)] {
            let published = manager.post(path, policy(untriaged.clone())).await.expect(201);
            assert_eq!(published.body["policy"].get("severity_untriaged").cloned().unwrap_or(Value::Null), untriaged);
            web.desk.advance(chrono::Duration::seconds(1));
            let number = web.ticket("Mail is late").await;
            let clocks = agent.get(&format!("/tickets/{number}/clocks")).await.expect(200);
            let targets: Vec<i64> = clocks.items().iter().filter_map(|clock| clock["target_s"].as_i64()).collect();
            assert_eq!(targets, target_s.into_iter().collect::<Vec<_>>(), "a severity that is left out is owed nothing");
            let told = agent.get(&format!("/tickets/{number}/explain")).await.expect(200).body;
            match target_s {
                Some(_) => {
                    let held = &told["chains"][0]["instances"][0]["terms"]["severity"];
                    let wanted = if untriaged.is_null() { json!("B") } else { untriaged };
                    assert_eq!((&held["severity"], &held["because"]), (&wanted, &json!("untriaged")));
                }
                None => assert_eq!(told["nothing_owed"]["why"], "rule"),
            }
        }
        assert_eq!(manager.post(path, policy(json!("E"))).await.expect(422).wrong_fields(), ["severity_untriaged"]);
    }
}
