//! Microsoft Graph: service health, one tenant at a time.

use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::health::{Incident, SERVICES};
use crate::options::Links;
use crate::spelling::{date, graph_word};
use crate::world::{Call, World};

const PAGE_SIZE: usize = 100;
const PAGE_SIZE_MAX: usize = 1_000;

/// Below `/v1.0/admin/serviceAnnouncement/`.
pub(crate) fn answer(world: &World, call: &Call, tenant: &str, rest: &[&str]) -> Answer {
    if call.method != "GET" {
        return Answer::graph_refusal(405, "Request_BadRequest", "Specified HTTP method is not allowed.");
    }
    match rest {
        ["healthOverviews"] => page(world, call, overviews(world, tenant)),
        ["issues"] => {
            let seen = world.health.seen_by(tenant);
            page(world, call, seen.into_iter().enumerate().map(|(row, incident)| issue(row, incident)).collect())
        }
        ["issues", id] => match world.health.seen_by(tenant).into_iter().find(|incident| incident.id == *id) {
            Some(incident) => Answer::json(200, issue(0, incident)),
            None => Answer::graph_refusal(404, "UnknownError", "The issue was not found."),
        },
        _ => Answer::graph_refusal(400, "BadRequest", "Resource not found for the segment."),
    }
}

fn overviews(world: &World, tenant: &str) -> Vec<Value> {
    let rows = SERVICES.iter().enumerate();
    rows.map(|(row, (id, service))| {
        json!({"id": id, "service": service, "status": graph_word(row, world.health.status(tenant, service))})
    })
    .collect()
}

fn issue(row: usize, incident: &Incident) -> Value {
    let posts: Vec<Value> = incident
        .posts
        .iter()
        .map(|(at, html)| {
            json!({
                "createdDateTime": at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
                "postType": graph_word(row, "regular"),
                "description": {"contentType": graph_word(row, "html"), "content": html},
            })
        })
        .collect();
    let ended = if incident.ended.is_some() { date(row, incident.ended) } else { Value::Null };
    json!({
        "id": incident.id,
        "title": incident.title,
        "service": incident.service,
        "feature": incident.feature,
        "featureGroup": incident.feature_group,
        "classification": graph_word(row, &incident.classification),
        "origin": graph_word(row, "microsoft"),
        "status": graph_word(row, &incident.status),
        "isResolved": incident.resolved,
        "impactDescription": incident.impact,
        "startDateTime": date(row, Some(incident.started)),
        "endDateTime": ended,
        "lastModifiedDateTime": date(row, Some(incident.modified)),
        "highImpact": null,
        "details": [{"name": "NotifyInApp", "value": "True"}],
        "posts": posts,
    })
}

fn page(world: &World, call: &Call, rows: Vec<Value>) -> Answer {
    let size = preferred_size(call);
    let skip = call.query("$skip").and_then(|skip| skip.parse::<usize>().ok()).unwrap_or_default();
    let next = skip + size;
    let mut body = Map::new();
    body.insert("@odata.context".into(), json!(format!("{}/v1.0/$metadata#serviceAnnouncement", world.base_url)));
    if let Some(link) = next_link(world, call, skip, (next < rows.len()).then_some(next)) {
        body.insert("@odata.nextLink".into(), json!(link));
    }
    body.insert("value".into(), rows.into_iter().skip(skip).take(size).collect());
    Answer::json(200, Value::Object(body))
}

fn next_link(world: &World, call: &Call, skip: usize, next: Option<usize>) -> Option<String> {
    match &world.links {
        Links::Onward => next.map(|next| format!("{}{}?$skip={next}", world.base_url, call.path)),
        Links::Elsewhere(origin) => Some(format!("{origin}{}?$skip=1", call.path)),
        Links::Circular => Some(format!("{}{}?$skip={skip}", world.base_url, call.path)),
    }
}

/// `Prefer: odata.maxpagesize=n`.
fn preferred_size(call: &Call) -> usize {
    let wish = call.header("prefer").and_then(|prefer| prefer.strip_prefix("odata.maxpagesize="));
    wish.and_then(|size| size.trim().parse().ok()).map_or(PAGE_SIZE, |size: usize| size.clamp(1, PAGE_SIZE_MAX))
}
