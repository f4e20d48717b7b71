//! A case with the operator.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "operator_case")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub state: String,
    pub state_data: String,
    pub operator: String,
    pub reason: String,
    pub severity: String,
    pub severity_lowered: Option<String>,
    pub health: String,
    pub reference: Option<String>,
    pub channel: Option<String>,
    pub drafted_at: i64,
    pub filed_at: Option<i64>,
    pub acknowledged_at: Option<i64>,
    pub last_word_at: Option<i64>,
    pub ended_at: Option<i64>,
    pub reopened_count: i32,
    pub words: String,
    pub timeline: String,
    pub next_fire_at: Option<i64>,
    pub fire_claimed_until: Option<i64>,
    pub fire_fence: i64,
    pub fire_failures: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
