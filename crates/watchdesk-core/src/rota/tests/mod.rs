//! The rules of the rotas, as stories, tables and properties.

mod feed;
mod properties;
mod spec;
mod stories;
mod zones;

use chrono::DateTime;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Rota, RotaError, RotaSpec};
use crate::Instant;
use crate::ids::AgentId;

pub(super) const ANNA: AgentId = AgentId(Uuid::from_u128(0xa));
pub(super) const BO: AgentId = AgentId(Uuid::from_u128(0xb));
pub(super) const CHEN: AgentId = AgentId(Uuid::from_u128(0xc));
pub(super) const DORA: AgentId = AgentId(Uuid::from_u128(0xd));

pub(super) fn everybody(_: AgentId) -> bool {
    true
}

/// An instant such as `2026-02-13 17:30 +0800`, optionally with seconds.
pub(super) fn at(text: &str) -> Instant {
    DateTime::parse_from_str(text, "%Y-%m-%d %H:%M %z")
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S %z"))
        .unwrap_or_else(|error| panic!("{text}: {error}"))
        .to_utc()
}

pub(super) fn name(agent: Option<AgentId>) -> &'static str {
    match agent {
        Some(ANNA) => "Anna",
        Some(BO) => "Bo",
        Some(CHEN) => "Chen",
        Some(DORA) => "Dora",
        Some(_) => "a stranger",
        None => "nobody",
    }
}

pub(super) fn written(layers: &[Value], overrides: &[Value]) -> Value {
    json!({"slug": "desk", "name": {"en": "Desk", "zh": "服务台"}, "layers": layers, "overrides": overrides})
}

pub(super) fn compile(spec: &Value) -> Result<Rota, RotaError> {
    let spec: RotaSpec = serde_json::from_value(spec.clone()).unwrap_or_else(|error| panic!("{spec}: {error}"));
    Rota::compile(&spec)
}

pub(super) fn rota(layers: &[Value], overrides: &[Value]) -> Rota {
    compile(&written(layers, overrides)).unwrap()
}

/// Hand-over on Mondays at 09:00 in Shanghai, from 2026-01-05.
pub(super) fn weekly(people: &[AgentId]) -> Value {
    json!({
        "people": people, "rotation": "weekly", "weekday": "mon", "hand_over": "09:00",
        "time_zone": "Asia/Shanghai", "starts_on": "2026-01-05",
    })
}

pub(super) fn daily(people: &[AgentId], zone: &str, hand_over: &str, starts_on: &str) -> Value {
    json!({
        "people": people, "rotation": "daily", "hand_over": hand_over, "time_zone": zone, "starts_on": starts_on,
    })
}

/// The layer with one more key.
pub(super) fn with(mut layer: Value, key: &str, value: Value) -> Value {
    layer[key] = value;
    layer
}

pub(super) fn swap(from: &str, to: &str, replaces: Option<AgentId>, with: Option<AgentId>) -> Value {
    json!({"from": at(from), "to": at(to), "replaces": replaces, "with": with})
}

pub(super) fn check_on_call(rota: &Rota, level: u32, rows: &[(&str, &str)]) {
    for (instant, expected) in rows {
        assert_eq!(name(rota.on_call(level, at(instant), &everybody)), *expected, "level {level} at {instant}");
    }
}
