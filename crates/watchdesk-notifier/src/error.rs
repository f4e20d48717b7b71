//! What can go wrong, as far as somebody does something different about it.

use watchdesk_store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum NotifierError {
    /// The lettre error is left out: it could repeat the password in the address.
    #[error(
        "the address of the mail server cannot be used: write it as smtps://USER:PASSWORD@HOST, \
         smtp://HOST:587?tls=required or smtp://HOST:25"
    )]
    SmtpUrl,
    #[error(
        "the schedule of \"{task}\" is not a cron line of six fields (second minute hour day month weekday): {why}"
    )]
    Cron { task: String, why: String },
    /// A key of the configuration; the value is left out, it may be a secret.
    #[error("{key} {why}")]
    Setting { key: String, why: String },
    #[error("the store failed")]
    Store(#[from] StoreError),
}
