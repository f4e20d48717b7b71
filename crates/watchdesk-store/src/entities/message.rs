//! What somebody wrote. `origins` is the path of tickets it came from by merging.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "message")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub ticket_id: Uuid,
    pub origins: String,
    pub kind: String,
    pub author_kind: String,
    pub author_id: Option<Uuid>,
    pub at: i64,
    pub body: String,
    pub html: Option<String>,
    pub cc: String,
    pub mail_id: Option<String>,
    pub case_id: Option<Uuid>,
    pub restricted: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
