//! Customers, services, mailboxes, people.

use watchdesk_core::rights::Role;
use watchdesk_store::both_databases;
use watchdesk_store::directory;
use watchdesk_store::testing::TestStore;

use super::browser::{Browser, Seen};
use crate::tests::desk::WebDesk;

/// The version hidden in the form that goes there.
fn version_of(page: &Seen, action: &str) -> String {
    let (_, form) = page.text.split_once(&format!("action=\"{action}\"")).unwrap_or_else(|| panic!("no form {action}"));
    let (_, rest) = form.split_once("name=\"version\" value=\"").expect("a version");
    rest.split('"').next().expect("a value").to_owned()
}

both_databases! {
    async fn a_customer_is_kept(desk: TestStore) {
        let web = WebDesk::new(desk);
        let mut browser = Browser::of(&web, web.desk.seeded.agent).await;
        browser.post("/language", &[("lang", "en")]).await;
        let new = [("name", "Northwind"), ("domains", "northwind.example, not a domain"), ("language", "en"), ("tenant", "")];
        browser.post("/customers", &new).await.expect(422).shows("customers-domains-error").shows("Northwind");
        let taken = [("name", "Northwind"), ("domains", "contoso.example"), ("language", "en")];
        browser.post("/customers", &taken).await.expect(422).shows("is already in use");
        let new = [("name", "Northwind"), ("domains", "northwind.example"), ("language", "en"), ("tenant", "6f0a")];
        let made = browser.post("/customers", &new).await.expect(303);
        let base = made.header("location").to_owned();
        let page = browser.follow(made).await.expect(200).shows("northwind.example").shows("Created.");

        let details = |version: &str| {
            [("version", version.to_owned()), ("name", "Northwind (China)".to_owned()), ("language", "zh-CN".to_owned()),
             ("time_zone", "Asia/Shanghai".to_owned()), ("tenant", String::new()),
             ("delegated_admin", "granted".to_owned()), ("note", "Night shift from ten.".to_owned())]
        };
        let first = details(&version_of(&page, &base));
        let first: Vec<(&str, &str)> = first.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let saved = browser.post(&base, &first).await.expect(303);
        let page = browser.follow(saved).await.expect(200).shows("Northwind (China)").shows("Night shift from ten.");
        // The version before is stale.
        browser.post(&base, &first).await.expect(409);

        let contact = [("name", "Ann"), ("email", "ann@northwind.example"), ("phone", "138"), ("sees_all", "yes")];
        let added = browser.post(&format!("{base}/contacts"), &contact).await.expect(303);
        let page_with = browser.follow(added).await.shows("ann@northwind.example");
        let taken = [("name", "Li"), ("email", "li@contoso.example")];
        browser.post(&format!("{base}/contacts"), &taken).await.expect(422).shows("contacts-email-error");
        let start = format!("action=\"{base}/contacts/");
        let path = format!("{base}/contacts/{}", page_with.between(&start, "\""));
        let version = version_of(&page_with, &path);
        let changed = [("version", version.as_str()), ("name", "Ann Lee"), ("email", "ann@northwind.example"), ("phone", "")];
        browser.post(&path, &changed).await.expect(303);
        browser.post(&path, &changed).await.expect(409);
        drop(page);
    }

    async fn contracts_begin_and_end(desk: TestStore) {
        let web = WebDesk::new(desk);
        let base = format!("/customers/{}", web.desk.seeded.other_customer);
        let mut browser = Browser::of(&web, web.desk.seeded.agent).await;
        browser.post("/language", &[("lang", "en")]).await;
        browser.get(&base).await.expect(200).shows("Fabrikam");
        let backwards = [("tier", "premium"), ("from", "2026-03-01"), ("to", "2026-02-01")];
        browser.post(&format!("{base}/contracts"), &backwards).await.expect(422).shows("contracts-to-error");
        let added = [("tier", "premium"), ("from", "2026-01-01"), ("to", ""), ("premium", "yes")];
        let added = browser.post(&format!("{base}/contracts"), &added).await.expect(303);
        let page = browser.follow(added).await.shows("Premium").shows("2026-01-01").shows("Severity A");
        let path = format!("{base}/contracts/{}", page.between(&format!("action=\"{base}/contracts/"), "\""));
        let version = version_of(&page, &path);
        browser.post(&path, &[("version", &version), ("to", "2025-01-01")]).await.expect(422);
        let ended = browser.post(&path, &[("version", &version), ("to", "2026-06-30")]).await.expect(303);
        browser.follow(ended).await.shows("2026-06-30");
        let contracts = directory::contracts_of(&web.desk, web.desk.seeded.other_customer).await.unwrap();
        // The last day belongs to it, in the zone of whoever wrote it.
        assert_eq!(contracts[0].effective_to, Some("2026-06-30T16:00:00Z".parse().unwrap()));
        assert!(contracts[0].premium);

        // What reaches back to an open ticket is said, and how far it has got.
        web.ticket("Mail is late").await;
        let contoso = format!("/customers/{}", web.desk.seeded.customer);
        let back = [("tier", "silver"), ("from", "2026-01-01"), ("to", "")];
        let added = browser.post(&format!("{contoso}/contracts"), &back).await.expect(303);
        let page = browser.follow(added).await.shows("measured anew from their start").shows(": 0 of 1.");
        drop(page);
        let ahead = [("tier", "gold"), ("from", "2027-01-01"), ("to", "")];
        browser.post(&format!("{base}/contracts"), &ahead).await.expect(303);
        browser.get(&base).await.hides("measured anew from their start");

        let domains = format!("{base}/domains");
        browser.post(&domains, &[("name", "contoso.example")]).await.expect(422).shows("domains-name-error");
        browser.post(&domains, &[("name", "Fabrikam.Example.cn")]).await.expect(303);
        browser.get(&base).await.shows("fabrikam.example.cn");
        browser.post(&format!("{domains}/fabrikam.example.cn/removal"), &[]).await.expect(303);
        browser.post(&format!("{domains}/fabrikam.example.cn/removal"), &[]).await.expect(404);
    }

    async fn health_is_recorded_for_all_or_for_one(desk: TestStore) {
        let web = WebDesk::new(desk);
        let mut browser = Browser::of(&web, web.desk.seeded.agent).await;
        browser.post("/language", &[("lang", "en")]).await;
        let path = "/services/exchange-online/health";
        browser.post(path, &[("status", "on fire"), ("note", "x")]).await.expect(422);
        browser.post(path, &[("status", "degraded"), ("note", "")]).await.expect(422).shows("-note-error");
        let all = [("status", "degraded"), ("note", "Slow mail flow"), ("incident", "EX226792"), ("customer", "")];
        let recorded = browser.post(path, &all).await.expect(303);
        browser.follow(recorded).await.expect(200).shows("EX226792").shows("tile-degraded").shows("agent of the desk");
        let customer = web.desk.seeded.customer.to_string();
        browser.post(path, &[("status", "interrupted"), ("note", "All down"), ("customer", &customer)]).await.expect(303);
        browser.get("/services").await.expect(200).shows("All down").shows("Slow mail flow").shows("Contoso 上海");
        browser.post("/services/unknown/health", &all).await.expect(404);
    }

    async fn mailboxes_are_set_up(desk: TestStore) {
        let web = WebDesk::new(desk);
        let mut browser = Browser::of(&web, web.desk.seeded.manager).await;
        browser.post("/language", &[("lang", "en")]).await;
        let taken = [("address", "support@desk.example"), ("display_name", "Twice"), ("language", "en")];
        browser.post("/mailboxes", &taken).await.expect(422).shows("is already in use").shows("Twice");
        let new = [("address", "billing@desk.example"), ("display_name", "Billing"), ("language", "en"), ("team", "first-line"), ("enabled", "yes")];
        let made = browser.post("/mailboxes", &new).await.expect(303);
        let page = browser.follow(made).await.shows("billing@desk.example");
        let id = directory::mailbox_by_address(&web.desk, "billing@desk.example").await.unwrap().unwrap().id;
        let path = format!("/mailboxes/{id}");
        let version = version_of(&page, &path);
        let off = [("version", version.as_str()), ("address", "billing@desk.example"), ("display_name", "Billing"), ("language", "en")];
        browser.post(&path, &off).await.expect(303);
        let mailbox = directory::mailbox(&web.desk, id).await.unwrap().unwrap();
        assert!(!mailbox.active && mailbox.team.is_none());
        browser.post(&path, &off).await.expect(409);
    }

    async fn people_are_invited_and_leave(desk: TestStore) {
        let web = WebDesk::new(desk);
        let mut admin = Browser::of(&web, web.desk.seeded.admin).await;
        admin.post("/language", &[("lang", "en")]).await;
        let new = [("name", "Li Na"), ("email", "li.na@desk.example"), ("role", "agent"), ("teams", "first-line"), ("teams", "second-line")];
        let page = admin.post("/people", &new).await.expect(200);
        let link = page.between("<code id=\"invitation\">", "</code>").replace("&#x2F;", "/");
        let path = link.strip_prefix("http://127.0.0.1:8080").expect("by configuration, not by the request").to_owned();
        Browser::nobody(&web).get(&path).await.expect(200).shows("li.na@desk.example");
        admin.post("/people", &new).await.expect(422).shows("people-email-error");

        let agent = directory::agent_by_email(&web.desk, "li.na@desk.example").await.unwrap().unwrap();
        assert_eq!(agent.teams.len(), 2);
        let path = format!("/people/{}", agent.id);
        let page = admin.get("/people").await.expect(200);
        let version = version_of(&page, &path);
        let mut working = Browser::of(&web, agent.id).await;
        working.get("/queue").await.expect(200);
        let left = [("version", version.as_str()), ("name", "Li Na"), ("email", "li.na@desk.example"), ("role", "lead")];
        admin.post(&path, &left).await.expect(303);
        let agent = directory::agent(&web.desk, agent.id).await.unwrap().unwrap();
        assert_eq!((agent.role, agent.active, agent.teams.len()), (Role::Lead, false, 0));
        working.get("/queue").await.expect(303);

        // Nobody locks himself out.
        let path = format!("/people/{}", web.desk.seeded.admin);
        let version = version_of(&admin.get("/people").await, &path);
        let me = [("version", version.as_str()), ("name", "admin"), ("email", "admin@desk.example"), ("role", "agent"), ("active", "yes")];
        admin.post(&path, &me).await.expect(422).shows("ask another administrator");
        let page = admin.post(&format!("/people/{}/link", web.desk.seeded.agent), &[]).await.expect(200);
        page.shows("/welcome/");
    }
}
