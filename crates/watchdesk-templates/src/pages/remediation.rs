//! The document that is taken to a remediation meeting; it is made to be printed.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::escalations::{EscalationFigures, EscalationMonth, EscalationRow, sample_figures, sample_months};
use super::samples;
use crate::page::Page;

/// `GET /reports/remediation?from=&to=&operator=&agents=&lang=`.
#[derive(Debug, Clone, Serialize)]
pub struct RemediationPage {
    /// Version of the static files.
    pub assets: String,
    /// The reseller, as its contract names it.
    pub company: String,
    pub operator: String,
    /// Both days belong to it, in the desk's zone.
    pub from: NaiveDate,
    pub to: NaiveDate,
    /// As the cases stood then.
    pub at: DateTime<Utc>,
    pub figures: EscalationFigures,
    pub months: Vec<EscalationMonth>,
    pub tables: Vec<RemediationTable>,
    pub cases: Vec<RemediationCase>,
    pub measures: Vec<RemediationMeasure>,
    /// It stopped at a bound: what comes after is not in it.
    pub is_cut: bool,
    /// Agents are named.
    pub agents: bool,
    /// Where the tools above the document lead.
    pub back_href: String,
    pub csv_href: String,
    pub chinese_href: String,
    pub english_href: String,
    pub agents_href: String,
}

/// `report.group` names it in the catalogues as `remediation.by.<group>`.
#[derive(Debug, Clone, Serialize)]
pub struct RemediationTable {
    pub group: &'static str,
    pub rows: Vec<EscalationRow>,
}

#[derive(Debug, Clone, Serialize)]
pub struct RemediationCase {
    pub reference: String,
    /// `refused` or `withdrawn`.
    pub fate: String,
    /// Empty where it has none.
    pub product: String,
    pub category: String,
    pub companies: Vec<String>,
    pub filed_at: DateTime<Utc>,
    pub acknowledged_at: Option<DateTime<Utc>>,
    pub ended_at: DateTime<Utc>,
    pub severity: String,
    pub severity_changed: Option<String>,
    pub reason: String,
    pub summary: String,
    pub tried: String,
    pub impact: String,
    pub affected_users: Option<u32>,
    pub since: Option<DateTime<Utc>>,
    pub error_texts: String,
    /// None where the check was waived.
    pub health_checked_at: Option<DateTime<Utc>>,
    pub health_waiver: String,
    pub not_this_incident: String,
    pub incident_override: String,
    pub ending: String,
    /// Wall seconds of the ticket.
    pub ours_s: i64,
    pub customers_s: i64,
    pub operators_s: i64,
    pub lesson: Option<RemediationLesson>,
    /// Empty where agents are not named.
    pub agent: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct RemediationLesson {
    pub body: String,
    /// `training`, `documentation`, `tool`, `process`, `none`.
    pub measure: String,
    pub at: DateTime<Utc>,
}

/// A measure that follows from a case.
#[derive(Debug, Clone, Serialize)]
pub struct RemediationMeasure {
    pub measure: String,
    pub reference: String,
    pub body: String,
    pub at: DateTime<Utc>,
    /// Empty where agents are not named, or nobody sees to it.
    pub owner: String,
}

impl Page for RemediationPage {
    const TEMPLATE: &'static str = "pages/remediation.html";
}

impl RemediationPage {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let href = || "/reports/remediation?from=2026-01-01&to=2026-03-18".to_owned();
        let row = EscalationRow { label: "Exchange Online".into(), figures: sample_figures(10, 2) };
        let lesson = RemediationLesson {
            body: "先查公开文档，再提交。".into(),
            measure: "documentation".into(),
            at: samples::ago(3_600),
        };
        let told = sample_case(Some(lesson.clone()));
        let untold = RemediationCase {
            fate: "withdrawn".into(),
            health_checked_at: None,
            health_waiver: "The health page was down.".into(),
            severity_changed: None,
            ..sample_case(None)
        };
        let full = Self {
            assets: "1".into(),
            company: "上海栈桥云计算有限公司 <b>Contoso".into(),
            operator: "21Vianet".into(),
            from: samples::day(2026, 1, 1),
            to: samples::day(2026, 3, 18),
            at: samples::now(),
            figures: sample_figures(14, 3),
            months: sample_months(),
            tables: vec![RemediationTable { group: "product", rows: vec![row] }],
            measures: vec![RemediationMeasure {
                measure: lesson.measure,
                reference: told.reference.clone(),
                body: lesson.body,
                at: lesson.at,
                owner: "王芳".into(),
            }],
            cases: vec![told, untold],
            is_cut: true,
            agents: true,
            back_href: "/reports/escalations".into(),
            csv_href: "/reports/remediation.csv".into(),
            chinese_href: href(),
            english_href: href(),
            agents_href: href(),
        };
        let empty = Self {
            figures: EscalationFigures { times: Vec::new(), ..sample_figures(0, 0) },
            months: Vec::new(),
            tables: Vec::new(),
            cases: Vec::new(),
            measures: Vec::new(),
            is_cut: false,
            agents: false,
            ..full.clone()
        };
        vec![("remediation", full), ("remediation_empty", empty)]
    }
}

fn sample_case(lesson: Option<RemediationLesson>) -> RemediationCase {
    RemediationCase {
        reference: "SR-2026-031877".into(),
        fate: "refused".into(),
        product: "Exchange Online".into(),
        category: "Connectivity".into(),
        companies: vec!["<b>Contoso</b> (China)".into(), "上海远洋物流有限公司".into()],
        filed_at: samples::ago(200_000),
        acknowledged_at: Some(samples::ago(190_000)),
        ended_at: samples::ago(90_000),
        severity: "B".into(),
        severity_changed: Some("C".into()),
        reason: "lacks_documentation".into(),
        summary: "A domain cannot be added.".into(),
        tried: "The TXT record was checked <script>.".into(),
        impact: "No mail for the new brand.".into(),
        affected_users: Some(40),
        since: Some(samples::ago(300_000)),
        error_texts: "DomainAlreadyExists".into(),
        health_checked_at: Some(samples::ago(201_000)),
        health_waiver: String::new(),
        not_this_incident: "Another service.".into(),
        incident_override: String::new(),
        ending: "文档已有说明。".into(),
        ours_s: 40_000,
        customers_s: 4_000,
        operators_s: 110_000,
        lesson,
        agent: "王芳".into(),
    }
}
