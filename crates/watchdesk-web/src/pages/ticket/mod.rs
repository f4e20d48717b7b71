//! The ticket page: where most of the work is done.

mod actions;
mod case_box;
pub(super) mod clocks;
mod events;
mod forms;
mod gate;
mod head;
pub(super) mod joining;
mod load;
pub(super) mod new;
pub(super) mod operator;
pub(super) mod sending;
mod side;
mod tell;
mod timeline;
pub(super) mod work;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use watchdesk_core::Instant;
use watchdesk_core::ids::TicketNumber;
use watchdesk_core::rights::Verb;
use watchdesk_store::tickets::{self, TicketRecord};
use watchdesk_templates::pages::{Nav, Refused, TicketPage};

use self::load::Loaded;
use super::shell::shell;
use super::visit::Visit;
use crate::problem::Problem;

/// The ticket that a path names, as far as the reader may see it: absent and forbidden are the same.
pub(super) struct Subject {
    pub record: TicketRecord,
}

impl Subject {
    pub async fn find(visit: &Visit, number: TicketNumber) -> Result<Self, Problem> {
        let record = tickets::by_number(&visit.app.store, number).await?.ok_or(Problem::NotFound)?;
        if visit.may_with(Verb::ReadTicket, &record.ticket) { Ok(Self { record }) } else { Err(Problem::NotFound) }
    }

    pub fn path(&self) -> String {
        format!("/tickets/{}", self.record.ticket.number)
    }
}

pub(super) async fn page(visit: Visit, Path(number): Path<i64>) -> Result<Response, Problem> {
    let subject = Subject::find(&visit, TicketNumber(number)).await?;
    show(&visit, subject, StatusCode::OK, None).await
}

/// The whole page, also when a form of it was refused.
async fn show(
    visit: &Visit,
    subject: Subject,
    status: StatusCode,
    refused: Option<Refused>,
) -> Result<Response, Problem> {
    let before = visit.query.filled("before").and_then(|text| text.parse().ok());
    let before = before.and_then(|seconds| Instant::from_timestamp(seconds, 0));
    let mut shell = shell(visit, Nav::Elsewhere).await?;
    shell.path = match before {
        Some(_) => visit.path.clone(),
        None => subject.path(),
    };
    let loaded = Loaded::load(visit, subject.record, before).await?;
    let actions = actions::actions(visit, &loaded);
    let typed = refused.as_ref();
    let page = TicketPage {
        shell,
        ticket: head::head(visit, &loaded),
        clocks: head::clocks(visit, &loaded, &loaded.clocks),
        timeline: timeline::timeline(visit, &loaded),
        earlier: loaded.earlier.map(|at| format!("/tickets/{}?before={}", loaded.ticket().number, at.timestamp())),
        customer: side::customer(visit, &loaded),
        requester: side::requester(&loaded),
        services: side::services(visit, &loaded),
        case: case_box::case_box(visit, &loaded, typed),
        escalation: actions.escalate.then(|| gate::new_case(visit, &loaded, typed)),
        links: side::links(&loaded),
        choices: side::choices(visit, &loaded),
        actions,
        refused,
    };
    visit.page_with(status, &page)
}
