//! The SQL that differs between the databases. All of it is here.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value};
use watchdesk_core::Instant;
use watchdesk_core::ids::TicketNumber;

use crate::StoreError;
use crate::rows::instant;

/// Older ones can corrupt a write-ahead log.
const SQLITE_NEEDED: &str = "3.51.3";

/// Any number will do, as long as it is ours: it keeps two nodes from upgrading at once.
const UPGRADE_LOCK: i64 = 0x5741_5443_4844_4553;

fn statement(connection: &impl ConnectionTrait, sql: &str, values: Vec<Value>) -> Statement {
    Statement::from_sql_and_values(connection.get_database_backend(), sql, values)
}

async fn one(connection: &impl ConnectionTrait, sql: &str, values: Vec<Value>) -> Result<QueryResult, StoreError> {
    let row = connection.query_one_raw(statement(connection, sql, values)).await?;
    row.ok_or_else(|| StoreError::Database(DbErr::RecordNotFound(sql.to_owned())))
}

fn is_postgres(connection: &impl ConnectionTrait) -> bool {
    connection.get_database_backend() == DbBackend::Postgres
}

pub(crate) async fn require_sound_library(connection: &impl ConnectionTrait) -> Result<(), StoreError> {
    if is_postgres(connection) {
        return Ok(());
    }
    let found: String = one(connection, "SELECT sqlite_version()", vec![]).await?.try_get_by(0)?;
    if version(&found) < version(SQLITE_NEEDED) {
        return Err(StoreError::SqliteTooOld { found, needed: SQLITE_NEEDED });
    }
    Ok(())
}

fn version(text: &str) -> Vec<u32> {
    text.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

/// Held until the connection closes. On SQLite each step's transaction is enough.
pub(crate) async fn lock_upgrades(connection: &impl ConnectionTrait) -> Result<(), StoreError> {
    if is_postgres(connection) {
        connection.execute_raw(statement(connection, "SELECT pg_advisory_lock($1)", vec![UPGRADE_LOCK.into()])).await?;
    }
    Ok(())
}

/// PostgreSQL only.
pub(crate) async fn server_time(connection: &impl ConnectionTrait) -> Result<Instant, StoreError> {
    let sql = "SELECT floor(extract(epoch FROM clock_timestamp()))::bigint";
    let seconds: i64 = one(connection, sql, vec![]).await?.try_get_by(0)?;
    instant("clock", "now", "the server", seconds)
}

/// Numbers for tickets that are being opened. One that is not used after all may stay unused, but never comes again.
pub(crate) async fn fresh_numbers(
    connection: &impl ConnectionTrait,
    count: usize,
) -> Result<Vec<TicketNumber>, StoreError> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let count = i64::try_from(count).map_err(|_| StoreError::Busy)?;
    if is_postgres(connection) {
        let sql = "SELECT nextval('ticket_number_seq') FROM generate_series(1, $1)";
        let rows = connection.query_all_raw(statement(connection, sql, vec![count.into()])).await?;
        let numbers = rows.iter().map(|row| row.try_get_by(0).map(TicketNumber));
        return Ok(numbers.collect::<Result<_, _>>()?);
    }
    let sql = "UPDATE ticket_number SET last = last + ? WHERE id = 1 RETURNING last";
    let last: i64 = one(connection, sql, vec![count.into()]).await?.try_get_by(0)?;
    Ok((last - count + 1..=last).map(TicketNumber).collect())
}

/// Words of a ticket that search finds, each list separated by spaces.
pub(crate) struct Words<'a> {
    pub number: TicketNumber,
    pub public: &'a str,
    pub internal: &'a str,
    pub is_new: bool,
}

pub(crate) async fn index_words(connection: &impl ConnectionTrait, words: &Words<'_>) -> Result<(), StoreError> {
    let values: Vec<Value> = vec![words.public.into(), words.internal.into(), words.number.0.into()];
    let sql = match (is_postgres(connection), words.is_new) {
        (true, _) => {
            "WITH fresh AS (SELECT array_to_tsvector(string_to_array(trim($1::text), ' ')) AS public,
                                   array_to_tsvector(string_to_array(trim($2::text), ' ')) AS internal)
             INSERT INTO ticket_search (number, public_words, all_words)
             SELECT $3::bigint, public, public || internal FROM fresh
             ON CONFLICT (number) DO UPDATE SET
                public_words = ticket_search.public_words || excluded.public_words,
                all_words = ticket_search.all_words || excluded.all_words"
        }
        (false, true) => "INSERT INTO ticket_search (public_words, internal_words, rowid) VALUES (?, ?, ?)",
        (false, false) => {
            "UPDATE ticket_search SET public_words = public_words || ' ' || ?, internal_words = internal_words || ' ' || ?
             WHERE rowid = ?"
        }
    };
    connection.execute_raw(statement(connection, sql, values)).await?;
    Ok(())
}

/// Numbers of tickets that hold all the tokens, newest first. Tokens are letters and digits only (see `search.rs`), so
/// they need no escaping inside a query.
pub(crate) async fn numbers_with_words(
    connection: &impl ConnectionTrait,
    tokens: &[String],
    public_only: bool,
    max: u64,
) -> Result<Vec<i64>, StoreError> {
    let max = i64::try_from(max).unwrap_or(i64::MAX);
    let (sql, query) = if is_postgres(connection) {
        let sql = if public_only {
            "SELECT number FROM ticket_search WHERE public_words @@ $1::tsquery ORDER BY number DESC LIMIT $2"
        } else {
            "SELECT number FROM ticket_search WHERE all_words @@ $1::tsquery ORDER BY number DESC LIMIT $2"
        };
        (sql, quoted(tokens, '\'', " & "))
    } else {
        let columns = if public_only { "{public_words} : " } else { "" };
        let sql = "SELECT rowid FROM ticket_search WHERE ticket_search MATCH ? ORDER BY rowid DESC LIMIT ?";
        (sql, format!("{columns}({})", quoted(tokens, '"', " AND ")))
    };
    let rows = connection.query_all_raw(statement(connection, sql, vec![query.into(), max.into()])).await?;
    Ok(rows.iter().map(|row| row.try_get_by(0)).collect::<Result<_, _>>()?)
}

fn quoted(tokens: &[String], quote: char, between: &str) -> String {
    tokens.iter().map(|token| format!("{quote}{token}{quote}")).collect::<Vec<_>>().join(between)
}

/// PostgreSQL only: tells the other nodes.
pub(crate) async fn notify(connection: &impl ConnectionTrait, channel: &str, payload: &str) -> Result<(), StoreError> {
    let values = vec![channel.into(), payload.into()];
    connection.execute_raw(statement(connection, "SELECT pg_notify($1, $2)", values)).await?;
    Ok(())
}

/// SQLite only: a number that changes when another connection has written to the file.
pub(crate) async fn data_version(connection: &impl ConnectionTrait) -> Result<i64, StoreError> {
    Ok(one(connection, "PRAGMA data_version", vec![]).await?.try_get_by(0)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        for (older, newer) in [("3.51.2", "3.51.3"), ("3.9.0", "3.51.3"), ("3.51.3", "3.52.0"), ("3.51.3", "4.0.0")] {
            assert!(version(older) < version(newer), "{older} {newer}");
        }
    }
}
