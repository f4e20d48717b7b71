//! The list of customers.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use axum::response::Response;
use watchdesk_core::desk::Language;
use watchdesk_core::ids::CustomerId;
use watchdesk_core::rights::Verb;
use watchdesk_store::directory::{self, Customer, CustomerFields, DirectoryFilter};
use watchdesk_store::tickets;
use watchdesk_templates::pages::{CustomerRow, CustomersPage, Nav, Refused};

use super::tier_name;
use crate::forms::FormFields;
use crate::input::Line;
use crate::pages::answer::Said;
use crate::pages::files::percent_encoded;
use crate::pages::names::customers_of;
use crate::pages::queue::parsed;
use crate::pages::reading::Reading;
use crate::pages::refused::{is_for_the_form, refused, status, taken_in};
use crate::pages::shell::shell;
use crate::pages::visit::{Form, Visit};
use crate::problem::Problem;

const ROWS: u64 = 50;
const QUERY_CHARS_MAX: usize = 200;
const PAGE: &str = "/customers";

pub(in crate::pages) async fn page(visit: Visit) -> Result<Response, Problem> {
    visit.must_see(Verb::ReadDirectory)?;
    show(&visit, StatusCode::OK, None).await
}

async fn show(visit: &Visit, status: StatusCode, refused: Option<Refused>) -> Result<Response, Problem> {
    let store = &visit.app.store;
    let query: String = visit.query.filled("q").unwrap_or_default().chars().take(QUERY_CHARS_MAX).collect();
    let cursor = parsed("cursor", visit.query.filled("cursor").unwrap_or_default(), |text| text.parse().ok())?;
    let text = Some(query.clone()).filter(|query| !query.is_empty());
    let filter = DirectoryFilter { text, customers: customers_of(visit.rights()) };
    let found = directory::customers(store, &filter, ROWS, cursor.as_ref()).await?;
    let mut shell = shell(visit, Nav::Customers).await?;
    if refused.is_some() {
        shell.path = PAGE.to_owned();
    }
    let page = CustomersPage {
        shell,
        customers: rows(visit, &found.items).await?,
        may_create: visit.may(Verb::EditDirectory),
        may_see_synchronisations: visit.may(Verb::ReadReports),
        may_import: visit.may(Verb::Configure),
        previous: None,
        next: found.next.map(|cursor| format!("{PAGE}?q={}&cursor={cursor}", percent_encoded(&query))),
        query,
        refused,
    };
    visit.page_with(status, &page)
}

async fn rows(visit: &Visit, customers: &[Customer]) -> Result<Vec<CustomerRow>, Problem> {
    let store = &visit.app.store;
    let ids: Vec<CustomerId> = customers.iter().map(|customer| customer.id).collect();
    let visibility = visit.visibility();
    let (contracts, open) = tokio::try_join!(
        directory::contracts_in_force(store, &ids, visit.now),
        tickets::unfinished_by_customer(store, &visibility, &ids),
    )?;
    let open: BTreeMap<CustomerId, i64> = open.into_iter().collect();
    let row = |customer: &Customer| {
        let contract = contracts.iter().rfind(|contract| contract.customer == customer.id);
        CustomerRow {
            id: customer.id.to_string(),
            name: customer.name.clone(),
            tier: contract.map(|contract| tier_name(visit, &contract.tier)),
            language: customer.language.as_str().to_owned(),
            domains: customer.domains.clone(),
            open_tickets: open.get(&customer.id).copied().unwrap_or_default(),
            delegated_admin: customer.delegated_admin.as_str().to_owned(),
        }
    };
    Ok(customers.iter().map(row).collect())
}

pub(in crate::pages) async fn create(Form { visit, fields }: Form) -> Result<Response, Problem> {
    visit.must_be_allowed(Verb::EditDirectory)?;
    match created(&visit, &fields).await {
        Ok(customer) => Ok(visit.done(&format!("{PAGE}/{}", customer.id), Said::Created)),
        Err(problem) if is_for_the_form(&problem) => {
            show(&visit, status(&problem), Some(refused(&visit, "customers", &fields, &problem))).await
        }
        Err(problem) => Err(problem),
    }
}

async fn created(visit: &Visit, fields: &FormFields) -> Result<Customer, Problem> {
    let mut reading = Reading::of(fields, visit.locale.zone);
    let name: Option<Line> = reading.required("name");
    let domains: Vec<Line> = reading.listed("domains");
    let language = reading.optional("language").unwrap_or(Language::Chinese);
    let tenant_id = reading.optional::<Line>("tenant").map(|line| line.0);
    let domains: Vec<String> = domains.into_iter().map(|line| line.0).collect();
    if domains.iter().any(|domain| !is_domain(domain)) {
        reading.wrong("domains", crate::input::Wrong::NotADomain);
    }
    let name = reading.finish(name)?;
    let new = CustomerFields {
        name: name.0,
        domains,
        language,
        time_zone: visit.agent.time_zone.clone(),
        tenant_id,
        ..CustomerFields::default()
    };
    let customer = directory::create_customer(&visit.app.store, new).await;
    let customer = customer.map_err(|error| taken_in(error.into(), "domains"))?;
    visit.record("customer.created", customer.id).await?;
    Ok(customer)
}

/// `example.cn`: what stands behind the `@` of an address.
pub(super) fn is_domain(text: &str) -> bool {
    const LENGTH_MAX: usize = 253;
    let legal = |c: char| c.is_alphanumeric() || c == '-';
    let label =
        |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-') && label.chars().all(legal);
    text.len() <= LENGTH_MAX && text.contains('.') && text.split('.').all(label)
}
