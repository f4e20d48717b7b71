//! An old mailbox becomes closed tickets. Answers nobody, starts no clock, and may be run again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use chrono::DateTime;
use mail_parser::{HeaderName, MessageParser};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use watchdesk_core::Instant;
use watchdesk_core::ids::RawMailId;
use watchdesk_store::mail::{self, Envelope, Fate, Source};

use super::Intake;
use crate::IntakeError;
use crate::archive::{self, ArchiveError, ArchivedMessage};
use crate::parse::MAX_HEADERS_BYTES;

/// Failures that a report tells one by one.
pub const IMPORT_FAILURES_MAX: usize = 100;
/// Messages that are read ahead.
const READ_AHEAD: usize = 2;
/// Stored copies of one content that are looked at.
const COPIES_MAX: u64 = 200;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportReport {
    pub seen: u64,
    pub imported: u64,
    /// They were there already.
    pub duplicates: u64,
    /// The desk's own mails.
    pub ignored: u64,
    pub failures: u64,
    /// The first [`IMPORT_FAILURES_MAX`] of them.
    pub failed: Vec<ImportFailure>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportFailure {
    /// Where in the archive, such as `inbox.mbox#12`.
    pub source: String,
    pub reason: String,
}

enum Imported {
    New(Fate),
    Known,
}

impl Intake {
    /// Imports an mbox file, a maildir, or a file with one message. `progress` sees the report as it grows.
    ///
    /// # Errors
    /// There is no archive, or the database is away; what was imported until then stays, and the next run goes on.
    pub async fn import(
        &self,
        path: &Path,
        mut progress: impl FnMut(&ImportReport),
    ) -> Result<ImportReport, IntakeError> {
        let mut messages = read_ahead(path).await?;
        let mut report = ImportReport::default();
        while let Some(message) = messages.recv().await {
            report.seen += 1;
            match message {
                Ok(message) => {
                    let source = message.source.clone();
                    report.count(source, self.import_one(message).await)?;
                }
                Err(error) => report.fail(format!("message {}", report.seen), error.to_string()),
            }
            progress(&report);
        }
        Ok(report)
    }

    async fn import_one(&self, message: ArchivedMessage) -> Result<Imported, IntakeError> {
        if let Some((id, fate)) = self.imported_copy(&message.bytes).await? {
            return match fate {
                // An earlier run was interrupted between the two steps below.
                Fate::Pending => Ok(Imported::New(self.process(id).await?)),
                _ => Ok(Imported::Known),
            };
        }
        let now = self.store().now().await?;
        let at = message.received_at.or_else(|| date_of(&message.bytes)).unwrap_or(now);
        let at = at.clamp(DateTime::UNIX_EPOCH.min(now), now);
        let envelope = Envelope::default();
        let id = mail::store_raw_at(self.store(), Source::Import, &envelope, &message.bytes, at).await?;
        Ok(Imported::New(self.process(id).await?))
    }

    async fn imported_copy(&self, bytes: &[u8]) -> Result<Option<(RawMailId, Fate)>, IntakeError> {
        let sha256: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let copies = mail::same_content(self.store(), &sha256, COPIES_MAX).await?;
        let imported = copies.into_iter().find(|copy| copy.source == Source::Import);
        Ok(imported.map(|copy| (copy.id, copy.fate)))
    }
}

impl ImportReport {
    /// A message that fails is on the report and does not stop the next; without a database nothing goes on.
    fn count(&mut self, source: String, result: Result<Imported, IntakeError>) -> Result<(), IntakeError> {
        match result {
            Ok(Imported::Known) => self.duplicates += 1,
            Ok(Imported::New(fate)) => self.count_fate(source, fate),
            Err(error) if error.is_passing() => return Err(error),
            Err(error) => self.fail(source, error.to_string()),
        }
        Ok(())
    }

    fn count_fate(&mut self, source: String, fate: Fate) {
        match fate {
            Fate::Ticket { .. } | Fate::Reply { .. } | Fate::Operator { .. } => self.imported += 1,
            Fate::Duplicate { .. } => self.duplicates += 1,
            Fate::Ignored { .. } | Fate::Bounce { .. } => self.ignored += 1,
            Fate::Held { reason } | Fate::Quarantined { reason } => self.fail(source, reason),
            Fate::Pending => self.fail(source, "It is kept, but not handled yet.".to_owned()),
        }
    }

    fn fail(&mut self, source: String, reason: String) {
        self.failures += 1;
        if self.failed.len() < IMPORT_FAILURES_MAX {
            self.failed.push(ImportFailure { source, reason });
        }
    }
}

/// The archive is read on a thread that may wait for the disk.
async fn read_ahead(path: &Path) -> Result<mpsc::Receiver<Result<ArchivedMessage, ArchiveError>>, IntakeError> {
    let path = path.to_owned();
    let opened = spawn_blocking(move || archive::messages(&path)).await;
    let messages = opened.map_err(|_| IntakeError::Fault)??;
    let (sender, receiver) = mpsc::channel(READ_AHEAD);
    // It ends with the archive, or when nobody listens any more.
    spawn_blocking(move || {
        for message in messages {
            if sender.blocking_send(message).is_err() {
                break;
            }
        }
    });
    Ok(receiver)
}

/// What the message says of its own time: better than nothing where the archive knows none.
fn date_of(bytes: &[u8]) -> Option<Instant> {
    let head = &bytes[..bytes.len().min(MAX_HEADERS_BYTES)];
    let date = || {
        let headers = MessageParser::new().with_date_headers().parse_headers(head)?;
        let date = headers.header(HeaderName::Date)?.as_datetime()?;
        DateTime::from_timestamp(date.is_valid().then(|| date.to_timestamp())?, 0)
    };
    // Whether the message as a whole can be read is found out later.
    catch_unwind(AssertUnwindSafe(date)).ok().flatten()
}
