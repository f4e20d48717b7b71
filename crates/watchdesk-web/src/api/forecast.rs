//! What will be missed if work goes on as it did of late, by queue and person.

use std::collections::BTreeSet;

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use watchdesk_core::forecast::{Expected, Forecast, LISTED_MAX, Outlook, Pace};
use watchdesk_core::ids::{AgentId, TeamId};
use watchdesk_core::rights::Verb;
use watchdesk_store::reports::{FORECAST_HOURS_MAX, FORECAST_HOURS_USUAL, outlook};
use watchdesk_store::{Store, StoreError};

use super::answer::{Answer, Answered};
use super::reports::Names;
use super::request::Query;
use super::views::{NamedRef, TeamRef};
use crate::app::App;
use crate::input::{InQuery, Wrong, request};
use crate::middleware::authenticate::Caller;
use crate::problem::Problem;

request! {
    pub(crate) struct ForecastQuery {
        /// How far to look ahead; 8 where nothing is said, at most 168.
        hours: Option<InQuery<u32>>,
    }
}

/// What will be missed if work goes on as in the last 24 hours.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Forecast)]
pub struct ForecastView {
    at: DateTime<Utc>,
    until: DateTime<Utc>,
    /// Of the work that the pace is taken from.
    window_s: i64,
    /// There is more than was looked at.
    is_cut: bool,
    /// By team; without one: what no team has.
    queues: Vec<OutlookView>,
    persons: Vec<OutlookView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Outlook)]
pub(crate) struct OutlookView {
    #[serde(skip_serializing_if = "Option::is_none")]
    team: Option<TeamRef>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<NamedRef>,
    /// Seconds for one; none where nothing was fulfilled.
    seconds_each: Option<i64>,
    fulfilled: u32,
    /// Missed already, and to be done before the rest.
    overdue: u32,
    /// Their deadline lies in the span.
    due: u32,
    will_be_missed: u32,
    /// Where no pace is known.
    at_risk: u32,
    /// Will be missed or is at risk, by deadline.
    items: Vec<ExpectedView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Expected)]
pub(crate) struct ExpectedView {
    ticket: i64,
    objective: &'static str,
    deadline: DateTime<Utc>,
    /// When it is done at that pace.
    expected: Option<DateTime<Utc>>,
}

impl From<&Expected> for ExpectedView {
    fn from(expected: &Expected) -> Self {
        Self {
            ticket: expected.ticket.0,
            objective: expected.objective.as_str(),
            deadline: expected.deadline,
            expected: expected.expected,
        }
    }
}

fn outlook_view<L>(outlook: &Outlook<L>, team: Option<TeamRef>, person: Option<NamedRef>) -> OutlookView {
    let (fulfilled, seconds_each) = match outlook.pace {
        Pace::Known { fulfilled, seconds_each } => (fulfilled, Some(seconds_each)),
        Pace::Unknown => (0, None),
    };
    OutlookView {
        team,
        person,
        seconds_each,
        fulfilled,
        overdue: outlook.overdue,
        due: outlook.due,
        will_be_missed: outlook.will_be_missed,
        at_risk: outlook.at_risk,
        items: outlook.listed.iter().take(LISTED_MAX).map(ExpectedView::from).collect(),
    }
}

pub(crate) async fn forecast_report(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ForecastQuery>,
) -> Answered<ForecastView> {
    caller.must_see(Verb::ReadReports)?;
    let hours = query.hours.map_or(FORECAST_HOURS_USUAL, |hours| hours.0);
    if !(1..=FORECAST_HOURS_MAX).contains(&hours) {
        return Err(Problem::invalid("hours", Wrong::OutOfRange { min: 1, max: i64::from(FORECAST_HOURS_MAX) }));
    }
    let found = outlook(&app.store, &caller.visibility(), hours).await?;
    Ok(Answer::ok(ForecastView::of(&app.store, found.forecast, found.is_cut).await?))
}

impl ForecastView {
    /// With the names of teams and people.
    pub async fn of(store: &Store, forecast: Forecast, is_cut: bool) -> Result<Self, StoreError> {
        let people = forecast.persons.iter().map(|outlook| outlook.line).collect();
        let names = Names::load(store, BTreeSet::new(), people).await?;
        let queue =
            |outlook: &Outlook<Option<TeamId>>| outlook_view(outlook, outlook.line.map(|id| names.team(id)), None);
        let person = |outlook: &Outlook<AgentId>| outlook_view(outlook, None, Some(names.agent(outlook.line)));
        Ok(Self {
            at: forecast.at,
            until: forecast.until,
            window_s: forecast.window_s,
            is_cut,
            queues: forecast.queues.iter().map(queue).collect(),
            persons: forecast.persons.iter().map(person).collect(),
        })
    }
}
