//! Mail of the operator's that names no case we know: one click says which one it belongs to.

use axum::extract::Path;
use axum::response::Response;
use uuid::Uuid;
use watchdesk_core::case::Case;
use watchdesk_core::ids::{CaseId, RawMailId};
use watchdesk_core::rights::Verb;
use watchdesk_store::cases;
use watchdesk_templates::pages::{CaseChoice, Choice, Nav, OperatorMailPage, WaitingMail};
use watchdesk_templates::text::one_line;

use super::answer::Said;
use super::queue::parsed;
use super::reading::Reading;
use super::shell::shell;
use super::visit::{Form, Visit};
use crate::operator_mail::{self, List, Waiting};
use crate::problem::{Conflict, Problem};

const PAGE: &str = "/mail/operator";
const ROWS: u64 = 25;

pub(super) async fn page(visit: Visit) -> Result<Response, Problem> {
    must_see(&visit)?;
    let cursor = parsed("cursor", visit.query.filled("cursor").unwrap_or_default(), |text| text.parse().ok())?;
    let list = operator_mail::list(&visit.app.store, &visit.visibility(), ROWS, cursor.as_ref()).await?;
    let page = OperatorMailPage {
        shell: shell(&visit, Nav::Mail).await?,
        mails: list.waiting.items.iter().map(|waiting| row(&list, waiting)).collect(),
        cases: list.cases.values().map(|case| Choice::new(case.id.to_string(), label(&list, case))).collect(),
        next: list.waiting.next.as_ref().map(|cursor| format!("{PAGE}?cursor={cursor}")),
    };
    visit.page(&page)
}

fn must_see(visit: &Visit) -> Result<(), Problem> {
    visit.must_see(Verb::HandleMail)?;
    if visit.may_see_cases() { Ok(()) } else { Err(Problem::NotFound) }
}

fn row(list: &List, Waiting { mail, suggested }: &Waiting) -> WaitingMail {
    let choice = |id: &CaseId| {
        let case = list.cases.get(id)?;
        Some(CaseChoice { id: id.to_string(), label: label(list, case) })
    };
    WaitingMail {
        id: mail.id.to_string(),
        sender: one_line(&mail.held.sender),
        subject: one_line(&mail.held.subject),
        excerpt: mail.held.excerpt.trim().to_owned(),
        why: mail.held.why.as_str().to_owned(),
        references: mail.held.references.clone(),
        received_at: mail.held.received_at,
        suggested: suggested.iter().filter_map(choice).collect(),
    }
}

/// `21V-300123 · #1042 Mail does not flow`
fn label(list: &List, case: &Case) -> String {
    let first = case.tickets.iter().find_map(|id| list.tickets.get(id));
    let ticket = first.map(|record| format!("#{} {}", record.ticket.number, record.words.subject));
    let reference = case.reference.clone();
    one_line(&[reference, ticket].into_iter().flatten().collect::<Vec<_>>().join(" · "))
}

pub(super) async fn belongs(Path(id): Path<Uuid>, Form { visit, fields }: Form) -> Result<Response, Problem> {
    must_see(&visit)?;
    let mut reading = Reading::of(&fields, visit.locale.zone);
    let case: Option<CaseId> = reading.required("case");
    let case = reading.finish(case)?;
    let case = cases::by_id(&visit.app.store, case).await?.ok_or_else(|| Problem::no_such("case"))?;
    let mail = RawMailId(id);
    match operator_mail::belongs(&visit.app.store, visit.rights(), mail, &case).await {
        Ok(()) => {
            visit.record("mail.matched", mail).await?;
            Ok(visit.done(PAGE, Said::MailMatched))
        }
        Err(Problem::Conflict(Conflict::MailSettled)) => Ok(visit.done(PAGE, Said::MailNotRetried)),
        Err(problem) => Err(problem),
    }
}
