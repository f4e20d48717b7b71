use serde_json::json;
use watchdesk_core::ids::Slug;
use watchdesk_core::ticket::{Severity, StateKind};

use super::*;

request! {
    /// Somebody.
    pub(crate) struct SamplePerson {
        email: Email,
        name: Option<Line>,
    }
}

request! {
    /// A request of every shape.
    pub(crate) struct SampleRequest {
        subject: Line,
        requester: SamplePerson,
        severity: Option<Severity>,
        service: Change<Slug>,
        at: Option<watchdesk_core::Instant>,
        tags: Option<Vec<Line>>,
        state: OneOrMany<StateKind>,
        limit: Limit,
    }
}

fn faults(value: Value) -> Vec<String> {
    let faults = read::<SampleRequest>(value).expect_err("a fault");
    faults
        .iter()
        .map(|fault| format!("{} {}", fault.field, fault.wrong.in_language(watchdesk_core::desk::Language::English)))
        .collect()
}

#[test]
fn a_request_is_read() {
    let request: SampleRequest = read(json!({
        "subject": "  Mail\u{202e} is\nslow ", "requester": {"email": " A@B.example "}, "severity": "B", "service": null,
        "at": "2026-03-02T09:00:00.75+08:00", "tags": ["x"],
    }))
    .expect("a request");
    assert_eq!(request.subject, Line("Mail is slow".to_owned()));
    assert_eq!(request.requester.email, Email("a@b.example".to_owned()));
    assert_eq!(request.requester.name, None);
    assert_eq!(request.severity, Some(Severity::B));
    assert_eq!(request.service, Change::To(None));
    assert_eq!(request.at.unwrap().to_rfc3339(), "2026-03-02T01:00:00+00:00");
    assert_eq!(request.tags, Some(vec![Line("x".to_owned())]));
    assert_eq!((request.state, request.limit), (OneOrMany(Vec::new()), Limit(50)));
}

#[test]
fn every_fault_is_named_at_once() {
    let found = faults(json!({
        "requester": {"email": "nobody", "phone": "1"}, "severity": "D", "service": "Not A Slug", "at": "yesterday",
        "tags": ["ok", 7], "state": "open,unknown", "limit": 0, "colour": "red",
    }));
    let expected = [
        "subject is missing",
        "requester.email is not an e-mail address",
        "requester.phone is not a field of this request",
        "severity must be one of A, B, C",
        "service must be 1 to 64 of a-z, 0-9 and single hyphens, such as exchange-online",
        "at must be an instant such as 2026-03-02T01:00:00Z",
        "tags[1] must be text",
        "state[1] must be one of open, triaged, waiting, escalated, resolved, closed",
        "limit must lie between 1 and 200",
        "colour is not a field of this request",
    ];
    assert_eq!(found, expected);
    assert_eq!(faults(json!([1])), [" must be an object"]);
}

#[test]
fn a_query_may_name_things_twice() {
    let pairs = [("subject", "x"), ("state", "open"), ("state", "triaged,closed"), ("limit", "7")];
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let faults = read_pairs::<SampleRequest>(pairs.clone()).expect_err("no requester");
    assert_eq!(faults, Faults::one("requester", Wrong::Missing), "the states are read");
}

#[test]
fn addresses_that_could_trick_a_header_are_none() {
    for text in [
        "a@b",
        "@b.example",
        "a@",
        "a b@c.example",
        "a@b.example\r\nBcc: x@y.example",
        "a@b@c.example",
        "<a@b.example>",
        "a@-b.example",
        "a@b..example",
    ] {
        assert!(read::<SamplePerson>(json!({"email": text})).is_err(), "{text}");
    }
}

#[test]
fn a_schema_says_what_is_required_and_closes_the_object() {
    let mut schemas = Schemas::default();
    SampleRequest::collect(&mut schemas);
    let schema = serde_json::to_value(schemas.into_map()).expect("JSON");
    let request = &schema["SampleRequest"];
    assert_eq!(request["required"], json!(["subject", "requester"]));
    assert_eq!(request["additionalProperties"], json!(false));
    assert_eq!(request["properties"]["requester"]["$ref"], "#/components/schemas/SamplePerson");
    assert_eq!(schema["SamplePerson"]["description"], "Somebody.");
}
