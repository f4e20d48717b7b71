//! The hand-off packet: what the operator's form may ask for, and no more personal data than that.

use serde::Serialize;

use crate::Instant;
use crate::case::{Case, EscalationReason, Queue};
use crate::ids::{AttachmentId, Slug, TicketNumber};
use crate::redaction::Spared;
use crate::ticket::{Severity, Ticket};

/// The reseller's contact goes on the request, never the customer's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ResellerContact {
    pub company: String,
    pub person: String,
    pub phone: String,
    pub email: String,
    /// Under which the operator knows the reseller.
    pub mpn_id: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Packet {
    pub operator: Slug,
    pub queue: Queue,
    pub ticket: TicketNumber,
    pub reseller: ResellerContact,
    pub tenant_id: String,
    pub domain: String,
    pub subscription_id: String,
    pub order_id: String,
    pub customer_id: String,
    pub mpn_id: String,
    pub invoice_number: String,
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
    pub attachments: Vec<PacketFile>,
    /// What stays readable because a person decided so.
    #[serde(skip)]
    pub keep: Vec<String>,
}

/// A file that goes along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PacketFile {
    pub id: AttachmentId,
    pub name: String,
    pub bytes: u64,
}

/// What is known of the customer's tenant, where the evidence does not say otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tenant {
    pub id: String,
    pub domain: String,
}

pub fn packet(
    case: &Case,
    ticket: &Ticket,
    tenant: &Tenant,
    reseller: ResellerContact,
    attachments: Vec<PacketFile>,
) -> Packet {
    let evidence = &case.words.evidence;
    let or =
        |given: &str, known: &str| if given.trim().is_empty() { known.to_owned() } else { given.trim().to_owned() };
    Packet {
        operator: case.operator.clone(),
        queue: case.words.handing.queue,
        ticket: ticket.number,
        tenant_id: or(&evidence.tenant_id, &tenant.id),
        domain: or(&evidence.domain_name, &tenant.domain),
        subscription_id: evidence.subscription_id.trim().to_owned(),
        order_id: evidence.order_id.trim().to_owned(),
        customer_id: evidence.customer_id.trim().to_owned(),
        mpn_id: or(&evidence.mpn_id, &reseller.mpn_id),
        invoice_number: evidence.invoice_number.trim().to_owned(),
        reseller,
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
        attachments,
        keep: case.words.handing.keep.clone(),
    }
}

impl Packet {
    /// What people wrote, by the names of the packet's fields. Secrets may stand in any of it.
    pub fn texts(&mut self) -> [(&'static str, &mut String); 11] {
        [
            ("tenant_id", &mut self.tenant_id),
            ("domain", &mut self.domain),
            ("subscription_id", &mut self.subscription_id),
            ("order_id", &mut self.order_id),
            ("customer_id", &mut self.customer_id),
            ("mpn_id", &mut self.mpn_id),
            ("invoice_number", &mut self.invoice_number),
            ("problem", &mut self.problem),
            ("tried", &mut self.tried),
            ("impact", &mut self.impact),
            ("error_texts", &mut self.error_texts),
        ]
    }

    /// Our own contact and the numbers that the operator asks for stay wherever they stand.
    pub fn spared(&self) -> Spared {
        let ours = [
            &self.reseller.phone,
            &self.reseller.email,
            &self.tenant_id,
            &self.subscription_id,
            &self.order_id,
            &self.customer_id,
            &self.mpn_id,
            &self.invoice_number,
        ];
        Spared::new(ours.into_iter().map(String::as_str), self.keep.iter().map(String::as_str))
    }
}
