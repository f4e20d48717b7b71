//! Over all tickets, or all cases, page by page.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use watchdesk_core::Instant;
use watchdesk_core::case::Case;
use watchdesk_core::clock::{Clock, Measured, Subject};
use watchdesk_core::desk::Desk;
use watchdesk_core::ids::TicketId;
use watchdesk_core::policy::Side;
use watchdesk_core::rights::Visibility;
use watchdesk_core::ticket::Ticket;
use watchdesk_core::what_if::replay;
use watchdesk_store::tickets::{self, Sort, TicketFilter};
use watchdesk_store::{PAGE_ITEMS_MAX, Store, cases};

use super::Span;
use super::report::Report;
use crate::commands::sla::tiers::Tiers;
use crate::progress::Counter;

/// A desk on which the other policy has always held.
pub struct Trial<'a> {
    pub store: &'a Store,
    pub side: Side,
    pub desk: Desk,
    pub span: Span,
    pub now: Instant,
}

impl Trial<'_> {
    pub async fn run(&self, mut report: Report) -> anyhow::Result<Report> {
        match self.side {
            Side::Customer => self.tickets(&mut report).await?,
            Side::Operator => self.cases(&mut report).await?,
        }
        Ok(report)
    }

    async fn tickets(&self, report: &mut Report) -> anyhow::Result<()> {
        let (mut tiers, mut counter) = (Tiers::default(), Counter::new("tickets"));
        let (everything, filter) = (Visibility::Everything, TicketFilter::default());
        let mut cursor = None;
        loop {
            let page = tickets::list(self.store, &everything, &filter, Sort::Created, PAGE_ITEMS_MAX, cursor.as_ref());
            let page = page.await?;
            counter.add(page.items.len());
            let wanted = page.items.into_iter().map(|record| record.ticket);
            let wanted: Vec<Ticket> =
                wanted.filter(|ticket| !ticket.imported && self.span.holds(ticket.opened_at)).collect();
            self.page(report, &mut tiers, &wanted).await?;
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        counter.finish();
        Ok(())
    }

    async fn page(&self, report: &mut Report, tiers: &mut Tiers, wanted: &[Ticket]) -> anyhow::Result<()> {
        let ids: Vec<TicketId> = wanted.iter().map(|ticket| ticket.id).collect();
        let timelines = tickets::timelines_of_many(self.store, &ids).await?;
        let mut clocks: BTreeMap<TicketId, Vec<Clock>> = BTreeMap::new();
        for clock in tickets::clocks_of_many(self.store, &ids).await? {
            if let Subject::Ticket(id) = clock.subject {
                clocks.entry(id).or_default().push(clock);
            }
        }
        for ticket in wanted {
            let Some(timeline) = timelines.get(&ticket.id) else { continue };
            let was = clocks.remove(&ticket.id).unwrap_or_default();
            let tier = tiers.of(self.store, ticket).await?;
            let measured = Measured::ticket(&self.desk, ticket, tier.as_ref(), timeline, &[], self.now);
            let cycles = replay(&measured, &was);
            let cycles = cycles.with_context(|| format!("ticket {} cannot be measured", ticket.number))?;
            report.add(ticket.number, &cycles);
        }
        Ok(())
    }

    async fn cases(&self, report: &mut Report) -> anyhow::Result<()> {
        let (mut tiers, mut counter) = (Tiers::default(), Counter::new("cases"));
        let (everything, filter) = (Visibility::Everything, cases::CaseFilter::default());
        let mut cursor = None;
        loop {
            let page = cases::list(self.store, &everything, &filter, PAGE_ITEMS_MAX, cursor.as_ref()).await?;
            counter.add(page.items.len());
            let filed = |case: &Case| case.filed_at.is_some_and(|at| self.span.holds(at));
            let wanted: Vec<Case> = page.items.into_iter().filter(filed).collect();
            let about = self.tickets_of(&wanted).await?;
            for case in wanted {
                let ticket = case.tickets.first().and_then(|id| about.get(id));
                if let Some(ticket) = ticket {
                    self.case(report, &mut tiers, case, ticket).await?;
                }
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        counter.finish();
        Ok(())
    }

    /// Category, service and tier of a case are those of the first of its tickets.
    async fn tickets_of(&self, cases: &[Case]) -> anyhow::Result<BTreeMap<TicketId, Ticket>> {
        let ids: BTreeSet<TicketId> = cases.iter().filter_map(|case| case.tickets.first().copied()).collect();
        let ids: Vec<TicketId> = ids.into_iter().collect();
        let records = tickets::by_ids(self.store, &ids).await?;
        Ok(records.into_iter().map(|record| (record.ticket.id, record.ticket)).collect())
    }

    async fn case(&self, report: &mut Report, tiers: &mut Tiers, mut case: Case, about: &Ticket) -> anyhow::Result<()> {
        let was = std::mem::take(&mut case.clocks);
        let tier = tiers.of(self.store, about).await?;
        let measured = Measured::case(&self.desk, &case, about, tier.as_ref(), self.now);
        let cycles = replay(&measured, &was).with_context(|| {
            format!(
                "the case {} of ticket {} cannot be measured",
                case.reference.as_deref().unwrap_or("without a number"),
                about.number
            )
        })?;
        report.add(about.number, &cycles);
        Ok(())
    }
}
