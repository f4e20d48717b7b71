//! What went up to the operator and what became of it, for those who may read it; for programs and for pages.

use chrono_tz::Tz;
use watchdesk_core::Instant;
use watchdesk_core::case::Case;
use watchdesk_core::division::Shares;
use watchdesk_core::ids::{AgentId, CustomerId, Slug};
use watchdesk_core::report::Month;
use watchdesk_core::report::escalations::{About, Escalation, EscalationReport, Escalations, Fate, Group};
use watchdesk_core::rights::Visibility;
use watchdesk_core::ticket::Ticket;
use watchdesk_store::reports::{self, Asked, ESCALATIONS_MAX, Filed};
use watchdesk_store::{Cursor, Store, StoreError, desk};

/// Pages of cases that one report is made of; it says so where there are more.
const PAGES_MAX: usize = 50;
/// Cases that came back and are told one by one.
pub(crate) const CAME_BACK_MAX: usize = 300;
/// The longest span of a report.
pub(crate) const SPAN_DAYS_MAX: i64 = 366;
/// The span where nothing is said.
pub(crate) const SPAN_DAYS_USUAL: i64 = 90;

/// What of the escalations a report is about.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub from: Instant,
    pub to: Instant,
    pub filter: Filter,
    pub groups: Vec<Group>,
    pub zone: Tz,
    pub visibility: Visibility,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub operator: Option<Slug>,
    pub product: Option<Slug>,
    pub category: Option<Slug>,
    /// Who filed it.
    pub agent: Option<AgentId>,
}

/// A report, and whether it is all.
#[derive(Debug)]
pub(crate) struct Answered {
    pub report: EscalationReport,
    /// Refused or withdrawn, in the order of their filing.
    pub came_back: Vec<CameBack>,
    /// It stopped there: what comes after is not in it.
    pub is_cut: bool,
    pub now: Instant,
}

/// A case that the operator refused, or that we took back. The ticket is the first that the reader may see.
#[derive(Debug)]
pub(crate) struct CameBack {
    pub case: Case,
    pub fate: Fate,
    pub by: Option<AgentId>,
    pub ticket: Ticket,
    /// Of all its tickets that the reader may see, each once.
    pub customers: Vec<CustomerId>,
    /// Where the time of the ticket went, in wall seconds.
    pub time: Shares,
}

pub(crate) async fn escalations(store: &Store, question: &Question) -> Result<Answered, StoreError> {
    let (now, desk) = tokio::try_join!(store.now(), desk::load(store))?;
    let asked = Asked {
        from: question.from,
        to: question.to,
        operator: question.filter.operator.clone(),
        visibility: question.visibility.clone(),
        now,
    };
    let mut report = Escalations::new(question.groups.iter().copied());
    let mut came_back: Vec<CameBack> = Vec::new();
    let (mut cursor, mut is_cut): (Option<Cursor>, bool) = (None, false);
    for _ in 0..PAGES_MAX {
        let page = reports::escalations(store, &asked, cursor.as_ref(), ESCALATIONS_MAX).await?;
        for filed in page.items {
            let Some(escalation) = escalation(&desk, &filed, question, now) else { continue };
            report.add(&escalation);
            let told = came_back.len() < CAME_BACK_MAX;
            is_cut |= escalation.wants_lesson() && !told;
            came_back.extend(returned(filed, &escalation).filter(|_| told));
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(Answered { report: report.finish(), came_back, is_cut: is_cut || cursor.is_some(), now })
}

/// None where it is not asked for.
fn escalation(
    desk: &watchdesk_core::desk::Desk,
    filed: &Filed,
    question: &Question,
    now: Instant,
) -> Option<Escalation> {
    let (first, _) = filed.tickets.first()?;
    let about = About {
        month: Month::of(filed.case.filed_at?, question.zone),
        operator: filed.case.operator.clone(),
        product: first.ticket.service.clone(),
        category: first.ticket.category.clone(),
        agent: filed.by,
    };
    if !question.filter.admits(&about) {
        return None;
    }
    let tickets = filed.tickets.iter().map(|(record, time)| (record.ticket.id, time.wall)).collect();
    Escalation::of(desk, &filed.case, about, tickets, now)
}

impl Filter {
    fn admits(&self, about: &About) -> bool {
        self.operator.as_ref().is_none_or(|operator| *operator == about.operator)
            && (self.product.is_none() || self.product == about.product)
            && (self.category.is_none() || self.category == about.category)
            && (self.agent.is_none() || self.agent == about.agent)
    }
}

fn returned(filed: Filed, escalation: &Escalation) -> Option<CameBack> {
    if !escalation.wants_lesson() {
        return None;
    }
    let mut customers: Vec<CustomerId> = Vec::new();
    for customer in filed.tickets.iter().filter_map(|(record, _)| record.ticket.customer) {
        if !customers.contains(&customer) {
            customers.push(customer);
        }
    }
    let (first, time) = filed.tickets.into_iter().next()?;
    let (fate, time) = (escalation.fate, time.wall);
    Some(CameBack { case: filed.case, fate, by: filed.by, ticket: first.ticket, customers, time })
}
