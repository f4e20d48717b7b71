//! What this node's workers say about themselves.

use std::sync::Arc;

use tokio::sync::watch;
use watchdesk_notifier::{MailService, Status};
use watchdesk_web::{MailOut, Readiness, Worker};

/// Timers are looked at twice a second; a minute without means that they are stuck.
const TICK_AGE_S_MAX: i64 = 60;

pub fn of(
    status: Option<Arc<Status>>,
    stopped: watch::Receiver<bool>,
) -> impl Fn() -> Readiness + Send + Sync + 'static {
    move || {
        let now = status.as_ref().map(|status| status.snapshot());
        let mail_out = now.as_ref().map(|now| match now.mail {
            MailService::NotConfigured => MailOut::Untried,
            MailService::Ready => MailOut::Works,
            MailService::Down { .. } => MailOut::Fails,
        });
        let worker = now.map(|now| Worker { last_tick_at: now.last_tick_at, tick_age_s_max: TICK_AGE_S_MAX });
        Readiness { worker, mail_out, is_stopping: *stopped.borrow() }
    }
}
