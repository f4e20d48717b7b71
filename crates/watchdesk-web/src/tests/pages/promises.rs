//! Deadlines on the pages: explained, excused, answered for, added up; and who is on call.

use serde_json::{Value, json};
use watchdesk_core::ids::{ClockId, TicketNumber};
use watchdesk_store::auth;
use watchdesk_store::outbox::{self, OutboxItem};
use watchdesk_store::testing::TestStore;
use watchdesk_store::{both_databases, tickets};

use super::browser::{Browser, Seen};
use crate::tests::clocks::fire;
use crate::tests::desk::{WebDesk, calling_policy, rota};

async fn english<'d>(web: &'d WebDesk, agent: watchdesk_core::ids::AgentId) -> Browser<'d> {
    let mut browser = Browser::of(web, agent).await;
    browser.post("/language", &[("lang", "en")]).await.expect(303);
    browser
}

async fn first_response(web: &WebDesk, number: i64) -> ClockId {
    let ticket = tickets::by_number(&web.desk, TicketNumber(number)).await.unwrap().unwrap().ticket;
    let clocks = tickets::clocks(&web.desk, ticket.id).await.unwrap();
    let is_first = |clock: &&watchdesk_core::clock::Clock| clock.objective.as_str() == "first_response";
    clocks.iter().rfind(is_first).expect("a clock").id
}

/// A ticket of the agent's whose ladder has called him and waits for him.
async fn called(web: &WebDesk) -> i64 {
    let manager = web.by(web.desk.seeded.manager).await;
    manager.post("/policies/standard/versions", calling_policy()).await.expect(201);
    let number = web.ticket("Mail is late").await;
    let agent = web.by(web.desk.seeded.agent).await;
    agent.post(&format!("/tickets/{number}/assignment"), json!({"owner": "agent@desk.example"})).await.expect(200);
    web.desk.advance(chrono::Duration::hours(2));
    fire(web, number).await;
    number
}

/// The call, claimed as whoever sends it claims it.
async fn warning(web: &WebDesk) -> OutboxItem {
    let due = outbox::claim(&web.desk, web.desk.clock.now(), 50).await.unwrap();
    due.into_iter().find(|item| item.notice.name() == "target_near").expect("the ladder has called")
}

async fn seen_by(web: &WebDesk, number: i64) -> Value {
    let auditor = web.by(web.desk.seeded.auditor).await;
    let clocks = auditor.get(&format!("/tickets/{number}/clocks")).await.expect(200);
    let called = clocks.items().iter().find(|clock| clock["steps"].as_array().is_some_and(|steps| !steps.is_empty()));
    called.expect("a call")["steps"][0]["acknowledgement"]["by"].clone()
}

fn action(page: &Seen, ending: &str) -> bool {
    page.text.contains(&format!("{ending}\"")) || page.text.contains(&format!("{}\"", ending.replace('/', "&#x2F;")))
}

both_databases! {
    async fn a_miss_is_excused_on_the_page(desk: TestStore) {
        let web = WebDesk::new(desk);
        let number = web.triaged("Mail is late").await;
        web.desk.advance(chrono::Duration::hours(5));
        fire(&web, number).await;
        let mut lead = english(&web, web.desk.seeded.lead).await;
        let mut agent = english(&web, web.desk.seeded.agent).await;
        agent.get(&format!("/tickets/{number}")).await.expect(200).hides("Excuse this miss");
        let clock = first_response(&web, number).await;
        let form = format!("clocks/{clock}/excuse");
        let page = lead.get(&format!("/tickets/{number}")).await.expect(200).shows("Excuse this miss");
        assert!(action(&page, &form), "{}", page.text);
        lead.act(number, &form, &[("reason", " ")]).await.expect(422).shows("-reason-error");
        agent.act(number, &form, &[("reason", "Words.")]).await.expect(409).shows("may not do this here");
        let page = lead.done(number, &form, &[("reason", "EX226792 <b>was</b> open.")]).await;
        let page = page.shows("Excused by").shows("EX226792 &lt;b&gt;was&lt;/b&gt; open.").hides("Excuse this miss");
        page.shows("Excused. Reports show the figures with and without it.").shows("event-clock_excused");
        lead.done(number, &format!("{form}/revocation"), &[]).await.shows("Excuse this miss").shows("event-excuse_revoked");
        lead.act(number, &format!("{form}/revocation"), &[]).await.expect(409);
        let unknown = "clocks/01900000-0000-7000-8000-000000000000/excuse";
        lead.act(number, unknown, &[("reason", "x")]).await.expect(404);
    }

    async fn the_account_of_a_ticket_is_a_page(desk: TestStore) {
        let web = WebDesk::new(desk);
        let number = web.triaged("Mail is <i>late</i>").await;
        web.desk.advance(chrono::Duration::hours(1));
        let mut agent = english(&web, web.desk.seeded.agent).await;
        agent.get(&format!("/tickets/{number}")).await.shows(&format!("/tickets/{number}/clocks"));
        let page = agent.get(&format!("/tickets/{number}/clocks")).await.expect(200);
        let page = page.shows("How these deadlines follow").shows("Where the time went").shows("id=\"account\"");
        page.shows("Mail is &lt;i&gt;late&lt;/i&gt;").shows("First response").hides("<i>late");
        let mut chinese = Browser::of(&web, web.desk.seeded.agent).await;
        chinese.post("/language", &[("lang", "zh-CN")]).await.expect(303);
        chinese.get(&format!("/tickets/{number}/clocks")).await.expect(200).shows("时间").hides("How these deadlines follow");
        english(&web, web.desk.seeded.other_agent).await.get(&format!("/tickets/{number}/clocks")).await.expect(404);
    }

    async fn a_warning_that_did_not_get_through_is_told_with_the_reason(desk: TestStore) {
        let web = WebDesk::new(desk);
        let number = called(&web).await;
        let path = format!("/tickets/{number}/clocks");
        let mut agent = english(&web, web.desk.seeded.agent).await;
        let mut chinese = Browser::of(&web, web.desk.seeded.agent).await;
        chinese.post("/language", &[("lang", "zh-CN")]).await.expect(303);
        agent.get(&path).await.hides("The notice to");

        let warning = warning(&web).await;
        let why = "it was done before this was sent";
        assert!(outbox::suppressed(&web.desk, warning.id, warning.fence, web.desk.clock.now(), why).await.unwrap());
        agent.get(&path).await.expect(200).shows("was not sent: it was done before");
        chinese.get(&path).await.expect(200).shows("未发送：发送前已完成");

        assert!(outbox::resend(&web.desk, warning.id, web.desk.clock.now()).await.unwrap());
        let dies = self::warning(&web).await;
        web.desk.advance(web.desk.lease() + chrono::Duration::seconds(1));
        let other = self::warning(&web).await;
        assert_eq!((other.id, other.fence), (dies.id, dies.fence + 1), "the first sender was never heard of again");
        assert!(outbox::sent(&web.desk, other.id, other.fence, web.desk.clock.now(), "250 ok").await.unwrap());
        agent.get(&path).await.expect(200).shows("may have arrived twice");
        chinese.get(&path).await.expect(200).shows("可能重复送达");
        let reader = web.by(web.desk.seeded.agent).await;
        let told = reader.get(&format!("/tickets/{number}/explain?language=en")).await.expect(200).body;
        let chains = told["chains"].as_array().expect("chains").iter();
        let stories = chains.flat_map(|chain| chain["instances"][0]["story"].as_array().expect("a story").clone());
        let step = stories.into_iter().find(|line| line["what"]["kind"] == "step").expect("a step");
        let delivery = &step["what"]["deliveries"][0];
        assert_eq!((&delivery["delivery"], &delivery["to"]["who"]), (&json!("ambiguous"), &json!("agent")), "{step}");
        assert!(told["text"].as_str().expect("a text").contains("may have arrived twice"));
    }

    async fn a_warning_that_is_given_up_is_told_with_the_answer_of_the_server(desk: TestStore) {
        let web = WebDesk::new(desk);
        let number = called(&web).await;
        let path = format!("/tickets/{number}/clocks");
        let mut agent = english(&web, web.desk.seeded.agent).await;
        let (first, now) = (warning(&web).await, web.desk.clock.now());
        let later = now + chrono::Duration::minutes(1);
        assert!(outbox::failed(&web.desk, first.id, first.fence, now, later, "451 <later>").await.unwrap());
        agent.get(&path).await.expect(200).shows("is tried again: 451 &lt;later&gt;");
        web.desk.advance(chrono::Duration::minutes(1));
        let second = warning(&web).await;
        assert!(outbox::dead(&web.desk, second.id, second.fence, later, "550 no such user").await.unwrap());
        agent.get(&path).await.expect(200).shows("was given up: 550 no such user");
    }

    async fn a_button_says_that_it_was_seen(desk: TestStore) {
        let web = WebDesk::new(desk);
        let number = called(&web).await;
        let mut agent = english(&web, web.desk.seeded.agent).await;
        let page = agent.get(&format!("/tickets/{number}")).await.expect(200);
        page.shows("I have seen it").shows("class=\"clock-call\"").shows("event-step_fired");
        let auditor = english(&web, web.desk.seeded.auditor).await.get(&format!("/tickets/{number}")).await.expect(200);
        auditor.hides("I have seen it").shows("class=\"clock-call\"");
        let clock = first_response(&web, number).await;
        let page = agent.done(number, &format!("clocks/{clock}/acknowledgement"), &[]).await;
        page.shows("Noted: you have seen it.").hides("I have seen it").shows("event-step_acknowledged");
        agent.act(number, &format!("clocks/{clock}/acknowledgement"), &[]).await.expect(409);
    }

    async fn a_link_answers_a_call_without_signing_in(desk: TestStore) {
        let web = WebDesk::new(desk);
        let number = called(&web).await;
        let (clock, week) = (first_response(&web, number).await, chrono::Duration::days(7));
        let link = |agent| auth::create_call_link(&web.desk, agent, clock, week);
        let path = format!("/acknowledge/{}", link(web.desk.seeded.agent).await.unwrap());
        let mut telephone = Browser::nobody(&web);
        telephone.post("/language", &[]).await;
        for _ in 0..2 {
            let page = telephone.get(&path).await.expect(200).shows(&format!("#{number}"));
            telephone.take_token(&page);
        }
        assert_eq!(seen_by(&web, number).await, Value::Null, "looking at it says nothing");
        telephone.post_exactly(&path, &[]).await.expect(403);
        let said = telephone.post(&path, &[]).await.expect(303);
        let page = telephone.follow(said).await.expect(200);
        page.hides("<form method=\"post\" action=\"/acknowledge");
        assert_eq!(seen_by(&web, number).await, json!(web.desk.seeded.agent.to_string()));
        telephone.post(&path, &[]).await.expect(303);

        // Whoever was called as well is told who was quicker.
        let other = format!("/acknowledge/{}", link(web.desk.seeded.lead).await.unwrap());
        Browser::nobody(&web).get(&other).await.expect(200).shows("agent of the desk");
    }

    async fn a_call_outlives_a_change_of_severity(desk: TestStore) {
        let web = WebDesk::new(desk);
        let number = called(&web).await;
        let (clock, week) = (first_response(&web, number).await, chrono::Duration::days(7));
        let path = format!("/acknowledge/{}", auth::create_call_link(&web.desk, web.desk.seeded.agent, clock, week).await.unwrap());
        let agent = web.by(web.desk.seeded.agent).await;
        agent.call("PATCH", &format!("/tickets/{number}"), Some(json!({"severity": "A"})), &[("if-match", "*")]).await.expect(200);
        let mut telephone = Browser::nobody(&web);
        let page = telephone.get(&path).await.expect(200).shows("<form method=\"post\" action=\"/acknowledge");
        telephone.take_token(&page);
        let said = telephone.post(&path, &[]).await.expect(303);
        telephone.follow(said).await.expect(200).hides("<form method=\"post\" action=\"/acknowledge");
        assert_eq!(seen_by(&web, number).await, json!(web.desk.seeded.agent.to_string()));
    }

    async fn a_link_that_is_over_says_so(desk: TestStore) {
        let web = WebDesk::new(desk);
        let number = called(&web).await;
        let (clock, week) = (first_response(&web, number).await, chrono::Duration::days(7));
        let path = |token: &str| format!("/acknowledge/{token}");
        let mut somebody = Browser::nobody(&web);
        let gone = somebody.get(&path("made-up")).await.expect(410);
        let gone = gone.hides("Something went wrong").hides("系统出错");
        assert!(gone.text.contains("<h1>此链接已失效") || gone.text.contains("<h1>This link no longer works"), "{}", gone.text);
        // For something else, of somebody who may not see it, of somebody who left.
        let invitation = auth::create_link(&web.desk, auth::Purpose::Invitation, web.desk.seeded.agent, week).await.unwrap();
        somebody.get(&path(&invitation)).await.expect(410);
        let stranger = auth::create_call_link(&web.desk, web.desk.seeded.other_agent, clock, week).await.unwrap();
        somebody.get(&path(&stranger)).await.expect(410);
        let link = auth::create_call_link(&web.desk, web.desk.seeded.agent, clock, week).await.unwrap();
        let page = somebody.get(&path(&link)).await.expect(200);
        somebody.take_token(&page);
        let admin = web.by(web.desk.seeded.admin).await;
        let agent = format!("/agents/{}", web.desk.seeded.agent);
        admin.call("PATCH", &agent, Some(json!({"active": false})), &[("if-match", "*")]).await.expect(200);
        somebody.post(&path(&link), &[]).await.expect(410);
        admin.call("PATCH", &agent, Some(json!({"active": true})), &[("if-match", "*")]).await.expect(200);
        web.desk.advance(chrono::Duration::days(8));
        let page = somebody.post(&path(&link), &[]).await.expect(410);
        assert!(page.text.contains("链接已失效") || page.text.contains("does not hold any more"), "{}", page.text);
        assert_eq!(seen_by(&web, number).await, Value::Null);
    }

    async fn figures_are_read_on_a_page(desk: TestStore) {
        let web = WebDesk::new(desk);
        let (kept, missed) = (web.triaged("One").await, web.triaged("Two").await);
        let mut lead = english(&web, web.desk.seeded.lead).await;
        web.desk.advance(chrono::Duration::hours(1));
        lead.done(kept, "replies", &[("body", "We look."), ("then", "stay")]).await;
        web.desk.advance(chrono::Duration::hours(4));
        lead.done(missed, "replies", &[("body", "We look."), ("then", "stay")]).await;
        let clock = first_response(&web, missed).await;
        lead.done(missed, &format!("clocks/{clock}/excuse"), &[("reason", "The operator was down.")]).await;
        let page = lead.get("/reports?from=2026-03-02&to=2026-03-02&group=customer").await.expect(200);
        let page = page.shows("50.0 %").shows("100.0 %").shows("Contoso 上海").shows("By customer");
        let href = page.between("href=\"/reports/sla.csv", "\"").replace("&amp;", "&");
        let csv = lead.get(&format!("/reports/sla.csv{href}")).await.expect(200);
        assert!(csv.header("content-type").starts_with("text/csv") && csv.text.contains("Contoso 上海,2,1,1,"), "{}", csv.text);
        lead.get("/reports/sla.json?from=2026-03-02&to=2026-03-02").await.expect(200).shows("\"with_excuses\"");
        for wrong in ["from=2026-03-03&to=2026-03-01", "from=soon", "group=colour"] {
            lead.get(&format!("/reports?{wrong}")).await.expect(422).shows("notice-refused");
        }
        lead.get("/reports/sla").await.expect(200).shows("Service levels");
        lead.get("/reports/forecast?hours=24").await.expect(200).shows("The next hours").shows("By team").shows("first line");
        let mut agent = english(&web, web.desk.seeded.agent).await;
        agent.get("/queue").await.expect(200).hides("href=\"/reports\"").shows("href=\"/rotas\"");
        lead.get("/queue").await.expect(200).shows("href=\"/reports\"");
    }

    async fn a_hole_in_the_rota_is_seen_weeks_before(desk: TestStore) {
        let web = WebDesk::new(desk);
        let mut agent = english(&web, web.desk.seeded.agent).await;
        agent.get("/rotas").await.expect(200).shows("No rotas yet");
        let mut holed = rota("agent@desk.example");
        holed["overrides"] = json!([{"from": "2026-03-14T14:00:00Z", "to": "2026-03-15T00:00:00Z"}]);
        web.by(web.desk.seeded.manager).await.call("PUT", "/rotas/desk", Some(holed), &[]).await.expect(201);
        let page = agent.get("/rotas").await.expect(200);
        let page = page.shows("Service desk").shows("agent of the desk").shows("2026-03-14 22:00").shows("My shifts as a calendar");
        page.shows("Times in which nobody is on call: 1");
        agent.get("/rotas?weeks=1").await.expect(200).shows("Somebody is on call all the time.");
        let feed = agent.get("/rotas/desk/calendar.ics").await.expect(200).shows("BEGIN:VCALENDAR");
        assert!(feed.header("content-type").starts_with("text/calendar"));
        agent.get("/rotas/night/calendar.ics").await.expect(404);
        // Whoever sets it up has the number beside the entry.
        let mut manager = english(&web, web.desk.seeded.manager).await;
        let queue = manager.get("/queue").await.expect(200);
        let (_, entry) = queue.text.split_once("href=\"/rotas\"").expect("an entry");
        let (entry, _) = entry.split_once("</li>").expect("an end");
        assert!(entry.contains(">1<"), "{entry}");
    }
}
