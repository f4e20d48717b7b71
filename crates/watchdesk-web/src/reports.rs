//! What was kept, for those who may read it, for programs and for pages.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;
use watchdesk_core::Instant;
use watchdesk_core::clock::{Clock, Subject};
use watchdesk_core::ids::{CaseId, TicketId};
use watchdesk_core::report::{About, GroupBy, Month, Report, SlaReport, decided};
use watchdesk_core::rights::Visibility;
use watchdesk_store::reports::{self, READINGS_MAX, Reading};
use watchdesk_store::{Cursor, Store, StoreError, cases, tickets};

/// Pages of readings that one report is made of; it says so where there are more.
const PAGES_MAX: usize = 200;

/// What of the desk a report is about.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub from: Instant,
    pub to: Instant,
    pub groups: Vec<GroupBy>,
    pub zone: Tz,
    pub visibility: Visibility,
}

/// A report, and whether it is all.
#[derive(Debug)]
pub(crate) struct Answered {
    pub report: SlaReport,
    /// It stopped there: what comes after is not in it.
    pub is_cut: bool,
}

/// Every promise whose fate was decided in the span, each once: by its miss, or else by its end.
pub(crate) async fn sla(store: &Store, question: &Question) -> Result<Answered, StoreError> {
    let now = store.now().await?;
    let mut adding =
        Adding { store, question, now, seen: BTreeSet::new(), report: Report::new(question.groups.clone()) };
    let mut cursor: Option<Cursor> = None;
    for _ in 0..PAGES_MAX {
        let page = reports::readings(store, question.from, question.to, cursor.as_ref(), READINGS_MAX).await?;
        adding.page(&page.items).await?;
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(Answered { report: adding.report.finish(), is_cut: cursor.is_some() })
}

struct Adding<'a> {
    store: &'a Store,
    question: &'a Question,
    now: Instant,
    /// Subjects whose clocks are in the report already, all of them.
    seen: BTreeSet<Subject>,
    report: Report,
}

impl Adding<'_> {
    /// A clock leads to its subject, and a chain is read whole.
    async fn page(&mut self, page: &[Reading]) -> Result<(), StoreError> {
        let mut fresh: BTreeMap<Subject, &Reading> = BTreeMap::new();
        for reading in page {
            let subject = reading.clock.subject;
            if admits(&self.question.visibility, reading) && self.seen.insert(subject) {
                fresh.insert(subject, reading);
            }
        }
        let mut clocks = self.clocks(fresh.keys()).await?;
        for (subject, reading) in fresh {
            self.subject(reading, &clocks.remove(&subject).unwrap_or_default());
        }
        Ok(())
    }

    async fn clocks(
        &self,
        subjects: impl Iterator<Item = &Subject>,
    ) -> Result<BTreeMap<Subject, Vec<Clock>>, StoreError> {
        let (mut of_tickets, mut of_cases): (Vec<TicketId>, Vec<CaseId>) = (Vec::new(), Vec::new());
        for subject in subjects {
            match subject {
                Subject::Ticket(id) => of_tickets.push(*id),
                Subject::Case(id) => of_cases.push(*id),
            }
        }
        let mut found: BTreeMap<Subject, Vec<Clock>> = BTreeMap::new();
        for clock in tickets::clocks_of_many(self.store, &of_tickets).await? {
            found.entry(clock.subject).or_default().push(clock);
        }
        for case in cases::by_ids(self.store, &of_cases).await? {
            found.insert(Subject::Case(case.id), case.clocks);
        }
        Ok(found)
    }

    fn subject(&mut self, reading: &Reading, clocks: &[Clock]) {
        let span = self.question.from..self.question.to;
        for (at, mut chain) in decided(clocks, &about(reading), self.now) {
            if let Some(at) = at.filter(|at| span.contains(at)) {
                chain.about.month = Some(Month::of(at, self.question.zone));
                self.report.add(&chain);
            }
        }
    }
}

fn about(reading: &Reading) -> About {
    let about = &reading.about;
    About {
        severity: about.severity,
        customer: about.customer,
        team: about.team,
        person: about.owner,
        service: about.service.clone(),
        category: about.category.clone(),
        month: None,
    }
}

/// A figure is made of what the reader may see, and of nothing else.
fn admits(visibility: &Visibility, reading: &Reading) -> bool {
    let about = &reading.about;
    match visibility {
        Visibility::Everything => true,
        Visibility::Teams { agent, teams } => {
            about.owner == Some(*agent) || about.team.is_none_or(|team| teams.contains(&team))
        }
        Visibility::Customers(customers) => about.customer.is_some_and(|id| customers.contains(&id)),
        // Nobody outside the desk reads reports.
        Visibility::Organisation { .. } | Visibility::Own(_) => false,
    }
}
