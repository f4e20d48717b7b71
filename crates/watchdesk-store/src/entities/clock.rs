//! One objective of a ticket, one cycle.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "clock")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub ticket_id: Uuid,
    pub objective: String,
    pub cycle: i32,
    pub policy_version: i32,
    pub rule: String,
    pub calendar: String,
    pub calendar_version: i32,
    pub started_at: i64,
    pub target_s: i64,
    pub pauses: String,
    pub deadline: Option<i64>,
    pub remaining_s: Option<i64>,
    pub provisional: bool,
    pub state: String,
    pub outcome: Option<String>,
    pub ended_at: Option<i64>,
    pub missed_at: Option<i64>,
    pub steps_done: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
