//! Every ticket against its events.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;
use watchdesk_core::clock::{Clock, Subject};
use watchdesk_core::desk::Desk;
use watchdesk_core::event::{Event, EventKind};
use watchdesk_core::ids::{ContactId, MessageId, TicketId};
use watchdesk_core::ticket::Ticket;

use super::{BATCH, CheckReport, clocks, one_moment};
use crate::entities::{clock, event, message, participant, ticket, ticket_incident};
use crate::rows::queue_at;
use crate::tickets::TicketRecord;
use crate::{Store, StoreError, desk};

/// What is stored about one ticket.
pub(super) struct Stored {
    pub record: TicketRecord,
    pub events: Vec<Event>,
    pub clocks: Vec<Clock>,
    participants: BTreeSet<ContactId>,
    incidents: BTreeSet<String>,
}

pub(super) async fn check(
    store: &Store,
    report: &mut CheckReport,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<(), StoreError> {
    let mut after = i64::MIN;
    loop {
        let transaction = one_moment(store).await?;
        let rows = ticket::Entity::find()
            .filter(ticket::Column::Number.gt(after))
            .order_by_asc(ticket::Column::Number)
            .limit(BATCH)
            .all(&transaction)
            .await?;
        let Some(last) = rows.last().map(|row| row.number) else { break };
        after = last;
        let desk = desk::within(&store.shared, &transaction).await?;
        batch(&transaction, report, &desk, rows).await?;
        transaction.commit().await?;
        progress(report.tickets + report.events + report.clocks);
    }
    Ok(())
}

async fn batch(
    connection: &impl ConnectionTrait,
    report: &mut CheckReport,
    desk: &Desk,
    rows: Vec<ticket::Model>,
) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut events = events(connection, report, &ids).await?;
    let mut measured = stored_clocks(connection, report, &ids).await?;
    let mut participants = participants(connection, &ids).await?;
    let mut incidents = incidents(connection, &ids).await?;
    let messages = messages(connection, events.values().flatten()).await?;
    for row in rows {
        report.tickets += 1;
        let (id, derived) = (row.id, (row.queue_at, row.due_at));
        let record = match TicketRecord::try_from(row) {
            Ok(record) => record,
            Err(error) => {
                report.find_corrupt(error)?;
                continue;
            }
        };
        if derived.0 != queue_at(&record.ticket.state, derived.1) {
            report.find("ticket", id, "queue_at does not follow from state and due_at");
        }
        let stored = Stored {
            record,
            events: events.remove(&id).unwrap_or_default(),
            clocks: measured.remove(&id).unwrap_or_default(),
            participants: participants.remove(&id).unwrap_or_default(),
            incidents: incidents.remove(&id).unwrap_or_default(),
        };
        against_events(report, &stored, &messages);
        clocks::of_ticket(report, desk, &stored);
    }
    Ok(())
}

fn against_events(report: &mut CheckReport, stored: &Stored, messages: &HashSet<Uuid>) {
    let ticket = &stored.record.ticket;
    match Ticket::fold(ticket.id, &stored.events) {
        Ok(folded) if folded == *ticket => {}
        Ok(folded) => report.find("ticket", ticket.id, difference(&folded, ticket)),
        Err(error) => report.find("event", ticket.id, error),
    }
    if stored.participants != ticket.participants {
        report.find("participant", ticket.id, "the participants are not those of the ticket");
    }
    if stored.incidents != ticket.incidents {
        report.find("ticket_incident", ticket.id, "the incidents are not those of the ticket");
    }
    for event in &stored.events {
        if let Some(MessageId(id)) = message_of(&event.kind).filter(|id| !messages.contains(&id.0)) {
            report.find(
                "event",
                format_args!("{}/{}", event.ticket, event.seq),
                format_args!("message {id} is missing"),
            );
        }
    }
}

/// Names the first field that differs; its value may be a person's matter and is not shown.
fn difference(folded: &Ticket, stored: &Ticket) -> String {
    let fields = |ticket: &Ticket| serde_json::to_value(ticket).unwrap_or_default();
    let (folded, stored) = (fields(folded), fields(stored));
    let differs = |name: &&String| folded.get(name.as_str()) != stored.get(name.as_str());
    let name = folded.as_object().and_then(|fields| fields.keys().find(differs).cloned());
    format!("{} is not what the events make of it", name.unwrap_or_default())
}

fn message_of(kind: &EventKind) -> Option<MessageId> {
    match kind {
        EventKind::MessageAdded { message, .. } | EventKind::CallLogged { message, .. } => Some(*message),
        _ => None,
    }
}

async fn events(
    connection: &impl ConnectionTrait,
    report: &mut CheckReport,
    tickets: &[Uuid],
) -> Result<BTreeMap<Uuid, Vec<Event>>, StoreError> {
    let rows = event::Entity::find()
        .filter(event::Column::TicketId.is_in(tickets.iter().copied()))
        .order_by_asc(event::Column::TicketId)
        .order_by_asc(event::Column::Seq)
        .all(connection)
        .await?;
    let mut events: BTreeMap<Uuid, Vec<Event>> = BTreeMap::new();
    for row in rows {
        report.events += 1;
        match Event::try_from(row) {
            Ok(event) => events.entry(event.ticket.0).or_default().push(event),
            Err(error) => report.find_corrupt(error)?,
        }
    }
    Ok(events)
}

async fn stored_clocks(
    connection: &impl ConnectionTrait,
    report: &mut CheckReport,
    tickets: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Clock>>, StoreError> {
    let rows =
        clock::Entity::find().filter(clock::Column::TicketId.is_in(tickets.iter().copied())).all(connection).await?;
    let mut clocks: HashMap<Uuid, Vec<Clock>> = HashMap::new();
    for row in rows {
        report.clocks += 1;
        match Clock::try_from(row) {
            Ok(clock) => {
                if let Subject::Ticket(id) = clock.subject {
                    clocks.entry(id.0).or_default().push(clock);
                }
            }
            Err(error) => report.find_corrupt(error)?,
        }
    }
    clocks.values_mut().for_each(|of_ticket| of_ticket.sort_by_key(|one| (one.objective, one.cycle, one.revision)));
    Ok(clocks)
}

async fn incidents(
    connection: &impl ConnectionTrait,
    tickets: &[Uuid],
) -> Result<HashMap<Uuid, BTreeSet<String>>, StoreError> {
    let rows = ticket_incident::Entity::find()
        .filter(ticket_incident::Column::TicketId.is_in(tickets.iter().copied()))
        .all(connection)
        .await?;
    let mut incidents: HashMap<Uuid, BTreeSet<String>> = HashMap::new();
    for row in rows {
        incidents.entry(row.ticket_id).or_default().insert(row.reference);
    }
    Ok(incidents)
}

async fn participants(
    connection: &impl ConnectionTrait,
    tickets: &[Uuid],
) -> Result<HashMap<Uuid, BTreeSet<ContactId>>, StoreError> {
    let rows = participant::Entity::find()
        .filter(participant::Column::TicketId.is_in(tickets.iter().copied()))
        .all(connection)
        .await?;
    let mut participants: HashMap<Uuid, BTreeSet<ContactId>> = HashMap::new();
    for row in rows {
        participants.entry(row.ticket_id).or_default().insert(ContactId(row.contact_id));
    }
    Ok(participants)
}

/// Those that are there, of those the events name.
async fn messages(
    connection: &impl ConnectionTrait,
    events: impl Iterator<Item = &Event>,
) -> Result<HashSet<Uuid>, StoreError> {
    const IDS_PER_QUERY: usize = 1_000;
    let named: Vec<Uuid> = events.filter_map(|event| message_of(&event.kind)).map(|id| id.0).collect();
    let mut found = HashSet::with_capacity(named.len());
    for part in named.chunks(IDS_PER_QUERY) {
        let query = message::Entity::find().select_only().column(message::Column::Id);
        let query = query.filter(message::Column::Id.is_in(part.iter().copied())).into_tuple::<Uuid>();
        found.extend(query.all(connection).await?);
    }
    Ok(found)
}

impl Stored {
    pub fn id(&self) -> TicketId {
        self.record.ticket.id
    }
}
