//! Looking at the outbox.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;
use watchdesk_core::Instant;
use watchdesk_core::effect::{Notice, Recipient};
use watchdesk_core::ids::{CaseId, OutboxId, TicketId};

use crate::entities::delivery_attempt;
use crate::entities::outbox::{Column, Entity, Model};
use crate::outbox::{OutboxState, notice, recipient};
use crate::page::{after, clamped};
use crate::rows::{Place, instant};
use crate::{Cursor, Page, Store, StoreError};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRecord {
    pub id: OutboxId,
    pub key: String,
    pub mail_id: String,
    /// None: it is about the desk as a whole.
    pub ticket: Option<TicketId>,
    pub case: Option<CaseId>,
    pub recipient: Recipient,
    pub notice: Notice,
    pub state: OutboxState,
    pub attempts: i32,
    pub next_attempt_at: Option<Instant>,
    pub created_at: Instant,
    pub sent_at: Option<Instant>,
    pub last_error: Option<String>,
    /// The row that speaks for this one.
    pub digest: Option<OutboxId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub at: Instant,
    /// `sent`, `failed`, `dead`, `suppressed` or `ambiguous`.
    pub outcome: String,
    pub detail: String,
}

/// Nothing is tried more often.
const ATTEMPTS_MAX: u64 = 1_000;

const LIST: &str = "outbox";

pub async fn by_id(store: &Store, id: OutboxId) -> Result<Option<OutboxRecord>, StoreError> {
    Entity::find_by_id(id.0).one(store.reader()).await?.map(OutboxRecord::try_from).transpose()
}

pub async fn by_mail_id(store: &Store, mail_id: &str) -> Result<Option<OutboxRecord>, StoreError> {
    let row = Entity::find().filter(Column::MailId.eq(mail_id)).one(store.reader()).await?;
    row.map(OutboxRecord::try_from).transpose()
}

/// What was or is to be sent about the ticket, oldest first.
pub async fn of_ticket(store: &Store, ticket: TicketId, limit: u64) -> Result<Vec<OutboxRecord>, StoreError> {
    let rows = Entity::find()
        .filter(Column::TicketId.eq(ticket.0))
        .order_by_asc(Column::Id)
        .limit(clamped(limit))
        .all(store.reader())
        .await?;
    rows.into_iter().map(OutboxRecord::try_from).collect()
}

/// The same, the newest first.
pub async fn latest_of_ticket(store: &Store, ticket: TicketId, limit: u64) -> Result<Vec<OutboxRecord>, StoreError> {
    let rows = Entity::find()
        .filter(Column::TicketId.eq(ticket.0))
        .order_by_desc(Column::Id)
        .limit(clamped(limit))
        .all(store.reader())
        .await?;
    rows.into_iter().map(OutboxRecord::try_from).collect()
}

/// The newest first.
pub async fn list_by_state(
    store: &Store,
    state: OutboxState,
    limit: u64,
    cursor: Option<&Cursor>,
) -> Result<Page<OutboxRecord>, StoreError> {
    let limit = clamped(limit);
    let mut query = Entity::find().filter(Column::State.eq(state.as_str())).order_by_desc(Column::Id);
    if let Some(id) = after::<Uuid>(cursor, LIST)? {
        query = query.filter(Column::Id.lt(id));
    }
    let rows = query.limit(limit + 1).all(store.reader()).await?;
    Page::cut(rows, limit, |row| Cursor::of(LIST, &row.id)).try_map(OutboxRecord::try_from)
}

/// Since when the oldest row waits that is not sent yet.
pub async fn oldest_pending(store: &Store) -> Result<Option<Instant>, StoreError> {
    let waiting = [OutboxState::Pending, OutboxState::Sending].map(OutboxState::as_str);
    let row = Entity::find().filter(Column::State.is_in(waiting)).order_by_asc(Column::Id).one(store.reader()).await?;
    row.map(|row| instant("outbox", "created_at", row.id, row.created_at)).transpose()
}

/// Every attempt at it, oldest first.
pub async fn attempts(store: &Store, id: OutboxId) -> Result<Vec<Attempt>, StoreError> {
    let rows = delivery_attempt::Entity::find()
        .filter(delivery_attempt::Column::OutboxId.eq(id.0))
        .order_by_asc(delivery_attempt::Column::Id)
        .limit(ATTEMPTS_MAX)
        .all(store.reader())
        .await?;
    let attempts = rows.into_iter().map(|row| {
        let at = instant("delivery_attempt", "at", row.id, row.at)?;
        Ok(Attempt { at, outcome: row.outcome, detail: row.detail })
    });
    attempts.collect()
}

impl TryFrom<Model> for OutboxRecord {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let place = Place { table: "outbox", id: &row.id };
        Ok(Self {
            id: OutboxId(row.id),
            ticket: row.ticket_id.map(TicketId),
            case: row.case_id.map(CaseId),
            recipient: recipient(&row)?,
            notice: notice(&row)?,
            state: place.word("state", &row.state, OutboxState::parse)?,
            attempts: row.attempts,
            next_attempt_at: place.instant_or_none("next_attempt_at", row.next_attempt_at)?,
            created_at: place.instant("created_at", row.created_at)?,
            sent_at: place.instant_or_none("sent_at", row.sent_at)?,
            key: row.key,
            mail_id: row.mail_id,
            last_error: row.last_error,
            digest: row.digest_id.map(OutboxId),
        })
    }
}
