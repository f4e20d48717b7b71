//! Customers: the firms that we owe support.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::sea_query::{Condition, Expr, ExprTrait, Func, LockType};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;
use watchdesk_core::Instant;
use watchdesk_core::desk::Language;
use watchdesk_core::facts::DelegatedAdmin;
use watchdesk_core::ids::{AgentId, CustomerId};

use super::{holds, language, normalised};
use crate::entities::customer::{Column, Entity, Model};
use crate::entities::customer_domain;
use crate::page::{after, clamped};
use crate::rows::{Place, insert_all, seconds, without_nul};
use crate::{Cursor, Page, Store, StoreError, fresh_id};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    pub id: CustomerId,
    pub name: String,
    /// Who writes from one of these belongs to the customer.
    pub domains: Vec<String>,
    pub language: Language,
    /// IANA name.
    pub time_zone: String,
    /// The operator's id of the customer.
    pub tenant_id: Option<String>,
    pub delegated_admin: DelegatedAdmin,
    pub account_owner: Option<AgentId>,
    pub notes: String,
    pub created_at: Instant,
    pub version: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerFields {
    pub name: String,
    pub domains: Vec<String>,
    pub language: Language,
    pub time_zone: String,
    pub tenant_id: Option<String>,
    pub delegated_admin: DelegatedAdmin,
    pub account_owner: Option<AgentId>,
    pub notes: String,
}

impl Default for CustomerFields {
    fn default() -> Self {
        Self {
            name: String::new(),
            domains: Vec::new(),
            language: Language::Chinese,
            time_zone: "Asia/Shanghai".to_owned(),
            tenant_id: None,
            delegated_admin: DelegatedAdmin::Granted,
            account_owner: None,
            notes: String::new(),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DirectoryFilter {
    /// A part of the name.
    pub text: Option<String>,
    /// Only these: all that a sales agent may see.
    pub customers: Option<BTreeSet<CustomerId>>,
}

const LIST: &str = "customers";
const DOMAIN: &str = "mail domain";

pub async fn customer(store: &Store, id: CustomerId) -> Result<Option<Customer>, StoreError> {
    Ok(customers_by_ids(store, &[id]).await?.pop())
}

/// In the order of their names; unknown ones are left out.
pub async fn customers_by_ids(store: &Store, ids: &[CustomerId]) -> Result<Vec<Customer>, StoreError> {
    let rows = Entity::find()
        .filter(Column::Id.is_in(ids.iter().map(|id| id.0)))
        .order_by_asc(Column::Name)
        .order_by_asc(Column::Id)
        .all(store.reader())
        .await?;
    with_domains(store.reader(), rows).await
}

/// By name.
pub async fn customers(
    store: &Store,
    filter: &DirectoryFilter,
    limit: u64,
    cursor: Option<&Cursor>,
) -> Result<Page<Customer>, StoreError> {
    let limit = clamped(limit);
    let mut query = Entity::find().filter(filter.condition()).order_by_asc(Column::Name).order_by_asc(Column::Id);
    if let Some((name, id)) = after::<(String, Uuid)>(cursor, LIST)? {
        let here = Expr::tuple([Expr::col(Column::Name), Expr::col(Column::Id)]);
        query = query.filter(here.gt(Expr::tuple([Expr::value(name), Expr::value(id)])));
    }
    let rows = query.limit(limit + 1).all(store.reader()).await?;
    let page = Page::cut(rows, limit, |row| Cursor::of(LIST, &(&row.name, row.id)));
    Ok(Page { items: with_domains(store.reader(), page.items).await?, next: page.next })
}

impl DirectoryFilter {
    fn condition(&self) -> Condition {
        let text = self.text.as_deref().filter(|text| !text.trim().is_empty());
        Condition::all().add_option(text.map(|text| holds(Column::Name, text))).add_option(self.customers.as_ref().map(
            |customers| match customers.is_empty() {
                true => Expr::value(false),
                false => Column::Id.is_in(customers.iter().map(|id| id.0)),
            },
        ))
    }
}

pub async fn customer_by_domain(store: &Store, domain: &str) -> Result<Option<Customer>, StoreError> {
    let Some(id) = id_by_domain(store.reader(), domain).await? else { return Ok(None) };
    customer(store, id).await
}

/// By the operator's id of his directory, in any case.
pub async fn customer_by_tenant(store: &Store, tenant: &str) -> Result<Option<Customer>, StoreError> {
    let tenant = Func::lower(Expr::col(Column::TenantId)).eq(tenant.trim().to_ascii_lowercase());
    first(store, tenant).await
}

/// By his exact name.
pub async fn customer_by_name(store: &Store, name: &str) -> Result<Option<Customer>, StoreError> {
    first(store, Column::Name.eq(name.trim())).await
}

async fn first(store: &Store, which: Expr) -> Result<Option<Customer>, StoreError> {
    let row = Entity::find().filter(which).order_by_asc(Column::Id).limit(1).all(store.writer()).await?;
    Ok(with_domains(store.writer(), row).await?.pop())
}

pub(super) async fn id_by_domain(
    connection: &impl ConnectionTrait,
    domain: &str,
) -> Result<Option<CustomerId>, StoreError> {
    let row = customer_domain::Entity::find_by_id(normalised(domain)).one(connection).await?;
    Ok(row.map(|row| CustomerId(row.customer_id)))
}

pub(crate) async fn customers_of_account_owner(
    connection: &impl ConnectionTrait,
    agent: AgentId,
) -> Result<BTreeSet<CustomerId>, StoreError> {
    let ids: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::AccountOwnerId.eq(agent.0))
        .into_tuple()
        .all(connection)
        .await?;
    Ok(ids.into_iter().map(CustomerId).collect())
}

pub async fn create_customer(store: &Store, fields: CustomerFields) -> Result<Customer, StoreError> {
    let transaction = store.begin().await?;
    let now = store.shared.now(&transaction).await?;
    let domains = fields.domains.clone();
    let row = customer_row(CustomerId(fresh_id()), fields, seconds(now), 1);
    insert_all(&transaction, vec![row.clone()]).await?;
    set_domains(&transaction, row.id, &domains).await?;
    let customer = with_domains(&transaction, vec![row]).await?.pop();
    transaction.commit().await?;
    customer.ok_or(StoreError::Missing { what: "customer" })
}

/// Replaces all fields. `None`: there is no such customer.
pub async fn update_customer(
    store: &Store,
    id: CustomerId,
    expected_version: Option<i64>,
    fields: CustomerFields,
) -> Result<Option<Customer>, StoreError> {
    let transaction = store.begin().await?;
    let Some(old) = Entity::find_by_id(id.0).lock(LockType::Update).one(&transaction).await? else { return Ok(None) };
    if expected_version.is_some_and(|expected| expected != old.version) {
        return Err(StoreError::Stale { current: old.version });
    }
    let domains = fields.domains.clone();
    let row = customer_row(id, fields, old.created_at, old.version + 1);
    Entity::update_many()
        .set(row.clone().into_active_model().reset_all())
        .filter(Column::Id.eq(id.0))
        .exec(&transaction)
        .await?;
    set_domains(&transaction, id.0, &domains).await?;
    let customer = with_domains(&transaction, vec![row]).await?.pop();
    transaction.commit().await?;
    Ok(customer)
}

pub(crate) fn customer_row(id: CustomerId, fields: CustomerFields, created_at: i64, version: i64) -> Model {
    Model {
        id: id.0,
        name: without_nul(fields.name),
        language: fields.language.as_str().to_owned(),
        time_zone: fields.time_zone,
        tenant_id: fields.tenant_id.map(without_nul),
        delegated_admin: fields.delegated_admin.as_str().to_owned(),
        account_owner_id: fields.account_owner.map(|id| id.0),
        notes: without_nul(fields.notes),
        created_at,
        version,
    }
}

async fn set_domains(connection: &impl ConnectionTrait, customer: Uuid, domains: &[String]) -> Result<(), StoreError> {
    customer_domain::Entity::delete_many()
        .filter(customer_domain::Column::CustomerId.eq(customer))
        .exec(connection)
        .await?;
    let domains: BTreeSet<String> =
        domains.iter().map(|domain| normalised(domain)).filter(|domain| !domain.is_empty()).collect();
    for domain in domains {
        let row = customer_domain::Model { domain, customer_id: customer };
        customer_domain::Entity::insert(row.into_active_model())
            .exec_without_returning(connection)
            .await
            .map_err(|error| StoreError::taken(error, DOMAIN))?;
    }
    Ok(())
}

async fn with_domains(connection: &impl ConnectionTrait, rows: Vec<Model>) -> Result<Vec<Customer>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let domains = customer_domain::Entity::find()
        .filter(customer_domain::Column::CustomerId.is_in(rows.iter().map(|row| row.id)))
        .order_by_asc(customer_domain::Column::Domain)
        .all(connection)
        .await?;
    let mut by_customer: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
    for row in domains {
        by_customer.entry(row.customer_id).or_default().push(row.domain);
    }
    rows.into_iter()
        .map(|row| {
            let domains = by_customer.remove(&row.id).unwrap_or_default();
            of_row(row, domains)
        })
        .collect()
}

fn of_row(row: Model, domains: Vec<String>) -> Result<Customer, StoreError> {
    let id = row.id;
    let place = Place { table: "customer", id: &id };
    Ok(Customer {
        id: CustomerId(id),
        name: row.name,
        domains,
        language: language(place, &row.language)?,
        time_zone: row.time_zone,
        tenant_id: row.tenant_id,
        delegated_admin: place.word("delegated_admin", &row.delegated_admin, DelegatedAdmin::parse)?,
        account_owner: row.account_owner_id.map(AgentId),
        notes: row.notes,
        created_at: place.instant("created_at", row.created_at)?,
        version: row.version,
    })
}
