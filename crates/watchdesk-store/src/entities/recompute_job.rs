//! A walk over what is unfinished, after a version was published for what runs or a contract was changed.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recompute_job")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// `policy`, `calendar` or `contract`.
    pub cause_kind: String,
    /// The side of the policy, the slug of the calendar, or the id of the customer.
    pub cause: String,
    pub version: i32,
    /// `tickets` or `cases`.
    pub place_kind: String,
    /// The last one that is done.
    pub place_id: Option<Uuid>,
    pub total: i64,
    pub done: i64,
    pub failed: i64,
    pub started_at: i64,
    pub finished_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
