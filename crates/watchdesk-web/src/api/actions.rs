//! What is done to a ticket. Each is a sub-resource that is posted to; core decides.

use axum::extract::State;
use watchdesk_core::Instant;
use watchdesk_core::command::{Assignment, CallDirection, CloseReason, Command, Then};
use watchdesk_core::ids::{AttachmentId, MessageId, Slug, TicketId, TicketNumber};
use watchdesk_core::rights::Verb;
use watchdesk_core::ticket::{LinkKind, Severity};
use watchdesk_store::fresh_id;
use watchdesk_store::tickets as store_tickets;

use super::answer::{Answer, Answered};
use super::lookup;
use super::request::{Call, Nothing, Target, named_ticket};
use super::tickets::{after, carry_out};
use super::views::TicketView;
use super::words::{BodyType, finished, plain_words, words};
use crate::app::App;
use crate::input::{Change, Email, Line, ListText, Prose, Wrong, choices, request};
use crate::problem::{Problem, not_allowed};

request! {
    pub(crate) struct TriageRequest {
        category: Slug,
        /// Where the category needs one.
        service: Option<Slug>,
        severity: Severity,
        /// Id or address of an agent.
        owner: Option<ListText>,
        /// Id or slug of a team.
        team: Option<ListText>,
    }
}

pub(crate) async fn triage(State(app): State<App>, ticket: Target, call: Call<TriageRequest>) -> Answered<TicketView> {
    let body = call.body.clone();
    let given = |named: Option<ListText>| named.map_or(Change::Keep, |named| Change::To(Some(named)));
    let assignment = lookup::assignment(&app, given(body.owner), given(body.team)).await?;
    let (category, service, severity) = (body.category, body.service, body.severity);
    carry_out(&app, &ticket, &call, Command::Triage { category, service, severity, assignment }).await
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum ThenInput {
    #[default]
    Stay,
    Wait,
}

choices! {
    ThenInput { "stay" => ThenInput::Stay, "wait" => ThenInput::Wait }
}

request! {
    /// A public word to the customer, sent by mail.
    pub(crate) struct ReplyRequest {
        body: Prose,
        /// HTML is cleaned.
        body_type: Option<BodyType>,
        /// `wait`: we asked the customer something.
        then: Option<ThenInput>,
        /// With `wait`: come back by then at the latest.
        until: Option<Instant>,
        /// Further recipients.
        cc: Option<Vec<Email>>,
        attachments: Option<Vec<AttachmentId>>,
    }
}

pub(crate) async fn reply(State(app): State<App>, ticket: Target, call: Call<ReplyRequest>) -> Answered<TicketView> {
    let body = call.body.clone();
    let then = match (body.then.unwrap_or_default(), body.until) {
        (ThenInput::Stay, None) => Then::Stay,
        (ThenInput::Stay, Some(_)) => return Err(Problem::invalid("until", Wrong::NotWith("then: stay"))),
        (ThenInput::Wait, until) => Then::Wait { until },
    };
    let said = finished(body.body)?;
    let words = words(&app, call.caller.reference(), said, body.body_type, body.cc, body.attachments).await?;
    carry_out(&app, &ticket, &call, Command::Reply { words, then }).await
}

request! {
    /// A word among ourselves; no customer ever sees it.
    pub(crate) struct NoteRequest {
        body: Prose,
        attachments: Option<Vec<AttachmentId>>,
    }
}

pub(crate) async fn note(State(app): State<App>, ticket: Target, call: Call<NoteRequest>) -> Answered<TicketView> {
    let body = call.body.clone();
    let words = words(&app, call.caller.reference(), body.body, None, None, body.attachments).await?;
    carry_out(&app, &ticket, &call, Command::Note { words }).await
}

request! {
    /// The customer was spoken to.
    pub(crate) struct CallRequest {
        direction: CallDirection,
        /// What was said; kept as a note.
        body: Prose,
        /// Never later than now; now where nothing is said.
        at: Option<Instant>,
    }
}

pub(crate) async fn log_call(State(app): State<App>, ticket: Target, call: Call<CallRequest>) -> Answered<TicketView> {
    let body = call.body.clone();
    let at = at_or_now(&app, body.at).await?;
    let command = Command::LogCall { words: plain_words(body.body), direction: body.direction, at };
    carry_out(&app, &ticket, &call, command).await
}

/// The time of a fact.
pub(super) async fn at_or_now(app: &App, at: Option<Instant>) -> Result<Instant, Problem> {
    Ok(match at {
        Some(at) => at,
        None => app.store.now().await?,
    })
}

request! {
    /// Who works on it; absent leaves it, `null` takes it away.
    pub(crate) struct AssignmentRequest {
        /// Id or address of an agent.
        owner: Change<ListText>,
        /// Id or slug of a team.
        team: Change<ListText>,
    }
}

pub(crate) async fn assign(
    State(app): State<App>,
    ticket: Target,
    call: Call<AssignmentRequest>,
) -> Answered<TicketView> {
    let AssignmentRequest { owner, team } = call.body.clone();
    let assignment = lookup::assignment(&app, owner, team).await?;
    if assignment == Assignment::default() {
        return Err(Problem::invalid("owner", Wrong::Missing));
    }
    carry_out(&app, &ticket, &call, Command::Assign(assignment)).await
}

request! {
    /// Resolved is only what the customer is told about.
    pub(crate) struct ResolutionRequest {
        body: Prose,
        /// HTML is cleaned.
        body_type: Option<BodyType>,
        cc: Option<Vec<Email>>,
        attachments: Option<Vec<AttachmentId>>,
    }
}

pub(crate) async fn resolve(
    State(app): State<App>,
    ticket: Target,
    call: Call<ResolutionRequest>,
) -> Answered<TicketView> {
    let body = call.body.clone();
    let said = finished(body.body)?;
    let words = words(&app, call.caller.reference(), said, body.body_type, body.cc, body.attachments).await?;
    carry_out(&app, &ticket, &call, Command::Resolve { words }).await
}

request! {
    pub(crate) struct ReopeningRequest {
        /// Why; kept as a note.
        body: Option<Prose>,
    }
}

pub(crate) async fn reopen(
    State(app): State<App>,
    ticket: Target,
    call: Call<ReopeningRequest>,
) -> Answered<TicketView> {
    let words = call.body.body.clone().map(plain_words);
    carry_out(&app, &ticket, &call, Command::Reopen { words }).await
}

request! {
    pub(crate) struct ClosingRequest {
        reason: CloseReason,
    }
}

pub(crate) async fn close(State(app): State<App>, ticket: Target, call: Call<ClosingRequest>) -> Answered<TicketView> {
    carry_out(&app, &ticket, &call, Command::Close { reason: call.body.reason }).await
}

request! {
    pub(crate) struct MergeRequest {
        /// The number of the ticket that goes on; of the same customer.
        into: TicketNumber,
    }
}

pub(crate) async fn merge(State(app): State<App>, ticket: Target, call: Call<MergeRequest>) -> Answered<TicketView> {
    let into = named_ticket(&app, &call.caller, "into", call.body.into).await?.ticket.id;
    carry_out(&app, &ticket, &call, Command::Merge { into }).await
}

pub(crate) async fn unmerge(State(app): State<App>, ticket: Target, call: Call<Nothing>) -> Answered<TicketView> {
    carry_out(&app, &ticket, &call, Command::Unmerge).await
}

request! {
    /// Messages that are about something else go to a ticket of their own.
    pub(crate) struct SplitRequest {
        messages: std::collections::BTreeSet<MessageId>,
        /// Else the subject of this ticket.
        subject: Option<Line>,
    }
}

/// The new ticket.
pub(crate) async fn split(State(app): State<App>, ticket: Target, call: Call<SplitRequest>) -> Answered<TicketView> {
    let body = call.body.clone();
    let subject = body.subject.map_or_else(|| ticket.words.subject.clone(), |subject| subject.0);
    let command = Command::Split { messages: body.messages, into: TicketId(fresh_id()), subject };
    let executed = call.execute(&app, watchdesk_core::command::Unit::ticket(ticket.ticket.id, command)).await?;
    // The source comes first; a request that was repeated names what the first one made.
    let made = executed.tickets.iter().find(|made| made.id != ticket.ticket.id).ok_or(Problem::NotFound)?;
    let view = after(&app, &call.caller, made.id).await?;
    Ok(Answer::created(format!("/tickets/{}", made.number), view).version(made.version))
}

request! {
    pub(crate) struct SnoozeRequest {
        until: Instant,
    }
}

pub(crate) async fn snooze(State(app): State<App>, ticket: Target, call: Call<SnoozeRequest>) -> Answered<TicketView> {
    carry_out(&app, &ticket, &call, Command::Snooze { until: call.body.until }).await
}

pub(crate) async fn wake(State(app): State<App>, ticket: Target, call: Call<Nothing>) -> Answered<TicketView> {
    carry_out(&app, &ticket, &call, Command::Wake).await
}

request! {
    pub(crate) struct LinkRequest {
        /// The number of the other ticket.
        to: TicketNumber,
        /// How this ticket sees the other.
        kind: LinkKind,
    }
}

pub(crate) async fn link(State(app): State<App>, ticket: Target, call: Call<LinkRequest>) -> Answered<TicketView> {
    let to = named_ticket(&app, &call.caller, "to", call.body.to).await?.ticket.id;
    carry_out(&app, &ticket, &call, Command::Link { to, kind: call.body.kind }).await
}

/// A link to a ticket that one may not see any more can still be taken away.
pub(crate) async fn unlink(State(app): State<App>, ticket: Target, call: Call<LinkRequest>) -> Answered<TicketView> {
    if !call.caller.may_with(Verb::WorkTicket, &ticket.ticket) {
        return Err(not_allowed(call.caller.actor()));
    }
    let other = store_tickets::by_number(&app.store, call.body.to).await?;
    let linked = other.filter(|other| ticket.ticket.links.iter().any(|link| link.to == other.ticket.id));
    let to = linked.ok_or_else(|| Problem::no_such("to"))?.ticket.id;
    carry_out(&app, &ticket, &call, Command::Unlink { to, kind: call.body.kind }).await
}

request! {
    pub(crate) struct IncidentRequest {
        /// The operator's number of the incident, such as EX226792.
        reference: Line,
    }
}

pub(crate) async fn link_incident(
    State(app): State<App>,
    ticket: Target,
    call: Call<IncidentRequest>,
) -> Answered<TicketView> {
    let reference = call.body.reference.0.clone();
    carry_out(&app, &ticket, &call, Command::LinkIncident { reference }).await
}

pub(crate) async fn unlink_incident(
    State(app): State<App>,
    ticket: Target,
    call: Call<IncidentRequest>,
) -> Answered<TicketView> {
    let reference = call.body.reference.0.clone();
    carry_out(&app, &ticket, &call, Command::UnlinkIncident { reference }).await
}
