//! One notice to one recipient. `next_attempt_at` is set while something is left to do, and holds the end of the lease while somebody does it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub key: String,
    pub ticket_id: Option<Uuid>,
    pub case_id: Option<Uuid>,
    pub recipient_kind: String,
    /// Of a person.
    pub recipient_id: Option<Uuid>,
    /// An address, or the slug of a webhook or of an operator.
    pub recipient_text: Option<String>,
    pub notice: String,
    pub notice_data: String,
    pub mail_id: String,
    pub state: String,
    pub attempts: i32,
    pub next_attempt_at: Option<i64>,
    pub created_at: i64,
    pub sent_at: Option<i64>,
    pub fence: i64,
    pub last_error: Option<String>,
    pub provider_id: Option<String>,
    /// The row that speaks for this one.
    pub digest_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
