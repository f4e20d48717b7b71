//! "Resolve all tickets of this case": it is written, looked at, and only then sent.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use uuid::Uuid;
use watchdesk_core::case::Case;
use watchdesk_core::desk::Language;
use watchdesk_core::ids::{CaseId, TicketId};
use watchdesk_core::rights::Verb;
use watchdesk_core::ticket::StateKind;
use watchdesk_store::{cases, tickets};
use watchdesk_templates::pages::{Nav, Refused, ResolutionPage, ResolutionRow};

use super::names;
use super::reading::Reading;
use super::refused::{refused, status};
use super::shell::shell;
use super::visit::{Form, Visit};
use crate::forms::FormFields;
use crate::input::{Prose, Wrong};
use crate::problem::{Problem, not_allowed};
use crate::resolution::{self, Chosen, Line, Messages, Plan, Standing, TICKETS_MAX};

const FORM: &str = "resolution";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Write,
    Look,
    Done,
}

impl Step {
    fn as_str(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Look => "look",
            Self::Done => "done",
        }
    }
}

pub(super) async fn page(visit: Visit, Path(id): Path<Uuid>) -> Result<Response, Problem> {
    let case = readable(&visit, CaseId(id)).await?;
    let plan = plan(&visit, &case, &Messages::new(), None).await?;
    show(&visit, &case, plan, Shown { step: Step::Write, messages: Messages::new(), refused: None }, StatusCode::OK)
        .await
}

/// A case with a ticket that the reader may see.
async fn readable(visit: &Visit, id: CaseId) -> Result<Case, Problem> {
    if !visit.may_see_cases() {
        return Err(Problem::NotFound);
    }
    let case = cases::by_id(&visit.app.store, id).await?.ok_or(Problem::NotFound)?;
    let ids: Vec<TicketId> = case.tickets.iter().copied().collect();
    let reach = visit.visibility();
    let records = tickets::by_ids(&visit.app.store, &ids).await?;
    if records.iter().any(|record| reach.admits(&record.ticket)) { Ok(case) } else { Err(Problem::NotFound) }
}

async fn plan(visit: &Visit, case: &Case, messages: &Messages, chosen: Option<&[Chosen]>) -> Result<Plan, Problem> {
    let store = &visit.app.store;
    Ok(resolution::plan(store, visit.rights(), &visit.visibility(), case, messages, chosen).await?)
}

pub(super) async fn resolve(Path(id): Path<Uuid>, Form { visit, fields }: Form) -> Result<Response, Problem> {
    let case = readable(&visit, CaseId(id)).await?;
    must_work(&visit, &case).await?;
    let mut reading = Reading::of(&fields, visit.locale.zone);
    let messages = messages(&mut reading);
    let sends = reading.filled("step") == Some("send");
    let looked = reading.filled("looked") == Some("yes");
    let chosen = chosen(&mut reading, &fields);
    // Of the first form all are meant; of the second those that were left ticked.
    let chosen = looked.then_some(chosen);
    let plan = plan(&visit, &case, &messages, chosen.as_deref()).await?;
    match plan.unsaid(&messages) {
        Some(Language::English) => reading.wrong("message_en", Wrong::Missing),
        Some(Language::Chinese) => reading.wrong("message_zh", Wrong::Missing),
        None => {}
    }
    if let Err(problem) = reading.finish(Some(())) {
        let refused = refused(&visit, FORM, &fields, &problem);
        let shown = Shown { step: Step::Write, messages, refused: Some(refused) };
        return show(&visit, &case, plan, shown, status(&problem)).await;
    }
    if !(sends && looked) {
        return show(&visit, &case, plan, Shown { step: Step::Look, messages, refused: None }, StatusCode::OK).await;
    }
    let done = plan.carry_out(&visit.app.store, visit.rights(), chosen.as_deref(), visit.language()).await?;
    visit.record("case.resolved", case.id).await?;
    show(&visit, &case, done, Shown { step: Step::Done, messages, refused: None }, StatusCode::OK).await
}

async fn must_work(visit: &Visit, case: &Case) -> Result<(), Problem> {
    let ids: Vec<TicketId> = case.tickets.iter().copied().collect();
    let records = tickets::by_ids(&visit.app.store, &ids).await?;
    let works = records.iter().any(|record| visit.may_with(Verb::WorkTicket, &record.ticket));
    if works { Ok(()) } else { Err(not_allowed(visit.rights())) }
}

fn messages(reading: &mut Reading<'_>) -> Messages {
    let fields = [(Language::English, "message_en"), (Language::Chinese, "message_zh")];
    let said = fields.map(|(language, name)| (language, reading.optional::<Prose>(name)));
    said.into_iter().filter_map(|(language, text)| Some((language, text?.0))).collect()
}

/// `1042:7`: the number, and the version that was looked at.
fn chosen(reading: &mut Reading<'_>, fields: &FormFields) -> Vec<Chosen> {
    reading.filled("tickets");
    let mut chosen = Vec::new();
    for text in fields.all("tickets") {
        let pair = text.split_once(':').and_then(|(number, version)| {
            Some(Chosen { number: number.parse().ok()?, version: version.parse().ok()? })
        });
        match pair {
            Some(one) if chosen.len() < TICKETS_MAX => chosen.push(one),
            Some(_) => reading.wrong("tickets", Wrong::TooMany { max: TICKETS_MAX }),
            None => reading.wrong("tickets", Wrong::NoSuch),
        }
    }
    chosen
}

struct Shown {
    step: Step,
    messages: Messages,
    refused: Option<Refused>,
}

async fn show(visit: &Visit, case: &Case, plan: Plan, shown: Shown, status: StatusCode) -> Result<Response, Problem> {
    let mut shell = shell(visit, Nav::Cases).await?;
    shell.path = format!("/cases/{}/resolution", case.id);
    let languages = plan.languages();
    let text = |language| shown.messages.get(&language).cloned().unwrap_or_default();
    let page = ResolutionPage {
        shell,
        case: case.id.to_string(),
        operator: names::operator(visit, &case.operator),
        reference: case.reference.clone().unwrap_or_default(),
        with_operator: case.state.kind().is_with_operator(),
        step: shown.step.as_str().to_owned(),
        ready: plan.ready(),
        resolved: plan.lines.iter().filter(|line| line.standing == Standing::Resolved).count(),
        has_refused: plan.lines.iter().any(|line| matches!(line.standing, Standing::Refused(_))),
        needs_en: languages.contains(&Language::English),
        needs_zh: languages.contains(&Language::Chinese),
        message_en: text(Language::English),
        message_zh: text(Language::Chinese),
        rows: rows(&plan),
        refused: shown.refused,
    };
    visit.page_with(status, &page)
}

/// The same words are shown once.
fn rows(plan: &Plan) -> Vec<ResolutionRow> {
    let mut said = BTreeMap::new();
    let mut rows = Vec::with_capacity(plan.lines.len());
    for line in &plan.lines {
        let first: i64 = *said.entry(line.message.as_str()).or_insert_with(|| line.number());
        rows.push(row(line, Some(first).filter(|first| *first != line.number())));
    }
    rows
}

fn row(line: &Line, same_as: Option<i64>) -> ResolutionRow {
    // The ticket was read before it was resolved.
    let state = if line.standing == Standing::Resolved { StateKind::Resolved } else { line.record.ticket.state.kind() };
    ResolutionRow {
        number: line.number(),
        version: line.record.ticket.version,
        subject: line.record.words.subject.clone(),
        customer: line.customer.clone(),
        requester: line.requester.clone(),
        language: line.language.as_str().to_owned(),
        state: state.as_str().to_owned(),
        standing: line.standing.as_str().to_owned(),
        why: line.standing.why().map(str::to_owned),
        told_in: line.told_in,
        message: line.message.clone(),
        same_as: same_as.filter(|_| !line.message.is_empty()),
    }
}
