//! Signing in and out, the first password, the language.

use axum::body::Body;
use axum::http::Request;
use watchdesk_core::rights::Role;
use watchdesk_store::auth::{self, Purpose};
use watchdesk_store::both_databases;
use watchdesk_store::directory;
use watchdesk_store::testing::TestStore;

use super::browser::Browser;
use crate::tests::desk::WebDesk;

const PASSWORD: &str = "correct horse battery";

both_databases! {
    async fn a_person_signs_in_and_out(desk: TestStore) {
        let web = WebDesk::new(desk);
        auth::set_password(&web.desk, web.desk.seeded.agent, PASSWORD).await.unwrap();
        let mut browser = Browser::nobody(&web);
        let door = browser.get("/queue?owner=me").await.expect(303);
        assert_eq!(door.header("location"), "/sign-in?next=%2Fqueue%3Fowner%3Dme");
        let page = browser.follow(door).await.expect(200);
        assert_eq!(page.hidden("next"), "/queue?owner=me");
        browser.take_token(&page);

        let typed = |password: &'static str| [("next", "/queue?owner=me"), ("email", "agent@desk.example"), ("password", password)];
        browser.post("/sign-in", &typed("wrong")).await.expect(422).shows("agent@desk.example").hides("wrong\"");
        browser.post("/sign-in", &[("next", "/"), ("email", "nobody@desk.example"), ("password", "x")]).await.expect(422);
        let inside = browser.post("/sign-in", &typed(PASSWORD)).await.expect(303);
        assert_eq!(inside.header("location"), "/queue?owner=me");
        let page = browser.follow(inside).await.expect(200).shows("agent of the desk");
        browser.take_token(&page);

        let out = browser.post("/sign-out", &[]).await.expect(303);
        assert_eq!(out.header("location"), "/signed-out");
        assert_eq!(browser.cookie("watchdesk"), None);
        browser.follow(out).await.expect(200);
        browser.get("/queue").await.expect(303);
    }

    async fn nobody_is_led_to_another_site(desk: TestStore) {
        let web = WebDesk::new(desk);
        auth::set_password(&web.desk, web.desk.seeded.agent, PASSWORD).await.unwrap();
        for next in ["//evil.example", "https://evil.example", "/\\evil.example", "/sign-in"] {
            let mut browser = Browser::nobody(&web);
            let page = browser.get("/sign-in").await;
            browser.take_token(&page);
            let fields = [("next", next), ("email", "agent@desk.example"), ("password", PASSWORD)];
            assert_eq!(browser.post("/sign-in", &fields).await.expect(303).header("location"), "/queue", "{next}");
        }
    }

    async fn guessing_is_slowed_down(desk: TestStore) {
        let web = WebDesk::new(desk);
        auth::set_password(&web.desk, web.desk.seeded.agent, PASSWORD).await.unwrap();
        let mut browser = Browser::nobody(&web);
        let page = browser.get("/sign-in").await;
        browser.take_token(&page);
        let guess = [("email", "agent@desk.example"), ("password", "a guess")];
        for _ in 0..10 {
            browser.post("/sign-in", &guess).await.expect(422);
        }
        browser.post("/sign-in", &guess).await.expect(429);
        // Not even with the right one, until some time has passed.
        let right = [("email", "agent@desk.example"), ("password", PASSWORD)];
        browser.post("/sign-in", &right).await.expect(429);
        web.desk.advance(chrono::Duration::minutes(16));
        browser.post("/sign-in", &right).await.expect(303);
    }

    async fn a_form_from_elsewhere_is_refused(desk: TestStore) {
        let web = WebDesk::new(desk);
        let number = web.ticket("Mail is late").await;
        let mut browser = Browser::of(&web, web.desk.seeded.agent).await;
        let version = browser.version(number).await.to_string();
        let path = format!("/tickets/{number}/notes");
        let fields = [("version", version.as_str()), ("body", "x")];
        browser.post_exactly(&path, &fields).await.expect(403);
        browser.post_exactly(&path, &[&[("csrf", "another")][..], &fields].concat()).await.expect(403);
        let elsewhere = Request::post(&path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", "https://evil.example");
        browser.send(elsewhere, Body::from("csrf=x&body=x")).await.expect(403);
        // Somebody else's token is not his.
        let mut other = Browser::of(&web, web.desk.seeded.lead).await;
        let others = other.get("/queue").await;
        browser.post_exactly(&path, &[&[("csrf", others.hidden("csrf"))][..], &fields].concat()).await.expect(403);
        assert_eq!(browser.version(number).await.to_string(), version);
    }

    async fn a_session_that_ended_leads_to_the_door(desk: TestStore) {
        let web = WebDesk::new(desk);
        let number = web.ticket("Mail is late").await;
        let mut browser = Browser::of(&web, web.desk.seeded.agent).await;
        browser.get("/queue").await.expect(200);
        auth::set_password(&web.desk, web.desk.seeded.agent, PASSWORD).await.unwrap();
        let path = format!("/tickets/{number}");
        assert_eq!(
            browser.get(&path).await.expect(303).header("location"),
            format!("/sign-in?next=%2Ftickets%2F{number}")
        );
        // A form goes back to its page; a script is told, and keeps what was typed.
        let sent = browser.post(&format!("{path}/notes"), &[("body", "x")]).await.expect(303);
        assert_eq!(sent.header("location"), format!("/sign-in?next=%2Ftickets%2F{number}"));
        let by_script = Request::post(format!("{path}/notes")).header("hx-request", "true");
        browser.send(by_script, Body::empty()).await.expect(401);
    }

    async fn the_first_administrator_chooses_name_and_password(desk: TestStore) {
        let web = WebDesk::new(desk);
        let hours = chrono::Duration::hours(24);
        let link = auth::create_link(&web.desk, Purpose::SignIn, web.desk.seeded.admin, hours).await.unwrap();
        let path = format!("/welcome/{link}");
        let mut browser = Browser::nobody(&web);
        let page = browser.get(&path).await.expect(200);
        browser.take_token(&page);
        let typed = |email: &'static str, password: &'static str, again: &'static str| {
            [("name", "王管理"), ("email", email), ("password", password), ("password_again", again)]
        };
        for (email, password, again) in [
            ("no address", PASSWORD, PASSWORD),
            ("lead@desk.example", PASSWORD, PASSWORD),
            ("wang@desk.example", "too short", "too short"),
            ("wang@desk.example", PASSWORD, "another"),
        ] {
            browser.post(&path, &typed(email, password, again)).await.expect(422).shows("王管理").hides(PASSWORD);
        }
        let inside = browser.post(&path, &typed("wang@desk.example", PASSWORD, PASSWORD)).await.expect(303);
        browser.follow(inside).await.expect(200).shows("王管理");
        let admin = directory::agent(&web.desk, web.desk.seeded.admin).await.unwrap().unwrap();
        assert_eq!((admin.email.as_str(), admin.role), ("wang@desk.example", Role::Admin));
        // It opens once.
        Browser::nobody(&web).get(&path).await.expect(404);
    }

    async fn an_invitation_is_for_one_address(desk: TestStore) {
        let web = WebDesk::new(desk);
        let hours = chrono::Duration::hours(24);
        let link = auth::create_link(&web.desk, Purpose::Invitation, web.desk.seeded.lead, hours).await.unwrap();
        let path = format!("/welcome/{link}");
        let mut browser = Browser::nobody(&web);
        let page = browser.get(&path).await.expect(200).shows("lead@desk.example").shows("readonly");
        browser.take_token(&page);
        let fields =
            [("name", "Lead"), ("email", "evil@desk.example"), ("password", PASSWORD), ("password_again", PASSWORD)];
        browser.post(&path, &fields).await.expect(303);
        assert_eq!(directory::agent(&web.desk, web.desk.seeded.lead).await.unwrap().unwrap().email, "lead@desk.example");
        let stale = auth::create_link(&web.desk, Purpose::PasswordReset, web.desk.seeded.agent, hours).await.unwrap();
        web.desk.advance(chrono::Duration::hours(25));
        browser.get(&format!("/welcome/{stale}")).await.expect(404);
        browser.get("/welcome/never-made").await.expect(404);
    }

    async fn the_language_is_the_readers(desk: TestStore) {
        let web = WebDesk::new(desk);
        let mut browser = Browser::nobody(&web);
        let page = browser.get("/sign-in").await.expect(200).shows("<html lang=\"en\">");
        browser.take_token(&page);
        let chosen = browser.post("/language", &[("back", "/sign-in"), ("lang", "zh-CN")]).await.expect(303);
        browser.follow(chosen).await.expect(200).shows("<html lang=\"zh-CN\">");

        let mut agent = Browser::of(&web, web.desk.seeded.agent).await;
        agent.get("/queue").await.shows("<html lang=\"zh-CN\">");
        agent.post("/language", &[("back", "/queue?owner=me"), ("lang", "tlh")]).await.expect(422);
        let chosen = agent.post("/language", &[("back", "//evil.example"), ("lang", "en")]).await.expect(303);
        assert_eq!(chosen.header("location"), "/queue");
        agent.get("/queue").await.expect(200).shows("<html lang=\"en\">");
        // The desk remembers it too, for its mails.
        agent.forget_cookie("watchdesk-language");
        agent.get("/queue").await.expect(200).shows("<html lang=\"en\">");
    }
}
