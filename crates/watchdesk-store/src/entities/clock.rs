//! One objective of a ticket or of a case, one cycle, one set of terms.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "clock")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Set where the subject is a ticket.
    pub ticket_id: Option<Uuid>,
    /// Set where it is a case.
    pub case_id: Option<Uuid>,
    pub objective: String,
    pub cycle: i32,
    pub revision: i32,
    pub policy_version: i32,
    pub rule: String,
    pub calendar: String,
    pub calendar_version: i32,
    pub started_at: i64,
    pub target_s: i64,
    pub pauses: String,
    pub deadline: Option<i64>,
    pub remaining_s: Option<i64>,
    pub consumed_s: Option<i64>,
    pub provisional: bool,
    pub state: String,
    pub outcome: Option<String>,
    pub ended_at: Option<i64>,
    pub missed_at: Option<i64>,
    pub lowered: bool,
    pub excuse: Option<String>,
    pub steps: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
