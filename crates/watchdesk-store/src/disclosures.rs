//! What was handed to the operator, or copied to be. Filing writes it in its own transaction; nothing changes it
//! afterwards.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use watchdesk_core::Instant;
use watchdesk_core::disclosure::{Disclosure, Handed, Way};
use watchdesk_core::ids::{CaseId, TicketId};

use crate::entities::disclosure::{Column, Entity, Model};
use crate::forget::Old;
use crate::rows::{Place, actor_columns, insert_all, json, seconds};
use crate::{Store, StoreError, fresh_id};

/// A case is filed once, and its packet handed over a few times.
const DISCLOSURES_MAX: u64 = 100;

/// What left the house for this case, the oldest first.
pub async fn of_case(store: &Store, case: CaseId) -> Result<Vec<Disclosure>, StoreError> {
    let query = Entity::find().filter(Column::CaseId.eq(case.0)).order_by_asc(Column::At).order_by_asc(Column::Id);
    query.limit(DISCLOSURES_MAX).all(store.reader()).await?.into_iter().map(disclosure).collect()
}

/// Takes away what was kept long enough, a bounded piece. Answers how much it was.
pub async fn forget_before(store: &Store, at: Instant, limit: u64) -> Result<u64, StoreError> {
    let old = Old::<Entity> { id: Column::Id, at: Column::At, order: Column::At };
    old.forget_before(store, at, limit).await
}

/// Somebody copied the packet: on record once for the case, the person and the text. Answers whether it is new.
pub async fn copied(store: &Store, disclosure: &Disclosure) -> Result<bool, StoreError> {
    let row = Model { id: id_of_copy(disclosure), ..row(disclosure) };
    let inserted = Entity::insert_many([row.into_active_model()])
        .on_conflict(OnConflict::column(Column::Id).do_nothing().to_owned())
        .exec_without_returning(store.writer())
        .await?;
    Ok(inserted > 0)
}

/// The same for the same case, person and text, so that two programs cannot write it twice.
fn id_of_copy(disclosure: &Disclosure) -> Uuid {
    let (kind, id) = actor_columns(disclosure.by);
    let text = format!("copied {} {kind} {id:?} {}", disclosure.case, disclosure.handed.digest);
    let digest = Sha256::digest(text.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
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
        channel: disclosure.way.as_str().to_owned(),
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
        way: place.word("channel", &row.channel, Way::parse)?,
        handed: Handed { fields: place.json("fields", &row.fields)?, digest: row.digest.clone() },
        attachments: place.json("attachments", &row.attachments)?,
        operator: place.slug("operator", row.operator)?,
    })
}
