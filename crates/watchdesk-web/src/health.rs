//! Is the desk alive, is it ready? For machines that watch it; nothing here names a person.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use watchdesk_store::{Store, StoreError, firing};

use crate::app::App;
use crate::exposition::metrics;

/// What the binary knows about its own workers.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    /// None: this node does no timed work.
    pub worker: Option<Worker>,
    /// None: this node sends no mail.
    pub mail_out: Option<MailOut>,
    /// The program was told to stop.
    pub is_stopping: bool,
}

#[derive(Debug, Clone, Default)]
pub struct Worker {
    /// Since it last looked at the clocks, by a clock that nobody sets. None: it has not looked yet.
    pub tick_age: Option<Duration>,
    /// An older tick means that nobody watches the clocks.
    pub tick_age_max: Duration,
    /// A timer that has been due for longer means that timers are stuck, although somebody looks.
    pub overdue_s_max: i64,
    pub done: Done,
}

/// What it did since the node started.
#[derive(Debug, Clone, Default)]
pub struct Done {
    /// How late the last tick found its oldest timer, and the worst so far.
    pub lateness_s: i64,
    pub lateness_s_max: i64,
    /// Of each ticket and case that was fired.
    pub lateness: Histogram,
    pub timers_fired: u64,
    pub timers_failed: u64,
    /// Came too late: somebody else had taken over.
    pub claims_lost: u64,
    /// Tickets whose timers cannot be fired; somebody should look.
    pub tickets_set_aside: u64,
    pub digests_made: u64,
    pub recomputed: u64,
    pub recompute_failed: u64,
    pub mails: Outcomes,
    /// To webhooks.
    pub calls: Outcomes,
    /// Whether the address of the dead-man's switch hears that all is well; none where there is no such address.
    pub is_heard_outside: Option<bool>,
    /// The loops that cannot do their work at the moment.
    pub failing: Vec<&'static str>,
}

/// Seconds, in groups.
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    /// How many were at most so much, bound by bound; the last, without a bound, is all of them.
    pub cumulative: Vec<(Option<i64>, u64)>,
    pub sum: u64,
}

/// What came of what was to go out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outcomes {
    pub sent: u64,
    pub put_off: u64,
    pub dead: u64,
    pub suppressed: u64,
}

/// Mail out; it may be away for a while without the desk being unfit for work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailOut {
    Untried,
    Works,
    Fails,
}

impl MailOut {
    fn as_str(self) -> &'static str {
        match self {
            Self::Untried => "untried",
            Self::Works => "works",
            Self::Fails => "fails",
        }
    }
}

pub(crate) fn router() -> Router<App> {
    Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz)).route("/metrics", get(metrics))
}

/// The program answers.
async fn healthz() -> &'static str {
    "alive\n"
}

#[derive(Debug, Serialize)]
struct Ready {
    ready: bool,
    /// A sentence for each thing that is not as it must be.
    wrong: Vec<String>,
    database: &'static str,
    /// Seconds since the clocks were looked at; none on a node that does not.
    last_tick_age_s: Option<u64>,
    /// How long the oldest timer of the desk has been due; none where nothing is known of it.
    overdue_s: Option<i64>,
    worker: &'static str,
    mail_out: &'static str,
}

/// How the worker of this node does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// There is none.
    Absent,
    Starting,
    /// The clocks are not looked at.
    Late,
    /// They are looked at, and yet what is due is not fired.
    Stuck,
    Works,
}

impl Standing {
    fn of(worker: Option<&Worker>, overdue_s: Option<i64>) -> Self {
        let Some(worker) = worker else { return Self::Absent };
        match worker.tick_age {
            None => Self::Starting,
            Some(age) if age > worker.tick_age_max => Self::Late,
            Some(_) if overdue_s.is_some_and(|overdue_s| overdue_s > worker.overdue_s_max) => Self::Stuck,
            Some(_) => Self::Works,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "none",
            Self::Starting => "starting",
            Self::Late => "late",
            Self::Stuck => "stuck",
            Self::Works => "works",
        }
    }

    /// What is wrong with it, and where to look.
    fn wrong(self, worker: &Worker, overdue_s: i64) -> Option<String> {
        let age_s = worker.tick_age.unwrap_or_default().as_secs();
        match self {
            Self::Absent | Self::Works => None,
            Self::Starting => Some("the worker has not looked at the clocks yet".to_owned()),
            Self::Late => Some(format!(
                "the worker has not looked at the clocks for {age_s} s (watchdog.tick_age_max_s is {}): it hangs, or \
                 the database does; the log says more",
                worker.tick_age_max.as_secs()
            )),
            Self::Stuck => Some(format!(
                "a timer has been due for {overdue_s} s and was not fired (watchdog.overdue_max_s is {}): timers are \
                 stuck; the log says more",
                worker.overdue_s_max
            )),
        }
    }
}

/// Fit for work: the database answers with the schema we know, somebody watches the clocks, and what is due is fired.
async fn readyz(State(app): State<App>) -> Response {
    let known = (app.readiness)();
    let found = looked(&app.store).await;
    let overdue_s = found.as_ref().ok().copied();
    let standing = Standing::of(known.worker.as_ref(), overdue_s);
    let mut wrong = Vec::new();
    wrong.extend(found.as_ref().err().map(ToString::to_string));
    wrong.extend(known.worker.as_ref().and_then(|worker| standing.wrong(worker, overdue_s.unwrap_or_default())));
    wrong.extend(known.is_stopping.then(|| "the program was told to stop".to_owned()));
    let ready = Ready {
        ready: wrong.is_empty(),
        wrong,
        database: if found.is_ok() { "works" } else { "away" },
        last_tick_age_s: known.worker.and_then(|worker| worker.tick_age).map(|age| age.as_secs()),
        overdue_s,
        worker: standing.as_str(),
        mail_out: known.mail_out.map_or("none", MailOut::as_str),
    };
    let status = if ready.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(ready)).into_response()
}

/// Whether the database answers, and how long the oldest timer has been due. The schema was checked when the store was
/// opened; a later upgrade makes the statements fail.
async fn looked(store: &Store) -> Result<i64, StoreError> {
    store.ping().await?;
    overdue_s(store).await
}

/// What was set aside has its own list.
pub(crate) async fn overdue_s(store: &Store) -> Result<i64, StoreError> {
    let now = store.now().await?;
    Ok(firing::oldest_due(store).await?.map_or(0, |at| (now - at).num_seconds().max(0)))
}
