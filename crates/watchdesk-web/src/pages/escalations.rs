//! The page of escalations: figures, months, groups, and the lessons that are missing.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{Datelike, Days, NaiveDate};
use uuid::Uuid;
use watchdesk_core::case::EscalationReason;
use watchdesk_core::command::Unit;
use watchdesk_core::ids::{AgentId, CaseId, Slug};
use watchdesk_core::report::Month;
use watchdesk_core::report::escalations::{EscalationReport, Group, Key, Row};
use watchdesk_core::rights::Verb;
use watchdesk_store::{Request, cases, tickets};
use watchdesk_templates::names as words;
use watchdesk_templates::pages::{
    Choice, EscalationFigures, EscalationFilter, EscalationMonth, EscalationPeriod, EscalationRow, EscalationsPage,
    Nav, Refused, UnlearnedCase, UnlearnedTicket,
};

use super::answer::Said;
use super::names::{self, Staff};
use super::reading::{Reading, version};
use super::refused::{is_for_the_form, refused, status};
use super::shell::shell;
use super::ticket::operator::learned;
use super::visit::{Form, Visit};
use crate::api::escalations::{check_span, escalations_csv, escalations_json};
use crate::escalations::{Answered, CameBack, Filter, Question, SPAN_DAYS_USUAL, escalations};
use crate::forms::{FormFields, decoded};
use crate::input::{TimeOrDay, Wrong};
use crate::problem::Problem;

const PAGE: &str = "/reports/escalations";
const PERIODS_DAYS: [u64; 3] = [30, 90, 365];
/// Cases without a lesson that stand on one page.
const UNLEARNED_SHOWN_MAX: usize = 20;
/// A year has no more, and one that it shares.
const MONTHS_MAX: usize = 14;

/// What the form asks for; days are the desk's.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub filter: Filter,
    pub group: Group,
}

impl Asked {
    pub fn usual(visit: &Visit) -> Self {
        let to = visit.now.with_timezone(&visit.app.options.time_zone).date_naive();
        Self { from: back(to, SPAN_DAYS_USUAL.unsigned_abs()), to, filter: Filter::default(), group: Group::Product }
    }

    pub fn read(visit: &Visit, fields: &FormFields) -> Result<Self, Problem> {
        let usual = Self::usual(visit);
        let slug = |name: &'static str| match fields.filled(name) {
            None => Ok(None),
            Some(text) => Slug::new(text).map(Some).map_err(|_| Problem::no_such(name)),
        };
        let agent = fields.filled("agent").map(|text| Uuid::try_parse(text).map_err(|_| Problem::no_such("agent")));
        let asked = Self {
            from: day(fields, "from")?.unwrap_or(usual.from),
            to: day(fields, "to")?.unwrap_or(usual.to),
            filter: Filter {
                operator: slug("operator")?,
                product: slug("service")?,
                category: slug("category")?,
                agent: agent.transpose()?.map(AgentId),
            },
            group: match fields.filled("group") {
                None => usual.group,
                Some(text) => Group::parse(text).ok_or_else(|| Problem::no_such("group"))?,
            },
        };
        let Question { from, to, .. } = asked.question(visit, Vec::new());
        check_span(from, to)?;
        Ok(asked)
    }

    pub fn question(&self, visit: &Visit, groups: Vec<Group>) -> Question {
        let zone = visit.app.options.time_zone;
        Question {
            from: TimeOrDay::Day(self.from).begins(zone),
            to: TimeOrDay::Day(self.to).ends(zone),
            filter: self.filter.clone(),
            groups,
            zone,
            visibility: visit.visibility(),
        }
    }

    /// Without the days.
    fn filters(&self) -> String {
        let Filter { operator, product, category, agent } = &self.filter;
        let slugs = [("operator", operator), ("service", product), ("category", category)];
        let slugs = slugs.into_iter().filter_map(|(name, slug)| Some(format!("&{name}={}", slug.as_ref()?)));
        let agent = agent.map(|id| format!("&agent={id}"));
        slugs.chain(agent).chain([format!("&group={}", self.group.as_str())]).collect()
    }

    fn query(&self) -> String {
        format!("from={}&to={}{}", self.from, self.to, self.filters())
    }

    fn periods(&self, visit: &Visit) -> Vec<EscalationPeriod> {
        let to = Self::usual(visit).to;
        let period = |days| {
            let from = back(to, days);
            let href = format!("{PAGE}?from={from}&to={to}{}", self.filters());
            EscalationPeriod { days, href, is_chosen: (from, to) == (self.from, self.to) }
        };
        PERIODS_DAYS.into_iter().map(period).collect()
    }

    fn chosen(&self) -> EscalationFilter {
        let text = |slug: &Option<Slug>| slug.as_ref().map(ToString::to_string).unwrap_or_default();
        EscalationFilter {
            operator: text(&self.filter.operator),
            service: text(&self.filter.product),
            category: text(&self.filter.category),
            agent: self.filter.agent.map(|id| id.to_string()).unwrap_or_default(),
            group: self.group.as_str().to_owned(),
        }
    }
}

/// The first of so many days that end there.
fn back(to: NaiveDate, days: u64) -> NaiveDate {
    to.checked_sub_days(Days::new(days.saturating_sub(1))).unwrap_or(to)
}

fn day(fields: &FormFields, name: &'static str) -> Result<Option<NaiveDate>, Problem> {
    let Some(text) = fields.filled(name) else { return Ok(None) };
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let day = day.filter(|day| (1970..=9998).contains(&day.year()));
    day.map(Some).ok_or_else(|| Problem::invalid(name, Wrong::NotAnInstant))
}

pub(super) async fn page(visit: Visit) -> Result<Response, Problem> {
    visit.must_see(Verb::ReadReports)?;
    match Asked::read(&visit, &visit.query) {
        Ok(asked) => show(&visit, StatusCode::OK, asked, None).await,
        Err(problem) if is_for_the_form(&problem) => {
            let refused = refused(&visit, "escalations", &visit.query, &problem);
            show(&visit, status(&problem), Asked::usual(&visit), Some(refused)).await
        }
        Err(problem) => Err(problem),
    }
}

async fn show(visit: &Visit, status: StatusCode, asked: Asked, refused: Option<Refused>) -> Result<Response, Problem> {
    let groups = vec![Group::Month, asked.group, Group::Agent, Group::Operator];
    let answered = escalations(&visit.app.store, &asked.question(visit, groups)).await?;
    let staff = Staff::load(visit, agents_of(&answered.report)).await?;
    let (unlearned, unlearned_count) = unlearned(&answered);
    let rows = answered.report.rows.iter().filter(|row| row.key.group() == asked.group);
    let query = asked.query();
    let page = EscalationsPage {
        shell: shell(visit, Nav::Reports).await?,
        from: asked.from,
        to: asked.to,
        periods: asked.periods(visit),
        operators: operators(visit, &answered.report, &asked),
        services: names::service_choices(visit),
        categories: names::category_choices(visit),
        agents: staff.owner_choices(asked.filter.agent),
        chosen: asked.chosen(),
        figures: EscalationFigures::from(&answered.report.total),
        months: months(&answered.report, asked.from, asked.to),
        rows: rows.map(|row| group_row(visit, &staff, row)).collect(),
        unlearned,
        unlearned_count,
        owners: staff.owner_choices([]),
        may_learn: visit.may(Verb::Escalate),
        is_cut: answered.is_cut,
        document_href: format!("/reports/remediation?{query}"),
        json_href: format!("{PAGE}.json?{query}"),
        csv_href: format!("{PAGE}.csv?{query}"),
        query,
        refused,
    };
    visit.page_with(status, &page)
}

pub(super) fn agents_of(report: &EscalationReport) -> Vec<AgentId> {
    let agent = |row: &Row| match &row.key {
        Key::Agent(agent) => *agent,
        Key::Month(_) | Key::Operator(_) | Key::Product(_) | Key::Category(_) | Key::Reason(_) => None,
    };
    report.rows.iter().filter_map(agent).collect()
}

/// Those of the desk, and whoever else had a case.
fn operators(visit: &Visit, report: &EscalationReport, asked: &Asked) -> Vec<Choice> {
    let mut slugs: Vec<_> = visit.desk.operators.keys().chain([&visit.desk.settings.operator]).cloned().collect();
    slugs.extend(asked.filter.operator.clone());
    slugs.extend(report.rows.iter().filter_map(|row| match &row.key {
        Key::Operator(slug) => Some(slug.clone()),
        Key::Month(_) | Key::Product(_) | Key::Category(_) | Key::Agent(_) | Key::Reason(_) => None,
    }));
    slugs.sort();
    slugs.dedup();
    slugs.iter().map(|slug| Choice::new(slug.to_string(), names::operator(visit, slug))).collect()
}

pub(super) fn group_row(visit: &Visit, staff: &Staff, row: &Row) -> EscalationRow {
    let label = match &row.key {
        Key::Month(month) => month.to_string(),
        Key::Operator(slug) => names::operator(visit, slug),
        Key::Product(slug) => slug.as_ref().map(|slug| names::service(visit, slug)).unwrap_or_default(),
        Key::Category(slug) => slug.as_ref().map(|slug| names::category(visit, slug)).unwrap_or_default(),
        Key::Agent(id) => id.map(|id| staff.name(id)).unwrap_or_default(),
        Key::Reason(reason) => reason_words(visit, *reason),
    };
    EscalationRow { label, figures: EscalationFigures::from(&row.figures) }
}

fn reason_words(visit: &Visit, reason: EscalationReason) -> String {
    words::reason(visit.language(), reason).to_owned()
}

/// Every month that the days touch, those without a case too.
pub(super) fn months(report: &EscalationReport, from: NaiveDate, to: NaiveDate) -> Vec<EscalationMonth> {
    let of = |day: NaiveDate| Month { year: day.year(), month: day.month() };
    let mut month = of(from);
    let mut all: Vec<(String, [u64; 3])> = Vec::new();
    while month <= of(to) && all.len() < MONTHS_MAX {
        let row = report.rows.iter().find(|row| row.key == Key::Month(month));
        let counts = row.map(|row| {
            let late = row.figures.acknowledged.late + row.figures.acknowledged.overdue;
            [row.figures.filed, row.figures.refused.n, late]
        });
        all.push((month.to_string(), counts.unwrap_or_default()));
        month = match month.month {
            12 => Month { year: month.year + 1, month: 1 },
            number => Month { year: month.year, month: number + 1 },
        };
    }
    EscalationMonth::all(&all)
}

/// The latest first, and how many there are.
fn unlearned(answered: &Answered) -> (Vec<UnlearnedCase>, usize) {
    let without: Vec<&CameBack> = answered.came_back.iter().filter(|one| one.case.words.lesson.is_none()).collect();
    let line = |one: &&CameBack| UnlearnedCase {
        id: one.case.id.to_string(),
        version: one.case.version,
        reference: one.case.reference.clone().unwrap_or_default(),
        fate: one.fate.as_str().to_owned(),
        summary: one.case.words.summary.clone(),
        ending: one.case.words.ending.clone().unwrap_or_default(),
        ended_at: one.case.ended_at.unwrap_or(one.case.drafted_at),
        ticket: UnlearnedTicket { number: one.ticket.number.0 },
    };
    (without.iter().rev().take(UNLEARNED_SHOWN_MAX).map(line).collect(), without.len())
}

/// A lesson that was missing. The form comes back to the days that it stood among.
pub(super) async fn learn(Path(id): Path<Uuid>, Form { visit, fields }: Form) -> Result<Response, Problem> {
    visit.must_see(Verb::ReadReports)?;
    let id = CaseId(id);
    must_know(&visit, id).await?;
    visit.must_be_allowed(Verb::Escalate)?;
    let back = fields.filled("back").unwrap_or_default().to_owned();
    let mut asked_before = FormFields::default();
    decoded(back.as_bytes()).into_iter().for_each(|(name, value)| asked_before.push(name, value));
    let asked = Asked::read(&visit, &asked_before).unwrap_or_else(|_| Asked::usual(&visit));
    match carry_out(&visit, &fields, id).await {
        Ok(()) => Ok(visit.done(&format!("{PAGE}?{}", asked.query()), Said::LessonRecorded)),
        Err(problem) if is_for_the_form(&problem) => {
            let refused = refused(&visit, &format!("lesson/{id}"), &fields, &problem);
            show(&visit, status(&problem), asked, Some(refused)).await
        }
        Err(problem) => Err(problem),
    }
}

/// Whoever sees none of its tickets does not find it.
async fn must_know(visit: &Visit, id: CaseId) -> Result<(), Problem> {
    let store = &visit.app.store;
    let case = cases::by_id(store, id).await?.ok_or(Problem::NotFound)?;
    let ids: Vec<_> = case.tickets.into_iter().collect();
    let reach = visit.visibility();
    let seen = tickets::by_ids(store, &ids).await?.iter().any(|record| reach.admits(&record.ticket));
    if seen { Ok(()) } else { Err(Problem::NotFound) }
}

async fn carry_out(visit: &Visit, fields: &FormFields, id: CaseId) -> Result<(), Problem> {
    let mut reading = Reading::of(fields, visit.locale.zone);
    reading.filled("back");
    let command = learned(reading)?;
    let request = Request { expected_version: Some(version(fields)?), ..Request::from(Unit::case(id, command)) };
    visit.app.store.execute(visit.rights(), request).await?;
    Ok(())
}

/// The same figures, for a spreadsheet.
pub(super) async fn csv(visit: Visit) -> Result<Response, Problem> {
    visit.must_see(Verb::ReadReports)?;
    let asked = Asked::read(&visit, &visit.query)?;
    escalations_csv(&visit.app.store, &asked.question(&visit, vec![asked.group])).await
}

/// ... and for a program.
pub(super) async fn json(visit: Visit) -> Result<Response, Problem> {
    visit.must_see(Verb::ReadReports)?;
    let asked = Asked::read(&visit, &visit.query)?;
    Ok(escalations_json(&visit.app.store, &asked.question(&visit, vec![asked.group])).await?.into_response())
}
