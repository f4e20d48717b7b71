//! The hand-off packet: what the operator's form may ask for, and no more personal data than that.

use serde::Serialize;

use crate::Instant;
use crate::case::{Case, EscalationReason};
use crate::ids::{Slug, TicketNumber};
use crate::ticket::{Severity, Ticket};

/// The reseller's contact goes on the request, never the customer's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResellerContact {
    pub company: String,
    pub person: String,
    pub phone: String,
    pub email: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Packet {
    pub operator: Slug,
    pub ticket: TicketNumber,
    pub reseller: ResellerContact,
    pub tenant_id: String,
    pub domain: String,
    pub subscription_id: String,
    pub service: Option<Slug>,
    pub category: Option<Slug>,
    pub severity: Severity,
    pub reason: EscalationReason,
    pub problem: String,
    pub tried: String,
    pub impact: String,
    pub affected_users: Option<u32>,
    pub since: Option<Instant>,
    pub error_texts: String,
}

/// What is known of the customer's tenant, where the evidence does not say otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tenant {
    pub id: String,
    pub domain: String,
}

pub fn packet(case: &Case, ticket: &Ticket, tenant: &Tenant, reseller: ResellerContact) -> Packet {
    let evidence = &case.words.evidence;
    let or =
        |given: &str, known: &str| if given.trim().is_empty() { known.to_owned() } else { given.trim().to_owned() };
    Packet {
        operator: case.operator.clone(),
        ticket: ticket.number,
        reseller,
        tenant_id: or(&evidence.tenant_id, &tenant.id),
        domain: tenant.domain.clone(),
        subscription_id: evidence.subscription_id.trim().to_owned(),
        service: ticket.service.clone(),
        category: ticket.category.clone(),
        severity: case.severity,
        reason: case.reason,
        problem: case.words.summary.clone(),
        tried: evidence.tried.clone(),
        impact: evidence.impact.clone(),
        affected_users: evidence.affected_users,
        since: evidence.since,
        error_texts: evidence.error_texts.clone(),
    }
}
