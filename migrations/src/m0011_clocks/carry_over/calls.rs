//! Events and notices that named a percentage, and now name a step.

use std::collections::BTreeSet;

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;
use sea_orm_migration::sea_orm::prelude::Uuid;
use serde_json::{Value, json as value};

use super::clocks::id;
use super::ladders::Ladders;
use super::{BATCH, json, written};

/// A notice's key held the clock, the percentage and at last the person.
const NOTICES: [&str; 2] = ["target_near", "target_missed"];

pub(super) async fn events(connection: &impl ConnectionTrait, ladders: &Ladders) -> Result<(), DbErr> {
    let mut after = (Uuid::nil(), 0_i64);
    loop {
        let here = Expr::tuple([Expr::col("ticket_id"), Expr::col("seq")]);
        let batch = Query::select()
            .columns(["ticket_id", "seq", "at", "data"])
            .from("event")
            .and_where(here.gt(Expr::tuple([Expr::value(after.0), Expr::value(after.1)])))
            .and_where(Expr::col("kind").eq("clock_warned"))
            .order_by("ticket_id", Order::Asc)
            .order_by("seq", Order::Asc)
            .limit(BATCH)
            .to_owned();
        let rows = connection.query_all(&batch).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = (last.try_get("", "ticket_id")?, last.try_get("", "seq")?);
        for row in &rows {
            let (ticket, seq): (Uuid, i64) = (row.try_get("", "ticket_id")?, row.try_get("", "seq")?);
            let data = json("event", &row.try_get::<String>("", "data")?)?;
            let event = step_fired(connection, ladders, ticket, row.try_get("", "at")?, &data).await?;
            let update = Query::update()
                .table("event")
                .value("kind", "step_fired")
                .value("data", event.to_string())
                .and_where(Expr::col("ticket_id").eq(ticket))
                .and_where(Expr::col("seq").eq(seq))
                .to_owned();
            connection.execute(&update).await?;
        }
    }
}

async fn step_fired(
    connection: &impl ConnectionTrait,
    ladders: &Ladders,
    ticket: Uuid,
    at: i64,
    data: &Value,
) -> Result<Value, DbErr> {
    let objective = data["objective"].as_str().unwrap_or_default();
    let cycle = data["cycle"].as_u64().and_then(|cycle| cycle.try_into().ok()).unwrap_or(1);
    let percent = data["percent"].as_u64().unwrap_or_default();
    let was = id(ticket, objective, cycle, None);
    let step = match clock(connection, was).await? {
        Some(clock) => clock.step(ladders, percent),
        None => 0,
    };
    Ok(value!({
        "type": "step_fired",
        "objective": objective,
        "cycle": cycle,
        "revision": 1,
        "step": step,
        "repetition": 0,
        "due_at": written(at),
        "told": told(connection, ticket, was, percent).await?,
        "elsewhere": 0,
    }))
}

/// The people who were told, by the keys of the notices.
async fn told(
    connection: &impl ConnectionTrait,
    ticket: Uuid,
    clock: Uuid,
    percent: u64,
) -> Result<BTreeSet<String>, DbErr> {
    let notices = Query::select()
        .column("key")
        .from("outbox")
        .and_where(Expr::col("ticket_id").eq(ticket))
        .and_where(Expr::col("notice").is_in(NOTICES))
        .to_owned();
    let beginning = format!("{clock}:{percent}:");
    let mut told = BTreeSet::new();
    for row in connection.query_all(&notices).await? {
        let key: String = row.try_get("", "key")?;
        let person = key.strip_prefix(&beginning).and_then(|rest| rest.split_once(":agent:"));
        told.extend(person.map(|(_, agent)| agent.to_owned()));
    }
    Ok(told)
}

pub(super) async fn notices(connection: &impl ConnectionTrait, ladders: &Ladders) -> Result<(), DbErr> {
    let mut after = Uuid::nil();
    loop {
        let batch = Query::select()
            .columns(["id", "key", "notice", "notice_data", "created_at"])
            .from("outbox")
            .and_where(Expr::col("id").gt(after))
            .and_where(Expr::col("notice").is_in(NOTICES))
            .order_by("id", Order::Asc)
            .limit(BATCH)
            .to_owned();
        let rows = connection.query_all(&batch).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.try_get("", "id")?;
        for row in &rows {
            let (id, key): (Uuid, String) = (row.try_get("", "id")?, row.try_get("", "key")?);
            let notice: String = row.try_get("", "notice")?;
            let data = json("outbox", &row.try_get::<String>("", "notice_data")?)?;
            let at = row.try_get("", "created_at")?;
            let notice = with_step(connection, ladders, &notice, &key, at, &data).await?;
            let update = Query::update()
                .table("outbox")
                .value("notice_data", notice.to_string())
                .and_where(Expr::col("id").eq(id))
                .to_owned();
            connection.execute(&update).await?;
        }
    }
}

async fn with_step(
    connection: &impl ConnectionTrait,
    ladders: &Ladders,
    notice: &str,
    key: &str,
    at: i64,
    data: &Value,
) -> Result<Value, DbErr> {
    let percent = key.split(':').nth(1).and_then(|percent| percent.parse().ok()).unwrap_or_default();
    let was = data["clock"].as_str().and_then(|id| id.parse().ok()).unwrap_or_default();
    let found = clock(connection, was).await?;
    let (now, step) = found.map_or((was, 0), |clock| (clock.id_now(), clock.step(ladders, percent)));
    Ok(value!({
        "notice": notice,
        "clock": now,
        "objective": data["objective"],
        "step": step,
        "repetition": 0,
        "due_at": written(at),
        "acknowledge": false,
    }))
}

/// A clock as it was.
struct Clock {
    ticket: Uuid,
    objective: String,
    cycle: u32,
    policy_version: i32,
    rule: String,
}

async fn clock(connection: &impl ConnectionTrait, was: Uuid) -> Result<Option<Clock>, DbErr> {
    let one = Query::select()
        .columns(["ticket_id", "objective", "cycle", "policy_version", "rule"])
        .from("clock")
        .and_where(Expr::col("id").eq(was))
        .to_owned();
    let Some(row) = connection.query_one(&one).await? else { return Ok(None) };
    Ok(Some(Clock {
        ticket: row.try_get("", "ticket_id")?,
        objective: row.try_get("", "objective")?,
        cycle: row.try_get::<i32>("", "cycle")?.cast_unsigned(),
        policy_version: row.try_get("", "policy_version")?,
        rule: row.try_get("", "rule")?,
    }))
}

impl Clock {
    fn id_now(&self) -> Uuid {
        id(self.ticket, &self.objective, self.cycle, Some(1))
    }

    /// A percentage that the rule does not know any more was its first step, as far as anybody can tell.
    fn step(&self, ladders: &Ladders, percent: u64) -> usize {
        ladders.step((self.policy_version, &self.rule, &self.objective), percent).unwrap_or_default()
    }
}
