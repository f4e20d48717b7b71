//! The operator's incidents, and one of them with the tickets it explains.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::samples;
use super::shell::{Choice, Nav, Refused, Shell};
use super::ticket::TicketIncident;
use crate::page::Page;

/// `GET /incidents?state=`.
#[derive(Debug, Clone, Serialize)]
pub struct IncidentsPage {
    pub shell: Shell,
    /// `open` (as if empty), `over`, `all`.
    pub state: String,
    pub incidents: Vec<IncidentRow>,
    pub next: Option<String>,
    /// May this reader put one on record by hand?
    pub may_record: bool,
    pub services: Vec<Choice>,
    pub customers: Vec<Choice>,
    pub refused: Option<Refused>,
}

#[derive(Debug, Clone, Serialize)]
pub struct IncidentRow {
    pub reference: String,
    pub title: String,
    pub service: String,
    pub open: bool,
    /// In the operator's word.
    pub status: String,
    pub by_hand: bool,
    /// It concerns everybody; else so many customers.
    pub everybody: bool,
    pub customers: usize,
    pub started_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
}

/// `GET /incidents/{reference}`.
#[derive(Debug, Clone, Serialize)]
pub struct IncidentPage {
    pub shell: Shell,
    pub incident: IncidentRow,
    pub impact: String,
    /// Names of those it concerns, where it does not concern all.
    pub concerned: Vec<String>,
    pub posts: Vec<IncidentPost>,
    pub linked: Vec<IncidentTicket>,
    pub linked_count: u64,
    pub suggested: Vec<IncidentTicket>,
    pub may_link: bool,
    pub may_end: bool,
    pub refused: Option<Refused>,
}

#[derive(Debug, Clone, Serialize)]
pub struct IncidentPost {
    pub at: DateTime<Utc>,
    pub body: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct IncidentTicket {
    pub number: i64,
    pub subject: String,
    pub customer: Option<String>,
    pub state: String,
    pub severity: Option<String>,
    pub opened_at: DateTime<Utc>,
    /// Somebody has to try again.
    pub retest: bool,
}

impl Page for IncidentsPage {
    const TEMPLATE: &'static str = "pages/incidents.html";
}

impl Page for IncidentPage {
    const TEMPLATE: &'static str = "pages/incident.html";
}

fn row(open: bool) -> IncidentRow {
    let started_at = DateTime::from_timestamp(1_772_415_000, 0).unwrap_or_default();
    IncidentRow {
        reference: "EX226792".into(),
        title: "Limited number of users unable to send or receive email".into(),
        service: "Exchange Online".into(),
        open,
        status: if open { "serviceDegradation" } else { "serviceRestored" }.into(),
        by_hand: false,
        everybody: false,
        customers: 3,
        started_at,
        ended_at: (!open).then(|| started_at + TimeDelta::hours(3)),
    }
}

/// As the page of a ticket shows one.
pub(super) fn of_ticket(state: &str) -> TicketIncident {
    TicketIncident {
        reference: format!("EX22679{}", state.len()),
        title: "Mail is late <b>".into(),
        state: state.into(),
        started_at: None,
        ended_at: None,
    }
}

fn ticket(number: i64, retest: bool) -> IncidentTicket {
    IncidentTicket {
        number,
        subject: "无法接收外部邮件 <b>".into(),
        customer: Some("上海远洋物流有限公司".into()),
        state: "triaged".into(),
        severity: Some("B".into()),
        opened_at: row(true).started_at,
        retest,
    }
}

impl IncidentsPage {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let by_hand = IncidentRow { reference: "P-77".into(), by_hand: true, everybody: true, ..row(true) };
        let full = Self {
            shell: samples::shell(Nav::Services, "/incidents"),
            state: String::new(),
            incidents: vec![row(true), by_hand],
            next: Some("/incidents?cursor=x".into()),
            may_record: true,
            services: vec![Choice::new("exchange-online", "Exchange Online")],
            customers: samples::queue_choices().customers,
            refused: None,
        };
        let refused = Refused {
            form: "incidents".into(),
            text: "A field is wrong.".into(),
            way_out: None,
            fields: samples::map(&[("reference", "EX226792"), ("title", "")]),
            errors: samples::map(&[("title", "is missing")]),
        };
        vec![
            ("incidents", full.clone()),
            ("incidents_refused", Self { refused: Some(refused), ..full.clone() }),
            (
                "incidents_empty",
                Self { incidents: Vec::new(), next: None, may_record: false, state: "over".into(), ..full },
            ),
        ]
    }
}

impl IncidentPage {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let open = Self {
            shell: samples::shell(Nav::Services, "/incidents/EX226792"),
            incident: row(true),
            impact: "Users may be unable to send or receive email.".into(),
            concerned: vec!["上海远洋物流有限公司".into(), "Contoso (China)".into()],
            posts: vec![IncidentPost {
                at: row(true).started_at,
                body: "We're investigating.\n\nNext update by noon.".into(),
            }],
            linked: vec![ticket(1042, false)],
            linked_count: 1,
            suggested: vec![ticket(1043, false), ticket(1044, false)],
            may_link: true,
            may_end: true,
            refused: None,
        };
        let over = Self {
            incident: row(false),
            linked: vec![ticket(1042, true)],
            suggested: Vec::new(),
            posts: Vec::new(),
            impact: String::new(),
            concerned: Vec::new(),
            linked_count: 230,
            may_link: false,
            may_end: false,
            ..open.clone()
        };
        vec![("incident", open), ("incident_over", over)]
    }
}
