//! What customers subscribe to, what the operator calls them, and the runs that bring both in. Delegated admin can be
//! withdrawn, which is more than not known.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, boolean_null, text, text_null, uuid, uuid_null,
};

use crate::{create, statements};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        statements(manager, &DELEGATED_ADMIN).await?;
        create(manager, operator_customer()).await?;
        create(manager, subscription()).await?;
        create(manager, synchronisation()).await?;
        create(manager, synchronisation_change()).await?;
        statements(manager, &INDEXES).await
    }
}

/// Nobody could say until now that it was withdrawn: what was not granted is not known.
const DELEGATED_ADMIN: [&str; 4] = [
    "ALTER TABLE customer ADD COLUMN delegation TEXT NOT NULL DEFAULT 'unknown'",
    "UPDATE customer SET delegation = 'granted' WHERE delegated_admin",
    "ALTER TABLE customer DROP COLUMN delegated_admin",
    "ALTER TABLE customer RENAME COLUMN delegation TO delegated_admin",
];

const INDEXES: [&str; 6] = [
    "CREATE INDEX customer_by_tenant_id ON customer (LOWER(tenant_id))",
    "CREATE INDEX operator_customer_by_listed_run ON operator_customer (listed_run) WHERE gone_at IS NULL",
    "CREATE UNIQUE INDEX subscription_by_customer_id_operator_id ON subscription (customer_id, operator_id)",
    "CREATE INDEX subscription_by_customer_id_offer ON subscription (customer_id, offer, id)",
    "CREATE INDEX subscription_suspended ON subscription (suspended_since, id) WHERE suspended_since IS NOT NULL",
    "CREATE INDEX subscription_by_seen_run ON subscription (seen_run) WHERE seen_run IS NOT NULL",
];

fn operator_customer() -> TableCreateStatement {
    Table::create()
        .table("operator_customer")
        .col(uuid("customer_id").primary_key())
        .col(text("operator_id").unique_key())
        .col(text("name"))
        .col(big_integer("listed_run"))
        .col(big_integer("read_run"))
        .col(big_integer_null("gone_at"))
        .foreign_key(ForeignKey::create().from("operator_customer", "customer_id").to("customer", "id"))
        .to_owned()
}

fn subscription() -> TableCreateStatement {
    Table::create()
        .table("subscription")
        .col(uuid("id").primary_key())
        .col(uuid("customer_id"))
        .col(text("operator_id"))
        .col(text("offer"))
        .col(text_null("friendly_name"))
        .col(big_integer_null("quantity"))
        .col(text("status"))
        .col(big_integer_null("suspended_since"))
        .col(text("suspension_reasons"))
        .col(big_integer_null("effective_start"))
        .col(big_integer_null("commitment_end"))
        .col(boolean_null("auto_renew"))
        .col(text_null("billing_type"))
        .col(text_null("order_id"))
        .col(text_null("etag"))
        .col(text("source"))
        .col(big_integer("seen_at"))
        .col(big_integer_null("seen_run"))
        .col(big_integer("version"))
        .foreign_key(ForeignKey::create().from("subscription", "customer_id").to("customer", "id"))
        .to_owned()
}

fn synchronisation() -> TableCreateStatement {
    Table::create()
        .table("synchronisation")
        .col(big_integer("number").primary_key())
        .col(big_integer("started_at"))
        .col(big_integer("moved_at"))
        .col(big_integer_null("finished_at"))
        .col(text_null("cursor"))
        .col(boolean("listed"))
        .col(boolean("partial"))
        .col(big_integer_null("total"))
        .col(big_integer("customers"))
        .col(big_integer("subscriptions"))
        .col(big_integer("created"))
        .col(big_integer("changed"))
        .col(big_integer("gone"))
        .col(big_integer("failures"))
        .col(big_integer("changes"))
        .to_owned()
}

fn synchronisation_change() -> TableCreateStatement {
    Table::create()
        .table("synchronisation_change")
        .col(big_integer("run"))
        .col(big_integer("position"))
        .col(text("kind"))
        .col(uuid_null("customer_id"))
        .col(text("name"))
        .col(text("subject"))
        .col(text("before"))
        .col(text("after"))
        .primary_key(Index::create().col("run").col("position"))
        .to_owned()
}
