//! Events, messages and attachments, as the API shows them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;
use watchdesk_core::decision::Author;
use watchdesk_core::event::{ActorRef, Event, EventKind, MessageKind};
use watchdesk_store::attachments::AttachmentMeta;
use watchdesk_store::tickets::MessageRecord;

use super::Names;

/// What happened, for good.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventView {
    /// 1, 2, 3 ... without a gap; what you may not see is left out.
    seq: i64,
    /// The time of the fact.
    at: DateTime<Utc>,
    /// When it was put on record.
    recorded_at: DateTime<Utc>,
    actor: AuthorView,
    r#type: String,
    /// What belongs to the type.
    #[schema(value_type = Object)]
    data: Value,
}

/// Who did or said it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Author)]
pub(crate) struct AuthorView {
    /// `agent`, `contact`, `operator`, `system`.
    kind: &'static str,
    id: Option<Uuid>,
    name: String,
}

impl EventView {
    pub fn new(event: &Event, names: &Names) -> Self {
        let mut data = serde_json::to_value(&event.kind).expect("an event is plain values");
        let kind = data.as_object_mut().and_then(|data| data.remove("type"));
        let actor = match event.actor {
            ActorRef::Agent(id) => AuthorView { kind: "agent", id: Some(id.0), name: names.agent(id).name },
            ActorRef::Contact(id) => AuthorView { kind: "contact", id: Some(id.0), name: names.contact(id).name },
            ActorRef::System => AuthorView { kind: "system", id: None, name: String::new() },
        };
        let r#type = kind.and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_default();
        Self { seq: event.seq, at: event.at, recorded_at: event.recorded_at, actor, r#type, data }
    }
}

/// Cases and the operator's words are not for everybody who sees the ticket.
pub(crate) fn is_about_cases(kind: &EventKind) -> bool {
    match kind {
        EventKind::CaseDrafted { .. }
        | EventKind::CaseAmended { .. }
        | EventKind::CaseDropped { .. }
        | EventKind::CaseJoined { .. }
        | EventKind::CaseFiled { .. }
        | EventKind::CaseAcknowledged { .. }
        | EventKind::CaseWaitsOnUs { .. }
        | EventKind::CaseSeverityChanged { .. }
        | EventKind::CaseAnswered { .. }
        | EventKind::CaseRefused { .. }
        | EventKind::CaseWithdrawn { .. }
        | EventKind::CaseConfirmed { .. }
        | EventKind::CaseReopened { .. }
        | EventKind::CaseReferenceRecorded { .. }
        | EventKind::CaseLessonRecorded { .. }
        | EventKind::CaseMoved { .. } => true,
        EventKind::MessageAdded { kind, .. } => *kind == MessageKind::Operator,
        EventKind::Opened { .. }
        | EventKind::CallLogged { .. }
        | EventKind::Triaged
        | EventKind::SeverityChanged { .. }
        | EventKind::CategoryChanged { .. }
        | EventKind::ServiceChanged { .. }
        | EventKind::CustomerChanged { .. }
        | EventKind::TagsChanged { .. }
        | EventKind::WatchersChanged { .. }
        | EventKind::LabelChanged { .. }
        | EventKind::CustomFieldsChanged { .. }
        | EventKind::SubjectChanged
        | EventKind::Assigned { .. }
        | EventKind::ParticipantAdded { .. }
        | EventKind::Linked(_)
        | EventKind::Unlinked(_)
        | EventKind::IncidentLinked { .. }
        | EventKind::IncidentUnlinked { .. }
        | EventKind::IncidentEnded { .. }
        | EventKind::IncidentReopened { .. }
        | EventKind::Retested { .. }
        | EventKind::Moved { .. }
        | EventKind::WaitingOver
        | EventKind::Snoozed { .. }
        | EventKind::Woken
        | EventKind::Absorbed { .. }
        | EventKind::Released { .. }
        | EventKind::SplitOff { .. }
        | EventKind::DeliveryFailed { .. } => false,
        EventKind::ClockStarted { clock }
        | EventKind::ClockSuperseded { clock }
        | EventKind::ClockMissed { clock }
        | EventKind::ClockCorrected { clock }
        | EventKind::ClockEnded { clock, .. }
        | EventKind::ClockResumed { clock }
        | EventKind::ClockExcused { clock }
        | EventKind::ExcuseRevoked { clock }
        | EventKind::StepFired { clock, .. }
        | EventKind::StepSuppressed { clock, .. }
        | EventKind::StepReachedNobody { clock, .. }
        | EventKind::StepUnanswered { clock, .. }
        | EventKind::StepAcknowledged { clock, .. }
        | EventKind::EscalationProposed { clock } => clock.case.is_some(),
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Message)]
pub(crate) struct MessageView {
    id: Uuid,
    /// `customer`, `public`, `note`, `operator`, `automatic`.
    kind: &'static str,
    author: AuthorView,
    at: DateTime<Utc>,
    body: String,
    /// Cleaned; none where it was plain text.
    html: Option<String>,
    cc: Vec<String>,
    /// The case it was said about.
    case: Option<Uuid>,
    attachments: Vec<AttachmentView>,
}

impl From<MessageRecord> for MessageView {
    fn from(record: MessageRecord) -> Self {
        let (kind, id) = match record.author {
            Author::Agent(id) => ("agent", Some(id.0)),
            Author::Contact(id) => ("contact", Some(id.0)),
            Author::Operator => ("operator", None),
            Author::System => ("system", None),
        };
        Self {
            id: record.id.0,
            kind: record.kind.as_str(),
            author: AuthorView { kind, id, name: record.author_name },
            at: record.at,
            body: record.body,
            html: record.html,
            cc: record.cc,
            case: record.case.map(|id| id.0),
            attachments: record.attachments.into_iter().map(AttachmentView::from).collect(),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Attachment)]
pub(crate) struct AttachmentView {
    pub id: Uuid,
    pub filename: String,
    pub content_type: String,
    pub size: i64,
    pub created_at: DateTime<Utc>,
}

impl From<AttachmentMeta> for AttachmentView {
    fn from(meta: AttachmentMeta) -> Self {
        Self {
            id: meta.id.0,
            filename: meta.filename,
            content_type: meta.content_type,
            size: meta.size,
            created_at: meta.created_at,
        }
    }
}
