//! The gate before the operator: what a case must have, field by field. Checked when it is drafted and when it is filed.

use serde::Serialize;

use crate::Instant;
use crate::case::{CaseWords, EscalationReason, Evidence, HealthEvidence, Queue};
use crate::desk::{Category, Desk};
use crate::facts::{CustomerFact, DelegatedAdmin, HealthFact, IncidentFact};
use crate::ids::Slug;
use crate::operator::Takes;
use crate::ticket::{Severity, Ticket};

/// One field that keeps the gate shut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// As the form and the API call it.
    pub field: &'static str,
    /// Stable, for the message catalogues.
    pub code: &'static str,
    /// A sentence.
    pub what: String,
    pub way_out: String,
    pub parameters: Vec<(&'static str, String)>,
}

/// What the gate looks at.
#[derive(Debug)]
pub struct GateFacts<'a> {
    pub desk: &'a Desk,
    pub ticket: &'a Ticket,
    pub customer: Option<&'a CustomerFact>,
    pub health: Option<&'a HealthFact>,
    pub incidents: &'a [IncidentFact],
    pub may_override: bool,
    pub now: Instant,
}

/// What somebody wants to take through it.
#[derive(Debug)]
pub struct GateRequest<'a> {
    pub reason: Option<EscalationReason>,
    pub severity: Option<Severity>,
    pub words: &'a CaseWords,
    /// To whom it goes.
    pub operator: &'a Slug,
}

/// What the evidence of a category may ask for. `invoice_or_order` is one of the two.
pub const EVIDENCE_FIELDS: [&str; 13] = [
    "tried",
    "impact",
    "affected_users",
    "since",
    "error_texts",
    "tenant_id",
    "subscription_id",
    "order_id",
    "customer_id",
    "mpn_id",
    "domain_name",
    "invoice_number",
    "invoice_or_order",
];

/// Evidence that every category asks for unless its entry says otherwise.
const EVIDENCE_DEFAULT: [&str; 2] = ["tried", "impact"];

/// Everything that is missing; empty when the gate is open.
pub fn missing(facts: &GateFacts<'_>, request: &GateRequest<'_>) -> Vec<Missing> {
    let mut missing = Vec::new();
    missing.extend(triage(facts));
    missing.extend(reason(request));
    if request.words.summary.trim().is_empty() {
        missing.push(item(
            "summary",
            "gate_summary",
            "The problem is not described.",
            "Describe the one problem in a sentence or two.",
        ));
    }
    missing.extend(evidence(facts, &request.words.evidence));
    missing.extend(health(facts, request.words));
    missing.extend(incident(facts, request.words));
    missing.extend(retest(facts));
    if facts.desk.operator(request.operator).takes == Takes::ByPerson {
        missing.extend(queue(facts, request.words.handing.queue));
    }
    if let Some(severity) = request.severity {
        missing.extend(severity_not_allowed(facts, severity));
    }
    missing
}

/// What the gate accepted about health.
pub fn health_evidence(facts: &GateFacts<'_>) -> HealthEvidence {
    match fresh_check(facts) {
        Some(at) => HealthEvidence::Checked { at },
        None => HealthEvidence::Waived,
    }
}

fn item(field: &'static str, code: &'static str, what: &str, way_out: &str) -> Missing {
    Missing { field, code, what: what.to_owned(), way_out: way_out.to_owned(), parameters: Vec::new() }
}

fn triage(facts: &GateFacts<'_>) -> Option<Missing> {
    (!facts.ticket.triaged).then(|| {
        item(
            "triage",
            "gate_triage",
            "The ticket is not triaged.",
            "Triage it: category, severity, and the service affected.",
        )
    })
}

fn reason(request: &GateRequest<'_>) -> Option<Missing> {
    request.reason.is_none().then(|| {
        item(
            "reason",
            "gate_reason",
            "The reason is missing why the desk cannot solve it itself.",
            "Choose one: lacks_training, lacks_documentation, lacks_tools, operator_fault.",
        )
    })
}

/// The evidence fields that a category asks for.
pub fn evidence_fields(category: Option<&Category>) -> Vec<&str> {
    match category.filter(|category| !category.evidence.is_empty()) {
        Some(category) => category.evidence.iter().map(String::as_str).collect(),
        None => EVIDENCE_DEFAULT.to_vec(),
    }
}

fn evidence(facts: &GateFacts<'_>, evidence: &Evidence) -> Vec<Missing> {
    let category = facts.ticket.category.as_ref().and_then(|slug| facts.desk.categories.get(slug));
    evidence_fields(category).into_iter().filter_map(|field| evidence_item(field, evidence)).collect()
}

fn evidence_item(field: &str, evidence: &Evidence) -> Option<Missing> {
    let empty = |text: &str| text.trim().is_empty();
    if field == "invoice_or_order" {
        let names_neither = empty(&evidence.invoice_number) && empty(&evidence.order_id);
        return names_neither.then(|| {
            item(
                "evidence.invoice_number",
                "gate_invoice_or_order",
                "Neither an invoice number nor an order id is given.",
                "Fill in one of the two; the operator asks for it.",
            )
        });
    }
    let (is_missing, name, code, what) = match field {
        "tried" => (empty(&evidence.tried), "evidence.tried", "gate_tried", "What was tried is missing."),
        "impact" => {
            (empty(&evidence.impact), "evidence.impact", "gate_impact", "The impact on the customer is missing.")
        }
        "affected_users" => (
            evidence.affected_users.is_none(),
            "evidence.affected_users",
            "gate_affected_users",
            "The number of affected users is missing.",
        ),
        "since" => (evidence.since.is_none(), "evidence.since", "gate_since", "It is not said since when it happens."),
        "error_texts" => {
            (empty(&evidence.error_texts), "evidence.error_texts", "gate_error_texts", "The error texts are missing.")
        }
        "tenant_id" => {
            (empty(&evidence.tenant_id), "evidence.tenant_id", "gate_tenant_id", "The tenant id is missing.")
        }
        "subscription_id" => (
            empty(&evidence.subscription_id),
            "evidence.subscription_id",
            "gate_subscription_id",
            "The subscription id is missing.",
        ),
        "order_id" => (empty(&evidence.order_id), "evidence.order_id", "gate_order_id", "The order id is missing."),
        "customer_id" => {
            (empty(&evidence.customer_id), "evidence.customer_id", "gate_customer_id", "The customer id is missing.")
        }
        "mpn_id" => (empty(&evidence.mpn_id), "evidence.mpn_id", "gate_mpn_id", "The MPN id is missing."),
        "domain_name" => {
            (empty(&evidence.domain_name), "evidence.domain_name", "gate_domain_name", "The domain name is missing.")
        }
        "invoice_number" => (
            empty(&evidence.invoice_number),
            "evidence.invoice_number",
            "gate_invoice_number",
            "The invoice number is missing.",
        ),
        _ => return None,
    };
    is_missing.then(|| item(name, code, what, "Fill it in; the operator asks for it."))
}

fn fresh_check(facts: &GateFacts<'_>) -> Option<Instant> {
    let valid = chrono::Duration::seconds(facts.desk.settings.health_valid_s);
    facts.health.map(|health| health.checked_at).filter(|at| *at + valid >= facts.now)
}

fn given(text: Option<&String>) -> bool {
    text.is_some_and(|text| !text.trim().is_empty())
}

fn health(facts: &GateFacts<'_>, words: &CaseWords) -> Option<Missing> {
    if fresh_check(facts).is_some() || given(words.health_waiver.as_ref()) {
        return None;
    }
    let minutes = facts.desk.settings.health_valid_s / 60;
    let what = match (&facts.ticket.service, facts.health) {
        (None, _) => "The ticket names no service whose health could be checked.".to_owned(),
        (Some(service), None) => format!("Nobody has checked the health of {service} for this customer."),
        (Some(service), Some(_)) => {
            format!("The health of {service} was last checked more than {minutes} minutes ago.")
        }
    };
    Some(Missing {
        field: "health_waiver",
        code: "gate_health",
        what,
        way_out:
            "Check the service's health and record it, or give a reason in health_waiver why it cannot be checked."
                .to_owned(),
        parameters: vec![
            ("service", facts.ticket.service.as_ref().map(ToString::to_string).unwrap_or_default()),
            ("minutes", minutes.to_string()),
        ],
    })
}

/// During an open outage one waits; a case beside it must say why it is another problem.
fn incident(facts: &GateFacts<'_>, words: &CaseWords) -> Option<Missing> {
    let open = || facts.incidents.iter().filter(|incident| incident.is_open);
    let is_linked = |incident: &&IncidentFact| facts.ticket.incidents.contains(&incident.reference);
    if let Some(name) = names(open().filter(is_linked)) {
        let overridden = facts.may_override && given(words.incident_override.as_ref());
        return (!overridden).then(|| Missing {
            field: "incident_override",
            code: "gate_linked_incident",
            what: format!("It is linked to {name}; you will be asked to re-test when it ends."),
            way_out: "Wait for the end of the incident. A lead may override this with a reason.".to_owned(),
            parameters: vec![("incident", name)],
        });
    }
    let of_service = |incident: &&IncidentFact| Some(&incident.service) == facts.ticket.service.as_ref();
    let unnamed = || facts.health.filter(|health| health.status.is_open_outage());
    let name = names(open().filter(of_service))
        .or_else(|| unnamed().map(|health| format!("an open incident of {}", health.service)))?;
    (!given(words.not_this_incident.as_ref())).then(|| Missing {
        field: "not_this_incident",
        code: "gate_other_incident",
        what: format!("The service has {name}."),
        way_out: "Link the ticket to it, or say in not_this_incident why this is another problem.".to_owned(),
        parameters: vec![("incident", name)],
    })
}

fn names<'a>(incidents: impl Iterator<Item = &'a IncidentFact>) -> Option<String> {
    let names: Vec<&str> = incidents.map(|incident| incident.reference.as_str()).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// The operator takes what persists after the end of an outage, so that has to be known.
fn retest(facts: &GateFacts<'_>) -> Option<Missing> {
    let name = facts.ticket.retests.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    (!name.is_empty()).then(|| Missing {
        field: "retest",
        code: "gate_retest",
        what: format!("The incident {name} is over, and nobody has tried since whether the problem is gone."),
        way_out: "Try again, with the customer where need be, and record what you found.".to_owned(),
        parameters: vec![("incident", name)],
    })
}

/// The operator takes requests on the customer's behalf in the customer's own admin centre.
fn queue(facts: &GateFacts<'_>, queue: Queue) -> Option<Missing> {
    let withdrawn = facts.customer.is_some_and(|customer| customer.delegated_admin == DelegatedAdmin::Withdrawn);
    (withdrawn && queue == Queue::CustomerRequest).then(|| {
        item(
            "queue",
            "gate_delegated_admin",
            "The customer has withdrawn delegated administration, so the desk cannot file in the customer's admin centre.",
            "Choose customer_files and send the customer the text to file it, or ask the customer to grant delegated \
             administration again. If the problem is with Partner Center itself, choose partner_center_request.",
        )
    })
}

/// A needs a premium agreement; a category may top out below.
pub fn severity_not_allowed(facts: &GateFacts<'_>, severity: Severity) -> Option<Missing> {
    let category = facts.ticket.category.as_ref().and_then(|slug| facts.desk.categories.get(slug));
    if let Some((category, max)) = category.and_then(|category| Some((category, category.escalation_severity_max?)))
        && severity < max
    {
        return Some(Missing {
            field: "severity",
            code: "gate_severity_category",
            what: format!("The operator takes cases of the category {} at severity {max} at most.", category.slug),
            way_out: format!("File it with severity {max}."),
            parameters: vec![("category", category.slug.to_string()), ("severity", max.to_string())],
        });
    }
    let premium = facts.customer.is_some_and(|customer| customer.premium);
    (severity == Severity::A && !premium).then(|| Missing {
        field: "severity",
        code: "gate_severity_contract",
        what: "Severity A needs a premium agreement, and the customer's contract has none.".to_owned(),
        way_out: "File it with severity B.".to_owned(),
        parameters: Vec::new(),
    })
}
