//! A customer as the operator knows him.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "operator_customer")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub customer_id: Uuid,
    pub operator_id: String,
    /// What the operator last called him.
    pub name: String,
    /// The last run that had him in its list.
    pub listed_run: i64,
    /// The last run that read all of his subscriptions.
    pub read_run: i64,
    pub gone_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
