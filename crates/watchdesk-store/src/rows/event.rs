use watchdesk_core::event::{Event, EventKind};
use watchdesk_core::ids::TicketId;

use crate::StoreError;
use crate::entities::event::Model;
use crate::rows::{Place, actor_columns, seconds};

impl TryFrom<Model> for Event {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let id = format!("{}/{}", row.ticket_id, row.seq);
        let place = Place { table: "event", id: &id };
        Ok(Self {
            ticket: TicketId(row.ticket_id),
            seq: row.seq,
            at: place.instant("at", row.at)?,
            recorded_at: place.instant("recorded_at", row.recorded_at)?,
            actor: place.actor("actor_kind", &row.actor_kind, row.actor_id)?,
            kind: place.json("data", &row.data)?,
        })
    }
}

pub(crate) fn event_row(event: &Event) -> Model {
    let (actor_kind, actor_id) = actor_columns(event.actor);
    let (kind, data) = kind_columns(&event.kind);
    Model {
        ticket_id: event.ticket.0,
        seq: event.seq,
        at: seconds(event.at),
        recorded_at: seconds(event.recorded_at),
        actor_kind,
        actor_id,
        kind,
        data,
    }
}

/// The kind stands in a column of its own as well, for people who look into the table.
fn kind_columns(kind: &EventKind) -> (String, String) {
    let value = serde_json::to_value(kind).expect("events are plain values");
    let name = value.get("type").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    (name, value.to_string())
}
