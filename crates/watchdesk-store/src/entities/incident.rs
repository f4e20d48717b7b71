//! An incident at the operator's, as it was last heard of.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "incident")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub reference: String,
    pub service: String,
    pub title: String,
    pub impact: String,
    pub classification: String,
    pub status: String,
    /// `connector` or `manual`.
    pub source: String,
    pub is_open: bool,
    pub for_all: bool,
    pub started_at: i64,
    pub ended_at: Option<i64>,
    pub modified_at: i64,
    pub version: i64,
    /// The linked tickets know whether it is open.
    pub settled: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
