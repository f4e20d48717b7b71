//! The API's description says everything, and nothing that is not there.

use std::collections::BTreeSet;

use serde_json::Value;
use watchdesk_store::Backend;
use watchdesk_store::testing::TestStore;

use super::desk::WebDesk;
use crate::api;

fn references<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
    match value {
        Value::Object(object) => {
            found.extend(object.get("$ref").and_then(Value::as_str));
            object.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[tokio::test]
async fn every_route_is_described() {
    let web = WebDesk::new(TestStore::new(Backend::Sqlite).await);
    let description = web.anonymous().get("/openapi.json").await.body;
    let mut described = BTreeSet::new();
    let mut operations = BTreeSet::new();
    for (path, item) in description["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("an item") {
            described.insert((method.to_uppercase(), path.clone()));
            assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{method} {path}");
            assert!(operation["responses"]["401"].is_object(), "{method} {path}");
            assert!(operations.insert(operation["operationId"].as_str().expect("an id")), "{method} {path}");
        }
    }
    let registered: BTreeSet<(String, String)> =
        api::routes().list.iter().map(|route| (route.method.to_string(), route.path.clone())).collect();
    assert_eq!(described, registered);

    let mut found = BTreeSet::new();
    references(&description, &mut found);
    for reference in found {
        let name = reference.strip_prefix("#/components/schemas/").expect("a schema");
        assert!(description["components"]["schemas"][name].is_object(), "{reference}");
    }
}

#[tokio::test]
async fn requests_are_closed_and_name_what_they_need() {
    let web = WebDesk::new(TestStore::new(Backend::Sqlite).await);
    let description = web.anonymous().get("/openapi.json").await.body;
    let schemas = &description["components"]["schemas"];
    let open = &schemas["OpenRequest"];
    assert_eq!(open["additionalProperties"], false);
    assert_eq!(open["required"], serde_json::json!(["subject", "body", "requester"]));
    let patch = &description["paths"]["/api/v1/tickets/{number}"]["patch"];
    let if_match =
        patch["parameters"].as_array().expect("parameters").iter().find(|parameter| parameter["name"] == "If-Match");
    assert_eq!(if_match.expect("If-Match")["required"], true);
    let list = &description["paths"]["/api/v1/tickets"]["get"]["parameters"];
    let names: BTreeSet<&str> =
        list.as_array().expect("parameters").iter().filter_map(|parameter| parameter["name"].as_str()).collect();
    assert!(
        names.is_superset(&BTreeSet::from([
            "state", "owner", "team", "customer", "severity", "sort", "limit", "cursor"
        ]))
    );
    assert!(schemas["Ticket"].is_object() && schemas["Problem"].is_object());
}
