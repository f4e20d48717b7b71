//! A ticket goes up to 21Vianet and comes back, through the API.

use serde_json::{Value, json};
use watchdesk_tests::{Backend, Desk};

use super::on_both_databases;

on_both_databases!(up_to_the_operator_and_back);

const LI: &str = "li.na@fabrikam.example";

async fn state(desk: &Desk, number: i64) -> Value {
    desk.http.get(&format!("/api/v1/tickets/{number}")).await.expect(200)["state"].clone()
}

async fn up_to_the_operator_and_back(backend: Backend) {
    let desk = Desk::start(backend).await;
    let http = &desk.http;
    let created = http
        .post(
            "/api/v1/tickets",
            json!({"subject": "Mail does not flow", "body": "Nobody gets mail.", "requester": {"email": LI, "name": "Li Na"}}),
        )
        .await;
    let ticket = created.expect(201);
    let number = ticket["number"].as_i64().expect("a number");
    assert_eq!(created.header("location"), Some(format!("/api/v1/tickets/{number}").as_str()));
    assert_eq!(ticket["state"], "open");
    assert!(created.header("etag").is_some());
    let path = |action: &str| format!("/api/v1/tickets/{number}/{action}");

    let escalation = json!({
        "reason": "operator_fault", "summary": "Mail flow stopped",
        "evidence": {"tried": "message trace", "impact": "30 users", "affected_users": 30, "since": "2026-03-02T01:00:00Z"}
    });
    let refused = http.post(&path("escalation"), escalation.clone()).await.expect(409);
    assert_eq!(refused["state"], "open", "{refused}");

    let triage = json!({"category": "connectivity", "service": "exchange-online", "severity": "B", "owner": "chief@desk.example"});
    assert_eq!(http.post(&path("triage"), triage).await.expect(200)["state"], "triaged");
    let refused = http.post(&path("escalation"), escalation.clone()).await.expect(409);
    assert_eq!(refused["missing"][0]["field"], "health_waiver", "{refused}");
    assert!(refused["detail"].as_str().is_some_and(|text| text.contains("exchange-online")), "{refused}");

    let health = json!({"status": "operational", "note": "checked in the portal"});
    let put = http.put("/api/v1/services/exchange-online/health", health).await;
    assert!(put.status < 300, "{}", put.text);
    let case = http.post(&path("escalation"), escalation).await.expect(201);
    assert_eq!(case["state"], "drafted");
    assert!(case["packet"].to_string().contains("Mail flow stopped"), "{case}");
    assert_eq!(state(&desk, number).await, "triaged", "drafting does not escalate");

    let filing = json!({"reference": "SR-20260302-17", "channel": "portal"});
    let filed = http.post(&path("case/filing"), filing).await;
    assert!(filed.status < 300, "{}", filed.text);
    assert_eq!(state(&desk, number).await, "escalated");
    let passed_on = desk.sink.wait_for(LI, 2).await.remove(1);
    assert!(!passed_on.message.contains("SR-20260302-17"), "the operator's reference stays inside");

    let early = http.post(&path("resolution"), json!({"body": "Done."})).await.expect(409);
    assert!(early["way_out"].as_str().is_some_and(|text| text.contains("case")), "{early}");

    let answer = json!({"body": "Internal: fixed a backend queue.", "outcome": "solved"});
    let answered = http.post(&path("case/answer"), answer).await;
    assert!(answered.status < 300, "{}", answered.text);
    assert_eq!(state(&desk, number).await, "triaged");
    let resolved = http.post(&path("resolution"), json!({"body": "Mail flows again."})).await.expect(200);
    assert_eq!(resolved["state"], "resolved");
    let last = desk.sink.wait_for(LI, 3).await.remove(2);
    assert!(last.text().contains("Mail flows again."));
    assert!(
        desk.sink.to(LI).iter().all(|mail| !mail.message.contains("backend queue")),
        "the operator's words stay inside"
    );

    clocks_and_events_are_whole(&desk, number).await;
    desk.check().await;
}

async fn clocks_and_events_are_whole(desk: &Desk, number: i64) {
    let http = &desk.http;
    let path = |action: &str| format!("/api/v1/tickets/{number}/{action}");
    let clocks = http.get(&path("clocks")).await.expect(200);
    let outcome = |objective: &str| {
        let items = clocks["items"].as_array().cloned().unwrap_or_default();
        items.into_iter().find(|clock| clock["objective"] == objective).map(|clock| clock["outcome"].clone())
    };
    assert_eq!(outcome("first_response"), Some(json!("met")), "{clocks}");
    assert_eq!(outcome("resolution"), Some(json!("met")), "{clocks}");
    let events = http.get(&path("events?limit=200")).await.expect(200);
    let seqs: Vec<_> = events["items"].as_array().expect("events").iter().map(|event| event["seq"].as_i64()).collect();
    let expected: Vec<_> = (1..=seqs.len()).map(|seq| i64::try_from(seq).ok()).collect();
    assert_eq!(seqs, expected, "no gap");
}
