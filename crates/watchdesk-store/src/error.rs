//! What can go wrong, as far as callers do something different about it.

use sea_orm::sqlx;
use sea_orm::{DbErr, RuntimeErr, SqlErr};
use watchdesk_core::Refusal;
use watchdesk_core::calendar::CalendarError;
use watchdesk_core::rota::RotaError;

use crate::mail::Fate;

#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Also when it has no room left, or its disk fails: the source says which.
    #[error("the database cannot be used at the moment")]
    Unreachable(#[source] DbErr),
    #[error(
        "this is not the address of a database: use sqlite://FOLDER/FILE.db or postgres://USER:PASSWORD@HOST/DATABASE"
    )]
    BadUrl,
    #[error("there is no desk in this database yet: run `watchdesk migrate`")]
    NoSchema,
    #[error(
        "the database was written by a newer Watchdesk (its schema has step {found}, this program knows steps up to {known}): use the newer program"
    )]
    SchemaNewer { found: String, known: String },
    #[error(
        "the database is older than this program (its schema is at step {found}, this program needs {known}): make a backup, then run `watchdesk migrate`"
    )]
    SchemaOlder { found: String, known: String },
    #[error(
        "the database is in the middle of an upgrade: step {missing} is missing although later ones are there; restore the backup that was made before it"
    )]
    SchemaUneven { missing: String },
    #[error("SQLite {found} is too old to be trusted with a write-ahead log: {needed} or newer is needed")]
    SqliteTooOld { found: String, needed: &'static str },
    #[error("{table}.{column} of {id} makes no sense: {why}")]
    Corrupt { table: &'static str, column: &'static str, id: String, why: String },
    #[error("the cursor does not belong to this list: begin again without one")]
    BadCursor,
    #[error("this {what} is already in use: choose another")]
    Taken { what: &'static str },
    #[error("somebody else changed it first; it is now at version {current}")]
    Stale { current: i64 },
    /// The same, of what has no version numbers.
    #[error("somebody else changed this {what} first: read it again")]
    Changed { what: &'static str },
    #[error("there is no such {what}")]
    Missing { what: &'static str },
    #[error("the calendar cannot be used")]
    BadCalendar(#[source] CalendarError),
    #[error("the rota cannot be used")]
    BadRota(#[source] RotaError),
    #[error("the database is busy: try again")]
    Busy,
    #[error("the password could not be hashed")]
    Hashing,
    #[error("the system gives no random numbers")]
    NoRandomness,
    #[error("the database refused a statement")]
    Database(#[source] DbErr),
}

/// Why a unit was not carried out. Nothing of it is saved then.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ExecuteError {
    #[error("the desk refuses it")]
    Refused(#[source] Refusal),
    #[error("the ticket changed in the meantime; it is now at version {current}")]
    Stale { current: i64 },
    #[error("somebody else fires its timers by now; nothing was done")]
    ClaimLost,
    /// A fault of the program; its log says where.
    #[error("it broke off, and nothing of it was saved")]
    BrokeOff,
    #[error("the mail has its fate already")]
    AlreadySettled(Fate),
    #[error("the idempotency key was used with another body")]
    KeyReused,
    #[error("an attachment is unknown, or already belongs to a message")]
    UnknownAttachment,
    #[error("the store failed")]
    Store(#[source] StoreError),
}

impl From<Refusal> for ExecuteError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreError> for ExecuteError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<DbErr> for ExecuteError {
    fn from(error: DbErr) -> Self {
        Self::Store(error.into())
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        match passing(&error) {
            Some(Passing::Away) => Self::Unreachable(error),
            Some(Passing::Busy) => Self::Busy,
            None => Self::Database(error),
        }
    }
}

impl StoreError {
    /// A unique field that somebody else has is the person's matter, everything else ours.
    pub(crate) fn taken(error: DbErr, what: &'static str) -> Self {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => Self::Taken { what },
            _ => error.into(),
        }
    }

    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::Busy)
    }
}

/// What may be over by the next attempt.
#[derive(Debug, PartialEq, Eq)]
enum Passing {
    /// Two wanted the same at the same time.
    Busy,
    /// The database, its connection or its disk gave out.
    Away,
}

fn passing(error: &DbErr) -> Option<Passing> {
    let (DbErr::Exec(RuntimeErr::SqlxError(error))
    | DbErr::Query(RuntimeErr::SqlxError(error))
    | DbErr::Conn(RuntimeErr::SqlxError(error))) = error
    else {
        return matches!(error, DbErr::ConnectionAcquire(_) | DbErr::Conn(_)).then_some(Passing::Away);
    };
    match error.as_ref() {
        sqlx::Error::Database(error) => error.code().and_then(|code| passing_code(&code)),
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => Some(Passing::Away),
        _ => None,
    }
}

/// PostgreSQL's codes have five characters, SQLite's are small numbers whose last byte is the kind.
fn passing_code(code: &str) -> Option<Passing> {
    if code.len() == 5 {
        return match (code, &code[..2]) {
            // serialization_failure, deadlock_detected, lock_not_available
            ("40001" | "40P01" | "55P03", _) => Some(Passing::Busy),
            // Idle too long in a transaction; a server that was made a replica. Both break the connection off for us.
            ("25P03" | "25006", _) => Some(Passing::Away),
            // Connection exceptions, no resources (a full disk is one), operator intervention, system errors.
            (_, "08" | "53" | "57" | "58") => Some(Passing::Away),
            _ => None,
        };
    }
    match code.parse::<u32>().ok()? & 0xff {
        // SQLITE_BUSY, SQLITE_LOCKED
        5 | 6 => Some(Passing::Busy),
        // SQLITE_READONLY, SQLITE_IOERR, SQLITE_FULL, SQLITE_CANTOPEN
        8 | 10 | 13 | 14 => Some(Passing::Away),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_and_what_does_not() {
        for (code, expected) in [
            ("40001", Some(Passing::Busy)),
            ("40P01", Some(Passing::Busy)),
            ("53100", Some(Passing::Away)),
            ("57P01", Some(Passing::Away)),
            ("25P03", Some(Passing::Away)),
            ("23505", None),
            ("42P01", None),
            ("5", Some(Passing::Busy)),
            ("517", Some(Passing::Busy)),
            ("13", Some(Passing::Away)),
            ("778", Some(Passing::Away)),
            ("2067", None),
            ("11", None),
            ("1", None),
        ] {
            assert_eq!(passing_code(code), expected, "{code}");
        }
    }
}
