//! What was kept and missed, raw and with excuses side by side; as JSON, and as CSV.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE, VARY};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use watchdesk_core::ids::{AgentId, CustomerId, TeamId};
use watchdesk_core::report::{Figures, GroupBy, Row, Share, SlaReport, Used};
use watchdesk_core::rights::Verb;
use watchdesk_core::ticket::Severity;
use watchdesk_store::{Store, StoreError, directory};

use super::answer::{Answer, Answered};
use super::request::Query;
use super::views::{NamedRef, TeamRef};
use crate::app::App;
use crate::csv::Csv;
use crate::input::{OneOrMany, TimeOrDay, Wrong, choices, request};
use crate::middleware::authenticate::Caller;
use crate::problem::Problem;
use crate::reports::{Question, sla};

/// The span of a report where nothing is said.
pub(crate) const SPAN_DAYS_USUAL: i64 = 30;
/// The longest span of a report.
pub(crate) const SPAN_DAYS_MAX: i64 = 3 * 366;

choices! {
    GroupBy {
        "severity" => GroupBy::Severity, "customer" => GroupBy::Customer, "team" => GroupBy::Team,
        "person" => GroupBy::Person, "service" => GroupBy::Service, "category" => GroupBy::Category,
        "month" => GroupBy::Month,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Csv,
}

choices! {
    Format { "json" => Format::Json, "csv" => Format::Csv }
}

request! {
    pub(crate) struct SlaQuery {
        /// An instant, or a day of the desk; 30 days back where nothing is said.
        from: Option<TimeOrDay>,
        /// An instant, or a day of the desk that belongs to it; now where nothing is said.
        to: Option<TimeOrDay>,
        /// One or several, by commas.
        group_by: OneOrMany<GroupBy>,
        /// `csv`, as `Accept: text/csv` asks for too.
        format: Option<Format>,
    }
}

/// Every promise whose fate was decided in the span: by its first miss, or else by its end.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SlaReport)]
pub(crate) struct SlaView {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    group_by: Vec<&'static str>,
    /// It stopped there: what comes after is not in it.
    is_cut: bool,
    /// One for each objective.
    totals: Vec<SlaRow>,
    /// By objective and groups; empty where nothing was to be broken down.
    rows: Vec<SlaRow>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SlaRow {
    objective: &'static str,
    /// What it is broken down by; what is absent in it has none.
    key: KeyView,
    /// All groups beyond those that are kept apart.
    is_rest: bool,
    #[serde(flatten)]
    figures: FiguresView,
}

#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = SlaKey)]
pub(crate) struct KeyView {
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<NamedRef>,
    #[serde(skip_serializing_if = "Option::is_none")]
    team: Option<TeamRef>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<NamedRef>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<String>,
    /// `2026-03`, of the desk's zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    month: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SlaFigures)]
pub(crate) struct FiguresView {
    /// Without the cancelled ones.
    total: u64,
    met: u64,
    met_late: u64,
    /// Missed, and not fulfilled yet.
    missed_running: u64,
    cancelled: u64,
    /// Of the cancelled ones; they count nowhere else.
    cancelled_missed: u64,
    /// Of the missed ones.
    excused: u64,
    /// Met, of all that are decided.
    raw: ShareView,
    /// The same with excused misses left out.
    with_excuses: ShareView,
    /// Open seconds from start to fulfilment.
    used: Option<UsedView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Share)]
pub(crate) struct ShareView {
    met: u64,
    of: u64,
    /// None of nothing.
    share: Option<f64>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SecondsUsed)]
pub(crate) struct UsedView {
    count: u64,
    slowest_s: i64,
    mean_s: i64,
    p50_s: i64,
    p90_s: i64,
    p95_s: i64,
    p99_s: i64,
    /// Else the percentiles may be off by 0.8 %.
    is_exact: bool,
}

impl From<Share> for ShareView {
    fn from(share: Share) -> Self {
        Self { met: share.met, of: share.of, share: share.fraction() }
    }
}

impl From<Used> for UsedView {
    fn from(used: Used) -> Self {
        let Used { count, slowest_s, mean_s, p50_s, p90_s, p95_s, p99_s, is_exact } = used;
        Self { count, slowest_s, mean_s, p50_s, p90_s, p95_s, p99_s, is_exact }
    }
}

impl From<Figures> for FiguresView {
    fn from(figures: Figures) -> Self {
        Self {
            total: figures.total,
            met: figures.met,
            met_late: figures.met_late,
            missed_running: figures.missed_running,
            cancelled: figures.cancelled,
            cancelled_missed: figures.cancelled_missed,
            excused: figures.excused,
            raw: figures.raw.into(),
            with_excuses: figures.with_excuses.into(),
            used: figures.used.map(UsedView::from),
        }
    }
}

/// The names behind the ids of rows, each kind looked up once.
#[derive(Debug, Default)]
pub(crate) struct Names {
    customers: BTreeMap<CustomerId, String>,
    agents: BTreeMap<AgentId, String>,
    teams: BTreeMap<TeamId, TeamRef>,
}

/// Ids that one lookup asks for.
const LOOKUP_MAX: usize = 500;

impl Names {
    pub async fn load(
        store: &Store,
        customers: BTreeSet<CustomerId>,
        agents: BTreeSet<AgentId>,
    ) -> Result<Self, StoreError> {
        let mut names = Self::default();
        for ids in customers.into_iter().collect::<Vec<_>>().chunks(LOOKUP_MAX) {
            let found = directory::customers_by_ids(store, ids).await?;
            names.customers.extend(found.into_iter().map(|customer| (customer.id, customer.name)));
        }
        for ids in agents.into_iter().collect::<Vec<_>>().chunks(LOOKUP_MAX) {
            let found = directory::agents_by_ids(store, ids).await?;
            names.agents.extend(found.into_iter().map(|agent| (agent.id, agent.name)));
        }
        let team = |team: directory::Team| {
            (team.id, TeamRef { id: team.id.0, slug: team.slug.to_string(), name: team.name.en })
        };
        names.teams = directory::teams(store).await?.into_iter().map(team).collect();
        Ok(names)
    }

    pub async fn of_report(store: &Store, report: &SlaReport) -> Result<Self, StoreError> {
        let customers = report.rows.iter().filter_map(|row| row.key.customer).collect();
        let agents = report.rows.iter().filter_map(|row| row.key.person).collect();
        Self::load(store, customers, agents).await
    }

    pub fn customer(&self, id: CustomerId) -> NamedRef {
        NamedRef { id: id.0, name: self.customers.get(&id).cloned().unwrap_or_default() }
    }

    pub fn agent(&self, id: AgentId) -> NamedRef {
        NamedRef { id: id.0, name: self.agents.get(&id).cloned().unwrap_or_default() }
    }

    pub fn team(&self, id: TeamId) -> TeamRef {
        let unknown = || TeamRef { id: id.0, slug: String::new(), name: String::new() };
        self.teams.get(&id).cloned().unwrap_or_else(unknown)
    }
}

fn row(row: Row, names: &Names) -> SlaRow {
    let key = row.key;
    SlaRow {
        objective: row.objective.as_str(),
        key: KeyView {
            severity: key.severity.map(Severity::as_str),
            customer: key.customer.map(|id| names.customer(id)),
            team: key.team.map(|id| names.team(id)),
            person: key.person.map(|id| names.agent(id)),
            service: key.service.map(|slug| slug.to_string()),
            category: key.category.map(|slug| slug.to_string()),
            month: key.month.map(|month| month.to_string()),
        },
        is_rest: row.is_rest,
        figures: row.figures.into(),
    }
}

pub(crate) async fn sla_report(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<SlaQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.must_see(Verb::ReadReports)?;
    let question = question(&app, &caller, &query).await?;
    match accepted(query.format, &headers) {
        Format::Json => Ok(([(VARY, "Accept")], sla_json(&app.store, &question).await?).into_response()),
        Format::Csv => sla_csv(&app.store, &question).await,
    }
}

pub(crate) async fn sla_json(store: &Store, question: &Question) -> Answered<SlaView> {
    Ok(Answer::ok(sla_view(store, question).await?))
}

pub(crate) async fn sla_csv(store: &Store, question: &Question) -> Result<Response, Problem> {
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
        (CONTENT_DISPOSITION, "attachment; filename=\"sla.csv\""),
        (VARY, "Accept"),
    ];
    Ok((headers, table(&sla_view(store, question).await?)).into_response())
}

async fn sla_view(store: &Store, question: &Question) -> Result<SlaView, Problem> {
    let answered = sla(store, question).await?;
    let names = Names::of_report(store, &answered.report).await?;
    Ok(SlaView {
        from: question.from,
        to: question.to,
        group_by: answered.report.groups.iter().map(|group| group.as_str()).collect(),
        is_cut: answered.is_cut,
        totals: answered.report.totals.into_iter().map(|total| row(total, &names)).collect(),
        rows: answered.report.rows.into_iter().map(|one| row(one, &names)).collect(),
    })
}

async fn question(app: &App, caller: &Caller, query: &SlaQuery) -> Result<Question, Problem> {
    let zone = app.options.time_zone;
    let to = match query.to {
        Some(to) => to.ends(zone),
        None => app.store.now().await?,
    };
    let from = match query.from {
        Some(from) => from.begins(zone),
        None => to - chrono::Duration::days(SPAN_DAYS_USUAL),
    };
    check_span(from, to)?;
    Ok(Question { from, to, groups: query.group_by.0.clone(), zone, visibility: caller.visibility() })
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

pub(crate) fn accepted(format: Option<Format>, headers: &HeaderMap) -> Format {
    let accepts = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let first = accepts.split(',').next().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let asked = if first.eq_ignore_ascii_case("text/csv") { Format::Csv } else { Format::Json };
    format.unwrap_or(asked)
}

const FIGURES: [&str; 19] = [
    "total",
    "met",
    "met_late",
    "missed_running",
    "cancelled",
    "cancelled_missed",
    "excused",
    "share_met",
    "share_met_with_excuses",
    "fulfilled",
    "mean_s",
    "p50_s",
    "p90_s",
    "p95_s",
    "p99_s",
    "slowest_s",
    "from",
    "to",
    // The same on every line: whether there is more than one report is made of.
    "is_cut",
];

/// Totals where nothing is broken down, else the rows.
fn table(view: &SlaView) -> String {
    let mut csv = Csv::default();
    csv.row(["objective"].into_iter().chain(view.group_by.iter().copied()).chain(FIGURES));
    let rows = if view.group_by.is_empty() { &view.totals } else { &view.rows };
    for row in rows {
        let mut cells = vec![row.objective.to_owned()];
        cells.extend(view.group_by.iter().map(|group| if row.is_rest { "…".to_owned() } else { row.key.cell(group) }));
        cells.extend(row.figures.cells());
        cells.extend([view.from, view.to].map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)));
        cells.push(view.is_cut.to_string());
        csv.row(cells.iter().map(String::as_str));
    }
    csv.finish()
}

impl KeyView {
    fn cell(&self, group: &str) -> String {
        let cell = match GroupBy::parse(group) {
            Some(GroupBy::Severity) => self.severity.map(str::to_owned),
            Some(GroupBy::Customer) => self.customer.as_ref().map(|customer| customer.name.clone()),
            Some(GroupBy::Team) => self.team.as_ref().map(|team| team.slug.clone()),
            Some(GroupBy::Person) => self.person.as_ref().map(|person| person.name.clone()),
            Some(GroupBy::Service) => self.service.clone(),
            Some(GroupBy::Category) => self.category.clone(),
            Some(GroupBy::Month) => self.month.clone(),
            None => None,
        };
        cell.unwrap_or_default()
    }
}

impl FiguresView {
    fn cells(&self) -> Vec<String> {
        let counts = [
            self.total,
            self.met,
            self.met_late,
            self.missed_running,
            self.cancelled,
            self.cancelled_missed,
            self.excused,
        ];
        let shares = [&self.raw, &self.with_excuses]
            .map(|share| share.share.map_or_else(String::new, |share| format!("{share:.4}")));
        let mut cells: Vec<String> = counts.iter().map(ToString::to_string).chain(shares).collect();
        match &self.used {
            None => cells.extend(std::iter::repeat_n(String::new(), 7)),
            Some(used) => {
                cells.push(used.count.to_string());
                let seconds = [used.mean_s, used.p50_s, used.p90_s, used.p95_s, used.p99_s, used.slowest_s];
                cells.extend(seconds.iter().map(ToString::to_string));
            }
        }
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_a_table_says_whether_it_is_all() {
        let share = || ShareView { met: 1, of: 1, share: Some(1.0) };
        let figures = FiguresView {
            total: 1,
            met: 1,
            met_late: 0,
            missed_running: 0,
            cancelled: 0,
            cancelled_missed: 0,
            excused: 0,
            raw: share(),
            with_excuses: share(),
            used: None,
        };
        let row = SlaRow { objective: "triage", key: KeyView::default(), is_rest: false, figures };
        let (from, to) = (DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH);
        let mut view = SlaView { from, to, group_by: Vec::new(), is_cut: true, totals: vec![row], rows: Vec::new() };
        let cut = table(&view);
        let lines: Vec<&str> = cut.lines().collect();
        assert!(lines[0].ends_with(",to,is_cut") && lines[1].ends_with("Z,true"), "{cut}");
        assert_eq!(lines[0].matches(',').count(), lines[1].matches(',').count());
        view.is_cut = false;
        assert!(table(&view).trim_end().ends_with("Z,false"));
    }
}
