//! The operator's answers: mail matched by hand, calls, the customer told, one answer for many tickets.

use serde_json::{Value, json};
use watchdesk_core::effect::Notice;
use watchdesk_core::ids::{RawMailId, TicketNumber};
use watchdesk_core::operator_mail::NoCase;
use watchdesk_store::mail::{self, Envelope, FateKind, HeldForCase, Source};
use watchdesk_store::testing::TestStore;
use watchdesk_store::{both_databases, outbox, tickets};

use super::desk::{Client, WebDesk, escalation, triage};
use super::pages::browser::Browser;

const SECRET: &str = "liu@21vianet.example restarted node 13812345678";

/// A filed case on so many tickets of the same person; the case, and their numbers.
async fn filed(web: &WebDesk, count: usize) -> (String, Vec<i64>) {
    let agent = web.by(web.desk.seeded.agent).await;
    let health = Some(json!({"status": "operational"}));
    agent.call("PUT", "/services/exchange-online/health", health, &[]).await.expect(200);
    let mut numbers = Vec::new();
    for index in 0..count {
        numbers.push(web.triaged(&format!("Mail is late {index}")).await);
    }
    let path = |action: &str| format!("/tickets/{}/{action}", numbers[0]);
    let case = agent.post(&path("escalation"), escalation()).await.expect(201);
    for number in &numbers[1..] {
        agent.post(&path("case/tickets"), json!({"number": number})).await.expect(200);
    }
    agent.post(&path("case/filing"), json!({"reference": "21V-300123", "channel": "portal"})).await.expect(200);
    (case.body["id"].as_str().expect("an id").to_owned(), numbers)
}

async fn answered(web: &WebDesk, count: usize) -> (String, Vec<i64>) {
    let (case, numbers) = filed(web, count).await;
    let agent = web.by(web.desk.seeded.agent).await;
    let answer = json!({"body": SECRET, "outcome": "solved"});
    agent.post(&format!("/cases/{case}/answer"), answer).await.expect(200);
    (case, numbers)
}

async fn held(web: &WebDesk, subject: &str) -> RawMailId {
    let id = mail::store_raw(&web.desk, Source::Smtp, &Envelope::default(), b"x").await.expect("stored");
    let held = HeldForCase {
        sender: "liu@21vianet.example".to_owned(),
        subject: subject.to_owned(),
        excerpt: "We restarted a node. <b>".to_owned(),
        why: NoCase::NoReference,
        received_at: web.desk.clock.now(),
        references: vec!["300123".to_owned()],
    };
    assert!(mail::hold_for_case(&web.desk, id, &held).await.expect("held"));
    id
}

async fn ticket(client: &Client<'_>, number: i64) -> Value {
    client.get(&format!("/tickets/{number}")).await.expect(200).body
}

/// How often the requester of that ticket is told that it is solved.
async fn resolutions(web: &WebDesk, number: i64) -> usize {
    let record = tickets::by_number(&web.desk, TicketNumber(number)).await.expect("answered").expect("a ticket");
    let rows = outbox::of_ticket(&web.desk, record.ticket.id, 100).await.expect("answered");
    rows.iter().filter(|row| matches!(row.notice, Notice::Resolved { .. })).count()
}

both_databases! {
    async fn one_click_says_where_a_mail_belongs(desk: TestStore) {
        let web = WebDesk::new(desk);
        let (case, numbers) = filed(&web, 1).await;
        let lost = held(&web, "About <your> request").await;
        let mut browser = Browser::of(&web, web.desk.seeded.agent).await;
        browser.post("/language", &[("lang", "en")]).await;
        browser.get("/mail").await.expect(200).shows("/mail/operator");
        let page = browser.get("/mail/operator").await.expect(200);
        page.shows("About &lt;your&gt; request").shows("It names no case.")
            .shows(&format!("Belongs to 21V-300123 · #{} Mail is late 0", numbers[0]));
        browser.post(&format!("/mail/{lost}/case"), &[("case", &case)]).await.expect(303);
        browser.get("/mail/operator").await.expect(200).hides("About &lt;your&gt; request").shows("The mail goes to that case");
        let fate = mail::raw(&web.desk, lost).await.expect("answered").expect("a mail").fate;
        assert_eq!(fate.kind(), FateKind::Pending, "intake takes it there");

        let agent = web.by(web.desk.seeded.agent).await;
        let another = held(&web, "Another").await;
        let list = agent.get("/operator-mail").await.expect(200);
        assert_eq!((list.items().len(), &list.items()[0]["suggested"]), (1, &json!([case])));
        agent.post(&format!("/mail/{another}/case"), json!({"case": another.to_string()})).await.expect(422);
        let done = agent.post(&format!("/mail/{another}/case"), json!({"case": case})).await.expect(200);
        assert_eq!(done.body["case"], json!(case));
        agent.post(&format!("/mail/{another}/case"), json!({"case": case})).await.expect(409);
        let sales = web.by(web.desk.seeded.sales).await;
        sales.get("/operator-mail").await.expect(404);
    }

    async fn a_call_is_two_clicks(desk: TestStore) {
        let web = WebDesk::new(desk);
        let (case, numbers) = filed(&web, 1).await;
        let number = numbers[0];
        let mut browser = Browser::of(&web, web.desk.seeded.agent).await;
        browser.post("/language", &[("lang", "en")]).await;
        let page = browser.get(&format!("/tickets/{number}")).await.expect(200);
        page.shows("Operator called").shows("We called").shows("name=\"engineer\" value=\"yes\" checked")
            .shows("name=\"at\" type=\"datetime-local\" value=\"2026-");
        web.desk.advance(chrono::Duration::minutes(3));
        let page = browser.done(number, "case/calls/inbound", &[("at", ""), ("body", "")]).await;
        page.shows("Phone call from the operator.").shows("case-filed").shows("This is the first answer");
        let at = browser.get(&format!("/tickets/{number}")).await.between("name=\"at\" value=\"", "\"").to_owned();
        let page = browser.done(number, "case/acknowledgement", &[("at", &at)]).await;
        page.shows("case-acknowledged").hides("This is the first answer").hides("name=\"engineer\"");
        browser.done(number, "case/calls/outbound", &[("body", "Any news?")]).await.shows("Phone call to the operator.").shows("Any news?");

        let agent = web.by(web.desk.seeded.agent).await;
        let call = json!({"direction": "inbound", "body": "They see it too."});
        let said = agent.post(&format!("/cases/{case}/calls"), call).await.expect(200);
        assert_eq!(said.body["state"], "acknowledged");
        agent.post(&format!("/cases/{case}/calls"), json!({"direction": "sideways"})).await.expect(422);
    }

    async fn who_owes_us_a_word_is_reminded_in_one_click(desk: TestStore) {
        let web = WebDesk::new(desk);
        let (_, numbers) = filed(&web, 1).await;
        let number = numbers[0];
        let mut browser = Browser::of(&web, web.desk.seeded.agent).await;
        browser.post("/language", &[("lang", "en")]).await;
        browser.get(&format!("/tickets/{number}")).await.expect(200).hides("Remind the operator");
        web.desk.advance(chrono::Duration::hours(5));
        let page = browser.get(&format!("/tickets/{number}")).await.expect(200);
        let words = page.between("id=\"chase-words\"", "</pre>").to_owned();
        assert!(words.contains("21V-300123") && words.contains("已逾期 1 小时"), "{words}");
        browser.done(number, "case/chase", &[]).await.shows("We reminded the operator.").shows("case-filed");
    }

    async fn an_engineer_on_the_phone_is_the_first_contact(desk: TestStore) {
        let web = WebDesk::new(desk);
        let (case, _) = filed(&web, 1).await;
        let agent = web.by(web.desk.seeded.agent).await;
        let desk_spoke = json!({"direction": "outbound", "engineer": false});
        let said = agent.post(&format!("/cases/{case}/calls"), desk_spoke).await.expect(200);
        assert_eq!(said.body["state"], "filed");
        let said = agent.post(&format!("/cases/{case}/calls"), json!({"direction": "outbound"})).await.expect(200);
        assert_eq!(said.body["state"], "acknowledged");
    }

    async fn the_customer_is_told_from_a_draft_in_his_language(desk: TestStore) {
        let web = WebDesk::new(desk);
        let (_, numbers) = answered(&web, 1).await;
        let number = numbers[0];
        let mut browser = Browser::of(&web, web.desk.seeded.agent).await;
        browser.post("/language", &[("lang", "en")]).await;
        let page = browser.get(&format!("/tickets/{number}")).await.expect(200);
        let message = page.between(&format!("/tickets/{number}?tell="), "#").to_owned();
        page.hides("⟦");
        let page = browser.get(&format!("/tickets/{number}?tell={message}")).await.expect(200);
        let draft = page.between("id=\"replies-body\"", "</textarea>").to_owned();
        assert!(draft.contains("⟦") && !draft.contains("restarted"), "the operator's words are not in it: {draft}");
        let page = browser.get(&format!("/tickets/{number}?tell={message}&quote=yes")).await.expect(200);
        let draft = page.between("id=\"replies-body\"", "</textarea>").to_owned();
        assert!(draft.contains("&gt; […] restarted node […]"), "{draft}");

        let refused = browser.act(number, "replies", &[("body", "Hello ⟦say it⟧"), ("then", "stay")]).await.expect(422);
        refused.shows("replies-body-error").shows("Hello ⟦say it⟧");
        browser.done(number, "replies", &[("body", "Mail flows again."), ("then", "stay")]).await.shows("Mail flows again.");
        let agent = web.by(web.desk.seeded.agent).await;
        for action in ["replies", "resolution"] {
            let unfinished = json!({"body": "Hello ⟦say it⟧"});
            let said = agent.post(&format!("/tickets/{number}/{action}"), unfinished).await.expect(422);
            assert_eq!(said.wrong_fields(), ["body"], "{action}");
        }
        let elsewhere = web.triaged("Another").await;
        browser.get(&format!("/tickets/{elsewhere}?tell={message}")).await.expect(200).hides("⟦");
    }

    async fn to_somebody_nobody_knows_the_draft_speaks_as_the_mailbox_does(desk: TestStore) {
        let web = WebDesk::new(desk);
        let (agent, manager) = (web.by(web.desk.seeded.agent).await, web.by(web.desk.seeded.manager).await);
        let opening = json!({"subject": "Late", "body": "Mail is late.", "team": "first-line", "requester": {"email": "who@nowhere.example"}});
        let number = agent.post("/tickets", opening).await.expect(201).body["number"].as_i64().expect("a number");
        let path = |action: &str| format!("/tickets/{number}/{action}");
        agent.post(&path("triage"), triage()).await.expect(200);
        let mut draft = escalation();
        draft["health_waiver"] = json!("The page is down.");
        agent.post(&path("escalation"), draft).await.expect(201);
        agent.post(&path("case/filing"), json!({"reference": "21V-7", "channel": "portal"})).await.expect(200);
        agent.post(&path("case/updates"), json!({"body": "We look at it."})).await.expect(200);
        let mut browser = Browser::of(&web, web.desk.seeded.agent).await;
        let page = browser.get(&format!("/tickets/{number}")).await.expect(200);
        let message = page.between(&format!("/tickets/{number}?tell="), "#").to_owned();
        for (language, words) in [("en", "there is news about your request"), ("zh-CN", "您的请求")] {
            let mailbox = format!("/mailboxes/{}", web.desk.seeded.mailbox);
            manager.call("PATCH", &mailbox, Some(json!({"language": language})), &[("if-match", "*")]).await.expect(200);
            browser.get(&format!("/tickets/{number}?tell={message}")).await.expect(200).shows(words);
        }
    }

    async fn one_answer_resolves_all_tickets_after_it_was_looked_at(desk: TestStore) {
        let web = WebDesk::new(desk);
        let (case, numbers) = answered(&web, 3).await;
        let mut browser = Browser::of(&web, web.desk.seeded.agent).await;
        browser.post("/language", &[("lang", "en")]).await;
        browser.get(&format!("/tickets/{}", numbers[0])).await.expect(200).shows("Resolve all 3 tickets");
        let path = format!("/cases/{case}/resolution");
        let page = browser.get(&path).await.expect(200);
        page.shows("name=\"message_zh\"").hides("name=\"message_en\"").hides("restarted node");
        browser.post(&path, &[("message_zh", ""), ("step", "look")]).await.expect(422).shows("resolution-message_zh-error");
        let page = browser.post(&path, &[("message_zh", "邮件已恢复。"), ("step", "look")]).await.expect(200);
        let page = page.shows("邮件已恢复。").shows("Send and resolve 3").shows(&format!("told with #{}", numbers[0]));
        let page = page.shows(&format!("The same words as for #{}.", numbers[1]));
        assert_eq!(ticket(&web.by(web.desk.seeded.agent).await, numbers[0]).await["state"], "triaged", "nothing is sent yet");
        let boxes: Vec<String> = numbers[..2]
            .iter()
            .map(|number| page.between(&format!("name=\"tickets\" value=\"{number}:"), "\"").to_owned())
            .zip(&numbers)
            .map(|(version, number)| format!("{number}:{version}"))
            .collect();
        let send = [
            ("message_zh", "邮件已恢复。"), ("looked", "yes"), ("step", "send"),
            ("tickets", boxes[0].as_str()), ("tickets", boxes[1].as_str()),
        ];
        browser.post(&path, &send).await.expect(200).shows("Resolved: 2.").shows("left out").shows("state-resolved").hides("doing it again");
        let agent = web.by(web.desk.seeded.agent).await;
        let states: Vec<Value> = [ticket(&agent, numbers[0]).await, ticket(&agent, numbers[1]).await, ticket(&agent, numbers[2]).await]
            .into_iter().map(|ticket| ticket["state"].clone()).collect();
        assert_eq!(states, [json!("resolved"), json!("resolved"), json!("triaged")]);
        assert_eq!((resolutions(&web, numbers[0]).await, resolutions(&web, numbers[1]).await), (1, 0), "told once");
        // Once more does nothing more.
        browser.post(&path, &send).await.expect(200).shows("Resolved: 0.");
        assert_eq!(resolutions(&web, numbers[0]).await, 1);
    }

    async fn programs_resolve_all_tickets_too(desk: TestStore) {
        let web = WebDesk::new(desk);
        let (case, numbers) = answered(&web, 3).await;
        let agent = web.by(web.desk.seeded.agent).await;
        let path = format!("/cases/{case}/resolution");
        let missing = agent.post(&path, json!({"messages": {"en": "Done."}})).await.expect(422);
        assert_eq!(missing.wrong_fields(), ["messages.zh-CN"]);
        let messages = json!({"zh-CN": "邮件已恢复。"});
        let dry = agent.post(&path, json!({"messages": messages, "dry_run": true})).await.expect(200);
        let standings = |said: &Value| -> Vec<String> {
            let lines = said["tickets"].as_array().expect("lines");
            lines.iter().map(|line| line["standing"].as_str().expect("a word").to_owned()).collect()
        };
        assert_eq!(standings(&dry.body), ["ready", "ready", "ready"]);
        let first = dry.body["tickets"][0]["message"].as_str().expect("words");
        assert!(first.contains(&format!("#{}", numbers[2])), "{first}");
        assert_eq!(dry.body["tickets"][2]["told_in"], json!(numbers[0]));
        // Somebody changed one in the meantime: its group is refused, whole.
        let old = dry.body["tickets"][1]["version"].as_i64().expect("a version") - 1;
        let stale = json!([{"number": numbers[0], "version": dry.body["tickets"][0]["version"]}, {"number": numbers[1], "version": old}]);
        let said = agent.post(&path, json!({"messages": messages, "tickets": stale})).await.expect(200);
        assert_eq!(standings(&said.body), ["refused", "refused", "left_out"]);
        assert!(said.body["tickets"][0]["why"].as_str().is_some_and(|why| why.contains("changed")));
        agent.post(&path, json!({"messages": messages, "tickets": [{"number": 999_999, "version": 1}]})).await.expect(422);
        let said = agent.post(&path, json!({"messages": messages})).await.expect(200);
        assert_eq!(standings(&said.body), ["resolved", "resolved", "resolved"]);
        let again = agent.post(&path, json!({"messages": messages})).await.expect(200);
        assert_eq!(standings(&again.body), ["over", "over", "over"]);
        assert_eq!(resolutions(&web, numbers[0]).await, 1);
    }

    async fn a_case_that_is_still_with_the_operator_resolves_nothing(desk: TestStore) {
        let web = WebDesk::new(desk);
        let (case, numbers) = filed(&web, 2).await;
        let agent = web.by(web.desk.seeded.agent).await;
        let said = agent.post(&format!("/cases/{case}/resolution"), json!({"messages": {"zh-CN": "好。"}})).await.expect(200);
        assert_eq!(said.body["tickets"][0]["standing"], "not_now");
        assert_eq!(ticket(&agent, numbers[0]).await["state"], "escalated");
    }
}
