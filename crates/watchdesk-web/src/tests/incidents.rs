//! An outage: its tickets wait, their customers know, and afterwards somebody tries again.

use serde_json::{Value, json};
use watchdesk_core::command::{Command, Unit};
use watchdesk_core::ids::TicketNumber;
use watchdesk_core::rights::Actor;
use watchdesk_store::testing::TestStore;
use watchdesk_store::{both_databases, tickets};

use super::desk::{WebDesk, escalation};
use super::pages::browser::Browser;

const EX: &str = "EX226792";

fn incident() -> Value {
    json!({"reference": EX, "service": "exchange-online", "title": "Mail is late", "impact": "Some users"})
}

/// What the machinery says to a linked ticket when the incident is over.
async fn hears_of_the_end(web: &WebDesk, number: i64) {
    let ticket = tickets::by_number(&web.desk, TicketNumber(number)).await.expect("tickets").expect("it").ticket.id;
    let ended = Command::IncidentEnded { reference: EX.to_owned() };
    web.desk.execute(&Actor::System, Unit::ticket(ticket, ended)).await.expect("the machinery may");
}

both_databases! {
    async fn during_an_outage_one_waits_and_afterwards_one_tries_again(desk: TestStore) {
        let web = WebDesk::new(desk);
        let agent = web.by(web.desk.seeded.agent).await;
        let (number, other) = (web.triaged("Mail is late").await, web.triaged("Late mail too").await);
        let health = Some(json!({"status": "operational"}));
        agent.call("PUT", "/services/exchange-online/health", health, &[]).await.expect(200);
        agent.post("/incidents", json!({"reference": "EX 1", "service": "exchange-online", "title": "x"})).await.expect(422);
        agent.post("/incidents", json!({"reference": EX, "service": "no-such", "title": "x"})).await.expect(422);
        let made = agent.post("/incidents", incident()).await.expect(201);
        let mut suggested: Vec<i64> = made.body["suggested"].as_array().expect("numbers").iter().filter_map(Value::as_i64).collect();
        suggested.sort_unstable();
        assert_eq!((suggested, &made.body["open"]), (vec![number, other], &json!(true)));
        agent.post("/incidents", incident()).await.expect(422);

        let links = json!({"tickets": [number, other]});
        let linked = agent.post(&format!("/incidents/{EX}/tickets"), links.clone()).await.expect(200);
        assert_eq!(linked.body, json!({"linked": [number, other], "refused": []}));
        let again = agent.post(&format!("/incidents/{EX}/tickets"), links).await.expect(200);
        assert_eq!(again.body["refused"].as_array().map(Vec::len), Some(2), "{}", again.body);
        let refused = agent.post(&format!("/tickets/{number}/escalation"), escalation()).await.expect(409);
        assert!(refused.body.to_string().contains(EX), "{}", refused.body);

        agent.post(&format!("/incidents/{EX}/end"), json!({})).await.expect(200);
        agent.post(&format!("/incidents/{EX}/end"), json!({})).await.expect(409);
        hears_of_the_end(&web, number).await;
        let refused = agent.post(&format!("/tickets/{number}/escalation"), escalation()).await.expect(409);
        assert!(refused.body.to_string().contains("retest"), "{}", refused.body);
        let retest = json!({"reference": EX, "outcome": "persists", "body": "Still no mail."});
        let tried = agent.post(&format!("/tickets/{number}/retest"), retest).await.expect(200);
        assert_eq!(tried.body["retests"], json!([]));
        agent.post(&format!("/tickets/{number}/escalation"), escalation()).await.expect(201);
        let over = agent.get("/incidents?open=false").await.expect(200);
        assert_eq!(over.items()[0]["reference"], EX);
        assert_eq!(agent.get("/incidents?open=true").await.expect(200).items().len(), 0);
    }

    async fn the_pages_lead_through_it(desk: TestStore) {
        let web = WebDesk::new(desk);
        let (number, other) = (web.triaged("Mail is late").await, web.triaged("Late mail too").await);
        let mut browser = Browser::of(&web, web.desk.seeded.agent).await;
        browser.post("/language", &[("lang", "en")]).await;
        browser.get("/incidents").await.expect(200).shows("No incident of this kind");
        browser.post("/incidents", &[("reference", "a b"), ("service", "exchange-online"), ("title", "No mail")]).await
            .expect(422).shows("incidents-reference-error").shows("value=\"No mail\"");
        let fields = [("reference", EX), ("service", "exchange-online"), ("title", "Mail is late"), ("impact", "Some")];
        browser.post("/incidents", &fields).await.expect(303);
        browser.get("/incidents").await.expect(200).shows(EX).shows("Mail is late");
        browser.get("/services").await.expect(200).shows("Open incidents: 1");
        browser.get(&format!("/tickets/{number}")).await.shows("Is it this one?");
        let page = browser.get(&format!("/incidents/{EX}")).await.expect(200);
        page.shows(&format!("#{number}")).shows(&format!("#{other}")).shows("Link the chosen ones");
        browser.post(&format!("/incidents/{EX}/tickets"), &[]).await.expect(422);
        let both = [("tickets", number.to_string()), ("tickets", other.to_string())];
        let both: Vec<(&str, &str)> = both.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.post(&format!("/incidents/{EX}/tickets"), &both).await.expect(303);
        browser.get(&format!("/incidents/{EX}")).await.expect(200).shows("Linked tickets: 2").hides("Link the chosen ones");
        browser.post(&format!("/incidents/{EX}/end"), &[]).await.expect(303);
        hears_of_the_end(&web, number).await;
        browser.get(&format!("/incidents/{EX}")).await.expect(200).shows("try again");
        let page = browser.get(&format!("/tickets/{number}")).await.expect(200);
        page.shows("The problem is gone").shows("Tried again after the incident");
        let found = [("reference", EX), ("outcome", "persists"), ("body", "Still no mail.")];
        let page = browser.done(number, "retest", &found).await;
        page.shows("the problem is still there").shows("Still no mail.").hides("The problem is gone");
        browser.get("/incidents?state=over").await.expect(200).shows(EX);
        browser.get("/incidents?state=nonsense").await.expect(422);
        browser.get("/incidents/EX0").await.expect(404);
    }
}
