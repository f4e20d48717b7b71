//! Two who change the same rules at once: one of them is told that it changed.

use serde_json::{Value, json};
use watchdesk_store::both_databases;
use watchdesk_store::testing::TestStore;

use super::desk::{Client, Said, WebDesk, rota};

async fn both(one: impl Future<Output = Said>, other: impl Future<Output = Said>) -> [Said; 2] {
    let (one, other) = tokio::join!(one, other);
    if one.status.is_success() { [one, other] } else { [other, one] }
}

fn named(name: &str) -> Value {
    json!({"rules": [{"name": name, "no_sla": true}]})
}

fn open_on(day: &str) -> Value {
    json!({"time_zone": "Asia/Shanghai", "hours": {day: [["09:00", "18:00"]]}})
}

fn holiday(date: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nSUMMARY:休\r\n\
         DTSTART;VALUE=DATE:{date}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

fn turned(manager: &str, people: &[&str]) -> Value {
    let mut rota = rota(manager);
    rota["layers"][0]["people"] = json!(people);
    rota
}

async fn newest_version(client: &Client<'_>, path: &str) -> Value {
    client.get(path).await.expect(200).body["version"].clone()
}

both_databases! {
    async fn two_versions_that_build_on_the_same_one(desk: TestStore) {
        let web = WebDesk::new(desk);
        let (manager, admin) = (web.by(web.desk.seeded.manager).await, web.by(web.desk.seeded.admin).await);
        let table = [
            ("/policies/standard", named("One"), named("Other"), "\"1\"", 2),
            ("/calendars/working-days", open_on("mon"), open_on("tue"), "\"1\"", 2),
            // The first of a new one.
            ("/calendars/night", open_on("mon"), open_on("tue"), "\"0\"", 1),
        ];
        for (path, one, other, tag, newest) in table {
            let (versions, headers) = (format!("{path}/versions"), [("if-match", tag)]);
            let [published, refused] = both(
                manager.call("POST", &versions, Some(one), &headers),
                admin.call("POST", &versions, Some(other), &headers),
            )
            .await;
            assert_eq!(published.expect(201).body["version"], newest, "{path}");
            assert_eq!(refused.expect(412).body["version"], newest, "{path}");
            assert_eq!(newest_version(&manager, path).await, newest, "{path}");
        }
    }

    async fn two_imports_never_forget_each_others_days(desk: TestStore) {
        let web = WebDesk::new(desk);
        let manager = web.by(web.desk.seeded.manager).await;
        let import = async |year: i32| {
            let path = format!("/calendars/working-days/holidays?years={year}");
            manager.send_bytes(&path, "text/calendar", holiday(&format!("{year}0101"))).await
        };
        let told = tokio::join!(import(2027), import(2028), import(2029), import(2030));
        let told: [Said; 4] = told.into();
        assert!(told.iter().any(|said| said.status.is_success()));
        for (year, said) in (2027..).zip(told) {
            if !said.status.is_success() {
                assert!(said.expect(412).body["version"].is_number(), "it says which version to read");
                import(year).await.expect(200);
            }
        }
        let days = manager.get("/calendars/working-days").await.expect(200).body["calendar"]["holidays"].to_string();
        for year in 2027..2031 {
            assert!(days.contains(&format!("{year}-01-01")), "{year} is lost: {days}");
        }
    }

    async fn an_import_keeps_to_the_version_it_names(desk: TestStore) {
        let web = WebDesk::new(desk);
        let manager = web.by(web.desk.seeded.manager).await;
        manager.post("/calendars/working-days/versions", open_on("mon")).await.expect(201);
        let import = async |tag: &str| {
            let path = "/calendars/working-days/holidays?years=2027";
            manager.send_with(path, "text/calendar", holiday("20270101"), &[("if-match", tag)]).await
        };
        assert_eq!(import("\"1\"").await.expect(412).body["version"], 2);
        assert_eq!(import("\"2\"").await.expect(200).body["version"], 3);
    }

    async fn a_rota_is_replaced_by_who_has_read_it(desk: TestStore) {
        let web = WebDesk::new(desk);
        let (manager, admin) = (web.by(web.desk.seeded.manager).await, web.by(web.desk.seeded.admin).await);
        let (agent, lead) = ("agent@desk.example", "lead@desk.example");
        let put = |client, people: &[&str], tag| put(client, turned(agent, people), tag);

        let [made, refused] = both(put(&manager, &[agent], None), put(&admin, &[lead], None)).await;
        made.expect(201);
        // Too late to be new, and it has not said what it replaces.
        assert!([412, 428].contains(&refused.status.as_u16()), "{}", refused.body);
        assert_eq!(put(&manager, &[agent, lead], None).await.expect(428).body["code"], "version_needed");

        let tag = manager.get("/rotas/desk").await.expect(200).header("etag").to_owned();
        let [_, refused] =
            both(put(&manager, &[agent, lead], Some(&tag)), put(&admin, &[lead, agent], Some(&tag))).await;
        refused.expect(412);
        put(&manager, &[lead], Some("*")).await.expect(200);

        let tag = manager.get("/rotas/desk").await.expect(200).header("etag").to_owned();
        let headers = [("if-match", tag.as_str())];
        let (deleted, saved) = tokio::join!(
            admin.call("DELETE", "/rotas/desk", None, &headers),
            put(&manager, &[agent], Some(&tag)),
        );
        assert_ne!(deleted.status.is_success(), saved.status.is_success(), "{deleted:?} {saved:?}");
    }
}

async fn put(client: &Client<'_>, body: Value, tag: Option<&str>) -> Said {
    let headers: Vec<(&str, &str)> = tag.map(|tag| ("if-match", tag)).into_iter().collect();
    client.call("PUT", "/rotas/desk", Some(body), &headers).await
}
