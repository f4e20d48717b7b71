//! The API under `/api/v1`. Its table of routes is also its description, `/api/v1/openapi.json`.

mod actions;
mod answer;
pub(crate) mod attachments;
mod calendars;
mod cases;
mod clocks;
mod contacts;
mod customers;
pub(crate) mod escalations;
mod forecast;
mod imports;
pub(crate) mod incidents;
mod lookup;
mod mail;
mod mailboxes;
mod operator_mail;
mod operator_routes;
mod people;
mod policies;
pub(crate) mod remediation;
pub(crate) mod reports;
mod request;
mod resolution;
pub(crate) mod rotas;
mod rules_routes;
mod search;
mod services;
pub(crate) mod subscriptions;
pub(crate) mod synchronisations;
mod tickets;
mod trial;
pub(crate) mod views;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::get;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, InfoBuilder, OpenApi, OpenApiBuilder, ServerBuilder};

use crate::app::App;
use crate::middleware::authenticate::authenticate;
use crate::middleware::idempotency::idempotency;
use crate::routes::{IfMatch, PREFIX, Routes, doc};

use actions as act;
use attachments::UploadQuery;
use cases::CasesQuery;
pub use forecast::ForecastView;
use views::{
    AttachmentView, CaseSummary, CaseView, ClockView, DisclosureView, EventView, MessageView, TicketSummary, TicketView,
};

/// Nothing here is reached without a token, but for the description.
pub(crate) fn router(app: &App) -> Router<App> {
    let routes = routes();
    let described: Arc<str> =
        describe(routes.schemas, routes.paths).to_json().expect("a description is plain values").into();
    let description = move || {
        let described = Arc::clone(&described);
        async move { ([(CONTENT_TYPE, "application/json")], described.to_string()).into_response() }
    };
    routes
        .router
        .layer(from_fn_with_state(app.clone(), idempotency))
        .layer(from_fn_with_state(app.clone(), authenticate))
        .route(&format!("{PREFIX}/openapi.json"), get(description))
}

fn describe(schemas: crate::input::Schemas, paths: utoipa::openapi::Paths) -> OpenApi {
    let info = InfoBuilder::new().title("Watchdesk").version(env!("CARGO_PKG_VERSION")).description(Some(
        "Tickets, cases with the operator, and what stands beside them. Instants are RFC 3339 in UTC.",
    ));
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    let mut components = Components::new();
    components.add_security_scheme("token", bearer);
    components.schemas = schemas.into_map();
    OpenApiBuilder::new()
        .info(info.build())
        .paths(paths)
        .components(Some(components))
        .security(Some([SecurityRequirement::new::<_, [&str; 0], &str>("token", [])]))
        .servers(Some([ServerBuilder::new().url("/").build()]))
        .build()
}

/// The whole table.
pub(crate) fn routes() -> Routes {
    let routes = ticket_routes(Routes::new());
    let routes = joining_routes(action_routes(routes));
    let routes = case_routes(case_routes(routes, "/cases/{id}"), "/tickets/{number}/case");
    let routes = case_course_routes(case_course_routes(routes, "/cases/{id}"), "/tickets/{number}/case");
    let routes = answer_routes(answer_routes(routes, "/cases/{id}"), "/tickets/{number}/case");
    let routes = attachment_routes(routes);
    let routes = operator_routes::add(customer_routes(routes));
    let routes = contact_routes(routes);
    let routes = incident_routes(desk_routes(routes));
    rules_routes::add(people_routes(routes))
}

fn ticket_routes(routes: Routes) -> Routes {
    routes
        .post("/tickets", tickets::open, doc("Open a ticket").body::<tickets::OpenRequest>().creates::<TicketView>())
        .get("/tickets", tickets::list, doc("List tickets").query::<tickets::ListQuery>().lists::<TicketSummary>())
        .get("/tickets/{number}", tickets::read, doc("Read a ticket").answers::<TicketView>())
        .patch(
            "/tickets/{number}",
            tickets::change,
            doc("Change fields of a ticket").body::<tickets::ChangeRequest>().answers::<TicketView>(),
        )
        .get(
            "/tickets/{number}/events",
            tickets::events,
            doc("What happened").query::<tickets::EventsQuery>().lists::<EventView>(),
        )
        .get(
            "/tickets/{number}/messages",
            tickets::messages,
            doc("What was said, oldest first").query::<tickets::PageQuery>().lists::<MessageView>(),
        )
        .get("/tickets/{number}/clocks", clocks::of_ticket, doc("What is owed, and until when").lists::<ClockView>())
        .get(
            "/tickets/{number}/explain",
            clocks::explain,
            doc("How every deadline follows").query::<clocks::ExplainQuery>().answers::<clocks::ExplanationView>(),
        )
        .get("/tickets/{number}/time", clocks::time, doc("Where the time went").answers::<clocks::TimeView>())
        .get(
            "/search",
            search::search,
            doc("Find tickets by number or words").query::<search::SearchQuery>().lists::<TicketSummary>(),
        )
}

fn action_routes(routes: Routes) -> Routes {
    routes
        .post(
            "/tickets/{number}/triage",
            act::triage,
            doc("Triage").body::<act::TriageRequest>().answers::<TicketView>(),
        )
        .post(
            "/tickets/{number}/replies",
            act::reply,
            doc("Answer the customer").body::<act::ReplyRequest>().answers::<TicketView>(),
        )
        .post(
            "/tickets/{number}/notes",
            act::note,
            doc("Note among ourselves").body::<act::NoteRequest>().answers::<TicketView>(),
        )
        .post(
            "/tickets/{number}/calls",
            act::log_call,
            doc("Log a call").body::<act::CallRequest>().answers::<TicketView>(),
        )
        .post(
            "/tickets/{number}/assignment",
            act::assign,
            doc("Assign").body::<act::AssignmentRequest>().answers::<TicketView>(),
        )
        .post(
            "/tickets/{number}/resolution",
            act::resolve,
            doc("Resolve, with a message").body::<act::ResolutionRequest>().answers::<TicketView>(),
        )
        .post(
            "/tickets/{number}/reopening",
            act::reopen,
            doc("Reopen").body::<act::ReopeningRequest>().answers::<TicketView>(),
        )
        .post(
            "/tickets/{number}/clocks/{clock}/excuse",
            clocks::excuse,
            doc("Excuse a miss").body::<clocks::ExcuseRequest>().answers::<ClockView>(),
        )
        .delete(
            "/tickets/{number}/clocks/{clock}/excuse",
            clocks::revoke_excuse,
            doc("Take an excuse back").answers::<ClockView>(),
        )
        .post(
            "/tickets/{number}/ladder/acknowledgement",
            clocks::acknowledge,
            doc("Say that you have seen it").body::<clocks::SeenRequest>().answers::<TicketView>(),
        )
        .post(
            "/tickets/{number}/closing",
            act::close,
            doc("Close").body::<act::ClosingRequest>().answers::<TicketView>(),
        )
}

fn joining_routes(routes: Routes) -> Routes {
    routes
        .post(
            "/tickets/{number}/merge",
            act::merge,
            doc("Merge into another ticket").body::<act::MergeRequest>().answers::<TicketView>(),
        )
        .post("/tickets/{number}/unmerge", act::unmerge, doc("Take a merged ticket out again").answers::<TicketView>())
        .post(
            "/tickets/{number}/split",
            act::split,
            doc("Move messages to a new ticket").body::<act::SplitRequest>().creates::<TicketView>(),
        )
        .post(
            "/tickets/{number}/snooze",
            act::snooze,
            doc("Snooze").body::<act::SnoozeRequest>().answers::<TicketView>(),
        )
        .delete("/tickets/{number}/snooze", act::wake, doc("Wake").answers::<TicketView>())
        .post(
            "/tickets/{number}/links",
            act::link,
            doc("Link with another ticket").body::<act::LinkRequest>().answers::<TicketView>(),
        )
        .delete(
            "/tickets/{number}/links",
            act::unlink,
            doc("Take a link away").body::<act::LinkRequest>().answers::<TicketView>(),
        )
        .post(
            "/tickets/{number}/incidents",
            act::link_incident,
            doc("Link with an incident of the operator's").body::<act::IncidentRequest>().answers::<TicketView>(),
        )
        .delete(
            "/tickets/{number}/incidents",
            act::unlink_incident,
            doc("Take an incident away").body::<act::IncidentRequest>().answers::<TicketView>(),
        )
        .post(
            "/tickets/{number}/retest",
            incidents::retest,
            doc("Say what you found when you tried again after an incident")
                .body::<incidents::RetestRequest>()
                .answers::<TicketView>(),
        )
        .post(
            "/tickets/{number}/escalation",
            cases::escalate,
            doc("Draft a case with the operator").body::<cases::EscalationRequest>().creates::<CaseView>(),
        )
        .get("/tickets/{number}/cases", cases::of_ticket, doc("The ticket's cases").lists::<CaseSummary>())
        .get("/cases", cases::list, doc("List cases").query::<CasesQuery>().lists::<CaseSummary>())
}

/// The same under both ways to name a case.
fn case_routes(routes: Routes, base: &str) -> Routes {
    let at = |action: &str| format!("{base}/{action}");
    routes
        .get(base, cases::read, doc("Read a case").answers::<CaseView>())
        .get(&at("disclosures"), cases::disclosures, doc("What was handed to the operator").lists::<DisclosureView>())
        .get(&at("clocks"), clocks::of_case, doc("What the operator owes us").lists::<ClockView>())
        .post(
            &at("clocks/{clock}/excuse"),
            clocks::excuse_of_case,
            doc("Excuse a miss").body::<clocks::ExcuseRequest>().answers::<ClockView>(),
        )
        .delete(
            &at("clocks/{clock}/excuse"),
            clocks::revoke_excuse_of_case,
            doc("Take an excuse back").answers::<ClockView>(),
        )
        .post(
            &at("ladder/acknowledgement"),
            clocks::acknowledge_of_case,
            doc("Say that you have seen it").body::<clocks::SeenRequest>().lists::<ClockView>(),
        )
        .post(
            &at("tickets"),
            cases::add_ticket,
            doc("Add a ticket").body::<cases::AddTicketRequest>().answers::<CaseView>(),
        )
        .post(
            &at("amendment"),
            cases::amend,
            doc("Change a draft").body::<cases::AmendmentRequest>().answers::<CaseView>(),
        )
        .post(
            &at("lesson"),
            cases::learn,
            doc("What was learned from a case that came back").body::<cases::LessonRequest>().answers::<CaseView>(),
        )
        .post(&at("filing"), cases::file, doc("It was filed").body::<cases::FilingRequest>().answers::<CaseView>())
        .post(
            &at("acknowledgement"),
            cases::acknowledge,
            doc("The operator acknowledged it").body::<cases::AcknowledgementRequest>().answers::<CaseView>(),
        )
}

/// What the operator says and does, and how it ends.
fn case_course_routes(routes: Routes, base: &str) -> Routes {
    let at = |action: &str| format!("{base}/{action}");
    routes
        .post(
            &at("updates"),
            cases::update,
            doc("A word of the operator's or ours").body::<cases::UpdateRequest>().answers::<CaseView>(),
        )
        .post(
            &at("waiting-on-us"),
            cases::wait_on_us,
            doc("The operator waits for us").body::<cases::WaitingOnUsRequest>().answers::<CaseView>(),
        )
        .post(
            &at("severity"),
            cases::change_severity,
            doc("The operator changed the severity").body::<cases::SeverityRequest>().answers::<CaseView>(),
        )
        .post(
            &at("answer"),
            cases::answer,
            doc("The operator answered").body::<cases::AnswerRequest>().answers::<CaseView>(),
        )
        .post(
            &at("refusal"),
            cases::refuse,
            doc("The operator refused").body::<cases::RefusalRequest>().answers::<CaseView>(),
        )
        .post(
            &at("withdrawal"),
            cases::withdraw,
            doc("Withdraw, or drop a draft").body::<cases::WithdrawalRequest>().answers::<CaseView>(),
        )
        .post(&at("confirmation"), cases::confirm, doc("The customer says it helped").answers::<CaseView>())
        .post(&at("reopening"), cases::reopen, doc("The customer says it did not").answers::<CaseView>())
}

/// What goes back and forth about a case, and what comes of it for its tickets.
fn answer_routes(routes: Routes, base: &str) -> Routes {
    let at = |action: &str| format!("{base}/{action}");
    routes
        .post(
            &at("calls"),
            cases::call,
            doc("A telephone call with the operator").body::<cases::OperatorCallRequest>().answers::<CaseView>(),
        )
        .post(
            &at("resolution"),
            resolution::resolve,
            doc("Resolve all tickets of a case with one answer")
                .body::<resolution::CaseResolutionRequest>()
                .answers::<resolution::ResolutionView>(),
        )
}

fn attachment_routes(routes: Routes) -> Routes {
    routes
        .post(
            "/attachments",
            attachments::upload,
            doc("Upload a file").query::<UploadQuery>().raw_body().creates::<AttachmentView>(),
        )
        .get("/attachments/{id}", attachments::download, doc("Download a file").answers_raw("application/octet-stream"))
        .get("/mail", mail::list, doc("Mail by its fate").query::<mail::MailQuery>().lists::<mail::MailView>())
        .get("/mail/{id}", mail::read, doc("Read what became of a mail").answers::<mail::MailView>())
        .get("/mail/{id}/raw", mail::raw, doc("Download a mail as it came").answers_raw("message/rfc822"))
        .get(
            "/operator-mail",
            operator_mail::list,
            doc("Mail of the operator's that waits for its case")
                .query::<operator_mail::OperatorMailQuery>()
                .lists::<operator_mail::OperatorMailView>(),
        )
        .post(
            "/mail/{id}/case",
            operator_mail::belongs,
            doc("Say which case a mail of the operator's belongs to")
                .body::<operator_mail::BelongsRequest>()
                .answers::<operator_mail::MatchView>(),
        )
        .post("/mail/{id}/retry", mail::retry, doc("Put a mail back in line").answers::<mail::MailView>())
}

fn customer_routes(routes: Routes) -> Routes {
    use customers::{ContractView, CustomerView};
    routes
        .get(
            "/customers",
            customers::list,
            doc("List customers").query::<customers::DirectoryQuery>().lists::<CustomerView>(),
        )
        .post(
            "/customers",
            customers::create,
            doc("Add a customer").body::<customers::NewCustomerRequest>().creates::<CustomerView>(),
        )
        .get("/customers/{id}", customers::read, doc("Read a customer").answers::<CustomerView>())
        .patch(
            "/customers/{id}",
            customers::change,
            doc("Change a customer").body::<customers::CustomerChangeRequest>().answers::<CustomerView>(),
        )
        .get(
            "/contracts",
            customers::contracts,
            doc("A customer's contracts").query::<customers::ContractsQuery>().lists::<ContractView>(),
        )
        .post(
            "/contracts",
            customers::add_contract,
            doc("Add a contract").body::<customers::NewContractRequest>().creates::<ContractView>(),
        )
        .post(
            "/contracts/{id}/ending",
            customers::end_contract,
            doc("End a contract").body::<customers::ContractEndRequest>(),
        )
}

fn contact_routes(routes: Routes) -> Routes {
    use contacts::ContactView;
    routes
        .get(
            "/contacts",
            contacts::list,
            doc("List contacts").query::<contacts::ContactsQuery>().lists::<ContactView>(),
        )
        .post(
            "/contacts",
            contacts::create,
            doc("Add a contact").body::<contacts::NewContactRequest>().creates::<ContactView>(),
        )
        .get("/contacts/{id}", contacts::read, doc("Read a contact").answers::<ContactView>())
        .patch(
            "/contacts/{id}",
            contacts::change,
            doc("Change a contact").body::<contacts::ContactChangeRequest>().answers::<ContactView>(),
        )
        .post(
            "/contacts/{id}/suppression",
            contacts::suppress,
            doc("Send nothing there any more").body::<contacts::SuppressionRequest>(),
        )
        .delete("/contacts/{id}/suppression", contacts::unsuppress, doc("Send there again"))
}

fn incident_routes(routes: Routes) -> Routes {
    use incidents::{DetailView, IncidentView, IncidentsQuery, LinksView};
    routes
        .get(
            "/incidents",
            incidents::list,
            doc("List the operator's incidents").query::<IncidentsQuery>().lists::<IncidentView>(),
        )
        .post(
            "/incidents",
            incidents::create,
            doc("Record an incident that no interface reports")
                .body::<incidents::NewIncidentRequest>()
                .creates::<DetailView>(),
        )
        .get("/incidents/{reference}", incidents::read, doc("Read an incident").answers::<DetailView>())
        .post(
            "/incidents/{reference}/end",
            incidents::end,
            doc("Say that an incident is over").body::<incidents::EndRequest>().answers::<DetailView>(),
        )
        .post(
            "/incidents/{reference}/tickets",
            incidents::link,
            doc("Link tickets that an incident explains").body::<incidents::TicketsRequest>().answers::<LinksView>(),
        )
}

fn desk_routes(routes: Routes) -> Routes {
    use mailboxes::MailboxView;
    use services::{CategoryView, HealthQuery, HealthView, ServiceView};
    routes
        .get("/services", services::list, doc("List services").lists::<ServiceView>())
        .get(
            "/services/health",
            services::health_of_all,
            doc("How the services are").query::<HealthQuery>().lists::<HealthView>(),
        )
        .get("/services/{slug}", services::read, doc("Read a service").answers::<ServiceView>())
        .get(
            "/services/{slug}/health",
            services::health,
            doc("How a service is").query::<HealthQuery>().answers::<HealthView>(),
        )
        .put(
            "/services/{slug}/health",
            services::set_health,
            doc("Record how a service is").body::<services::HealthRequest>().answers::<HealthView>(),
        )
        .get("/categories", services::categories, doc("List categories").lists::<CategoryView>())
        .get("/mailboxes", mailboxes::list, doc("List mailboxes").lists::<MailboxView>())
        .post(
            "/mailboxes",
            mailboxes::create,
            doc("Add a mailbox").body::<mailboxes::NewMailboxRequest>().creates::<MailboxView>(),
        )
        .get("/mailboxes/{id}", mailboxes::read, doc("Read a mailbox").answers::<MailboxView>())
        .patch(
            "/mailboxes/{id}",
            mailboxes::change,
            doc("Change a mailbox").body::<mailboxes::MailboxChangeRequest>().answers::<MailboxView>(),
        )
}

fn people_routes(routes: Routes) -> Routes {
    use people::{AgentView, Me, TeamView};
    routes
        .get("/me", people::me, doc("Whose token this is").answers::<Me>())
        .get("/agents", people::agents, doc("List agents").query::<people::AgentsQuery>().lists::<AgentView>())
        .post(
            "/agents",
            people::create_agent,
            doc("Add an agent").body::<people::NewAgentRequest>().creates::<AgentView>(),
        )
        .get("/agents/{id}", people::agent, doc("Read an agent").answers::<AgentView>())
        .patch(
            "/agents/{id}",
            people::change_agent,
            doc("Change an agent").body::<people::AgentChangeRequest>().answers::<AgentView>(),
        )
        .get("/teams", people::teams, doc("List teams").lists::<TeamView>())
        .post("/teams", people::create_team, doc("Add a team").body::<people::NewTeamRequest>().creates::<TeamView>())
        .get("/teams/{slug}", people::team, doc("Read a team").answers::<TeamView>())
        .put(
            "/teams/{slug}/members",
            people::set_members,
            doc("Say who belongs to a team")
                .body::<people::MembersRequest>()
                .answers::<TeamView>()
                .needs(IfMatch::Required),
        )
}
