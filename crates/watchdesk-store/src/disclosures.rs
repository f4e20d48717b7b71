//! What was handed to the operator. Written in the transaction that files a case; nothing changes it afterwards.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;
use watchdesk_core::Instant;
use watchdesk_core::case::FilingChannel;
use watchdesk_core::disclosure::{Disclosure, Handed};
use watchdesk_core::ids::{CaseId, TicketId};

use crate::entities::disclosure::{Column, Entity, Model};
use crate::rows::{Place, actor_columns, insert_all, json, seconds};
use crate::{Store, StoreError, fresh_id};

/// A case is filed once, and its packet handed over a few times.
const DISCLOSURES_MAX: u64 = 100;
/// Rows that one run takes away at the most.
const FORGET_MAX: u64 = 1_000;

/// What left the house for this case, the oldest first.
pub async fn of_case(store: &Store, case: CaseId) -> Result<Vec<Disclosure>, StoreError> {
    let query = Entity::find().filter(Column::CaseId.eq(case.0)).order_by_asc(Column::At).order_by_asc(Column::Id);
    query.limit(DISCLOSURES_MAX).all(store.reader()).await?.into_iter().map(disclosure).collect()
}

/// Takes away what was kept long enough, a bounded piece. Answers how much it was.
pub async fn forget_before(store: &Store, at: Instant, limit: u64) -> Result<u64, StoreError> {
    let old: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::At.lt(seconds(at)))
        .order_by_asc(Column::At)
        .limit(limit.min(FORGET_MAX))
        .into_tuple()
        .all(store.reader())
        .await?;
    if old.is_empty() {
        return Ok(0);
    }
    let gone = Entity::delete_many().filter(Column::Id.is_in(old)).exec(store.writer()).await?;
    Ok(gone.rows_affected)
}

pub(crate) async fn write(connection: &impl ConnectionTrait, disclosures: &[Disclosure]) -> Result<(), StoreError> {
    insert_all(connection, disclosures.iter().map(row).collect()).await
}

fn row(disclosure: &Disclosure) -> Model {
    let (actor_kind, actor_id) = actor_columns(disclosure.by);
    Model {
        id: fresh_id(),
        case_id: disclosure.case.0,
        ticket_id: disclosure.ticket.0,
        operator: disclosure.operator.to_string(),
        at: seconds(disclosure.at),
        actor_kind,
        actor_id,
        channel: disclosure.channel.as_str().to_owned(),
        fields: json(&disclosure.handed.fields),
        attachments: json(&disclosure.attachments),
        digest: disclosure.handed.digest.clone(),
    }
}

fn disclosure(row: Model) -> Result<Disclosure, StoreError> {
    let place = Place { table: "disclosure", id: &row.id };
    Ok(Disclosure {
        case: CaseId(row.case_id),
        ticket: TicketId(row.ticket_id),
        at: place.instant("at", row.at)?,
        by: place.actor("actor_kind", &row.actor_kind, row.actor_id)?,
        channel: place.word("channel", &row.channel, FilingChannel::parse)?,
        handed: Handed { fields: place.json("fields", &row.fields)?, digest: row.digest.clone() },
        attachments: place.json("attachments", &row.attachments)?,
        operator: place.slug("operator", row.operator)?,
    })
}
