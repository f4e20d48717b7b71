//! Many tickets of one morning, one case with the operator, one answer.

use serde_json::{Value, json};
use watchdesk_tests::desk::SUPPORT;
use watchdesk_tests::{Backend, Desk};

use super::on_both_databases;

on_both_databases!(one_answer_for_a_whole_morning);

const REFERENCE: &str = "21V-2603020417";
const LIU: &str = "liu@21vianet.com";
/// People; the first of them has two tickets.
const PEOPLE: usize = 11;

fn address(index: usize) -> String {
    format!("p{index}@fabrikam.example")
}

/// Tickets that are triaged, of people who read English or Chinese; their numbers.
async fn morning(desk: &Desk) -> Vec<i64> {
    let http = &desk.http;
    for index in 0..PEOPLE {
        let language = if index % 2 == 0 { "en" } else { "zh-CN" };
        let contact = json!({"email": address(index), "name": format!("Person {index}"), "language": language});
        http.post("/api/v1/contacts", contact).await.expect(201);
    }
    let mut numbers = Vec::new();
    for index in [0].into_iter().chain(0..PEOPLE) {
        let ticket = json!({"subject": "No mail", "body": "Nobody gets mail.", "requester": {"email": address(index)}});
        let number = http.post("/api/v1/tickets", ticket).await.expect(201)["number"].as_i64().expect("a number");
        let triage = json!({"category": "connectivity", "service": "exchange-online", "severity": "B", "owner": "chief@desk.example"});
        http.post(&format!("/api/v1/tickets/{number}/triage"), triage).await.expect(200);
        numbers.push(number);
    }
    numbers
}

/// One case for all of them.
async fn filed(desk: &Desk, numbers: &[i64]) -> String {
    let http = &desk.http;
    let health = json!({"status": "operational"});
    assert!(http.put("/api/v1/services/exchange-online/health", health).await.status < 300);
    let escalation = json!({
        "reason": "operator_fault", "summary": "Mail flow stopped",
        "evidence": {"tried": "message trace", "impact": "30 users", "affected_users": 30, "since": "2026-03-02T01:00:00Z"}
    });
    let path = format!("/api/v1/tickets/{}/escalation", numbers[0]);
    let case = http.post(&path, escalation).await.expect(201)["id"].as_str().expect("an id").to_owned();
    for number in &numbers[1..] {
        http.post(&format!("/api/v1/cases/{case}/tickets"), json!({"number": number})).await.expect(200);
    }
    case
}

fn letter(subject: &str, body: &str) -> String {
    format!(
        "From: Liu <{LIU}>\nTo: {SUPPORT}\nSubject: {subject}\nMessage-ID: <{}@21vianet.com>\n\n{body}\n",
        body.len()
    )
}

async fn one_answer_for_a_whole_morning(backend: Backend) {
    let desk = Desk::start(backend).await;
    let http = &desk.http;
    let numbers = morning(&desk).await;
    let case = filed(&desk, &numbers).await;
    let path = |action: &str| format!("/api/v1/cases/{case}/{action}");

    // The operator is quicker than whoever records its number: the mail waits, and joins as soon as it is known.
    let mail = letter(&format!("[{REFERENCE}] Your request"), "SECRET-WORD: we look into the queues.");
    assert_eq!(desk.deliver(LIU, SUPPORT, &mail).await.code, 250);
    let waiting = |count: usize| move |list: &Value| list["items"].as_array().is_some_and(|items| items.len() == count);
    let held = desk.until("/api/v1/operator-mail", waiting(1)).await;
    assert_eq!(held["items"][0]["why"], "unknown_reference", "{held}");
    http.post(&path("filing"), json!({"reference": REFERENCE, "channel": "portal"})).await.expect(200);
    let joined = desk.until(&format!("/api/v1/cases/{case}"), |case| case["state"] == "acknowledged").await;
    assert_ne!(joined["acknowledged_at"], Value::Null, "{joined}");
    desk.until("/api/v1/operator-mail", waiting(0)).await;

    let answer = json!({"body": "SECRET-ANSWER: a queue was restarted.", "outcome": "solved"});
    http.post(&path("answer"), answer).await.expect(200);
    let messages = json!({"en": "Mail flows again.", "zh-CN": "邮件已恢复。"});
    let dry = http.post(&path("resolution"), json!({"messages": messages, "dry_run": true})).await.expect(200);
    assert!(dry["tickets"].as_array().expect("lines").iter().all(|line| line["standing"] == "ready"), "{dry}");
    let done = http.post(&path("resolution"), json!({"messages": messages})).await.expect(200);
    let lines = done["tickets"].as_array().expect("lines");
    assert_eq!(lines.len(), PEOPLE + 1);
    assert!(lines.iter().all(|line| line["standing"] == "resolved"), "{done}");
    assert_eq!(lines.iter().filter(|line| line["told_in"] != Value::Null).count(), 1, "{done}");

    for index in 0..PEOPLE {
        // Received and passed on, for each ticket; solved, once.
        let wanted = if index == 0 { 5 } else { 3 };
        let mails = desk.sink.wait_for(&address(index), wanted).await;
        let told = if index % 2 == 0 { "Mail flows again." } else { "邮件已恢复。" };
        let solved: Vec<_> = mails.iter().filter(|mail| mail.text().contains(told)).collect();
        assert_eq!(solved.len(), 1, "person {index}");
        let names_both = solved[0].text().contains(&format!("#{}", numbers[1]));
        assert_eq!(names_both, index == 0, "person {index}: {}", solved[0].text());
        assert!(mails.iter().all(|mail| !mail.message.contains("SECRET") && !mail.message.contains(REFERENCE)));
    }
    http.post(&path("resolution"), json!({"messages": messages})).await.expect(200);
    for index in 0..PEOPLE {
        assert_eq!(desk.sink.to(&address(index)).len(), if index == 0 { 5 } else { 3 }, "nobody is told twice");
    }
    desk.check().await;
}
