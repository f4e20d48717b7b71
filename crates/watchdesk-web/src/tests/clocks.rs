//! Promises on a ticket: read, explained, excused, answered for.

use serde_json::{Value, json};
use watchdesk_core::command::{Command, Unit};
use watchdesk_core::ids::TicketNumber;
use watchdesk_core::rights::Actor;
use watchdesk_store::testing::TestStore;
use watchdesk_store::{both_databases, tickets};

use super::desk::{Client, WebDesk, calling_policy, escalation, opening};

fn clocks<'c>(said: &'c [Value], objective: &str) -> Vec<&'c Value> {
    said.iter().filter(|clock| clock["objective"] == objective).collect()
}

async fn clock(client: &Client<'_>, number: i64, objective: &str) -> Value {
    let all = client.get(&format!("/tickets/{number}/clocks")).await.expect(200);
    let found = clocks(all.items(), objective);
    (*found.last().expect("a clock")).clone()
}

/// What a worker does when the time has come.
pub async fn fire(web: &WebDesk, number: i64) {
    let ticket = tickets::by_number(&web.desk, TicketNumber(number)).await.unwrap().unwrap().ticket;
    web.desk.execute(&Actor::System, Unit::ticket(ticket.id, Command::FireTimers)).await.unwrap();
}

async fn reply(client: &Client<'_>, number: i64) {
    client.post(&format!("/tickets/{number}/replies"), json!({"body": "We look."})).await.expect(200);
}

both_databases! {
    async fn a_miss_is_stamped_with_its_deadline_and_excused_by_a_lead(desk: TestStore) {
        let web = WebDesk::new(desk);
        let (agent, lead) = (web.by(web.desk.seeded.agent).await, web.by(web.desk.seeded.lead).await);
        let number = web.triaged("Mail is late").await;
        web.desk.advance(chrono::Duration::minutes(245));
        reply(&agent, number).await;
        let missed = clock(&agent, number, "first_response").await;
        assert_eq!((&missed["missed_at"], &missed["ended_at"]), (&json!("2026-03-02T05:00:00Z"), &json!("2026-03-02T05:05:00Z")));
        assert_eq!((&missed["outcome"], &missed["consumed_s"]), (&json!("met_late"), &json!(14_700)));
        assert_eq!((&missed["subject"], &missed["revision"], &missed["lowered"]), (&json!("ticket"), &json!(1), &json!(false)));

        let at = |clock: &Value| format!("/tickets/{number}/clocks/{}/excuse", clock["id"].as_str().expect("an id"));
        let reason = || json!({"reason": "The operator was down (EX226792)."});
        let refused = agent.post(&at(&missed), reason()).await.expect(409);
        assert_eq!(refused.body["code"], "not_allowed");
        assert_eq!(lead.post(&at(&missed), json!({"reason": " "})).await.expect(422).wrong_fields(), ["reason"]);
        assert_eq!(lead.post(&at(&missed), json!({"reason": "x".repeat(3_000)})).await.expect(422).wrong_fields(), ["reason"]);
        let kept = clock(&agent, number, "resolution").await;
        assert_eq!(lead.post(&at(&kept), reason()).await.expect(409).body["code"], "not_missed");
        lead.post(&format!("/tickets/{number}/clocks/01900000-0000-7000-8000-000000000000/excuse"), reason()).await.expect(404);

        let excused = lead.post(&at(&missed), reason()).await.expect(200);
        assert_eq!(excused.body["excuse"]["reason"], "The operator was down (EX226792).");
        assert_eq!(excused.body["excuse"]["by"], web.desk.seeded.lead.to_string());
        let taken_back = lead.call("DELETE", &at(&missed), None, &[]).await.expect(200);
        assert_eq!(taken_back.body["excuse"], Value::Null);
        let again = lead.call("DELETE", &at(&missed), None, &[]).await.expect(409);
        assert_eq!(again.body["code"], "not_excused");
        assert!(!again.body["way_out"].as_str().expect("a way out").is_empty());
    }

    async fn another_severity_shows_at_once_and_is_explained(desk: TestStore) {
        let web = WebDesk::new(desk);
        let agent = web.by(web.desk.seeded.agent).await;
        let mut body = opening("Mail is late");
        body["severity"] = json!("C");
        let number = agent.post("/tickets", body).await.expect(201).body["number"].as_i64().expect("a number");
        web.desk.advance(chrono::Duration::hours(2));
        let changed = agent
            .call("PATCH", &format!("/tickets/{number}"), Some(json!({"severity": "A"})), &[("if-match", "*")])
            .await
            .expect(200);
        let shown = clocks(changed.body["clocks"].as_array().expect("clocks"), "first_response");
        assert_eq!(shown.len(), 1, "only what is owed now");
        assert_eq!((&shown[0]["revision"], &shown[0]["missed_at"]), (&json!(2), &json!("2026-03-02T02:00:00Z")));
        let all = agent.get(&format!("/tickets/{number}/clocks")).await.expect(200);
        let revisions = clocks(all.items(), "first_response");
        assert_eq!((&revisions[0]["outcome"], &revisions[0]["consumed_s"]), (&json!("superseded"), &json!(7_200)));

        let account = agent.get(&format!("/tickets/{number}/explain")).await.expect(200);
        let chains = account.body["chains"].as_array().expect("chains");
        let chain = chains.iter().find(|chain| chain["objective"] == "first_response").expect("a chain");
        assert_eq!(chain["instances"].as_array().expect("instances").len(), 2);
        assert_eq!(account.body["text"], Value::Null);
        for (language, word) in [("en", "First response"), ("zh-CN", "首次")] {
            let said = agent.get(&format!("/tickets/{number}/explain?language={language}")).await.expect(200);
            let text = said.body["text"].as_str().expect("a text");
            assert!(text.contains(word) && text.contains(&number.to_string()), "{text}");
        }
        assert_eq!(agent.get(&format!("/tickets/{number}/explain?language=fr")).await.expect(422).wrong_fields(), ["language"]);
    }

    async fn the_time_adds_up_to_the_whole(desk: TestStore) {
        let web = WebDesk::new(desk);
        let agent = web.by(web.desk.seeded.agent).await;
        let number = web.triaged("Mail is late").await;
        web.desk.advance(chrono::Duration::hours(1));
        agent.post(&format!("/tickets/{number}/replies"), json!({"body": "Since when?", "then": "wait"})).await.expect(200);
        web.desk.advance(chrono::Duration::hours(3));
        let time = agent.get(&format!("/tickets/{number}/time")).await.expect(200).body;
        let wall = &time["wall"];
        assert_eq!((&wall["whole_s"], &wall["ours_s"], &wall["customers_s"]), (&json!(14_400), &json!(3_600), &json!(10_800)));
        assert_eq!(time["intervals"][1]["whose"], "customers");
        assert_eq!(time["calendar"]["shares"]["whole_s"], 14_400);
    }

    async fn whoever_sees_a_call_answers_it(desk: TestStore) {
        let web = WebDesk::new(desk);
        let (agent, manager) = (web.by(web.desk.seeded.agent).await, web.by(web.desk.seeded.manager).await);
        manager.post("/policies/standard/versions", calling_policy()).await.expect(201);
        let number = web.ticket("Mail is late").await;
        agent.post(&format!("/tickets/{number}/assignment"), json!({"owner": "agent@desk.example"})).await.expect(200);
        let path = format!("/tickets/{number}/ladder/acknowledgement");
        assert_eq!(agent.post(&path, json!({})).await.expect(409).body["code"], "nothing_to_acknowledge");
        web.desk.advance(chrono::Duration::hours(2));
        fire(&web, number).await;
        let calling = clock(&agent, number, "first_response").await;
        let step = &calling["steps"][0];
        assert_eq!((&step["fate"], &step["due_at"]), (&json!("fired"), &json!("2026-03-02T03:00:00Z")));
        assert_eq!((&step["acknowledgement"]["within_s"], &step["acknowledgement"]["by"]), (&json!(600), &Value::Null));

        let unknown = json!({"clock": "01900000-0000-7000-8000-000000000000"});
        assert_eq!(agent.post(&path, unknown).await.expect(422).wrong_fields(), ["clock"]);
        let auditor = web.by(web.desk.seeded.auditor).await;
        assert_eq!(auditor.post(&path, json!({})).await.expect(409).body["code"], "not_allowed");
        let seen = agent.post(&path, json!({"clock": calling["id"]})).await.expect(200);
        assert_eq!(seen.header("etag"), format!("\"{}\"", seen.body["version"]));
        let answered = clock(&agent, number, "first_response").await;
        let wanted = &answered["steps"][0]["acknowledgement"];
        assert_eq!((&wanted["by"], &wanted["acknowledged_at"]), (&json!(web.desk.seeded.agent.to_string()), &json!("2026-03-02T03:00:00Z")));
        agent.post(&path, json!({})).await.expect(409);
    }

    async fn what_the_operator_owes_stands_beside_what_we_owe(desk: TestStore) {
        let web = WebDesk::new(desk);
        let (agent, lead, sales) = (web.by(web.desk.seeded.agent).await, web.by(web.desk.seeded.lead).await, web.by(web.desk.seeded.sales).await);
        let number = web.triaged("Mail is late").await;
        let mut draft = escalation();
        draft["health_waiver"] = json!("The portal is down.");
        agent.post(&format!("/tickets/{number}/escalation"), draft).await.expect(201);
        let filed = agent.post(&format!("/tickets/{number}/case/filing"), json!({"reference": "300124", "channel": "phone"})).await.expect(200);
        let id = filed.body["id"].as_str().expect("an id").to_owned();
        assert!(!clocks(filed.body["clocks"].as_array().expect("clocks"), "upstream_acknowledgement").is_empty());
        web.desk.advance(chrono::Duration::hours(5));
        agent.post(&format!("/cases/{id}/acknowledgement"), json!({})).await.expect(200);
        let owed = clock(&agent, number, "upstream_acknowledgement").await;
        assert_eq!((&owed["subject"], &owed["case"]), (&json!("case"), &json!(id)));
        assert_eq!(owed["missed_at"], "2026-03-02T05:00:00Z");

        // By either name of the case, and by its ticket.
        let clock_id = owed["id"].as_str().expect("an id");
        let ways = [format!("/cases/{id}"), format!("/tickets/{number}/case"), format!("/tickets/{number}")];
        for way in ways {
            let path = format!("{way}/clocks/{clock_id}/excuse");
            lead.post(&path, json!({"reason": "Agreed with the operator."})).await.expect(200);
            lead.call("DELETE", &path, None, &[]).await.expect(200);
        }
        assert_eq!(agent.get(&format!("/cases/{id}/clocks")).await.expect(200).items().len(), 3);
        agent.post(&format!("/cases/{id}/ladder/acknowledgement"), json!({})).await.expect(409);

        // Sales see no cases: neither clocks nor a word of them.
        let seen = sales.get(&format!("/tickets/{number}/clocks")).await.expect(200);
        assert!(seen.items().iter().all(|clock| clock["subject"] == "ticket"));
        let account = sales.get(&format!("/tickets/{number}/explain")).await.expect(200).body;
        assert_eq!(account["cases"], json!([]));
        let events = sales.get(&format!("/tickets/{number}/events")).await.expect(200);
        assert!(events.items().iter().all(|event| !event.to_string().contains("upstream")), "{}", events.body);
        assert_eq!(sales.get(&format!("/tickets/{number}/time")).await.expect(200).body["wall"]["operators_s"], 0);
    }
}
