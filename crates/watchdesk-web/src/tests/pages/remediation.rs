//! Lessons that are missing, and the document that is handed over.

use watchdesk_store::both_databases;
use watchdesk_store::testing::TestStore;

use super::browser::Browser;
use crate::tests::desk::WebDesk;

const DRAFT: [(&str, &str); 4] = [
    ("reason", "lacks_documentation"),
    ("summary", "Mail of all users is late; ask zhang@contoso.example."),
    ("evidence_tried", "We traced it."),
    ("evidence_impact", "Nobody gets mail in time."),
];

/// A case of the first team's that the operator refused.
async fn refused(web: &WebDesk, agent: &mut Browser<'_>) -> i64 {
    let number = web.triaged("Mail is late").await;
    agent.done(number, "health", &[("status", "operational")]).await;
    agent.done(number, "escalation", &DRAFT).await;
    agent.done(number, "case/filing", &[("reference", "SR-77"), ("channel", "portal")]).await;
    agent.done(number, "case/refusal", &[("reason", "=The article says how.")]).await;
    number
}

both_databases! {
    async fn what_came_back_asks_for_a_lesson_until_it_has_one(desk: TestStore) {
        let web = WebDesk::new(desk);
        let mut agent = Browser::of(&web, web.desk.seeded.agent).await;
        agent.post("/language", &[("lang", "en")]).await;
        let number = refused(&web, &mut agent).await;
        agent.get(&format!("/tickets/{number}")).await.expect(200).shows("case/lesson").shows("What we learned");
        agent.get("/reports/escalations").await.expect(404);

        let mut lead = Browser::of(&web, web.desk.seeded.lead).await;
        lead.post("/language", &[("lang", "en")]).await;
        let page = lead.get("/reports/escalations").await.expect(200);
        page.has_in_order(&["Refused", "of 1", "100.0 %", "Month by month", "have no lesson yet: 1", "SR-77"]);
        let form = page.between("action=\"/reports/escalations/", "\"").to_owned();
        let path = format!("/reports/escalations/{form}");
        let version = page.hidden("version").to_owned();
        let back = format!("from{}", page.between("name=\"back\" value=\"from", "\"")).replace("&amp;", "&");
        lead.take_token(&page);
        let empty = [("version", version.as_str()), ("back", &back), ("measure", "tool"), ("body", " ")];
        let again = lead.post(&path, &empty).await.expect(422);
        again.shows("notice-refused").shows("value=\"tool\" selected");
        let stale = [("version", "1"), ("back", &back), ("measure", "tool"), ("body", "Words.")];
        lead.post(&path, &stale).await.expect(409).shows("notice-refused");

        let learned = [("version", version.as_str()), ("back", &back), ("measure", "training"), ("body", "Read it first.")];
        let done = lead.post(&path, &learned).await.expect(303);
        lead.follow(done).await.expect(200).hides("have no lesson yet").shows("The lesson is on record.");
        let ticket = agent.get(&format!("/tickets/{number}")).await.expect(200);
        ticket.shows("Read it first.").shows("Training").shows("recorded what was learned");
        let amended = [("measure", "documentation"), ("body", "It is in the guide now.")];
        agent.done(number, "case/lesson", &amended).await.shows("It is in the guide now.").hides("Read it first.");
    }

    async fn the_document_names_companies_and_speaks_the_language_asked_for(desk: TestStore) {
        let web = WebDesk::new(desk);
        let mut agent = Browser::of(&web, web.desk.seeded.agent).await;
        refused(&web, &mut agent).await;
        let mut manager = Browser::of(&web, web.desk.seeded.manager).await;
        let path = "/reports/remediation?from=2026-03-01&to=2026-03-31";
        let chinese = manager.get(&format!("{path}&lang=zh-CN")).await.expect(200);
        chinese.has_in_order(&["整改报告", "摘要", "措施", "SR-77", "Contoso 上海", "运营商的拒绝意见", "=The article", "尚未记录经验教训"]);
        let chinese = chinese.shows("z***@contoso.example").hides("zhang@contoso.example").hides("张伟");
        let chinese = chinese.hides("agent of the desk").shows("2026-03-01 – 2026-03-31");
        assert!(!chinese.text.contains("<script"), "it is read without a script");
        manager.get(&format!("{path}&lang=en&agents=true")).await.expect(200).shows("Remediation report").shows("agent of the desk");
        manager.get(&format!("{path}&operator=other&lang=en")).await.expect(200).hides("SR-77").shows("None was refused");
        for file in ["escalations.csv", "escalations.json", "remediation.csv", "remediation.json"] {
            let seen = manager.get(&format!("/reports/{file}?from=2026-03-01&to=2026-03-31")).await.expect(200);
            let holds = if file.starts_with("remediation") { "SR-77" } else { "exchange-online" };
            seen.shows(holds);
        }
        for wrong in ["from=2026-03-09&to=2026-03-01", "from=2024-01-01&to=2026-03-01", "from=soon", "group=colour"] {
            manager.get(&format!("/reports/escalations?{wrong}")).await.expect(422).shows("notice-refused");
        }
    }
}
