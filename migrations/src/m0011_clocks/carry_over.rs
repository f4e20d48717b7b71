//! What is on record from before: clocks under their new ids, ladder steps as records of their own, and the timelines
//! of cases.

mod calls;
mod cases;
mod clocks;
mod ladders;

use chrono::{DateTime, SecondsFormat};
use sea_orm_migration::prelude::*;

/// Rows that are read, and written, together.
const BATCH: u64 = 200;

pub(super) async fn everything(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let ladders = ladders::Ladders::read(connection).await?;
    clocks::copy(connection, &ladders).await?;
    calls::events(connection, &ladders).await?;
    calls::notices(connection, &ladders).await?;
    cases::timelines(connection).await
}

/// A structured value that is none stops the upgrade: nothing is guessed about what people rely on.
fn json(table: &str, text: &str) -> Result<serde_json::Value, DbErr> {
    serde_json::from_str(text).map_err(|error| DbErr::Migration(format!("a row of {table} makes no sense: {error}")))
}

/// Unix seconds as structured values hold instants.
fn written(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Secs, true)
}
