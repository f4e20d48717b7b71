//! Subscriptions, portals and delegated admin, as people see them.

use chrono::Duration;
use watchdesk_core::desk::Named;
use watchdesk_core::facts::DelegatedAdmin;
use watchdesk_core::portal::Portal;
use watchdesk_store::directory::{self, CustomerFields};
use watchdesk_store::synchronisation::{Heard, TASK, begin_or_resume, take};
use watchdesk_store::testing::TestStore;
use watchdesk_store::{both_databases, schedules};

use super::browser::Browser;
use crate::tests::desk::WebDesk;

fn portal(name: &str, url: &str, needs: bool) -> Portal {
    let name = Named { en: name.to_owned(), zh: format!("{name}（中文）") };
    Portal { name, url: url.to_owned(), needs_delegated_admin: needs, for_requests: needs }
}

/// With two portals, one of which needs delegated admin.
fn with_portals(desk: TestStore) -> WebDesk {
    WebDesk::with(desk, |mut app| {
        let portals = vec![
            portal("Accounts", "https://p.example.cn/{tenant_id}/{service}", false),
            portal("Administration", "https://p.example.cn/admin?d={domain}", true),
            portal("One", "https://p.example.cn/s/{subscription_id}", false),
        ];
        app.options = std::sync::Arc::new(crate::WebOptions { portals, ..crate::WebOptions::default() });
        app
    })
}

async fn delegate(web: &WebDesk, delegated_admin: DelegatedAdmin) {
    let known = directory::customer(&web.desk, web.desk.seeded.customer).await.unwrap().unwrap();
    let fields = CustomerFields {
        name: known.name,
        domains: known.domains,
        language: known.language,
        time_zone: known.time_zone,
        tenant_id: Some("t 1".to_owned()),
        delegated_admin,
        account_owner: known.account_owner,
        notes: known.notes,
    };
    directory::update_customer(&web.desk, known.id, None, fields).await.unwrap();
}

both_databases! {
    async fn a_suspended_subscription_warns_on_customer_ticket_and_board(desk: TestStore) {
        let web = with_portals(desk);
        delegate(&web, DelegatedAdmin::Granted).await;
        let number = web.triaged("Mail is late").await;
        let mut agent = Browser::of(&web, web.desk.seeded.agent).await;
        agent.post("/language", &[("lang", "en")]).await;
        let base = format!("/customers/{}", web.desk.seeded.customer);
        let day = (web.desk.clock.now() - Duration::days(52)).format("%Y-%m-%d").to_string();
        let wrong = [("operator_id", "s-1"), ("offer", "Exchange"), ("status", "active"), ("suspended_since", day.as_str())];
        agent.post(&format!("{base}/subscriptions"), &wrong).await.expect(422).shows("subscriptions-suspended_since-error");
        let new = [("operator_id", "s-1"), ("offer", "Exchange <b>"), ("quantity", "25"), ("status", "suspended"), ("suspended_since", day.as_str())];
        let made = agent.post(&format!("{base}/subscriptions"), &new).await.expect(303);
        let page = agent.follow(made).await.expect(200).shows("Exchange &lt;b&gt;").shows("8 days left").shows("https://p.example.cn/s/s-1");
        agent.post(&format!("{base}/subscriptions"), &new).await.expect(422).shows("subscriptions-operator_id-error");
        agent.get(&format!("/tickets/{number}")).await.shows("deletes all its data in 8 days").shows("https://p.example.cn/t%201/exchange-online");
        let mut manager = Browser::of(&web, web.desk.seeded.manager).await;
        manager.get("/reports/forecast").await.expect(200).shows("Exchange &lt;b&gt;").shows("Contoso");

        let path = page.between(&format!("action=\"{base}/subscriptions/"), "\"").to_owned();
        let change = [("version", "1"), ("offer", "Exchange"), ("quantity", "25"), ("status", "active")];
        agent.post(&format!("{base}/subscriptions/{path}"), &change).await.expect(303);
        agent.post(&format!("{base}/subscriptions/{path}"), &change).await.expect(409);
        agent.get(&format!("/tickets/{number}")).await.hides("deletes all its data");
        manager.get("/reports/forecast").await.hides("Exchange");
    }

    async fn without_delegated_admin_the_customer_must_act(desk: TestStore) {
        let web = with_portals(desk);
        delegate(&web, DelegatedAdmin::Granted).await;
        let number = web.triaged("Mail is late").await;
        let path = format!("/tickets/{number}");
        let mut agent = Browser::of(&web, web.desk.seeded.agent).await;
        agent.post("/language", &[("lang", "en")]).await;
        agent.get(&path).await.shows("https://p.example.cn/admin?d=contoso.example").hides("the customer has to do it");
        delegate(&web, DelegatedAdmin::Withdrawn).await;
        let page = agent.get(&path).await.shows("the customer has to do it").hides("https://p.example.cn/admin");
        page.shows("withdrawn: Administration").shows("https://p.example.cn/t%201/");
        agent.get(&format!("/customers/{}", web.desk.seeded.customer)).await.shows("withdrawn: Administration");
        delegate(&web, DelegatedAdmin::Unknown).await;
        agent.get(&path).await.hides("the customer has to do it").shows("https://p.example.cn/admin");
    }

    async fn a_run_shows_its_progress_and_what_it_changed(desk: TestStore) {
        let web = WebDesk::new(desk);
        let mut manager = Browser::of(&web, web.desk.seeded.manager).await;
        manager.post("/language", &[("lang", "en")]).await;
        manager.get("/synchronisations").await.expect(200).shows("upstream.directory.enabled").hides("Synchronise now");
        let now = web.desk.clock.now();
        schedules::ensure(&web.desk, TASK, "0 0 2 * * *", now + Duration::hours(9)).await.unwrap();
        manager.get("/synchronisations").await.shows("Synchronise now").shows("No run yet");
        let started = manager.post("/synchronisations", &[]).await.expect(303);
        manager.follow(started).await.shows("begins within seconds");
        assert_eq!(schedules::next_due(&web.desk).await.unwrap(), Some(now));

        let run = begin_or_resume(&web.desk).await.unwrap();
        let heard = Heard {
            operator_id: "t-1".to_owned(), tenant_id: Some("t-1".to_owned()), name: "North <i>wind</i>".to_owned(), domain: None,
            delegated_admin: Some(true), subscriptions: Vec::new(), is_whole: true,
        };
        take(&web.desk, run.number, &heard).await.unwrap();
        take(&web.desk, run.number, &Heard { delegated_admin: Some(false), ..heard }).await.unwrap();
        let page = manager.get("/synchronisations").await.shows("Running").shows("North &lt;i&gt;wind&lt;/i&gt;");
        page.shows("New customer").shows("Granted → Withdrawn");
        manager.get("/customers").await.shows("href=\"/synchronisations\"");
        let mut agent = Browser::of(&web, web.desk.seeded.agent).await;
        agent.get("/customers").await.hides("href=\"/synchronisations\"");
    }
}
