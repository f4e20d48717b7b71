//! What benchmarks measure against: a throw-away database, a bare loop that writes the same rows as a new ticket, and a
//! desk with as many tickets as wanted.

mod bulk;

pub use bulk::{BATCH_TICKETS, Bulk, Written, bare_commits, bare_probes};

use std::path::PathBuf;

use sea_orm::{
    ColumnTrait, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, EntityTrait, IntoActiveModel,
    QueryFilter,
};
use uuid::Uuid;
use watchdesk_core::ids::{TicketId, TicketNumber};

use crate::entities::{clock, event, message, outbox, participant, ticket};
use crate::rows::insert_all;
use crate::search::Indexing;
use crate::{Backend, Store, StoreError, fresh_id};

/// An empty database beside the chosen one, so that no desk is touched.
#[derive(Debug)]
pub struct ScratchDatabase {
    url: String,
    place: Place,
}

#[derive(Debug)]
enum Place {
    File(PathBuf),
    Server { url: String, name: String },
}

impl ScratchDatabase {
    /// In the same folder, or on the same server.
    pub async fn beside(url: &str) -> Result<Self, StoreError> {
        let id = fresh_id().simple();
        match Backend::of_url(url)? {
            Backend::Sqlite => {
                let path = url.trim_start_matches("sqlite:").trim_start_matches("//");
                let path = path.split('?').next().unwrap_or(path);
                let path = PathBuf::from(path).with_file_name(format!("watchdesk-bench-{id}.db"));
                Ok(Self { url: format!("sqlite://{}", path.display()), place: Place::File(path) })
            }
            Backend::Postgres => {
                let name = format!("watchdesk_bench_{id}");
                statement(url, &format!("CREATE DATABASE {name}")).await?;
                let (server, query) = url.split_once('?').map_or((url, None), |(server, query)| (server, Some(query)));
                let (server, _) = server.rsplit_once('/').ok_or(StoreError::BadUrl)?;
                let query = query.map(|query| format!("?{query}")).unwrap_or_default();
                let place = Place::Server { url: url.to_owned(), name: name.clone() };
                Ok(Self { url: format!("{server}/{name}{query}"), place })
            }
        }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub async fn remove(self) -> Result<(), StoreError> {
        match self.place {
            Place::File(path) => {
                for suffix in ["", "-wal", "-shm"] {
                    let mut file = path.clone().into_os_string();
                    file.push(suffix);
                    // What was never written need not go.
                    let _ = std::fs::remove_file(file);
                }
                Ok(())
            }
            Place::Server { url, name } => {
                statement(&url, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await
            }
        }
    }
}

async fn statement(url: &str, sql: &str) -> Result<(), StoreError> {
    let connection: DatabaseConnection = Database::connect(url).await.map_err(StoreError::Unreachable)?;
    connection.execute_unprepared(sql).await?;
    connection.close().await?;
    Ok(())
}

/// The rows of one ticket, to be written again and again.
pub struct TicketRows {
    ticket: ticket::Model,
    participants: Vec<participant::Model>,
    clocks: Vec<clock::Model>,
    events: Vec<event::Model>,
    messages: Vec<message::Model>,
    outbox: Vec<outbox::Model>,
}

impl TicketRows {
    pub async fn of(store: &Store, id: TicketId) -> Result<Self, StoreError> {
        let reader = store.reader();
        let found = ticket::Entity::find_by_id(id.0).one(reader).await?;
        Ok(Self {
            ticket: found.ok_or(StoreError::Missing { what: "ticket" })?,
            participants: participant::Entity::find()
                .filter(participant::Column::TicketId.eq(id.0))
                .all(reader)
                .await?,
            clocks: clock::Entity::find().filter(clock::Column::TicketId.eq(id.0)).all(reader).await?,
            events: event::Entity::find().filter(event::Column::TicketId.eq(id.0)).all(reader).await?,
            messages: message::Entity::find().filter(message::Column::TicketId.eq(id.0)).all(reader).await?,
            outbox: outbox::Entity::find().filter(outbox::Column::TicketId.eq(id.0)).all(reader).await?,
        })
    }

    fn renamed(&self, id: Uuid, number: i64) -> Self {
        let fresh = || fresh_id();
        Self {
            ticket: ticket::Model { id, number, ..self.ticket.clone() },
            participants: self
                .participants
                .iter()
                .map(|row| participant::Model { ticket_id: id, ..row.clone() })
                .collect(),
            clocks: self
                .clocks
                .iter()
                .map(|row| clock::Model { id: fresh(), ticket_id: Some(id), ..row.clone() })
                .collect(),
            events: self.events.iter().map(|row| event::Model { ticket_id: id, ..row.clone() }).collect(),
            messages: self
                .messages
                .iter()
                .map(|row| message::Model { id: fresh(), ticket_id: id, mail_id: None, ..row.clone() })
                .collect(),
            outbox: self.outbox.iter().map(|row| renamed_outbox(row, id)).collect(),
        }
    }

    async fn insert(self, transaction: &DatabaseTransaction) -> Result<(), StoreError> {
        let mut indexing = Indexing::of(TicketNumber(self.ticket.number), true);
        indexing.public(&self.ticket.subject);
        self.messages.iter().for_each(|message| indexing.public(&message.body));
        insert_all(transaction, vec![self.ticket]).await?;
        insert_all(transaction, self.participants).await?;
        let clocks = self.clocks.into_iter().map(IntoActiveModel::into_active_model);
        clock::Entity::insert_many(clocks).exec_without_returning(transaction).await?;
        insert_all(transaction, self.events).await?;
        insert_all(transaction, self.messages).await?;
        insert_all(transaction, self.outbox).await?;
        indexing.save(transaction).await
    }
}

fn renamed_outbox(row: &outbox::Model, ticket: Uuid) -> outbox::Model {
    let id = fresh_id();
    let mut renamed = outbox::Model { id, key: id.to_string(), mail_id: format!("{id}@bench"), ..row.clone() };
    renamed.ticket_id = Some(ticket);
    renamed
}

/// Writes the rows `count` times, one transaction a ticket and nothing else: no request, no decision, no answer.
pub async fn bare_loop(store: &Store, rows: &TicketRows, first_number: i64, count: usize) -> Result<(), StoreError> {
    for (number, _) in (first_number..).zip(0..count) {
        let transaction = store.begin().await?;
        rows.renamed(fresh_id(), number).insert(&transaction).await?;
        transaction.commit().await?;
    }
    Ok(())
}
