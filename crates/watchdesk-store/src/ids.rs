//! Fresh ids, made here and nowhere else.

use uuid::Uuid;

/// A new UUIDv7: `TicketId(fresh_id())`. Ids made by one process sort in the order they were made.
#[expect(clippy::disallowed_methods, reason = "ids are made here and nowhere else")]
pub fn fresh_id() -> Uuid {
    Uuid::now_v7()
}
