//! What the operator's clocks are measured on, from the events of one of the case's tickets and from what was said.

use std::collections::BTreeSet;

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::prelude::Uuid;
use sea_orm_migration::sea_orm::{ConnectionTrait, QueryResult};
use serde_json::{Value, json as value};

use super::{BATCH, json, written};

pub(super) async fn timelines(connection: &impl ConnectionTrait) -> Result<(), DbErr> {
    let mut after = Uuid::nil();
    loop {
        let batch = Query::select()
            .column("id")
            .from("operator_case")
            .and_where(Expr::col("id").gt(after))
            .order_by("id", Order::Asc)
            .limit(BATCH)
            .to_owned();
        let rows = connection.query_all(&batch).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.try_get("", "id")?;
        for row in &rows {
            let case: Uuid = row.try_get("", "id")?;
            let update = Query::update()
                .table("operator_case")
                .value("timeline", timeline(connection, case).await?.to_string())
                .and_where(Expr::col("id").eq(case))
                .to_owned();
            connection.execute(&update).await?;
        }
    }
}

async fn timeline(connection: &impl ConnectionTrait, case: Uuid) -> Result<Value, DbErr> {
    let said = Said::read(connection, case).await?;
    let mut beats: Vec<(i64, &str)> = Vec::new();
    let mut waits_on_us = false;
    for row in events(connection, case).await? {
        let (at, kind): (i64, String) = (row.try_get("", "at")?, row.try_get("", "kind")?);
        let data = json("event", &row.try_get::<String>("", "data")?)?;
        if data["case"] != case.to_string() {
            continue;
        }
        let by_us = waits_on_us && said.by_us.contains(&at);
        waits_on_us = kind == "case_waits_on_us";
        beats.extend(beat(&kind, &data, by_us).map(|beat| (at, beat)));
    }
    let known: BTreeSet<i64> = beats.iter().map(|(at, _)| *at).collect();
    beats.extend(said.by_operator.difference(&known).map(|at| (*at, "operator_spoke")));
    beats.sort_by_key(|(at, _)| *at);
    Ok(value!(beats.into_iter().map(|(at, beat)| (written(at), beat)).collect::<Vec<_>>()))
}

fn beat(kind: &str, data: &Value, by_us: bool) -> Option<&'static str> {
    match kind {
        "case_filed" => Some("filed"),
        "case_acknowledged" if by_us => Some("we_answered"),
        "case_acknowledged" => Some("operator_spoke"),
        "case_waits_on_us" => Some("waits_on_us"),
        "case_answered" if data["outcome"] == "solved" => Some("solved"),
        "case_answered" => Some("not_solved"),
        "case_refused" => Some("refused"),
        "case_withdrawn" => Some("withdrawn"),
        "case_reopened" => Some("reopened"),
        _ => None,
    }
}

/// Everything about cases on the first of the case's tickets, in the order in which it was recorded.
async fn events(connection: &impl ConnectionTrait, case: Uuid) -> Result<Vec<QueryResult>, DbErr> {
    let first = Query::select()
        .column("ticket_id")
        .from("case_ticket")
        .and_where(Expr::col("case_id").eq(case))
        .order_by("ticket_id", Order::Asc)
        .limit(1)
        .to_owned();
    let Some(first) = connection.query_one(&first).await? else { return Ok(Vec::new()) };
    let events = Query::select()
        .columns(["at", "kind", "data"])
        .from("event")
        .and_where(Expr::col("ticket_id").eq(first.try_get::<Uuid>("", "ticket_id")?))
        .and_where(Expr::col("kind").like("case_%"))
        .order_by("seq", Order::Asc)
        .to_owned();
    connection.query_all(&events).await
}

/// When somebody said something about the case.
#[derive(Default)]
struct Said {
    by_operator: BTreeSet<i64>,
    by_us: BTreeSet<i64>,
}

impl Said {
    async fn read(connection: &impl ConnectionTrait, case: Uuid) -> Result<Self, DbErr> {
        let messages = Query::select()
            .columns(["at", "author_kind"])
            .from("message")
            .and_where(Expr::col("case_id").eq(case))
            .to_owned();
        let mut said = Self::default();
        for row in connection.query_all(&messages).await? {
            let author: String = row.try_get("", "author_kind")?;
            let whose = if author == "operator" { &mut said.by_operator } else { &mut said.by_us };
            whose.insert(row.try_get("", "at")?);
        }
        Ok(said)
    }
}
