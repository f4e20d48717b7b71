//! Customers and their contracts.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use watchdesk_core::Instant;
use watchdesk_core::desk::Language;
use watchdesk_core::facts::DelegatedAdmin;
use watchdesk_core::ids::{AgentId, ContractId, CustomerId, Slug};
use watchdesk_core::rights::{Verb, Visibility};
use watchdesk_store::directory::{self, Contract, ContractFields, Customer, CustomerFields, DirectoryFilter};
use watchdesk_store::recompute::{self, Cause};
use watchdesk_store::{Cursor, audit};

use super::actions::at_or_now;
use super::answer::{Answer, Answered, Listed, list as page, whole};
use super::lookup;
use super::policies::RecomputeView;
use super::request::{Call, Id, Query};
use crate::app::App;
use crate::input::{Change, Limit, Line, ListText, Prose, Wrong, request};
use crate::middleware::authenticate::Caller;
use crate::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Customer)]
pub(crate) struct CustomerView {
    id: Uuid,
    version: i64,
    name: String,
    /// Who writes from one of these belongs to the customer.
    domains: Vec<String>,
    /// `en` or `zh-CN`.
    language: &'static str,
    time_zone: String,
    /// The operator's id of the customer.
    tenant_id: Option<String>,
    /// Whether we may administer on its behalf: `true` granted, `false` withdrawn, `null` not known.
    delegated_admin: Option<bool>,
    account_owner: Option<Uuid>,
    notes: String,
    created_at: DateTime<Utc>,
}

impl From<Customer> for CustomerView {
    fn from(customer: Customer) -> Self {
        Self {
            id: customer.id.0,
            version: customer.version,
            name: customer.name,
            domains: customer.domains,
            language: customer.language.as_str(),
            time_zone: customer.time_zone,
            tenant_id: customer.tenant_id,
            delegated_admin: customer.delegated_admin.said(),
            account_owner: customer.account_owner.map(|id| id.0),
            notes: customer.notes,
            created_at: customer.created_at,
        }
    }
}

/// Sales see their own customers; the others of the staff all of them.
pub(super) fn reach(caller: &Caller) -> Option<BTreeSet<CustomerId>> {
    match caller.visibility() {
        Visibility::Customers(own) => Some(own),
        Visibility::Everything | Visibility::Teams { .. } | Visibility::Organisation { .. } | Visibility::Own(_) => {
            None
        }
    }
}

pub(super) fn reaches(caller: &Caller, customer: Option<CustomerId>) -> bool {
    caller.may(Verb::ReadDirectory)
        && reach(caller).is_none_or(|own| customer.is_some_and(|customer| own.contains(&customer)))
}

pub(super) async fn readable(app: &App, caller: &Caller, id: CustomerId) -> Result<Customer, Problem> {
    if !reaches(caller, Some(id)) {
        return Err(Problem::NotFound);
    }
    directory::customer(&app.store, id).await?.ok_or(Problem::NotFound)
}

request! {
    pub(crate) struct DirectoryQuery {
        /// A part of the name.
        q: Option<ListText>,
        limit: Limit,
        cursor: Option<Cursor>,
    }
}

pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<DirectoryQuery>,
) -> Listed<CustomerView> {
    caller.must_see(Verb::ReadDirectory)?;
    let filter = DirectoryFilter { text: query.q.map(|text| text.0), customers: reach(&caller) };
    let found = directory::customers(&app.store, &filter, query.limit.0, query.cursor.as_ref()).await?;
    Ok(page(found, CustomerView::from))
}

pub(crate) async fn read(State(app): State<App>, caller: Caller, Id(id): Id<CustomerId>) -> Answered<CustomerView> {
    let customer = readable(&app, &caller, id).await?;
    let version = customer.version;
    Ok(Answer::ok(CustomerView::from(customer)).version(version))
}

request! {
    pub(crate) struct NewCustomerRequest {
        name: Line,
        /// Mail domains; who writes from one belongs to the customer.
        domains: Option<Vec<Line>>,
        language: Option<Language>,
        time_zone: Option<Tz>,
        tenant_id: Option<Line>,
        /// Whether we may administer on its behalf: `true` granted, `false` withdrawn, `null` not known.
        delegated_admin: Option<bool>,
        /// Id or address of an agent.
        account_owner: Option<ListText>,
        notes: Option<Prose>,
    }
}

pub(crate) async fn create(State(app): State<App>, call: Call<NewCustomerRequest>) -> Answered<CustomerView> {
    call.caller.must_be_allowed(Verb::EditDirectory)?;
    let body = call.body.clone();
    let usual = CustomerFields::default();
    let fields = CustomerFields {
        name: body.name.0,
        domains: domains(body.domains.unwrap_or_default())?,
        language: body.language.unwrap_or(usual.language),
        time_zone: body.time_zone.map_or(usual.time_zone, |zone| zone.name().to_owned()),
        tenant_id: body.tenant_id.map(|id| id.0),
        delegated_admin: DelegatedAdmin::of(body.delegated_admin),
        account_owner: account_owner(&app, body.account_owner).await?,
        notes: body.notes.map(|notes| notes.0).unwrap_or_default(),
    };
    let customer = directory::create_customer(&app.store, fields).await?;
    record(&app, &call.caller, "customer.created", &customer.id.to_string()).await?;
    let version = customer.version;
    Ok(Answer::created(format!("/customers/{}", customer.id), CustomerView::from(customer)).version(version))
}

async fn account_owner(app: &App, named: Option<ListText>) -> Result<Option<AgentId>, Problem> {
    match named {
        None => Ok(None),
        Some(named) => lookup::agent(app, "account_owner", &named).await.map(Some),
    }
}

/// Host names, in lower case.
fn domains(lines: Vec<Line>) -> Result<Vec<String>, Problem> {
    let legal =
        |text: &str| text.contains('.') && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-');
    let read = |(index, line): (usize, Line)| {
        let domain = line.0.to_lowercase();
        if legal(&domain) { Ok(domain) } else { Err(Problem::invalid(&format!("domains[{index}]"), Wrong::NotAnEmail)) }
    };
    lines.into_iter().enumerate().map(read).collect()
}

request! {
    /// Fields to set; absent ones stay as they are.
    pub(crate) struct CustomerChangeRequest {
        name: Option<Line>,
        domains: Option<Vec<Line>>,
        language: Option<Language>,
        time_zone: Option<Tz>,
        tenant_id: Change<Line>,
        /// `true` granted, `false` withdrawn, `null` not known.
        delegated_admin: Change<bool>,
        account_owner: Change<ListText>,
        notes: Option<Prose>,
    }
}

pub(crate) async fn change(
    State(app): State<App>,
    Id(id): Id<CustomerId>,
    call: Call<CustomerChangeRequest>,
) -> Answered<CustomerView> {
    let old = readable(&app, &call.caller, id).await?;
    call.caller.must_be_allowed(Verb::EditDirectory)?;
    call.expected.required()?;
    let body = call.body.clone();
    let fields = CustomerFields {
        name: body.name.map_or(old.name, |name| name.0),
        domains: match body.domains {
            Some(given) => domains(given)?,
            None => old.domains,
        },
        language: body.language.unwrap_or(old.language),
        time_zone: body.time_zone.map_or(old.time_zone, |zone| zone.name().to_owned()),
        tenant_id: match body.tenant_id {
            Change::Keep => old.tenant_id,
            Change::To(id) => id.map(|id| id.0),
        },
        delegated_admin: body.delegated_admin.into_option().map_or(old.delegated_admin, DelegatedAdmin::of),
        account_owner: match body.account_owner {
            Change::Keep => old.account_owner,
            Change::To(named) => account_owner(&app, named).await?,
        },
        notes: body.notes.map_or(old.notes, |notes| notes.0),
    };
    // What is changed is what was read above, also where the caller said "any version".
    let expected = call.expected.version()?.or(Some(old.version));
    let customer = directory::update_customer(&app.store, id, expected, fields).await?.ok_or(Problem::NotFound)?;
    record(&app, &call.caller, "customer.changed", &id.to_string()).await?;
    let version = customer.version;
    Ok(Answer::ok(CustomerView::from(customer)).version(version))
}

/// Who changed what that has no events of its own.
pub(super) async fn record(app: &App, caller: &Caller, what: &str, object: &str) -> Result<(), Problem> {
    Ok(audit::record(&app.store, caller.reference(), what, object, serde_json::json!({})).await?)
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Contract)]
pub(crate) struct ContractView {
    id: Uuid,
    customer: Uuid,
    tier: String,
    /// Whether the operator takes severity A for it.
    premium: bool,
    effective_from: DateTime<Utc>,
    /// The first instant at which it holds no more.
    effective_to: Option<DateTime<Utc>>,
    /// Open tickets that are measured anew because of it; answered to whoever adds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    recompute: Option<RecomputeView>,
}

impl From<Contract> for ContractView {
    fn from(contract: Contract) -> Self {
        Self {
            id: contract.id.0,
            customer: contract.customer.0,
            tier: contract.tier.to_string(),
            premium: contract.premium,
            effective_from: contract.effective_from,
            effective_to: contract.effective_to,
            recompute: None,
        }
    }
}

request! {
    pub(crate) struct ContractsQuery {
        customer: CustomerId,
    }
}

pub(crate) async fn contracts(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ContractsQuery>,
) -> Listed<ContractView> {
    let customer = readable(&app, &caller, query.customer).await?;
    let contracts = directory::contracts_of(&app.store, customer.id).await?;
    Ok(whole(contracts.into_iter().map(ContractView::from).collect()))
}

request! {
    pub(crate) struct NewContractRequest {
        customer: CustomerId,
        tier: Slug,
        /// Whether the operator takes severity A for it.
        premium: Option<bool>,
        /// Now where nothing is said. In the past it reaches back: unfinished tickets that were opened since then are
        /// measured anew from their start, each change on its record; what has ended stays as it was.
        effective_from: Option<Instant>,
        effective_to: Option<Instant>,
    }
}

pub(crate) async fn add_contract(State(app): State<App>, call: Call<NewContractRequest>) -> Answered<ContractView> {
    call.caller.must_be_allowed(Verb::EditDirectory)?;
    let body = call.body.clone();
    if directory::customer(&app.store, body.customer).await?.is_none() {
        return Err(Problem::no_such("customer"));
    }
    let effective_from = at_or_now(&app, body.effective_from).await?;
    if body.effective_to.is_some_and(|to| to <= effective_from) {
        return Err(Problem::invalid("effective_to", Wrong::NotWith("effective_from")));
    }
    let fields = ContractFields {
        customer: body.customer,
        tier: body.tier,
        premium: body.premium.unwrap_or_default(),
        effective_from,
        effective_to: body.effective_to,
    };
    let contract = directory::add_contract(&app.store, fields).await?;
    record(&app, &call.caller, "contract.added", &contract.id.to_string()).await?;
    let path = format!("/contracts?customer={}", contract.customer);
    let job = recompute::latest(&app.store, &Cause::Contract(contract.customer)).await?;
    let job = job.filter(|job| job.finished_at.is_none()).map(RecomputeView::from);
    Ok(Answer::created(path, ContractView { recompute: job, ..ContractView::from(contract) }))
}

request! {
    pub(crate) struct ContractEndRequest {
        /// Now where nothing is said. In the past, unfinished tickets that were opened since then are measured anew from
        /// their start by the contract that held beside it, or by none.
        at: Option<Instant>,
    }
}

pub(crate) async fn end_contract(
    State(app): State<App>,
    Id(id): Id<ContractId>,
    call: Call<ContractEndRequest>,
) -> Result<StatusCode, Problem> {
    call.caller.must_be_allowed(Verb::EditDirectory)?;
    let at = at_or_now(&app, call.body.at).await?;
    if !directory::end_contract(&app.store, id, at).await? {
        return Err(Problem::NotFound);
    }
    record(&app, &call.caller, "contract.ended", &id.to_string()).await?;
    Ok(StatusCode::NO_CONTENT)
}
