//! The outbox on its way to the mail server: claim, write, send, record.
//!
//! Nothing is sent inside a transaction, and nothing without a row that says so. "Sent" is recorded at once after the
//! server took the mail over; if that record is lost, the mail goes out again under the same Message-ID.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::Duration;
use futures_util::future::join_all;
use watchdesk_core::Instant;
use watchdesk_core::command::{Command, Unit};
use watchdesk_core::effect::Notice;
use watchdesk_core::ids::MessageId;
use watchdesk_core::rights::Actor;
use watchdesk_store::outbox::{self, OutboxItem};
use watchdesk_store::{Store, StoreError};
use watchdesk_templates::Engine;

use crate::backoff::delay_after;
use crate::circuit::{Allowance, Circuit};
use crate::mail::compose::{ComposeError, Composed, Composer, too_large};
use crate::mail::letter::Sendable;
use crate::status::{MailService, Status};
use crate::transport::{Failure, Sent, Transport};
use crate::{NotifierError, Options};

/// Mails that one pass claims; what is left waits for the next pass.
const MAILS_PER_PASS_MAX: usize = 500;

/// Cheap to clone; all clones share connections, the circuit and the status.
#[derive(Clone)]
pub struct OutboxWorker {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    composer: Composer,
    transport: Option<Transport>,
    circuit: Mutex<Circuit>,
    status: Arc<Status>,
    options: Options,
}

/// What one pass over the outbox did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PassReport {
    pub sent: u64,
    /// To be tried again later.
    pub put_off: u64,
    pub dead: u64,
    pub suppressed: u64,
    /// Left to whoever claims it next: our lease ran out, or the database did not answer.
    pub left: u64,
    /// There may be more that is due.
    pub more: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Sent,
    PutOff,
    Dead,
    Suppressed,
    Left,
}

/// What a row is ready for.
enum Prepared {
    Send(Sendable, Option<String>),
    Moot(String),
}

impl OutboxWorker {
    /// To be made inside a tokio runtime.
    pub fn new(
        store: Store,
        engine: Arc<Engine>,
        options: Options,
        status: Arc<Status>,
    ) -> Result<Self, NotifierError> {
        let transport = match &options.smtp {
            Some(smtp) => Some(Transport::new(smtp, options.sends_at_once)?),
            None => None,
        };
        let service = if transport.is_some() { MailService::Ready } else { MailService::NotConfigured };
        status.change(|now| now.mail = service);
        let composer = Composer {
            store: store.clone(),
            engine,
            base_url: options.base_url.clone(),
            reply_tokens: options.reply_tokens.clone(),
            zone: options.zone,
            mail_bytes_max: options.mail_bytes_max,
        };
        let circuit = Mutex::new(Circuit::default());
        Ok(Self { inner: Arc::new(Inner { store, composer, transport, circuit, status, options }) })
    }

    /// Sends what is due, a bounded number. Without a mail server everything stays pending.
    ///
    /// Claims no more at a time than it sends at once: a claim counts as an attempt, so whatever is claimed is tried.
    pub async fn pass(&self) -> Result<PassReport, NotifierError> {
        let mut report = PassReport::default();
        if self.inner.transport.is_none() {
            return Ok(report);
        }
        let mut claimed = 0;
        while claimed < MAILS_PER_PASS_MAX {
            let now = self.inner.store.now().await?;
            let limit = match self.circuit(|circuit| circuit.allowance(now)) {
                Allowance::All => self.inner.options.sends_at_once.max(1),
                Allowance::Probe => 1,
                Allowance::Nothing => return Ok(report),
            };
            // A look costs a read; claiming would cost a write each time somebody changes a ticket.
            if outbox::next_due(&self.inner.store).await?.is_none_or(|due| due > now) {
                return Ok(report);
            }
            let items = outbox::claim(&self.inner.store, now, limit as u64, self.inner.options.mail_lease_s).await?;
            if items.is_empty() {
                return Ok(report);
            }
            claimed += items.len();
            self.deliver_all(items, now, &mut report).await;
        }
        report.more = true;
        Ok(report)
    }

    async fn deliver_all(&self, items: Vec<OutboxItem>, claimed_at: Instant, report: &mut PassReport) {
        let deliveries = items.into_iter().map(|item| {
            let worker = self.clone();
            // Each in a task of its own: whatever happens to one mail stays with it.
            async move {
                tokio::spawn(async move { worker.deliver(&item, claimed_at).await }).await.unwrap_or(Outcome::Left)
            }
        });
        for outcome in join_all(deliveries).await {
            report.count(outcome);
            self.inner.status.change(|now| match outcome {
                Outcome::Sent => now.mails_sent += 1,
                Outcome::PutOff => now.mails_put_off += 1,
                Outcome::Dead => now.mails_dead += 1,
                Outcome::Suppressed => now.mails_suppressed += 1,
                Outcome::Left => {}
            });
        }
    }

    async fn deliver(&self, item: &OutboxItem, claimed_at: Instant) -> Outcome {
        match self.try_deliver(item, claimed_at).await {
            Ok(outcome) => outcome,
            Err(error) => {
                tracing::warn!(outbox = %item.id, %error, "the store failed while a mail was sent; it is left to the next run");
                Outcome::Left
            }
        }
    }

    async fn try_deliver(&self, item: &OutboxItem, claimed_at: Instant) -> Result<Outcome, StoreError> {
        let Some(transport) = &self.inner.transport else { return Ok(Outcome::Left) };
        let now = self.inner.store.now().await?;
        if !self.lease_lasts(claimed_at, now) {
            return Ok(Outcome::Left);
        }
        if item.attempts > self.inner.options.attempts_max {
            return self
                .bury(item, now, &format!("given up: {} attempts ended without a word", item.attempts - 1))
                .await;
        }
        let (mail, remark) = match self.prepare(item, now).await {
            Ok(Prepared::Send(mail, remark)) => (mail, remark),
            Ok(Prepared::Moot(why)) => return self.suppress(item, now, &why).await,
            Err(ComposeError::Store(error)) if ComposeError::Store(error.clone()).passes() => return Err(error),
            Err(error) => return self.bury(item, now, &error.to_string()).await,
        };
        if let Some(probe_at) = self.circuit(|circuit| circuit.probe_at()).filter(|probe_at| now < *probe_at) {
            let why = "not tried: the mail server could not be reached";
            return self.put_off(item, now, probe_at, why).await;
        }
        let result = transport.send(mail).await;
        let now = self.inner.store.now().await?;
        self.server_answered(!matches!(result, Err(Failure::Unreachable(_))), now);
        match result {
            Ok(sent) => self.record_sent(item, now, sent, remark).await,
            Err(Failure::Refused(why)) => self.bury(item, now, &why).await,
            Err(Failure::PutOff(why) | Failure::Unreachable(why)) => self.try_later(item, now, &why).await,
        }
    }

    /// Whether there is time for one more send before somebody else may take the mail.
    fn lease_lasts(&self, claimed_at: Instant, now: Instant) -> bool {
        let send = self.inner.options.smtp.as_ref().map_or(0, |smtp| smtp.send_timeout.as_secs());
        let send = Duration::seconds(i64::try_from(send).unwrap_or(i64::MAX / 1_000));
        now + send <= claimed_at + Duration::seconds(self.inner.options.mail_lease_s)
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

    async fn record_sent(
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
        let store = &self.inner.store;
        // Once more before the record is given up: without it the customer would get the mail twice.
        let recorded = match outbox::sent(store, item.id, item.fence, now, &detail).await {
            Ok(recorded) => recorded,
            Err(_) => outbox::sent(store, item.id, item.fence, now, &detail).await?,
        };
        if !recorded {
            tracing::warn!(outbox = %item.id, "a mail was sent after its lease had run out; it may arrive twice");
        }
        if refused.is_some() {
            self.tell_ticket(item).await;
        }
        tracing::info!(outbox = %item.id, notice = item.notice.name(), "mail sent");
        Ok(Outcome::Sent)
    }

    async fn try_later(&self, item: &OutboxItem, now: Instant, why: &str) -> Result<Outcome, StoreError> {
        let attempts = item.attempts;
        if attempts >= self.inner.options.attempts_max {
            return self.bury(item, now, &format!("given up after {attempts} attempts: {why}")).await;
        }
        self.put_off(item, now, now + delay_after(attempts), why).await
    }

    async fn put_off(&self, item: &OutboxItem, now: Instant, next: Instant, why: &str) -> Result<Outcome, StoreError> {
        let recorded = outbox::failed(&self.inner.store, item.id, item.fence, now, next, why).await?;
        Ok(if recorded { Outcome::PutOff } else { Outcome::Left })
    }

    async fn suppress(&self, item: &OutboxItem, now: Instant, why: &str) -> Result<Outcome, StoreError> {
        let recorded = outbox::suppressed(&self.inner.store, item.id, item.fence, now, why).await?;
        Ok(if recorded { Outcome::Suppressed } else { Outcome::Left })
    }

    /// Final: an alarm, and a line on the ticket if it is about one. A person can have it sent again.
    async fn bury(&self, item: &OutboxItem, now: Instant, why: &str) -> Result<Outcome, StoreError> {
        if !outbox::dead(&self.inner.store, item.id, item.fence, now, why).await? {
            return Ok(Outcome::Left);
        }
        tracing::error!(outbox = %item.id, notice = item.notice.name(), "a mail cannot be delivered; its row says why");
        self.tell_ticket(item).await;
        Ok(Outcome::Dead)
    }

    async fn tell_ticket(&self, item: &OutboxItem) {
        let Some(ticket) = item.ticket else { return };
        let failure = Command::RecordDeliveryFailure { message: message_of(&item.notice) };
        if let Err(error) = self.inner.store.execute(&Actor::System, Unit::ticket(ticket, failure)).await {
            tracing::warn!(outbox = %item.id, %error, "a failed delivery could not be put on record");
        }
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

    fn circuit<T>(&self, look: impl FnOnce(&mut Circuit) -> T) -> T {
        look(&mut self.inner.circuit.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Says goodbye to the mail server.
    pub async fn close(&self) {
        if let Some(transport) = &self.inner.transport {
            transport.close().await;
        }
    }
}

impl PassReport {
    fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Sent => self.sent += 1,
            Outcome::PutOff => self.put_off += 1,
            Outcome::Dead => self.dead += 1,
            Outcome::Suppressed => self.suppressed += 1,
            Outcome::Left => self.left += 1,
        }
    }
}

/// The message that a mail carries, for the record on the ticket.
fn message_of(notice: &Notice) -> Option<MessageId> {
    match notice {
        Notice::Received { message }
        | Notice::Reply { message }
        | Notice::Resolved { message }
        | Notice::CustomerWrote { message } => Some(*message),
        Notice::PassedOn { .. }
        | Notice::Closed
        | Notice::Assigned
        | Notice::WaitingOver
        | Notice::TargetNear { .. }
        | Notice::TargetMissed { .. }
        | Notice::CaseAnswered { .. }
        | Notice::DailySummary { .. } => None,
    }
}
