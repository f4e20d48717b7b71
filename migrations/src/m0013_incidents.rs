//! The operator's incidents, whom they concern, what was said of them, and the tickets they explain.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, boolean, text, uuid};
use sea_orm_migration::sea_orm::DbBackend;

use crate::{create, statements};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager, incident()).await?;
        create(manager, incident_customer()).await?;
        create(manager, incident_entry()).await?;
        create(manager, ticket_incident()).await?;
        statements(manager, &INDEXES).await?;
        let links = match manager.get_database_backend() {
            DbBackend::Postgres => LINKS_POSTGRES,
            _ => LINKS_SQLITE,
        };
        statements(manager, &[OF_HEALTH, links]).await
    }
}

const INDEXES: [&str; 5] = [
    "CREATE INDEX incident_by_is_open_started_at ON incident (is_open, started_at, reference)",
    "CREATE INDEX incident_unsettled ON incident (reference) WHERE NOT settled",
    "CREATE INDEX incident_customer_by_customer_id ON incident_customer (customer_id, reference)",
    "CREATE INDEX ticket_incident_by_ticket_id ON ticket_incident (ticket_id)",
    "CREATE INDEX ticket_by_service_number ON ticket (service, number)
        WHERE queue_at IS NOT NULL AND service IS NOT NULL",
];

/// What people named when they recorded the health of a service is an incident from now on.
const OF_HEALTH: &str = "INSERT INTO incident
    (reference, service, title, impact, classification, status, source, is_open, for_all, started_at, ended_at,
     modified_at, version, settled)
    SELECT incident, MIN(service), MIN(note), '', 'incident', MIN(status), 'manual',
        MAX(CASE WHEN status IN ('degraded', 'interrupted') THEN 1 ELSE 0 END) = 1, 1 = 1, MIN(checked_at),
        CASE WHEN MAX(CASE WHEN status IN ('degraded', 'interrupted') THEN 1 ELSE 0 END) = 1
            THEN NULL ELSE MAX(checked_at) END,
        MAX(checked_at), 1, 1 = 1
    FROM service_health WHERE incident IS NOT NULL AND incident <> '' GROUP BY incident";

const LINKS_SQLITE: &str = "INSERT INTO ticket_incident (reference, ticket_id)
    SELECT linked.value, ticket.id FROM ticket, json_each(ticket.sets, '$.incidents') AS linked";

const LINKS_POSTGRES: &str = "INSERT INTO ticket_incident (reference, ticket_id)
    SELECT linked.value, ticket.id FROM ticket, jsonb_array_elements_text(ticket.sets::jsonb -> 'incidents') AS linked";

fn incident() -> TableCreateStatement {
    Table::create()
        .table("incident")
        .col(text("reference").primary_key())
        .col(text("service"))
        .col(text("title"))
        .col(text("impact"))
        .col(text("classification"))
        .col(text("status"))
        .col(text("source"))
        .col(boolean("is_open"))
        .col(boolean("for_all"))
        .col(big_integer("started_at"))
        .col(big_integer_null("ended_at"))
        .col(big_integer("modified_at"))
        .col(big_integer("version"))
        .col(boolean("settled"))
        .to_owned()
}

fn incident_customer() -> TableCreateStatement {
    Table::create()
        .table("incident_customer")
        .col(text("reference"))
        .col(uuid("customer_id"))
        .primary_key(Index::create().col("reference").col("customer_id"))
        .to_owned()
}

fn incident_entry() -> TableCreateStatement {
    Table::create()
        .table("incident_entry")
        .col(text("reference"))
        .col(text("key"))
        .col(big_integer("at"))
        .col(text("body"))
        .primary_key(Index::create().col("reference").col("key"))
        .to_owned()
}

fn ticket_incident() -> TableCreateStatement {
    Table::create()
        .table("ticket_incident")
        .col(text("reference"))
        .col(uuid("ticket_id"))
        .primary_key(Index::create().col("reference").col("ticket_id"))
        .to_owned()
}
