//! Cases with the operator. The same handlers answer under `/cases/{id}` and under `/tickets/{number}/case`, which is
//! the ticket's open case, else its latest.

use std::collections::BTreeMap;

use axum::extract::{FromRequestParts, RawPathParams, State};
use axum::http::request::Parts;
use uuid::Uuid;
use watchdesk_core::Instant;
use watchdesk_core::case::{
    AnswerOutcome, Case, CaseStateKind, EscalationReason, Evidence, FilingChannel, Handing, Measure, Queue,
};
use watchdesk_core::command::{AmendCase, CallDirection, CaseCommand, Command, DraftCase, Unit, WordFrom};
use watchdesk_core::desk::Language;
use watchdesk_core::ids::{AgentId, AttachmentId, CaseId, Slug, TicketId, TicketNumber};
use watchdesk_core::ticket::Severity;
use watchdesk_store::cases::{self, CaseFilter};
use watchdesk_store::tickets::{self, TicketRecord};
use watchdesk_store::{Cursor, desk, directory, disclosures, fresh_id};

use super::actions::at_or_now;
use super::answer::{Answer, Answered, Listed, listed, whole};
use super::request::{Call, Nothing, Query, Target, named_ticket, path_part};
use super::views::{CaseSummary, CaseView, DisclosureView, case_view};
use super::words::{plain_words, words};
use crate::app::App;
use crate::case_calls::Call as OperatorCall;
use crate::evidence;
use crate::handing;
use crate::input::{Limit, Line, OneOrMany, Prose, Wrong, choices, request};
use crate::middleware::authenticate::Caller;
use crate::problem::Problem;

choices! {
    CaseStateKind {
        "drafted" => CaseStateKind::Drafted, "filed" => CaseStateKind::Filed,
        "acknowledged" => CaseStateKind::Acknowledged, "waiting_on_us" => CaseStateKind::WaitingOnUs,
        "answered" => CaseStateKind::Answered, "refused" => CaseStateKind::Refused,
        "withdrawn" => CaseStateKind::Withdrawn, "confirmed" => CaseStateKind::Confirmed,
        "reopened" => CaseStateKind::Reopened,
    }
    Queue {
        "customer_request" => Queue::CustomerRequest, "partner_center_request" => Queue::PartnerCenterRequest,
        "customer_files" => Queue::CustomerFiles,
    }
    Measure {
        "training" => Measure::Training, "documentation" => Measure::Documentation, "tool" => Measure::Tool,
        "process" => Measure::Process, "none" => Measure::None,
    }
}

/// The case that the path names. Whoever sees none of its tickets, or may see no cases, does not find it.
#[derive(Debug, Clone)]
pub(crate) struct CaseTarget(pub Case);

impl FromRequestParts<App> for CaseTarget {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, app).await?;
        if !caller.may_see_cases() {
            return Err(Problem::NotFound);
        }
        let parameters = RawPathParams::from_request_parts(parts, app).await.map_err(|_| Problem::NotFound)?;
        if parameters.iter().any(|(name, _)| name == "number") {
            let ticket = Target::from_request_parts(parts, app).await?;
            return case_of(app, &ticket).await?.map(Self).ok_or(Problem::NotFound);
        }
        let id = Uuid::try_parse(&path_part(parts, app, "id").await?).map_err(|_| Problem::NotFound)?;
        readable(app, &caller, CaseId(id)).await?.map(Self).ok_or(Problem::NotFound)
    }
}

/// With the operator, else drafted, else the latest.
async fn case_of(app: &App, ticket: &TicketRecord) -> Result<Option<Case>, Problem> {
    let mut all = cases::of_ticket(&app.store, ticket.ticket.id).await?;
    all.sort_by_key(|case| (case.drafted_at, case.id));
    let rank = |case: &Case| match case.state.kind() {
        kind if kind.is_with_operator() => 2,
        CaseStateKind::Drafted => 1,
        _ => 0,
    };
    Ok(all.into_iter().max_by_key(rank))
}

/// The case, if the caller sees one of its tickets. He must also be one who may see cases at all.
pub(super) async fn readable(app: &App, caller: &Caller, id: CaseId) -> Result<Option<Case>, Problem> {
    let Some(case) = cases::by_id(&app.store, id).await? else { return Ok(None) };
    let ids: Vec<TicketId> = case.tickets.iter().copied().collect();
    let reach = caller.visibility();
    let seen = tickets::by_ids(&app.store, &ids).await?.iter().any(|record| reach.admits(&record.ticket));
    Ok(Some(case).filter(|_| seen && caller.may_see_cases()))
}

request! {
    pub(crate) struct CasesQuery {
        /// One or several, by commas.
        state: OneOrMany<CaseStateKind>,
        limit: Limit,
        cursor: Option<Cursor>,
    }
}

pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<CasesQuery>,
) -> Listed<CaseSummary> {
    if !caller.may_see_cases() {
        return Err(Problem::NotFound);
    }
    let filter = CaseFilter { state: query.state.0, ticket: None };
    let page = cases::list(&app.store, &caller.visibility(), &filter, query.limit.0, query.cursor.as_ref()).await?;
    let visible = visible_tickets(&app, &caller, &page.items).await?;
    let summary = |case: &Case| CaseSummary::new(case, case.tickets.iter().filter_map(|id| visible.get(id)));
    Ok(listed(page.items.iter().map(summary).collect(), page.next.as_ref()))
}

/// All cases of the ticket, in the order they were drafted.
pub(crate) async fn of_ticket(State(app): State<App>, caller: Caller, ticket: Target) -> Listed<CaseSummary> {
    if !caller.may_see_cases() {
        return Err(Problem::NotFound);
    }
    let all = cases::of_ticket(&app.store, ticket.ticket.id).await?;
    let visible = visible_tickets(&app, &caller, &all).await?;
    let summary = |case: &Case| CaseSummary::new(case, case.tickets.iter().filter_map(|id| visible.get(id)));
    Ok(whole(all.iter().map(summary).collect()))
}

/// Tickets of one page that are looked up; an outage may have many.
const TICKETS_MAX: usize = 1_000;

async fn visible_tickets(
    app: &App,
    caller: &Caller,
    cases: &[Case],
) -> Result<BTreeMap<TicketId, TicketRecord>, Problem> {
    let ids: Vec<TicketId> = cases.iter().flat_map(|case| case.tickets.iter().copied()).take(TICKETS_MAX).collect();
    let reach = caller.visibility();
    let records = tickets::by_ids(&app.store, &ids).await?.into_iter();
    Ok(records.filter(|record| reach.admits(&record.ticket)).map(|record| (record.ticket.id, record)).collect())
}

pub(crate) async fn read(State(app): State<App>, caller: Caller, case: CaseTarget) -> Answered<CaseView> {
    let version = case.0.version;
    Ok(Answer::ok(case_view(&app, &caller, case.0).await?).version(version))
}

request! {
    /// What the operator asks to see.
    pub(crate) struct EvidenceInput {
        /// What was tried, and what came of it.
        tried: Option<Prose>,
        impact: Option<Prose>,
        affected_users: Option<u32>,
        since: Option<Instant>,
        error_texts: Option<Prose>,
        tenant_id: Option<Line>,
        subscription_id: Option<Line>,
        /// In billing matters the operator asks to quote these.
        order_id: Option<Line>,
        customer_id: Option<Line>,
        mpn_id: Option<Line>,
        domain_name: Option<Line>,
        invoice_number: Option<Line>,
    }
}

impl From<EvidenceInput> for Evidence {
    fn from(input: EvidenceInput) -> Self {
        let prose = |text: Option<Prose>| text.map(|text| text.0).unwrap_or_default();
        let line = |text: Option<Line>| text.map(|text| text.0).unwrap_or_default();
        Self {
            tried: prose(input.tried),
            impact: prose(input.impact),
            affected_users: input.affected_users,
            since: input.since,
            error_texts: prose(input.error_texts),
            tenant_id: line(input.tenant_id),
            subscription_id: line(input.subscription_id),
            order_id: line(input.order_id),
            customer_id: line(input.customer_id),
            mpn_id: line(input.mpn_id),
            domain_name: line(input.domain_name),
            invoice_number: line(input.invoice_number),
        }
    }
}

request! {
    /// What the gate to the operator asks for. What is missing is said field by field.
    pub(crate) struct EscalationRequest {
        /// Why the desk cannot solve it itself.
        reason: Option<EscalationReason>,
        /// The one problem, in a sentence or two.
        summary: Option<Prose>,
        evidence: Option<EvidenceInput>,
        /// Else the ticket's.
        severity: Option<Severity>,
        /// Why the service's health cannot be checked.
        health_waiver: Option<Prose>,
        /// Why it is another problem than the open incident.
        not_this_incident: Option<Prose>,
        /// Why a lead escalates although it is the open incident.
        incident_override: Option<Prose>,
        /// `customer_request` where nothing is said.
        queue: Option<Queue>,
        /// Another operator than the one that has the ticket's service.
        operator: Option<Slug>,
        /// Files of the ticket that go along.
        attachments: Option<Vec<AttachmentId>>,
        /// Addresses and telephone numbers that are not masked in the packet, because the operator needs them.
        keep: Option<Vec<Line>>,
    }
}

/// How it is handed over: what is asked for, else as it was.
fn handing_of(
    before: &Handing,
    queue: Option<Queue>,
    attachments: Option<Vec<AttachmentId>>,
    keep: Option<Vec<Line>>,
) -> Handing {
    let keep = keep.map(|keep| keep.into_iter().map(|line| line.0).collect());
    Handing {
        queue: queue.unwrap_or(before.queue),
        attachments: attachments.unwrap_or_else(|| before.attachments.clone()),
        keep: keep.unwrap_or_else(|| before.keep.clone()),
    }
}

fn text(prose: Option<Prose>) -> Option<String> {
    prose.map(|prose| prose.0)
}

async fn operator_of(app: &App, ticket: &Target, named: Option<Slug>) -> Result<Slug, Problem> {
    let desk = desk::load(&app.store).await?;
    match named {
        None => Ok(desk.operator_of(ticket.ticket.service.as_ref()).slug),
        Some(slug) if desk.operators.contains_key(&slug) => Ok(slug),
        Some(_) => Err(Problem::invalid("operator", Wrong::NoSuch)),
    }
}

/// Drafts a case; filing it is the next step.
pub(crate) async fn escalate(
    State(app): State<App>,
    ticket: Target,
    call: Call<EscalationRequest>,
) -> Answered<CaseView> {
    let body = call.body.clone();
    let evidence = body.evidence.map(Evidence::from).unwrap_or_default();
    let draft = DraftCase {
        id: CaseId(fresh_id()),
        operator: operator_of(&app, &ticket, body.operator).await?,
        reason: body.reason,
        severity: body.severity,
        summary: text(body.summary).unwrap_or_default(),
        evidence: evidence::completed(&app, &ticket.ticket, evidence).await?,
        health_waiver: text(body.health_waiver),
        not_this_incident: text(body.not_this_incident),
        incident_override: text(body.incident_override),
        handing: handing_of(&Handing::default(), body.queue, body.attachments, body.keep),
    };
    let executed = call.execute(&app, Unit::ticket(ticket.ticket.id, Command::DraftCase(Box::new(draft)))).await?;
    let id = executed.cases.first().copied().ok_or(Problem::NotFound)?;
    let case = cases::by_id(&app.store, id).await?.ok_or(Problem::NotFound)?;
    let version = case.version;
    let view = case_view(&app, &call.caller, case).await?;
    Ok(Answer::created(format!("/cases/{id}"), view).version(version))
}

/// One command on the case of the path; the case as it then stands.
pub(super) async fn carry_out<T>(
    app: &App,
    case: &CaseTarget,
    call: &Call<T>,
    command: CaseCommand,
) -> Answered<CaseView> {
    call.execute(app, Unit::case(case.0.id, command)).await?;
    after(app, &call.caller, case.0.id).await
}

/// The case as it then stands.
async fn after(app: &App, caller: &Caller, id: CaseId) -> Answered<CaseView> {
    let case = cases::by_id(&app.store, id).await?.ok_or(Problem::NotFound)?;
    let version = case.version;
    Ok(Answer::ok(case_view(app, caller, case).await?).version(version))
}

request! {
    pub(crate) struct AddTicketRequest {
        /// The number of one more ticket with the same problem.
        number: TicketNumber,
    }
}

pub(crate) async fn add_ticket(
    State(app): State<App>,
    case: CaseTarget,
    call: Call<AddTicketRequest>,
) -> Answered<CaseView> {
    let ticket = named_ticket(&app, &call.caller, "number", call.body.number).await?.ticket.id;
    carry_out(&app, &case, &call, CaseCommand::AddTicket { ticket }).await
}

request! {
    /// Changes a draft; absent fields stay as they are.
    pub(crate) struct AmendmentRequest {
        reason: Option<EscalationReason>,
        severity: Option<Severity>,
        summary: Option<Prose>,
        /// Replaces all of it.
        evidence: Option<EvidenceInput>,
        health_waiver: Option<Prose>,
        not_this_incident: Option<Prose>,
        incident_override: Option<Prose>,
        queue: Option<Queue>,
        /// Replaces all of them.
        attachments: Option<Vec<AttachmentId>>,
        /// Replaces all of them.
        keep: Option<Vec<Line>>,
    }
}

pub(crate) async fn amend(
    State(app): State<App>,
    case: CaseTarget,
    call: Call<AmendmentRequest>,
) -> Answered<CaseView> {
    let body = call.body.clone();
    let is_handed_otherwise = body.queue.is_some() || body.attachments.is_some() || body.keep.is_some();
    let after = handing_of(&case.0.words.handing, body.queue, body.attachments, body.keep);
    let evidence = match body.evidence.map(Evidence::from) {
        Some(evidence) => Some(completed(&app, &case, evidence).await?),
        None => None,
    };
    let changes = AmendCase {
        handing: is_handed_otherwise.then_some(after),
        reason: body.reason,
        severity: body.severity,
        summary: text(body.summary),
        evidence,
        health_waiver: text(body.health_waiver),
        not_this_incident: text(body.not_this_incident),
        incident_override: text(body.incident_override),
    };
    if changes == AmendCase::default() {
        return Err(Problem::invalid("summary", Wrong::Missing));
    }
    carry_out(&app, &case, &call, CaseCommand::Amend(Box::new(changes))).await
}

/// With what is known of the customer of its first ticket.
async fn completed(app: &App, case: &CaseTarget, evidence: Evidence) -> Result<Evidence, Problem> {
    let first = case.0.tickets.first().copied();
    let Some(id) = first else { return Ok(evidence) };
    let record = tickets::by_id(&app.store, id).await?.ok_or(Problem::NotFound)?;
    Ok(evidence::completed(app, &record.ticket, evidence).await?)
}

request! {
    /// It is with the operator: its number, and how it was filed.
    pub(crate) struct FilingRequest {
        /// The number that the operator gave.
        reference: Line,
        channel: FilingChannel,
        /// The person at the operator's.
        contact: Option<Line>,
        severity: Option<Severity>,
        /// Never later than now; now where nothing is said.
        at: Option<Instant>,
    }
}

pub(crate) async fn file(State(app): State<App>, case: CaseTarget, call: Call<FilingRequest>) -> Answered<CaseView> {
    let body = call.body.clone();
    let person = directory::agent(&app.store, call.caller.agent()).await?.map(|agent| agent.name);
    let handed = handing::handed(&app, &person.unwrap_or_default(), &case.0, body.severity).await?;
    let command = CaseCommand::File {
        handed,
        reference: body.reference.0,
        channel: body.channel,
        contact: body.contact.map(|contact| contact.0),
        severity: body.severity,
        at: at_or_now(&app, body.at).await?,
    };
    carry_out(&app, &case, &call, command).await
}

/// What left the house, the oldest first.
pub(crate) async fn disclosures(State(app): State<App>, case: CaseTarget) -> Listed<DisclosureView> {
    let all = disclosures::of_case(&app.store, case.0.id).await?;
    Ok(whole(all.into_iter().map(DisclosureView::from).collect()))
}

request! {
    pub(crate) struct AcknowledgementRequest {
        /// The person at the operator's.
        contact: Option<Line>,
        at: Option<Instant>,
    }
}

pub(crate) async fn acknowledge(
    State(app): State<App>,
    case: CaseTarget,
    call: Call<AcknowledgementRequest>,
) -> Answered<CaseView> {
    let at = at_or_now(&app, call.body.at).await?;
    let contact = call.body.contact.clone().map(|contact| contact.0);
    carry_out(&app, &case, &call, CaseCommand::Acknowledge { contact, at }).await
}

request! {
    /// A word between the operator and us; no customer ever sees it.
    pub(crate) struct UpdateRequest {
        body: Prose,
        /// Whose word; the operator's where nothing is said.
        from: Option<WordFrom>,
        at: Option<Instant>,
        attachments: Option<Vec<AttachmentId>>,
    }
}

pub(crate) async fn update(State(app): State<App>, case: CaseTarget, call: Call<UpdateRequest>) -> Answered<CaseView> {
    let body = call.body.clone();
    let words = words(&app, call.caller.reference(), body.body, None, None, body.attachments).await?;
    let from = body.from.unwrap_or(WordFrom::Operator);
    let at = at_or_now(&app, body.at).await?;
    carry_out(&app, &case, &call, CaseCommand::Update { words, from, at }).await
}

request! {
    /// The operator called, or we did; kept as a word between the two of us.
    pub(crate) struct OperatorCallRequest {
        direction: CallDirection,
        /// What was said.
        body: Option<Prose>,
        /// An engineer spoke to us: the first contact, where there was none yet. True where nothing is said.
        engineer: Option<bool>,
        /// Never later than now; now where nothing is said.
        at: Option<Instant>,
    }
}

pub(crate) async fn call(
    State(app): State<App>,
    case: CaseTarget,
    call: Call<OperatorCallRequest>,
) -> Answered<CaseView> {
    let body = call.body.clone();
    let spoken = OperatorCall {
        direction: body.direction,
        engineer: body.engineer.unwrap_or(true),
        at: at_or_now(&app, body.at).await?,
        body: text(body.body).unwrap_or_default(),
    };
    let agent = directory::agent(&app.store, call.caller.agent()).await?;
    let language = agent.map_or(Language::English, |agent| agent.language);
    call.execute(&app, spoken.unit(&case.0, language)).await?;
    after(&app, &call.caller, case.0.id).await
}

request! {
    pub(crate) struct WaitingOnUsRequest {
        at: Option<Instant>,
    }
}

pub(crate) async fn wait_on_us(
    State(app): State<App>,
    case: CaseTarget,
    call: Call<WaitingOnUsRequest>,
) -> Answered<CaseView> {
    let at = at_or_now(&app, call.body.at).await?;
    carry_out(&app, &case, &call, CaseCommand::WaitOnUs { at }).await
}

request! {
    pub(crate) struct SeverityRequest {
        severity: Severity,
    }
}

pub(crate) async fn change_severity(
    State(app): State<App>,
    case: CaseTarget,
    call: Call<SeverityRequest>,
) -> Answered<CaseView> {
    carry_out(&app, &case, &call, CaseCommand::ChangeSeverity { severity: call.body.severity }).await
}

request! {
    pub(crate) struct AnswerRequest {
        body: Prose,
        outcome: AnswerOutcome,
        at: Option<Instant>,
        attachments: Option<Vec<AttachmentId>>,
    }
}

pub(crate) async fn answer(State(app): State<App>, case: CaseTarget, call: Call<AnswerRequest>) -> Answered<CaseView> {
    let body = call.body.clone();
    let words = words(&app, call.caller.reference(), body.body, None, None, body.attachments).await?;
    let at = at_or_now(&app, body.at).await?;
    carry_out(&app, &case, &call, CaseCommand::Answer { words, outcome: body.outcome, at }).await
}

request! {
    pub(crate) struct RefusalRequest {
        /// In the operator's words.
        reason: Prose,
        at: Option<Instant>,
    }
}

pub(crate) async fn refuse(State(app): State<App>, case: CaseTarget, call: Call<RefusalRequest>) -> Answered<CaseView> {
    let at = at_or_now(&app, call.body.at).await?;
    let words = plain_words(call.body.reason.clone());
    carry_out(&app, &case, &call, CaseCommand::Refuse { words, at }).await
}

request! {
    pub(crate) struct WithdrawalRequest {
        /// Needed once it is filed.
        reason: Option<Prose>,
    }
}

pub(crate) async fn withdraw(
    State(app): State<App>,
    case: CaseTarget,
    call: Call<WithdrawalRequest>,
) -> Answered<CaseView> {
    let reason = text(call.body.reason.clone()).unwrap_or_default();
    carry_out(&app, &case, &call, CaseCommand::Withdraw { reason }).await
}

pub(crate) async fn confirm(State(app): State<App>, case: CaseTarget, call: Call<Nothing>) -> Answered<CaseView> {
    carry_out(&app, &case, &call, CaseCommand::Confirm).await
}

pub(crate) async fn reopen(State(app): State<App>, case: CaseTarget, call: Call<Nothing>) -> Answered<CaseView> {
    carry_out(&app, &case, &call, CaseCommand::Reopen).await
}

request! {
    /// What was learned from a case that was refused or withdrawn. Said again, it takes the place of what was said.
    pub(crate) struct LessonRequest {
        body: Prose,
        /// What is done about it.
        measure: Measure,
        /// Who sees to it.
        owner: Option<AgentId>,
    }
}

pub(crate) async fn learn(State(app): State<App>, case: CaseTarget, call: Call<LessonRequest>) -> Answered<CaseView> {
    let body = call.body.clone();
    let command = CaseCommand::Learn { body: body.body.0, measure: body.measure, owner: body.owner };
    carry_out(&app, &case, &call, command).await
}
