//! Cases with the operator, as the API shows them.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use watchdesk_core::case::{AnswerOutcome, Case, CaseState, FilingChannel, HealthEvidence, Lesson};
use watchdesk_core::disclosure::{Disclosure, HandedField};
use watchdesk_core::event::ActorRef;
use watchdesk_core::ids::TicketId;
use watchdesk_core::packet::Packet;
use watchdesk_core::redaction::{Kind, Piece};
use watchdesk_core::ticket::Severity;
use watchdesk_store::tickets::{self, TicketRecord};
use watchdesk_store::{desk, directory};
use watchdesk_templates::PacketField;

use super::ClockView;
use crate::app::App;
use crate::handing::{self, HandOver};
use crate::middleware::authenticate::Caller;
use crate::problem::Problem;

/// A case in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaseSummary {
    id: Uuid,
    version: i64,
    /// `drafted`, `filed`, `acknowledged`, `waiting_on_us`, `answered`, `refused`, `withdrawn`, `confirmed`, `reopened`.
    state: &'static str,
    operator: String,
    /// The operator's own number, once filed.
    reference: Option<String>,
    /// As filed.
    severity: &'static str,
    /// What the operator changed it to.
    severity_lowered: Option<&'static str>,
    /// `lacks_training`, `lacks_documentation`, `lacks_tools`, `operator_fault`.
    reason: &'static str,
    summary: String,
    /// Those of its tickets that you may see.
    tickets: Vec<CaseTicket>,
    drafted_at: DateTime<Utc>,
    filed_at: Option<DateTime<Utc>>,
    acknowledged_at: Option<DateTime<Utc>>,
    /// The operator's last word; filing counts as the first.
    last_word_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaseTicket {
    number: i64,
    subject: String,
    state: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Case)]
pub(crate) struct CaseView {
    #[serde(flatten)]
    case: CaseSummary,
    /// `solved` or `not_solved`, once answered.
    outcome: Option<&'static str>,
    /// `checked` or `waived`.
    health: &'static str,
    health_checked_at: Option<DateTime<Utc>>,
    health_waiver: Option<String>,
    not_this_incident: Option<String>,
    incident_override: Option<String>,
    evidence: EvidenceView,
    /// `customer_request`, `partner_center_request`, `customer_files`: where the operator takes it.
    queue: &'static str,
    /// Files of its tickets that go along.
    attachments: Vec<Uuid>,
    /// Addresses and telephone numbers that stay readable in the packet.
    keep: Vec<String>,
    /// `portal`, `phone`, `mail`, `api`.
    channel: Option<&'static str>,
    /// The person at the operator's.
    operator_contact: Option<String>,
    /// How it was refused or withdrawn.
    ending: Option<String>,
    /// What was learned from it, where it was refused or withdrawn.
    lesson: Option<LessonView>,
    reopened_count: i32,
    /// What the operator owes us.
    clocks: Vec<ClockView>,
    /// What the operator's form asks for.
    packet: Option<PacketView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Lesson)]
pub(crate) struct LessonView {
    body: String,
    /// `training`, `documentation`, `tool`, `process`, `none`.
    measure: &'static str,
    /// The agent who sees to it.
    owner: Option<Uuid>,
    /// Who wrote it last, and when.
    by: Uuid,
    at: DateTime<Utc>,
}

impl From<Lesson> for LessonView {
    fn from(lesson: Lesson) -> Self {
        let owner = lesson.owner.map(|id| id.0);
        Self { body: lesson.body, measure: lesson.measure.as_str(), owner, by: lesson.by.0, at: lesson.at }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Evidence)]
pub(crate) struct EvidenceView {
    tried: String,
    impact: String,
    affected_users: Option<u32>,
    since: Option<DateTime<Utc>>,
    error_texts: String,
    tenant_id: String,
    subscription_id: String,
    order_id: String,
    customer_id: String,
    mpn_id: String,
    domain_name: String,
    invoice_number: String,
}

/// The hand-off packet: as data, and as text to copy.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Packet)]
pub(crate) struct PacketView {
    #[serde(flatten)]
    #[schema(value_type = Object)]
    packet: Packet,
    /// In the operator's language.
    text: String,
    /// What was taken out of it before anybody copies it; the case keeps it as it was written.
    redacted: Vec<Redacted>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Redacted {
    /// The packet's field.
    field: &'static str,
    /// `private_key`, `password`, `token`, `key`, `identity_number`, `bank_card`; `phone` and `address` are masked.
    what: &'static str,
}

impl CaseSummary {
    /// `tickets` are those of its tickets that the reader may see.
    pub fn new<'t>(case: &Case, tickets: impl IntoIterator<Item = &'t TicketRecord>) -> Self {
        let ticket = |record: &TicketRecord| CaseTicket {
            number: record.ticket.number.0,
            subject: record.words.subject.clone(),
            state: record.ticket.state.kind().as_str(),
        };
        Self {
            id: case.id.0,
            version: case.version,
            state: case.state.kind().as_str(),
            operator: case.operator.to_string(),
            reference: case.reference.clone(),
            severity: case.severity.as_str(),
            severity_lowered: case.severity_lowered.map(Severity::as_str),
            reason: case.reason.as_str(),
            summary: case.words.summary.clone(),
            tickets: tickets.into_iter().map(ticket).collect(),
            drafted_at: case.drafted_at,
            filed_at: case.filed_at,
            acknowledged_at: case.acknowledged_at,
            last_word_at: case.last_word_at,
            ended_at: case.ended_at,
        }
    }
}

pub(crate) async fn case_view(app: &App, caller: &Caller, case: Case) -> Result<CaseView, Problem> {
    let ids: Vec<TicketId> = case.tickets.iter().copied().collect();
    let mut visible = tickets::by_ids(&app.store, &ids).await?;
    let reach = caller.visibility();
    visible.retain(|record| reach.admits(&record.ticket));
    let packet = match visible.first() {
        Some(record) => Some(packet_view(app, caller, &case, record).await?),
        None => None,
    };
    let (health, health_checked_at) = match case.health {
        HealthEvidence::Checked { at } => ("checked", Some(at)),
        HealthEvidence::Waived => ("waived", None),
    };
    let outcome = match case.state {
        CaseState::Answered { outcome: AnswerOutcome::Solved, .. } => Some("solved"),
        CaseState::Answered { outcome: AnswerOutcome::NotSolved, .. } => Some("not_solved"),
        _ => None,
    };
    let summary = CaseSummary::new(&case, &visible);
    let clocks = case.clocks.into_iter().filter(|clock| !clock.is_superseded()).map(ClockView::from).collect();
    let words = case.words;
    Ok(CaseView {
        case: summary,
        outcome,
        health,
        health_checked_at,
        health_waiver: words.health_waiver,
        not_this_incident: words.not_this_incident,
        incident_override: words.incident_override,
        evidence: EvidenceView::from(words.evidence),
        queue: words.handing.queue.as_str(),
        attachments: words.handing.attachments.iter().map(|id| id.0).collect(),
        keep: words.handing.keep,
        channel: case.channel.map(FilingChannel::as_str),
        operator_contact: words.operator_contact,
        ending: words.ending,
        lesson: words.lesson.map(LessonView::from),
        reopened_count: case.reopened_count,
        clocks,
        packet,
    })
}

impl From<watchdesk_core::case::Evidence> for EvidenceView {
    fn from(evidence: watchdesk_core::case::Evidence) -> Self {
        Self {
            tried: evidence.tried,
            impact: evidence.impact,
            affected_users: evidence.affected_users,
            since: evidence.since,
            error_texts: evidence.error_texts,
            tenant_id: evidence.tenant_id,
            subscription_id: evidence.subscription_id,
            order_id: evidence.order_id,
            customer_id: evidence.customer_id,
            mpn_id: evidence.mpn_id,
            domain_name: evidence.domain_name,
            invoice_number: evidence.invoice_number,
        }
    }
}

/// As whoever reads it would hand it over.
async fn packet_view(app: &App, caller: &Caller, case: &Case, record: &TicketRecord) -> Result<PacketView, Problem> {
    let store = &app.store;
    let customer = match record.ticket.customer {
        Some(id) => directory::customer(store, id).await?,
        None => None,
    };
    let agent = directory::agent(store, caller.agent()).await?;
    let (desk, files) = (desk::load(store).await?, handing::chosen_files(store, case).await?);
    let over = HandOver {
        desk: &desk,
        reseller: &app.options.reseller,
        person: agent.as_ref().map_or(&app.options.reseller.person, |agent| &agent.name),
        case,
        ticket: &record.ticket,
        customer: customer.as_ref(),
        files: &files,
    };
    let mut packet = over.packet();
    let text = over.text(&packet);
    text.apply(&mut packet);
    let redacted = text.fields.iter().flat_map(Redacted::of_field).collect();
    Ok(PacketView { packet, text: text.whole, redacted })
}

impl Redacted {
    fn of_field(field: &PacketField) -> impl Iterator<Item = Self> {
        let kinds: BTreeSet<Kind> = field
            .pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Removed { kind, .. } => Some(*kind),
                Piece::Plain(_) | Piece::Kept { .. } => None,
            })
            .collect();
        kinds.into_iter().map(|kind| Self { field: field.name, what: kind.as_str() })
    }
}

/// What left the house for a case.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Disclosure)]
pub(crate) struct DisclosureView {
    at: DateTime<Utc>,
    operator: String,
    /// Who handed it over, as an id; none where the desk did it by itself.
    by: Option<Uuid>,
    /// `portal`, `phone`, `mail`, `api`; `copied` where somebody copied the text on the page.
    channel: &'static str,
    /// Names of the packet's fields that were filled in.
    fields: Vec<DisclosedField>,
    attachments: Vec<Uuid>,
    /// SHA-256 of the text as it was handed over, in hexadecimal.
    digest: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DisclosedField {
    name: String,
    /// Somebody's data stood in it.
    personal: bool,
}

impl From<Disclosure> for DisclosureView {
    fn from(disclosure: Disclosure) -> Self {
        let field = |field: HandedField| DisclosedField { name: field.name, personal: field.personal };
        Self {
            at: disclosure.at,
            operator: disclosure.operator.to_string(),
            by: match disclosure.by {
                ActorRef::Agent(id) => Some(id.0),
                ActorRef::Contact(_) | ActorRef::System => None,
            },
            channel: disclosure.way.as_str(),
            fields: disclosure.handed.fields.into_iter().map(field).collect(),
            attachments: disclosure.attachments.into_iter().map(|id| id.0).collect(),
            digest: disclosure.handed.digest,
        }
    }
}
