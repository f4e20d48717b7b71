//! What the machinery did lately, for `/readyz` and `/metrics`.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use watchdesk_core::Instant;

use crate::timers::TickReport;

/// Shared by the loops and whoever shows it.
#[derive(Debug, Default)]
pub struct Status {
    now: Mutex<Snapshot>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// When the last tick was completed, by the store's clock; its age says whether timers run.
    pub last_tick_at: Option<Instant>,
    /// How late the last tick found its oldest timer, and the worst since the start.
    pub lateness_s: i64,
    pub lateness_s_max: i64,
    pub timers_fired: u64,
    /// Tickets whose timers cannot be fired; they are tried again, and somebody should look.
    pub tickets_set_aside: u64,
    pub mail: MailService,
    pub mails_sent: u64,
    /// Attempts that failed and will be repeated.
    pub mails_put_off: u64,
    pub mails_dead: u64,
    pub mails_suppressed: u64,
    /// The loops that cannot do their work at the moment, and why.
    pub failing: BTreeMap<&'static str, String>,
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
            now.lateness_s_max = now.lateness_s_max.max(report.lateness_s);
            now.timers_fired += report.fired;
            now.tickets_set_aside = report.set_aside;
        });
    }
}
