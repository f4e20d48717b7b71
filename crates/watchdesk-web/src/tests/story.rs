//! A ticket goes up to the operator and comes back.

use serde_json::{Value, json};
use watchdesk_core::ids::TicketId;
use watchdesk_store::testing::TestStore;
use watchdesk_store::{both_databases, check, outbox};

use super::desk::{Client, WebDesk, escalation, opening};

fn missing_fields(problem: &Value) -> Vec<&str> {
    problem["missing"]
        .as_array()
        .expect("what is missing")
        .iter()
        .map(|missing| missing["field"].as_str().expect("a field"))
        .collect()
}

fn clock<'c>(ticket: &'c Value, objective: &str) -> &'c Value {
    let clocks = ticket["clocks"].as_array().expect("clocks");
    clocks.iter().find(|clock| clock["objective"] == objective).expect("the clock runs")
}

async fn notices(web: &WebDesk, ticket: &Value) -> Vec<&'static str> {
    let id = TicketId(ticket["id"].as_str().expect("an id").parse().expect("an id"));
    let rows = outbox::of_ticket(&web.desk, id, 100).await.expect("the outbox");
    rows.iter().map(|row| row.notice.name()).collect()
}

async fn assert_clean(web: &WebDesk) {
    let report = check(&web.desk, &mut |_| {}).await.expect("a check");
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

/// The customer's problem arrives; its number.
async fn it_arrives(web: &WebDesk, agent: &Client<'_>) -> i64 {
    let opened = agent.post("/tickets", opening("Mail is late")).await.expect(201);
    let number = opened.body["number"].as_i64().expect("a number");
    assert_eq!(opened.header("location"), format!("/api/v1/tickets/{number}"));
    assert_eq!(opened.header("etag"), format!("\"{}\"", opened.body["version"]));
    assert_eq!(opened.body["state"], "open");
    assert_eq!(opened.body["customer"]["name"], "Contoso 上海");
    assert_eq!(opened.body["channel"], "api");
    assert_eq!(opened.body["due_at"], "2026-03-02T05:00:00Z");
    assert_eq!(clock(&opened.body, "first_response")["deadline"], "2026-03-02T05:00:00Z");
    assert_eq!(clock(&opened.body, "resolution")["target_s"], 24 * 3600);
    assert_eq!(notices(web, &opened.body).await, ["received"]);
    number
}

/// The gate names everything that is missing, and the health check is asked for by name.
async fn it_passes_the_gate(agent: &Client<'_>, number: i64) {
    let path = format!("/tickets/{number}/escalation");
    let refused = agent.post(&path, json!({})).await.expect(409);
    assert_eq!(refused.body["code"], "gate");
    assert_eq!(
        missing_fields(&refused.body),
        ["reason", "summary", "evidence.tried", "evidence.impact", "health_waiver"]
    );
    let refused = agent.post(&path, escalation()).await.expect(409);
    assert_eq!(missing_fields(&refused.body), ["health_waiver"]);
    let health = &refused.body["missing"][0];
    assert_eq!(health["what"], "Nobody has checked the health of exchange-online for this customer.");
    assert!(health["way_out"].as_str().expect("a way out").contains("health_waiver"));

    let checked =
        agent.call("PUT", "/services/exchange-online/health", Some(json!({"status": "operational"})), &[]).await;
    assert_eq!(checked.expect(200).body["checked_at"], "2026-03-02T01:10:00Z");
    let drafted = agent.post(&path, escalation()).await.expect(201);
    let case = drafted.body["id"].as_str().expect("an id");
    assert_eq!(drafted.header("location"), format!("/api/v1/cases/{case}"));
    assert_eq!(drafted.body["state"], "drafted");
    assert_eq!(drafted.body["packet"]["reseller"]["person"], "agent of the desk");
    assert_eq!(drafted.body["packet"]["domain"], "contoso.example");
    assert!(drafted.body["packet"]["text"].as_str().expect("a text").contains("Mail of all users is hours late."));
    assert_eq!(agent.get(&format!("/tickets/{number}")).await.body["state"], "triaged", "a draft escalates nothing");
}

async fn it_is_filed(agent: &Client<'_>, number: i64) {
    let filing = json!({"reference": "300123", "channel": "portal", "contact": "Wang"});
    let filed = agent.post(&format!("/tickets/{number}/case/filing"), filing).await.expect(200);
    assert_eq!(filed.body["state"], "filed");
    assert_eq!(filed.body["reference"], "300123");
    let ticket = agent.get(&format!("/tickets/{number}")).await.expect(200);
    assert_eq!(ticket.body["state"], "escalated");

    let refused = agent.post(&format!("/tickets/{number}/resolution"), json!({"body": "Done."})).await.expect(409);
    assert_eq!(refused.body["detail"], "A ticket that is escalated cannot be resolved.");
    assert!(refused.body["way_out"].as_str().expect("a way out").starts_with("End the case first"));
}

/// The operator acknowledges, asks, and answers; the case has two names.
async fn the_operator_answers(agent: &Client<'_>, number: i64) {
    let at = |action: &str| format!("/tickets/{number}/case/{action}");
    let case = agent.get(&format!("/tickets/{number}/case")).await.expect(200);
    let id = case.body["id"].as_str().expect("an id");
    agent.post(&format!("/cases/{id}/acknowledgement"), json!({"contact": "Chen"})).await.expect(200);
    let update = json!({"body": "Please send a trace.", "at": "2026-03-02T01:30:00Z"});
    agent.post(&at("updates"), update).await.expect(200);
    let waiting = agent.post(&at("waiting-on-us"), json!({})).await.expect(200);
    assert_eq!(waiting.body["state"], "waiting_on_us");
    agent.post(&at("updates"), json!({"body": "Here it is.", "from": "us"})).await.expect(200);
    let answer = json!({"body": "A connector was repaired.", "outcome": "solved"});
    let answered = agent.post(&at("answer"), answer).await.expect(200);
    assert_eq!(answered.body["state"], "answered");
    assert_eq!(answered.body["outcome"], "solved");
    assert_eq!(answered.body["last_word_at"], "2026-03-02T01:35:00Z");
}

async fn it_is_resolved(agent: &Client<'_>, number: i64) -> Value {
    let resolved =
        agent.post(&format!("/tickets/{number}/resolution"), json!({"body": "It works again."})).await.expect(200);
    assert_eq!(resolved.body["state"], "resolved");
    assert_eq!(resolved.body["resolved_at"], "2026-03-02T01:35:00Z");
    assert_eq!(resolved.body["due_at"], Value::Null);
    // Being passed on was the first word that the customer heard of us.
    for (objective, ended_at) in [("first_response", "2026-03-02T01:15:00Z"), ("resolution", "2026-03-02T01:35:00Z")] {
        assert_eq!(clock(&resolved.body, objective)["outcome"], "met");
        assert_eq!(clock(&resolved.body, objective)["ended_at"], ended_at);
    }
    resolved.body
}

/// Without a gap, and with the operator's words among ourselves.
async fn everything_is_on_record(agent: &Client<'_>, number: i64) {
    let events = agent.get(&format!("/tickets/{number}/events")).await.expect(200);
    let sequence: Vec<i64> = events.items().iter().map(|event| event["seq"].as_i64().expect("a number")).collect();
    assert_eq!(sequence, (1..=sequence.len() as i64).collect::<Vec<_>>());
    let mut kinds: Vec<&str> = events.items().iter().map(|event| event["type"].as_str().expect("a type")).collect();
    kinds.retain(|kind| kind.starts_with("case_") || ["opened", "triaged", "assigned", "moved"].contains(kind));
    let expected = [
        "opened",
        "triaged",
        "moved",
        "assigned",
        "case_drafted",
        "case_filed",
        "moved",
        "case_acknowledged",
        "case_waits_on_us",
        "case_acknowledged",
        "case_answered",
        "moved",
        "moved",
    ];
    assert_eq!(kinds, expected);
    let said = agent.get(&format!("/tickets/{number}/messages")).await.expect(200);
    let kinds: Vec<&str> = said.items().iter().map(|message| message["kind"].as_str().expect("a kind")).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "operator").count(), 3);
    assert_eq!(kinds.last(), Some(&"public"));
}

both_databases! {
    async fn a_ticket_goes_up_to_the_operator_and_comes_back(desk: TestStore) {
        let web = WebDesk::new(desk);
        let agent = web.by(web.desk.seeded.agent).await;
        let number = it_arrives(&web, &agent).await;
        let at = |action: &str| format!("/tickets/{number}/{action}");

        // Nobody escalates what nobody has looked at.
        let refused = agent.post(&at("escalation"), escalation()).await.expect(409);
        assert_eq!(refused.body["state"], "open");
        assert_eq!(refused.body["command"], "draft_case");
        assert_eq!(refused.body["way_out"], "Triage it first, or in the same step.");

        web.desk.advance(chrono::Duration::minutes(10));
        let triage = json!({
            "category": "performance-availability", "service": "exchange-online", "severity": "B", "owner": "lead@desk.example",
        });
        let triaged = agent.post(&at("triage"), triage).await.expect(200);
        assert_eq!(triaged.body["state"], "triaged");
        assert_eq!(triaged.body["owner"]["name"], "lead of the desk");

        it_passes_the_gate(&agent, number).await;
        web.desk.advance(chrono::Duration::minutes(5));
        it_is_filed(&agent, number).await;
        web.desk.advance(chrono::Duration::minutes(20));
        the_operator_answers(&agent, number).await;
        let resolved = it_is_resolved(&agent, number).await;
        everything_is_on_record(&agent, number).await;

        let mut sent = notices(&web, &resolved).await;
        sent.sort_unstable();
        assert_eq!(sent, ["assigned", "case_answered", "passed_on", "received", "resolved"]);
        assert_clean(&web).await;
    }

    async fn a_waiver_opens_the_gate_and_a_customer_who_says_no_reopens_the_case(desk: TestStore) {
        let web = WebDesk::new(desk);
        let agent = web.by(web.desk.seeded.agent).await;
        let number = web.triaged("Mail is late").await;
        let at = |action: &str| format!("/tickets/{number}/{action}");
        let mut draft = escalation();
        draft["health_waiver"] = json!("The portal is down.");
        let drafted = agent.post(&at("escalation"), draft).await.expect(201);
        assert_eq!(drafted.body["health"], "waived");
        agent.post(&at("case/amendment"), json!({"summary": "All mail is late."})).await.expect(200);
        agent.post(&at("case/filing"), json!({"reference": "300124", "channel": "phone"})).await.expect(200);
        agent.post(&at("case/answer"), json!({"body": "Restart it.", "outcome": "not_solved"})).await.expect(200);
        let reopened = agent.post(&at("case/reopening"), json!({})).await.expect(200);
        assert_eq!((&reopened.body["state"], &reopened.body["reference"]), (&json!("reopened"), &json!("300124")));
        assert_eq!(agent.get(&format!("/tickets/{number}")).await.body["state"], "escalated");
        let refused = agent.post(&at("case/withdrawal"), json!({})).await.expect(422);
        assert_eq!(refused.wrong_fields(), ["reason"]);
        agent.post(&at("case/withdrawal"), json!({"reason": "The customer left."})).await.expect(200);
        assert_eq!(agent.get(&format!("/tickets/{number}")).await.body["state"], "triaged");
        assert_clean(&web).await;
    }

    async fn a_packet_gives_away_what_was_decided_and_the_record_says_so(desk: TestStore) {
        let web = WebDesk::new(desk);
        let agent = web.by(web.desk.seeded.agent).await;
        let number = web.triaged("Mail is late").await;
        let at = |action: &str| format!("/tickets/{number}/{action}");
        let uploaded = agent.send_bytes("/attachments?filename=trace.csv", "text/csv", "a,b").await.expect(201);
        let file = &uploaded.body["id"];
        agent.post(&at("notes"), json!({"body": "The trace.", "attachments": [file]})).await.expect(200);
        let mut draft = escalation();
        draft["health_waiver"] = json!("The portal is down.");
        draft["evidence"]["tried"] = json!("密码：Abc@123, wang@contoso.example, li@contoso.example");
        draft["evidence"]["invoice_number"] = json!("E0400ABCD1");
        draft["keep"] = json!(["li@contoso.example"]);
        draft["attachments"] = json!([file]);
        let drafted = agent.post(&at("escalation"), draft).await.expect(201).body;
        let packet = &drafted["packet"];
        assert_eq!(packet["tried"], "密码：[已隐去：密码], w***@contoso.example, li@contoso.example");
        assert_eq!(packet["redacted"], json!([{"field": "tried", "what": "password"}, {"field": "tried", "what": "address"}]));
        assert_eq!((&packet["invoice_number"], &packet["attachments"][0]["name"]), (&json!("E0400ABCD1"), &json!("trace.csv")));
        assert!(!packet.to_string().contains("Abc@123"), "{packet}");
        assert_eq!(drafted["keep"], json!(["li@contoso.example"]));

        let unknown = json!({"attachments": ["018f0000-0000-7000-8000-000000000000"]});
        agent.post(&at("case/amendment"), unknown).await.expect(422);
        let changed = agent.post(&at("case/amendment"), json!({"queue": "partner_center_request"})).await.expect(200).body;
        assert_eq!((&changed["queue"], &changed["attachments"]), (&json!("partner_center_request"), &json!([file])));
        assert_eq!(agent.get(&at("case/disclosures")).await.expect(200).items().len(), 0);
        agent.post(&at("case/filing"), json!({"reference": "300125", "channel": "phone"})).await.expect(200);
        let given = agent.get(&at("case/disclosures")).await.expect(200);
        let [given] = &given.items()[..] else { panic!("filed once") };
        assert_eq!((&given["channel"], &given["attachments"]), (&json!("phone"), &json!([file])));
        assert!(given["fields"].as_array().expect("fields").contains(&json!({"name": "tried", "personal": true})));
        assert!(!given.to_string().contains("contoso"), "names of fields, and nothing of what stood in them: {given}");
        assert_clean(&web).await;
    }

    async fn tickets_are_merged_split_linked_and_put_aside(desk: TestStore) {
        let web = WebDesk::new(desk);
        let agent = web.by(web.desk.seeded.agent).await;
        let (first, second) = (web.triaged("Mail is late").await, web.ticket("Mail is late, again").await);
        let merged = agent.post(&format!("/tickets/{second}/merge"), json!({"into": first})).await.expect(200);
        assert_eq!((&merged.body["state"], &merged.body["duplicate_of"]), (&json!("closed"), &json!(first)));
        let back = agent.post(&format!("/tickets/{second}/unmerge"), json!({})).await.expect(200);
        assert_eq!(back.body["state"], "open");

        let asked = json!({"body": "Since when?", "then": "wait", "until": "2026-03-03T01:00:00Z", "cc": ["li@contoso.example"]});
        let waiting = agent.post(&format!("/tickets/{first}/replies"), asked).await.expect(200);
        assert_eq!((&waiting.body["state"], &waiting.body["waiting_until"]), (&json!("waiting"), &json!("2026-03-03T01:00:00Z")));
        let said = agent.get(&format!("/tickets/{first}/messages")).await.expect(200);
        let split = json!({"messages": [said.items()[0]["id"]], "subject": "Another matter"});
        let made = agent.post(&format!("/tickets/{first}/split"), split).await.expect(201);
        assert_eq!(made.body["subject"], "Another matter");
        assert_eq!(made.body["links"][0], json!({"kind": "split_from", "to": first}));

        let link = json!({"to": second, "kind": "related"});
        agent.post(&format!("/tickets/{first}/links"), link.clone()).await.expect(200);
        agent.call("DELETE", &format!("/tickets/{first}/links"), Some(link), &[]).await.expect(200);
        let incident = json!({"reference": "EX226792", "service": "exchange-online", "title": "No mail"});
        agent.post("/incidents", incident).await.expect(201);
        agent.post(&format!("/tickets/{first}/incidents"), json!({"reference": "EX226792"})).await.expect(200);
        let until = json!({"until": "2026-03-02T03:00:00Z"});
        let snoozed = agent.post(&format!("/tickets/{first}/snooze"), until).await.expect(200);
        assert_eq!(snoozed.body["snoozed_until"], "2026-03-02T03:00:00Z");
        assert_eq!(snoozed.body["incidents"], json!(["EX226792"]));
        let woken = agent.call("DELETE", &format!("/tickets/{first}/snooze"), None, &[]).await.expect(200);
        assert_eq!(woken.body["snoozed_until"], Value::Null);
        let call = json!({"direction": "outbound", "body": "Spoke with Zhang."});
        agent.post(&format!("/tickets/{first}/calls"), call).await.expect(200);
        agent.post(&format!("/tickets/{second}/closing"), json!({"reason": "spam"})).await.expect(200);
        assert_clean(&web).await;
    }
}
