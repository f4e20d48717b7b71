//! The frame around a page: navigation, its numbers, the reader.

use watchdesk_core::case::CaseStateKind;
use watchdesk_core::rights::Verb;
use watchdesk_core::ticket::StateKind;
use watchdesk_store::cases::CaseFilter;
use watchdesk_store::mail::FateKind;
use watchdesk_store::tickets::{OwnerFilter, TicketFilter};
use watchdesk_store::{StoreError, cases, mail, tickets};
use watchdesk_templates::pages::{Counts, Flash, FlashKind, Nav, NavRights, Reader, Shell};

use super::answer::Said;
use super::names::initials;
use super::statics;
use super::visit::Visit;
use crate::duty;
use crate::problem::Problem;

/// Above 99 the navigation says "99+": nobody counts further.
const COUNTED_MAX: u64 = 100;

pub(super) const UNFINISHED: [StateKind; 4] =
    [StateKind::Open, StateKind::Triaged, StateKind::Waiting, StateKind::Escalated];
pub(super) const WITH_OPERATOR: [CaseStateKind; 4] =
    [CaseStateKind::Filed, CaseStateKind::Acknowledged, CaseStateKind::WaitingOnUs, CaseStateKind::Reopened];

pub(super) async fn shell(visit: &Visit, nav: Nav) -> Result<Shell, Problem> {
    let rights = rights(visit);
    Ok(Shell {
        desk: visit.app.options.desk_name.clone(),
        reader: Reader {
            name: visit.agent.name.clone(),
            initials: initials(&visit.agent.name),
            email: visit.agent.email.clone(),
            role: visit.agent.role.as_str().to_owned(),
        },
        nav,
        counts: counts(visit, &rights).await?,
        rights,
        csrf: visit.actor.csrf().to_owned(),
        assets: statics::version().to_owned(),
        now: visit.now,
        path: visit.path.clone(),
        search: String::new(),
        flash: visit.said.map(|said| flash(visit, said)),
    })
}

fn rights(visit: &Visit) -> NavRights {
    NavRights {
        create_ticket: visit.may(Verb::OpenTicket),
        cases: visit.may_see_cases(),
        mail: visit.may(Verb::HandleMail),
        customers: visit.may(Verb::ReadDirectory),
        services: visit.may(Verb::ReadHealth),
        mailboxes: visit.may(Verb::Configure),
        people: visit.may(Verb::ManagePeople),
        rotas: visit.may(Verb::ReadDirectory),
        reports: visit.may(Verb::ReadReports),
    }
}

fn flash(visit: &Visit, said: Said) -> Flash {
    let kind = match said {
        Said::NothingToResend | Said::MailNotRetried => FlashKind::Info,
        _ => FlashKind::Done,
    };
    Flash { kind, text: visit.say(&format!("said.{}", said.as_str()), &[]) }
}

async fn counts(visit: &Visit, rights: &NavRights) -> Result<Counts, StoreError> {
    let unfinished = TicketFilter { state: UNFINISHED.to_vec(), ..TicketFilter::default() };
    let mine = TicketFilter { owner: Some(OwnerFilter::Agent(visit.agent.id)), ..unfinished.clone() };
    let unassigned = TicketFilter { owner: Some(OwnerFilter::Nobody), ..unfinished.clone() };
    let escalated = TicketFilter { state: vec![StateKind::Escalated], ..TicketFilter::default() };
    let (queue, mine, unassigned, escalated, cases, mail) = tokio::try_join!(
        tickets_counted(visit, &unfinished),
        tickets_counted(visit, &mine),
        tickets_counted(visit, &unassigned),
        tickets_counted(visit, &escalated),
        cases_counted(visit, rights.cases),
        mail_counted(visit, rights.mail),
    )?;
    let rota_gaps = gaps_counted(visit, rights.reports);
    Ok(Counts { queue, mine, unassigned, escalated, cases, mail, rota_gaps })
}

async fn tickets_counted(visit: &Visit, filter: &TicketFilter) -> Result<Option<i64>, StoreError> {
    tickets::count(&visit.app.store, &visit.visibility(), filter, COUNTED_MAX).await.map(shown)
}

async fn cases_counted(visit: &Visit, may: bool) -> Result<Option<i64>, StoreError> {
    if !may {
        return Ok(None);
    }
    let filter = CaseFilter { state: WITH_OPERATOR.to_vec(), ticket: None };
    cases::count(&visit.app.store, &visit.visibility(), &filter, COUNTED_MAX).await.map(shown)
}

/// Mail that waits for a person; what is ignored does not.
async fn mail_counted(visit: &Visit, may: bool) -> Result<Option<i64>, StoreError> {
    if !may {
        return Ok(None);
    }
    let store = &visit.app.store;
    let (held, quarantined) = tokio::try_join!(
        mail::count_by_fate(store, FateKind::Held, COUNTED_MAX),
        mail::count_by_fate(store, FateKind::Quarantined, COUNTED_MAX)
    )?;
    Ok(shown(held + quarantined))
}

/// For those who can do something about it. A rota that cannot be computed so far is none here; its page says why.
fn gaps_counted(visit: &Visit, may: bool) -> Option<i64> {
    let (from, to) = duty::ahead(visit.now);
    let found = duty::gaps(&visit.desk, from, to).ok().filter(|_| may)?;
    shown(found.len() as u64).filter(|count| *count > 0)
}

fn shown(count: u64) -> Option<i64> {
    Some(count.min(COUNTED_MAX).cast_signed())
}
