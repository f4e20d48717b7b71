//! What requests hold on to until they are committed, read under locks: tickets first, then cases, each in the order of
//! their ids, so that no two transactions wait for each other.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use watchdesk_core::case::Case;
use watchdesk_core::clock::{Clock, Subject};
use watchdesk_core::command::Unit;
use watchdesk_core::firing::Standing;
use watchdesk_core::ids::{CaseId, TicketId};

use crate::entities::{case_ticket, clock, operator_case, ticket};
use crate::rows::{Place, clocks_of};
use crate::tickets::TicketRecord;
use crate::{StoreError, firing};

/// All that one request touches.
pub(super) struct Locked {
    pub tickets: BTreeMap<TicketId, TicketRecord>,
    pub cases: BTreeMap<CaseId, Case>,
    /// Who holds what of it for firing.
    pub standings: BTreeMap<Subject, Standing>,
}

/// For each unit what it touches; none for one that touches what an earlier one has already. The first always has its.
pub(super) async fn lock(
    transaction: &DatabaseTransaction,
    units: &[&Unit],
) -> Result<Vec<Option<Locked>>, StoreError> {
    let named: BTreeSet<CaseId> = units.iter().flat_map(|unit| unit.cases()).collect();
    let mut ids: BTreeSet<TicketId> = units.iter().flat_map(|unit| unit.tickets()).collect();
    ids.extend(links_of_cases(transaction, &named).await?.values().flatten());
    let mut standings = BTreeMap::new();
    let mut tickets = lock_tickets(transaction, &ids, &mut standings).await?;
    let survivors: BTreeSet<_> = survivors(&tickets).filter(|id| !tickets.contains_key(id)).collect();
    tickets.extend(lock_tickets(transaction, &survivors, &mut standings).await?);
    let mut case_ids = named.clone();
    case_ids.extend(cases_of_tickets(transaction, tickets.keys()).await?);
    let rows = lock_cases(transaction, &case_ids).await?;
    let links = links_of_cases(transaction, &case_ids).await?;
    if named.iter().filter_map(|case| links.get(case)).any(|linked| !linked.is_subset(&ids)) {
        // Somebody linked one more ticket before we had the locks.
        return Err(StoreError::Busy);
    }
    let mut clocks = clocks_of_cases(transaction, &case_ids).await?;
    let mut cases = BTreeMap::new();
    for row in rows {
        let id = CaseId(row.id);
        let place = Place { table: "operator_case", id: &row.id };
        let standing = firing::standing(place, row.fire_claimed_until, row.fire_fence, row.fire_failures)?;
        standings.insert(Subject::Case(id), standing);
        let linked = links.get(&id).cloned().unwrap_or_default();
        cases.insert(id, row.with_parts(linked, clocks.remove(&id).unwrap_or_default())?);
    }
    let mut whole = Whole { left: Locked { tickets, cases, standings }, links, taken: BTreeSet::new() };
    Ok(units.iter().map(|unit| whole.part_of(unit)).collect())
}

/// What the units of one transaction touch together.
struct Whole {
    left: Locked,
    /// Of every case, also of those that were given away.
    links: BTreeMap<CaseId, BTreeSet<TicketId>>,
    taken: BTreeSet<Subject>,
}

impl Whole {
    fn part_of(&mut self, unit: &Unit) -> Option<Locked> {
        let wanted = self.wanted(unit)?;
        let mut part = Locked { tickets: BTreeMap::new(), cases: BTreeMap::new(), standings: BTreeMap::new() };
        for subject in wanted {
            match subject {
                Subject::Ticket(id) => part.tickets.extend(self.left.tickets.remove_entry(&id)),
                Subject::Case(id) => part.cases.extend(self.left.cases.remove_entry(&id)),
            }
            part.standings.extend(self.left.standings.remove_entry(&subject));
            self.taken.insert(subject);
        }
        Some(part)
    }

    fn wanted(&self, unit: &Unit) -> Option<BTreeSet<Subject>> {
        let (mut tickets, named) = (unit.tickets(), unit.cases());
        tickets.extend(named.iter().filter_map(|id| self.links.get(id)).flatten());
        let is_free = |subject: &Subject| !self.taken.contains(subject);
        // A ticket that was given away is not here any more to be asked which one it was merged into.
        if !tickets.iter().map(|id| Subject::Ticket(*id)).all(|ticket| is_free(&ticket)) {
            return None;
        }
        let merged = tickets.iter().filter_map(|id| self.left.tickets.get(id)?.ticket.duplicate_of());
        tickets.extend(merged.collect::<Vec<_>>());
        let of_tickets = self.links.iter().filter(|(_, linked)| !linked.is_disjoint(&tickets));
        let cases: BTreeSet<CaseId> = of_tickets.map(|(id, _)| *id).chain(named).collect();
        let wanted: BTreeSet<Subject> =
            tickets.into_iter().map(Subject::Ticket).chain(cases.into_iter().map(Subject::Case)).collect();
        wanted.iter().all(is_free).then_some(wanted)
    }
}

/// Tickets that others were merged into, where those are touched. The one exception to the order of locks; should two
/// requests wait for each other over it, the database ends one of them, and it is tried again.
fn survivors(tickets: &BTreeMap<TicketId, TicketRecord>) -> impl Iterator<Item = TicketId> {
    tickets.values().filter_map(|record| record.ticket.duplicate_of())
}

async fn lock_tickets(
    transaction: &DatabaseTransaction,
    ids: &BTreeSet<TicketId>,
    standings: &mut BTreeMap<Subject, Standing>,
) -> Result<BTreeMap<TicketId, TicketRecord>, StoreError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = ticket::Entity::find()
        .filter(ticket::Column::Id.is_in(ids.iter().map(|id| id.0)))
        .order_by_asc(ticket::Column::Id)
        .lock(LockType::Update)
        .all(transaction)
        .await?;
    let mut tickets = BTreeMap::new();
    for row in rows {
        let id = TicketId(row.id);
        let place = Place { table: "ticket", id: &row.id };
        let standing = firing::standing(place, row.fire_claimed_until, row.fire_fence, row.fire_failures)?;
        standings.insert(Subject::Ticket(id), standing);
        tickets.insert(id, row.try_into()?);
    }
    Ok(tickets)
}

async fn lock_cases(
    transaction: &DatabaseTransaction,
    ids: &BTreeSet<CaseId>,
) -> Result<Vec<operator_case::Model>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = operator_case::Entity::find()
        .filter(operator_case::Column::Id.is_in(ids.iter().map(|id| id.0)))
        .order_by_asc(operator_case::Column::Id)
        .lock(LockType::Update)
        .all(transaction)
        .await?;
    Ok(rows)
}

async fn cases_of_tickets(
    connection: &impl ConnectionTrait,
    tickets: impl ExactSizeIterator<Item = &TicketId>,
) -> Result<Vec<CaseId>, StoreError> {
    if tickets.len() == 0 {
        return Ok(Vec::new());
    }
    let rows = case_ticket::Entity::find()
        .filter(case_ticket::Column::TicketId.is_in(tickets.map(|id| id.0)))
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(|row| CaseId(row.case_id)).collect())
}

pub(crate) async fn links_of_cases(
    connection: &impl ConnectionTrait,
    cases: &BTreeSet<CaseId>,
) -> Result<BTreeMap<CaseId, BTreeSet<TicketId>>, StoreError> {
    let mut links: BTreeMap<CaseId, BTreeSet<TicketId>> = BTreeMap::new();
    if cases.is_empty() {
        return Ok(links);
    }
    let rows = case_ticket::Entity::find()
        .filter(case_ticket::Column::CaseId.is_in(cases.iter().map(|id| id.0)))
        .all(connection)
        .await?;
    for row in rows {
        links.entry(CaseId(row.case_id)).or_default().insert(TicketId(row.ticket_id));
    }
    Ok(links)
}

/// What the operator owes for each of the cases.
pub(crate) async fn clocks_of_cases(
    connection: &impl ConnectionTrait,
    cases: &BTreeSet<CaseId>,
) -> Result<BTreeMap<CaseId, Vec<Clock>>, StoreError> {
    let mut clocks: BTreeMap<CaseId, Vec<Clock>> = BTreeMap::new();
    if cases.is_empty() {
        return Ok(clocks);
    }
    let rows =
        clock::Entity::find().filter(clock::Column::CaseId.is_in(cases.iter().map(|id| id.0))).all(connection).await?;
    for clock in clocks_of(rows)? {
        if let Subject::Case(id) = clock.subject {
            clocks.entry(id).or_default().push(clock);
        }
    }
    Ok(clocks)
}
