//! Mail of the operator's that waits for its case, and the cases that it is likely about; for pages and API alike.

use std::collections::{BTreeMap, BTreeSet};

use watchdesk_core::case::{Case, CaseStateKind};
use watchdesk_core::ids::{CaseId, CustomerId, RawMailId, TicketId};
use watchdesk_core::operator_mail::{Likeness, suggestions};
use watchdesk_core::rights::{Actor, Object, Verb, Visibility, authorize};
use watchdesk_store::cases::{self, CaseFilter};
use watchdesk_store::directory::{self, Customer};
use watchdesk_store::mail::{self, OperatorMail};
use watchdesk_store::tickets::{self, TicketRecord};
use watchdesk_store::{Cursor, Page, Store, StoreError};

use crate::problem::{Conflict, Problem, not_allowed};

/// Cases that one page of mail is compared with.
const CASES_COMPARED_MAX: u64 = 100;
/// Tickets of those cases that are looked at.
const TICKETS_COMPARED_MAX: usize = 300;

/// What a mail may be about.
pub(crate) const TAKES_WORDS: [CaseStateKind; 5] = [
    CaseStateKind::Filed,
    CaseStateKind::Acknowledged,
    CaseStateKind::WaitingOnUs,
    CaseStateKind::Reopened,
    CaseStateKind::Answered,
];

pub(crate) struct Waiting {
    pub mail: OperatorMail,
    /// The likeliest first.
    pub suggested: Vec<CaseId>,
}

pub(crate) struct List {
    pub waiting: Page<Waiting>,
    /// Those that the reader may see, by id: what is suggested, and what else may be chosen.
    pub cases: BTreeMap<CaseId, Case>,
    pub tickets: BTreeMap<TicketId, TicketRecord>,
}

pub(crate) async fn list(
    store: &Store,
    visibility: &Visibility,
    limit: u64,
    cursor: Option<&Cursor>,
) -> Result<List, StoreError> {
    let found = mail::waiting_for_case(store, limit, cursor).await?;
    let next = found.next;
    let filter = CaseFilter { state: TAKES_WORDS.to_vec(), ticket: None };
    let cases = if found.items.is_empty() {
        Vec::new()
    } else {
        cases::list(store, visibility, &filter, CASES_COMPARED_MAX, None).await?.items
    };
    let ids: BTreeSet<TicketId> = cases.iter().flat_map(|case| case.tickets.iter().copied()).collect();
    let ids: Vec<TicketId> = ids.into_iter().take(TICKETS_COMPARED_MAX).collect();
    let records = if ids.is_empty() { Vec::new() } else { tickets::by_ids(store, &ids).await? };
    let seen: BTreeMap<TicketId, TicketRecord> = records
        .into_iter()
        .filter(|record| visibility.admits(&record.ticket))
        .map(|record| (record.ticket.id, record))
        .collect();
    let customers: BTreeSet<CustomerId> = seen.values().filter_map(|record| record.ticket.customer).collect();
    let customers: Vec<CustomerId> = customers.into_iter().collect();
    let customers = directory::customers_by_ids(store, &customers).await?;
    let likenesses: Vec<Likeness> = cases.iter().map(|case| likeness(case, &seen, &customers)).collect();
    let waiting = found.items.into_iter().map(|mail| {
        let words = format!("{} {}", mail.held.subject, mail.held.excerpt);
        Waiting { suggested: suggestions(&mail.held.references, &words, &likenesses), mail }
    });
    Ok(List {
        waiting: Page { items: waiting.collect(), next },
        cases: cases.into_iter().map(|case| (case.id, case)).collect(),
        tickets: seen,
    })
}

fn likeness(case: &Case, tickets: &BTreeMap<TicketId, TicketRecord>, customers: &[Customer]) -> Likeness {
    let linked: Vec<&TicketRecord> = case.tickets.iter().filter_map(|id| tickets.get(id)).collect();
    let subjects: Vec<&str> = linked.iter().map(|record| record.words.subject.as_str()).collect();
    let of_case = |customer: &&Customer| linked.iter().any(|record| record.ticket.customer == Some(customer.id));
    let mut marks = vec![case.words.evidence.tenant_id.clone(), case.words.evidence.subscription_id.clone()];
    for customer in customers.iter().filter(of_case) {
        marks.extend(customer.tenant_id.clone());
        marks.extend(customer.domains.iter().cloned());
    }
    Likeness {
        case: case.id,
        reference: case.reference.clone().unwrap_or_default(),
        words: format!("{} {}", case.words.summary, subjects.join(" ")),
        marks,
    }
}

/// The mail belongs to that case, says somebody who may work on it; it goes there in a moment.
pub(crate) async fn belongs(store: &Store, actor: &Actor, mail: RawMailId, case: &Case) -> Result<(), Problem> {
    let ids: Vec<TicketId> = case.tickets.iter().copied().take(TICKETS_COMPARED_MAX).collect();
    let records = tickets::by_ids(store, &ids).await?;
    if !records.iter().any(|record| authorize(actor, Verb::Escalate, Object::Ticket(&record.ticket))) {
        return Err(not_allowed(actor));
    }
    if !TAKES_WORDS.contains(&case.state.kind()) {
        return Err(Problem::no_such("case"));
    }
    if mail::match_by_hand(store, mail, case.id).await? {
        Ok(())
    } else {
        Err(Problem::Conflict(Conflict::MailSettled))
    }
}
