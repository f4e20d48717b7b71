//! A problem with money goes up: what the operator asks to quote, and what of it the desk knows.

use serde_json::{Value, json};
use watchdesk_store::both_databases;
use watchdesk_store::testing::TestStore;

use super::desk::{Client, Said, WebDesk};
use super::pages::browser::Browser;

async fn billing_ticket(web: &WebDesk, agent: &Client<'_>) -> i64 {
    let customer = format!("/customers/{}", web.desk.seeded.customer);
    let tenant = json!({"tenant_id": "6f1c2b7e-0000-4000-8000-1d2e3f405162"});
    agent.call("PATCH", &customer, Some(tenant), &[("if-match", "*")]).await.expect(200);
    let number = web.ticket("The invoice is too high").await;
    let triage = json!({"category": "subscription-change", "severity": "B"});
    agent.post(&format!("/tickets/{number}/triage"), triage).await.expect(200);
    number
}

async fn subscribe(web: &WebDesk, agent: &Client<'_>, id: &str) {
    let new = json!({"operator_id": id, "offer": "Exchange Online", "order_id": "ORDER-77"});
    agent.post(&format!("/customers/{}/subscriptions", web.desk.seeded.customer), new).await.expect(201);
}

fn draft(evidence: Value) -> Value {
    json!({"reason": "lacks_tools", "summary": "Billed twice.", "health_waiver": "About money.", "evidence": evidence})
}

fn missing(said: &Said) -> Vec<&str> {
    let missing = said.body["missing"].as_array().expect("what is missing");
    missing.iter().map(|missing| missing["field"].as_str().expect("a field")).collect()
}

both_databases! {
    async fn what_the_operator_asks_to_quote_is_named_and_what_is_known_counts(desk: TestStore) {
        let web = WebDesk::new(desk);
        let agent = web.by(web.desk.seeded.agent).await;
        let number = billing_ticket(&web, &agent).await;
        let path = format!("/tickets/{number}/escalation");
        let nothing = agent.post(&path, draft(json!({}))).await.expect(409);
        let asked = ["evidence.tried", "evidence.subscription_id", "evidence.invoice_number"];
        assert_eq!(missing(&nothing), asked, "customer and domain are known");
        assert!(nothing.body["detail"].as_str().expect("words").contains("Neither an invoice number nor an order id"));

        subscribe(&web, &agent, "s-1").await;
        subscribe(&web, &agent, "s-2").await;
        let two = agent.post(&path, draft(json!({"tried": "Compared."}))).await.expect(409);
        assert_eq!(missing(&two), asked[1..], "which of the two it is, only a person can say");
        let given = json!({"tried": "Compared.", "subscription_id": "s-2", "invoice_number": "E0400ABCD1"});
        let case = agent.post(&path, draft(given)).await.expect(201).body;
        let text = case["packet"]["text"].as_str().expect("a text");
        for quoted in ["6f1c2b7e-0000-4000-8000-1d2e3f405162", "contoso.example", "s-2", "E0400ABCD1"] {
            assert!(text.contains(quoted), "{quoted}: {text}");
        }
        let amended = json!({"evidence": {"tried": "Compared.", "subscription_id": "s-2", "order_id": "O-1"}});
        let case = agent.post(&format!("/tickets/{number}/case/amendment"), amended).await.expect(200).body;
        assert!(case["packet"]["text"].as_str().expect("a text").contains("contoso.example"), "{case}");
    }

    async fn the_page_marks_what_is_missing_and_fills_in_what_is_known(desk: TestStore) {
        let web = WebDesk::new(desk);
        let agent = web.by(web.desk.seeded.agent).await;
        let number = billing_ticket(&web, &agent).await;
        let mut browser = Browser::of(&web, web.desk.seeded.agent).await;
        browser.post("/language", &[("lang", "en")]).await.expect(303);
        let page = browser.get(&format!("/tickets/{number}")).await.expect(200);
        let page = page.shows("Neither an invoice number nor an order id is given.").shows("The subscription id is missing.");
        page.shows("value=\"contoso.example\"").shows("value=\"6f1c2b7e-0000-4000-8000-1d2e3f405162\"").hides("The customer id is missing.");
        let typed = [("reason", "lacks_tools"), ("summary", "Billed twice."), ("evidence_tried", "Compared."), ("health_waiver", "Money.")];
        browser.act(number, "escalation", &typed).await.expect(409).shows("escalation-evidence_invoice_number-error");

        subscribe(&web, &agent, "s-1").await;
        let page = browser.get(&format!("/tickets/{number}")).await.expect(200);
        let page = page.shows("value=\"s-1\"").shows("value=\"ORDER-77\"");
        page.hides("Neither an invoice number").hides("The subscription id is missing.");
        // Emptied or not, what is known counts.
        browser.done(number, "escalation", &typed).await.shows("case-drafted").shows("ORDER-77");
    }
}
