//! The queue, the search, and mail that became nothing.

use chrono::Duration;
use watchdesk_core::ids::RawMailId;
use watchdesk_store::both_databases;
use watchdesk_store::mail::{self, Envelope, Fate, FateKind, Source};
use watchdesk_store::testing::TestStore;

use super::browser::Browser;
use crate::tests::desk::WebDesk;

/// The numbers of the rows, from the top.
fn numbers(text: &str) -> Vec<i64> {
    let ids = text.split("class=\"c-subject\" id=\"t-").skip(1);
    ids.map(|rest| rest.split('"').next().expect("an id").parse().expect("a number")).collect()
}

async fn held(web: &WebDesk, fate: Fate) -> RawMailId {
    let envelope =
        Envelope { from: Some("<script>@evil.example".to_owned()), to: vec!["support@desk.example".to_owned()] };
    let id = mail::store_raw(&web.desk, Source::Smtp, &envelope, b"Subject: x\r\n\r\n<script>").await.unwrap();
    assert!(mail::settle(&web.desk, id, &fate).await.unwrap());
    id
}

both_databases! {
    async fn what_is_due_first_stands_first(desk: TestStore) {
        let web = WebDesk::new(desk);
        let mut browser = Browser::of(&web, web.desk.seeded.agent).await;
        browser.post("/language", &[("lang", "en")]).await;
        let late = web.ticket("Due in four hours").await;
        web.desk.advance(Duration::minutes(10));
        let urgent = web.ticket("Due in an hour").await;
        browser.done(urgent, "triage", &[("category", "how-to"), ("severity", "A")]).await;
        web.desk.advance(Duration::minutes(10));
        let waiting = web.ticket("Waits for the customer").await;
        browser.done(waiting, "replies", &[("body", "Which version?"), ("then", "wait")]).await;

        let queue = browser.get("/queue").await.expect(200);
        assert_eq!(numbers(&queue.text), [urgent, late, waiting]);
        queue.shows("from-customer").shows("from-staff").shows("Contoso 上海").shows("due-paused");
        web.desk.advance(Duration::minutes(61));
        let queue = browser.get("/queue").await.expect(200).shows("due-missed").shows("1 missed");
        assert_eq!(numbers(&queue.text), [urgent, late, waiting]);

        let filtered = [
            ("state=waiting", vec![waiting]),
            ("severity=A", vec![urgent]),
            ("owner=none", vec![urgent, late, waiting]),
            ("owner=me", vec![]),
            ("sort=created", vec![waiting, urgent, late]),
            ("state=&owner=&severity=&customer=&team=&sort=", vec![urgent, late, waiting]),
        ];
        for (query, expected) in filtered {
            let page = browser.get(&format!("/queue?{query}")).await.expect(200);
            assert_eq!(numbers(&page.text), expected, "{query}");
        }
        for nonsense in ["state=lost", "owner=everybody", "severity=D", "customer=x", "team=x", "sort=x", "cursor=x"] {
            browser.get(&format!("/queue?{nonsense}")).await.expect(422);
        }
        // Those that are done are found by their state.
        browser.done(urgent, "closing", &[("reason", "spam")]).await;
        let closed = browser.get("/queue?state=closed").await.expect(200);
        assert_eq!(numbers(&closed.text), [urgent]);
    }

    async fn a_long_queue_is_read_page_by_page(desk: TestStore) {
        let web = WebDesk::new(desk);
        let mut expected = Vec::new();
        for count in 0..53 {
            expected.push(web.ticket(&format!("Ticket {count}")).await);
            web.desk.advance(Duration::seconds(1));
        }
        let mut browser = Browser::of(&web, web.desk.seeded.agent).await;
        let first = browser.get("/queue?severity=&team=").await.expect(200);
        let next = first.between("rel=\"next\" href=\"", "\"").replace("&amp;", "&").replace("&#x2F;", "/");
        let second = browser.get(&next).await.expect(200).hides("rel=\"next\"");
        assert_eq!([numbers(&first.text), numbers(&second.text)].concat(), expected);
        // The numbers beside the navigation are bounded, and agree with what the reader may see.
        first.shows("<span class=\"count\">53</span>");
        let mut other = Browser::of(&web, web.desk.seeded.other_agent).await;
        other.get("/queue").await.expect(200).hides("class=\"count\"").hides("Ticket 1");
    }

    async fn a_number_leads_to_its_ticket_and_words_to_a_list(desk: TestStore) {
        let web = WebDesk::new(desk);
        let number = web.ticket("Outlook 打不开").await;
        let mut browser = Browser::of(&web, web.desk.seeded.agent).await;
        for query in [format!("{number}"), format!("%23{number}")] {
            let found = browser.get(&format!("/search?q={query}")).await.expect(303);
            assert_eq!(found.header("location"), format!("/tickets/{number}"));
        }
        let found = browser.get("/search?q=%E6%89%93%E4%B8%8D%E5%BC%80").await.expect(200);
        assert_eq!(numbers(&found.text), [number]);
        browser.get("/search?q=%3Cscript%3E").await.expect(200).shows("&lt;script&gt;").hides("<script>");
        browser.get("/search").await.expect(200);
        // Somebody who may not see it finds nothing, by number or by words.
        let mut other = Browser::of(&web, web.desk.seeded.other_agent).await;
        assert!(numbers(&other.get(&format!("/search?q={number}")).await.expect(200).text).is_empty());
        assert!(numbers(&other.get("/search?q=Outlook").await.expect(200).text).is_empty());
    }

    async fn mail_that_became_nothing_says_why(desk: TestStore) {
        let web = WebDesk::new(desk);
        let id = held(&web, Fate::Held { reason: "The sender writes too often.".to_owned() }).await;
        held(&web, Fate::Quarantined { reason: "It cannot be parsed.".to_owned() }).await;
        let ignored = held(&web, Fate::Ignored { reason: "It is our own.".to_owned() }).await;
        let mut browser = Browser::of(&web, web.desk.seeded.agent).await;
        browser.post("/language", &[("lang", "en")]).await;
        let page = browser.get("/mail").await.expect(200);
        page.shows("The sender writes too often.").shows("It cannot be parsed.").shows("It is our own.").hides("<script>@");
        let page = browser.get("/mail?fate=ignored").await.expect(200);
        page.shows("It is our own.").hides("It cannot be parsed.");
        browser.get("/mail?fate=ticket").await.expect(422);

        let raw = browser.get(&format!("/mail/{id}/raw")).await.expect(200);
        assert_eq!((raw.header("content-type"), raw.text.as_str()), ("text/plain", "Subject: x\r\n\r\n<script>"));
        assert!(raw.header("content-disposition").starts_with("attachment"));
        assert_eq!(raw.header("x-content-type-options"), "nosniff");

        let again = browser.post(&format!("/mail/{id}/retry"), &[]).await.expect(303);
        browser.follow(again).await.expect(200).shows("The mail is looked at again.").hides("writes too often");
        assert_eq!(mail::raw(&web.desk, id).await.unwrap().unwrap().fate.kind(), FateKind::Pending);
        let twice = browser.post(&format!("/mail/{id}/retry"), &[]).await.expect(303);
        browser.follow(twice).await.shows("being handled already");
        // What was said is said once.
        browser.get("/mail").await.hides("being handled already");
        Browser::of(&web, web.desk.seeded.sales).await.get(&format!("/mail/{ignored}/raw")).await.expect(404);
    }
}
