//! What was said on a ticket, oldest first.

use std::collections::{BTreeSet, HashMap};

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;
use watchdesk_core::Instant;
use watchdesk_core::decision::Author;
use watchdesk_core::event::MessageKind;
use watchdesk_core::ids::{CaseId, MessageId, TicketId};

use crate::attachments::{self, AttachmentMeta};
use crate::entities::{agent, contact, message};
use crate::page::{after, clamped};
use crate::rows::{Place, author};
use crate::{Cursor, Page, Store, StoreError};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRecord {
    pub id: MessageId,
    pub ticket: TicketId,
    pub kind: MessageKind,
    pub author: Author,
    /// Empty where a machine or the operator speaks.
    pub author_name: String,
    pub at: Instant,
    pub body: String,
    /// Cleaned when it came in; to be cleaned again when it is shown.
    pub html: Option<String>,
    pub cc: Vec<String>,
    /// Message-ID of the mail it came with, without angle brackets.
    pub mail_id: Option<String>,
    pub case: Option<CaseId>,
    pub attachments: Vec<AttachmentMeta>,
}

const LIST: &str = "messages";
/// Message-IDs of one question.
const MAIL_IDS_ASKED_MAX: usize = 500;

pub async fn messages(
    store: &Store,
    ticket: TicketId,
    limit: u64,
    cursor: Option<&Cursor>,
) -> Result<Page<MessageRecord>, StoreError> {
    let limit = clamped(limit);
    let mut query = message::Entity::find()
        .filter(message::Column::TicketId.eq(ticket.0))
        .order_by_asc(message::Column::At)
        .order_by_asc(message::Column::Id);
    if let Some((at, id)) = after::<(i64, Uuid)>(cursor, LIST)? {
        let here = Expr::tuple([Expr::col(message::Column::At), Expr::col(message::Column::Id)]);
        query = query.filter(here.gt(Expr::tuple([Expr::value(at), Expr::value(id)])));
    }
    let rows = query.limit(limit + 1).all(store.reader()).await?;
    let page = Page::cut(rows, limit, |row| Cursor::of(LIST, &(row.at, row.id)));
    Ok(Page { items: records(store, page.items).await?, next: page.next })
}

/// The newest ones, still oldest first.
pub async fn latest_messages(store: &Store, ticket: TicketId, limit: u64) -> Result<Vec<MessageRecord>, StoreError> {
    let mut rows = message::Entity::find()
        .filter(message::Column::TicketId.eq(ticket.0))
        .order_by_desc(message::Column::At)
        .order_by_desc(message::Column::Id)
        .limit(clamped(limit))
        .all(store.reader())
        .await?;
    rows.reverse();
    records(store, rows).await
}

/// What was said between the operator and us about a case, the newest of it, still oldest first.
pub async fn thread_of_case(store: &Store, case: CaseId, limit: u64) -> Result<Vec<MessageRecord>, StoreError> {
    let mut rows = message::Entity::find()
        .filter(message::Column::CaseId.eq(case.0))
        .order_by_desc(message::Column::At)
        .order_by_desc(message::Column::Id)
        .limit(clamped(limit))
        .all(store.reader())
        .await?;
    rows.reverse();
    records(store, rows).await
}

/// Of these Message-IDs those that messages here carry.
pub async fn mail_ids_known(store: &Store, mail_ids: &[String]) -> Result<BTreeSet<String>, StoreError> {
    let mut known = BTreeSet::new();
    for some in mail_ids.chunks(MAIL_IDS_ASKED_MAX) {
        let found: Vec<String> = message::Entity::find()
            .select_only()
            .column(message::Column::MailId)
            .filter(message::Column::MailId.is_in(some))
            .into_tuple()
            .all(store.reader())
            .await?;
        known.extend(found);
    }
    Ok(known)
}

pub async fn message(store: &Store, id: MessageId) -> Result<Option<MessageRecord>, StoreError> {
    let row = message::Entity::find_by_id(id.0).one(store.reader()).await?;
    Ok(records(store, row.into_iter().collect()).await?.pop())
}

pub(super) async fn records(store: &Store, rows: Vec<message::Model>) -> Result<Vec<MessageRecord>, StoreError> {
    let names = names(store, &rows).await?;
    let mut attachments = attachments::of_messages(store, rows.iter().map(|row| row.id)).await?;
    rows.into_iter().map(|row| record(row, &names, &mut attachments)).collect()
}

fn record(
    row: message::Model,
    names: &HashMap<Uuid, String>,
    attachments: &mut HashMap<Uuid, Vec<AttachmentMeta>>,
) -> Result<MessageRecord, StoreError> {
    let id = row.id;
    let place = Place { table: "message", id: &id };
    Ok(MessageRecord {
        id: MessageId(id),
        ticket: TicketId(row.ticket_id),
        kind: place.word("kind", &row.kind, MessageKind::parse)?,
        author: author(place, &row.author_kind, row.author_id)?,
        author_name: row.author_id.and_then(|id| names.get(&id).cloned()).unwrap_or_default(),
        at: place.instant("at", row.at)?,
        body: row.body,
        html: row.html,
        cc: place.json("cc", &row.cc)?,
        mail_id: row.mail_id,
        case: row.case_id.map(CaseId),
        attachments: attachments.remove(&id).unwrap_or_default(),
    })
}

async fn names(store: &Store, rows: &[message::Model]) -> Result<HashMap<Uuid, String>, StoreError> {
    let ids_of = |kind: &str| -> Vec<Uuid> {
        rows.iter().filter(|row| row.author_kind == kind).filter_map(|row| row.author_id).collect()
    };
    let (agents, contacts) = (ids_of("agent"), ids_of("contact"));
    let mut names: Vec<(Uuid, String)> = Vec::new();
    if !agents.is_empty() {
        let query = agent::Entity::find().select_only().columns([agent::Column::Id, agent::Column::Name]);
        names.extend(query.filter(agent::Column::Id.is_in(agents)).into_tuple().all(store.reader()).await?);
    }
    if !contacts.is_empty() {
        let query = contact::Entity::find().select_only().columns([contact::Column::Id, contact::Column::Name]);
        let query = query.filter(contact::Column::Id.is_in(contacts)).into_tuple::<(Uuid, String)>();
        names.extend(query.all(store.reader()).await?);
    }
    Ok(names.into_iter().collect())
}
