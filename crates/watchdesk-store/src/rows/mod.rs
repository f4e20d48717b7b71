//! Between columns and the domain. A column that cannot mean anything legal is an error naming table, column and id.

mod case;
mod clock;
mod event;
mod message;
mod ticket;

use std::fmt::Display;

use chrono::DateTime;
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, Insert, IntoActiveModel};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;
use watchdesk_core::Instant;
use watchdesk_core::event::ActorRef;
use watchdesk_core::ids::{AgentId, ContactId, Slug};

use crate::StoreError;

pub(crate) use case::case_row;
pub(crate) use clock::{clock_row, clocks_of};
pub(crate) use event::event_row;
pub(crate) use message::{author, message_row, message_words};
pub(crate) use ticket::{queue_at, ticket_row};

/// Rows of one INSERT; SQLite takes 32,766 values in one statement.
pub(crate) const ROWS_PER_INSERT: usize = 200;

/// Where a value stands, for words about what is wrong with it.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub table: &'static str,
    pub id: &'a dyn Display,
}

impl Place<'_> {
    pub fn corrupt(&self, column: &'static str, why: impl Display) -> StoreError {
        StoreError::Corrupt { table: self.table, column, id: self.id.to_string(), why: why.to_string() }
    }

    pub fn instant(&self, column: &'static str, seconds: i64) -> Result<Instant, StoreError> {
        instant(self.table, column, self.id, seconds)
    }

    pub fn instant_or_none(&self, column: &'static str, seconds: Option<i64>) -> Result<Option<Instant>, StoreError> {
        seconds.map(|seconds| self.instant(column, seconds)).transpose()
    }

    pub fn json<T: DeserializeOwned>(&self, column: &'static str, text: &str) -> Result<T, StoreError> {
        serde_json::from_str(text).map_err(|error| self.corrupt(column, error))
    }

    pub fn slug(&self, column: &'static str, text: String) -> Result<Slug, StoreError> {
        Slug::new(text).map_err(|error| self.corrupt(column, error))
    }

    pub fn slug_or_none(&self, column: &'static str, text: Option<String>) -> Result<Option<Slug>, StoreError> {
        text.map(|text| self.slug(column, text)).transpose()
    }

    /// A word of a closed list, by the list's own `parse`.
    pub fn word<T>(&self, column: &'static str, text: &str, parse: fn(&str) -> Option<T>) -> Result<T, StoreError> {
        parse(text).ok_or_else(|| self.corrupt(column, format_args!("unknown word \"{text}\"")))
    }

    pub fn word_or_none<T>(
        &self,
        column: &'static str,
        text: Option<&str>,
        parse: fn(&str) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        text.map(|text| self.word(column, text, parse)).transpose()
    }

    pub fn actor(&self, column: &'static str, kind: &str, id: Option<Uuid>) -> Result<ActorRef, StoreError> {
        match (kind, id) {
            ("agent", Some(id)) => Ok(ActorRef::Agent(AgentId(id))),
            ("contact", Some(id)) => Ok(ActorRef::Contact(ContactId(id))),
            ("system", None) => Ok(ActorRef::System),
            _ => Err(self.corrupt(column, format_args!("\"{kind}\" with or without an id"))),
        }
    }
}

/// Instants are kept as whole Unix seconds, in this one place both ways.
pub(crate) fn instant(
    table: &'static str,
    column: &'static str,
    id: impl Display,
    seconds: i64,
) -> Result<Instant, StoreError> {
    DateTime::from_timestamp(seconds, 0).ok_or_else(|| StoreError::Corrupt {
        table,
        column,
        id: id.to_string(),
        why: format!("{seconds} is no time"),
    })
}

pub(crate) fn seconds(at: Instant) -> i64 {
    at.timestamp()
}

pub(crate) fn seconds_or_none(at: Option<Instant>) -> Option<i64> {
    at.map(seconds)
}

pub(crate) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("our own values have string keys and no other fault")
}

/// PostgreSQL takes no NUL in a text; neither does a reader.
pub(crate) fn without_nul(text: impl Into<String>) -> String {
    let text = text.into();
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

pub(crate) fn actor_columns(actor: ActorRef) -> (String, Option<Uuid>) {
    match actor {
        ActorRef::Agent(id) => ("agent".to_owned(), Some(id.0)),
        ActorRef::Contact(id) => ("contact".to_owned(), Some(id.0)),
        ActorRef::System => ("system".to_owned(), None),
    }
}

/// Inserts rows, many in one statement.
pub(crate) async fn insert_all<M, A>(connection: &impl ConnectionTrait, rows: Vec<M>) -> Result<(), StoreError>
where
    M: IntoActiveModel<A> + Clone,
    A: ActiveModelTrait,
    <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
{
    for part in rows.chunks(ROWS_PER_INSERT) {
        match part {
            [one] => Insert::<A>::one(one.clone()).exec_without_returning(connection).await?,
            many => {
                A::Entity::insert_many(many.iter().cloned().map(IntoActiveModel::into_active_model))
                    .exec_without_returning(connection)
                    .await?
            }
        };
    }
    Ok(())
}
