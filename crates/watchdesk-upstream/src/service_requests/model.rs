//! A service request, as the operator keeps it and as we file one.

use serde_json::{Value, json};
use watchdesk_core::Instant;

use crate::reading::{Row, enumeration};

const REFERENCE_LENGTH_MAX: usize = 64;
const TITLE_CHARACTERS_MAX: usize = 255;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRequest {
    pub id: String,
    pub title: String,
    pub description: String,
    pub severity: Option<RequestSeverity>,
    pub status: Option<RequestStatus>,
    pub support_topic_id: Option<String>,
    pub support_topic_name: Option<String>,
    pub product_id: Option<String>,
    pub product_name: Option<String>,
    /// The customer it speaks of.
    pub organization_id: Option<String>,
    pub created: Option<Instant>,
    pub last_modified: Option<Instant>,
    pub last_closed: Option<Instant>,
    pub notes: Vec<RequestNote>,
    pub etag: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestNote {
    pub by: Option<String>,
    pub created: Option<Instant>,
    pub text: String,
}

/// What is to be filed.
#[derive(Debug, Clone)]
pub struct NewServiceRequest {
    /// The customer's directory.
    pub tenant: String,
    /// Our own, such as `WD-1042-1`. It stands in the title, so that the request is found again.
    pub reference: String,
    pub title: String,
    pub description: String,
    pub severity: RequestSeverity,
    pub support_topic_id: String,
    /// The reseller's, not the customer's.
    pub contact: Contact,
}

#[derive(Debug, Clone)]
pub struct Contact {
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub phone: String,
}

enumeration! {
    RequestSeverity {
        Unknown = "unknown" / 0,
        Critical = "critical" / 1,
        Moderate = "moderate" / 2,
        Minimal = "minimal" / 3,
    }
}

enumeration! {
    RequestStatus {
        None = "none" / 0,
        Open = "open" / 1,
        Closed = "closed" / 2,
        AttentionNeeded = "attention_needed" / 3,
    }
}

impl ServiceRequest {
    pub(crate) fn read(row: Row<'_>) -> Result<Self, &'static str> {
        let note = |row: Row<'_>| {
            Some(RequestNote {
                by: row.text("createdByName"),
                created: row.instant("createdDate"),
                text: row.text("text")?,
            })
        };
        Ok(Self {
            id: row.text("id").ok_or("it has no id")?,
            title: row.words("title"),
            description: row.words("description"),
            severity: RequestSeverity::read(row.get("severity")),
            status: RequestStatus::read(row.get("status")),
            support_topic_id: row.text("supportTopicId"),
            support_topic_name: row.text("supportTopicName"),
            product_id: row.text("productId"),
            product_name: row.text("productName"),
            organization_id: row.child("organization").and_then(|organization| organization.text("id")),
            created: row.instant("createdDate"),
            last_modified: row.instant("lastModifiedDate"),
            last_closed: row.instant("lastClosedDate"),
            notes: row.children("notes").filter_map(note).collect(),
            etag: row.child("attributes").and_then(|attributes| attributes.text("etag")),
        })
    }

    pub(crate) fn carries(&self, mark: &str) -> bool {
        self.title.contains(mark)
    }

    pub(crate) fn times_noted(&self, text: &str) -> usize {
        self.notes.iter().filter(|note| note.text == text.trim()).count()
    }
}

impl NewServiceRequest {
    /// What stands in the title and in no other title. `None` where the reference is none.
    pub(crate) fn mark(&self) -> Option<String> {
        let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'[' | b']');
        let fits = (1..=REFERENCE_LENGTH_MAX).contains(&self.reference.len());
        (fits && self.reference.bytes().all(plain)).then(|| format!("[{}]", self.reference))
    }

    pub(crate) fn body(&self, mark: &str) -> Value {
        let title: String = format!("{mark} {}", self.title).chars().take(TITLE_CHARACTERS_MAX).collect();
        json!({
            "title": title,
            "description": self.description,
            "severity": self.severity.as_str(),
            "supportTopicId": self.support_topic_id,
            "organization": {"id": self.tenant},
            "primaryContact": {
                "firstName": self.contact.first_name,
                "lastName": self.contact.last_name,
                "email": self.contact.email,
                "phoneNumber": self.contact.phone,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enumerations_are_read_as_documented() {
        let severities = ["unknown", "critical", "moderate", "minimal"];
        let states = ["none", "open", "closed", "attention_needed"];
        for number in 0..4 {
            let (severity, state) = (severities[number], states[number]);
            assert_eq!(RequestSeverity::read(&json!(severity)), RequestSeverity::read(&json!(number)));
            assert_eq!(RequestStatus::read(&json!(state)), RequestStatus::read(&json!(number)));
            assert_eq!(RequestStatus::read(&json!(number)).unwrap().as_str(), state);
        }
        assert_eq!(RequestStatus::read(&json!("AttentionNeeded")), Some(RequestStatus::AttentionNeeded));
    }
}
