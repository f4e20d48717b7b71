//! The operator has an outage, and its own interface says so: the real program looks, a ticket waits and goes up at last.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use watchdesk_standin::{Incident, Options, Seed, SeedCustomer, Standin};
use watchdesk_tests::{Backend, Desk};

use super::on_both_databases;

on_both_databases!(an_outage_comes_in_by_itself_and_what_persists_goes_up);

const TENANT: &str = "c0a80101-0000-4000-8000-000000000001";
const EX: &str = "EX226792";
const LI: &str = "li.na@contoso.example";

/// With one customer, on a clock of its own.
async fn operator() -> Standin {
    let begun_at: DateTime<Utc> = "2026-03-02T01:00:00Z".parse().expect("an instant");
    let running = tokio::time::Instant::now();
    let mut options = Options::new(move || begun_at + TimeDelta::from_std(running.elapsed()).expect("a short test"));
    options.seed = Seed::named(vec![SeedCustomer::new(TENANT, "Contoso", "contoso.example")]);
    Standin::start(options).await.expect("a free port")
}

async fn desk(backend: Backend, operator: &Standin) -> Desk {
    let at = operator.base_url();
    let settings = [
        ("WATCHDESK_UPSTREAM__AUTHORITY", at),
        ("WATCHDESK_UPSTREAM__PARTNER_CENTER", at),
        ("WATCHDESK_UPSTREAM__GRAPH", at),
        ("WATCHDESK_UPSTREAM__TENANT", "reseller.partner.example.cn"),
        ("WATCHDESK_UPSTREAM__CLIENT_ID", "watchdesk"),
        ("WATCHDESK_UPSTREAM__CLIENT_SECRET", "stand-in-secret"),
        ("WATCHDESK_UPSTREAM__HEALTH__EVERY", "* * * * * *"),
    ];
    Desk::start_with(backend, &settings).await
}

async fn ticket_about_exchange(desk: &Desk) -> i64 {
    let http = &desk.http;
    let contoso =
        json!({"name": "Contoso", "domains": ["contoso.example"], "tenant_id": TENANT, "delegated_admin": true});
    let customer = http.post("/api/v1/customers", contoso).await.expect(201)["id"].clone();
    let li = json!({"name": "Li Na", "email": LI, "customer": customer});
    http.post("/api/v1/contacts", li).await.expect(201);
    let ticket =
        json!({"subject": "No mail", "body": "Nobody gets mail.", "requester": {"email": LI, "name": "Li Na"}});
    let ticket = http.post("/api/v1/tickets", ticket).await.expect(201);
    assert_eq!(ticket["customer"]["id"], customer, "{ticket}");
    let number = ticket["number"].as_i64().expect("a number");
    let triage = json!({"category": "connectivity", "service": "exchange-online", "severity": "B", "owner": "chief@desk.example"});
    http.post(&format!("/api/v1/tickets/{number}/triage"), triage).await.expect(200);
    let id = customer.as_str().expect("an id");
    let health = format!("/api/v1/services/exchange-online/health?customer={id}");
    let checked = desk.until(&health, |health| health["status"] == "operational").await;
    assert_eq!(checked["checked_by"], Value::Null, "no person looked");
    number
}

fn escalation() -> Value {
    json!({
        "reason": "operator_fault", "summary": "Mail flow stopped",
        "evidence": {"tried": "message trace", "impact": "30 users", "affected_users": 30, "since": "2026-03-02T01:00:00Z"}
    })
}

async fn an_outage_comes_in_by_itself_and_what_persists_goes_up(backend: Backend) {
    let operator = operator().await;
    let desk = desk(backend, &operator).await;
    let http = &desk.http;
    let number = ticket_about_exchange(&desk).await;
    let path = |action: &str| format!("/api/v1/tickets/{number}/{action}");

    operator.open_incident(Incident::new(EX, "Exchange Online", "Mail is late", operator.now()));
    operator.update_incident(EX, "investigating", "<p>We look into <b>it</b>.</p>");
    let incident = format!("/api/v1/incidents/{EX}");
    let known = desk.until(&incident, |incident| incident["open"] == true && incident["posts"] != json!([])).await;
    assert_eq!((&known["source"], &known["posts"][0]["body"]), (&json!("connector"), &json!("We look into it.")));
    assert_eq!(known["suggested"], json!([number]));
    let refused = http.post(&path("escalation"), escalation()).await.expect(409);
    assert!(refused["missing"].to_string().contains(EX), "{refused}");

    let linked = http.post(&format!("{incident}/tickets"), json!({"tickets": [number]})).await.expect(200);
    assert_eq!(linked["linked"], json!([number]), "{linked}");
    let told = desk.sink.wait_for(LI, 2).await.remove(1);
    assert!(told.text().contains(EX), "{}", told.text());
    let refused = http.post(&path("escalation"), escalation()).await.expect(409);
    assert!(refused["missing"].to_string().contains("incident_override"), "{refused}");

    operator.end_incident(EX, "<p>Over.</p>");
    let asked = |ticket: &Value| ticket["retests"] == json!([EX]);
    desk.until(&format!("/api/v1/tickets/{number}"), asked).await;
    let refused = http.post(&path("escalation"), escalation()).await.expect(409);
    assert!(refused.to_string().contains("retest"), "{refused}");

    let retest = json!({"reference": EX, "outcome": "persists", "body": "Still no mail."});
    http.post(&path("retest"), retest).await.expect(200);
    let case = http.post(&path("escalation"), escalation()).await.expect(201);
    assert_eq!(case["state"], "drafted", "{case}");
    let filing = json!({"reference": "SR-20260302-17", "channel": "portal"});
    let filed = http.post(&path("case/filing"), filing).await;
    assert!(filed.status < 300, "{}", filed.text);
    assert_eq!(http.get(&format!("/api/v1/tickets/{number}")).await.expect(200)["state"], "escalated");
    desk.check().await;
}
