//! The cases that came back, told so that they can be handed over: companies and no persons, nothing of the inside.

use std::collections::BTreeSet;

use watchdesk_core::Instant;
use watchdesk_core::case::{EscalationReason, HealthEvidence, Measure};
use watchdesk_core::desk::Language;
use watchdesk_core::division::Shares;
use watchdesk_core::ids::{AgentId, Slug};
use watchdesk_core::report::escalations::Fate;
use watchdesk_core::ticket::Severity;
use watchdesk_store::{Store, StoreError};
use watchdesk_templates::redacted;

use crate::api::reports::Names;
use crate::escalations::CameBack;

/// One of them. Secrets are taken out of free text, and people masked; agents are named only where that is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Dossier {
    /// The operator's number for it.
    pub reference: String,
    pub operator: Slug,
    pub fate: Fate,
    pub product: Option<Slug>,
    pub category: Option<Slug>,
    /// Whose tickets it was about.
    pub companies: Vec<String>,
    pub filed_at: Instant,
    pub acknowledged_at: Option<Instant>,
    pub ended_at: Instant,
    /// As filed, and what the operator changed it to.
    pub severity: Severity,
    pub severity_changed: Option<Severity>,
    pub reason: EscalationReason,
    pub summary: String,
    pub tried: String,
    pub impact: String,
    pub affected_users: Option<u32>,
    pub since: Option<Instant>,
    pub error_texts: String,
    pub health: HealthEvidence,
    pub health_waiver: String,
    pub not_this_incident: String,
    pub incident_override: String,
    /// The operator's words of refusal, or ours of withdrawal.
    pub ending: String,
    /// Where the time of its ticket went, in wall seconds.
    pub time: Shares,
    pub lesson: Option<Learned>,
    /// Who filed it.
    pub agent: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Learned {
    pub body: String,
    pub measure: Measure,
    pub at: Instant,
    /// Who sees to it.
    pub owner: Option<String>,
}

/// In the order they came.
pub(crate) async fn dossiers(
    store: &Store,
    came_back: &[CameBack],
    with_agents: bool,
    language: Language,
) -> Result<Vec<Dossier>, StoreError> {
    let customers = came_back.iter().flat_map(|one| one.customers.iter().copied()).collect();
    let mut agents: BTreeSet<AgentId> = BTreeSet::new();
    if with_agents {
        agents.extend(came_back.iter().flat_map(|one| {
            let owner = one.case.words.lesson.as_ref().and_then(|lesson| lesson.owner);
            one.by.into_iter().chain(owner)
        }));
    }
    let names = Names::load(store, customers, agents).await?;
    Ok(came_back.iter().map(|one| dossier(one, &names, with_agents, language)).collect())
}

fn dossier(one: &CameBack, names: &Names, with_agents: bool, language: Language) -> Dossier {
    let case = &one.case;
    let (words, evidence) = (&case.words, &case.words.evidence);
    let agent = |id: Option<AgentId>| id.filter(|_| with_agents).map(|id| names.agent(id).name);
    let outward = |text: &str| redacted(language, text.trim());
    let said = |text: &Option<String>| outward(text.as_deref().unwrap_or_default());
    let filed_at = case.filed_at.unwrap_or(case.drafted_at);
    Dossier {
        reference: case.reference.clone().unwrap_or_default(),
        operator: case.operator.clone(),
        fate: one.fate,
        product: one.ticket.service.clone(),
        category: one.ticket.category.clone(),
        companies: one.customers.iter().map(|id| names.customer(*id).name).collect(),
        filed_at,
        acknowledged_at: case.acknowledged_at,
        ended_at: case.ended_at.unwrap_or(filed_at),
        severity: case.severity,
        severity_changed: case.severity_lowered,
        reason: case.reason,
        summary: outward(&words.summary),
        tried: outward(&evidence.tried),
        impact: outward(&evidence.impact),
        affected_users: evidence.affected_users,
        since: evidence.since,
        error_texts: outward(&evidence.error_texts),
        health: case.health.clone(),
        health_waiver: said(&words.health_waiver),
        not_this_incident: said(&words.not_this_incident),
        incident_override: said(&words.incident_override),
        ending: said(&words.ending),
        time: one.time,
        lesson: words.lesson.as_ref().map(|lesson| Learned {
            body: outward(&lesson.body),
            measure: lesson.measure,
            at: lesson.at,
            owner: agent(lesson.owner),
        }),
        agent: agent(one.by),
    }
}
