//! Bytes first: a mail is stored before anything looks at it, and only then acknowledged.

use sea_orm::sea_query::Expr;
use sea_orm::sea_query::LockType;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Select,
};
use uuid::Uuid;
use watchdesk_core::Instant;
use watchdesk_core::ids::RawMailId;

use crate::attachments::sha256_hex;
use crate::entities::raw_mail::{Column, Entity, Model};
use crate::entities::raw_mail_fate;
use crate::mail::{Fate, FateKind};
use crate::page::{after, clamped};
use crate::rows::{Place, insert_all, json, seconds, without_nul};
use crate::{Cursor, Page, Store, StoreError, fresh_id};

/// How it came to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Smtp,
    Lmtp,
    Pipe,
    Import,
}

/// Who it was handed in for, as the server said it; its headers may say otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Envelope {
    /// None is the null sender of bounces.
    pub from: Option<String>,
    pub to: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawMail {
    pub id: RawMailId,
    pub received_at: Instant,
    pub source: Source,
    pub envelope: Envelope,
    pub sha256: String,
    pub size: i64,
    pub fate: Fate,
    pub fate_at: Instant,
    pub bytes: Vec<u8>,
}

/// A mail without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawMailMeta {
    pub id: RawMailId,
    pub received_at: Instant,
    pub source: Source,
    pub envelope: Envelope,
    pub sha256: String,
    pub size: i64,
    pub fate: Fate,
    pub fate_at: Instant,
}

impl Source {
    pub const ALL: [Self; 4] = [Self::Smtp, Self::Lmtp, Self::Pipe, Self::Import];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Smtp => "smtp",
            Self::Lmtp => "lmtp",
            Self::Pipe => "pipe",
            Self::Import => "import",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == text)
    }
}

const LIST: &str = "mails";

/// Durable when it returns. The same mail handed in twice is two rows: what is a duplicate is decided later.
pub async fn store_raw(
    store: &Store,
    source: Source,
    envelope: &Envelope,
    bytes: &[u8],
) -> Result<RawMailId, StoreError> {
    let now = store.now().await?;
    store_raw_at(store, source, envelope, bytes, now).await
}

/// As [`store_raw`], with the time at which it reached us.
pub async fn store_raw_at(
    store: &Store,
    source: Source,
    envelope: &Envelope,
    bytes: &[u8],
    received_at: Instant,
) -> Result<RawMailId, StoreError> {
    let id = fresh_id();
    let row = Model {
        id,
        received_at: seconds(received_at),
        source: source.as_str().to_owned(),
        envelope_from: envelope.from.as_deref().map(without_nul),
        envelope_to: json(&envelope.to),
        sha256: sha256_hex(bytes),
        size: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
        fate: FateKind::Pending.as_str().to_owned(),
        fate_data: json(&Fate::Pending),
        fate_at: seconds(received_at),
        fate_seq: 1,
        bytes: bytes.to_vec(),
    };
    let first = history(id, 1, &Fate::Pending, received_at);
    let transaction = store.begin().await?;
    insert_all(&transaction, vec![row]).await?;
    insert_all(&transaction, vec![first]).await?;
    transaction.commit().await?;
    Ok(RawMailId(id))
}

fn history(mail: Uuid, seq: i32, fate: &Fate, at: Instant) -> raw_mail_fate::Model {
    raw_mail_fate::Model {
        mail_id: mail,
        seq,
        at: seconds(at),
        fate: fate.kind().as_str().to_owned(),
        fate_data: json(fate),
    }
}

/// Mails nobody has looked at, in the order they came.
pub async fn pending_mail(store: &Store, limit: u64) -> Result<Vec<RawMailId>, StoreError> {
    let ids: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Fate.eq(FateKind::Pending.as_str()))
        .order_by_asc(Column::Id)
        .limit(clamped(limit))
        .into_tuple()
        .all(store.reader())
        .await?;
    Ok(ids.into_iter().map(RawMailId).collect())
}

pub async fn raw(store: &Store, id: RawMailId) -> Result<Option<RawMail>, StoreError> {
    let Some(row) = Entity::find_by_id(id.0).one(store.reader()).await? else { return Ok(None) };
    let bytes = row.bytes.clone();
    let meta = RawMailMeta::try_from(MetaRow::from(row))?;
    Ok(Some(RawMail {
        id: meta.id,
        received_at: meta.received_at,
        source: meta.source,
        envelope: meta.envelope,
        sha256: meta.sha256,
        size: meta.size,
        fate: meta.fate,
        fate_at: meta.fate_at,
        bytes,
    }))
}

/// Gives a pending mail its fate; `false` where it had one already. A mail that changes a ticket is settled by the
/// request that does so instead, in one transaction.
pub async fn settle(store: &Store, id: RawMailId, fate: &Fate) -> Result<bool, StoreError> {
    let transaction = store.begin().await?;
    let now = store.shared.now(&transaction).await?;
    let settled = settle_within(&transaction, id, fate, now).await?;
    transaction.commit().await?;
    Ok(settled.is_ok())
}

/// The inner error is the fate that the mail has already.
pub(crate) async fn settle_within(
    connection: &impl ConnectionTrait,
    id: RawMailId,
    fate: &Fate,
    now: Instant,
) -> Result<Result<(), Fate>, StoreError> {
    let row = locked(connection, id).await?.ok_or(StoreError::Missing { what: "mail" })?;
    let current = row.fate()?;
    if current != Fate::Pending {
        return Ok(Err(current));
    }
    change_fate(connection, &row, fate, now).await?;
    Ok(Ok(()))
}

/// Has a mail looked at again that was held, ignored or quarantined.
pub async fn retry(store: &Store, id: RawMailId) -> Result<bool, StoreError> {
    let transaction = store.begin().await?;
    let now = store.shared.now(&transaction).await?;
    let Some(row) = locked(&transaction, id).await? else { return Ok(false) };
    let retried = row.fate()?.kind().can_be_retried();
    if retried {
        change_fate(&transaction, &row, &Fate::Pending, now).await?;
    }
    transaction.commit().await?;
    Ok(retried)
}

#[derive(Debug, FromQueryResult)]
pub(super) struct FateRow {
    id: Uuid,
    fate_data: String,
    fate_seq: i32,
}

impl FateRow {
    pub(super) fn fate(&self) -> Result<Fate, StoreError> {
        Place { table: "raw_mail", id: &self.id }.json("fate_data", &self.fate_data)
    }
}

pub(super) async fn locked(connection: &impl ConnectionTrait, id: RawMailId) -> Result<Option<FateRow>, StoreError> {
    let row = Entity::find()
        .select_only()
        .columns([Column::Id, Column::FateData, Column::FateSeq])
        .filter(Column::Id.eq(id.0))
        .lock(LockType::Update)
        .into_model()
        .one(connection)
        .await?;
    Ok(row)
}

pub(super) async fn change_fate(
    connection: &impl ConnectionTrait,
    row: &FateRow,
    fate: &Fate,
    now: Instant,
) -> Result<(), StoreError> {
    let entry = history(row.id, row.fate_seq + 1, fate, now);
    Entity::update_many()
        .col_expr(Column::Fate, Expr::value(entry.fate.as_str()))
        .col_expr(Column::FateData, Expr::value(entry.fate_data.as_str()))
        .col_expr(Column::FateAt, Expr::value(entry.at))
        .col_expr(Column::FateSeq, Expr::value(entry.seq))
        .filter(Column::Id.eq(row.id))
        .exec(connection)
        .await?;
    insert_all(connection, vec![entry]).await?;
    super::operator::follow(connection, row.id, fate).await
}

/// Every fate the mail ever had, oldest first.
pub async fn fates(store: &Store, id: RawMailId) -> Result<Vec<(Instant, Fate)>, StoreError> {
    let rows = raw_mail_fate::Entity::find()
        .filter(raw_mail_fate::Column::MailId.eq(id.0))
        .order_by_asc(raw_mail_fate::Column::Seq)
        .all(store.reader())
        .await?;
    let fates = rows.into_iter().map(|row| {
        let place = Place { table: "raw_mail_fate", id: &row.mail_id };
        Ok((place.instant("at", row.at)?, place.json("fate_data", &row.fate_data)?))
    });
    fates.collect()
}

/// The newest first.
pub async fn list_by_fate(
    store: &Store,
    kind: FateKind,
    limit: u64,
    cursor: Option<&Cursor>,
) -> Result<Page<RawMailMeta>, StoreError> {
    list_by_fates(store, &[kind], limit, cursor).await
}

/// Any of these fates; the newest first.
pub async fn list_by_fates(
    store: &Store,
    kinds: &[FateKind],
    limit: u64,
    cursor: Option<&Cursor>,
) -> Result<Page<RawMailMeta>, StoreError> {
    let limit = clamped(limit);
    let kinds = kinds.iter().map(|kind| kind.as_str());
    let mut query = metas().filter(Column::Fate.is_in(kinds)).order_by_desc(Column::Id);
    if let Some(id) = after::<Uuid>(cursor, LIST)? {
        query = query.filter(Column::Id.lt(id));
    }
    let rows = query.limit(limit + 1).into_model::<MetaRow>().all(store.reader()).await?;
    Page::cut(rows, limit, |row| Cursor::of(LIST, &row.id)).try_map(RawMailMeta::try_from)
}

/// How many mails have that fate, up to `max`.
pub async fn count_by_fate(store: &Store, kind: FateKind, max: u64) -> Result<u64, StoreError> {
    let ids: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Fate.eq(kind.as_str()))
        .limit(max)
        .into_tuple()
        .all(store.reader())
        .await?;
    Ok(ids.len() as u64)
}

/// Mails with exactly these bytes, oldest first.
pub async fn same_content(store: &Store, sha256: &str, limit: u64) -> Result<Vec<RawMailMeta>, StoreError> {
    let rows = metas()
        .filter(Column::Sha256.eq(sha256))
        .order_by_asc(Column::Id)
        .limit(clamped(limit))
        .into_model::<MetaRow>()
        .all(store.reader())
        .await?;
    rows.into_iter().map(RawMailMeta::try_from).collect()
}

/// All columns but the bytes.
fn metas() -> Select<Entity> {
    Entity::find().select_only().columns([
        Column::Id,
        Column::ReceivedAt,
        Column::Source,
        Column::EnvelopeFrom,
        Column::EnvelopeTo,
        Column::Sha256,
        Column::Size,
        Column::FateData,
        Column::FateAt,
    ])
}

#[derive(Debug, FromQueryResult)]
struct MetaRow {
    id: Uuid,
    received_at: i64,
    source: String,
    envelope_from: Option<String>,
    envelope_to: String,
    sha256: String,
    size: i64,
    fate_data: String,
    fate_at: i64,
}

impl From<Model> for MetaRow {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            received_at: row.received_at,
            source: row.source,
            envelope_from: row.envelope_from,
            envelope_to: row.envelope_to,
            sha256: row.sha256,
            size: row.size,
            fate_data: row.fate_data,
            fate_at: row.fate_at,
        }
    }
}

impl TryFrom<MetaRow> for RawMailMeta {
    type Error = StoreError;

    fn try_from(row: MetaRow) -> Result<Self, StoreError> {
        let place = Place { table: "raw_mail", id: &row.id };
        Ok(Self {
            id: RawMailId(row.id),
            received_at: place.instant("received_at", row.received_at)?,
            source: place.word("source", &row.source, Source::parse)?,
            envelope: Envelope { to: place.json("envelope_to", &row.envelope_to)?, from: row.envelope_from },
            fate: place.json("fate_data", &row.fate_data)?,
            fate_at: place.instant("fate_at", row.fate_at)?,
            sha256: row.sha256,
            size: row.size,
        })
    }
}
