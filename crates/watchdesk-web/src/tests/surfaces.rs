//! What is said with the operator, and every surface on which somebody could read it: the tables of routes and roles
//! are walked, so that a new route has to say here whether it tells.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use watchdesk_core::command::{CaseCommand, Unit, WordFrom, Words};
use watchdesk_core::ids::{AgentId, CaseId, MessageId, TicketNumber};
use watchdesk_store::testing::TestStore;
use watchdesk_store::{auth, both_databases, cases, fresh_id, tickets};

use super::access::{self, Things};
use super::desk::{Client, Said, WebDesk};
use super::pages::access as forms;
use super::pages::browser::Browser;

/// Whatever is said with the operator is called so, and nothing else is.
const SECRET: &str = "SECRET";

/// Paths of the API that tell it to who may see cases.
const TELLS: [&str; 8] = [
    "GET /attachments/{id}",
    "GET /cases",
    "GET /cases/{id}",
    "GET /reports/remediation?agents=true",
    "GET /tickets/{number}/case",
    "GET /tickets/{number}/cases",
    "GET /tickets/{number}/explain?language=en",
    "GET /tickets/{number}/messages",
];

/// So do these pages.
const SHOWS: [&str; 8] = [
    "/attachments/{id}",
    "/cases",
    "/messages/{id}/html",
    "/reports/remediation",
    "/reports/remediation.csv",
    "/reports/remediation.json",
    "/tickets/{number}",
    "/tickets/{number}/clocks",
];

fn secret_draft() -> Value {
    json!({
        "reason": "lacks_tools", "summary": "SECRET-SUMMARY", "health_waiver": "SECRET-WAIVER",
        "not_this_incident": "SECRET-OTHER",
        "evidence": {
            "tried": "SECRET-TRIED", "impact": "SECRET-IMPACT", "affected_users": 7, "error_texts": "SECRET-ERROR",
            "tenant_id": "SECRET-TENANT", "subscription_id": "SECRET-SUBSCRIPTION", "order_id": "SECRET-ORDER",
            "customer_id": "SECRET-CUSTOMER", "mpn_id": "SECRET-MPN", "domain_name": "SECRET-DOMAIN",
            "invoice_number": "SECRET-INVOICE",
        },
    })
}

/// What belongs to the operator's words.
struct Planted {
    file: String,
    /// With HTML.
    message: String,
}

/// One case that came back with a lesson, and one that is with the operator, all in the words that nobody may find.
async fn plant(web: &WebDesk, number: i64) -> Planted {
    let agent = web.by(web.desk.seeded.agent).await;
    let path = |action: &str| format!("/tickets/{number}/{action}");
    agent.post(&path("case/withdrawal"), json!({"reason": "SECRET-WITHDRAWAL"})).await.expect(200);
    for reference in ["SECRET-1", "SECRET-2"] {
        agent.post(&path("escalation"), secret_draft()).await.expect(201);
        let filing = json!({"reference": reference, "channel": "portal", "contact": "SECRET-ENGINEER"});
        agent.post(&path("case/filing"), filing).await.expect(200);
        if reference == "SECRET-1" {
            agent.post(&path("case/refusal"), json!({"reason": "SECRET-REFUSAL"})).await.expect(200);
            let lesson = json!({"body": "SECRET-LESSON", "measure": "training"});
            agent.post(&path("case/lesson"), lesson).await.expect(200);
        }
    }
    agent.post(&path("case/acknowledgement"), json!({"contact": "SECRET-PERSON"})).await.expect(200);
    let file = agent.send_bytes("/attachments?filename=SECRET.txt", "text/plain", "SECRET-BYTES").await.expect(201);
    let file = file.body["id"].as_str().expect("an id").to_owned();
    let update = json!({"body": "SECRET-WORD", "attachments": [file]});
    agent.post(&path("case/updates"), update).await.expect(200);
    let message = html_word(web, number).await;
    // A report that ends now has what was filed before.
    web.desk.advance(chrono::Duration::minutes(1));
    Planted { file, message }
}

/// As it comes by mail.
async fn html_word(web: &WebDesk, number: i64) -> String {
    let ticket = tickets::by_number(&web.desk, TicketNumber(number)).await.unwrap().expect("a ticket").ticket.id;
    let case: CaseId = cases::of_ticket(&web.desk, ticket).await.unwrap().last().expect("a case").id;
    let id = MessageId(fresh_id());
    let words = Words { html: Some("<p>SECRET-HTML</p>".to_owned()), ..Words::text(id, "SECRET-MAIL") };
    let update = CaseCommand::Update { words, from: WordFrom::Operator, at: web.desk.clock.now() };
    let agent = web.desk.actor(web.desk.seeded.agent).await;
    web.desk.execute(&agent, Unit::case(case, update)).await.expect("said");
    id.to_string()
}

/// The rows of the API's table whose answer tells it.
async fn told(things: &Things, client: &Client<'_>) -> BTreeSet<String> {
    let mut told = BTreeSet::new();
    for (method, path, _, body) in access::table() {
        let said = things.call(client, method, &path, &body).await;
        if String::from_utf8_lossy(&said.bytes).contains(SECRET) {
            told.insert(format!("{method} {path}"));
        }
    }
    told
}

/// The rows of the pages' table whose answer shows it.
async fn shown(
    web: &WebDesk,
    things: &forms::Things,
    browser: &mut Browser<'_>,
) -> BTreeSet<(&'static str, &'static str)> {
    let mut shown = BTreeSet::new();
    for row in forms::table().into_iter().filter(|row| row.1 != "/live") {
        let seen = things.call(web, browser, &row).await;
        if seen.text.contains(SECRET) {
            shown.insert((row.0, row.1));
        }
    }
    shown
}

async fn api_desk(desk: TestStore) -> (WebDesk, Things, Planted) {
    let web = WebDesk::new(desk);
    let mut things = Things::make(&web).await;
    let planted = plant(&web, things.number).await;
    let case = web.by(web.desk.seeded.agent).await.get(&format!("/tickets/{}/case", things.number)).await.expect(200);
    things.name("/attachments", &planted.file);
    things.name("/cases", case.body["id"].as_str().expect("an id"));
    (web, things, planted)
}

async fn page_desk(desk: TestStore) -> (WebDesk, forms::Things, Planted) {
    let web = WebDesk::new(desk);
    let mut things = forms::Things::make(&web).await;
    let planted = plant(&web, things.number).await;
    things.attachment.clone_from(&planted.file);
    things.message.clone_from(&planted.message);
    (web, things, planted)
}

fn nothing<T>() -> BTreeSet<T> {
    BTreeSet::new()
}

async fn clocks_of_case(web: &WebDesk, number: i64) -> Vec<watchdesk_core::ids::ClockId> {
    let ticket = tickets::by_number(&web.desk, TicketNumber(number)).await.unwrap().expect("a ticket").ticket.id;
    let cases = cases::of_ticket(&web.desk, ticket).await.unwrap();
    cases.last().expect("a case").clocks.iter().map(|clock| clock.id).collect()
}

both_databases! {
    async fn the_api_tells_it_to_those_who_see_cases_and_to_nobody_else(desk: TestStore) {
        let (web, things, planted) = api_desk(desk).await;
        let seeded = web.desk.seeded;
        let by = async |agent: AgentId| web.by(agent).await;
        // Who changes nothing comes first.
        assert_eq!(told(&things, &by(seeded.auditor).await).await, TELLS.map(str::to_owned).into());
        assert_eq!(told(&things, &web.anonymous()).await, nothing());
        let found = async |client: &Client<'_>| client.get("/search?q=secret").await.expect(200).items().len();
        let (sales, auditor) = (by(seeded.sales).await, by(seeded.auditor).await);
        assert_eq!((found(&sales).await, found(&auditor).await), (0, 1));
        sales.get(&format!("/attachments/{}", planted.file)).await.expect(404);
        let kinds = |said: &Said| -> BTreeSet<String> {
            said.items().iter().map(|message| message["kind"].as_str().expect("a kind").to_owned()).collect()
        };
        let path = format!("/tickets/{}/messages", things.number);
        assert!(!kinds(&sales.get(&path).await).contains("operator"));
        assert!(kinds(&auditor.get(&path).await).contains("operator"));
        assert_eq!(told(&things, &by(seeded.other_agent).await).await, nothing(), "of another team");
        assert_eq!(told(&things, &sales).await, nothing());
    }

    async fn the_pages_show_it_to_those_who_see_cases_and_to_nobody_else(desk: TestStore) {
        let (web, things, _) = page_desk(desk).await;
        let seeded = web.desk.seeded;
        let mut auditor = Browser::of(&web, seeded.auditor).await;
        let read = shown(&web, &things, &mut auditor).await.into_iter().filter(|(method, _)| *method == "get");
        assert_eq!(read.map(|(_, path)| path).collect::<BTreeSet<_>>(), SHOWS.into());
        // Among them every page that needs no login, with a link that the desk has sent.
        assert_eq!(shown(&web, &things, &mut Browser::nobody(&web)).await, nothing());
        for clock in clocks_of_case(&web, things.number).await {
            let link = async |agent: AgentId| {
                let token = auth::create_call_link(&web.desk, agent, clock, chrono::Duration::hours(24)).await;
                format!("/acknowledge/{}", token.expect("a link"))
            };
            // Who is called about a case reads its number there, and no word of it.
            let seen = Browser::nobody(&web).get(&link(seeded.agent).await).await.expect(200).shows("SECRET-2");
            assert!(!seen.text.replace("SECRET-2", "").contains(SECRET), "{}", seen.text);
            Browser::nobody(&web).get(&link(seeded.sales).await).await.hides(SECRET);
        }
        let mut other = Browser::of(&web, seeded.other_agent).await;
        assert_eq!(shown(&web, &things, &mut other).await, nothing(), "of another team");

        let mut auditor = Browser::of(&web, seeded.auditor).await;
        let link = format!("href=\"/tickets/{}\"", things.number);
        auditor.get("/search?q=secret").await.expect(200).shows(&link);
        auditor.get("/queue").await.expect(200).shows("from-operator");
        let mut sales = Browser::of(&web, seeded.sales).await;
        sales.get("/search?q=secret").await.expect(200).hides(&link);
        sales.get("/queue").await.expect(200).shows(&link).hides("from-operator");
        assert_eq!(shown(&web, &things, &mut sales).await, nothing());
    }
}
