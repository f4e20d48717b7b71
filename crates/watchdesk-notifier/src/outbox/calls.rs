//! One row becomes one call to a webhook.

use watchdesk_core::Instant;
use watchdesk_core::effect::Recipient;
use watchdesk_core::ids::Slug;
use watchdesk_store::outbox::OutboxItem;
use watchdesk_store::{StoreError, tickets};
use watchdesk_templates::mail::ticket_url;

use super::{OutboxWorker, Outcome};
use crate::backoff::call_delay_after;
use crate::owed::{self, Spoken};
use crate::webhook::{PromiseFacts, Standing, TicketFacts, WebhookError, body};

/// A receiver that does not answer is called for about three hours; whom it should have woken is awake by then.
pub(super) const ATTEMPTS_MAX: i32 = 24;

/// What a row is ready for.
enum Prepared {
    Call(Slug, serde_json::Value),
    Moot(String),
    Impossible(String),
}

impl OutboxWorker {
    pub(super) async fn deliver_call(&self, item: &OutboxItem, now: Instant) -> Result<Outcome, StoreError> {
        let prepared = match self.prepare_call(item, now).await {
            Err(error @ (StoreError::Corrupt { .. } | StoreError::Missing { .. })) => {
                Prepared::Impossible(error.to_string())
            }
            other => other?,
        };
        let (slug, said) = match prepared {
            Prepared::Call(slug, said) => (slug, said),
            Prepared::Moot(why) => return self.suppress(item, now, &why).await,
            Prepared::Impossible(why) => return self.bury(item, now, &why).await,
        };
        let result = self.inner.options.webhooks.send(&slug, &item.id.to_string(), &said, now).await;
        let now = self.inner.store.now().await?;
        match result {
            Ok(sent) => {
                self.record_sent(item, now, &sent.to_string()).await?;
                Ok(Outcome::Sent)
            }
            Err(WebhookError::Final { why }) => self.bury(item, now, &why).await,
            Err(WebhookError::Passing { why, retry_after }) => {
                let own = call_delay_after(item.attempts);
                let wait = retry_after.map_or(own, |asked| asked.max(own));
                self.try_later(item, now, wait, ATTEMPTS_MAX, &why).await
            }
        }
    }

    async fn prepare_call(&self, item: &OutboxItem, now: Instant) -> Result<Prepared, StoreError> {
        let store = &self.inner.store;
        let (Recipient::Webhook(slug), Some(ticket), Some(spoken)) =
            (&item.recipient, item.ticket, Spoken::of(&item.notice))
        else {
            return Ok(Prepared::Impossible(format!("\"{}\" is not for webhooks", item.notice.name())));
        };
        let found = owed::find(store, ticket, spoken.clock).await?;
        let owed = match owed::still(found) {
            Ok(owed) => owed,
            Err(moot) => return Ok(Prepared::Moot(moot)),
        };
        let Some(record) = tickets::by_id(store, ticket).await? else {
            return Ok(Prepared::Impossible("the ticket it is about is gone".to_owned()));
        };
        let link = ticket_url(&self.inner.options.base_url, record.ticket.number.0);
        let is_missed = owed::is_missed(&owed.clock, now);
        let (happened, standing) =
            if is_missed { ("target_missed", Standing::Missed) } else { ("target_near", Standing::Near) };
        let facts = TicketFacts {
            number: record.ticket.number.0,
            severity: record.ticket.severity.map(|severity| severity.as_str()),
            link: &link,
            promise: Some(PromiseFacts {
                objective: spoken.objective.as_str(),
                deadline: owed.clock.deadline.or(owed.clock.missed_at),
                standing,
            }),
        };
        Ok(Prepared::Call(slug.clone(), body(happened, item.created_at, &facts)))
    }
}
