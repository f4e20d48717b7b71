//! What happens by itself when its time has come. What that is, core decides; here it is only called in time.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;
use futures_util::{StreamExt, stream};
use watchdesk_core::Instant;
use watchdesk_core::command::{Command, Unit};
use watchdesk_core::ids::TicketId;
use watchdesk_core::rights::Actor;
use watchdesk_store::{Backend, ExecuteError, Store, tickets};

use crate::NotifierError;
use crate::backoff::delay_after;

/// Tickets looked at together.
const BATCH_TICKETS_MAX: u64 = 500;
/// Batches in one tick: 10,000 tickets, then the next tick goes on.
const BATCHES_MAX: usize = 20;
/// Tickets whose timers are fired at once: on SQLite they share transactions, on PostgreSQL each takes a connection that
/// others want too.
const FIRED_AT_ONCE_SQLITE: usize = 64;
const FIRED_AT_ONCE_POSTGRES: usize = 6;
/// Tickets that are remembered as failing; beyond that they are simply tried again each tick.
const SET_ASIDE_MAX: usize = 1_000;

/// What one tick did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TickReport {
    /// Tickets that were due.
    pub due: u64,
    pub fired: u64,
    pub failed: u64,
    /// Tickets that failed before and wait for their next try.
    pub set_aside: u64,
    /// When the oldest of them should have been fired.
    pub oldest_due: Option<Instant>,
    pub lateness_s: i64,
}

/// Remembers which tickets fail, so that they are tried ever more rarely and block nobody.
#[derive(Debug)]
pub struct Timers {
    store: Store,
    set_aside: BTreeMap<TicketId, SetAside>,
}

#[derive(Debug, Clone, Copy)]
struct SetAside {
    failures: i32,
    until: Instant,
}

/// One tick by itself.
pub async fn tick(store: &Store) -> Result<TickReport, NotifierError> {
    Timers::new(store.clone()).tick().await
}

impl Timers {
    pub fn new(store: Store) -> Self {
        Self { store, set_aside: BTreeMap::new() }
    }

    /// Fires everything that is due by now. A tick with nothing due costs one look at an index and changes nothing.
    pub async fn tick(&mut self) -> Result<TickReport, NotifierError> {
        let now = self.store.now().await?;
        let oldest_due = tickets::oldest_due(&self.store).await?.filter(|at| *at <= now);
        let mut report = TickReport { oldest_due, ..TickReport::default() };
        let Some(oldest) = oldest_due else {
            self.set_aside.clear();
            return Ok(report);
        };
        report.lateness_s = (now - oldest).num_seconds();
        let mut seen = BTreeSet::new();
        for _ in 0..BATCHES_MAX {
            // Those that were seen and failed stand before the others; the look has to reach beyond them.
            let limit = BATCH_TICKETS_MAX + seen.len() as u64;
            let due = tickets::due_now(&self.store, now, limit).await?;
            let fresh: Vec<TicketId> = due.into_iter().filter(|id| seen.insert(*id)).collect();
            if fresh.is_empty() {
                break;
            }
            report.due += fresh.len() as u64;
            let ready =
                fresh.into_iter().filter(|id| self.set_aside.get(id).is_none_or(|waits| waits.until <= now)).collect();
            self.fire(ready, now, &mut report).await?;
        }
        report.set_aside = self.set_aside.len() as u64;
        Ok(report)
    }

    async fn fire(
        &mut self,
        tickets: Vec<TicketId>,
        now: Instant,
        report: &mut TickReport,
    ) -> Result<(), NotifierError> {
        let store = &self.store;
        let at_once = match store.backend() {
            Backend::Sqlite => FIRED_AT_ONCE_SQLITE,
            Backend::Postgres => FIRED_AT_ONCE_POSTGRES,
        };
        let firing = tickets.into_iter().map(|id| async move {
            let unit = Unit::ticket(id, Command::FireTimers);
            (id, store.execute(&Actor::System, unit).await)
        });
        let results: Vec<_> = stream::iter(firing).buffer_unordered(at_once).collect().await;
        for (id, result) in results {
            match result {
                Ok(_) => {
                    report.fired += 1;
                    self.set_aside.remove(&id);
                }
                Err(error) => {
                    report.failed += 1;
                    self.failed(id, now, error)?;
                }
            }
        }
        Ok(())
    }

    /// A database that is away is everybody's trouble; anything else is this ticket's.
    fn failed(&mut self, id: TicketId, now: Instant, error: ExecuteError) -> Result<(), NotifierError> {
        use watchdesk_store::StoreError::{Busy, Unreachable};
        match error {
            ExecuteError::Store(away @ Unreachable(_)) => return Err(away.into()),
            // Somebody changed it at the same time; the next tick looks again.
            ExecuteError::Stale { .. } | ExecuteError::Store(Busy) => return Ok(()),
            ExecuteError::Refused(_)
            | ExecuteError::AlreadySettled(_)
            | ExecuteError::KeyReused
            | ExecuteError::UnknownAttachment
            | ExecuteError::Store(_) => {}
        }
        let failures = self.set_aside.get(&id).map_or(0, |before| before.failures) + 1;
        tracing::error!(ticket = %id, failures, %error, "a ticket's timers cannot be fired; it is set aside and tried again later");
        if self.set_aside.len() < SET_ASIDE_MAX || self.set_aside.contains_key(&id) {
            self.set_aside
                .insert(id, SetAside { failures, until: now + delay_after(failures).min(Duration::hours(1)) });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use watchdesk_store::StoreError;
    use watchdesk_store::both_databases;
    use watchdesk_store::testing::TestStore;

    use super::*;
    use crate::tests::desk::{Desk, Wrote};

    both_databases! {
        async fn a_ticket_that_fails_is_set_aside_and_blocks_no_other(store: TestStore) {
            let desk = Desk::over(store).await;
            let poisoned = desk.customer_opens(Wrote::default()).await;
            let healthy = desk.customer_opens(Wrote { mail_id: Some("his-2@customer.example"), ..Wrote::default() }).await;
            desk.store.clock.set(desk.ticket(healthy).await.next_fire_at.unwrap());
            let mut timers = Timers::new(desk.store.store().clone());
            let corrupt = || {
                let id = poisoned.to_string();
                ExecuteError::Store(StoreError::Corrupt { table: "ticket", column: "state", id, why: "a test".to_owned() })
            };
            timers.failed(poisoned, desk.now(), corrupt()).unwrap();
            timers.failed(healthy, desk.now(), ExecuteError::Store(StoreError::Busy)).unwrap();
            let report = timers.tick().await.unwrap();
            assert_eq!((report.due, report.fired, report.set_aside), (2, 1, 1));

            timers.failed(poisoned, desk.now(), corrupt()).unwrap();
            desk.advance(Duration::seconds(119));
            assert_eq!(timers.tick().await.unwrap().fired, 0, "the second time it waits longer");
            desk.advance(Duration::seconds(1));
            let report = timers.tick().await.unwrap();
            assert_eq!((report.fired, report.set_aside), (1, 0), "it is tried again, and works");
        }
    }
}
