//! Every clock, with the id it has now and its ladder steps.

use std::collections::BTreeMap;

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::prelude::Uuid;
use sea_orm_migration::sea_orm::{ConnectionTrait, QueryResult, Value};
use serde_json::json as value;
use sha2::{Digest, Sha256};

use super::ladders::Ladders;
use super::{BATCH, json, written};

/// Columns that stay as they are, and of which kind each is.
const SAME: [(&str, Kind); 17] = [
    ("ticket_id", Kind::Uuid),
    ("objective", Kind::Text),
    ("cycle", Kind::Integer),
    ("policy_version", Kind::Integer),
    ("rule", Kind::Text),
    ("calendar", Kind::Text),
    ("calendar_version", Kind::Integer),
    ("started_at", Kind::Big),
    ("target_s", Kind::Big),
    ("pauses", Kind::Text),
    ("deadline", Kind::Big),
    ("remaining_s", Kind::Big),
    ("provisional", Kind::Boolean),
    ("state", Kind::Text),
    ("outcome", Kind::Text),
    ("ended_at", Kind::Big),
    ("missed_at", Kind::Big),
];

const NEW: [&str; 4] = ["id", "revision", "lowered", "steps"];

enum Kind {
    Uuid,
    Text,
    Integer,
    Big,
    Boolean,
}

impl Kind {
    fn read(&self, row: &QueryResult, column: &str) -> Result<Value, DbErr> {
        Ok(match self {
            Self::Uuid => row.try_get::<Option<Uuid>>("", column)?.into(),
            Self::Text => row.try_get::<Option<String>>("", column)?.into(),
            Self::Integer => row.try_get::<Option<i32>>("", column)?.into(),
            Self::Big => row.try_get::<Option<i64>>("", column)?.into(),
            Self::Boolean => row.try_get::<Option<bool>>("", column)?.into(),
        })
    }
}

/// The id of a ticket's clock: the first revision of it, or as it was before there were revisions.
pub(super) fn id(ticket: Uuid, objective: &str, cycle: u32, revision: Option<u32>) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(ticket.as_bytes());
    hash.update(objective.as_bytes());
    hash.update(cycle.to_be_bytes());
    if let Some(revision) = revision {
        hash.update(revision.to_be_bytes());
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

pub(super) async fn copy(connection: &impl ConnectionTrait, ladders: &Ladders) -> Result<(), DbErr> {
    let mut after = Uuid::nil();
    loop {
        let batch = Query::select()
            .columns(SAME.map(|(column, _)| column))
            .columns(["id", "steps_done"])
            .from("clock")
            .and_where(Expr::col("id").gt(after))
            .order_by("id", Order::Asc)
            .limit(BATCH)
            .to_owned();
        let rows = connection.query_all(&batch).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.try_get("", "id")?;
        let mut insert = Query::insert()
            .into_table("clock_next")
            .columns(SAME.map(|(column, _)| column).into_iter().chain(NEW))
            .to_owned();
        for row in &rows {
            insert.values_panic(values(connection, ladders, row).await?.into_iter().map(Expr::value));
        }
        connection.execute(&insert).await?;
    }
}

async fn values(connection: &impl ConnectionTrait, ladders: &Ladders, row: &QueryResult) -> Result<Vec<Value>, DbErr> {
    let mut values = Vec::with_capacity(SAME.len() + NEW.len());
    for (column, kind) in &SAME {
        values.push(kind.read(row, column)?);
    }
    let (ticket, objective): (Uuid, String) = (row.try_get("", "ticket_id")?, row.try_get("", "objective")?);
    let cycle = row.try_get::<i32>("", "cycle")?.cast_unsigned();
    let steps = steps(connection, ladders, row).await?;
    values.push(id(ticket, &objective, cycle, Some(1)).into());
    values.extend([1_i32.into(), false.into(), steps.into()]);
    Ok(values)
}

/// Of the steps that were done with, those with an event spoke; the others were due together with a later one.
async fn steps(connection: &impl ConnectionTrait, ladders: &Ladders, row: &QueryResult) -> Result<String, DbErr> {
    let done: String = row.try_get("", "steps_done")?;
    let done: Vec<u64> = serde_json::from_value(json("clock", &done)?).unwrap_or_default();
    if done.is_empty() {
        return Ok("[]".to_owned());
    }
    let (rule, objective): (String, String) = (row.try_get("", "rule")?, row.try_get("", "objective")?);
    let terms = (row.try_get("", "policy_version")?, rule.as_str(), objective.as_str());
    let spoken = spoken(connection, row, &objective).await?;
    let started_at: i64 = row.try_get("", "started_at")?;
    let mut steps = BTreeMap::new();
    for percent in done {
        let Some(step) = ladders.step(terms, percent) else { continue };
        let (at, fate) = match spoken.get(&percent) {
            Some(at) => (*at, value!("fired")),
            None => {
                let with = spoken.range(percent..).next().map_or(started_at, |(_, at)| *at);
                (with, value!({ "suppressed": "recomputed" }))
            }
        };
        let at = written(at);
        let record = value!({
            "step": step, "repetition": 0, "due_at": at, "at": at, "fate": fate, "acknowledgement": null,
        });
        steps.insert(step, record);
    }
    Ok(value!(steps.into_values().collect::<Vec<_>>()).to_string())
}

/// When the ladder spoke, by percentage.
async fn spoken(
    connection: &impl ConnectionTrait,
    row: &QueryResult,
    objective: &str,
) -> Result<BTreeMap<u64, i64>, DbErr> {
    let (ticket, cycle): (Uuid, i32) = (row.try_get("", "ticket_id")?, row.try_get("", "cycle")?);
    let events = Query::select()
        .columns(["at", "data"])
        .from("event")
        .and_where(Expr::col("ticket_id").eq(ticket))
        .and_where(Expr::col("kind").eq("clock_warned"))
        .to_owned();
    let mut spoken = BTreeMap::new();
    for event in connection.query_all(&events).await? {
        let data = json("event", &event.try_get::<String>("", "data")?)?;
        if data["objective"] == objective && data["cycle"] == cycle {
            spoken.insert(data["percent"].as_u64().unwrap_or_default(), event.try_get("", "at")?);
        }
    }
    Ok(spoken)
}
