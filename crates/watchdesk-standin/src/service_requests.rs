//! The service-request model: filed, read, listed, and spoken to by notes.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::spelling::{Spelling, date};
use crate::world::{Call, World};

const REQUESTS_MAX: usize = 10_000;
const NOTES_MAX: usize = 1_000;
const SEVERITIES: [&str; 4] = ["unknown", "critical", "moderate", "minimal"];
const STATES: [&str; 4] = ["none", "open", "closed", "attention_needed"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRequest {
    pub id: String,
    /// The customer it speaks of.
    pub tenant: String,
    pub title: String,
    pub description: String,
    /// As documented: unknown 0, critical 1, moderate 2, minimal 3.
    pub severity: usize,
    pub support_topic_id: String,
    /// As documented: none 0, open 1, closed 2, attention needed 3.
    pub status: usize,
    pub contact: Value,
    pub created: DateTime<Utc>,
    pub modified: DateTime<Utc>,
    pub closed: Option<DateTime<Utc>>,
    pub notes: Vec<Note>,
    /// Counts changes.
    pub version: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub by: String,
    pub at: DateTime<Utc>,
    pub text: String,
}

#[derive(Debug)]
pub(crate) struct ServiceRequests {
    all: Vec<ServiceRequest>,
    spelling: Spelling,
}

impl ServiceRequests {
    pub fn new(spelling: Spelling) -> Self {
        Self { all: Vec::new(), spelling }
    }

    pub fn all(&self) -> Vec<ServiceRequest> {
        self.all.clone()
    }

    pub fn of_tenant(&self, tenant: &str) -> Vec<Value> {
        let matching = self.all.iter().filter(|one| one.tenant.eq_ignore_ascii_case(tenant));
        matching.enumerate().map(|(row, one)| self.as_json(row, one)).collect()
    }

    /// The operator's side changes one. False where none has this id.
    pub fn change(&mut self, id: &str, now: DateTime<Utc>, change: impl FnOnce(&mut ServiceRequest)) -> bool {
        let Some(one) = self.all.iter_mut().find(|one| one.id == id) else {
            return false;
        };
        change(one);
        one.modified = now;
        one.version += 1;
        one.notes.truncate(NOTES_MAX);
        true
    }

    fn as_json(&self, row: usize, one: &ServiceRequest) -> Value {
        let enumeration =
            |words: [&str; 4], number: usize| self.spelling.of(row, words[number % words.len()], number as i64);
        let notes: Vec<Value> = one
            .notes
            .iter()
            .enumerate()
            .map(|(row, note)| json!({"createdByName": note.by, "createdDate": date(row, Some(note.at)), "text": note.text}))
            .collect();
        json!({
            "id": one.id,
            "title": one.title,
            "description": one.description,
            "severity": enumeration(SEVERITIES, one.severity),
            "supportTopicId": one.support_topic_id,
            "supportTopicName": "Mail flow",
            "status": enumeration(STATES, one.status),
            "organization": {"id": one.tenant, "name": ""},
            "primaryContact": one.contact,
            "productName": null,
            "productId": null,
            "createdDate": date(row, Some(one.created)),
            "lastModifiedDate": date(row, Some(one.modified)),
            "lastClosedDate": date(row, one.closed),
            "notes": notes,
            "attributes": {"etag": etag(one), "objectType": "ServiceRequest"},
        })
    }
}

fn etag(one: &ServiceRequest) -> String {
    format!("\"{}\"", one.version)
}

/// Below `/v1/servicerequests`.
pub(crate) fn answer(world: &mut World, call: &Call, rest: &[&str], now: DateTime<Utc>) -> Answer {
    let parsed = serde_json::from_str::<Value>(&call.body);
    match (call.method.as_str(), rest, parsed) {
        ("GET", [id], _) => read(world, id),
        ("POST", [_locale], Ok(body)) => create(world, &body, now),
        ("PATCH", [id], Ok(body)) => add_note(world, call, id, &body, now),
        ("POST" | "PATCH", [_], Err(_)) => Answer::refusal(400, "20001", "The body is not JSON."),
        _ => Answer::refusal(404, "404", "There is no such resource."),
    }
}

fn read(world: &World, id: &str) -> Answer {
    match world.service_requests.all.iter().find(|one| one.id == id) {
        Some(one) => Answer::json(200, world.service_requests.as_json(1, one)),
        None => Answer::refusal(404, "20002", "The service request was not found."),
    }
}

fn create(world: &mut World, body: &Value, now: DateTime<Utc>) -> Answer {
    let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
    let severity = SEVERITIES.iter().position(|word| body["severity"].as_str() == Some(*word));
    let tenant = body["organization"]["id"].as_str().unwrap_or_default().to_owned();
    let missing = ["title", "description", "supportTopicId"].into_iter().find(|key| text(key).is_empty());
    if let Some(missing) = missing {
        return Answer::refusal(400, "20001", &format!("The field {missing} is required."));
    }
    let Some(severity) = severity else {
        return Answer::refusal(400, "20001", "The severity is invalid.");
    };
    if world.customer(&tenant).is_none() {
        return Answer::refusal(404, "20002", "The customer was not found.");
    }
    if world.service_requests.all.len() >= REQUESTS_MAX {
        return Answer::refusal(503, "50000", "There are too many service requests.");
    }
    let one = ServiceRequest {
        id: format!("6161{:011}", world.service_requests.all.len() + 1),
        tenant,
        title: text("title"),
        description: text("description"),
        severity,
        support_topic_id: text("supportTopicId"),
        status: 1,
        contact: body["primaryContact"].clone(),
        created: now,
        modified: now,
        closed: None,
        notes: Vec::new(),
        version: 1,
    };
    let answer = Answer::json(201, world.service_requests.as_json(1, &one));
    world.service_requests.all.push(one);
    answer
}

fn add_note(world: &mut World, call: &Call, id: &str, body: &Value, now: DateTime<Utc>) -> Answer {
    let Some(text) = body["newNote"]["text"].as_str().filter(|text| !text.is_empty()) else {
        return Answer::refusal(400, "20001", "The field newNote is required.");
    };
    let Some(known) = world.service_requests.all.iter().find(|one| one.id == id) else {
        return Answer::refusal(404, "20002", "The service request was not found.");
    };
    if call.header("if-match").is_some_and(|wanted| wanted != etag(known)) {
        return Answer::refusal(412, "20412", "The resource was changed meanwhile.");
    }
    let note = Note { by: "Partner".to_owned(), at: now, text: text.to_owned() };
    world.service_requests.change(id, now, |one| one.notes.push(note));
    read(world, id)
}
