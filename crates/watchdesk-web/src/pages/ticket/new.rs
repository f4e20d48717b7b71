//! A ticket that did not come by mail: somebody is on the phone.

use axum::http::StatusCode;
use axum::response::Response;
use watchdesk_core::Instant;
use watchdesk_core::command::{Command, OpenTicket, Unit};
use watchdesk_core::ids::{CustomerId, Slug, TicketId, TicketNumber};
use watchdesk_core::rights::{Object, Verb, authorize};
use watchdesk_core::ticket::{Channel, Severity};
use watchdesk_store::directory;
use watchdesk_templates::pages::{Nav, NewTicketPage, Refused};

use super::Subject;
use super::forms::{other, words};
use crate::forms::FormFields;
use crate::input::{Email, Line, Prose, Wrong};
use crate::pages::answer::Said;
use crate::pages::names;
use crate::pages::reading::Reading;
use crate::pages::refused::{is_for_the_form, refused, status};
use crate::pages::shell::shell;
use crate::pages::upload;
use crate::pages::visit::{UploadForm, Visit, fresh};
use crate::problem::{Problem, not_allowed};

const PAGE: &str = "/tickets/new";

pub(in crate::pages) async fn page(visit: Visit) -> Result<Response, Problem> {
    visit.must_see(Verb::OpenTicket)?;
    let number = visit.query.filled("follow_up").and_then(|text| text.parse().ok()).map(TicketNumber);
    let followed = match number {
        Some(number) => Some(Subject::find(&visit, number).await?),
        None => None,
    };
    let start = start(&visit, followed.as_ref()).await?;
    show(&visit, StatusCode::OK, followed.map(|subject| subject.record.ticket.number), Some(start)).await
}

/// What is known already: the customer that was chosen, or the people of the ticket that goes on.
async fn start(visit: &Visit, followed: Option<&Subject>) -> Result<Refused, Problem> {
    let mut start = Refused { form: "tickets".to_owned(), ..Refused::default() };
    let mut fill = |name: &str, value: String| drop(start.fields.insert(name.to_owned(), value));
    if let Some(customer) = visit.query.filled("customer") {
        fill("customer", customer.to_owned());
    }
    let Some(record) = followed.map(|subject| &subject.record) else { return Ok(start) };
    if let Some(customer) = record.ticket.customer {
        fill("customer", customer.to_string());
    }
    fill("subject", record.words.subject.clone());
    if let Some(requester) = directory::contact(&visit.app.store, record.ticket.requester).await? {
        fill("requester_email", requester.email);
        fill("requester_name", requester.name);
    }
    Ok(start)
}

async fn show(
    visit: &Visit,
    status: StatusCode,
    follow_up: Option<TicketNumber>,
    refused: Option<Refused>,
) -> Result<Response, Problem> {
    let mut shell = shell(visit, Nav::NewTicket).await?;
    if status != StatusCode::OK {
        shell.path = PAGE.to_owned();
    }
    let chosen = refused.as_ref().and_then(|refused| refused.fields.get("customer")).and_then(|id| id.parse().ok());
    let chosen = match chosen.map(CustomerId).filter(|id| names::knows_customer(visit, *id)) {
        Some(id) => directory::customer(&visit.app.store, id).await?,
        None => None,
    };
    let page = NewTicketPage {
        shell,
        categories: names::category_choices(visit),
        services: names::service_choices(visit),
        customers: names::customer_choices(visit, chosen.as_ref()).await?,
        follow_up: follow_up.map(|number| number.0),
        refused,
    };
    visit.page_with(status, &page)
}

pub(in crate::pages) async fn open(UploadForm { visit, fields, files }: UploadForm) -> Result<Response, Problem> {
    visit.must_be_allowed(Verb::OpenTicket)?;
    match opened(&visit, &fields, files).await {
        Ok(number) => Ok(visit.done(&format!("/tickets/{number}"), Said::Opened)),
        Err(problem) if is_for_the_form(&problem) => {
            let follow_up = fields.filled("follow_up_of").and_then(|text| text.parse().ok()).map(TicketNumber);
            let refused = refused(&visit, "tickets", &fields, &problem);
            show(&visit, status(&problem), follow_up, Some(refused)).await
        }
        Err(problem) => Err(problem),
    }
}

/// What the form says.
struct Call {
    email: String,
    name: String,
    customer: Option<CustomerId>,
    channel: Channel,
    subject: String,
    body: String,
    category: Option<Slug>,
    service: Option<Slug>,
    severity: Option<Severity>,
    at: Option<Instant>,
    follow_up_of: Option<TicketNumber>,
}

impl Call {
    fn read(visit: &Visit, fields: &FormFields) -> Result<Self, Problem> {
        let mut reading = Reading::of(fields, visit.locale.zone);
        let email: Option<Email> = reading.required("requester_email");
        let name: Option<Line> = reading.required("requester_name");
        let channel = reading.optional("channel").unwrap_or(Channel::Phone);
        if channel == Channel::Api {
            reading.wrong("channel", Wrong::NoneOf(&["phone", "mail", "web"]));
        }
        let subject: Option<Line> = reading.required("subject");
        let body: Option<Prose> = reading.required("body");
        let customer = reading.optional("customer");
        let (category, service, severity) =
            (reading.optional("category"), reading.optional("service"), reading.optional("severity"));
        let at = reading.moment("at");
        let follows = reading.filled("follow_up_of").is_some();
        let follow_up_of = if follows { reading.ticket_number("follow_up_of") } else { None };
        let told = email.zip(name).zip(subject.zip(body));
        let call = told.map(|((email, name), (subject, body))| Self {
            email: email.0,
            name: name.0,
            customer,
            channel,
            subject: subject.0,
            body: body.0,
            category,
            service,
            severity,
            at,
            follow_up_of,
        });
        reading.finish(call)
    }
}

async fn opened(visit: &Visit, fields: &FormFields, files: Vec<upload::File>) -> Result<TicketNumber, Problem> {
    let store = &visit.app.store;
    let call = Call::read(visit, fields)?;
    let follow_up_of = match call.follow_up_of {
        Some(number) => Some(other(visit, "follow_up_of", number).await?),
        None => None,
    };
    let known = directory::contact_by_email(store, &call.email).await?;
    let customer = call.customer.or(known.and_then(|contact| contact.customer));
    if !authorize(visit.rights(), Verb::OpenTicket, Object::NewTicket { customer }) {
        return Err(match call.customer {
            Some(_) => Problem::no_such("customer"),
            None => not_allowed(visit.rights()),
        });
    }
    let requester = directory::find_or_create_contact(store, &call.email, &call.name, visit.now).await?;
    let attachments = upload::keep(&visit.app, visit.rights().reference(), files).await?;
    let open = OpenTicket {
        subject: call.subject,
        words: words(call.body, attachments),
        requester: requester.id,
        customer: customer.or(requester.customer),
        mailbox: None,
        channel: call.channel,
        at: call.at.unwrap_or(visit.now),
        category: call.category,
        service: call.service,
        severity: call.severity,
        team: None,
        custom_fields: std::collections::BTreeMap::new(),
        acknowledge: true,
        follow_up_of,
        imported: false,
    };
    let id: TicketId = fresh();
    let executed = store.execute(visit.rights(), Unit::ticket(id, Command::Open(Box::new(open)))).await?;
    let opened = executed.tickets.iter().find(|ticket| ticket.id == id);
    opened.map(|ticket| ticket.number).ok_or(Problem::NotFound)
}
