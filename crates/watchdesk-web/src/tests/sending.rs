//! Cases with an operator to which the desk itself writes.

use serde_json::json;
use watchdesk_core::operator::Takes;
use watchdesk_store::both_databases;
use watchdesk_store::testing::TestStore;

use super::desk::{WebDesk, escalation};
use super::pages::browser::Browser;

const ADDRESS: &str = "desk@operator.example";

async fn desk_of(desk: TestStore, takes: Takes) -> WebDesk {
    WebDesk::new(desk.with_operator(takes).await)
}

async fn drafted(web: &WebDesk) -> (i64, String) {
    let number = web.triaged("Mail is late").await;
    let agent = web.by(web.desk.seeded.agent).await;
    let mut draft = escalation();
    draft["health_waiver"] = json!("The page was down.");
    draft["evidence"]["error_texts"] = json!("550 5.7.1, password: Xk9-blue!7");
    let case = agent.post(&format!("/tickets/{number}/escalation"), draft).await.expect(201);
    (number, case.body["id"].as_str().expect("an id").to_owned())
}

both_databases! {
    async fn a_case_is_sent_written_about_and_given_its_number(desk: TestStore) {
        let web = desk_of(desk, Takes::Mail { address: ADDRESS.to_owned() }).await;
        let (number, id) = drafted(&web).await;
        let agent = web.by(web.desk.seeded.agent).await;
        let sent = agent.post(&format!("/cases/{id}/sending"), json!({})).await.expect(200).body;
        assert_eq!((&sent["state"], &sent["channel"], &sent["reference"]), (&json!("filed"), &json!("mail"), &json!(null)));
        let said = agent.get(&format!("/tickets/{number}/messages")).await.expect(200).body;
        let thread = said["items"].as_array().expect("messages");
        let letter = thread.iter().find(|message| message["kind"] == "operator").expect("the packet");
        let text = letter["body"].as_str().expect("words");
        assert!(text.contains("Mail of all users is hours late.") && !text.contains("Xk9"), "{text}");
        let given = agent.get(&format!("/cases/{id}/disclosures")).await.expect(200).body;
        assert_eq!(given["items"][0]["channel"], "mail");

        let said = agent.post(&format!("/cases/{id}/reference"), json!({"reference": " "})).await.expect(422);
        assert_eq!(said.wrong_fields(), ["reference"]);
        let known = agent.post(&format!("/cases/{id}/reference"), json!({"reference": "FK-7"})).await.expect(200).body;
        assert_eq!(known["reference"], "FK-7");
        agent.post(&format!("/cases/{id}/letters"), json!({"body": "The trace is attached."})).await.expect(200);
        agent.post(&format!("/cases/{id}/letters"), json!({"body": " "})).await.expect(422);
        agent.post(&format!("/cases/{id}/sending"), json!({})).await.expect(409);
        let sales = web.by(web.desk.seeded.sales).await;
        for action in ["sending", "reference", "letters"] {
            sales.post(&format!("/cases/{id}/{action}"), json!({"body": "x", "reference": "x"})).await.expect(404);
        }
    }

    async fn an_operator_with_a_form_is_filed_with_by_a_person(desk: TestStore) {
        let web = WebDesk::new(desk);
        let (_, id) = drafted(&web).await;
        let agent = web.by(web.desk.seeded.agent).await;
        let refused = agent.post(&format!("/cases/{id}/sending"), json!({})).await.expect(409).body;
        let words = refused.to_string();
        assert!(words.contains("21vianet") && words.contains("record its reference"), "{words}");
    }

    async fn a_request_without_a_tenant_is_refused_before_it_is_filed(desk: TestStore) {
        let web = desk_of(desk, Takes::ServiceRequests { topic: "7".to_owned() }).await;
        let (_, id) = drafted(&web).await;
        let agent = web.by(web.desk.seeded.agent).await;
        let refused = agent.post(&format!("/cases/{id}/sending"), json!({})).await.expect(422);
        assert_eq!(refused.wrong_fields(), ["evidence.tenant_id"]);
        let evidence = json!({"tried": "Traced.", "impact": "All.", "tenant_id": "c0a80101-0000-4000-8000-000000000001"});
        agent.post(&format!("/cases/{id}/amendment"), json!({"evidence": evidence})).await.expect(200);
        let sent = agent.post(&format!("/cases/{id}/sending"), json!({"severity": "C"})).await.expect(200).body;
        assert_eq!((&sent["channel"], &sent["severity"]), (&json!("api"), &json!("C")));
    }

    async fn an_unknown_operator_is_named(desk: TestStore) {
        let web = WebDesk::new(desk);
        let number = web.triaged("Mail is late").await;
        let agent = web.by(web.desk.seeded.agent).await;
        let mut draft = escalation();
        draft["health_waiver"] = json!("The page was down.");
        draft["operator"] = json!("nobody");
        let refused = agent.post(&format!("/tickets/{number}/escalation"), draft.clone()).await.expect(422);
        assert_eq!(refused.wrong_fields(), ["operator"]);
        draft["operator"] = json!("21vianet");
        agent.post(&format!("/tickets/{number}/escalation"), draft).await.expect(201);
    }

    async fn the_page_sends_instead_of_having_it_copied(desk: TestStore) {
        let web = desk_of(desk, Takes::Mail { address: ADDRESS.to_owned() }).await;
        let (number, _) = drafted(&web).await;
        let mut browser = Browser::of(&web, web.desk.seeded.agent).await;
        browser.post("/language", &[("lang", "en")]).await;
        let page = browser.get(&format!("/tickets/{number}")).await.expect(200);
        page.shows("case/sending").shows("by e-mail").shows("case/filing").hides("case/letters");
        let page = browser.done(number, "case/sending", &[("severity", "B")]).await;
        page.shows("state-escalated").shows("case/reference").shows("case/letters").hides("case/sending");
        let page = browser.done(number, "case/reference", &[("reference", "FK-7")]).await;
        page.shows("FK-7").shows("recorded the operator");
        let page = browser.done(number, "case/letters", &[("body", "The trace shows 4.7.1.")]).await;
        page.shows("The trace shows 4.7.1.");
        browser.act(number, "case/letters", &[("body", "")]).await.expect(422);
    }
}
