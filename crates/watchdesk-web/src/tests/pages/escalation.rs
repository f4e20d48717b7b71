//! Up to the operator and back.

use chrono::Duration;
use watchdesk_store::both_databases;
use watchdesk_store::testing::TestStore;

use super::browser::Browser;
use crate::tests::desk::WebDesk;

const EVIDENCE: [(&str, &str); 6] = [
    ("reason", "lacks_tools"),
    ("severity", "B"),
    ("summary", "Mail of all users is hours late."),
    ("evidence_tried", "Message trace shows deferral."),
    ("evidence_impact", "Nobody gets mail in time."),
    ("evidence_affected_users", "120"),
];

both_databases! {
    async fn a_ticket_goes_up_and_comes_back(desk: TestStore) {
        let web = WebDesk::new(desk);
        let number = web.triaged("Mail is late").await;
        let mut browser = Browser::of(&web, web.desk.seeded.agent).await;
        browser.post("/language", &[("lang", "en")]).await;

        // What is missing stands there before anybody types.
        let page = browser.get(&format!("/tickets/{number}")).await.expect(200);
        page.shows("id=\"tab-escalate\"")
            .shows("Nobody has checked the health of exchange-online for this customer.")
            .shows("What was tried is missing.")
            .shows("name=\"health_waiver\"");

        // Refused, naming the fields, keeping what was typed.
        let half = [("reason", "lacks_tools"), ("summary", "Mail is <i>late</i>."), ("evidence_affected_users", "120")];
        let page = browser.act(number, "escalation", &half).await.expect(409);
        page.shows("Mail is &lt;i&gt;late&lt;/i&gt;.")
            .shows("escalation-evidence_tried-error")
            .shows("escalation-evidence_impact-error")
            .shows("escalation-health_waiver-error")
            .hides("escalation-summary-error")
            .shows("value=\"120\"");

        let waived = [&EVIDENCE[..], &[("health_waiver", "The health page itself is down.")]].concat();
        let page = browser.done(number, "escalation", &waived).await;
        let page = page.shows("case-drafted").shows("state-triaged").shows("id=\"packet-whole\"");
        // The packet is in the operator's language, and names whoever files it.
        let page = page.shows("agent of the desk").shows("exchange-online（中文）").hides("zhang@contoso.example</pre>");
        page.shows("case/filing").hides("case/answer");

        browser.act(number, "case/filing", &[("reference", ""), ("channel", "portal")]).await.expect(422);
        let filing = [("reference", "21V-300123"), ("channel", "portal"), ("contact", "Liu"), ("at", ""), ("severity", "B")];
        let page = browser.done(number, "case/filing", &filing).await;
        page.shows("state-escalated").shows("21V-300123").hides("case/filing").shows("case/answer").hides("value=\"resolve\"");

        web.desk.advance(Duration::minutes(30));
        browser.done(number, "case/acknowledgement", &[("contact", "Liu Gong"), ("at", "")]).await.shows("Liu Gong");
        let page = browser.done(number, "case/updates", &[("from", "operator"), ("at", ""), ("body", "We see it too.")]).await;
        page.shows("voice-operator").shows("We see it too.");
        browser.done(number, "case/waiting-on-us", &[("at", "")]).await.shows("case-waiting_on_us");
        browser.done(number, "case/severity", &[("severity", "C")]).await;

        browser.act(number, "closing", &[("reason", "withdrawn")]).await.expect(409).shows("End the case first");
        let answer = [("outcome", "solved"), ("at", ""), ("body", "A transport node was replaced.")];
        let page = browser.done(number, "case/answer", &answer).await;
        page.shows("state-triaged").shows("case-answered").shows("value=\"resolve\"");
        browser.done(number, "case/confirmation", &[]).await.shows("case-confirmed");
        browser.done(number, "case/reopening", &[]).await.shows("case-reopened").shows("state-escalated");
        browser.done(number, "case/withdrawal", &[("reason", "It was our own filter.")]).await.shows("case-withdrawn");
        let page = browser.done(number, "replies", &[("body", "Mail flows again."), ("then", "resolve")]).await;
        page.shows("state-resolved");
    }

    async fn a_health_check_opens_the_gate_and_an_outage_asks(desk: TestStore) {
        let web = WebDesk::new(desk);
        let number = web.triaged("Mail is late").await;
        let mut browser = Browser::of(&web, web.desk.seeded.agent).await;
        browser.post("/language", &[("lang", "en")]).await;
        browser.act(number, "health", &[("status", "degraded"), ("note", "")]).await.expect(422).shows("health-note-error");
        let page = browser.done(number, "health", &[("status", "operational"), ("note", "")]).await;
        page.hides("name=\"health_waiver\"").shows("health-healthy");
        web.desk.advance(Duration::hours(2));
        browser.get(&format!("/tickets/{number}")).await.shows("name=\"health_waiver\"");

        let outage = [("status", "interrupted"), ("note", "No mail flow"), ("incident", "EX226792"), ("customer_only", "yes")];
        let page = browser.done(number, "health", &outage).await;
        page.shows("name=\"not_this_incident\"").shows("EX226792").shows("No mail flow");
        browser.act(number, "escalation", &EVIDENCE).await.expect(409).shows("escalation-not_this_incident-error");
        browser.done(number, "incidents", &[("reference", "EX226792")]).await.hides("name=\"incident_override\"");
        browser.act(number, "escalation", &EVIDENCE).await.expect(409);
        // A lead may override, with a reason.
        let mut lead = Browser::of(&web, web.desk.seeded.lead).await;
        lead.get(&format!("/tickets/{number}")).await.shows("name=\"incident_override\"");
        let with_reason = [&EVIDENCE[..], &[("incident_override", "Began before the incident.")]].concat();
        lead.done(number, "escalation", &with_reason).await.shows("case-drafted");
        let page = lead.done(number, "case/amendment", &[&with_reason[..], &[("evidence_error_texts", "0x800")]].concat()).await;
        page.shows("0x800");
        lead.done(number, "case/withdrawal", &[("reason", "Not needed.")]).await.shows("case-withdrawn");
    }

    async fn one_outage_many_tickets(desk: TestStore) {
        let web = WebDesk::new(desk);
        let (number, other) = (web.triaged("Mail is late").await, web.triaged("Late mail here too").await);
        let mut browser = Browser::of(&web, web.desk.seeded.agent).await;
        browser.post("/language", &[("lang", "en")]).await;
        browser.done(number, "health", &[("status", "operational"), ("note", "")]).await;
        browser.done(number, "escalation", &EVIDENCE).await;
        browser.done(number, "case/filing", &[("reference", "21V-1"), ("channel", "phone")]).await;
        browser.done(number, "case/tickets", &[("number", &other.to_string())]).await.shows("Late mail here too");
        let update = [("from", "operator"), ("body", "We see it too.")];
        browser.done(number, "case/updates", &update).await;
        // The operator's words stand with one ticket; the other shows them as well.
        for number in [number, other] {
            let page = browser.get(&format!("/tickets/{number}")).await.expect(200);
            page.shows("We see it too.").shows("21V-1").shows("state-escalated");
        }
        let list = browser.get("/cases").await.expect(200);
        list.shows("21V-1").shows("due-calm").shows(&format!("#{number}")).shows(&format!("#{other}"));
        browser.get("/cases?state=ended").await.expect(200).hides("21V-1");
        browser.get("/cases?state=nonsense").await.expect(422);
    }

    async fn secrets_and_people_stay_in_the_house(desk: TestStore) {
        let web = WebDesk::new(desk);
        let number = web.triaged("Mail is late").await;
        let mut browser = Browser::of(&web, web.desk.seeded.agent).await;
        browser.post("/language", &[("lang", "en")]).await;
        browser.done(number, "health", &[("status", "operational"), ("note", "")]).await;
        let told = [
            &EVIDENCE[..4],
            &[
                ("evidence_tried", "Signed in as wang@contoso.example with password: Abc@123, rang 13812341234."),
                ("evidence_impact", "Nobody gets mail in time."),
                ("queue", "partner_center_request"),
            ],
        ];
        let told = told.concat().into_iter().filter(|(name, text)| *name != "evidence_tried" || text.len() > 40);
        let told: Vec<_> = told.collect();
        let page = browser.done(number, "escalation", &told).await;
        let page = page.shows("w***@contoso.example").shows("138****1234").shows("[已隐去：密码]").shows("<mark");
        let page = page.shows("A password or code stood here.").shows("Partner Center requests");
        // The draft keeps what was written; there a person says what the operator needs.
        page.shows("name=\"keep\" value=\"wang@contoso.example\"").shows("password: Abc@123");
        let kept = [&told[..], &[("keep", "wang@contoso.example")]].concat();
        let page = browser.done(number, "case/amendment", &kept).await;
        page.hides("w***@contoso.example").shows("138****1234").hides("What was handed over");
        let filing = [("reference", "21V-300123"), ("channel", "portal")];
        let page = browser.done(number, "case/filing", &filing).await;
        let page = page.shows("What was handed over (1)").shows("agent of the desk");
        page.shows("Personal data in: Contact person, What was tried").hides("password: Abc@123");
        browser.act(number, "case/amendment", &[("queue", "nonsense")]).await.expect(422);
    }
}
