//! What clocks are about: a ticket each, or a case and through it a ticket.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;
use watchdesk_core::clock::{Clock, ClockState, Subject};
use watchdesk_core::desk::Desk;
use watchdesk_core::ids::{AgentId, CaseId, CustomerId, TeamId, TicketId, TicketNumber};
use watchdesk_core::ticket::Severity;

use super::{About, Reading};
use crate::entities::{clock, operator_case, ticket};
use crate::execute::links_of_cases;
use crate::rows::Place;
use crate::{Store, StoreError, desk};

/// In the order of the rows. A clock whose ticket is gone is left out; `check` finds it.
pub(super) async fn readings(store: &Store, rows: Vec<clock::Model>) -> Result<Vec<Reading>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let desk = desk::load(store).await?;
    let cases = Cases::load(store, rows.iter().filter_map(|row| row.case_id)).await?;
    let tickets = rows.iter().filter_map(|row| row.ticket_id);
    let tickets = Tickets::load(store, tickets.chain(cases.tickets())).await?;
    let mut readings = Vec::with_capacity(rows.len());
    for row in rows {
        let clock = measured(&desk, Clock::try_from(row)?);
        let about = match clock.subject {
            Subject::Ticket(id) => tickets.about(id)?,
            Subject::Case(id) => cases.about(id, &tickets)?,
        };
        readings.extend(about.map(|about| Reading { clock, about }));
    }
    Ok(readings)
}

/// Clocks that ended before the figure was kept get it now.
fn measured(desk: &Desk, clock: Clock) -> Clock {
    let (None, ClockState::Ended, Some(ended_at)) = (clock.consumed_s, clock.state, clock.ended_at) else {
        return clock;
    };
    let calendar = desk.calendar_version(&clock.calendar, clock.calendar_version);
    let elapsed = calendar.and_then(|known| known.calendar.elapsed(clock.started_at, ended_at, &clock.pauses).ok());
    Clock { consumed_s: elapsed.map(|elapsed| elapsed.seconds.cast_signed()), ..clock }
}

type TicketColumns =
    (Uuid, i64, Option<Uuid>, Option<Uuid>, Option<Uuid>, Option<String>, Option<String>, Option<String>);

struct Tickets(HashMap<Uuid, TicketColumns>);

impl Tickets {
    async fn load(store: &Store, ids: impl Iterator<Item = Uuid>) -> Result<Self, StoreError> {
        use ticket::Column;
        let ids: BTreeSet<Uuid> = ids.collect();
        let rows: Vec<TicketColumns> = ticket::Entity::find()
            .select_only()
            .columns([
                Column::Id,
                Column::Number,
                Column::CustomerId,
                Column::TeamId,
                Column::OwnerId,
                Column::Severity,
                Column::Category,
                Column::Service,
            ])
            .filter(Column::Id.is_in(ids))
            .into_tuple()
            .all(store.reader())
            .await?;
        Ok(Self(rows.into_iter().map(|row| (row.0, row)).collect()))
    }

    fn about(&self, ticket: TicketId) -> Result<Option<About>, StoreError> {
        let Some((id, number, customer, team, owner, severity, category, service)) = self.0.get(&ticket.0).cloned()
        else {
            return Ok(None);
        };
        let place = Place { table: "ticket", id: &id };
        Ok(Some(About {
            ticket,
            number: TicketNumber(number),
            customer: customer.map(CustomerId),
            team: team.map(TeamId),
            owner: owner.map(AgentId),
            severity: place.word_or_none("severity", severity.as_deref(), Severity::parse)?,
            category: place.slug_or_none("category", category)?,
            service: place.slug_or_none("service", service)?,
            case: None,
        }))
    }
}

/// Cases with the first of their tickets and the severity that the operator works by.
struct Cases {
    tickets: BTreeMap<CaseId, TicketId>,
    severities: BTreeMap<CaseId, Severity>,
}

impl Cases {
    async fn load(store: &Store, ids: impl Iterator<Item = Uuid>) -> Result<Self, StoreError> {
        let ids: BTreeSet<CaseId> = ids.map(CaseId).collect();
        let links = links_of_cases(store.reader(), &ids).await?;
        let firsts = links.into_iter().filter_map(|(case, tickets)| Some((case, *tickets.first()?)));
        Ok(Self { tickets: firsts.collect(), severities: severities(store.reader(), &ids).await? })
    }

    fn tickets(&self) -> impl Iterator<Item = Uuid> {
        self.tickets.values().map(|id| id.0)
    }

    fn about(&self, case: CaseId, tickets: &Tickets) -> Result<Option<About>, StoreError> {
        let Some(ticket) = self.tickets.get(&case) else { return Ok(None) };
        let about = tickets.about(*ticket)?;
        Ok(about.map(|about| About { severity: self.severities.get(&case).copied(), case: Some(case), ..about }))
    }
}

async fn severities(
    connection: &impl ConnectionTrait,
    ids: &BTreeSet<CaseId>,
) -> Result<BTreeMap<CaseId, Severity>, StoreError> {
    use operator_case::Column;
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<(Uuid, String, Option<String>)> = operator_case::Entity::find()
        .select_only()
        .columns([Column::Id, Column::Severity, Column::SeverityLowered])
        .filter(Column::Id.is_in(ids.iter().map(|id| id.0)))
        .into_tuple()
        .all(connection)
        .await?;
    let severities = rows.into_iter().map(|(id, filed, lowered)| {
        let place = Place { table: "operator_case", id: &id };
        Ok((CaseId(id), place.word("severity", lowered.as_deref().unwrap_or(&filed), Severity::parse)?))
    });
    severities.collect()
}
