//! Reports: what was kept and what was excused, and what will be missed if work goes on as it did.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{Days, NaiveDate};
use watchdesk_core::forecast::Outlook;
use watchdesk_core::ids::{AgentId, CustomerId, TeamId};
use watchdesk_core::report::{self, GroupBy, SlaReport};
use watchdesk_core::rights::Verb;
use watchdesk_store::StoreError;
use watchdesk_store::reports::{FORECAST_HOURS_MAX, FORECAST_HOURS_USUAL, outlook};
use watchdesk_templates::pages::{ForecastLine, ForecastPage, Nav, Refused, ReportPage, ReportRow};

use super::names::{self, Staff};
use super::refused::{is_for_the_form, refused, status};
use super::shell::shell;
use super::subscriptions::board;
use super::visit::Visit;
use crate::api::reports::{SPAN_DAYS_USUAL, check_span, sla_csv, sla_json};
use crate::input::{TimeOrDay, Wrong};
use crate::problem::Problem;
use crate::reports::{Question, sla};

const PAGE: &str = "/reports";

/// The span and the group that the form asks for; days are the reader's.
struct Asked {
    from: NaiveDate,
    to: NaiveDate,
    group: Option<GroupBy>,
}

impl Asked {
    fn usual(visit: &Visit) -> Self {
        let to = visit.now.with_timezone(&visit.locale.zone).date_naive();
        let back = Days::new(SPAN_DAYS_USUAL.unsigned_abs() - 1);
        Self { from: to.checked_sub_days(back).unwrap_or(to), to, group: None }
    }

    fn read(visit: &Visit) -> Result<Self, Problem> {
        let usual = Self::usual(visit);
        let asked = Self {
            from: day(visit, "from")?.unwrap_or(usual.from),
            to: day(visit, "to")?.unwrap_or(usual.to),
            group: match visit.query.filled("group") {
                None => None,
                Some(text) => Some(GroupBy::parse(text).ok_or_else(|| Problem::no_such("group"))?),
            },
        };
        let Question { from, to, .. } = asked.question(visit);
        check_span(from, to)?;
        Ok(asked)
    }

    fn question(&self, visit: &Visit) -> Question {
        let zone = visit.locale.zone;
        Question {
            from: TimeOrDay::Day(self.from).begins(zone),
            to: TimeOrDay::Day(self.to).ends(zone),
            groups: self.group.into_iter().collect(),
            zone,
            visibility: visit.visibility(),
        }
    }

    fn query(&self) -> String {
        let group = self.group.map(|group| format!("&group={}", group.as_str())).unwrap_or_default();
        format!("from={}&to={}{group}", self.from, self.to)
    }
}

fn day(visit: &Visit, name: &'static str) -> Result<Option<NaiveDate>, Problem> {
    let Some(text) = visit.query.filled(name) else { return Ok(None) };
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let day = day.filter(|day| (1970..=9998).contains(&chrono::Datelike::year(day)));
    day.map(Some).ok_or_else(|| Problem::invalid(name, Wrong::NotAnInstant))
}

pub(super) async fn page(visit: Visit) -> Result<Response, Problem> {
    visit.must_see(Verb::ReadReports)?;
    match Asked::read(&visit) {
        Ok(asked) => show(&visit, StatusCode::OK, asked, None).await,
        Err(problem) if is_for_the_form(&problem) => {
            let refused = refused(&visit, "reports", &visit.query, &problem);
            show(&visit, status(&problem), Asked::usual(&visit), Some(refused)).await
        }
        Err(problem) => Err(problem),
    }
}

async fn show(visit: &Visit, status: StatusCode, asked: Asked, refused: Option<Refused>) -> Result<Response, Problem> {
    let answered = sla(&visit.app.store, &asked.question(visit)).await?;
    let labels = Labels::load(visit, &answered.report).await?;
    let row = |row: &report::Row| ReportRow::of(row, labels.of(visit, &row.key));
    let query = asked.query();
    let page = ReportPage {
        shell: shell(visit, Nav::Reports).await?,
        from: asked.from,
        to: asked.to,
        group: asked.group.map(GroupBy::as_str).unwrap_or_default().to_owned(),
        totals: answered.report.totals.iter().map(row).collect(),
        rows: answered.report.rows.iter().map(row).collect(),
        is_cut: answered.is_cut,
        json_href: format!("{PAGE}/sla.json?{query}"),
        csv_href: format!("{PAGE}/sla.csv?{query}"),
        refused,
    };
    visit.page_with(status, &page)
}

/// What the groups of a report are called.
struct Labels {
    customers: BTreeMap<CustomerId, String>,
    staff: Staff,
}

impl Labels {
    async fn load(visit: &Visit, report: &SlaReport) -> Result<Self, StoreError> {
        let people = report.rows.iter().filter_map(|row| row.key.person);
        let customers = report.rows.iter().filter_map(|row| row.key.customer);
        let (staff, customers) = tokio::try_join!(Staff::load(visit, people), names::customer_names(visit, customers))?;
        Ok(Self { customers, staff })
    }

    /// Empty where it has none.
    fn of(&self, visit: &Visit, key: &report::About) -> String {
        let severity = key.severity.map(|severity| severity.as_str().to_owned());
        let customer = key.customer.and_then(|id| self.customers.get(&id).cloned());
        let team = key.team.and_then(|id| self.staff.team(visit, id));
        let person = key.person.map(|id| self.staff.name(id));
        let service = key.service.as_ref().map(|slug| names::service(visit, slug));
        let category = key.category.as_ref().map(|slug| names::category(visit, slug));
        let month = key.month.map(|month| month.to_string());
        severity.or(customer).or(team).or(person).or(service).or(category).or(month).unwrap_or_default()
    }
}

/// The same figures, for a spreadsheet.
pub(super) async fn csv(visit: Visit) -> Result<Response, Problem> {
    visit.must_see(Verb::ReadReports)?;
    sla_csv(&visit.app.store, &Asked::read(&visit)?.question(&visit)).await
}

/// ... and for a program.
pub(super) async fn json(visit: Visit) -> Result<Response, Problem> {
    visit.must_see(Verb::ReadReports)?;
    Ok(sla_json(&visit.app.store, &Asked::read(&visit)?.question(&visit)).await?.into_response())
}

pub(super) async fn forecast(visit: Visit) -> Result<Response, Problem> {
    visit.must_see(Verb::ReadReports)?;
    let hours = visit.query.filled("hours").and_then(|text| text.parse().ok());
    let hours = hours.filter(|hours| (1..=FORECAST_HOURS_MAX).contains(hours)).unwrap_or(FORECAST_HOURS_USUAL);
    let found = outlook(&visit.app.store, &visit.visibility(), hours).await?;
    let (found, is_cut) = (found.forecast, found.is_cut);
    let losing = board(&visit).await?;
    let staff = Staff::load(&visit, found.persons.iter().map(|outlook| outlook.line)).await?;
    let queue = |outlook: &Outlook<Option<TeamId>>| {
        let name = outlook.line.and_then(|id| staff.team(&visit, id)).unwrap_or_default();
        ForecastLine::of(outlook, name)
    };
    let person = |outlook: &Outlook<AgentId>| ForecastLine::of(outlook, staff.name(outlook.line));
    let page = ForecastPage {
        shell: shell(&visit, Nav::Reports).await?,
        hours: i64::from(hours),
        until: found.until,
        window_s: found.window_s,
        is_cut,
        losing,
        queues: found.queues.iter().map(queue).collect(),
        persons: found.persons.iter().map(person).collect(),
    };
    visit.page(&page)
}
