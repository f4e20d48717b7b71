//! The people on the customers' side.

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use watchdesk_core::desk::Language;
use watchdesk_core::ids::{ContactId, CustomerId};
use watchdesk_core::rights::Verb;
use watchdesk_store::Cursor;
use watchdesk_store::directory::{self, Contact, ContactFields, ContactFilter};

use super::answer::{Answer, Answered, Listed, content_tag, listed};
use super::customers::{reaches, record};
use super::request::{Call, Id, Nothing, Query};
use crate::app::App;
use crate::input::{Change, Email, Limit, Line, ListText, request};
use crate::middleware::authenticate::Caller;
use crate::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Contact)]
pub(crate) struct ContactView {
    id: Uuid,
    customer: Option<Uuid>,
    name: String,
    email: String,
    phone: Option<String>,
    /// None: the customer's.
    language: Option<&'static str>,
    /// May see all tickets of the organisation.
    whole_organisation: bool,
    /// Why nothing is sent there any more.
    suppressed: Option<String>,
    created_at: DateTime<Utc>,
}

impl From<Contact> for ContactView {
    fn from(contact: Contact) -> Self {
        Self {
            id: contact.id.0,
            customer: contact.customer.map(|id| id.0),
            name: contact.name,
            email: contact.email,
            phone: contact.phone,
            language: contact.language.map(Language::as_str),
            whole_organisation: contact.whole_organisation,
            suppressed: contact.suppressed,
            created_at: contact.created_at,
        }
    }
}

async fn readable(app: &App, caller: &Caller, id: ContactId) -> Result<Contact, Problem> {
    let contact = directory::contact(&app.store, id).await?.ok_or(Problem::NotFound)?;
    if reaches(caller, contact.customer) { Ok(contact) } else { Err(Problem::NotFound) }
}

request! {
    pub(crate) struct ContactsQuery {
        customer: Option<CustomerId>,
        /// A part of the name or the address.
        q: Option<ListText>,
        limit: Limit,
        cursor: Option<Cursor>,
    }
}

/// A page may have fewer items than asked for where the caller may not see all of them.
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ContactsQuery>,
) -> Listed<ContactView> {
    caller.must_see(Verb::ReadDirectory)?;
    let filter = ContactFilter { customer: query.customer, text: query.q.map(|text| text.0) };
    let page = directory::contacts(&app.store, &filter, query.limit.0, query.cursor.as_ref()).await?;
    let visible = page.items.into_iter().filter(|contact| reaches(&caller, contact.customer));
    Ok(listed(visible.map(ContactView::from).collect(), page.next.as_ref()))
}

pub(crate) async fn read(State(app): State<App>, caller: Caller, Id(id): Id<ContactId>) -> Answered<ContactView> {
    Ok(Answer::ok(ContactView::from(readable(&app, &caller, id).await?)).tagged())
}

request! {
    pub(crate) struct NewContactRequest {
        email: Email,
        name: Option<Line>,
        customer: Option<CustomerId>,
        phone: Option<Line>,
        /// Else the customer's.
        language: Option<Language>,
        /// May see all tickets of the organisation.
        whole_organisation: Option<bool>,
    }
}

pub(crate) async fn create(State(app): State<App>, call: Call<NewContactRequest>) -> Answered<ContactView> {
    call.caller.must_be_allowed(Verb::EditDirectory)?;
    let body = call.body.clone();
    customer_exists(&app, body.customer).await?;
    let fields = ContactFields {
        customer: body.customer,
        name: body.name.map(|name| name.0).unwrap_or_default(),
        email: body.email.0,
        phone: body.phone.map(|phone| phone.0),
        language: body.language,
        whole_organisation: body.whole_organisation.unwrap_or_default(),
    };
    let contact = directory::create_contact(&app.store, fields).await?;
    record(&app, &call.caller, "contact.created", &contact.id.to_string()).await?;
    Ok(Answer::created(format!("/contacts/{}", contact.id), ContactView::from(contact)).tagged())
}

async fn customer_exists(app: &App, customer: Option<CustomerId>) -> Result<(), Problem> {
    let Some(id) = customer else { return Ok(()) };
    match directory::customer(&app.store, id).await? {
        Some(_) => Ok(()),
        None => Err(Problem::no_such("customer")),
    }
}

request! {
    /// Fields to set; absent ones stay as they are.
    pub(crate) struct ContactChangeRequest {
        email: Option<Email>,
        name: Option<Line>,
        customer: Change<CustomerId>,
        phone: Change<Line>,
        language: Change<Language>,
        whole_organisation: Option<bool>,
    }
}

pub(crate) async fn change(
    State(app): State<App>,
    Id(id): Id<ContactId>,
    call: Call<ContactChangeRequest>,
) -> Answered<ContactView> {
    let old = readable(&app, &call.caller, id).await?;
    call.caller.must_be_allowed(Verb::EditDirectory)?;
    call.expected.required()?;
    call.expected.check(&content_tag(&ContactView::from(old.clone())))?;
    let body = call.body.clone();
    let customer = body.customer.or(old.customer);
    customer_exists(&app, customer).await?;
    let fields = ContactFields {
        customer,
        name: body.name.map_or(old.name, |name| name.0),
        email: body.email.map_or(old.email, |email| email.0),
        phone: match body.phone {
            Change::Keep => old.phone,
            Change::To(phone) => phone.map(|phone| phone.0),
        },
        language: body.language.or(old.language),
        whole_organisation: body.whole_organisation.unwrap_or(old.whole_organisation),
    };
    let contact = directory::update_contact(&app.store, id, fields).await?.ok_or(Problem::NotFound)?;
    record(&app, &call.caller, "contact.changed", &id.to_string()).await?;
    Ok(Answer::ok(ContactView::from(contact)).tagged())
}

request! {
    pub(crate) struct SuppressionRequest {
        /// Why nothing is sent there any more.
        reason: Line,
    }
}

pub(crate) async fn suppress(
    State(app): State<App>,
    Id(id): Id<ContactId>,
    call: Call<SuppressionRequest>,
) -> Result<StatusCode, Problem> {
    set_suppression(&app, id, &call.caller, Some(&call.body.reason.0)).await
}

pub(crate) async fn unsuppress(
    State(app): State<App>,
    Id(id): Id<ContactId>,
    call: Call<Nothing>,
) -> Result<StatusCode, Problem> {
    set_suppression(&app, id, &call.caller, None).await
}

async fn set_suppression(
    app: &App,
    id: ContactId,
    caller: &Caller,
    reason: Option<&str>,
) -> Result<StatusCode, Problem> {
    readable(app, caller, id).await?;
    caller.must_be_allowed(Verb::EditDirectory)?;
    if !directory::suppress_contact(&app.store, id, reason).await? {
        return Err(Problem::NotFound);
    }
    let what = if reason.is_some() { "contact.suppressed" } else { "contact.unsuppressed" };
    record(app, caller, what, &id.to_string()).await?;
    Ok(StatusCode::NO_CONTENT)
}
