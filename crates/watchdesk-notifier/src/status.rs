//! What the machinery did lately, for `/readyz` and `/metrics`.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use watchdesk_core::Instant;
use watchdesk_store::outbox::Way;

use crate::lateness::Lateness;
use crate::recompute::RecomputeReport;
use crate::timers::TickReport;

/// Shared by the loops and whoever shows it.
#[derive(Debug, Default)]
pub struct Status {
    now: Mutex<Snapshot>,
    /// When the last tick was completed, by a clock of this machine that nobody sets.
    ticked: watch::Sender<Option<tokio::time::Instant>>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// When the last tick was completed, by the store's clock; its age says whether timers run.
    pub last_tick_at: Option<Instant>,
    /// How late the latest of what the last tick fired was, and the worst since the start.
    pub lateness_s: i64,
    pub lateness_s_max: i64,
    /// Of each ticket and case that was fired since the start.
    pub lateness: Lateness,
    /// What that tick found due the longest; none when nothing was due.
    pub oldest_due: Option<Instant>,
    /// How long the oldest had been due that it left: neither fired nor set aside.
    pub overdue_s: i64,
    pub timers_fired: u64,
    /// Attempts to fire that failed, and those that came too late because somebody else had taken over.
    pub timers_failed: u64,
    pub claims_lost: u64,
    /// Tickets and cases whose timers cannot be fired; they are tried again, and somebody should look.
    pub tickets_set_aside: u64,
    /// Mails that speak for what piled up.
    pub digests_made: u64,
    /// Tickets and cases that were measured anew because a policy or a calendar was published.
    pub recomputed: u64,
    pub recompute_failed: u64,
    pub mail: MailService,
    pub mails: Deliveries,
    /// To webhooks.
    pub calls: Deliveries,
    pub dead_man: DeadManSwitch,
    /// The loops that cannot do their work at the moment, and why.
    pub failing: BTreeMap<&'static str, String>,
}

/// What came of notices that went out by one way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Deliveries {
    pub sent: u64,
    /// Attempts that failed and will be repeated.
    pub put_off: u64,
    pub dead: u64,
    pub suppressed: u64,
}

/// Whether mail can go out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MailService {
    /// No mail server is configured: mail stays pending.
    #[default]
    NotConfigured,
    Ready,
    /// The server cannot be reached; it is probed.
    Down {
        since: Instant,
    },
}

/// Whether somebody outside hears that the clocks are watched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DeadManSwitch {
    #[default]
    NotConfigured,
    /// No tick was completed yet.
    NotCalledYet,
    Heard,
    /// We call and get no good answer.
    Unheard,
    /// Nobody watches the clocks, so nobody is told that all is well.
    Silent,
}

impl Status {
    pub fn snapshot(&self) -> Snapshot {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Snapshot)) {
        change(&mut self.now.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn ticked(&self, at: Instant, report: &TickReport) {
        self.change(|now| {
            now.last_tick_at = Some(at);
            now.lateness_s = report.lateness_s;
            now.oldest_due = report.oldest_due;
            now.overdue_s = report.overdue_s;
            now.lateness_s_max = now.lateness_s_max.max(report.lateness_s);
            now.lateness.add(&report.lateness);
            now.timers_fired += report.fired;
            now.timers_failed += report.failed;
            now.claims_lost += report.lost;
            now.tickets_set_aside = report.set_aside;
            now.digests_made += report.digests;
        });
        self.ticked.send_replace(Some(tokio::time::Instant::now()));
    }

    pub(crate) fn delivered(&self, way: Way, count: impl FnOnce(&mut Deliveries)) {
        self.change(|now| match way {
            Way::Mail => count(&mut now.mails),
            Way::Webhook => count(&mut now.calls),
            // The connector to the operator says it in its task's record.
            Way::Request => {}
        });
    }

    pub(crate) fn recomputed(&self, report: &RecomputeReport) {
        self.change(|now| {
            now.recomputed += report.done;
            now.recompute_failed += report.failed;
        });
    }

    /// How long ago the last tick was completed, whatever anybody does to the clocks; none before the first.
    pub fn tick_age(&self) -> Option<Duration> {
        self.ticked.borrow().map(|at| at.elapsed())
    }

    /// Changes with each completed tick.
    pub(crate) fn ticks(&self) -> watch::Receiver<Option<tokio::time::Instant>> {
        self.ticked.subscribe()
    }
}
