//! From bytes to a command. Bytes are made durable first; then, at any later time and however often it is tried, each
//! mail gets exactly one fate, in the same transaction as what it does to a ticket.
//!
//! [`Reception`] takes mail from the listener, [`Intake::receive_one`] from a pipe, [`Intake::import`] from an old
//! mailbox; [`Intake::run`] works off what is pending, whoever stored it.

mod bounce;
mod change;
mod import;
mod letter;
mod lookup;
mod mailboxes;
mod operator;
mod plan;
mod reception;
#[cfg(test)]
mod tests;
mod wording;
mod worker;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;
use watchdesk_core::ids::{AttachmentId, RawMailId};
use watchdesk_core::mail::{AUTOMATIC_ANSWERS_MAX, ReplyTokens};
use watchdesk_core::operator_mail::OperatorMail;
use watchdesk_core::rights::Actor;
use watchdesk_store::attachments::{self, NewAttachment};
use watchdesk_store::mail::{self, Envelope, Fate, HeldForCase, RawMail, Source};
use watchdesk_store::{ExecuteError, Store, StoreError, directory};

pub use import::{IMPORT_FAILURES_MAX, ImportFailure, ImportReport};
pub use reception::Reception;

use crate::IntakeError;
use crate::parse::{AutoClass, MAX_MAIL_BYTES};
use change::{Fresh, request};
use letter::Letter;
use mailboxes::Mailboxes;
use plan::{Change, Plan, Way};

/// A ticket may change between the look at it and the request; then there is one fresh look.
const LOOKS_MAX: usize = 2;
/// An hour: a person with several problems is told of each ticket, two machines do not go on for long.
const AUTO_ANSWER_PERIOD_S: i64 = 3_600;
const POLL_S: u64 = 2;

#[derive(Debug, Clone)]
pub struct IntakeOptions {
    /// Proves that an answer comes from somebody who had a mail of ours.
    pub reply_tokens: ReplyTokens,
    /// One address gets `auto_answers_max` automatic answers within so many seconds, and no more.
    pub auto_answer_period_s: i64,
    pub auto_answers_max: u32,
    /// How often the worker looks for mail that another process stored.
    pub poll_s: u64,
    /// Whose mail is the operator's word, and how its cases are named there.
    pub operator_mail: OperatorMail,
}

impl IntakeOptions {
    #[must_use]
    pub fn new(reply_tokens: ReplyTokens) -> Self {
        Self {
            reply_tokens,
            auto_answer_period_s: AUTO_ANSWER_PERIOD_S,
            auto_answers_max: AUTOMATIC_ANSWERS_MAX,
            poll_s: POLL_S,
            operator_mail: OperatorMail::default(),
        }
    }
}

/// Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Intake {
    shared: Arc<Shared>,
}

struct Shared {
    store: Store,
    options: IntakeOptions,
    /// There is something to work off.
    wake: Notify,
    /// How often a mail failed since this process started.
    failures: Mutex<HashMap<RawMailId, u32>>,
}

impl Intake {
    #[must_use]
    pub fn new(store: Store, options: IntakeOptions) -> Self {
        let shared = Shared { store, options, wake: Notify::new(), failures: Mutex::default() };
        Self { shared: Arc::new(shared) }
    }

    /// One mail from a pipe: durable when it returns without an error. Where only what comes after that fails, the mail
    /// is [`Fate::Pending`], and whoever runs the desk takes it up. An envelope without a sender means that nobody said
    /// who it was; a null sender is an empty one.
    ///
    /// # Errors
    /// The mail is too large, or the database failed before it was durable: nothing was kept.
    pub async fn receive_one(
        &self,
        source: Source,
        envelope: &Envelope,
        bytes: &[u8],
    ) -> Result<(RawMailId, Fate), IntakeError> {
        let id = self.keep(source, envelope, bytes).await?;
        match self.process(id).await {
            Ok(fate) => Ok((id, fate)),
            Err(error) => {
                tracing::warn!(mail = %id, error = &error as &dyn std::error::Error, "a mail is kept, but not handled yet");
                Ok((id, Fate::Pending))
            }
        }
    }

    /// Gives a pending mail its fate, and answers the fate of one that has it. May be called by anybody, at any time, also
    /// at the same time: one of them wins.
    ///
    /// # Errors
    /// The database failed; the mail is as it was.
    pub async fn process(&self, id: RawMailId) -> Result<Fate, IntakeError> {
        let raw = mail::raw(self.store(), id).await?.ok_or(IntakeError::UnknownMail(id))?;
        self.process_raw(raw).await
    }

    async fn process_raw(&self, mut raw: RawMail) -> Result<Fate, IntakeError> {
        if raw.fate != Fate::Pending {
            return Ok(raw.fate);
        }
        // A clock may have been put back since.
        raw.received_at = raw.received_at.min(self.store().now().await?);
        let id = raw.id;
        match Letter::open(raw, self.mailboxes().await?).await {
            Ok(letter) => self.settle_letter(letter).await,
            Err(reason) => self.settle(id, Fate::Quarantined { reason }).await,
        }
    }

    async fn settle_letter(&self, mut letter: Letter) -> Result<Fate, IntakeError> {
        let mut fresh = None;
        let mut reason = String::new();
        for _ in 0..LOOKS_MAX {
            let change = match self.plan(&letter).await? {
                Plan::Settle(fate) => return self.settle(letter.id, fate).await,
                Plan::Hold(held) => return self.hold(letter.id, &held).await,
                Plan::Change(change) => change,
            };
            let fresh = match &mut fresh {
                Some(fresh) => fresh,
                none => none.insert(Fresh::ids(self.keep_attachments(&mut letter, &change).await?)),
            };
            match self.carry_out(&letter, &change, fresh).await {
                Ok(fate) | Err(ExecuteError::AlreadySettled(fate)) => return Ok(fate),
                Err(ExecuteError::Store(error)) => return Err(error.into()),
                Err(ExecuteError::Refused(refusal)) => reason = refusal.to_string(),
                Err(
                    error @ (ExecuteError::Stale { .. }
                    | ExecuteError::KeyReused
                    | ExecuteError::UnknownAttachment
                    | ExecuteError::BrokeOff
                    | ExecuteError::ClaimLost),
                ) => {
                    reason = error.to_string();
                }
            }
        }
        self.settle(letter.id, Fate::Held { reason }).await
    }

    async fn carry_out(&self, letter: &Letter, change: &Change, fresh: &Fresh) -> Result<Fate, ExecuteError> {
        let request = request(letter, change, fresh);
        let fate = request.settle_mail.as_ref().map_or(Fate::Pending, |(_, fate)| fate.clone());
        let executed = self.store().execute(&Actor::System, request).await?;
        if let Way::Open(opening) = &change.way
            && let Some(address) = &opening.acknowledge
            && let Err(error) = mail::note_auto_answer(self.store(), address, executed.at).await
        {
            tracing::warn!(mail = %letter.id, %error, "an automatic answer could not be counted");
        }
        Ok(fate)
    }

    /// Durable when it returns.
    async fn keep(&self, source: Source, envelope: &Envelope, bytes: &[u8]) -> Result<RawMailId, IntakeError> {
        if bytes.len() > MAX_MAIL_BYTES {
            return Err(IntakeError::TooLarge { bytes: bytes.len() });
        }
        Ok(mail::store_raw(self.store(), source, envelope, bytes).await?)
    }

    /// A report on a mail of ours brings that mail along; we have it.
    async fn keep_attachments(&self, letter: &mut Letter, change: &Change) -> Result<Vec<AttachmentId>, StoreError> {
        if matches!(letter.mail.auto, AutoClass::Bounce(_)) {
            return Ok(Vec::new());
        }
        let uploader = change.author();
        let mut kept = Vec::with_capacity(letter.mail.attachments.len());
        for attachment in std::mem::take(&mut letter.mail.attachments) {
            let new = NewAttachment {
                filename: attachment.filename,
                content_type: attachment.content_type,
                bytes: attachment.bytes,
                inline_id: attachment.content_id,
                uploader,
            };
            kept.push(attachments::put(self.store(), new).await?);
        }
        Ok(kept)
    }

    async fn settle(&self, id: RawMailId, fate: Fate) -> Result<Fate, IntakeError> {
        if mail::settle(self.store(), id, &fate).await? {
            return Ok(fate);
        }
        // Somebody else was faster.
        self.settled(id).await
    }

    async fn hold(&self, id: RawMailId, held: &HeldForCase) -> Result<Fate, IntakeError> {
        mail::hold_for_case(self.store(), id, held).await?;
        self.settled(id).await
    }

    async fn settled(&self, id: RawMailId) -> Result<Fate, IntakeError> {
        let raw = mail::raw(self.store(), id).await?.ok_or(IntakeError::UnknownMail(id))?;
        Ok(raw.fate)
    }

    async fn mailboxes(&self) -> Result<Mailboxes, StoreError> {
        Ok(Mailboxes::new(directory::mailboxes(self.store()).await?))
    }

    fn store(&self) -> &Store {
        &self.shared.store
    }

    fn options(&self) -> &IntakeOptions {
        &self.shared.options
    }
}
