//! What went up to the operator: the figures, the lessons, and the record that is handed over.

use serde_json::{Value, json};
use watchdesk_store::both_databases;
use watchdesk_store::testing::TestStore;

use super::desk::{Client, WebDesk, escalation, triage};

/// A case of its own, filed now.
async fn filed(web: &WebDesk, agent: &Client<'_>, reference: &str) -> String {
    let number = web.triaged(reference).await;
    agent.call("PUT", "/services/exchange-online/health", Some(json!({"status": "operational"})), &[]).await;
    let mut draft = escalation();
    draft["health_waiver"] = json!("The page was down; wang.fang@contoso.example saw it.");
    draft["evidence"]["error_texts"] =
        json!("550 5.7.1 for li.na@contoso.example, call 13800138000, password: Xk9-blue!7");
    let drafted = agent.post(&format!("/tickets/{number}/escalation"), draft).await.expect(201);
    let id = drafted.body["id"].as_str().expect("an id").to_owned();
    let filing = json!({"reference": reference, "channel": "portal", "contact": "Engineer Sun"});
    agent.post(&format!("/cases/{id}/filing"), filing).await.expect(200);
    id
}

/// Four cases: one refused, one withdrawn, one solved, one open; and one refused of the other team's.
async fn a_week(web: &WebDesk) -> (String, String) {
    let agent = web.by(web.desk.seeded.agent).await;
    let (refused, withdrawn) = (filed(web, &agent, "SR-1").await, filed(web, &agent, "SR-2").await);
    let (solved, _open) = (filed(web, &agent, "SR-3").await, filed(web, &agent, "SR-4").await);
    web.desk.advance(chrono::Duration::hours(1));
    agent.post(&format!("/cases/{refused}/acknowledgement"), json!({})).await.expect(200);
    let reason = json!({"reason": "=See the article; ask li.na@contoso.example."});
    agent.post(&format!("/cases/{refused}/refusal"), reason).await.expect(200);
    agent.post(&format!("/cases/{withdrawn}/withdrawal"), json!({"reason": "We found it."})).await.expect(200);
    let answer = json!({"body": "Fixed.", "outcome": "solved"});
    agent.post(&format!("/cases/{solved}/answer"), answer).await.expect(200);
    (refused, withdrawn)
}

const WEEK: &str = "from=2026-03-02&to=2026-03-08";

fn part(value: &Value) -> (i64, i64) {
    (value["n"].as_i64().expect("a count"), value["of"].as_i64().expect("a count"))
}

both_databases! {
    async fn what_went_up_is_counted_and_every_share_says_of_how_many(desk: TestStore) {
        let web = WebDesk::new(desk);
        a_week(&web).await;
        let manager = web.by(web.desk.seeded.manager).await;
        let report = manager.get(&format!("/reports/escalations?{WEEK}&group=agent,month,product,reason")).await.expect(200).body;
        let total = &report["total"];
        assert_eq!((&total["filed"], &report["is_cut"]), (&json!(4), &json!(false)));
        let parts = ["refused", "withdrawn", "solved", "open", "lessons"].map(|name| part(&total[name]));
        assert_eq!(parts, [(1, 4), (1, 4), (1, 4), (1, 4), (0, 2)]);
        assert_eq!(total["refused"]["share"], 0.25);
        assert_eq!(total["time"]["operators"]["count"], 4, "{total}");
        let rows = report["rows"].as_array().expect("rows");
        let keys: Vec<&Value> = rows.iter().map(|row| &row["key"]).collect();
        assert!(keys.contains(&&json!("2026-03")) && keys.contains(&&json!("exchange-online")), "{keys:?}");
        let by_agent = rows.iter().find(|row| row["group"] == "agent").expect("a row");
        assert_eq!(by_agent["agent"]["id"], json!(web.desk.seeded.agent.to_string()));

        for (filter, count) in [
            ("service=exchange-online", 4), ("service=azure", 0), ("category=performance-availability", 4),
            ("category=billing", 0), ("operator=21vianet", 4), ("operator=other", 0),
        ] {
            let found = manager.get(&format!("/reports/escalations?{WEEK}&{filter}")).await.expect(200).body;
            assert_eq!(found["total"]["filed"], count, "{filter}");
        }
        let by = |agent| format!("/reports/escalations?{WEEK}&agent={agent}");
        assert_eq!(manager.get(&by(web.desk.seeded.agent)).await.expect(200).body["total"]["filed"], 4);
        assert_eq!(manager.get(&by(web.desk.seeded.lead)).await.expect(200).body["total"]["filed"], 0);
        let before = manager.get("/reports/escalations?from=2026-02-01&to=2026-02-28").await.expect(200).body;
        assert_eq!((&before["total"]["filed"], &before["total"]["refused"]["share"]), (&json!(0), &Value::Null));
        for (query, field) in [("group=colour", "group"), ("from=2024-01-01", "to"), ("from=2026-03-09&to=2026-03-01", "to"), ("agent=me", "agent")] {
            let said = manager.get(&format!("/reports/escalations?{query}")).await.expect(422);
            assert!(said.wrong_fields()[0].starts_with(field), "{}", said.body);
        }
    }

    async fn a_lead_reads_of_his_teams_alone(desk: TestStore) {
        let web = WebDesk::new(desk);
        a_week(&web).await;
        let other = web.by(web.desk.seeded.other_agent).await;
        let opening = json!({"subject": "x", "body": "y", "team": "second-line", "requester": {"email": "kim@fabrikam.example"}});
        let number = other.post("/tickets", opening).await.expect(201).body["number"].as_i64().expect("a number");
        other.post(&format!("/tickets/{number}/triage"), triage()).await.expect(200);
        let lead = web.by(web.desk.seeded.lead).await;
        let count = async || {
            lead.get(&format!("/reports/escalations?{WEEK}")).await.expect(200).body["total"]["filed"].as_i64()
        };
        assert_eq!(count().await, Some(4));
        other.post(&format!("/tickets/{number}/escalation"), {
            let mut draft = escalation();
            draft["health_waiver"] = json!("Down.");
            draft
        }).await.expect(201);
        other.post(&format!("/tickets/{number}/case/filing"), json!({"reference": "SR-9", "channel": "phone"})).await.expect(200);
        assert_eq!(count().await, Some(4), "the other team's is not his to see");
        let manager = web.by(web.desk.seeded.manager).await;
        assert_eq!(manager.get(&format!("/reports/escalations?{WEEK}")).await.expect(200).body["total"]["filed"], 5);
    }

    async fn a_lesson_is_recorded_amended_and_counted(desk: TestStore) {
        let web = WebDesk::new(desk);
        let (refused, _) = a_week(&web).await;
        let (agent, lead) = (web.by(web.desk.seeded.agent).await, web.by(web.desk.seeded.lead).await);
        let path = format!("/cases/{refused}/lesson");
        for (body, field) in [
            (json!({"measure": "training"}), "body"),
            (json!({"body": "Read it.", "measure": "prayer"}), "measure"),
            (json!({"body": "Read it.", "measure": "tool", "owner": uuid::Uuid::nil()}), "owner"),
        ] {
            assert_eq!(agent.post(&path, body).await.expect(422).wrong_fields(), [field]);
        }
        agent.post(&path, json!({"body": "Read the article first.", "measure": "training"})).await.expect(200);
        let owner = web.desk.seeded.lead.to_string();
        let amended = json!({"body": "The article is in the guide now.", "measure": "documentation", "owner": owner});
        let case = lead.post(&path, amended).await.expect(200).body;
        assert_eq!((&case["lesson"]["measure"], &case["lesson"]["by"]), (&json!("documentation"), &json!(owner)));
        let total = lead.get(&format!("/reports/escalations?{WEEK}")).await.expect(200).body["total"].clone();
        assert_eq!(part(&total["lessons"]), (1, 2));
    }

    async fn what_is_handed_over_names_companies_and_no_persons(desk: TestStore) {
        let web = WebDesk::new(desk);
        let (refused, _) = a_week(&web).await;
        let agent = web.by(web.desk.seeded.agent).await;
        let lesson = json!({"body": "Ask zhang@contoso.example for the trace.", "measure": "process"});
        agent.post(&format!("/cases/{refused}/lesson"), lesson).await.expect(200);
        let manager = web.by(web.desk.seeded.manager).await;
        let path = format!("/reports/remediation?{WEEK}");
        let said = manager.get(&path).await.expect(200);
        let cases = said.body["cases"].as_array().expect("cases");
        let references: Vec<&Value> = cases.iter().map(|case| &case["reference"]).collect();
        assert_eq!(references, ["SR-1", "SR-2"]);
        assert_eq!((&cases[0]["fate"], &cases[1]["fate"]), (&json!("refused"), &json!("withdrawn")));
        assert_eq!(cases[0]["companies"], json!(["Contoso 上海"]));
        assert_eq!(cases[0]["ending"], "=See the article; ask l***@contoso.example.");
        assert_eq!(cases[0]["error_texts"], "550 5.7.1 for l***@contoso.example, call 138****8000, password: [redacted: password]");
        assert_eq!(cases[0]["lesson"]["body"], "Ask z***@contoso.example for the trace.");
        assert_eq!(cases[1]["lesson"], Value::Null);
        let spent = cases[0]["operators_s"].as_i64().expect("seconds");
        assert_eq!(spent, 3_600, "{}", cases[0]);
        let whole = String::from_utf8(said.bytes).expect("UTF-8");
        for inside in ["li.na@", "wang.fang@", "13800138000", "Xk9-blue", "Engineer Sun", "张伟", "\"agent\""] {
            assert!(!whole.contains(inside), "{inside} is in {whole}");
        }
        let named = manager.get(&format!("{path}&agents=true")).await.expect(200).body;
        assert!(named["cases"][0]["agent"].is_string(), "{named}");
        let csv = manager.get(&format!("{path}&format=csv")).await.expect(200);
        let text = String::from_utf8(csv.bytes).expect("UTF-8");
        assert!(text.starts_with("reference,operator,fate,") && text.contains("\"'=See the article"), "{text}");
        let figures = manager.call("GET", &format!("/reports/escalations?{WEEK}&group=operator"), None, &[("accept", "text/csv")]).await.expect(200);
        let text = String::from_utf8(figures.bytes).expect("UTF-8");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0].matches(',').count(), lines[1].matches(',').count(), "{text}");
        assert!(lines[1].starts_with("operator,21vianet,4,"), "{text}");
    }
}
