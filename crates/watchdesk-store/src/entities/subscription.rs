//! What a customer subscribes to.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "subscription")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub customer_id: Uuid,
    pub operator_id: String,
    pub offer: String,
    pub friendly_name: Option<String>,
    pub quantity: Option<i64>,
    pub status: String,
    /// Where it is suspended, and only there.
    pub suspended_since: Option<i64>,
    /// A list, as JSON.
    pub suspension_reasons: String,
    pub effective_start: Option<i64>,
    pub commitment_end: Option<i64>,
    pub auto_renew: Option<bool>,
    pub billing_type: Option<String>,
    pub order_id: Option<String>,
    pub etag: Option<String>,
    /// `manual`, `csv` or `partner_center`.
    pub source: String,
    pub seen_at: i64,
    /// The last run that saw it.
    pub seen_run: Option<i64>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
