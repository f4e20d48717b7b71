//! Files: stored when they are handed in, and taken by the message that names them.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Select};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use watchdesk_core::Instant;
use watchdesk_core::event::{ActorRef, MessageKind};
use watchdesk_core::ids::{AttachmentId, MessageId, TicketId};

use crate::entities::attachment::{Column, Entity, Model};
use crate::entities::message;
use crate::rows::{Place, actor_columns, insert_all, seconds, without_nul};
use crate::{Store, StoreError, fresh_id};

#[derive(Debug, Clone)]
pub struct NewAttachment {
    pub filename: String,
    pub content_type: String,
    pub bytes: Vec<u8>,
    /// Content-ID, where a mail's HTML refers to it.
    pub inline_id: Option<String>,
    pub uploader: ActorRef,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentMeta {
    pub id: AttachmentId,
    /// The message that took it, that message's ticket, and its kind, which says who may read it. Until then only the
    /// uploader may.
    pub message: Option<MessageId>,
    pub ticket: Option<TicketId>,
    pub kind: Option<MessageKind>,
    pub filename: String,
    pub content_type: String,
    pub size: i64,
    pub sha256: String,
    pub inline_id: Option<String>,
    pub created_at: Instant,
    pub uploader: ActorRef,
}

pub async fn put(store: &Store, new: NewAttachment) -> Result<AttachmentId, StoreError> {
    let id = fresh_id();
    let (uploader_kind, uploader_id) = actor_columns(new.uploader);
    let row = Model {
        id,
        message_id: None,
        filename: without_nul(new.filename),
        content_type: without_nul(new.content_type),
        size: i64::try_from(new.bytes.len()).unwrap_or(i64::MAX),
        sha256: sha256_hex(&new.bytes),
        inline_id: new.inline_id.map(without_nul),
        created_at: seconds(store.now().await?),
        uploader_kind,
        uploader_id,
        bytes: new.bytes,
    };
    insert_all(store.writer(), vec![row]).await?;
    Ok(AttachmentId(id))
}

pub async fn meta(store: &Store, id: AttachmentId) -> Result<Option<AttachmentMeta>, StoreError> {
    let row = metas().filter(Column::Id.eq(id.0)).into_model::<MetaRow>().one(store.reader()).await?;
    row.map(AttachmentMeta::try_from).transpose()
}

pub async fn get(store: &Store, id: AttachmentId) -> Result<Option<(AttachmentMeta, Vec<u8>)>, StoreError> {
    let Some(meta) = meta(store, id).await? else { return Ok(None) };
    let query = Entity::find().select_only().column(Column::Bytes).filter(Column::Id.eq(id.0));
    let bytes: Option<Vec<u8>> = query.into_tuple().one(store.reader()).await?;
    Ok(bytes.map(|bytes| (meta, bytes)))
}

/// In the order of their ids; unknown ones are left out.
pub async fn metas_by_ids(store: &Store, ids: &[AttachmentId]) -> Result<Vec<AttachmentMeta>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let query = metas().filter(Column::Id.is_in(ids.iter().map(|id| id.0))).order_by_asc(Column::Id);
    query.into_model::<MetaRow>().all(store.reader()).await?.into_iter().map(AttachmentMeta::try_from).collect()
}

/// The newest files of the ticket's messages, the newest first.
pub async fn of_ticket(store: &Store, ticket: TicketId, limit: u64) -> Result<Vec<AttachmentMeta>, StoreError> {
    let query = metas().filter(message::Column::TicketId.eq(ticket.0)).order_by_desc(Column::Id).limit(limit);
    query.into_model::<MetaRow>().all(store.reader()).await?.into_iter().map(AttachmentMeta::try_from).collect()
}

pub(crate) async fn of_messages(
    store: &Store,
    messages: impl ExactSizeIterator<Item = Uuid>,
) -> Result<HashMap<Uuid, Vec<AttachmentMeta>>, StoreError> {
    if messages.len() == 0 {
        return Ok(HashMap::new());
    }
    let rows = metas()
        .filter(Column::MessageId.is_in(messages))
        .order_by_asc(Column::Id)
        .into_model::<MetaRow>()
        .all(store.reader())
        .await?;
    let mut by_message: HashMap<Uuid, Vec<AttachmentMeta>> = HashMap::new();
    for row in rows {
        let meta = AttachmentMeta::try_from(row)?;
        if let Some(message) = meta.message {
            by_message.entry(message.0).or_default().push(meta);
        }
    }
    Ok(by_message)
}

pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// All columns but the bytes.
fn metas() -> Select<Entity> {
    Entity::find()
        .select_only()
        .columns([
            Column::Id,
            Column::MessageId,
            Column::Filename,
            Column::ContentType,
            Column::Size,
            Column::Sha256,
            Column::InlineId,
            Column::CreatedAt,
            Column::UploaderKind,
            Column::UploaderId,
        ])
        .column_as(message::Column::TicketId, "ticket_id")
        .column_as(message::Column::Kind, "kind")
        .join(
            sea_orm::JoinType::LeftJoin,
            Entity::belongs_to(message::Entity).from(Column::MessageId).to(message::Column::Id).into(),
        )
}

#[derive(Debug, FromQueryResult)]
struct MetaRow {
    id: Uuid,
    message_id: Option<Uuid>,
    ticket_id: Option<Uuid>,
    kind: Option<String>,
    filename: String,
    content_type: String,
    size: i64,
    sha256: String,
    inline_id: Option<String>,
    created_at: i64,
    uploader_kind: String,
    uploader_id: Option<Uuid>,
}

impl TryFrom<MetaRow> for AttachmentMeta {
    type Error = StoreError;

    fn try_from(row: MetaRow) -> Result<Self, StoreError> {
        let place = Place { table: "attachment", id: &row.id };
        Ok(Self {
            id: AttachmentId(row.id),
            message: row.message_id.map(MessageId),
            ticket: row.ticket_id.map(TicketId),
            kind: place.word_or_none("message.kind", row.kind.as_deref(), MessageKind::parse)?,
            created_at: place.instant("created_at", row.created_at)?,
            uploader: place.actor("uploader_kind", &row.uploader_kind, row.uploader_id)?,
            filename: row.filename,
            content_type: row.content_type,
            size: row.size,
            sha256: row.sha256,
            inline_id: row.inline_id,
        })
    }
}
