//! What became of the warnings about tickets, where it is not simply that they arrived.

use std::collections::{BTreeSet, HashMap};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;
use watchdesk_core::Instant;
use watchdesk_core::effect::Notice;
use watchdesk_core::explain::{Delivery, DeliveryFate};
use watchdesk_core::ids::TicketId;

use crate::entities::delivery_attempt::{self, Column as AttemptColumn};
use crate::entities::outbox::{Column, Entity, Model};
use crate::outbox::{OutboxRecord, OutboxState};
use crate::rows::instant;
use crate::{Store, StoreError};

/// Warnings that are looked at; of more, the latest.
pub const WARNINGS_MAX: u64 = 500;
/// Attempts that are read for them.
const ATTEMPTS_MAX: u64 = 10_000;
/// How the steps of ladders speak.
const WARNINGS: [&str; 2] = ["target_near", "target_missed"];
const AMBIGUOUS: &str = "ambiguous";

/// Warnings about these tickets that did not get through, or perhaps twice, oldest first. One that a digest speaks for
/// shares its fate.
pub async fn troubled_warnings(store: &Store, tickets: &BTreeSet<TicketId>) -> Result<Vec<Delivery>, StoreError> {
    let rows = Entity::find()
        .filter(Column::TicketId.is_in(tickets.iter().map(|id| id.0)))
        .filter(Column::Notice.is_in(WARNINGS))
        .order_by_desc(Column::Id)
        .limit(WARNINGS_MAX)
        .all(store.reader())
        .await?;
    let digests: BTreeSet<Uuid> = rows.iter().filter_map(|row| row.digest_id).collect();
    let digests = Entity::find().filter(Column::Id.is_in(digests)).all(store.reader()).await?;
    let digests: HashMap<Uuid, Model> = digests.into_iter().map(|row| (row.id, row)).collect();
    let speaking = |row: &Model| row.digest_id.and_then(|id| digests.get(&id)).unwrap_or(row).clone();
    let attempts = attempts(store, rows.iter().map(|row| speaking(row).id).collect()).await?;
    let mut troubled = Vec::new();
    for row in rows.into_iter().rev() {
        let speaking = OutboxRecord::try_from(speaking(&row))?;
        let attempts = attempts.get(&speaking.id.0).map_or(&[][..], Vec::as_slice);
        if let Some((at, fate)) = fate(&speaking, attempts) {
            troubled.extend(delivery(&OutboxRecord::try_from(row)?, at, fate));
        }
    }
    Ok(troubled)
}

/// Outcomes by row, the oldest first.
async fn attempts(store: &Store, ids: BTreeSet<Uuid>) -> Result<HashMap<Uuid, Vec<(String, Instant)>>, StoreError> {
    let rows = delivery_attempt::Entity::find()
        .filter(AttemptColumn::OutboxId.is_in(ids))
        .order_by_asc(AttemptColumn::Id)
        .limit(ATTEMPTS_MAX)
        .all(store.reader())
        .await?;
    let mut attempts: HashMap<Uuid, Vec<(String, Instant)>> = HashMap::new();
    for row in rows {
        let at = instant("delivery_attempt", "at", row.id, row.at)?;
        attempts.entry(row.outbox_id).or_default().push((row.outcome, at));
    }
    Ok(attempts)
}

fn fate(record: &OutboxRecord, attempts: &[(String, Instant)]) -> Option<(Instant, DeliveryFate)> {
    let last_at = attempts.last().map_or(record.created_at, |(_, at)| *at);
    let why = record.last_error.clone();
    let unsaid = || why.clone().unwrap_or_default();
    match record.state {
        OutboxState::Dead => Some((last_at, DeliveryFate::Dead { why: unsaid() })),
        OutboxState::Suppressed => Some((last_at, DeliveryFate::Suppressed { why: unsaid() })),
        OutboxState::Pending | OutboxState::Sending if record.attempts > 0 && why.is_some() => {
            Some((last_at, DeliveryFate::Retrying { why: unsaid() }))
        }
        OutboxState::Pending | OutboxState::Sending | OutboxState::Sent | OutboxState::Held | OutboxState::InDigest => {
            let ambiguous = attempts.iter().rfind(|(outcome, _)| outcome == AMBIGUOUS);
            ambiguous.map(|(_, at)| (*at, DeliveryFate::Ambiguous))
        }
    }
}

fn delivery(record: &OutboxRecord, at: Instant, fate: DeliveryFate) -> Option<Delivery> {
    let (Notice::TargetNear { clock, call, .. } | Notice::TargetMissed { clock, call, .. }) = &record.notice else {
        return None;
    };
    Some(Delivery { clock: *clock, step: call.step, to: record.recipient.clone(), at, fate })
}
