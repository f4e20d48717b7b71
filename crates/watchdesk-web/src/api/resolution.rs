//! One answer for all tickets of a case.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use watchdesk_core::desk::Language;
use watchdesk_core::ids::TicketNumber;
use watchdesk_core::rights::Verb;

use super::answer::{Answer, Answered};
use super::cases::CaseTarget;
use super::request::Call;
use crate::app::App;
use crate::input::{Prose, Wrong, request};
use crate::problem::{Problem, not_allowed};
use crate::resolution::{self, Chosen, Line, Messages, TICKETS_MAX};

request! {
    /// What is said to the customers, each in his language.
    pub(crate) struct CaseMessagesInput {
        /// In English; needed where somebody reads English.
        en: Option<Prose>,
        /// In Chinese; needed where somebody reads Chinese.
        "zh-CN" => zh: Option<Prose>,
    }
}

request! {
    /// A ticket, as it was looked at.
    pub(crate) struct ChosenTicketInput {
        number: TicketNumber,
        version: u32,
    }
}

request! {
    /// Resolves the tickets of a case whose customers are all told the same. A person with several tickets gets one mail.
    pub(crate) struct CaseResolutionRequest {
        messages: CaseMessagesInput,
        /// At most 200; all that can be resolved where nothing is said.
        tickets: Option<Vec<ChosenTicketInput>>,
        /// Only says what would happen.
        dry_run: Option<bool>,
    }
}

/// What became of each ticket.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CaseResolution)]
pub(crate) struct ResolutionView {
    /// Nothing was done: this is what would be.
    dry_run: bool,
    tickets: Vec<ResolutionLine>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CaseResolutionTicket)]
pub(crate) struct ResolutionLine {
    number: i64,
    version: i64,
    /// `ready`, `over`, `not_now`, `left_out`, `resolved`, `refused`.
    standing: &'static str,
    /// Why it was refused.
    why: Option<String>,
    /// `en`, `zh-CN`.
    language: &'static str,
    /// The ticket in whose mail its customer is told, where that is another one.
    told_in: Option<i64>,
    message: String,
}

impl From<Line> for ResolutionLine {
    fn from(line: Line) -> Self {
        Self {
            number: line.number(),
            version: line.record.ticket.version,
            standing: line.standing.as_str(),
            why: line.standing.why().map(str::to_owned),
            language: line.language.as_str(),
            told_in: line.told_in,
            message: line.message,
        }
    }
}

pub(crate) async fn resolve(
    State(app): State<App>,
    CaseTarget(case): CaseTarget,
    call: Call<CaseResolutionRequest>,
) -> Answered<ResolutionView> {
    let CaseResolutionRequest { messages, tickets, dry_run } = call.body.clone();
    let said = [(Language::English, messages.en), (Language::Chinese, messages.zh)];
    let messages: Messages = said.into_iter().filter_map(|(language, text)| Some((language, text?.0))).collect();
    if tickets.as_ref().is_some_and(|tickets| tickets.len() > TICKETS_MAX) {
        return Err(Problem::invalid("tickets", Wrong::TooMany { max: TICKETS_MAX }));
    }
    let chosen: Option<Vec<Chosen>> = tickets.map(|tickets| {
        tickets.iter().map(|one| Chosen { number: one.number.0, version: i64::from(one.version) }).collect()
    });
    let (store, actor) = (&app.store, call.caller.actor());
    let reach = call.caller.visibility();
    let mut plan = resolution::plan(store, actor, &reach, &case, &messages, chosen.as_deref()).await?;
    if !plan.lines.iter().any(|line| call.caller.may_with(Verb::WorkTicket, &line.record.ticket)) {
        return Err(not_allowed(actor));
    }
    let unknown = |one: &Chosen| plan.lines.iter().all(|line| line.number() != one.number);
    if chosen.iter().flatten().any(unknown) {
        return Err(Problem::no_such("tickets"));
    }
    match plan.unsaid(&messages) {
        Some(Language::English) => return Err(Problem::invalid("messages.en", Wrong::Missing)),
        Some(Language::Chinese) => return Err(Problem::invalid("messages.zh-CN", Wrong::Missing)),
        None => {}
    }
    let dry_run = dry_run.unwrap_or(false);
    if !dry_run {
        plan = plan.carry_out(store, actor, chosen.as_deref(), Language::English).await?;
    }
    Ok(Answer::ok(ResolutionView { dry_run, tickets: plan.lines.into_iter().map(ResolutionLine::from).collect() }))
}
