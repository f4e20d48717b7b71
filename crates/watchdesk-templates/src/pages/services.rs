//! The services and how they are.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::samples;
use super::shell::{Choice, Nav, Refused, Shell};
use crate::page::Page;

/// `GET /services`.
#[derive(Debug, Clone, Serialize)]
pub struct ServicesPage {
    pub shell: Shell,
    pub services: Vec<ServiceRow>,
    /// Incidents at the operator's that are open.
    pub open_incidents: usize,
    /// May this reader set health by hand?
    pub may_set: bool,
    /// May he add and name services?
    pub may_configure: bool,
    /// Statuses to choose from: value is the operator's word, label is translated.
    pub statuses: Vec<Choice>,
    pub customers: Vec<Choice>,
    pub refused: Option<Refused>,
}

#[derive(Debug, Clone, Serialize)]
pub struct ServiceRow {
    pub slug: String,
    pub name: String,
    /// `healthy`, `degraded`, `down`, `unknown`: the colour; `status` is the exact word.
    pub health: String,
    pub status: String,
    pub note: String,
    pub checked_at: Option<DateTime<Utc>>,
    /// A person's name, or the connector's.
    pub checked_by: Option<String>,
    /// Checked so long ago that the gate does not accept it.
    pub stale: bool,
    /// The open incident, if any.
    pub incident: Option<String>,
    pub open_tickets: i64,
    /// Customers for whom it stands differently.
    pub customers: Vec<CustomerHealth>,
}

#[derive(Debug, Clone, Serialize)]
pub struct CustomerHealth {
    pub customer: String,
    pub health: String,
    pub status: String,
    pub note: String,
    pub checked_at: DateTime<Utc>,
}

impl Page for ServicesPage {
    const TEMPLATE: &'static str = "pages/services.html";
}

impl ServicesPage {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let full = Self {
            shell: samples::shell(Nav::Services, "/services"),
            services: samples::service_rows(),
            open_incidents: 2,
            may_set: true,
            may_configure: true,
            statuses: samples::health_statuses(),
            customers: samples::queue_choices().customers,
            refused: None,
        };
        let auditor = Self { may_set: false, may_configure: false, ..full.clone() };
        let empty = Self { services: Vec::new(), ..full.clone() };
        let refused = Self {
            refused: Some(Refused {
                form: "services/exchange-online/health".into(),
                text: "A note is needed when a service is not operational.".into(),
                way_out: Some("Say in a few words what is wrong, then save again.".into()),
                fields: samples::map(&[("status", "serviceDegradation"), ("note", "")]),
                errors: samples::map(&[("note", "Say what is wrong.")]),
            }),
            ..full.clone()
        };
        vec![
            ("services", full),
            ("services_auditor", auditor),
            ("services_empty", empty),
            ("services_refused", refused),
        ]
    }
}
