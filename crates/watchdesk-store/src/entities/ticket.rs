//! Where a ticket stands: the fold of its events, with what lists are sorted by.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ticket")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub number: i64,
    pub version: i64,
    pub state: String,
    pub state_data: String,
    pub channel: String,
    pub customer_id: Option<Uuid>,
    pub requester_id: Uuid,
    pub mailbox_id: Option<Uuid>,
    pub triaged: bool,
    pub severity: Option<String>,
    pub category: Option<String>,
    pub service: Option<String>,
    pub owner_id: Option<Uuid>,
    pub team_id: Option<Uuid>,
    pub label: Option<String>,
    pub snoozed_until: Option<i64>,
    pub opened_at: i64,
    pub updated_at: i64,
    pub imported: bool,
    pub due_at: Option<i64>,
    pub next_fire_at: Option<i64>,
    pub queue_at: Option<i64>,
    pub resolved_at: Option<i64>,
    pub subject: String,
    pub custom_fields: String,
    pub sets: String,
    pub fire_claimed_until: Option<i64>,
    pub fire_fence: i64,
    pub fire_failures: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
