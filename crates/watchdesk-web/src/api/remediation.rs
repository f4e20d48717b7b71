//! The record for a remediation meeting: the figures, and each case that came back; as JSON, and as CSV.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::VARY;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use watchdesk_core::case::HealthEvidence;
use watchdesk_core::desk::Language;
use watchdesk_core::ids::Slug;
use watchdesk_core::rights::Verb;
use watchdesk_core::ticket::Severity;
use watchdesk_store::Store;

use super::answer::{Answer, Answered};
use super::escalations::{EscalationFigures, csv_file, question};
use super::reports::{Format, accepted};
use super::request::Query;
use crate::app::App;
use crate::csv::Csv;
use crate::escalations::{Filter, Question, escalations};
use crate::input::{InQuery, TimeOrDay, request};
use crate::middleware::authenticate::Caller;
use crate::problem::Problem;
use crate::remediation::{Dossier, Learned, dossiers};

request! {
    pub(crate) struct RemediationQuery {
        /// An instant, or a day of the desk; 90 days back where nothing is said.
        from: Option<TimeOrDay>,
        /// An instant, or a day of the desk that belongs to it; now where nothing is said.
        to: Option<TimeOrDay>,
        /// Only cases with this operator.
        operator: Option<Slug>,
        /// With the names of agents; without where nothing is said.
        agents: Option<InQuery<bool>>,
        /// `csv`, as `Accept: text/csv` asks for too.
        format: Option<Format>,
    }
}

/// To be handed over: customers by company only, no contact persons, addresses and telephone numbers masked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RemediationReport)]
pub(crate) struct RemediationView {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    /// As the cases stood then.
    at: DateTime<Utc>,
    /// It stopped there: what comes after is not in it.
    is_cut: bool,
    total: EscalationFigures,
    /// Refused or withdrawn, in the order of their filing.
    cases: Vec<RemediationCase>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RemediationCase {
    /// The operator's number.
    reference: String,
    operator: String,
    /// `refused` or `withdrawn`.
    fate: &'static str,
    service: Option<String>,
    category: Option<String>,
    companies: Vec<String>,
    filed_at: DateTime<Utc>,
    acknowledged_at: Option<DateTime<Utc>>,
    ended_at: DateTime<Utc>,
    severity: &'static str,
    /// What the operator changed it to.
    severity_changed: Option<&'static str>,
    /// `lacks_training`, `lacks_documentation`, `lacks_tools`, `operator_fault`.
    reason: &'static str,
    summary: String,
    tried: String,
    impact: String,
    affected_users: Option<u32>,
    since: Option<DateTime<Utc>>,
    error_texts: String,
    /// None where the check was waived.
    health_checked_at: Option<DateTime<Utc>>,
    health_waiver: String,
    not_this_incident: String,
    incident_override: String,
    /// The operator's words of refusal, or ours of withdrawal.
    ending: String,
    /// Of the ticket's time, in wall seconds.
    ours_s: i64,
    customers_s: i64,
    operators_s: i64,
    lesson: Option<LessonLine>,
    /// Who filed it, where agents are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LessonLine {
    body: String,
    /// `training`, `documentation`, `tool`, `process`, `none`.
    measure: &'static str,
    at: DateTime<Utc>,
    /// Who sees to it, where agents are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
}

impl From<Learned> for LessonLine {
    fn from(lesson: Learned) -> Self {
        Self { body: lesson.body, measure: lesson.measure.as_str(), at: lesson.at, owner: lesson.owner }
    }
}

impl From<Dossier> for RemediationCase {
    fn from(one: Dossier) -> Self {
        let health_checked_at = match one.health {
            HealthEvidence::Checked { at } => Some(at),
            HealthEvidence::Waived => None,
        };
        Self {
            reference: one.reference,
            operator: one.operator.to_string(),
            fate: one.fate.as_str(),
            service: one.product.map(|slug| slug.to_string()),
            category: one.category.map(|slug| slug.to_string()),
            companies: one.companies,
            filed_at: one.filed_at,
            acknowledged_at: one.acknowledged_at,
            ended_at: one.ended_at,
            severity: one.severity.as_str(),
            severity_changed: one.severity_changed.map(Severity::as_str),
            reason: one.reason.as_str(),
            summary: one.summary,
            tried: one.tried,
            impact: one.impact,
            affected_users: one.affected_users,
            since: one.since,
            error_texts: one.error_texts,
            health_checked_at,
            health_waiver: one.health_waiver,
            not_this_incident: one.not_this_incident,
            incident_override: one.incident_override,
            ending: one.ending,
            ours_s: one.time.ours_s,
            customers_s: one.time.customers_s,
            operators_s: one.time.operators_s,
            lesson: one.lesson.map(LessonLine::from),
            agent: one.agent,
        }
    }
}

pub(crate) async fn remediation_report(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<RemediationQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.must_see(Verb::ReadReports)?;
    let filter = Filter { operator: query.operator.clone(), ..Filter::default() };
    let question = question(&app, &caller, (query.from, query.to), filter, Vec::new()).await?;
    let agents = query.agents.is_some_and(|InQuery(agents)| agents);
    match accepted(query.format, &headers) {
        Format::Json => {
            Ok(([(VARY, "Accept")], remediation_json(&app.store, &question, agents).await?).into_response())
        }
        Format::Csv => remediation_csv(&app.store, &question, agents).await,
    }
}

pub(crate) async fn remediation_json(store: &Store, question: &Question, agents: bool) -> Answered<RemediationView> {
    Ok(Answer::ok(view(store, question, agents).await?))
}

pub(crate) async fn remediation_csv(store: &Store, question: &Question, agents: bool) -> Result<Response, Problem> {
    Ok(csv_file("remediation", table(&view(store, question, agents).await?, agents)))
}

async fn view(store: &Store, question: &Question, agents: bool) -> Result<RemediationView, Problem> {
    let answered = escalations(store, question).await?;
    let cases = dossiers(store, &answered.came_back, agents, Language::English).await?;
    Ok(RemediationView {
        from: question.from,
        to: question.to,
        at: answered.now,
        is_cut: answered.is_cut,
        total: answered.report.total.into(),
        cases: cases.into_iter().map(RemediationCase::from).collect(),
    })
}

const COLUMNS: [&str; 29] = [
    "reference",
    "operator",
    "fate",
    "service",
    "category",
    "companies",
    "filed_at",
    "acknowledged_at",
    "ended_at",
    "severity",
    "severity_changed",
    "reason",
    "summary",
    "tried",
    "impact",
    "affected_users",
    "since",
    "error_texts",
    "health_checked_at",
    "health_waiver",
    "not_this_incident",
    "incident_override",
    "ending",
    "ours_s",
    "customers_s",
    "operators_s",
    "lesson",
    "measure",
    "is_cut",
];

/// A line for each case.
fn table(view: &RemediationView, agents: bool) -> String {
    let mut csv = Csv::default();
    let names: &[&str] = if agents { &["agent", "measure_owner"] } else { &[] };
    csv.row(COLUMNS.into_iter().chain(names.iter().copied()));
    for case in &view.cases {
        let mut cells = case.cells();
        cells.push(view.is_cut.to_string());
        if agents {
            let owner = case.lesson.as_ref().and_then(|lesson| lesson.owner.clone());
            cells.extend([case.agent.clone().unwrap_or_default(), owner.unwrap_or_default()]);
        }
        csv.row(cells.iter().map(String::as_str));
    }
    csv.finish()
}

impl RemediationCase {
    fn cells(&self) -> Vec<String> {
        let at =
            |at: Option<DateTime<Utc>>| at.map_or_else(String::new, |at| at.to_rfc3339_opts(SecondsFormat::Secs, true));
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        vec![
            self.reference.clone(),
            self.operator.clone(),
            self.fate.to_owned(),
            text(self.service.as_deref()),
            text(self.category.as_deref()),
            self.companies.join("; "),
            at(Some(self.filed_at)),
            at(self.acknowledged_at),
            at(Some(self.ended_at)),
            self.severity.to_owned(),
            text(self.severity_changed),
            self.reason.to_owned(),
            self.summary.clone(),
            self.tried.clone(),
            self.impact.clone(),
            self.affected_users.map_or_else(String::new, |users| users.to_string()),
            at(self.since),
            self.error_texts.clone(),
            at(self.health_checked_at),
            self.health_waiver.clone(),
            self.not_this_incident.clone(),
            self.incident_override.clone(),
            self.ending.clone(),
            self.ours_s.to_string(),
            self.customers_s.to_string(),
            self.operators_s.to_string(),
            self.lesson.as_ref().map_or_else(String::new, |lesson| lesson.body.clone()),
            self.lesson.as_ref().map_or_else(String::new, |lesson| lesson.measure.to_owned()),
        ]
    }
}
