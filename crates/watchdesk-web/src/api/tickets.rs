//! Tickets: opened, listed, read, changed.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::State;
use watchdesk_core::Instant;
use watchdesk_core::command::{Command, FieldChanges, OpenTicket, Unit};
use watchdesk_core::ids::{AttachmentId, CustomerId, Slug, TicketId};
use watchdesk_core::rights::{Object, Verb, authorize};
use watchdesk_core::ticket::{Channel, Severity, StateKind};
use watchdesk_store::directory::{self, Contact};
use watchdesk_store::tickets::{self, OwnerFilter, Sort, TicketFilter, TicketRecord};
use watchdesk_store::{Cursor, Executed, fresh_id};

use super::answer::{Answer, Answered, List, Listed, listed};
use super::lookup;
use super::request::{Call, Query, Target};
use super::views::{self, EventView, MessageView, Names, TicketSummary, TicketView, is_about_cases};
use super::words::words;
use crate::app::App;
use crate::input::{Change, Email, Limit, Line, ListText, OneOrMany, Prose, Wrong, request};
use crate::middleware::authenticate::Caller;
use crate::problem::{Problem, not_allowed};

request! {
    /// A customer's problem, as it reached the desk.
    pub(crate) struct OpenRequest {
        subject: Line,
        /// What the customer wrote or said.
        body: Prose,
        requester: RequesterInput,
        /// How it reached us; `api` where nothing is said.
        channel: Option<Channel>,
        /// When it reached us, never later than now; now where nothing is said.
        at: Option<Instant>,
        category: Option<Slug>,
        service: Option<Slug>,
        severity: Option<Severity>,
        /// Else the requester's, or that of his mail domain.
        customer: Option<CustomerId>,
        /// Id or slug.
        team: Option<ListText>,
        custom_fields: Option<BTreeMap<String, Line>>,
        attachments: Option<Vec<AttachmentId>>,
        /// Whether the requester gets the automatic acknowledgement; usually he does, but not for a call.
        acknowledge: Option<bool>,
    }
}

request! {
    /// Who has the problem; unknown ones become contacts.
    pub(crate) struct RequesterInput {
        email: Email,
        name: Option<Line>,
    }
}

pub(crate) async fn open(State(app): State<App>, call: Call<OpenRequest>) -> Answered<TicketView> {
    let body = call.body.clone();
    let requester = requester(&app, &call.caller, &body.requester, body.customer).await?;
    let customer = body.customer.or(requester.customer);
    let channel = body.channel.unwrap_or(Channel::Api);
    let team = match &body.team {
        Some(named) => Some(lookup::team(&app, "team", named).await?),
        None => None,
    };
    let at = match body.at {
        Some(at) => at,
        None => app.store.now().await?,
    };
    let custom_fields = body.custom_fields.unwrap_or_default();
    let open = OpenTicket {
        subject: body.subject.0,
        words: words(&app, call.caller.reference(), body.body, None, None, body.attachments).await?,
        requester: requester.id,
        customer,
        mailbox: None,
        channel,
        at,
        category: body.category,
        service: body.service,
        severity: body.severity,
        team,
        custom_fields: custom_fields.into_iter().map(|(name, value)| (name, value.0)).collect(),
        acknowledge: body.acknowledge.unwrap_or(channel != Channel::Phone),
        follow_up_of: None,
        imported: false,
    };
    let unit = Unit::ticket(TicketId(fresh_id()), Command::Open(Box::new(open)));
    let executed = call.execute(&app, unit).await?;
    opened(&app, &call.caller, &executed).await
}

/// The ticket that a request opened.
pub(super) async fn opened(app: &App, caller: &Caller, executed: &Executed) -> Answered<TicketView> {
    let Some(reference) = executed.tickets.first() else { return Err(Problem::NotFound) };
    let view = after(app, caller, reference.id).await?;
    Ok(Answer::created(format!("/tickets/{}", reference.number), view).version(reference.version))
}

/// The ticket as it now stands, for whoever just changed it.
pub(super) async fn after(app: &App, caller: &Caller, id: TicketId) -> Result<TicketView, Problem> {
    let record = tickets::by_id(&app.store, id).await?.ok_or(Problem::NotFound)?;
    Ok(views::ticket_view(&app.store, &caller.visibility(), record).await?)
}

/// Nobody becomes a contact through somebody who may not open a ticket for him.
async fn requester(
    app: &App,
    caller: &Caller,
    named: &RequesterInput,
    customer: Option<CustomerId>,
) -> Result<Contact, Problem> {
    let known = directory::contact_by_email(&app.store, &named.email.0).await?;
    let own = match (&known, named.email.0.rsplit_once('@')) {
        (Some(contact), _) => contact.customer,
        (None, Some((_, domain))) => {
            directory::customer_by_domain(&app.store, domain).await?.map(|customer| customer.id)
        }
        (None, None) => None,
    };
    let customer = customer.or(own);
    if !authorize(caller.actor(), Verb::OpenTicket, Object::NewTicket { customer }) {
        return Err(not_allowed(caller.actor()));
    }
    if let Some(known) = known {
        return Ok(known);
    }
    let name = named.name.as_ref().map_or("", |name| name.0.as_str());
    Ok(directory::find_or_create_contact(&app.store, &named.email.0, name, app.store.now().await?).await?)
}

request! {
    /// Which tickets, and in which order.
    pub(crate) struct ListQuery {
        /// One or several, by commas.
        state: OneOrMany<StateKind>,
        /// Id or address of an agent, `me`, or `none`.
        owner: Option<ListText>,
        /// Id or slug.
        team: Option<ListText>,
        customer: Option<CustomerId>,
        severity: Option<Severity>,
        /// `due` shows unfinished tickets only.
        sort: Option<Sort>,
        limit: Limit,
        cursor: Option<Cursor>,
    }
}

pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Listed<TicketSummary> {
    let filter = TicketFilter {
        state: query.state.0,
        owner: owner_filter(&app, &caller, query.owner.as_ref()).await?,
        team: match &query.team {
            Some(named) => Some(lookup::team(&app, "team", named).await?),
            None => None,
        },
        customer: query.customer,
        severity: query.severity,
        text: None,
    };
    let sort = query.sort.unwrap_or(Sort::Due);
    page(&app, &caller, &filter, sort, query.limit, query.cursor.as_ref()).await
}

/// A page of the tickets that the caller may see.
pub(super) async fn page(
    app: &App,
    caller: &Caller,
    filter: &TicketFilter,
    sort: Sort,
    limit: Limit,
    cursor: Option<&Cursor>,
) -> Listed<TicketSummary> {
    let page = tickets::list(&app.store, &caller.visibility(), filter, sort, limit.0, cursor).await?;
    Ok(listed(views::summaries(&app.store, page.items).await?, page.next.as_ref()))
}

async fn owner_filter(app: &App, caller: &Caller, named: Option<&ListText>) -> Result<Option<OwnerFilter>, Problem> {
    Ok(match named {
        None => None,
        Some(named) if named.0 == "none" => Some(OwnerFilter::Nobody),
        Some(named) if named.0 == "me" => Some(OwnerFilter::Agent(caller.agent())),
        Some(named) => Some(OwnerFilter::Agent(lookup::agent(app, "owner", named).await?)),
    })
}

pub(crate) async fn read(State(app): State<App>, caller: Caller, ticket: Target) -> Answered<TicketView> {
    let version = ticket.ticket.version;
    let view = views::ticket_view(&app.store, &caller.visibility(), ticket.0).await?;
    Ok(Answer::ok(view).version(version))
}

request! {
    /// Fields to set; absent ones stay as they are.
    pub(crate) struct ChangeRequest {
        subject: Option<Line>,
        severity: Option<Severity>,
        category: Option<Slug>,
        service: Change<Slug>,
        customer: Change<CustomerId>,
        tags: Option<BTreeSet<Line>>,
        /// Ids or addresses of agents.
        watchers: Option<Vec<ListText>>,
        /// A desk's own name for where the ticket stands.
        label: Change<Slug>,
        custom_fields: Option<BTreeMap<String, Line>>,
    }
}

pub(crate) async fn change(State(app): State<App>, ticket: Target, call: Call<ChangeRequest>) -> Answered<TicketView> {
    call.expected.required()?;
    let body = call.body.clone();
    let watchers = match &body.watchers {
        Some(named) => Some(lookup::agents(&app, "watchers", named).await?),
        None => None,
    };
    let changes = FieldChanges {
        severity: body.severity,
        category: body.category,
        service: body.service.into_option(),
        customer: body.customer.into_option(),
        tags: body.tags.map(|tags| tags.into_iter().map(|tag| tag.0).collect()),
        watchers,
        label: body.label.into_option(),
        custom_fields: body
            .custom_fields
            .map(|fields| fields.into_iter().map(|(name, value)| (name, value.0)).collect()),
        subject: body.subject.map(|subject| subject.0),
    };
    carry_out(&app, &ticket, &call, Command::Change(Box::new(changes))).await
}

/// One command on the ticket of the path; the ticket as it then stands.
pub(super) async fn carry_out<T>(
    app: &App,
    ticket: &TicketRecord,
    call: &Call<T>,
    command: Command,
) -> Answered<TicketView> {
    call.execute(app, Unit::ticket(ticket.ticket.id, command)).await?;
    let record = tickets::by_id(&app.store, ticket.ticket.id).await?.ok_or(Problem::NotFound)?;
    let version = record.ticket.version;
    let view = views::ticket_view(&app.store, &call.caller.visibility(), record).await?;
    Ok(Answer::ok(view).version(version))
}

request! {
    pub(crate) struct EventsQuery {
        limit: Limit,
        /// Events after the one with this number.
        cursor: Option<ListText>,
    }
}

pub(crate) async fn events(
    State(app): State<App>,
    caller: Caller,
    ticket: Target,
    Query(query): Query<EventsQuery>,
) -> Listed<EventView> {
    must_see_inside(&caller, &ticket)?;
    let after = match &query.cursor {
        Some(cursor) => cursor.0.parse().map_err(|_| Problem::invalid("cursor", Wrong::NotACursor))?,
        None => 0,
    };
    let events = tickets::events(&app.store, ticket.ticket.id, after, query.limit.0).await?;
    let names = Names::of_events(&app.store, &events).await?;
    let full = events.len() as u64 == query.limit.0;
    let next = events.last().filter(|_| full).map(|event| event.seq.to_string());
    let sees_cases = caller.may_see_cases();
    let shown = events.iter().filter(|event| sees_cases || !is_about_cases(&event.kind));
    Ok(Json(List { items: shown.map(|event| EventView::new(event, &names)).collect(), next }))
}

request! {
    pub(crate) struct PageQuery {
        limit: Limit,
        cursor: Option<Cursor>,
    }
}

/// Oldest first. The operator's words are for those who may see cases.
pub(crate) async fn messages(
    State(app): State<App>,
    caller: Caller,
    ticket: Target,
    Query(query): Query<PageQuery>,
) -> Listed<MessageView> {
    let page = tickets::messages(&app.store, ticket.ticket.id, query.limit.0, query.cursor.as_ref()).await?;
    let shown = page.items.into_iter().filter(|message| caller.may_read(&ticket.ticket, message.kind));
    Ok(listed(shown.map(MessageView::from).collect(), page.next.as_ref()))
}

pub(super) fn must_see_inside(caller: &Caller, ticket: &TicketRecord) -> Result<(), Problem> {
    if caller.may_with(Verb::ReadInternal, &ticket.ticket) { Ok(()) } else { Err(Problem::NotFound) }
}
