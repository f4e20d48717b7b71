//! What comes from outside stays text, and what is said among ourselves looks so.

use watchdesk_core::command::{Command, OpenTicket, Unit, Words};
use watchdesk_core::ids::{MessageId, TicketId};
use watchdesk_core::rights::Actor;
use watchdesk_core::ticket::Channel;
use watchdesk_store::testing::TestStore;
use watchdesk_store::{both_databases, directory, fresh_id};

use super::browser::Browser;
use crate::tests::desk::WebDesk;

const HOSTILE: &str = "<script>alert('x')</script>{{7*7}}{% raw %}\"'><img src=x onerror=alert(1)>";

/// A mail full of tricks: number and message.
async fn hostile_mail(web: &WebDesk) -> (i64, MessageId) {
    let now = web.desk.clock.now();
    let from = directory::find_or_create_contact(&web.desk, "evil@evil.example", HOSTILE, now).await.unwrap();
    let mut words = Words::text(fresh_id().into(), format!("{HOSTILE}\njavascript:alert(1)"));
    words.html = Some(format!(
        "<p onclick=alert(1)>{HOSTILE}<a href=\"javascript:alert(1)\">x</a><form action=/x><input></form></p>"
    ));
    let message = words.id;
    let open = OpenTicket {
        subject: HOSTILE.to_owned(),
        words,
        requester: from.id,
        customer: None,
        mailbox: None,
        channel: Channel::Mail,
        at: now,
        category: None,
        service: None,
        severity: None,
        team: None,
        custom_fields: [("Asset <b>".to_owned(), HOSTILE.to_owned())].into(),
        acknowledge: false,
        follow_up_of: None,
        imported: false,
    };
    let id = TicketId(fresh_id());
    let done = web.desk.execute(&Actor::System, Unit::ticket(id, Command::Open(Box::new(open)))).await.unwrap();
    (done.tickets[0].number.0, message)
}

both_databases! {
    async fn text_from_outside_stays_text(desk: TestStore) {
        let web = WebDesk::new(desk);
        let (number, _) = hostile_mail(&web).await;
        let mut browser = Browser::of(&web, web.desk.seeded.agent).await;
        for path in [format!("/tickets/{number}"), "/queue".to_owned(), "/search?q=alert".to_owned(), format!("/tickets/new?follow_up={number}")] {
            let page = browser.get(&path).await.expect(200);
            let page = page.shows("{{7*7}}").shows("&lt;script&gt;alert").hides("<script>alert").hides("<img src=x").hides("49{%");
            assert!(page.header("content-security-policy").contains("script-src 'self';"));
            assert_eq!(page.header("cache-control"), "no-store");
        }
        let hostile = [("subject", HOSTILE), ("tags", HOSTILE)];
        let page = browser.act(number, "fields", &hostile).await;
        assert!(!page.text.contains("<script>alert"), "{}", page.text);
    }

    async fn mail_html_is_framed_and_clean(desk: TestStore) {
        let web = WebDesk::new(desk);
        let (number, message) = hostile_mail(&web).await;
        let mut browser = Browser::of(&web, web.desk.seeded.agent).await;
        let path = format!("/messages/{message}/html");
        browser.get(&format!("/tickets/{number}")).await.shows(&format!("src=\"{path}\" sandbox=\"allow-same-origin allow-popups"));
        let frame = browser.get(&path).await.expect(200);
        let policy = frame.header("content-security-policy").to_owned();
        assert!(policy.starts_with("default-src 'none'") && policy.contains("sandbox ") && !policy.contains("script-src"));
        assert_eq!(frame.header("x-frame-options"), "SAMEORIGIN");
        frame.shows("{{7*7}}").shows("<base target=\"_blank\">").hides("<script").hides("onclick").hides("onerror").hides("javascript:").hides("<form");
        Browser::nobody(&web).get(&path).await.expect(303);
        browser.get(&format!("/messages/{}/html", fresh_id())).await.expect(404);
    }

    async fn what_is_ours_alone_is_marked_and_kept(desk: TestStore) {
        let web = WebDesk::new(desk);
        let number = web.triaged("Mail is late").await;
        let mut browser = Browser::of(&web, web.desk.seeded.agent).await;
        browser.post("/language", &[("lang", "en")]).await;
        browser.done(number, "notes", &[("body", "Between us.")]).await;
        browser.done(number, "health", &[("status", "operational"), ("note", "")]).await;
        let draft = [("reason", "lacks_tools"), ("summary", "Late."), ("evidence_tried", "All."), ("evidence_impact", "Much.")];
        browser.done(number, "escalation", &draft).await;
        browser.done(number, "case/filing", &[("reference", "21V-9"), ("channel", "portal")]).await;
        let page = browser.done(number, "case/updates", &[("from", "operator"), ("body", "Our words.")]).await;
        page.has_in_order(&["voice-note", "Between us.", "voice-operator", "Our words."]);
        // Sales see the ticket and its notes, and nothing of the operator.
        let mut sales = Browser::of(&web, web.desk.seeded.sales).await;
        let page = sales.get(&format!("/tickets/{number}")).await.expect(200);
        page.shows("Between us.").hides("Our words.").hides("21V-9").hides("id=\"case\"").hides("id=\"health-title\"").hides("event-case_filed");
        sales.get("/cases").await.expect(404);
        sales.get("/services").await.expect(404);
        // Neither mail nor anything else of it went to the customer.
        let ticket = watchdesk_store::tickets::by_number(&web.desk, watchdesk_core::ids::TicketNumber(number)).await.unwrap().unwrap();
        let sent = watchdesk_store::outbox::of_ticket(&web.desk, ticket.ticket.id, 100).await.unwrap();
        assert!(sent.iter().all(|row| row.notice.name() != "reply"), "{sent:?}");
    }

    async fn files_of_the_desk_are_kept_by_browsers(desk: TestStore) {
        let web = WebDesk::new(desk);
        let mut browser = Browser::nobody(&web);
        let page = browser.get("/sign-in").await.expect(200);
        let style = format!("/static/watchdesk.css?v={}", page.between("/static/watchdesk.css?v=", "\""));
        let file = browser.get(&style).await.expect(200);
        assert_eq!(file.header("content-type"), "text/css; charset=utf-8");
        assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(browser.get("/static/watchdesk.css").await.expect(200).header("cache-control"), "no-cache");
        for path in ["/static/", "/static/VENDORED.md", "/static/../mod.rs", "/static/%2e%2e/mod.rs"] {
            assert_eq!(browser.get(path).await.status, 404, "{path}");
        }
    }
}
