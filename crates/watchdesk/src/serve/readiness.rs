//! What this node's workers say about themselves.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use watchdesk_notifier::{DeadManSwitch, Deliveries, Lateness, MailService, Snapshot, Status};
use watchdesk_web::{Done, Histogram, MailOut, Outcomes, Readiness, Worker};

use crate::config::Watchdog;

pub fn of(
    status: Option<Arc<Status>>,
    watchdog: &Watchdog,
    stopped: watch::Receiver<bool>,
) -> impl Fn() -> Readiness + Send + Sync + 'static {
    let tick_age_max = Duration::from_secs(watchdog.tick_age_max_s.into());
    let overdue_s_max = i64::from(watchdog.overdue_max_s);
    move || {
        let known = status.as_ref().map(|status| (status.snapshot(), status.tick_age()));
        let mail_out = known.as_ref().map(|(now, _)| match now.mail {
            MailService::NotConfigured => MailOut::Untried,
            MailService::Ready => MailOut::Works,
            MailService::Down { .. } => MailOut::Fails,
        });
        let worker = known.map(|(now, tick_age)| Worker { tick_age, tick_age_max, overdue_s_max, done: done(now) });
        Readiness { worker, mail_out, is_stopping: *stopped.borrow() }
    }
}

fn done(now: Snapshot) -> Done {
    Done {
        lateness_s: now.lateness_s,
        lateness_s_max: now.lateness_s_max,
        lateness: histogram(&now.lateness),
        timers_fired: now.timers_fired,
        timers_failed: now.timers_failed,
        claims_lost: now.claims_lost,
        tickets_set_aside: now.tickets_set_aside,
        digests_made: now.digests_made,
        recomputed: now.recomputed,
        recompute_failed: now.recompute_failed,
        mails: outcomes(now.mails),
        calls: outcomes(now.calls),
        is_heard_outside: is_heard(now.dead_man),
        failing: now.failing.into_keys().collect(),
    }
}

fn histogram(lateness: &Lateness) -> Histogram {
    Histogram { cumulative: lateness.cumulative().collect(), sum: lateness.sum_s() }
}

fn outcomes(deliveries: Deliveries) -> Outcomes {
    let Deliveries { sent, put_off, dead, suppressed } = deliveries;
    Outcomes { sent, put_off, dead, suppressed }
}

fn is_heard(switch: DeadManSwitch) -> Option<bool> {
    match switch {
        DeadManSwitch::NotConfigured => None,
        DeadManSwitch::Heard => Some(true),
        DeadManSwitch::NotCalledYet | DeadManSwitch::Unheard | DeadManSwitch::Silent => Some(false),
    }
}
