//! What this node's workers say about themselves.

use std::sync::Arc;

use tokio::sync::watch;
use watchdesk_notifier::{MailService, Status};
use watchdesk_web::{MailOut, Readiness, Worker};

pub fn of(
    status: Option<Arc<Status>>,
    tick_age_s_max: i64,
    stopped: watch::Receiver<bool>,
) -> impl Fn() -> Readiness + Send + Sync + 'static {
    move || {
        let now = status.as_ref().map(|status| status.snapshot());
        let mail_out = now.as_ref().map(|now| match now.mail {
            MailService::NotConfigured => MailOut::Untried,
            MailService::Ready => MailOut::Works,
            MailService::Down { .. } => MailOut::Fails,
        });
        let worker = now.map(|now| Worker {
            last_tick_at: now.last_tick_at,
            tick_age_s_max,
            lateness_s: now.lateness_s,
            lateness_s_max: now.lateness_s_max,
            timers_fired: now.timers_fired,
            tickets_set_aside: now.tickets_set_aside,
        });
        Readiness { worker, mail_out, is_stopping: *stopped.borrow() }
    }
}
