//! What can go wrong on the way in, as far as callers do something different about it.

use watchdesk_core::ids::RawMailId;
use watchdesk_store::StoreError;

use crate::archive::ArchiveError;
use crate::parse::MAX_MAIL_BYTES;

#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// Nothing was kept: the sender has to be told.
    #[error("The mail has {bytes} bytes; at most {MAX_MAIL_BYTES} are taken.")]
    TooLarge { bytes: usize },
    #[error("There is no mail {0}.")]
    UnknownMail(RawMailId),
    #[error("The archive cannot be read.")]
    Archive(#[from] ArchiveError),
    /// What was durable still is; the rest can be tried again.
    #[error("The desk's database failed.")]
    Store(#[from] StoreError),
    #[error("The program failed while it handled the mail.")]
    Fault,
}

impl IntakeError {
    /// Whether the same may succeed later without anybody's doing.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Store(error) => matches!(error, StoreError::Unreachable(_) | StoreError::Busy),
            Self::TooLarge { .. } | Self::UnknownMail(_) | Self::Archive(_) | Self::Fault => false,
        }
    }
}
