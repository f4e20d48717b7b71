//! The gate to the operator as the page shows it: what is fulfilled and what is missing, before anybody types.

use watchdesk_core::case::{Case, CaseStateKind, CaseWords, EscalationReason, Evidence, Handing, KEPT_MAX, Queue};
use watchdesk_core::facts::DelegatedAdmin;
use watchdesk_core::gate::{self, GateFacts, GateRequest, Missing, evidence_fields};
use watchdesk_core::ids::{AttachmentId, Slug};
use watchdesk_core::redaction::{self, Spared};
use watchdesk_core::rights::Verb;
use watchdesk_core::ticket::Severity;
use watchdesk_store::attachments::AttachmentMeta;
use watchdesk_store::incidents::Incident;
use watchdesk_templates::missing_text;
use watchdesk_templates::pages::{self, EscalationForm, FileChoice, GateItem, IncidentNote, Keepable, Refused};

use super::load::Loaded;
use crate::evidence;
use crate::forms::FormFields;
use crate::pages::names;
use crate::pages::reading::Reading;
use crate::pages::visit::Visit;

/// What somebody wants to hand over, as far as it is written down.
pub(super) struct Wanted {
    pub reason: Option<EscalationReason>,
    pub severity: Option<Severity>,
    pub words: CaseWords,
}

impl Wanted {
    pub fn of_case(case: &Case) -> Self {
        Self { reason: Some(case.reason), severity: Some(case.severity), words: case.words.clone() }
    }

    /// What is known before anybody writes.
    fn fresh(visit: &Visit, loaded: &Loaded) -> Self {
        let known = known(visit, loaded);
        let evidence = match asks_for_numbers(visit, loaded) {
            true => known,
            false => {
                Evidence { tenant_id: known.tenant_id, subscription_id: known.subscription_id, ..Evidence::default() }
            }
        };
        let queue = if has_withdrawn(loaded) { Queue::CustomerFiles } else { Queue::default() };
        let handing = Handing { queue, ..Handing::default() };
        let words = CaseWords { evidence, handing, ..CaseWords::default() };
        Self { reason: None, severity: suggested_severity(visit, loaded), words }
    }

    /// As typed, so that the list tells what is missing now; what cannot be read counts as missing.
    fn typed(visit: &Visit, refused: &Refused) -> Self {
        let mut fields = FormFields::default();
        refused.fields.iter().for_each(|(name, value)| fields.push(name.clone(), value.clone()));
        let mut reading = Reading::of(&fields, visit.locale.zone);
        read(&mut reading)
    }
}

/// The fields of the form; the caller looks at the faults.
pub(super) fn read(reading: &mut Reading<'_>) -> Wanted {
    let text = |reading: &mut Reading<'_>, name| {
        reading.optional::<crate::input::Prose>(name).map(|prose| prose.0).unwrap_or_default()
    };
    let why = |reading: &mut Reading<'_>, name| reading.optional::<crate::input::Prose>(name).map(|prose| prose.0);
    let evidence = Evidence {
        tried: text(reading, "evidence_tried"),
        impact: text(reading, "evidence_impact"),
        affected_users: reading.count("evidence_affected_users"),
        since: reading.moment("evidence_since"),
        error_texts: text(reading, "evidence_error_texts"),
        tenant_id: text(reading, "evidence_tenant_id"),
        subscription_id: text(reading, "evidence_subscription_id"),
        order_id: text(reading, "evidence_order_id"),
        customer_id: text(reading, "evidence_customer_id"),
        mpn_id: text(reading, "evidence_mpn_id"),
        domain_name: text(reading, "evidence_domain_name"),
        invoice_number: text(reading, "evidence_invoice_number"),
    };
    let handing = Handing {
        queue: reading.optional("queue").unwrap_or_default(),
        attachments: reading.all::<AttachmentId>("attachments"),
        keep: reading.all::<crate::input::Line>("keep").into_iter().map(|line| line.0).collect(),
    };
    let words = CaseWords {
        summary: text(reading, "summary"),
        evidence,
        health_waiver: why(reading, "health_waiver"),
        not_this_incident: why(reading, "not_this_incident"),
        incident_override: why(reading, "incident_override"),
        operator_contact: None,
        ending: None,
        handing,
        lesson: None,
    };
    Wanted { reason: reading.optional("reason"), severity: reading.optional("severity"), words }
}

/// The form of a new case.
pub(super) fn new_case(visit: &Visit, loaded: &Loaded, refused: Option<&Refused>) -> EscalationForm {
    let refused = refused.filter(|refused| refused.form == "escalation");
    let wanted = refused.map_or_else(|| Wanted::fresh(visit, loaded), |refused| Wanted::typed(visit, refused));
    form(visit, loaded, wanted)
}

/// The form that changes a draft.
pub(super) fn draft(visit: &Visit, loaded: &Loaded, case: &Case, refused: Option<&Refused>) -> EscalationForm {
    let refused = refused.filter(|refused| refused.form == "case/amendment");
    let wanted = refused.map_or_else(|| Wanted::of_case(case), |refused| Wanted::typed(visit, refused));
    form(visit, loaded, wanted)
}

fn known(visit: &Visit, loaded: &Loaded) -> Evidence {
    evidence::known(&visit.app, loaded.customer.as_ref(), &loaded.subscriptions.all)
}

/// With what is known filled in, as it will be when the form is sent.
fn form(visit: &Visit, loaded: &Loaded, mut wanted: Wanted) -> EscalationForm {
    let category = loaded.ticket().category.as_ref();
    evidence::complete(&mut wanted.words.evidence, &known(visit, loaded), &visit.desk, category);
    let gate = Gate::of(visit, loaded, &wanted);
    let words = &wanted.words;
    let or_none = |text: &Option<String>| text.clone().unwrap_or_default();
    EscalationForm {
        operator: names::operator(visit, &operator_of(visit, loaded)),
        severities: allowed_severities(visit, loaded),
        reason: wanted.reason.map(|reason| reason.as_str().to_owned()).unwrap_or_default(),
        severity: wanted.severity.map(|severity| severity.as_str().to_owned()).unwrap_or_default(),
        summary: words.summary.clone(),
        health_waiver: or_none(&words.health_waiver),
        not_this_incident: or_none(&words.not_this_incident),
        incident_override: or_none(&words.incident_override),
        needs_waiver: words.health_waiver.is_some() || !is_checked(visit, loaded),
        open_incident: incident(visit, loaded, false),
        linked_incident: incident(visit, loaded, true),
        may_override: visit.may_with(Verb::OverrideIncident, loaded.ticket()),
        quotes_numbers: quotes_numbers(&words.evidence) || asks_for_numbers(visit, loaded),
        queue: words.handing.queue.as_str().to_owned(),
        files: files(loaded, &words.handing),
        keepable: keepable(visit, words),
        evidence: shown(visit, &words.evidence),
        gate: gate.items(visit),
    }
}

/// The conditions of a draft, without its form.
pub(super) fn items(visit: &Visit, loaded: &Loaded, wanted: &Wanted) -> Vec<GateItem> {
    Gate::of(visit, loaded, wanted).items(visit)
}

/// Of these the category wants to see at least one, or it is about money.
const NUMBERS: [&str; 6] = ["order_id", "customer_id", "mpn_id", "domain_name", "invoice_number", "invoice_or_order"];

fn asks_for_numbers(visit: &Visit, loaded: &Loaded) -> bool {
    let category = loaded.ticket().category.as_ref();
    let is_billing = category.is_some_and(|slug| slug.as_str() == "billing");
    let known = category.and_then(|slug| visit.desk.categories.get(slug));
    is_billing || evidence_fields(known).into_iter().any(|field| NUMBERS.contains(&field))
}

fn quotes_numbers(evidence: &Evidence) -> bool {
    [&evidence.order_id, &evidence.customer_id, &evidence.mpn_id, &evidence.domain_name, &evidence.invoice_number]
        .into_iter()
        .any(|number| !number.is_empty())
}

fn files(loaded: &Loaded, handing: &Handing) -> Vec<FileChoice> {
    let choice = |file: &AttachmentMeta| FileChoice {
        id: file.id.to_string(),
        name: file.filename.clone(),
        size: file.size,
        chosen: handing.attachments.contains(&file.id),
    };
    loaded.files.iter().map(choice).collect()
}

/// What would be masked, and what was kept before.
fn keepable(visit: &Visit, words: &CaseWords) -> Vec<Keepable> {
    let (evidence, kept) = (&words.evidence, &words.handing.keep);
    let reseller = &visit.app.options.reseller;
    let ours = Spared::new([reseller.phone.as_str(), &reseller.email], []);
    let texts = [&words.summary, &evidence.tried, &evidence.impact, &evidence.error_texts];
    let found = redaction::keepable(texts.into_iter().map(String::as_str), &ours, KEPT_MAX);
    let is_kept = |text: &String| kept.iter().any(|kept| redaction::is_same(kept, text));
    found.into_iter().map(|text| Keepable { kept: is_kept(&text), text }).collect()
}

fn shown(visit: &Visit, evidence: &Evidence) -> pages::Evidence {
    let there = |at: watchdesk_core::Instant| at.with_timezone(&visit.locale.zone).format("%Y-%m-%dT%H:%M").to_string();
    pages::Evidence {
        tried: evidence.tried.clone(),
        impact: evidence.impact.clone(),
        affected_users: evidence.affected_users.map(|users| users.to_string()).unwrap_or_default(),
        since: evidence.since.map(there).unwrap_or_default(),
        error_texts: evidence.error_texts.clone(),
        tenant_id: evidence.tenant_id.clone(),
        subscription_id: evidence.subscription_id.clone(),
        order_id: evidence.order_id.clone(),
        customer_id: evidence.customer_id.clone(),
        mpn_id: evidence.mpn_id.clone(),
        domain_name: evidence.domain_name.clone(),
        invoice_number: evidence.invoice_number.clone(),
    }
}

/// Of the draft, else of the ticket's service.
fn operator_of(visit: &Visit, loaded: &Loaded) -> Slug {
    let draft = loaded.case().filter(|case| case.state.kind() == CaseStateKind::Drafted);
    draft.map_or_else(|| visit.desk.operator_of(loaded.ticket().service.as_ref()).slug, |case| case.operator.clone())
}

struct Gate {
    /// By the name under which the catalogues know them.
    conditions: Vec<String>,
    missing: Vec<Missing>,
}

impl Gate {
    fn of(visit: &Visit, loaded: &Loaded, wanted: &Wanted) -> Self {
        let operator = &operator_of(visit, loaded);
        let request = GateRequest { reason: wanted.reason, severity: wanted.severity, words: &wanted.words, operator };
        let missing = with_facts(visit, loaded, |facts| gate::missing(facts, &request));
        let category = loaded.ticket().category.as_ref().and_then(|slug| visit.desk.categories.get(slug));
        let mut conditions: Vec<String> = ["triaged", "health"].map(str::to_owned).to_vec();
        if incident(visit, loaded, false).or_else(|| incident(visit, loaded, true)).is_some() {
            conditions.push("incident".to_owned());
        }
        if !loaded.ticket().retests.is_empty() {
            conditions.push("retest".to_owned());
        }
        if has_withdrawn(loaded) {
            conditions.push("queue".to_owned());
        }
        conditions.extend(["reason", "severity", "summary"].map(str::to_owned));
        conditions.extend(evidence_fields(category).into_iter().map(str::to_owned));
        Self { conditions, missing }
    }

    fn items(&self, visit: &Visit) -> Vec<GateItem> {
        let item = |name: &String| {
            let missing = self.missing.iter().find(|missing| condition(missing) == name);
            let words = missing.map(|missing| missing_text(visit.language(), missing));
            GateItem {
                name: name.clone(),
                passed: missing.is_none(),
                missing: words.map(|(what, way_out)| format!("{what} {way_out}")).unwrap_or_default(),
            }
        };
        self.conditions.iter().map(item).collect()
    }
}

/// Then nobody of the desk can file on the customer's behalf.
fn has_withdrawn(loaded: &Loaded) -> bool {
    loaded.customer_fact().is_some_and(|customer| customer.delegated_admin == DelegatedAdmin::Withdrawn)
}

/// Which condition it belongs to.
fn condition(missing: &Missing) -> &str {
    if missing.code == "gate_invoice_or_order" {
        return "invoice_or_order";
    }
    match missing.field {
        "triage" => "triaged",
        "health_waiver" => "health",
        "incident_override" | "not_this_incident" => "incident",
        field => field.strip_prefix("evidence.").unwrap_or(field),
    }
}

fn with_facts<T>(visit: &Visit, loaded: &Loaded, look: impl FnOnce(&GateFacts<'_>) -> T) -> T {
    let (customer, health, incidents) = (loaded.customer_fact(), loaded.health_fact(), loaded.incident_facts());
    let facts = GateFacts {
        desk: &visit.desk,
        ticket: loaded.ticket(),
        customer: customer.as_ref(),
        health: health.as_ref(),
        incidents: &incidents,
        may_override: visit.may_with(Verb::OverrideIncident, loaded.ticket()),
        now: visit.now,
    };
    look(&facts)
}

fn allowed_severities(visit: &Visit, loaded: &Loaded) -> Vec<String> {
    with_facts(visit, loaded, |facts| {
        let allowed = |severity: &Severity| gate::severity_not_allowed(facts, *severity).is_none();
        Severity::ALL.into_iter().filter(allowed).map(|severity| severity.as_str().to_owned()).collect()
    })
}

/// The ticket's own, or the highest below it that the operator takes.
fn suggested_severity(visit: &Visit, loaded: &Loaded) -> Option<Severity> {
    let ticket = loaded.ticket();
    let own = ticket.severity.unwrap_or_else(|| visit.desk.severity_untriaged(ticket.opened_at));
    let allowed = allowed_severities(visit, loaded);
    Severity::ALL.into_iter().find(|severity| *severity >= own && allowed.iter().any(|slug| slug == severity.as_str()))
}

fn is_checked(visit: &Visit, loaded: &Loaded) -> bool {
    loaded.own_health().is_some_and(|health| !crate::pages::services::is_stale(visit, health.checked_at))
}

/// What stands open, if the ticket is linked to it or if it is not: what the operator named, else what somebody saw.
fn incident(visit: &Visit, loaded: &Loaded, linked: bool) -> Option<IncidentNote> {
    let ticket = loaded.ticket();
    let open = |incident: &&Incident| {
        let is_linked = ticket.incidents.contains(&incident.reference);
        incident.is_open && is_linked == linked && (linked || Some(&incident.service) == ticket.service.as_ref())
    };
    if let Some(incident) = loaded.incidents.iter().find(open) {
        return Some(IncidentNote { reference: incident.reference.clone(), title: incident.title.clone() });
    }
    let health = loaded.own_health().filter(|health| health.status.is_open_outage() && !linked)?;
    if loaded.incidents.iter().any(|incident| incident.is_open) {
        return None;
    }
    let title = match health.note.trim() {
        "" => crate::pages::services::status_word(visit, health.status),
        note => note.to_owned(),
    };
    Some(IncidentNote { reference: names::service(visit, &health.service), title })
}
