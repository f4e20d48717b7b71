//! How the desk is doing, in Prometheus' text format.

use std::fmt::{Display, Write as _};

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use watchdesk_core::rights::Visibility;
use watchdesk_core::ticket::StateKind;
use watchdesk_store::outbox::{self, OutboxState};
use watchdesk_store::tickets::{self, TicketFilter};
use watchdesk_store::{PAGE_ITEMS_MAX, StoreError};

use crate::app::App;
use crate::health::{Done, Histogram, MailOut, Outcomes, Worker, overdue_s};
use crate::problem::Problem;

/// Counting tickets stops here: no figure may cost more as the desk grows.
const COUNT_MAX: u64 = 10_000;

pub(crate) async fn metrics(State(app): State<App>) -> Result<Response, Problem> {
    let mut text = Exposition::default();
    ticket_metrics(&app, &mut text).await?;
    outbox_metrics(&app, &mut text).await?;
    worker_metrics(&app, &mut text).await?;
    text.family("watchdesk_http_requests_total", "counter", "Requests by method, route and status.");
    for ((method, route, status), count) in app.metrics.requests() {
        let labels = format!("method=\"{method}\",route=\"{route}\",status=\"{status}\"");
        text.sample("watchdesk_http_requests_total", &labels, count);
    }
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text.0).into_response())
}

async fn ticket_metrics(app: &App, text: &mut Exposition) -> Result<(), StoreError> {
    text.family("watchdesk_tickets", "gauge", "Tickets by state, counted up to 10000.");
    for state in StateKind::ALL {
        let filter = TicketFilter { state: vec![state], ..TicketFilter::default() };
        let count = tickets::count(&app.store, &Visibility::Everything, &filter, COUNT_MAX).await?;
        text.sample("watchdesk_tickets", &format!("state=\"{state}\""), count);
    }
    let overdue = tickets::overdue(&app.store, &Visibility::Everything, app.store.now().await?, COUNT_MAX).await?;
    let help = "Unfinished tickets past their deadline, counted up to 10000.";
    text.gauge("watchdesk_tickets_overdue", help, overdue);
    Ok(())
}

async fn outbox_metrics(app: &App, text: &mut Exposition) -> Result<(), StoreError> {
    text.family("watchdesk_outbox", "gauge", "What is to be sent and what was given up, counted up to 200.");
    for state in [OutboxState::Pending, OutboxState::Sending, OutboxState::Dead] {
        let page = outbox::list_by_state(&app.store, state, PAGE_ITEMS_MAX, None).await?;
        text.sample("watchdesk_outbox", &format!("state=\"{}\"", state.as_str()), page.items.len());
    }
    let now = app.store.now().await?;
    let age_s = outbox::oldest_pending(&app.store).await?.map_or(0, |at| (now - at).num_seconds().max(0));
    text.gauge("watchdesk_outbox_oldest_pending_seconds", "Age of the oldest thing that is still to be sent.", age_s);
    Ok(())
}

async fn worker_metrics(app: &App, text: &mut Exposition) -> Result<(), StoreError> {
    let known = (app.readiness)();
    let help = "Age of the oldest timer that is due and not fired.";
    text.gauge("watchdesk_timers_oldest_due_seconds", help, overdue_s(&app.store).await?);
    if let Some(worker) = known.worker {
        tick_metrics(&worker, text);
        timer_metrics(&worker.done, text);
        delivery_metrics(&worker.done, text);
        loop_metrics(&worker.done, text);
    }
    if let Some(mail_out) = known.mail_out {
        let help = "Whether the last attempt to send mail succeeded.";
        text.gauge("watchdesk_mail_out_works", help, u8::from(mail_out == MailOut::Works));
    }
    Ok(())
}

/// What this node knows about its own ticks.
fn tick_metrics(worker: &Worker, text: &mut Exposition) {
    if let Some(age) = worker.tick_age {
        let help = "Seconds since this node last looked at the clocks.";
        text.gauge("watchdesk_last_tick_age_seconds", help, age.as_secs());
    }
    let help = "How late the last tick of this node found its oldest timer.";
    text.gauge("watchdesk_last_tick_lateness_seconds", help, worker.done.lateness_s);
    let help = "The worst lateness of a tick since this node started.";
    text.gauge("watchdesk_tick_lateness_seconds_max", help, worker.done.lateness_s_max);
    let help = "How late tickets and cases were fired.";
    text.histogram("watchdesk_timer_lateness_seconds", help, &worker.done.lateness);
}

fn timer_metrics(done: &Done, text: &mut Exposition) {
    text.counter("watchdesk_timers_fired_total", "Tickets and cases whose timers this node fired.", done.timers_fired);
    text.counter("watchdesk_timers_failed_total", "Attempts to fire timers that failed.", done.timers_failed);
    let help = "Claims that somebody else had taken over by the time they were to be saved.";
    text.counter("watchdesk_claims_lost_total", help, done.claims_lost);
    let help = "Tickets and cases whose timers cannot be fired and are tried again later.";
    text.gauge("watchdesk_tickets_set_aside", help, done.tickets_set_aside);
    text.counter("watchdesk_digests_total", "Mails made that speak for what piled up.", done.digests_made);
    let help = "Tickets and cases measured anew after a publication.";
    text.counter("watchdesk_recomputed_total", help, done.recomputed);
    let help = "Tickets and cases that could not be measured anew.";
    text.counter("watchdesk_recompute_failed_total", help, done.recompute_failed);
}

fn delivery_metrics(done: &Done, text: &mut Exposition) {
    let help = "Attempts by way and outcome; those put off come again.";
    text.family("watchdesk_deliveries_total", "counter", help);
    for (way, outcomes) in [("mail", done.mails), ("webhook", done.calls)] {
        let Outcomes { sent, put_off, dead, suppressed } = outcomes;
        for (outcome, count) in [("sent", sent), ("put_off", put_off), ("dead", dead), ("suppressed", suppressed)] {
            let labels = format!("way=\"{way}\",outcome=\"{outcome}\"");
            text.sample("watchdesk_deliveries_total", &labels, count);
        }
    }
}

fn loop_metrics(done: &Done, text: &mut Exposition) {
    if let Some(is_heard) = done.is_heard_outside {
        let help = "Whether the address of the dead-man's switch hears that all is well.";
        text.gauge("watchdesk_dead_man_heard", help, u8::from(is_heard));
    }
    text.family("watchdesk_loop_failing", "gauge", "Loops of this node that cannot do their work at the moment.");
    for name in &done.failing {
        text.sample("watchdesk_loop_failing", &format!("loop=\"{name}\""), 1);
    }
}

#[derive(Default)]
struct Exposition(String);

impl Exposition {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &str, value: impl Display) {
        let _ = match labels {
            "" => writeln!(self.0, "{name} {value}"),
            labels => writeln!(self.0, "{name}{{{labels}}} {value}"),
        };
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.family(name, "gauge", help);
        self.sample(name, "", value);
    }

    fn counter(&mut self, name: &str, help: &str, value: impl Display) {
        self.family(name, "counter", help);
        self.sample(name, "", value);
    }

    fn histogram(&mut self, name: &str, help: &str, histogram: &Histogram) {
        self.family(name, "histogram", help);
        let mut all = 0;
        for (bound, count) in &histogram.cumulative {
            let bound = bound.map_or_else(|| "+Inf".to_owned(), |bound| bound.to_string());
            self.sample(&format!("{name}_bucket"), &format!("le=\"{bound}\""), count);
            all = *count;
        }
        self.sample(&format!("{name}_sum"), "", histogram.sum);
        self.sample(&format!("{name}_count"), "", all);
    }
}
