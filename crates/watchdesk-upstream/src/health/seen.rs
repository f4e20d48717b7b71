//! What one directory shows, in the desk's words. No IO: the same answers mean the same.

use std::collections::{BTreeMap, BTreeSet};

use watchdesk_core::Instant;
use watchdesk_core::facts::HealthStatus;
use watchdesk_core::ids::{CustomerId, Slug};
use watchdesk_store::desk::Health;
use watchdesk_store::incidents::{ENTRIES_MAX, Entry, Observation, REFERENCE_CHARS_MAX, Source};

use super::services::{Meaning, ServiceNames};
use super::words;
use crate::graph::{HealthOverview, HealthState, Issue, Post};

const TITLE_CHARACTERS_MAX: usize = 300;
const IMPACT_CHARACTERS_MAX: usize = 4_000;
const POST_CHARACTERS_MAX: usize = 10_000;
const NOTE_CHARACTERS_MAX: usize = 500;
const WORD_CHARACTERS_MAX: usize = 60;

#[derive(Debug, Default)]
pub(super) struct Seen {
    pub health: Vec<Health>,
    pub incidents: Vec<Observation>,
    pub unknown_services: BTreeSet<String>,
    /// Issues whose number could not stand in an address of ours.
    pub unnameable: usize,
}

/// Where and when somebody looked.
#[derive(Debug, Clone, Copy)]
pub(super) struct At {
    pub customer: CustomerId,
    pub now: Instant,
}

pub(super) fn understand(at: At, names: &ServiceNames, overviews: &[HealthOverview], issues: &[Issue]) -> Seen {
    let mut seen = Seen::default();
    for issue in issues {
        match names.meaning(&issue.service) {
            Meaning::Ours(_) if !is_reference(&issue.id) => seen.unnameable += 1,
            Meaning::Ours(slug) => seen.incidents.push(incident(at, slug, issue)),
            Meaning::NotOurs => {}
            Meaning::Unknown => seen.note_unknown(&issue.service),
        }
    }
    let mut by_service: BTreeMap<&Slug, Vec<&HealthOverview>> = BTreeMap::new();
    for overview in overviews {
        match names.meaning(&overview.service) {
            Meaning::Ours(slug) => by_service.entry(slug).or_default().push(overview),
            Meaning::NotOurs => {}
            Meaning::Unknown => seen.note_unknown(&overview.service),
        }
    }
    seen.health =
        by_service.into_iter().map(|(slug, parts)| health(at, slug, &parts, issues, &seen.incidents)).collect();
    seen
}

impl Seen {
    fn note_unknown(&mut self, service: &str) {
        self.unknown_services.insert(words::line(service, WORD_CHARACTERS_MAX));
    }
}

/// Tickets and pages speak of it by this number.
fn is_reference(id: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=REFERENCE_CHARS_MAX).contains(&id.len()) && !id.starts_with('.') && id.bytes().all(legal)
}

/// Of one service of ours, which may be several of the operator's: the worst of them counts.
fn health(at: At, slug: &Slug, parts: &[&HealthOverview], issues: &[Issue], incidents: &[Observation]) -> Health {
    let worst = parts.iter().map(|part| status(part, issues)).max_by_key(|status| badness(*status));
    let status = worst.unwrap_or(HealthStatus::Operational);
    let open = incidents.iter().filter(|incident| incident.is_open && incident.service == *slug);
    let newest = open.max_by_key(|incident| (incident.started_at, &incident.reference));
    Health {
        service: slug.clone(),
        customer: Some(at.customer),
        status,
        note: note(parts),
        incident: newest.filter(|_| status.is_open_outage()).map(|incident| incident.reference.clone()),
        checked_at: at.now,
        checked_by: None,
    }
}

fn status(overview: &HealthOverview, issues: &[Issue]) -> HealthStatus {
    match &overview.status {
        Some(HealthState::ServiceOperational) => HealthStatus::Operational,
        Some(HealthState::ServiceInterruption) => HealthStatus::Interrupted,
        Some(HealthState::ServiceRestored | HealthState::PostIncidentReviewPublished | HealthState::FalsePositive) => {
            HealthStatus::Restored
        }
        Some(
            HealthState::Investigating
            | HealthState::RestoringService
            | HealthState::VerifyingService
            | HealthState::ServiceDegradation
            | HealthState::ExtendedRecovery
            | HealthState::InvestigationSuspended,
        ) => HealthStatus::Degraded,
        // A word that nobody knows opens nothing by itself; an issue that is said not to be resolved does.
        Some(HealthState::Other(_)) | None => {
            let is_its = |issue: &&Issue| issue.service.eq_ignore_ascii_case(&overview.service);
            let is_open = issues.iter().filter(is_its).any(|issue| issue.is_resolved == Some(false));
            if is_open { HealthStatus::Degraded } else { HealthStatus::Operational }
        }
    }
}

fn badness(status: HealthStatus) -> u8 {
    match status {
        HealthStatus::Operational => 0,
        HealthStatus::Restored => 1,
        HealthStatus::Degraded => 2,
        HealthStatus::Interrupted => 3,
    }
}

/// The operator's own words, of all parts that are not simply well.
fn note(parts: &[&HealthOverview]) -> String {
    let not_well = parts.iter().filter(|part| part.status != Some(HealthState::ServiceOperational));
    let said = not_well.map(|part| {
        let word = part.status.as_ref().map_or("?", HealthState::as_str);
        format!("{}: {}", words::line(&part.service, WORD_CHARACTERS_MAX), words::line(word, WORD_CHARACTERS_MAX))
    });
    words::line(&said.collect::<Vec<_>>().join("; "), NOTE_CHARACTERS_MAX)
}

fn incident(at: At, service: &Slug, issue: &Issue) -> Observation {
    let posts = issue.posts.iter().filter_map(|post| post.created);
    let first = posts.clone().min().or(issue.last_modified).or(issue.end);
    let started_at = issue.start.or(first).unwrap_or(at.now);
    let last = posts.max().max(issue.end).max(Some(started_at));
    let is_open = issue.is_open();
    let title = words::line(&issue.title, TITLE_CHARACTERS_MAX);
    let word = |word: Option<&str>| words::line(word.unwrap_or_default(), WORD_CHARACTERS_MAX);
    Observation {
        reference: issue.id.clone(),
        service: service.clone(),
        title: if title.is_empty() { issue.id.clone() } else { title },
        impact: words::text(issue.impact.as_deref().unwrap_or_default(), IMPACT_CHARACTERS_MAX),
        classification: word(issue.classification.as_deref()).to_lowercase(),
        status: word(issue.status.as_ref().map(HealthState::as_str)),
        source: Source::Connector,
        is_open,
        customer: Some(at.customer),
        started_at,
        ended_at: if is_open { None } else { issue.end.or(issue.last_modified).or(last) },
        modified_at: issue.last_modified.or(last).unwrap_or(at.now),
        entries: entries(&issue.posts, started_at),
    }
}

/// A post is the same when it was written at the same instant.
fn entries(posts: &[Post], otherwise: Instant) -> Vec<Entry> {
    let mut posts: Vec<(Instant, &Post)> = posts.iter().map(|post| (post.created.unwrap_or(otherwise), post)).collect();
    posts.sort_by_key(|(at, _)| *at);
    let latest = posts.split_off(posts.len().saturating_sub(ENTRIES_MAX));
    let entry = |(at, post): (Instant, &Post)| {
        let body = if post.is_html {
            words::from_html(&post.content, POST_CHARACTERS_MAX)
        } else {
            words::text(&post.content, POST_CHARACTERS_MAX)
        };
        (!body.is_empty()).then(|| Entry { key: at.to_rfc3339(), at, body })
    };
    latest.into_iter().filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;
    use crate::reading::Row;

    fn names() -> ServiceNames {
        let slug = |text: &str| Some(Slug::new(text).unwrap());
        ServiceNames::new([
            ("Exchange Online".to_owned(), slug("exchange-online")),
            ("Power Apps".to_owned(), slug("power-platform")),
            ("Power BI".to_owned(), slug("power-platform")),
            ("Identity Service".to_owned(), None),
        ])
    }

    fn seen(overviews: &[Value], issues: &[Value]) -> Seen {
        let at = At { customer: CustomerId(Uuid::nil()), now: "2026-03-02T01:00:00Z".parse().unwrap() };
        let overviews: Vec<_> =
            overviews.iter().map(|body| HealthOverview::read(Row::of(body).unwrap()).unwrap()).collect();
        let issues: Vec<_> = issues.iter().map(|body| Issue::read(Row::of(body).unwrap()).unwrap()).collect();
        understand(at, &names(), &overviews, &issues)
    }

    #[test]
    fn the_operators_words_become_ours() {
        let issue = json!({"id": "EX1", "service": "Exchange Online", "isResolved": false});
        let table = [
            ("serviceOperational", false, HealthStatus::Operational, ""),
            ("ServiceOperational", true, HealthStatus::Operational, ""),
            ("serviceDegradation", false, HealthStatus::Degraded, "Exchange Online: serviceDegradation"),
            ("ServiceInterruption", false, HealthStatus::Interrupted, "Exchange Online: serviceInterruption"),
            ("investigating", false, HealthStatus::Degraded, "Exchange Online: investigating"),
            ("extendedRecovery", false, HealthStatus::Degraded, "Exchange Online: extendedRecovery"),
            ("investigationSuspended", false, HealthStatus::Degraded, "Exchange Online: investigationSuspended"),
            ("serviceRestored", false, HealthStatus::Restored, "Exchange Online: serviceRestored"),
            ("falsePositive", false, HealthStatus::Restored, "Exchange Online: falsePositive"),
            ("mitigatedExternal", false, HealthStatus::Operational, "Exchange Online: mitigatedExternal"),
            ("mitigatedExternal", true, HealthStatus::Degraded, "Exchange Online: mitigatedExternal"),
        ];
        for (word, has_open_issue, status, note) in table {
            let overview = json!({"id": "Exchange", "service": "exchange online", "status": word});
            let issues = if has_open_issue { vec![issue.clone()] } else { vec![] };
            let health = seen(&[overview], &issues).health.remove(0);
            assert_eq!(health.status, status, "{word}");
            assert_eq!(health.note.to_lowercase(), note.to_lowercase(), "{word}");
            let named = (has_open_issue && status.is_open_outage()).then_some("EX1");
            assert_eq!(health.incident.as_deref(), named, "{word}");
        }
    }

    #[test]
    fn several_of_theirs_may_be_one_of_ours_and_unknown_ones_are_nobodys() {
        let overview = |service: &str, status: &str| json!({"id": service, "service": service, "status": status});
        let overviews = [
            overview("Power Apps", "serviceInterruption"),
            overview("Power BI", "serviceOperational"),
            overview("Identity Service", "serviceInterruption"),
            overview("Yammer", "serviceInterruption"),
        ];
        let issues = [json!({"id": "YA1", "service": "Yammer"}), json!({"id": "OR1", "service": "Identity Service"})];
        let seen = seen(&overviews, &issues);
        assert_eq!(seen.health.len(), 1);
        assert_eq!(seen.health[0].status, HealthStatus::Interrupted);
        assert!(seen.incidents.is_empty());
        assert_eq!(seen.unknown_services, ["Yammer".to_owned()].into());
    }

    #[test]
    fn an_issue_that_says_little_is_an_incident_all_the_same() {
        let issues = [
            json!({"id": "EX1", "service": "Exchange Online", "isResolved": false, "posts": [
                {"createdDateTime": "2026-03-01T08:00:00Z", "description": {"contentType": "Html", "content": "<p>Late</p>"}},
                {"createdDateTime": "2026-03-01T07:00:00Z", "description": {"contentType": "Text", "content": "<Early>"}}]}),
            json!({"id": "EX2", "service": "Exchange Online", "status": "serviceRestored", "isResolved": true,
                "startDateTime": "2026-02-01T00:00:00Z"}),
            json!({"id": "../../desk", "service": "Exchange Online", "isResolved": false}),
        ];
        let seen = seen(&[], &issues);
        let (first, second) = (&seen.incidents[0], &seen.incidents[1]);
        assert_eq!((seen.incidents.len(), seen.unnameable), (2, 1));
        assert_eq!((first.title.as_str(), first.is_open, first.ended_at), ("EX1", true, None));
        assert_eq!(first.started_at.to_rfc3339(), "2026-03-01T07:00:00+00:00");
        assert_eq!(first.modified_at.to_rfc3339(), "2026-03-01T08:00:00+00:00");
        let posts: Vec<&str> = first.entries.iter().map(|entry| entry.body.as_str()).collect();
        assert_eq!(posts, ["<Early>", "Late"]);
        assert_eq!((second.is_open, second.ended_at), (false, Some(second.started_at)));
    }
}
