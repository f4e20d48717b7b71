//! Tickets, as the API shows them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use watchdesk_core::ids::TicketId;
use watchdesk_core::rights::Visibility;
use watchdesk_core::ticket::{Closing, Severity, State, Ticket};
use watchdesk_store::tickets::{self, TicketRecord};
use watchdesk_store::{Store, StoreError};

use super::{ClockView, ContactRef, NamedRef, Names, TeamRef, slug_of};

/// A ticket in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TicketSummary {
    /// What people call it by; never reused.
    number: i64,
    id: Uuid,
    version: i64,
    subject: String,
    /// `open`, `triaged`, `waiting`, `escalated`, `resolved`, `closed`.
    state: &'static str,
    /// `A`, `B`, `C`; none before triage.
    severity: Option<&'static str>,
    triaged: bool,
    category: Option<String>,
    service: Option<String>,
    customer: Option<NamedRef>,
    requester: ContactRef,
    owner: Option<NamedRef>,
    team: Option<TeamRef>,
    /// `mail`, `phone`, `web`, `api`.
    channel: &'static str,
    label: Option<String>,
    tags: Vec<String>,
    /// The earliest deadline that is still owed.
    due_at: Option<DateTime<Utc>>,
    snoozed_until: Option<DateTime<Utc>>,
    opened_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Ticket)]
pub(crate) struct TicketView {
    #[serde(flatten)]
    summary: TicketSummary,
    /// Until when it waits for the customer, where that was agreed.
    waiting_until: Option<DateTime<Utc>>,
    resolved_at: Option<DateTime<Utc>>,
    closed_at: Option<DateTime<Utc>>,
    /// `solved`, `spam`, `withdrawn`, `duplicate`, `imported`.
    closing_reason: Option<&'static str>,
    /// The number of the ticket it was merged into.
    duplicate_of: Option<i64>,
    imported: bool,
    watchers: Vec<NamedRef>,
    custom_fields: BTreeMap<String, String>,
    links: Vec<LinkView>,
    /// The operator's incidents that explain it.
    incidents: Vec<String>,
    /// Those of them that are over, and after which nobody has tried yet whether the problem is gone.
    retests: Vec<String>,
    /// What is owed; instances that others carry on from are under `/clocks`.
    clocks: Vec<ClockView>,
}

/// A link to a ticket that you may see.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Link)]
pub(crate) struct LinkView {
    kind: String,
    to: i64,
}

impl TicketSummary {
    fn new(record: TicketRecord, names: &Names) -> Self {
        let TicketRecord { ticket, words, due_at, .. } = record;
        Self {
            number: ticket.number.0,
            id: ticket.id.0,
            version: ticket.version,
            subject: words.subject,
            state: ticket.state.kind().as_str(),
            severity: ticket.severity.map(Severity::as_str),
            triaged: ticket.triaged,
            category: ticket.category.as_ref().map(ToString::to_string),
            service: ticket.service.as_ref().map(ToString::to_string),
            customer: ticket.customer.map(|id| names.customer(id)),
            requester: names.contact(ticket.requester),
            owner: ticket.owner.map(|id| names.agent(id)),
            team: ticket.team.map(|id| names.team(id)),
            channel: ticket.channel.as_str(),
            label: ticket.label.as_ref().map(ToString::to_string),
            tags: ticket.tags.into_iter().collect(),
            due_at,
            snoozed_until: ticket.snoozed_until,
            opened_at: ticket.opened_at,
            updated_at: ticket.updated_at,
        }
    }
}

pub(crate) async fn summaries(store: &Store, records: Vec<TicketRecord>) -> Result<Vec<TicketSummary>, StoreError> {
    let names = Names::of_tickets(store, records.iter().map(|record| &record.ticket)).await?;
    Ok(records.into_iter().map(|record| TicketSummary::new(record, &names)).collect())
}

pub(crate) async fn ticket_view(
    store: &Store,
    reach: &Visibility,
    record: TicketRecord,
) -> Result<TicketView, StoreError> {
    let names = Names::of_tickets(store, [&record.ticket]).await?;
    let clocks = tickets::clocks(store, record.ticket.id).await?;
    let others = others(store, reach, &record.ticket).await?;
    let ticket = &record.ticket;
    let times = Times::of(&ticket.state);
    let link =
        |link: &watchdesk_core::ticket::Link| Some(LinkView { kind: slug_of(&link.kind), to: *others.get(&link.to)? });
    Ok(TicketView {
        waiting_until: times.waiting_until,
        resolved_at: times.resolved_at,
        closed_at: times.closed_at,
        closing_reason: times.closing_reason,
        duplicate_of: ticket.duplicate_of().and_then(|id| others.get(&id).copied()),
        imported: ticket.imported,
        watchers: ticket.watchers.iter().map(|id| names.agent(*id)).collect(),
        custom_fields: record.words.custom_fields.clone(),
        links: ticket.links.iter().filter_map(link).collect(),
        incidents: ticket.incidents.iter().cloned().collect(),
        retests: ticket.retests.iter().cloned().collect(),
        clocks: clocks.into_iter().filter(|clock| !clock.is_superseded()).map(ClockView::from).collect(),
        summary: TicketSummary::new(record, &names),
    })
}

/// The numbers of the tickets it is linked with, as far as the reader may see them.
async fn others(store: &Store, reach: &Visibility, ticket: &Ticket) -> Result<BTreeMap<TicketId, i64>, StoreError> {
    let ids: Vec<TicketId> = ticket.links.iter().map(|link| link.to).chain(ticket.duplicate_of()).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let records = tickets::by_ids(store, &ids).await?;
    let visible = records.into_iter().filter(|record| reach.admits(&record.ticket));
    Ok(visible.map(|record| (record.ticket.id, record.ticket.number.0)).collect())
}

/// What is only true in one state.
#[derive(Default)]
struct Times {
    waiting_until: Option<DateTime<Utc>>,
    resolved_at: Option<DateTime<Utc>>,
    closed_at: Option<DateTime<Utc>>,
    closing_reason: Option<&'static str>,
}

impl Times {
    fn of(state: &State) -> Self {
        match state {
            State::Open | State::Triaged | State::Escalated => Self::default(),
            State::Waiting { until } => Self { waiting_until: *until, ..Self::default() },
            State::Resolved { at } => Self { resolved_at: Some(*at), ..Self::default() },
            State::Closed { at, reason } => {
                let reason = match reason {
                    Closing::Solved => "solved",
                    Closing::Spam => "spam",
                    Closing::Withdrawn => "withdrawn",
                    Closing::Duplicate(_) => "duplicate",
                    Closing::Imported => "imported",
                };
                Self { closed_at: Some(*at), closing_reason: Some(reason), ..Self::default() }
            }
        }
    }
}
