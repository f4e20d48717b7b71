//! What came of a row, as the store keeps it.

use chrono::Duration;
use watchdesk_core::Instant;
use watchdesk_core::command::{Command, Unit};
use watchdesk_core::rights::Actor;
use watchdesk_store::StoreError;
use watchdesk_store::outbox::{self, OutboxItem};

use super::{OutboxWorker, Outcome, delivered};

impl OutboxWorker {
    pub(super) async fn record_sent(&self, item: &OutboxItem, now: Instant, detail: &str) -> Result<(), StoreError> {
        let store = &self.inner.store;
        // Once more before the record is given up: without it the same would go out twice.
        let recorded = match outbox::sent(store, item.id, item.fence, now, detail).await {
            Ok(recorded) => recorded,
            Err(_) => outbox::sent(store, item.id, item.fence, now, detail).await?,
        };
        if !recorded {
            tracing::warn!(outbox = %item.id, "a notice was sent after its lease had run out; it may arrive twice");
        }
        tracing::info!(outbox = %item.id, notice = item.notice.name(), "sent");
        delivered::tell(store, item, now).await;
        Ok(())
    }

    pub(super) async fn try_later(
        &self,
        item: &OutboxItem,
        now: Instant,
        wait: Duration,
        attempts_max: i32,
        why: &str,
    ) -> Result<Outcome, StoreError> {
        if item.attempts >= attempts_max {
            return self.bury(item, now, &format!("given up after {} attempts: {why}", item.attempts)).await;
        }
        self.put_off(item, now, now + wait, why).await
    }

    pub(super) async fn put_off(
        &self,
        item: &OutboxItem,
        now: Instant,
        next: Instant,
        why: &str,
    ) -> Result<Outcome, StoreError> {
        let recorded = outbox::failed(&self.inner.store, item.id, item.fence, now, next, why).await?;
        Ok(if recorded { Outcome::PutOff } else { Outcome::Left })
    }

    pub(super) async fn suppress(&self, item: &OutboxItem, now: Instant, why: &str) -> Result<Outcome, StoreError> {
        let recorded = outbox::suppressed(&self.inner.store, item.id, item.fence, now, why).await?;
        Ok(if recorded { Outcome::Suppressed } else { Outcome::Left })
    }

    /// Final: an alarm, and a line on the ticket if it is about one. A person can have it sent again.
    pub(super) async fn bury(&self, item: &OutboxItem, now: Instant, why: &str) -> Result<Outcome, StoreError> {
        if !outbox::dead(&self.inner.store, item.id, item.fence, now, why).await? {
            return Ok(Outcome::Left);
        }
        tracing::error!(outbox = %item.id, notice = item.notice.name(), "a notice cannot be delivered; its row says why");
        self.tell_ticket(item).await;
        Ok(Outcome::Dead)
    }

    pub(super) async fn tell_ticket(&self, item: &OutboxItem) {
        let Some(ticket) = item.ticket else { return };
        let failure = Command::RecordDeliveryFailure { message: item.notice.message() };
        if let Err(error) = self.inner.store.execute(&Actor::System, Unit::ticket(ticket, failure)).await {
            tracing::warn!(outbox = %item.id, %error, "a failed delivery could not be put on record");
        }
    }
}
