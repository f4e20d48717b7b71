//! What went up to the operator and what became of it; as JSON, and as CSV.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, VARY};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use watchdesk_core::ids::{AgentId, Slug};
use watchdesk_core::report::Used;
use watchdesk_core::report::escalations::{Figures, Group, Key, Part, Row, Times};
use watchdesk_core::rights::Verb;
use watchdesk_store::Store;

use super::answer::{Answer, Answered};
use super::reports::{Format, Names, accepted};
use super::request::Query;
use super::views::NamedRef;
use crate::app::App;
use crate::csv::Csv;
use crate::escalations::{Filter, Question, SPAN_DAYS_MAX, SPAN_DAYS_USUAL, escalations};
use crate::input::{OneOrMany, TimeOrDay, Wrong, choices, request};
use crate::middleware::authenticate::Caller;
use crate::problem::Problem;

choices! {
    Group {
        "month" => Group::Month, "operator" => Group::Operator, "product" => Group::Product,
        "category" => Group::Category, "agent" => Group::Agent, "reason" => Group::Reason,
    }
}

request! {
    pub(crate) struct EscalationsQuery {
        /// An instant, or a day of the desk; 90 days back where nothing is said.
        from: Option<TimeOrDay>,
        /// An instant, or a day of the desk that belongs to it; now where nothing is said.
        to: Option<TimeOrDay>,
        /// Only cases with this operator.
        operator: Option<Slug>,
        /// Only cases about this service.
        service: Option<Slug>,
        /// Only cases of this category.
        category: Option<Slug>,
        /// Only cases that this agent filed.
        agent: Option<AgentId>,
        /// One or several, by commas; each is broken down by itself.
        group: OneOrMany<Group>,
        /// `csv`, as `Accept: text/csv` asks for too.
        format: Option<Format>,
    }
}

/// The cases that were filed in the span, as they now stand.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EscalationReport)]
pub(crate) struct EscalationsView {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    group: Vec<&'static str>,
    /// It stopped there: what comes after is not in it.
    is_cut: bool,
    total: EscalationFigures,
    /// By group; empty where nothing was to be broken down.
    rows: Vec<EscalationRow>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EscalationRow {
    /// `month`, `operator`, `product`, `category`, `agent` or `reason`.
    group: &'static str,
    /// A slug, or a month of the desk's zone such as `2026-03`, or the agent's id; none has none.
    key: Option<String>,
    /// Of the group `agent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<NamedRef>,
    #[serde(flatten)]
    figures: EscalationFigures,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EscalationFigures {
    filed: u64,
    /// Of those whose acknowledgement was promised and is decided.
    acknowledged_in_time: PartView,
    acknowledged_late: u64,
    /// Not acknowledged, and the target has passed.
    acknowledgement_overdue: u64,
    not_acknowledged_yet: u64,
    /// It ended without an acknowledgement.
    never_acknowledged: u64,
    /// No target was set for it.
    acknowledgement_unpromised: u64,
    late_updates: u64,
    with_late_update: PartView,
    open: PartView,
    refused: PartView,
    withdrawn: PartView,
    solved: PartView,
    not_solved: PartView,
    reopened: PartView,
    /// The operator lowered its severity.
    severity_lowered: PartView,
    /// Lessons on record, of those refused or withdrawn.
    lessons: PartView,
    time: TimesView,
}

/// So many of so many.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = Part)]
pub(crate) struct PartView {
    n: u64,
    of: u64,
    /// None of nothing.
    share: Option<f64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TimesView {
    /// Of each escalated ticket, in wall seconds: ours, the customer's and the operator's.
    ours: Option<SpreadView>,
    customers: Option<SpreadView>,
    operators: Option<SpreadView>,
    /// Of each case, in seconds of the operator's own hours.
    to_acknowledgement: Option<SpreadView>,
    to_answer: Option<SpreadView>,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = Spread)]
pub(crate) struct SpreadView {
    count: u64,
    median_s: i64,
    p90_s: i64,
    slowest_s: i64,
    /// Else the percentiles may be off by 0.8 %.
    is_exact: bool,
}

impl From<Part> for PartView {
    fn from(part: Part) -> Self {
        Self { n: part.n, of: part.of, share: part.fraction() }
    }
}

impl From<Used> for SpreadView {
    fn from(used: Used) -> Self {
        let Used { count, slowest_s, p50_s, p90_s, is_exact, .. } = used;
        Self { count, median_s: p50_s, p90_s, slowest_s, is_exact }
    }
}

impl From<Times> for TimesView {
    fn from(times: Times) -> Self {
        let spread = |used: Option<Used>| used.map(SpreadView::from);
        Self {
            ours: spread(times.ours),
            customers: spread(times.customers),
            operators: spread(times.operators),
            to_acknowledgement: spread(times.to_acknowledgement),
            to_answer: spread(times.to_answer),
        }
    }
}

impl From<Figures> for EscalationFigures {
    fn from(figures: Figures) -> Self {
        Self {
            filed: figures.filed,
            acknowledged_in_time: figures.acknowledged_in_time.into(),
            acknowledged_late: figures.acknowledged.late,
            acknowledgement_overdue: figures.acknowledged.overdue,
            not_acknowledged_yet: figures.acknowledged.not_yet,
            never_acknowledged: figures.acknowledged.never,
            acknowledgement_unpromised: figures.acknowledged.unpromised,
            late_updates: figures.late_updates,
            with_late_update: figures.with_late_update.into(),
            open: figures.open.into(),
            refused: figures.refused.into(),
            withdrawn: figures.withdrawn.into(),
            solved: figures.solved.into(),
            not_solved: figures.not_solved.into(),
            reopened: figures.reopened.into(),
            severity_lowered: figures.lowered.into(),
            lessons: figures.lessons.into(),
            time: figures.times.into(),
        }
    }
}

pub(crate) async fn escalation_report(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<EscalationsQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.must_see(Verb::ReadReports)?;
    let filter = Filter {
        operator: query.operator.clone(),
        product: query.service.clone(),
        category: query.category.clone(),
        agent: query.agent,
    };
    let question = question(&app, &caller, (query.from, query.to), filter, query.group.0.clone()).await?;
    match accepted(query.format, &headers) {
        Format::Json => Ok(([(VARY, "Accept")], escalations_json(&app.store, &question).await?).into_response()),
        Format::Csv => escalations_csv(&app.store, &question).await,
    }
}

pub(crate) async fn question(
    app: &App,
    caller: &Caller,
    (from, to): (Option<TimeOrDay>, Option<TimeOrDay>),
    filter: Filter,
    groups: Vec<Group>,
) -> Result<Question, Problem> {
    let zone = app.options.time_zone;
    let to = match to {
        Some(to) => to.ends(zone),
        None => app.store.now().await?,
    };
    let from = from.map_or(to - chrono::Duration::days(SPAN_DAYS_USUAL), |from| from.begins(zone));
    check_span(from, to)?;
    Ok(Question { from, to, filter, groups, zone, visibility: caller.visibility() })
}

pub(crate) fn check_span(from: DateTime<Utc>, to: DateTime<Utc>) -> Result<(), Problem> {
    if to <= from {
        return Err(Problem::invalid("to", Wrong::BeforeBeginning));
    }
    if to - from > chrono::Duration::days(SPAN_DAYS_MAX) {
        let words = format!("lies more than {SPAN_DAYS_MAX} days after from; ask for a part of it");
        return Err(Problem::invalid("to", Wrong::Said(words)));
    }
    Ok(())
}

pub(crate) async fn escalations_json(store: &Store, question: &Question) -> Answered<EscalationsView> {
    Ok(Answer::ok(view(store, question).await?))
}

pub(crate) async fn escalations_csv(store: &Store, question: &Question) -> Result<Response, Problem> {
    Ok(csv_file("escalations", table(&view(store, question).await?)))
}

pub(crate) fn csv_file(name: &str, text: String) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.csv\"")),
        (VARY, "Accept".to_owned()),
    ];
    (headers, text).into_response()
}

async fn view(store: &Store, question: &Question) -> Result<EscalationsView, Problem> {
    let answered = escalations(store, question).await?;
    let agents = answered.report.rows.iter().filter_map(|row| match &row.key {
        Key::Agent(agent) => *agent,
        Key::Month(_) | Key::Operator(_) | Key::Product(_) | Key::Category(_) | Key::Reason(_) => None,
    });
    let names = Names::load(store, BTreeSet::new(), agents.collect()).await?;
    Ok(EscalationsView {
        from: question.from,
        to: question.to,
        group: answered.report.groups.iter().map(|group| group.as_str()).collect(),
        is_cut: answered.is_cut,
        total: answered.report.total.into(),
        rows: answered.report.rows.into_iter().map(|one| row(one, &names)).collect(),
    })
}

fn row(row: Row, names: &Names) -> EscalationRow {
    let group = row.key.group().as_str();
    let (key, agent) = match row.key {
        Key::Month(month) => (Some(month.to_string()), None),
        Key::Operator(slug) => (Some(slug.to_string()), None),
        Key::Product(slug) | Key::Category(slug) => (slug.map(|slug| slug.to_string()), None),
        Key::Agent(id) => (id.map(|id| id.to_string()), id.map(|id| names.agent(id))),
        Key::Reason(reason) => (Some(reason.as_str().to_owned()), None),
    };
    EscalationRow { group, key, agent, figures: row.figures.into() }
}

const COLUMNS: [&str; 31] = [
    "filed",
    "acknowledged_in_time",
    "acknowledged_in_time_of",
    "acknowledged_late",
    "acknowledgement_overdue",
    "not_acknowledged_yet",
    "never_acknowledged",
    "acknowledgement_unpromised",
    "late_updates",
    "with_late_update",
    "open",
    "refused",
    "withdrawn",
    "solved",
    "not_solved",
    "reopened",
    "severity_lowered",
    "lessons",
    "lessons_of",
    "share_refused",
    "ours_median_s",
    "ours_p90_s",
    "customers_median_s",
    "customers_p90_s",
    "operators_median_s",
    "operators_p90_s",
    "to_acknowledgement_median_s",
    "to_answer_median_s",
    "from",
    "to",
    // The same on every line: whether there is more than one report is made of.
    "is_cut",
];

/// The total where nothing is broken down, else the rows.
fn table(view: &EscalationsView) -> String {
    let mut csv = Csv::default();
    csv.row(["group", "key"].into_iter().chain(COLUMNS));
    let total = view.group.is_empty().then_some(("total", String::new(), &view.total));
    let rows = view.rows.iter().map(|row| {
        let name = row.agent.as_ref().map(|agent| agent.name.clone());
        (row.group, name.or_else(|| row.key.clone()).unwrap_or_default(), &row.figures)
    });
    for (group, key, figures) in total.into_iter().chain(rows) {
        let mut cells = vec![group.to_owned(), key];
        cells.extend(figures.cells());
        cells.extend([view.from, view.to].map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)));
        cells.push(view.is_cut.to_string());
        csv.row(cells.iter().map(String::as_str));
    }
    csv.finish()
}

impl EscalationFigures {
    fn cells(&self) -> Vec<String> {
        let counts = [
            self.filed,
            self.acknowledged_in_time.n,
            self.acknowledged_in_time.of,
            self.acknowledged_late,
            self.acknowledgement_overdue,
            self.not_acknowledged_yet,
            self.never_acknowledged,
            self.acknowledgement_unpromised,
            self.late_updates,
            self.with_late_update.n,
            self.open.n,
            self.refused.n,
            self.withdrawn.n,
            self.solved.n,
            self.not_solved.n,
            self.reopened.n,
            self.severity_lowered.n,
            self.lessons.n,
            self.lessons.of,
        ];
        let share = self.refused.share.map_or_else(String::new, |share| format!("{share:.4}"));
        let seconds = |spread: Option<SpreadView>, which: fn(&SpreadView) -> i64| {
            spread.as_ref().map_or_else(String::new, |spread| which(spread).to_string())
        };
        let time = &self.time;
        let mut cells: Vec<String> = counts.iter().map(ToString::to_string).chain([share]).collect();
        for spread in [time.ours, time.customers, time.operators] {
            cells.extend([seconds(spread, |it| it.median_s), seconds(spread, |it| it.p90_s)]);
        }
        cells.push(seconds(time.to_acknowledgement, |it| it.median_s));
        cells.push(seconds(time.to_answer, |it| it.median_s));
        cells
    }
}
