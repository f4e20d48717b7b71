//! The operator's side of a ticket: the gate, the case, the hand-off packet.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::shell::Choice;
use super::ticket::Clock;

/// The form that drafts a case or changes a draft, with the gate as it stands.
#[derive(Debug, Clone, Serialize)]
pub struct EscalationForm {
    pub operator: String,
    /// Slugs of severities that contract and category allow upstream.
    pub severities: Vec<String>,
    /// What to start with: empty for a new case, the draft's values for a draft.
    pub reason: String,
    pub severity: String,
    pub summary: String,
    pub health_waiver: String,
    pub not_this_incident: String,
    pub incident_override: String,
    pub gate: Vec<GateItem>,
    /// Health was not checked lately: a waiver with a reason is asked for.
    pub needs_waiver: bool,
    /// The service has an open incident that this ticket is not linked to:
    /// "is it this one?" must be answered.
    pub open_incident: Option<IncidentNote>,
    /// This ticket is linked to an open incident: refused unless overridden.
    pub linked_incident: Option<IncidentNote>,
    pub may_override: bool,
    /// What is known already.
    pub evidence: Evidence,
    /// The category asks for numbers to quote, or one is filled in: they are shown unfolded.
    pub quotes_numbers: bool,
    /// `customer_request`, `partner_center_request`, `customer_files`.
    pub queue: String,
    /// Files of the ticket that may go along.
    pub files: Vec<FileChoice>,
    /// Addresses and telephone numbers in the texts, which are masked unless they are kept.
    pub keepable: Vec<Keepable>,
}

/// A file, and whether it goes along.
#[derive(Debug, Clone, Serialize)]
pub struct FileChoice {
    pub id: String,
    pub name: String,
    pub size: i64,
    pub chosen: bool,
}

/// Somebody's address or number, and whether it stays readable.
#[derive(Debug, Clone, Serialize)]
pub struct Keepable {
    pub text: String,
    pub kept: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct IncidentNote {
    pub reference: String,
    pub title: String,
}

/// One condition of the gate.
#[derive(Debug, Clone, Serialize)]
pub struct GateItem {
    /// `triaged`, `health`, `incident`, `right`, `reason`, `severity`, `summary`, or a field of
    /// the evidence (`tried`, `impact`, `affected_users`, `since`, `error_texts`, `tenant_id`,
    /// `subscription_id`, `order_id`, `customer_id`, `mpn_id`, `domain_name`, `invoice_number`,
    /// `invoice_or_order`): `gate.<name>` in the catalogues.
    pub name: String,
    pub passed: bool,
    /// What is missing and how to supply it, in words; empty when passed.
    pub missing: String,
}

/// The evidence the operator asks for, as text for the form; its fields carry `evidence_`
/// before the name.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Evidence {
    pub tried: String,
    pub impact: String,
    pub affected_users: String,
    /// As `datetime-local` wants it, in the reader's zone: `2026-03-18T09:00`.
    pub since: String,
    pub error_texts: String,
    pub tenant_id: String,
    pub subscription_id: String,
    pub order_id: String,
    pub customer_id: String,
    pub mpn_id: String,
    pub domain_name: String,
    pub invoice_number: String,
}

/// A case on the ticket page.
#[derive(Debug, Clone, Serialize)]
pub struct CaseBox {
    pub id: String,
    pub version: i64,
    pub operator: String,
    /// `drafted`, `filed`, `acknowledged`, `waiting_on_us`, `answered`, `refused`,
    /// `withdrawn`, `confirmed`, `reopened`.
    pub state: String,
    /// `solved`, `not_solved`, once answered.
    pub outcome: Option<String>,
    pub reference: Option<String>,
    pub summary: String,
    /// `lacks_training`, `lacks_documentation`, `lacks_tools`, `operator_fault`.
    pub reason: String,
    pub channel: Option<String>,
    pub contact: Option<String>,
    pub severity: Option<String>,
    /// Why it was refused or withdrawn.
    pub ended_because: Option<String>,
    /// Of a case that came back: what was learned, or a form for it.
    pub lesson: Option<CaseLesson>,
    /// Who may see to a measure.
    pub owners: Vec<Choice>,
    pub drafted_at: DateTime<Utc>,
    pub filed_at: Option<DateTime<Utc>>,
    pub acknowledged_at: Option<DateTime<Utc>>,
    pub last_word_at: Option<DateTime<Utc>>,
    pub clocks: Vec<Clock>,
    pub gate: Vec<GateItem>,
    /// While it is a draft that the reader may change.
    pub draft: Option<EscalationForm>,
    pub packet: Option<Packet>,
    /// What left the house, the oldest first.
    pub disclosures: Vec<Disclosed>,
    /// All tickets of this case, this one included.
    pub tickets: Vec<CaseTicket>,
    /// Where the request is typed in; from configuration.
    pub portal: Option<String>,
    /// `mail` or `api`, where the desk itself hands over to this operator.
    pub takes: Option<String>,
    pub actions: CaseActions,
    /// Now, as `datetime-local` wants it, in the reader's zone.
    pub now: String,
    /// Nobody at the operator's has contacted us yet.
    pub awaits_contact: bool,
    /// The composer's text, when the customer is to be told what the operator said; else empty.
    pub tell: String,
    /// What may be done with the operator's messages, by their ids.
    pub words: BTreeMap<String, CaseWord>,
    /// Words that remind the operator, when a word of his is near or overdue; else empty.
    pub chase: String,
    /// So many tickets can be resolved with one answer; none where it is fewer than two.
    pub resolve_all: Option<usize>,
}

/// What may be done with a message of the operator's.
#[derive(Debug, Clone, Serialize)]
pub struct CaseWord {
    /// Draft a message to the customer from it.
    pub tell: bool,
    /// When it was said, as `datetime-local` wants it, where it may be the first answer.
    pub first_answer_at: Option<String>,
}

/// What was learned from a case.
#[derive(Debug, Clone, Serialize)]
pub struct CaseLesson {
    pub body: String,
    /// `training`, `documentation`, `tool`, `process`, `none`.
    pub measure: String,
    /// Who sees to it: the id, and the name.
    pub owner: String,
    pub owner_name: String,
    /// Who wrote it last.
    pub by: String,
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone, Serialize)]
pub struct CaseTicket {
    pub number: i64,
    pub subject: String,
    pub customer: Option<String>,
}

/// Copy-ready text for the operator's form, in the operator's language.
#[derive(Debug, Clone, Serialize)]
pub struct Packet {
    /// The queue upstream: `customer_request`, `partner_center_request`, `customer_files`.
    pub queue: String,
    pub fields: Vec<PacketField>,
    /// All of it as one text.
    pub whole: String,
    /// It was asked for without a script, so the one text is shown to be copied by hand.
    pub is_shown: bool,
    /// Something was taken out or masked.
    pub redacted: bool,
    pub files: Vec<PacketFile>,
}

/// A file that goes along, to be fetched and handed over by hand.
#[derive(Debug, Clone, Serialize)]
pub struct PacketFile {
    pub href: String,
    pub name: String,
    pub size: i64,
}

/// One handing over.
#[derive(Debug, Clone, Serialize)]
pub struct Disclosed {
    pub at: DateTime<Utc>,
    /// None where the desk did it by itself.
    pub by: Option<String>,
    /// `portal`, `phone`, `mail`, `api`, `copied`.
    pub channel: String,
    /// As the packet's fields are called, in the reader's language.
    pub fields: Vec<String>,
    /// Those in which somebody's data stood.
    pub personal: Vec<String>,
    pub files: usize,
    /// The beginning of the digest of the text.
    pub digest: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct PacketField {
    /// As the operator's form calls it.
    pub label: String,
    pub parts: Vec<PacketPart>,
    /// It is personal data; handing it over is recorded.
    pub personal: bool,
}

/// A stretch of a field's text.
#[derive(Debug, Clone, Serialize)]
pub struct PacketPart {
    pub text: String,
    /// What was taken out here (`password`, `phone`, ...): `packet.removed.<kind>` in the catalogues.
    pub removed: Option<String>,
}

/// What may be done with the case now.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CaseActions {
    pub file: bool,
    /// The operator's number, also another one than was known.
    pub record_reference: bool,
    /// A word that goes out by itself.
    pub write: bool,
    pub drop_draft: bool,
    pub acknowledge: bool,
    pub update: bool,
    pub wait_on_us: bool,
    pub severity: bool,
    pub answer: bool,
    pub refuse: bool,
    pub withdraw: bool,
    pub confirm: bool,
    pub reopen: bool,
    pub add_ticket: bool,
    /// Of a case that was filed and came back.
    pub learn: bool,
}
