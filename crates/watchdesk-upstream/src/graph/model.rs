//! What Graph tells of the health of services, as plain facts.

use serde_json::Value;
use watchdesk_core::Instant;

use crate::reading::{Row, enumeration};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthOverview {
    /// `Exchange`.
    pub id: String,
    /// `Exchange Online`: by this name issues speak of it.
    pub service: String,
    pub status: Option<HealthState>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// `EX226792`.
    pub id: String,
    pub title: String,
    pub service: String,
    pub feature: Option<String>,
    pub feature_group: Option<String>,
    /// `incident` or `advisory`, as it was written.
    pub classification: Option<String>,
    pub origin: Option<String>,
    pub status: Option<HealthState>,
    pub is_resolved: Option<bool>,
    pub impact: Option<String>,
    pub start: Option<Instant>,
    pub end: Option<Instant>,
    pub last_modified: Option<Instant>,
    pub details: Vec<(String, String)>,
    pub posts: Vec<Post>,
}

/// Words from outside: clean them before anybody is shown them as HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    pub created: Option<Instant>,
    pub kind: Option<String>,
    pub is_html: bool,
    pub content: String,
}

enumeration! {
    /// Documents write it small, samples write it large; unknown ones are kept.
    HealthState {
        ServiceOperational = "serviceOperational",
        Investigating = "investigating",
        RestoringService = "restoringService",
        VerifyingService = "verifyingService",
        ServiceRestored = "serviceRestored",
        PostIncidentReviewPublished = "postIncidentReviewPublished",
        ServiceDegradation = "serviceDegradation",
        ServiceInterruption = "serviceInterruption",
        ExtendedRecovery = "extendedRecovery",
        FalsePositive = "falsePositive",
        InvestigationSuspended = "investigationSuspended",
    }
}

impl HealthState {
    /// Whether it means an outage that is not over. What is unknown opens nothing.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self {
            Self::Investigating
            | Self::RestoringService
            | Self::VerifyingService
            | Self::ServiceDegradation
            | Self::ServiceInterruption
            | Self::ExtendedRecovery
            | Self::InvestigationSuspended => true,
            Self::ServiceOperational
            | Self::ServiceRestored
            | Self::PostIncidentReviewPublished
            | Self::FalsePositive
            | Self::Other(_) => false,
        }
    }
}

impl HealthOverview {
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.status.as_ref().is_some_and(HealthState::is_open)
    }

    pub(crate) fn read(row: Row<'_>) -> Result<Self, &'static str> {
        let id = row.text("id").ok_or("it has no id")?;
        let service = row.text("service").unwrap_or_else(|| id.clone());
        Ok(Self { id, service, status: HealthState::read(row.get("status")) })
    }
}

impl Issue {
    /// `isResolved` decides; the status only where that is not said.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self.is_resolved {
            Some(is_resolved) => !is_resolved,
            None => self.status.as_ref().is_some_and(HealthState::is_open),
        }
    }

    pub(crate) fn read(row: Row<'_>) -> Result<Self, &'static str> {
        let pair = |row: Row<'_>| Some((row.text("name")?, row.words("value")));
        Ok(Self {
            id: row.text("id").ok_or("it has no id")?,
            title: row.words("title"),
            service: row.words("service"),
            feature: row.text("feature"),
            feature_group: row.text("featureGroup"),
            classification: row.text("classification"),
            origin: row.text("origin"),
            status: HealthState::read(row.get("status")),
            is_resolved: row.flag("isResolved"),
            impact: row.text("impactDescription"),
            start: row.instant("startDateTime"),
            end: row.instant("endDateTime"),
            last_modified: row.instant("lastModifiedDateTime"),
            details: row.children("details").filter_map(pair).collect(),
            posts: row.children("posts").filter_map(Post::read).collect(),
        })
    }
}

impl Post {
    /// One that says nothing is none. What does not say that it is plain text is taken for HTML, which is safe.
    fn read(row: Row<'_>) -> Option<Self> {
        let description = row.child("description");
        let content = match description {
            Some(description) => description.text("content")?,
            None => row.text("description")?,
        };
        let kind = description.map_or(&Value::Null, |description| description.get("contentType"));
        let is_html = !kind.as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("text"));
        Some(Self { created: row.instant("createdDateTime"), kind: row.text("postType"), is_html, content })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_outage_is_open_or_over() {
        let table = [
            ("serviceOperational", false),
            ("ServiceOperational", false),
            ("investigating", true),
            ("Investigating", true),
            ("restoringService", true),
            ("RESTORINGSERVICE", true),
            ("verifyingService", true),
            ("serviceRestored", false),
            ("ServiceRestored", false),
            ("postIncidentReviewPublished", false),
            ("serviceDegradation", true),
            ("ServiceDegradation", true),
            ("serviceInterruption", true),
            ("extendedRecovery", true),
            ("falsePositive", false),
            ("investigationSuspended", true),
            ("resolvedExternal", false),
        ];
        for (word, open) in table {
            let state = HealthState::read(&json!(word)).unwrap();
            assert_eq!(state.is_open(), open, "{word}");
            assert!(state.as_str().eq_ignore_ascii_case(word));
        }
    }

    #[test]
    fn the_documented_issue_is_read() {
        let body = json!({"id":"EX226792","title":"Limited number of users unable to send or receive email",
            "service":"Exchange Online","feature":"Mailflow","featureGroup":"E-Mail timely delivery",
            "classification":"Incident","origin":"Microsoft","status":"ServiceRestored","isResolved":true,
            "impactDescription":"...","startDateTime":"2020-11-13T21:00:00Z","endDateTime":"2020-11-14T17:15:00Z",
            "lastModifiedDateTime":"2020-11-14T18:20:24.767Z","details":[{"name":"NotifyInApp","value":"True"}],
            "posts":[{"createdDateTime":"2020-11-12T07:07:38.97Z","postType":"Regular",
            "description":{"contentType":"Html","content":"<p>x</p>"}}, {"postType":"Regular"}]});
        let issue = Issue::read(Row::of(&body).unwrap()).unwrap();
        assert!(!issue.is_open());
        assert_eq!(issue.status, Some(HealthState::ServiceRestored));
        assert_eq!(issue.end, Some("2020-11-14T17:15:00Z".parse().unwrap()));
        assert_eq!(issue.details, [("NotifyInApp".to_owned(), "True".to_owned())]);
        assert_eq!((issue.posts.len(), issue.posts[0].is_html), (1, true));
    }

    #[test]
    fn is_resolved_decides() {
        let open = |body: Value| Issue::read(Row::of(&body).unwrap()).unwrap().is_open();
        assert!(open(json!({"id": "1", "status": "serviceRestored", "isResolved": false})));
        assert!(!open(json!({"id": "1", "status": "investigating", "isResolved": true})));
        assert!(open(json!({"id": "1", "status": "investigating"})));
        assert!(!open(json!({"id": "1", "status": null, "isResolved": null})));
    }
}
