//! An address that customers write to.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mailbox")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub address: String,
    pub name: String,
    pub team_id: Option<Uuid>,
    pub language: String,
    pub signature: String,
    pub support_phone: String,
    pub support_url: String,
    pub support_hours_en: String,
    pub support_hours_zh: String,
    pub active: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
