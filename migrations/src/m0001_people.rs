//! People: customers with their contracts and contacts, teams, agents, mailboxes.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, boolean, text, text_null, text_uniq, uuid, uuid_null};

use crate::{create, statements};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager, customer()).await?;
        create(manager, customer_domain()).await?;
        create(manager, contract()).await?;
        create(manager, contact()).await?;
        create(manager, team()).await?;
        create(manager, agent()).await?;
        create(manager, team_member()).await?;
        create(manager, mailbox()).await?;
        statements(manager, &INDEXES).await
    }
}

const INDEXES: [&str; 5] = [
    "CREATE INDEX customer_by_name_id ON customer (name, id)",
    "CREATE INDEX customer_domain_by_customer_id ON customer_domain (customer_id)",
    "CREATE INDEX contract_by_customer_id_effective_from ON contract (customer_id, effective_from)",
    "CREATE INDEX contact_by_customer_id_email ON contact (customer_id, email)",
    "CREATE INDEX team_member_by_agent_id ON team_member (agent_id)",
];

fn customer() -> TableCreateStatement {
    Table::create()
        .table("customer")
        .col(uuid("id").primary_key())
        .col(text("name"))
        .col(text("language"))
        .col(text("time_zone"))
        .col(text_null("tenant_id"))
        .col(boolean("delegated_admin"))
        .col(uuid_null("account_owner_id"))
        .col(text("notes"))
        .col(big_integer("created_at"))
        .col(big_integer("version"))
        .to_owned()
}

fn customer_domain() -> TableCreateStatement {
    Table::create()
        .table("customer_domain")
        .col(text("domain").primary_key())
        .col(uuid("customer_id"))
        .foreign_key(ForeignKey::create().from("customer_domain", "customer_id").to("customer", "id"))
        .to_owned()
}

fn contract() -> TableCreateStatement {
    Table::create()
        .table("contract")
        .col(uuid("id").primary_key())
        .col(uuid("customer_id"))
        .col(text("tier"))
        .col(boolean("premium"))
        .col(big_integer("effective_from"))
        .col(big_integer_null("effective_to"))
        .foreign_key(ForeignKey::create().from("contract", "customer_id").to("customer", "id"))
        .to_owned()
}

fn contact() -> TableCreateStatement {
    Table::create()
        .table("contact")
        .col(uuid("id").primary_key())
        .col(uuid_null("customer_id"))
        .col(text("name"))
        .col(text_uniq("email"))
        .col(text_null("phone"))
        .col(text_null("language"))
        .col(boolean("whole_organisation"))
        .col(text_null("suppressed_reason"))
        .col(big_integer("created_at"))
        .foreign_key(ForeignKey::create().from("contact", "customer_id").to("customer", "id"))
        .to_owned()
}

fn team() -> TableCreateStatement {
    Table::create()
        .table("team")
        .col(uuid("id").primary_key())
        .col(text_uniq("slug"))
        .col(text("name_en"))
        .col(text("name_zh"))
        .to_owned()
}

fn agent() -> TableCreateStatement {
    Table::create()
        .table("agent")
        .col(uuid("id").primary_key())
        .col(text_uniq("email"))
        .col(text("name"))
        .col(text("role"))
        .col(text_null("password_hash"))
        .col(text("language"))
        .col(text("time_zone"))
        .col(boolean("active"))
        .col(big_integer("created_at"))
        .to_owned()
}

fn team_member() -> TableCreateStatement {
    Table::create()
        .table("team_member")
        .col(uuid("team_id"))
        .col(uuid("agent_id"))
        .primary_key(Index::create().col("team_id").col("agent_id"))
        .foreign_key(ForeignKey::create().from("team_member", "team_id").to("team", "id"))
        .foreign_key(ForeignKey::create().from("team_member", "agent_id").to("agent", "id"))
        .to_owned()
}

fn mailbox() -> TableCreateStatement {
    Table::create()
        .table("mailbox")
        .col(uuid("id").primary_key())
        .col(text_uniq("address"))
        .col(text("name"))
        .col(uuid_null("team_id"))
        .col(text("language"))
        .col(text("signature"))
        .col(text("support_phone"))
        .col(text("support_url"))
        .col(text("support_hours_en"))
        .col(text("support_hours_zh"))
        .col(boolean("active"))
        .foreign_key(ForeignKey::create().from("mailbox", "team_id").to("team", "id"))
        .to_owned()
}
