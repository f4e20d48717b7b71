//! One walk over the operator's customers, from its begin to its end however often it is interrupted.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "synchronisation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    pub started_at: i64,
    pub moved_at: i64,
    pub finished_at: Option<i64>,
    /// Where the list of customers goes on.
    pub cursor: Option<String>,
    /// The list of customers came to its end.
    pub listed: bool,
    /// Some of it could not be read: who is missing there need not be gone.
    pub partial: bool,
    pub total: Option<i64>,
    pub customers: i64,
    pub subscriptions: i64,
    pub created: i64,
    pub changed: i64,
    pub gone: i64,
    pub failures: i64,
    /// Changes that were told, also beyond those that are kept.
    pub changes: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
