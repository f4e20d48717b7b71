//! The runs that bring customers and subscriptions in from the operator, and what they changed.

use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use watchdesk_core::rights::Verb;
use watchdesk_store::schedules::Wanted;
use watchdesk_store::synchronisation::{self, Change, Run, TASK};
use watchdesk_store::{Cursor, Store, schedules};

use super::answer::{Answer, Answered, Listed, list as page};
use super::customers::record;
use super::request::{Call, Nothing, Query, path_part};
use crate::app::App;
use crate::input::{Limit, request};
use crate::middleware::authenticate::Caller;
use crate::problem::{Conflict, Problem};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Synchronisation)]
pub(crate) struct RunView {
    number: i64,
    /// `running`: it goes on wherever it was interrupted; `finished`.
    state: &'static str,
    started_at: DateTime<Utc>,
    /// When it last got on.
    moved_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    /// How many customers the operator says there are.
    total: Option<i64>,
    /// Customers that were read.
    customers: i64,
    subscriptions: i64,
    /// Customers and subscriptions that nobody knew before.
    created: i64,
    changed: i64,
    gone: i64,
    /// Customers that could not be read, or not to the end; they are left as they were known.
    failures: i64,
    /// All that was told; the first 500 are kept word by word.
    changes: i64,
}

impl From<Run> for RunView {
    fn from(run: Run) -> Self {
        Self {
            number: run.number,
            state: if run.finished_at.is_some() { "finished" } else { "running" },
            started_at: run.started_at,
            moved_at: run.moved_at,
            finished_at: run.finished_at,
            total: run.total,
            customers: run.customers,
            subscriptions: run.subscriptions,
            created: run.created,
            changed: run.changed,
            gone: run.gone,
            failures: run.failures,
            changes: run.changes,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SynchronisationChange)]
pub(crate) struct ChangeView {
    /// `customer_created`, `customer_renamed`, `customer_gone`, `delegated_admin`, `subscription_created`,
    /// `subscription_status`, `subscription_quantity`, `subscription_changed`, `subscription_gone` or `unreadable`.
    kind: &'static str,
    customer: Option<Uuid>,
    name: String,
    /// The subscription, where it is about one.
    subscription: Option<String>,
    /// Of `subscription_changed` the fields that differ, such as `order_id: 7; auto_renew: true`.
    before: Option<String>,
    after: Option<String>,
}

impl From<Change> for ChangeView {
    fn from(change: Change) -> Self {
        let said = |text: String| Some(text).filter(|text| !text.is_empty());
        Self {
            kind: change.kind.as_str(),
            customer: change.customer.map(|id| id.0),
            name: change.name,
            subscription: said(change.subject),
            before: said(change.before),
            after: said(change.after),
        }
    }
}

/// What somebody started, or what runs already.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SynchronisationWanted)]
pub(crate) struct WantedView {
    /// `due`: a worker begins within seconds; `running`: one is at it.
    state: &'static str,
}

/// `{run}` in the path.
#[derive(Debug, Clone)]
pub(crate) struct RunTarget(pub Run);

impl FromRequestParts<App> for RunTarget {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, app).await?;
        caller.must_see(Verb::ReadReports)?;
        let number = path_part(parts, app, "run").await?.parse().map_err(|_| Problem::NotFound)?;
        synchronisation::run(&app.store, number).await?.map(Self).ok_or(Problem::NotFound)
    }
}

request! {
    pub(crate) struct RunsQuery {
        limit: Limit,
        cursor: Option<Cursor>,
    }
}

/// The latest first.
pub(crate) async fn list(State(app): State<App>, caller: Caller, Query(query): Query<RunsQuery>) -> Listed<RunView> {
    caller.must_see(Verb::ReadReports)?;
    let found = synchronisation::list(&app.store, query.limit.0, query.cursor.as_ref()).await?;
    Ok(page(found, RunView::from))
}

pub(crate) async fn read(RunTarget(run): RunTarget) -> Answered<RunView> {
    Ok(Answer::ok(RunView::from(run)))
}

pub(crate) async fn changes(
    State(app): State<App>,
    RunTarget(run): RunTarget,
    Query(query): Query<RunsQuery>,
) -> Listed<ChangeView> {
    let found = synchronisation::changes_of(&app.store, run.number, query.limit.0, query.cursor.as_ref()).await?;
    Ok(page(found, ChangeView::from))
}

/// Nobody wants to wait until it comes round.
pub(crate) async fn start(State(app): State<App>, call: Call<Nothing>) -> Result<Started, Problem> {
    call.caller.must_see(Verb::ReadReports)?;
    call.caller.must_be_allowed(Verb::Configure)?;
    let state = wanted(&app.store).await?;
    record(&app, &call.caller, "synchronisation.started", TASK).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(WantedView { state })))
}

pub(crate) type Started = (StatusCode, axum::Json<WantedView>);

/// Also by the button of the page.
pub(crate) async fn wanted(store: &Store) -> Result<&'static str, Problem> {
    match schedules::run_now(store, TASK).await? {
        Wanted::Due => Ok("due"),
        Wanted::Running => Ok("running"),
        Wanted::Unknown => Err(Problem::Conflict(Conflict::NotSynchronised)),
    }
}
