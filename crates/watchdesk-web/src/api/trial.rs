//! What a policy or a calendar would do to what runs now, before anybody publishes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use watchdesk_core::Instant;
use watchdesk_core::case::Case;
use watchdesk_core::clock::{Clock, Measured, Subject};
use watchdesk_core::desk::Desk;
use watchdesk_core::ids::{CaseId, CustomerId, Slug, TicketId};
use watchdesk_core::refusal::{Asked, Because, Refusal};
use watchdesk_core::ticket::Ticket;
use watchdesk_core::what_if::{self, Change, Promised};
use watchdesk_store::directory::{self, Contract};
use watchdesk_store::tickets::{self, TicketRecord};
use watchdesk_store::{Store, cases};

use crate::problem::Problem;

/// Tickets and cases that a trial looks at; it says so where there are more.
const EXAMINED_MAX: u64 = 5_000;
/// Tickets and cases that it names.
const LISTED_MAX: usize = 200;
const PAGE: u64 = 200;

/// What would change, and what would be overdue at once.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = Trial)]
pub(crate) struct TrialView {
    /// Unfinished tickets, and cases that the operator has, that were looked at.
    examined: u64,
    /// It stopped there: what comes after was not looked at.
    is_cut: bool,
    changed: u64,
    /// Of the changed ones: kept so far, and missed under the new terms.
    overdue_at_once: u64,
    /// The changed ones; at most 200 are named.
    items: Vec<TrialItem>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TrialItem {
    /// The ticket's number; of a case, its first ticket's.
    ticket: i64,
    subject: String,
    /// The case, where it is about what the operator owes us.
    case: Option<Uuid>,
    changes: Vec<ChangeView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TrialChange)]
pub(crate) struct ChangeView {
    objective: &'static str,
    cycle: u32,
    /// None: nothing is promised now.
    from: Option<PromisedView>,
    /// None: nothing would be promised any more.
    to: Option<PromisedView>,
    overdue_at_once: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Promised)]
pub(crate) struct PromisedView {
    rule: String,
    target_s: i64,
    /// None while it stands still with time left.
    deadline: Option<DateTime<Utc>>,
    provisional: bool,
}

impl From<Change> for ChangeView {
    fn from(change: Change) -> Self {
        Self {
            objective: change.objective.as_str(),
            cycle: change.cycle,
            from: change.from.map(PromisedView::from),
            to: change.to.map(PromisedView::from),
            overdue_at_once: change.overdue_at_once,
        }
    }
}

impl From<Promised> for PromisedView {
    fn from(promised: Promised) -> Self {
        let Promised { rule, target_s, deadline, provisional } = promised;
        Self { rule, target_s, deadline, provisional }
    }
}

/// Everything unfinished, read under `desk`, which has the new version. Nothing is changed.
pub(crate) async fn trial(store: &Store, desk: &Desk, now: Instant) -> Result<TrialView, Problem> {
    let mut trial = Trial { store, desk, now, contracts: BTreeMap::new(), found: TrialView::default() };
    trial.tickets().await?;
    trial.cases().await?;
    Ok(trial.found)
}

struct Trial<'a> {
    store: &'a Store,
    desk: &'a Desk,
    now: Instant,
    contracts: BTreeMap<CustomerId, Arc<Vec<Contract>>>,
    found: TrialView,
}

impl Trial<'_> {
    async fn tickets(&mut self) -> Result<(), Problem> {
        let mut after: Option<TicketId> = None;
        while self.has_room() {
            let ids = tickets::unfinished_after(self.store, after, PAGE).await?;
            let Some(last) = ids.last().copied() else { return Ok(()) };
            self.ticket_page(&ids).await?;
            after = Some(last);
        }
        Ok(())
    }

    async fn ticket_page(&mut self, ids: &[TicketId]) -> Result<(), Problem> {
        let records = tickets::by_ids(self.store, ids).await?;
        let timelines = tickets::timelines_of_many(self.store, ids).await?;
        let mut clocks: BTreeMap<TicketId, Vec<Clock>> = BTreeMap::new();
        for clock in tickets::clocks_of_many(self.store, ids).await? {
            if let Subject::Ticket(id) = clock.subject {
                clocks.entry(id).or_default().push(clock);
            }
        }
        for record in records.iter().filter(|record| !record.ticket.imported) {
            let id = record.ticket.id;
            let tier = self.tier(&record.ticket).await?;
            let Some(timeline) = timelines.get(&id) else { continue };
            let before = clocks.get(&id).map_or(&[][..], Vec::as_slice);
            let measured = Measured::ticket(self.desk, &record.ticket, tier.as_ref(), timeline, before, self.now);
            self.take(record, None, &measured)?;
        }
        Ok(())
    }

    async fn cases(&mut self) -> Result<(), Problem> {
        let mut after: Option<CaseId> = None;
        while self.has_room() {
            let ids = cases::open_after(self.store, after, PAGE).await?;
            let Some(last) = ids.last().copied() else { return Ok(()) };
            self.case_page(&cases::by_ids(self.store, &ids).await?).await?;
            after = Some(last);
        }
        Ok(())
    }

    /// Of each case, the first of its tickets says what it is about.
    async fn case_page(&mut self, page: &[Case]) -> Result<(), Problem> {
        let firsts: Vec<TicketId> = page.iter().filter_map(|case| case.tickets.first().copied()).collect();
        let records = tickets::by_ids(self.store, &firsts).await?;
        for case in page {
            let first = case.tickets.first();
            let Some(record) = records.iter().find(|record| Some(&record.ticket.id) == first) else { continue };
            let tier = self.tier(&record.ticket).await?;
            let measured = Measured::case(self.desk, case, &record.ticket, tier.as_ref(), self.now);
            self.take(record, Some(case.id), &measured)?;
        }
        Ok(())
    }

    fn has_room(&mut self) -> bool {
        self.found.is_cut = self.found.examined >= EXAMINED_MAX;
        !self.found.is_cut
    }

    fn take(&mut self, record: &TicketRecord, case: Option<CaseId>, measured: &Measured<'_>) -> Result<(), Problem> {
        let changes = what_if::dry_run(measured)
            .map_err(|fault| Problem::from(Refusal { command: Asked::Unit, because: Because::Clock(fault) }))?;
        let found = &mut self.found;
        found.examined += 1;
        if changes.is_empty() {
            return Ok(());
        }
        found.changed += 1;
        found.overdue_at_once += u64::from(changes.iter().any(|change| change.overdue_at_once));
        if found.items.len() < LISTED_MAX {
            found.items.push(TrialItem {
                ticket: record.ticket.number.0,
                subject: record.words.subject.clone(),
                case: case.map(|id| id.0),
                changes: changes.into_iter().map(ChangeView::from).collect(),
            });
        }
        Ok(())
    }

    /// Of the contract in force when the ticket was opened; each customer is looked up once.
    async fn tier(&mut self, ticket: &Ticket) -> Result<Option<Slug>, Problem> {
        let Some(customer) = ticket.customer else { return Ok(None) };
        let contracts = match self.contracts.get(&customer) {
            Some(known) => Arc::clone(known),
            None => {
                let found = Arc::new(directory::contracts_of(self.store, customer).await?);
                self.contracts.insert(customer, Arc::clone(&found));
                found
            }
        };
        let at = ticket.opened_at;
        let holds =
            |contract: &&Contract| contract.effective_from <= at && contract.effective_to.is_none_or(|to| at < to);
        Ok(contracts.iter().rfind(holds).map(|contract| contract.tier.clone()))
    }
}
