//! "Ticket n is now version v": from this process after its commits, from others a little later.
//!
//! On PostgreSQL the nodes tell each other by NOTIFY after the commit, many tickets in one; a slow poll finds what a broken
//! connection swallowed. On SQLite `PRAGMA data_version` says when another process has written, and then it is looked up.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::sqlx::postgres::PgListener;
use sea_orm::{DatabaseConnection, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, mpsc};
use tokio::task::AbortHandle;
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;
use watchdesk_core::ids::{TicketId, TicketNumber};

use crate::connect::connect_to_watch;
use crate::entities::ticket::{Column, Entity};
use crate::execute::Executed;
use crate::store::Shared;
use crate::{Backend, StoreError, dialect};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketChanged {
    pub ticket: TicketId,
    pub number: TicketNumber,
    pub version: i64,
}

/// Who reads slower than this misses some, and is told so.
const BUFFERED_MAX: usize = 1_024;
const CHANNEL: &str = "watchdesk_tickets";
/// PostgreSQL takes 8,000 bytes; one ticket needs less than 80.
const TICKETS_PER_NOTIFY: usize = 80;
const POLL_POSTGRES: Duration = Duration::from_secs(10);
const POLL_SQLITE: Duration = Duration::from_millis(500);
const POLL_PAGE: u64 = 500;
const POLL_PAGES_MAX: usize = 20;
/// Clocks of nodes may differ so much.
const POLL_OVERLAP_S: i64 = 5;
const KNOWN_MAX: usize = 8_192;

#[derive(Debug, Clone)]
pub(crate) struct Changes {
    publisher: Publisher,
    listening: Arc<Listening>,
}

/// The tasks that listen; they end with the store.
#[derive(Debug, Default)]
struct Listening(OnceLock<AbortHandle>);

impl Drop for Listening {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Listening {
    fn stop(&self) {
        if let Some(task) = self.0.get() {
            task.abort();
        }
    }
}

/// Tells this process, and on PostgreSQL the other nodes.
#[derive(Debug, Clone)]
pub(crate) struct Publisher {
    local: broadcast::Sender<TicketChanged>,
    nodes: Option<mpsc::Sender<TicketChanged>>,
    known: Arc<Known>,
}

/// Versions that were told already, so that a poll does not tell them again.
#[derive(Debug, Default)]
struct Known(Mutex<HashMap<TicketId, i64>>);

impl Known {
    fn is_news(&self, change: &TicketChanged) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        let told = known.entry(change.ticket).or_insert(0);
        let is_news = *told < change.version;
        *told = std::cmp::max(change.version, *told);
        is_news
    }
}

impl Changes {
    pub fn new(shared: &Arc<Shared>) -> Self {
        let (local, _) = broadcast::channel(BUFFERED_MAX);
        let nodes = match shared.backend() {
            Backend::Sqlite => None,
            Backend::Postgres => {
                let (sender, receiver) = mpsc::channel(BUFFERED_MAX);
                tokio::spawn(tell_nodes(Arc::clone(shared), receiver));
                Some(sender)
            }
        };
        let publisher = Publisher { local, nodes, known: Arc::default() };
        Self { publisher, listening: Arc::default() }
    }

    pub fn publisher(&self) -> Publisher {
        self.publisher.clone()
    }

    /// The first one who asks makes the store listen to others.
    pub fn subscribe(&self, shared: &Arc<Shared>) -> broadcast::Receiver<TicketChanged> {
        let receiver = self.publisher.local.subscribe();
        self.listening.0.get_or_init(|| {
            let (shared, publisher) = (Arc::clone(shared), self.publisher.clone());
            tokio::spawn(listen(shared, publisher)).abort_handle()
        });
        receiver
    }

    pub fn stop(&self) {
        self.listening.stop();
    }
}

impl Publisher {
    pub fn publish(&self, executed: &Executed) {
        for ticket in &executed.tickets {
            let change = TicketChanged { ticket: ticket.id, number: ticket.number, version: ticket.version };
            self.tell_here(change);
            if let Some(nodes) = &self.nodes {
                // Full means that the others fall behind; their poll catches up.
                nodes.try_send(change).ok();
            }
        }
    }

    fn tell_here(&self, change: TicketChanged) {
        if self.known.is_news(&change) {
            // Nobody listening is no fault.
            self.local.send(change).ok();
        }
    }
}

/// What changed while the last notice was under way goes out in one.
async fn tell_nodes(shared: Arc<Shared>, mut changes: mpsc::Receiver<TicketChanged>) {
    let mut batch = Vec::with_capacity(TICKETS_PER_NOTIFY);
    while changes.recv_many(&mut batch, TICKETS_PER_NOTIFY).await > 0 {
        let payload = crate::rows::json(&compact(&batch));
        if let Err(error) = dialect::notify(shared.reader(), CHANNEL, &payload).await {
            tracing::warn!(%error, "Other nodes could not be told of changed tickets; they will find out by polling.");
        }
        batch.clear();
    }
}

fn compact(batch: &[TicketChanged]) -> Vec<(TicketId, i64, i64)> {
    batch.iter().map(|change| (change.ticket, change.number.0, change.version)).collect()
}

async fn listen(shared: Arc<Shared>, publisher: Publisher) {
    let heard = match shared.backend() {
        Backend::Postgres => listen_to_nodes(&shared, &publisher).await,
        Backend::Sqlite => watch_file(&shared, &publisher).await,
    };
    if let Err(error) = heard {
        tracing::error!(%error, "Changes made by other processes are not seen any more; pages show them when loaded anew.");
    }
}

async fn listen_to_nodes(shared: &Shared, publisher: &Publisher) -> Result<(), StoreError> {
    let mut listener = connect_listener(shared).await;
    let mut watermark = newest(shared.reader()).await?;
    let mut poll = interval(POLL_POSTGRES);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            heard = heard(&mut listener) => match heard {
                Some(payload) => tell_all(publisher, &payload),
                None => listener = None,
            },
            _ = poll.tick() => {
                if listener.is_none() {
                    listener = connect_listener(shared).await;
                }
                watermark = poll_or_warn(shared.reader(), publisher, watermark).await;
            }
        }
    }
}

/// `None` when the connection broke. Without one, waits for ever: the poll goes on beside it.
async fn heard(listener: &mut Option<PgListener>) -> Option<String> {
    match listener {
        Some(listener) => listener.recv().await.ok().map(|notification| notification.payload().to_owned()),
        None => std::future::pending().await,
    }
}

async fn connect_listener(shared: &Shared) -> Option<PgListener> {
    let pool = shared.reader().get_postgres_connection_pool();
    let mut listener = PgListener::connect_with(pool).await.ok()?;
    listener.listen(CHANNEL).await.ok()?;
    Some(listener)
}

/// What is no list of tickets is not ours, and ignored.
fn tell_all(publisher: &Publisher, payload: &str) {
    let changes: Vec<(TicketId, i64, i64)> = serde_json::from_str(payload).unwrap_or_default();
    for (ticket, number, version) in changes {
        publisher.tell_here(TicketChanged { ticket, number: TicketNumber(number), version });
    }
}

async fn watch_file(shared: &Shared, publisher: &Publisher) -> Result<(), StoreError> {
    let connection = connect_to_watch(&shared.url).await?;
    // In this order, so that what is written in between is looked up.
    let mut seen = dialect::data_version(&connection).await?;
    let mut watermark = newest(&connection).await?;
    let mut poll = interval(POLL_SQLITE);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        poll.tick().await;
        let version = dialect::data_version(&connection).await?;
        if version != seen {
            seen = version;
            watermark = poll_or_warn(&connection, publisher, watermark).await;
        }
    }
}

async fn poll_or_warn(connection: &DatabaseConnection, publisher: &Publisher, watermark: i64) -> i64 {
    match poll_changed(connection, publisher, watermark).await {
        Ok(watermark) => watermark,
        Err(error) => {
            tracing::warn!(%error, "Changed tickets could not be looked up; trying again.");
            watermark
        }
    }
}

async fn newest(connection: &DatabaseConnection) -> Result<i64, StoreError> {
    let newest: Option<i64> = Entity::find()
        .select_only()
        .column(Column::UpdatedAt)
        .order_by_desc(Column::UpdatedAt)
        .limit(1)
        .into_tuple()
        .one(connection)
        .await?;
    Ok(newest.unwrap_or(0))
}

/// Tells what changed since the watermark; answers the new one.
async fn poll_changed(
    connection: &DatabaseConnection,
    publisher: &Publisher,
    watermark: i64,
) -> Result<i64, StoreError> {
    let mut after = (watermark - POLL_OVERLAP_S, 0);
    for _ in 0..POLL_PAGES_MAX {
        let here = Expr::tuple([Expr::col(Column::UpdatedAt), Expr::col(Column::Number)]);
        let rows: Vec<(Uuid, i64, i64, i64)> = Entity::find()
            .select_only()
            .columns([Column::Id, Column::Number, Column::Version, Column::UpdatedAt])
            .filter(here.gt(Expr::tuple([Expr::value(after.0), Expr::value(after.1)])))
            .order_by_asc(Column::UpdatedAt)
            .order_by_asc(Column::Number)
            .limit(POLL_PAGE)
            .into_tuple()
            .all(connection)
            .await?;
        for (id, number, version, updated_at) in &rows {
            after = (*updated_at, *number);
            publisher.tell_here(TicketChanged {
                ticket: TicketId(*id),
                number: TicketNumber(*number),
                version: *version,
            });
        }
        if (rows.len() as u64) < POLL_PAGE {
            break;
        }
    }
    Ok(std::cmp::max(watermark, after.0))
}
