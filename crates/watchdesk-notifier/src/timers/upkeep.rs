//! What a tick does beside firing: it lets digests be made of what piled up, counts what is stuck, and says since when
//! something is overdue that nobody fired.

use chrono::Duration;
use watchdesk_core::Instant;
use watchdesk_core::firing::LEASE_S;
use watchdesk_store::{PAGE_ITEMS_MAX, Store, firing, outbox};

use super::TickReport;
use crate::NotifierError;

/// Looked at so often although nothing was fired here: another node may have died in between.
const LOOK_EVERY: Duration = Duration::seconds(60);
/// The same, for what is overdue: a worker that ticks and fires nothing is found out by it.
const LOOK_FOR_OVERDUE_EVERY: Duration = Duration::seconds(5);
/// Who works on what is overdue is done with it by then, or never.
const PATIENCE: Duration = Duration::seconds(LEASE_S);
/// Rounds of digests in one tick; each makes one for many recipients.
const ROUNDS_MAX: usize = 50;

#[derive(Debug, Default)]
pub(super) struct Upkeep {
    looked_at: Option<Instant>,
    /// Something was fired since digests were last made.
    is_wanted: bool,
    /// Since when others have what is overdue.
    waits_since: Option<Instant>,
    set_aside: u64,
    overdue_looked_at: Option<Instant>,
    overdue_s: i64,
}

impl Upkeep {
    /// An idle tick costs nothing here but every few seconds.
    pub async fn after(
        &mut self,
        store: &Store,
        now: Instant,
        is_worked_off: bool,
        report: &mut TickReport,
    ) -> Result<(), NotifierError> {
        let is_time = self.looked_at.is_none_or(|at| now < at || now - at >= LOOK_EVERY);
        self.is_wanted |= is_time || report.due > 0;
        if is_time || report.failed > 0 {
            self.set_aside = firing::set_aside(store, PAGE_ITEMS_MAX).await?.len() as u64;
            self.looked_at = Some(now);
        }
        report.set_aside = self.set_aside;
        report.overdue_s = self.overdue(store, now, report.due > 0).await?;
        if is_worked_off && self.is_wanted && !self.others_work(store, now).await? {
            report.digests = compose(store, now).await?;
            self.is_wanted = false;
        }
        Ok(())
    }

    /// How long the oldest timer has been due that is neither fired nor set aside.
    async fn overdue(&mut self, store: &Store, now: Instant, is_changed: bool) -> Result<i64, NotifierError> {
        let is_time = self.overdue_looked_at.is_none_or(|at| now < at || now - at >= LOOK_FOR_OVERDUE_EVERY);
        if is_time || is_changed || self.overdue_s > 0 {
            let oldest = firing::oldest_due(store).await?;
            self.overdue_s = oldest.map_or(0, |at| (now - at).num_seconds().max(0));
            self.overdue_looked_at = Some(now);
        }
        Ok(self.overdue_s)
    }

    /// One digest is to hold all that piled up, also what another node is at. What cannot be fired keeps nobody waiting.
    async fn others_work(&mut self, store: &Store, now: Instant) -> Result<bool, NotifierError> {
        if firing::oldest_due(store).await?.is_none_or(|at| at > now) {
            self.waits_since = None;
            return Ok(false);
        }
        let since = *self.waits_since.get_or_insert(now);
        // A clock that was set back begins anew.
        let since = if since > now { *self.waits_since.insert(now) } else { since };
        let is_patient = now - since < PATIENCE;
        if !is_patient {
            self.waits_since = None;
        }
        Ok(is_patient)
    }
}

async fn compose(store: &Store, now: Instant) -> Result<u64, NotifierError> {
    let mut made = 0;
    for _ in 0..ROUNDS_MAX {
        let digests = outbox::compose_digests(store, now).await?;
        if digests.is_empty() {
            break;
        }
        made += digests.len() as u64;
    }
    Ok(made)
}
