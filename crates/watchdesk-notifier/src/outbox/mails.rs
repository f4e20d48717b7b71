//! One row becomes one mail.

use watchdesk_core::Instant;
use watchdesk_store::StoreError;
use watchdesk_store::outbox::OutboxItem;

use super::{OutboxWorker, Outcome};
use crate::backoff::delay_after;
use crate::mail::compose::{ComposeError, Composed, too_large};
use crate::mail::letter::Sendable;
use crate::status::MailService;
use crate::transport::{Failure, Sent};

/// What a row is ready for.
enum Prepared {
    Send(Sendable, Option<String>),
    Moot(String),
}

impl OutboxWorker {
    pub(super) async fn deliver_mail(&self, item: &OutboxItem, now: Instant) -> Result<Outcome, StoreError> {
        let Some(transport) = &self.inner.transport else { return Ok(Outcome::Left) };
        // Nothing is written, and no link made, for a mail that is not even tried.
        if let Some(probe_at) = self.circuit(|circuit| circuit.probe_at()).filter(|probe_at| now < *probe_at) {
            let why = "not tried: the mail server could not be reached";
            return self.put_off(item, now, probe_at, why).await;
        }
        let (mail, remark) = match self.prepare(item, now).await {
            Ok(Prepared::Send(mail, remark)) => (mail, remark),
            Ok(Prepared::Moot(why)) => return self.suppress(item, now, &why).await,
            Err(ComposeError::Store(error)) if ComposeError::Store(error.clone()).passes() => return Err(error),
            Err(error) => return self.bury(item, now, &error.to_string()).await,
        };
        let result = transport.send(mail).await;
        let now = self.inner.store.now().await?;
        self.server_answered(!matches!(result, Err(Failure::Unreachable(_))), now);
        match result {
            Ok(sent) => self.record_mail(item, now, sent, remark).await,
            Err(Failure::Refused(why)) => self.bury(item, now, &why).await,
            Err(Failure::PutOff(why) | Failure::Unreachable(why)) => {
                self.try_later(item, now, delay_after(item.attempts), self.inner.options.attempts_max, &why).await
            }
        }
    }

    async fn prepare(&self, item: &OutboxItem, now: Instant) -> Result<Prepared, ComposeError> {
        let letter = match self.inner.composer.compose(item, now).await? {
            Composed::Letter(letter) => letter,
            Composed::Moot(why) => return Ok(Prepared::Moot(why)),
        };
        let remark = letter.remark.clone();
        let mail = letter.into_sendable().map_err(|error| ComposeError::Impossible(error.to_string()))?;
        let bytes_max = self.inner.options.mail_bytes_max;
        if mail.bytes.len() > bytes_max { Err(too_large(bytes_max)) } else { Ok(Prepared::Send(mail, remark)) }
    }

    async fn record_mail(
        &self,
        item: &OutboxItem,
        now: Instant,
        sent: Sent,
        remark: Option<String>,
    ) -> Result<Outcome, StoreError> {
        let (answer, refused) = match sent {
            Sent::Accepted(answer) => (answer, None),
            Sent::AcceptedInPart { answer, refused } => (answer, Some(refused)),
        };
        let mut detail = answer;
        for more in refused.iter().map(|why| format!("refused for a Cc: {why}")).chain(remark) {
            detail = format!("{detail}; {more}");
        }
        self.record_sent(item, now, &detail).await?;
        if refused.is_some() {
            self.tell_ticket(item).await;
        }
        Ok(Outcome::Sent)
    }

    fn server_answered(&self, answered: bool, now: Instant) {
        let news = self.circuit(|circuit| if answered { circuit.reachable() } else { circuit.unreachable(now) });
        if news && answered {
            tracing::info!("the mail server answers again");
        } else if news {
            tracing::error!("the mail server cannot be reached; mail waits and one at a time probes");
        }
        let down = self.circuit(|circuit| circuit.down_since());
        self.inner.status.change(|status| {
            status.mail = down.map_or(MailService::Ready, |since| MailService::Down { since });
        });
    }
}
