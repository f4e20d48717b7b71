//! Reports and the forecast.

use serde_json::{Value, json};
use watchdesk_store::both_databases;
use watchdesk_store::testing::TestStore;

use super::desk::{Client, WebDesk};

fn of<'r>(rows: &'r Value, objective: &str) -> &'r Value {
    rows.as_array().expect("rows").iter().find(|row| row["objective"] == objective).expect("a row")
}

async fn reply(client: &Client<'_>, number: i64) {
    client.post(&format!("/tickets/{number}/replies"), json!({"body": "We look."})).await.expect(200);
}

async fn excuse(lead: &Client<'_>, number: i64) {
    let clocks = lead.get(&format!("/tickets/{number}/clocks")).await.expect(200);
    let missed = clocks.items().iter().find(|clock| clock["missed_at"].is_string()).expect("a miss");
    let path = format!("/tickets/{number}/clocks/{}/excuse", missed["id"].as_str().expect("an id"));
    lead.post(&path, json!({"reason": "The operator was down."})).await.expect(200);
}

/// One kept, one missed, one missed and excused; and one of the other team's.
async fn a_morning(web: &WebDesk) -> i64 {
    let (agent, lead, other) = (
        web.by(web.desk.seeded.agent).await,
        web.by(web.desk.seeded.lead).await,
        web.by(web.desk.seeded.other_agent).await,
    );
    let (kept, missed, excused) = (web.triaged("One").await, web.triaged("Two").await, web.triaged("Three").await);
    let theirs =
        json!({"subject": "x", "body": "y", "team": "second-line", "requester": {"email": "kim@fabrikam.example"}});
    let theirs = other.post("/tickets", theirs).await.expect(201).body["number"].as_i64().expect("a number");
    web.desk.advance(chrono::Duration::hours(1));
    reply(&agent, kept).await;
    web.desk.advance(chrono::Duration::hours(4));
    reply(&agent, missed).await;
    reply(&agent, excused).await;
    excuse(&lead, excused).await;
    reply(&other, theirs).await;
    missed
}

both_databases! {
    async fn raw_and_excused_figures_stand_side_by_side(desk: TestStore) {
        let web = WebDesk::new(desk);
        a_morning(&web).await;
        let manager = web.by(web.desk.seeded.manager).await;
        let report = manager.get("/reports/sla?from=2026-03-02&to=2026-03-02&group_by=customer").await.expect(200).body;
        assert_eq!((&report["from"], &report["to"]), (&json!("2026-03-01T16:00:00Z"), &json!("2026-03-02T16:00:00Z")));
        let total = of(&report["totals"], "first_response");
        let counts = ["total", "met", "met_late", "excused"].map(|name| total[name].as_i64().expect("a count"));
        assert_eq!(counts, [4, 1, 3, 1]);
        assert_eq!((&total["raw"]["of"], &total["raw"]["share"]), (&json!(4), &json!(0.25)));
        assert_eq!((&total["with_excuses"]["met"], &total["with_excuses"]["of"]), (&json!(1), &json!(3)));
        assert_eq!((&total["used"]["slowest_s"], &total["used"]["p50_s"]), (&json!(18_000), &json!(18_000)));
        let names: Vec<&Value> = report["rows"].as_array().expect("rows").iter().filter(|row| row["objective"] == "first_response").map(|row| &row["key"]["customer"]["name"]).collect();
        assert!(names.contains(&&json!("Contoso 上海")) && names.contains(&&json!("Fabrikam")), "{names:?}");

        // Another day knows nothing of it, and each miss belongs to one day.
        let other_day = manager.get("/reports/sla?from=2026-03-03&to=2026-03-04").await.expect(200).body;
        assert_eq!(other_day["totals"], json!([]));
        // A lead reads the figures of his teams.
        let lead = web.by(web.desk.seeded.lead).await;
        let own = lead.get("/reports/sla?from=2026-03-02&to=2026-03-02").await.expect(200).body;
        assert_eq!(of(&own["totals"], "first_response")["total"], 3);
        for (query, field) in [("from=yesterday", "from"), ("group_by=colour", "group_by"), ("from=2026-03-03&to=2026-03-01", "to"), ("from=2001-01-01", "to"), ("format=pdf", "format")] {
            let said = manager.get(&format!("/reports/sla?{query}")).await.expect(422);
            assert!(said.wrong_fields()[0].starts_with(field), "{}", said.body);
        }
    }

    async fn a_spreadsheet_gets_text_and_never_a_formula(desk: TestStore) {
        let web = WebDesk::new(desk);
        a_morning(&web).await;
        let (manager, agent) = (web.by(web.desk.seeded.manager).await, web.by(web.desk.seeded.agent).await);
        let name = json!({"name": "=HYPERLINK(\"http://evil.example\")"});
        let path = format!("/customers/{}", web.desk.seeded.other_customer);
        agent.call("PATCH", &path, Some(name), &[("if-match", "*")]).await.expect(200);
        let query = "/reports/sla?from=2026-03-02&to=2026-03-02&group_by=customer";
        let by_name = manager.get(&format!("{query}&format=csv")).await.expect(200);
        let by_header = manager.call("GET", query, None, &[("accept", "text/csv")]).await.expect(200);
        assert_eq!(by_name.bytes, by_header.bytes);
        assert!(by_name.header("content-type").starts_with("text/csv"));
        assert!(by_name.header("content-disposition").starts_with("attachment"));
        let text = String::from_utf8(by_name.bytes).expect("UTF-8");
        assert!(text.starts_with("objective,customer,total,met,met_late,"), "{text}");
        assert!(text.contains("first_response,Contoso 上海,3,1,2,0,0,0,1,0.3333,0.5000,3,"), "{text}");
        assert!(text.contains("\"'=HYPERLINK(\"\"http://evil.example\"\")\""), "{text}");
        assert!(text.lines().all(|line| !line.starts_with(['=', '+', '-', '@']) && !line.contains(",=")), "{text}");
    }

    async fn what_will_be_missed_is_named(desk: TestStore) {
        let web = WebDesk::new(desk);
        let missed = a_morning(&web).await;
        let (waiting, late) = (web.triaged("Four").await, web.ticket("Five").await);
        web.desk.advance(chrono::Duration::hours(3));
        let manager = web.by(web.desk.seeded.manager).await;
        let forecast = manager.get("/reports/forecast?hours=2").await.expect(200).body;
        assert_eq!((&forecast["at"], &forecast["until"]), (&json!("2026-03-02T09:00:00Z"), &json!("2026-03-02T11:00:00Z")));
        let queue = forecast["queues"].as_array().expect("queues").iter().find(|line| line["team"]["slug"] == "first-line").expect("a queue");
        assert_eq!((&queue["due"], &queue["fulfilled"]), (&json!(2), &json!(3)), "{queue}");
        let listed: Vec<i64> = queue["items"].as_array().expect("items").iter().map(|item| item["ticket"].as_i64().expect("a number")).collect();
        assert!(!listed.contains(&missed) && listed.iter().all(|number| [waiting, late].contains(number)), "{queue}");
        for hours in ["0", "169", "soon"] {
            assert_eq!(manager.get(&format!("/reports/forecast?hours={hours}")).await.expect(422).wrong_fields(), ["hours"]);
        }
        let lead = web.by(web.desk.seeded.lead).await;
        let own = lead.get("/reports/forecast").await.expect(200).body;
        assert!(own["queues"].as_array().expect("queues").iter().all(|line| line["team"]["slug"] != "second-line"), "{own}");
    }
}
