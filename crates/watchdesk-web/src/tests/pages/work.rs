//! A ticket's life through the forms.

use watchdesk_core::command::{Command, Unit};
use watchdesk_core::ids::TicketNumber;
use watchdesk_core::rights::Actor;
use watchdesk_store::outbox::{self, OutboxState};
use watchdesk_store::testing::TestStore;
use watchdesk_store::{both_databases, fresh_id, tickets};

use super::browser::Browser;
use crate::tests::desk::WebDesk;

const TRIAGE: [(&str, &str); 5] = [
    ("category", "performance-availability"),
    ("service", "exchange-online"),
    ("severity", "B"),
    ("owner", "me"),
    ("team", ""),
];

async fn customer_writes(web: &WebDesk, number: i64, words: &str) {
    let record = tickets::by_number(&web.desk, TicketNumber(number)).await.unwrap().unwrap();
    let words = watchdesk_core::command::Words::text(fresh_id().into(), words);
    let command = Command::CustomerMessage { from: web.desk.seeded.contact, words, at: web.desk.clock.now() };
    web.desk.execute(&Actor::System, Unit::ticket(record.ticket.id, command)).await.unwrap();
}

both_databases! {
    async fn a_call_becomes_a_ticket_and_is_answered(desk: TestStore) {
        let web = WebDesk::new(desk);
        let mut browser = Browser::of(&web, web.desk.seeded.agent).await;
        browser.post("/language", &[("lang", "en")]).await.expect(303);
        browser.get("/tickets/new").await.expect(200).shows("name=\"requester_email\"");

        // What is wrong is named, what was typed is kept.
        let half = [("requester_email", "zhang@"), ("subject", "Outlook <b>asks</b>"), ("body", ""), ("channel", "phone")];
        let again = browser.post("/tickets", &half).await.expect(422);
        again
            .shows("Outlook &lt;b&gt;asks&lt;/b&gt;")
            .shows("is not an e-mail address")
            .shows("tickets-requester_name-error")
            .shows("tickets-body-error");

        let call = [
            ("requester_email", "new@contoso.example"),
            ("requester_name", "Zhou Min"),
            ("channel", "phone"),
            ("subject", "Outlook asks for the password"),
            ("body", "Since nine this morning."),
            ("at", ""),
        ];
        let opened = browser.upload("/tickets", &call, ("logs\\..\\日志.html", "<script>alert(1)</script>")).await.expect(303);
        let page = browser.follow(opened).await.expect(200);
        let page = page.shows("Outlook asks for the password").shows("Zhou Min").shows("Contoso 上海").shows("日志.html");
        let number: i64 = page.between("data-ticket=\"", "\"").parse().unwrap();
        // Open: it can be triaged, not resolved and not escalated.
        let page = page.shows("id=\"triage\"").hides("value=\"resolve\"").hides("id=\"tab-escalate\"");
        let href = format!("/attachments/{}", page.between("href=\"/attachments/", "\""));
        let file = browser.get(&href).await.expect(200);
        assert_eq!(file.header("x-content-type-options"), "nosniff");
        assert!(file.header("content-disposition").starts_with("attachment;"));
        assert!(!file.header("content-type").contains("html"), "{}", file.header("content-type"));

        // A category that needs a service.
        let without = [("category", "performance-availability"), ("service", ""), ("severity", "B")];
        browser.act(number, "triage", &without).await.expect(422).shows("triage-service-error");
        let page = browser.done(number, "triage", &TRIAGE).await;
        page.shows("Triaged.").hides("id=\"triage\"").shows("value=\"resolve\"").shows("agent of the desk");

        let reply = [("body", "Please restart Outlook."), ("then", "wait"), ("until", "2026-03-03T18:00"), ("cc", "")];
        let page = browser.done(number, "replies", &reply).await;
        page.shows("state-waiting").shows("2026-03-03 18:00").shows("voice-public").shows("Please restart Outlook.");

        customer_writes(&web, number, "It still asks.").await;
        let page = browser.get(&format!("/tickets/{number}")).await.expect(200);
        page.shows("state-triaged").shows("It still asks.").shows("event-waiting_ended");

        let page = browser.done(number, "notes", &[("body", "Looks like a licence.")]).await;
        page.shows("voice-note").shows("Looks like a licence.");
        let call = [("direction", "outbound"), ("at", "2026-03-02T08:00"), ("body", "He will try.")];
        browser.act(number, "calls", &call).await.expect(422).shows("calls-at-error").shows("He will try.");
        let call = [("direction", "outbound"), ("at", ""), ("body", "He will try.")];
        browser.done(number, "calls", &call).await.shows("He will try.");

        let page = browser.done(number, "replies", &[("body", "The licence is assigned."), ("then", "resolve")]).await;
        page.shows("state-resolved").hides("value=\"resolve\"").shows("Resolved. The customer is told how.");
        customer_writes(&web, number, "Not yet!").await;
        browser.get(&format!("/tickets/{number}")).await.shows("state-triaged").shows("event-reopened_by_customer");
        browser.done(number, "replies", &[("body", "Now it is."), ("then", "resolve")]).await;
        browser.done(number, "closing", &[("reason", "solved")]).await.shows("state-closed");
        browser.act(number, "replies", &[("body", "Too late."), ("then", "stay")]).await.expect(409).shows("Open a follow-up ticket.");
    }

    async fn who_was_slower_keeps_his_words(desk: TestStore) {
        let web = WebDesk::new(desk);
        let number = web.triaged("Mail is late").await;
        let mut slow = Browser::of(&web, web.desk.seeded.agent).await;
        slow.post("/language", &[("lang", "en")]).await;
        let version = slow.version(number).await.to_string();
        Browser::of(&web, web.desk.seeded.lead).await.done(number, "notes", &[("body", "I look.")]).await;
        let path = format!("/tickets/{number}/replies");
        let fields = [("version", version.as_str()), ("body", "A long & careful answer."), ("then", "wait"), ("cc", "li@contoso.example")];
        let page = slow.post(&path, &fields).await.expect(409);
        let page = page
            .shows("lead of the desk changed this ticket while you were writing.")
            .shows("A long &amp; careful answer.</textarea>")
            .shows("value=\"li@contoso.example\"")
            .shows("I look.");
        // As the page now stands, it can be sent.
        let version = page.version().to_string();
        slow.post(&path, &[("version", &version), ("body", "A long & careful answer."), ("then", "stay")]).await.expect(303);
    }

    async fn fields_people_and_time(desk: TestStore) {
        let web = WebDesk::new(desk);
        let number = web.triaged("Mail is late").await;
        let (lead, other) = (web.desk.seeded.lead.to_string(), web.desk.seeded.other_customer.to_string());
        let mut browser = Browser::of(&web, web.desk.seeded.lead).await;
        browser.post("/language", &[("lang", "en")]).await;
        let fields = [
            ("subject", "Mail is very late"), ("severity", "A"), ("category", "how-to"), ("service", ""),
            ("customer", other.as_str()), ("tags", "vip, 夜班"), ("watchers", lead.as_str()),
        ];
        let page = browser.done(number, "fields", &fields).await;
        let page = page.shows("Mail is very late").shows("Fabrikam").shows("夜班").shows("B → A");
        page.has_in_order(&["event-severity_changed", "B → A"]);
        // The same again changes nothing, and says so.
        browser.act(number, "fields", &fields).await.expect(422);
        browser.done(number, "assignment", &[("owner", "me")]).await.shows("lead of the desk");
        browser.done(number, "assignment", &[("owner", ""), ("team", "")]).await.shows("Nobody");

        browser.act(number, "snooze", &[("until", "2026-03-01T09:00")]).await.expect(422).shows("snooze-until-error");
        browser.act(number, "snooze", &[("until", "soon")]).await.expect(422).shows("snooze-until-error").shows("value=\"soon\"");
        browser.done(number, "snooze", &[("until", "2026-03-05T09:00")]).await.shows("2026-03-05 09:00");
        browser.done(number, "waking", &[]).await.hides("2026-03-05 09:00 UTC+8</time></span>");
    }

    async fn tickets_are_joined_and_parted(desk: TestStore) {
        let web = WebDesk::new(desk);
        let (number, other) = (web.triaged("Mail is late").await, web.triaged("Mail is late again").await);
        let mut browser = Browser::of(&web, web.desk.seeded.lead).await;
        browser.post("/language", &[("lang", "en")]).await;
        let to = format!("#{other}");
        browser.act(number, "links", &[("kind", "related"), ("number", "99999")]).await.expect(422).shows("links-number-error");
        browser.done(number, "links", &[("kind", "related"), ("number", &to)]).await.shows("Mail is late again");
        browser.done(number, "links/removal", &[("kind", "related"), ("number", &to)]).await.hides("Mail is late again");
        browser.act(number, "incidents", &[("reference", "EX226792")]).await.expect(422);
        let incident = [("reference", "EX226792"), ("service", "exchange-online"), ("title", "No mail")];
        browser.post("/incidents", &incident).await.expect(303);
        browser.done(number, "incidents", &[("reference", "EX226792")]).await.shows("EX226792");
        browser.done(number, "incidents/removal", &[("reference", "EX226792")]).await;

        let page = browser.done(number, "merge", &[("into", &other.to_string())]).await;
        page.shows("state-closed").shows(&format!("<a href=\"/tickets/{other}\">"));
        browser.get(&format!("/tickets/{other}")).await.expect(200).shows("event-absorbed");
        browser.done(number, "unmerge", &[]).await.shows("state-triaged");

        customer_writes(&web, other, "And another thing.").await;
        let page = browser.get(&format!("/tickets/{other}")).await.expect(200).shows("name=\"messages\"");
        let (_, last) = page.text.rsplit_once("name=\"messages\" value=\"").expect("a message to pick");
        let message = last.split('"').next().expect("an id").to_owned();
        browser.act(other, "split", &[("subject", "")]).await.expect(422);
        let page = browser.done(other, "split", &[("messages", &message), ("subject", "The other thing")]).await;
        page.shows("event-split_off").shows("The other thing").hides("And another thing.");
    }

    async fn mail_that_did_not_arrive_is_sent_again(desk: TestStore) {
        let web = WebDesk::new(desk);
        let number = web.triaged("Mail is late").await;
        let mut browser = Browser::of(&web, web.desk.seeded.agent).await;
        browser.post("/language", &[("lang", "en")]).await;
        browser.done(number, "replies", &[("body", "We look."), ("then", "stay")]).await.shows("Waiting to be sent");
        let now = web.desk.clock.now();
        for item in outbox::claim(&web.desk, now, 100).await.unwrap() {
            assert!(outbox::dead(&web.desk, item.id, item.fence, now, "550 5.1.1 <unknown>").await.unwrap());
        }
        let page = browser.get(&format!("/tickets/{number}")).await.expect(200);
        let page = page.shows("Not delivered.").shows("550 5.1.1 &lt;unknown&gt;");
        let (before, _) = page.text.split_once("/resending\"").expect("a form that sends again");
        let (_, start) = before.rsplit_once("action=\"").expect("an action");
        let path = format!("{start}/resending");
        let again = browser.post(&path, &[]).await.expect(303);
        browser.follow(again).await.expect(200).shows("It is sent again.").shows("Waiting to be sent");
        let id = tickets::by_number(&web.desk, TicketNumber(number)).await.unwrap().unwrap().ticket.id;
        let rows = outbox::of_ticket(&web.desk, id, 100).await.unwrap();
        assert!(rows.iter().any(|row| row.state == OutboxState::Pending));
        let twice = browser.post(&path, &[]).await.expect(303);
        browser.follow(twice).await.shows("There is nothing to send again");
    }

    async fn a_long_conversation_is_read_in_parts(desk: TestStore) {
        let web = WebDesk::new(desk);
        let number = web.triaged("Mail is late").await;
        for count in 0..90 {
            web.desk.advance(chrono::Duration::minutes(1));
            customer_writes(&web, number, &format!("Message number {count:03}.")).await;
        }
        let mut browser = Browser::of(&web, web.desk.seeded.agent).await;
        let mut path = format!("/tickets/{number}");
        let mut read = Vec::new();
        for _ in 0..10 {
            let page = browser.get(&path).await.expect(200);
            let shown = (0..90).filter(|count| page.text.contains(&format!("Message number {count:03}.")));
            read.extend(shown.collect::<Vec<_>>());
            if !page.text.contains("class=\"earlier\"") {
                break;
            }
            let (_, earlier) = page.text.split_once("class=\"earlier\"").expect("a link");
            let (_, before) = earlier.split_once("?before=").expect("an instant");
            path = format!("/tickets/{number}?before={}", before.split('"').next().expect("an end"));
        }
        let mut sorted = read.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..90).collect::<Vec<_>>(), "each once");
        assert_eq!(read[..2], [50, 51], "the newest part first, oldest on top");
    }
}
