//! The packet is copied, and that is on record.

use serde_json::Value;
use watchdesk_store::both_databases;
use watchdesk_store::testing::TestStore;

use super::browser::Browser;
use crate::tests::desk::WebDesk;

const DRAFT: [(&str, &str); 4] = [
    ("reason", "lacks_tools"),
    ("summary", "Mail of all users is late."),
    ("evidence_tried", "We traced it."),
    ("evidence_impact", "Nobody gets mail in time."),
];

async fn drafted(web: &WebDesk) -> i64 {
    let number = web.triaged("Mail is late").await;
    let mut agent = Browser::of(web, web.desk.seeded.agent).await;
    agent.done(number, "health", &[("status", "operational")]).await;
    agent.done(number, "escalation", &DRAFT).await;
    number
}

async fn on_record(web: &WebDesk, number: i64) -> Vec<Value> {
    let auditor = web.by(web.desk.seeded.auditor).await;
    auditor.get(&format!("/tickets/{number}/case/disclosures")).await.expect(200).items().clone()
}

both_databases! {
    async fn a_copy_is_on_record_once_and_shows_the_text_without_a_script(desk: TestStore) {
        let web = WebDesk::new(desk);
        let number = drafted(&web).await;
        let path = format!("/tickets/{number}/case/copying");
        let mut agent = Browser::of(&web, web.desk.seeded.agent).await;
        agent.post("/language", &[("lang", "en")]).await.expect(303);
        let page = agent.get(&format!("/tickets/{number}")).await.expect(200);
        page.shows(&format!("action=\"{path}\"")).shows("aria-label=\"Copy all\" hidden>").hides("What was handed over");
        assert_eq!(on_record(&web, number).await.len(), 0, "looking at it is not on record");

        let copied = agent.post(&path, &[]).await.expect(303);
        let page = agent.follow(copied).await.expect(200);
        page.shows("The text is on record as copied.").hides("aria-label=\"Copy all\" hidden>").shows("aria-label=\"Copy all\">").shows("What was handed over (1)").shows(", Copied, ");
        agent.post(&path, &[]).await.expect(303);
        let record = on_record(&web, number).await;
        assert_eq!((record.len(), &record[0]["channel"]), (1, &Value::from("copied")), "{record:?}");
        assert_eq!(record[0]["by"], web.desk.seeded.agent.to_string());
        let names: Vec<&str> = record[0]["fields"].as_array().expect("fields").iter().filter_map(|field| field["name"].as_str()).collect();
        assert!(names.contains(&"problem") && names.contains(&"tried"), "{names:?}");

        // Another person, and another text.
        Browser::of(&web, web.desk.seeded.auditor).await.post(&path, &[]).await.expect(303);
        web.desk.advance(chrono::Duration::minutes(1));
        let mut other = DRAFT;
        other[1].1 = "Mail of one user is late.";
        agent.done(number, "case/amendment", &other).await;
        agent.post(&path, &[]).await.expect(303);
        assert_eq!(on_record(&web, number).await.len(), 3);
        Browser::of(&web, web.desk.seeded.sales).await.post(&path, &[]).await.expect(404);
        web.desk.advance(chrono::Duration::minutes(1));
        agent.done(number, "case/filing", &[("reference", "21V-1"), ("channel", "portal")]).await;
        let record = on_record(&web, number).await;
        assert_eq!((record.len(), &record[3]["channel"]), (4, &Value::from("portal")), "filing is on record by itself");
        assert_eq!(record[2]["digest"], record[3]["digest"], "what was copied is what was filed");
    }
}
