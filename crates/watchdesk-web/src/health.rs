//! Is the desk alive, is it ready, and how is it doing? For machines that watch it; nothing here names a person.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use watchdesk_core::Instant;
use watchdesk_core::rights::Visibility;
use watchdesk_core::ticket::StateKind;
use watchdesk_store::firing;
use watchdesk_store::outbox::{self, OutboxState};
use watchdesk_store::tickets::{self, TicketFilter};
use watchdesk_store::{PAGE_ITEMS_MAX, StoreError};

use crate::app::App;
use crate::problem::Problem;

/// Counting tickets stops here: no figure may cost more as the desk grows.
const COUNT_MAX: u64 = 10_000;

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

#[derive(Debug, Clone, Copy, Default)]
pub struct Worker {
    /// None: it has not looked at the clocks yet.
    pub last_tick_at: Option<Instant>,
    /// An older tick means that nobody watches the clocks.
    pub tick_age_s_max: i64,
    /// How late the last tick found its oldest timer, and the worst since the start.
    pub lateness_s: i64,
    pub lateness_s_max: i64,
    pub timers_fired: u64,
    /// Tickets whose timers cannot be fired; somebody should look.
    pub tickets_set_aside: u64,
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
    database: &'static str,
    /// Seconds since the clocks were looked at; none on a node that does not.
    last_tick_age_s: Option<i64>,
    worker: &'static str,
    mail_out: &'static str,
}

/// Fit for work: the database answers with the schema we know, and somebody watches the clocks.
async fn readyz(State(app): State<App>) -> Response {
    let known = (app.readiness)();
    // The schema was checked when the store was opened; a later upgrade makes the statements fail.
    let now = match app.store.ping().await {
        Ok(()) => app.store.now().await,
        Err(error) => Err(error),
    };
    let age_s =
        |now: Instant| known.worker.and_then(|worker| worker.last_tick_at).map(|at| (now - at).num_seconds().max(0));
    let last_tick_age_s = now.as_ref().ok().and_then(|now| age_s(*now));
    let worker = match (known.worker, last_tick_age_s) {
        (None, _) => "none",
        (Some(_), None) => "starting",
        (Some(worker), Some(age_s)) if age_s > worker.tick_age_s_max => "late",
        (Some(_), Some(_)) => "works",
    };
    let ready = Ready {
        ready: now.is_ok() && ["none", "works"].contains(&worker) && !known.is_stopping,
        database: if now.is_ok() { "works" } else { "away" },
        last_tick_age_s,
        worker,
        mail_out: known.mail_out.map_or("none", MailOut::as_str),
    };
    let status = if ready.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(ready)).into_response()
}

/// Prometheus' text format.
async fn metrics(State(app): State<App>) -> Result<Response, Problem> {
    let mut text = Exposition::default();
    ticket_metrics(&app, &mut text).await?;
    outbox_metrics(&app, &mut text).await?;
    worker_metrics(&app, &mut text).await?;
    text.family("watchdesk_http_requests_total", "counter", "Requests by method, route and status.");
    for ((method, route, status), count) in app.metrics.requests() {
        let labels = format!("method=\"{method}\",route=\"{route}\",status=\"{status}\"");
        text.sample("watchdesk_http_requests_total", &labels, i64::try_from(count).unwrap_or(i64::MAX));
    }
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text.0).into_response())
}

async fn ticket_metrics(app: &App, text: &mut Exposition) -> Result<(), StoreError> {
    text.family("watchdesk_tickets", "gauge", "Tickets by state, counted up to 10000.");
    for state in StateKind::ALL {
        let filter = TicketFilter { state: vec![state], ..TicketFilter::default() };
        let count = tickets::count(&app.store, &Visibility::Everything, &filter, COUNT_MAX).await?;
        text.sample("watchdesk_tickets", &format!("state=\"{state}\""), count.cast_signed());
    }
    let overdue = tickets::overdue(&app.store, &Visibility::Everything, app.store.now().await?, COUNT_MAX).await?;
    text.gauge(
        "watchdesk_tickets_overdue",
        "Unfinished tickets past their deadline, counted up to 10000.",
        overdue.cast_signed(),
    );
    Ok(())
}

async fn outbox_metrics(app: &App, text: &mut Exposition) -> Result<(), StoreError> {
    text.family("watchdesk_outbox", "gauge", "What is to be sent and what was given up, counted up to 200.");
    for state in [OutboxState::Pending, OutboxState::Sending, OutboxState::Dead] {
        let page = outbox::list_by_state(&app.store, state, PAGE_ITEMS_MAX, None).await?;
        text.sample("watchdesk_outbox", &format!("state=\"{}\"", state.as_str()), page.items.len() as i64);
    }
    let now = app.store.now().await?;
    let age_s = outbox::oldest_pending(&app.store).await?.map_or(0, |at| (now - at).num_seconds().max(0));
    text.gauge("watchdesk_outbox_oldest_pending_seconds", "Age of the oldest thing that is still to be sent.", age_s);
    Ok(())
}

async fn worker_metrics(app: &App, text: &mut Exposition) -> Result<(), StoreError> {
    let known = (app.readiness)();
    let now = app.store.now().await?;
    let oldest_due_s = firing::oldest_due(&app.store).await?.map_or(0, |at| (now - at).num_seconds().max(0));
    text.gauge(
        "watchdesk_timers_oldest_due_seconds",
        "Age of the oldest timer that is due and not fired.",
        oldest_due_s,
    );
    if let Some(worker) = known.worker {
        timer_metrics(&worker, now, text);
    }
    if let Some(mail_out) = known.mail_out {
        text.gauge(
            "watchdesk_mail_out_works",
            "Whether the last attempt to send mail succeeded.",
            i64::from(mail_out == MailOut::Works),
        );
    }
    Ok(())
}

/// What this node knows about its own ticks.
fn timer_metrics(worker: &Worker, now: Instant, text: &mut Exposition) {
    if let Some(at) = worker.last_tick_at {
        let age_s = (now - at).num_seconds().max(0);
        text.gauge("watchdesk_last_tick_age_seconds", "Seconds since this node last looked at the clocks.", age_s);
    }
    let lateness = "How late the last tick of this node found its oldest timer.";
    text.gauge("watchdesk_last_tick_lateness_seconds", lateness, worker.lateness_s);
    let worst = "The worst lateness of a tick since this node started.";
    text.gauge("watchdesk_tick_lateness_seconds_max", worst, worker.lateness_s_max);
    text.family("watchdesk_timers_fired_total", "counter", "Tickets whose timers this node fired.");
    text.sample("watchdesk_timers_fired_total", "", worker.timers_fired.cast_signed());
    let set_aside = "Tickets whose timers cannot be fired and are tried again later.";
    text.gauge("watchdesk_tickets_set_aside", set_aside, worker.tickets_set_aside.cast_signed());
}

#[derive(Default)]
struct Exposition(String);

impl Exposition {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &str, value: i64) {
        let _ = match labels {
            "" => writeln!(self.0, "{name} {value}"),
            labels => writeln!(self.0, "{name}{{{labels}}} {value}"),
        };
    }

    fn gauge(&mut self, name: &str, help: &str, value: i64) {
        self.family(name, "gauge", help);
        self.sample(name, "", value);
    }
}
