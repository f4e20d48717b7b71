//! Bytes before anything looked at them, with their current fate.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "raw_mail")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub received_at: i64,
    pub source: String,
    pub envelope_from: Option<String>,
    pub envelope_to: String,
    pub sha256: String,
    pub size: i64,
    pub fate: String,
    pub fate_data: String,
    pub fate_at: i64,
    pub fate_seq: i32,
    pub bytes: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
