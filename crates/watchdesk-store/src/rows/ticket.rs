use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use watchdesk_core::decision::TicketChange;
use watchdesk_core::firing::Standing;
use watchdesk_core::ids::{AgentId, ContactId, CustomerId, MailboxId, TeamId, TicketId, TicketNumber};
use watchdesk_core::ticket::{Channel, Link, Severity, State, Ticket, TicketWords};

use crate::StoreError;
use crate::entities::ticket::Model;
use crate::firing::failures;
use crate::rows::{Place, json, seconds, seconds_or_none, without_nul};
use crate::tickets::TicketRecord;

/// The sets of a ticket, which no list is sorted or filtered by.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sets {
    participants: BTreeSet<ContactId>,
    watchers: BTreeSet<AgentId>,
    tags: BTreeSet<String>,
    links: BTreeSet<Link>,
    incidents: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    retests: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    incidents_told: BTreeSet<String>,
}

/// A queue shows what is not finished, by its deadline; what has none comes last.
const QUEUE_LAST: i64 = i64::MAX;

impl TryFrom<Model> for TicketRecord {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let id = row.id;
        let place = Place { table: "ticket", id: &id };
        let state: State = place.json("state_data", &row.state_data)?;
        if state.kind().as_str() != row.state {
            return Err(place.corrupt("state", format_args!("\"{}\" beside {}", row.state, row.state_data)));
        }
        let sets: Sets = place.json("sets", &row.sets)?;
        let ticket = Ticket {
            id: TicketId(id),
            number: TicketNumber(row.number),
            version: row.version,
            state,
            channel: place.word("channel", &row.channel, Channel::parse)?,
            customer: row.customer_id.map(CustomerId),
            requester: ContactId(row.requester_id),
            participants: sets.participants,
            mailbox: row.mailbox_id.map(MailboxId),
            triaged: row.triaged,
            severity: place.word_or_none("severity", row.severity.as_deref(), Severity::parse)?,
            category: place.slug_or_none("category", row.category)?,
            service: place.slug_or_none("service", row.service)?,
            owner: row.owner_id.map(AgentId),
            team: row.team_id.map(TeamId),
            watchers: sets.watchers,
            tags: sets.tags,
            label: place.slug_or_none("label", row.label)?,
            links: sets.links,
            incidents: sets.incidents,
            retests: sets.retests,
            incidents_told: sets.incidents_told,
            snoozed_until: place.instant_or_none("snoozed_until", row.snoozed_until)?,
            opened_at: place.instant("opened_at", row.opened_at)?,
            updated_at: place.instant("updated_at", row.updated_at)?,
            imported: row.imported,
        };
        let custom_fields = place.json("custom_fields", &row.custom_fields)?;
        Ok(Self {
            ticket,
            words: TicketWords { subject: row.subject, custom_fields },
            due_at: place.instant_or_none("due_at", row.due_at)?,
            next_fire_at: place.instant_or_none("next_fire_at", row.next_fire_at)?,
        })
    }
}

/// As a new ticket; of one that is there the firing is somebody else's matter.
pub(crate) fn ticket_row(change: &TicketChange, standing: &Standing) -> Model {
    let ticket = &change.ticket;
    let due_at = seconds_or_none(change.due_at);
    let sets = Sets {
        participants: ticket.participants.clone(),
        watchers: ticket.watchers.clone(),
        tags: ticket.tags.clone(),
        links: ticket.links.clone(),
        incidents: ticket.incidents.clone(),
        retests: ticket.retests.clone(),
        incidents_told: ticket.incidents_told.clone(),
    };
    Model {
        id: ticket.id.0,
        number: ticket.number.0,
        version: ticket.version,
        state: ticket.state.kind().as_str().to_owned(),
        state_data: json(&ticket.state),
        channel: ticket.channel.as_str().to_owned(),
        customer_id: ticket.customer.map(|id| id.0),
        requester_id: ticket.requester.0,
        mailbox_id: ticket.mailbox.map(|id| id.0),
        triaged: ticket.triaged,
        severity: ticket.severity.map(|severity| severity.as_str().to_owned()),
        category: ticket.category.clone().map(String::from),
        service: ticket.service.clone().map(String::from),
        owner_id: ticket.owner.map(|id| id.0),
        team_id: ticket.team.map(|id| id.0),
        label: ticket.label.clone().map(String::from),
        snoozed_until: seconds_or_none(ticket.snoozed_until),
        opened_at: seconds(ticket.opened_at),
        updated_at: seconds(ticket.updated_at),
        imported: ticket.imported,
        due_at,
        next_fire_at: seconds_or_none(change.next_fire_at),
        queue_at: queue_at(&ticket.state, due_at),
        resolved_at: resolved_at(&ticket.state),
        subject: without_nul(change.words.subject.as_str()),
        custom_fields: json(&change.words.custom_fields),
        sets: json(&sets),
        fire_claimed_until: seconds_or_none(standing.claimed_until),
        fire_fence: standing.fence,
        fire_failures: failures(standing),
    }
}

/// Set exactly while the ticket is in somebody's queue.
pub(crate) fn queue_at(state: &State, due_at: Option<i64>) -> Option<i64> {
    (!state.kind().is_finished()).then(|| due_at.unwrap_or(QUEUE_LAST))
}

fn resolved_at(state: &State) -> Option<i64> {
    match state {
        State::Resolved { at } => Some(seconds(*at)),
        State::Open | State::Triaged | State::Waiting { .. } | State::Escalated | State::Closed { .. } => None,
    }
}
