//! The outbox on its way out, as mail and as calls to webhooks: claim, write, send, record.
//!
//! Nothing is sent inside a transaction, and nothing without a row that says so. "Sent" is recorded at once after it was
//! taken over; if that record is lost, the same goes out again under the same identity. Each way has a pace of its own:
//! a mail server that is away or slow holds back no call to a pager.

mod calls;
mod delivered;
mod mails;
mod record;

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::join_all;
use watchdesk_core::Instant;
use watchdesk_store::outbox::{self, OutboxItem, Way, beat, while_held};
use watchdesk_store::{Store, StoreError};
use watchdesk_templates::Engine;

use crate::circuit::{Allowance, Circuit};
use crate::mail::compose::Composer;
use crate::status::{MailService, Status};
use crate::transport::Transport;
use crate::{NotifierError, Options};

/// Rows that one pass claims of each way; what is left waits for the next pass.
const ROWS_PER_PASS_MAX: usize = 500;
/// Calls to webhooks at once.
const CALLS_AT_ONCE: usize = 8;

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

    /// Sends what is due by both ways, a bounded number of each.
    pub async fn pass(&self) -> Result<PassReport, NotifierError> {
        let calls = self.pass_by(Way::Webhook).await?;
        let mails = self.pass_by(Way::Mail).await?;
        Ok(calls.and(&mails))
    }

    /// Sends what is due by one way, a bounded number. Without a mail server mail stays pending.
    ///
    /// Claims no more at a time than it sends at once: a claim counts as an attempt, so whatever is claimed is tried.
    pub async fn pass_by(&self, way: Way) -> Result<PassReport, NotifierError> {
        let mut report = PassReport::default();
        let mut claimed = 0;
        while claimed < ROWS_PER_PASS_MAX {
            let now = self.inner.store.now().await?;
            let limit = self.at_once(way, now);
            // A look costs a read; claiming would cost a write each time somebody changes a ticket.
            if limit == 0 || outbox::next_due_by(&self.inner.store, way).await?.is_none_or(|due| due > now) {
                return Ok(report);
            }
            let items = outbox::claim_by(&self.inner.store, way, now, limit as u64).await?;
            if items.is_empty() {
                return Ok(report);
            }
            claimed += items.len();
            self.deliver_all(way, items, now, &mut report).await;
        }
        report.more = true;
        Ok(report)
    }

    fn at_once(&self, way: Way, now: Instant) -> usize {
        match way {
            Way::Webhook => CALLS_AT_ONCE,
            // The connector to the operator hands these over.
            Way::Request => 0,
            Way::Mail if self.inner.transport.is_none() => 0,
            Way::Mail => match self.circuit(|circuit| circuit.allowance(now)) {
                Allowance::All => self.inner.options.sends_at_once.max(1),
                Allowance::Probe => 1,
                Allowance::Nothing => 0,
            },
        }
    }

    async fn deliver_all(&self, way: Way, items: Vec<OutboxItem>, claimed_at: Instant, report: &mut PassReport) {
        let deliveries = items.into_iter().map(|item| {
            let worker = self.clone();
            // Each in a task of its own: whatever happens to one stays with it.
            async move {
                tokio::spawn(async move { worker.deliver(way, &item, claimed_at).await }).await.unwrap_or(Outcome::Left)
            }
        });
        for outcome in join_all(deliveries).await {
            report.count(outcome);
            self.inner.status.delivered(way, |figures| match outcome {
                Outcome::Sent => figures.sent += 1,
                Outcome::PutOff => figures.put_off += 1,
                Outcome::Dead => figures.dead += 1,
                Outcome::Suppressed => figures.suppressed += 1,
                Outcome::Left => {}
            });
        }
    }

    async fn deliver(&self, way: Way, item: &OutboxItem, claimed_at: Instant) -> Outcome {
        let delivering = self.try_deliver(way, item, claimed_at);
        match while_held(&self.inner.store, item, beat(self.inner.store.lease()), delivering).await {
            Ok(outcome) => outcome,
            Err(error) => {
                tracing::warn!(outbox = %item.id, %error, "the store failed while a notice was sent; it is left to the next run");
                Outcome::Left
            }
        }
    }

    async fn try_deliver(&self, way: Way, item: &OutboxItem, claimed_at: Instant) -> Result<Outcome, StoreError> {
        let now = self.inner.store.now().await?;
        // Slept since: somebody else may have it by now.
        if now >= claimed_at + self.inner.store.lease() {
            return Ok(Outcome::Left);
        }
        if item.attempts > self.attempts_max(way) {
            let why = format!("given up: {} attempts ended without a word", item.attempts - 1);
            return self.bury(item, now, &why).await;
        }
        match way {
            Way::Mail => self.deliver_mail(item, now).await,
            Way::Webhook => self.deliver_call(item, now).await,
            Way::Request => Ok(Outcome::Left),
        }
    }

    fn attempts_max(&self, way: Way) -> i32 {
        match way {
            Way::Mail => self.inner.options.attempts_max,
            Way::Webhook => calls::ATTEMPTS_MAX,
            Way::Request => i32::MAX,
        }
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

    fn and(&self, other: &Self) -> Self {
        Self {
            sent: self.sent + other.sent,
            put_off: self.put_off + other.put_off,
            dead: self.dead + other.dead,
            suppressed: self.suppressed + other.suppressed,
            left: self.left + other.left,
            more: self.more || other.more,
        }
    }
}
