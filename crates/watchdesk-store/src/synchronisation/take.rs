//! What the operator says of one customer becomes what is known of him.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Expr, ExprTrait, Func, LockType, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use watchdesk_core::Instant;
use watchdesk_core::facts::DelegatedAdmin;
use watchdesk_core::ids::CustomerId;

use super::{Change, ChangeKind, Counts, DETAILS_APART, add};
use crate::directory::{Before, CustomerFields, Subscription, SubscriptionFields, customer_row, normalised, upsert};
use crate::entities::{customer, customer_domain, operator_customer, subscription};
use crate::rows::{ROWS_PER_INSERT, insert_all, seconds, without_nul};
use crate::{Store, StoreError, fresh_id};

/// One customer, as the operator tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    pub operator_id: String,
    pub tenant_id: Option<String>,
    pub name: String,
    pub domain: Option<String>,
    /// Whether we may administer; `None` where nothing is said.
    pub delegated_admin: Option<bool>,
    pub subscriptions: Vec<SubscriptionFields>,
    /// Every one of his subscriptions could be understood.
    pub is_whole: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    pub customer: CustomerId,
    /// Nobody knew him before.
    pub is_new: bool,
}

/// The customer as he is known, and as he stands in the operator's list.
struct Known {
    row: customer::Model,
    link: Option<operator_customer::Model>,
    is_new: bool,
}

/// Those among the operator's ids whose subscriptions this run has read already.
pub async fn already_read(store: &Store, number: i64, operator_ids: &[String]) -> Result<BTreeSet<String>, StoreError> {
    let rows = operator_customer::Entity::find()
        .filter(operator_customer::Column::OperatorId.is_in(operator_ids))
        .filter(operator_customer::Column::ReadRun.eq(number))
        .all(store.reader())
        .await?;
    Ok(rows.into_iter().map(|row| row.operator_id).collect())
}

/// Writes it down, all or nothing. Language, time zone, contract, account owner and a name that people gave are theirs.
pub async fn take(store: &Store, number: i64, heard: &Heard) -> Result<Taken, StoreError> {
    let transaction = store.begin().await?;
    let now = store.shared.now(&transaction).await?;
    let known = match find(&transaction, heard).await? {
        Some(known) => known,
        None => create(&transaction, heard, now).await?,
    };
    let (id, is_new) = (CustomerId(known.row.id), known.is_new);
    let mut changes = follow(&transaction, &known, heard).await?;
    let changed_customer = !changes.is_empty() && !is_new;
    let (counted, of_subscriptions) = subscriptions(&transaction, (number, now), &known, heard).await?;
    changes.extend(of_subscriptions);
    link(&transaction, number, id, &known, heard).await?;
    let counts = Counts {
        customers: 1,
        subscriptions: i64::try_from(heard.subscriptions.len()).unwrap_or(i64::MAX),
        created: counted.created + i64::from(is_new),
        changed: counted.changed + i64::from(changed_customer),
        failures: i64::from(!heard.is_whole),
        ..Counts::default()
    };
    add(&transaction, number, now, counts, changes).await?;
    transaction.commit().await?;
    Ok(Taken { customer: id, is_new })
}

/// He is in the list, but could not be read: nothing of his is taken for gone.
pub async fn unreadable(
    store: &Store,
    number: i64,
    operator_id: &str,
    name: &str,
    why: &str,
) -> Result<(), StoreError> {
    let transaction = store.begin().await?;
    let now = store.shared.now(&transaction).await?;
    let found = operator_customer::Entity::find()
        .filter(operator_customer::Column::OperatorId.eq(without_nul(operator_id)))
        .one(&transaction)
        .await?;
    let customer = found.as_ref().map(|row| CustomerId(row.customer_id));
    if let Some(row) = found {
        let row = operator_customer::Model { listed_run: number, gone_at: None, ..row };
        row.into_active_model().reset_all().update(&transaction).await?;
    }
    let change = Change {
        kind: ChangeKind::Unreadable,
        customer,
        name: name.to_owned(),
        subject: String::new(),
        before: String::new(),
        after: why.to_owned(),
    };
    add(&transaction, number, now, Counts { failures: 1, ..Counts::default() }, vec![change]).await?;
    transaction.commit().await?;
    Ok(())
}

/// By the tenant, then by the operator's id, then by the mail domain of somebody of whom neither is known.
async fn find(connection: &impl ConnectionTrait, heard: &Heard) -> Result<Option<Known>, StoreError> {
    let by_tenant = match &heard.tenant_id {
        Some(tenant) => {
            let tenant = Func::lower(Expr::col(customer::Column::TenantId)).eq(tenant.trim().to_ascii_lowercase());
            let found = customer::Entity::find().filter(tenant).order_by_asc(customer::Column::Id);
            found.lock(LockType::Update).limit(1).one(connection).await?
        }
        None => None,
    };
    let linked = operator_customer::Entity::find()
        .filter(operator_customer::Column::OperatorId.eq(without_nul(heard.operator_id.as_str())))
        .one(connection)
        .await?;
    let row = match (by_tenant, &linked) {
        (Some(row), _) => Some(row),
        (None, Some(linked)) => {
            customer::Entity::find_by_id(linked.customer_id).lock(LockType::Update).one(connection).await?
        }
        (None, None) => by_domain(connection, heard).await?,
    };
    let Some(row) = row else { return Ok(None) };
    if let Some(other) = linked.as_ref().filter(|linked| linked.customer_id != row.id) {
        // People gave the tenant to another customer of ours.
        operator_customer::Entity::delete_by_id(other.customer_id).exec(connection).await?;
    }
    let link = operator_customer::Entity::find_by_id(row.id).one(connection).await?;
    Ok(Some(Known { row, link, is_new: false }))
}

async fn by_domain(connection: &impl ConnectionTrait, heard: &Heard) -> Result<Option<customer::Model>, StoreError> {
    let Some(owner) = domain_owner(connection, heard).await? else { return Ok(None) };
    if operator_customer::Entity::find_by_id(owner).one(connection).await?.is_some() {
        return Ok(None);
    }
    let row = customer::Entity::find_by_id(owner).lock(LockType::Update).one(connection).await?;
    Ok(row.filter(|row| row.tenant_id.is_none()))
}

async fn domain_owner(
    connection: &impl ConnectionTrait,
    heard: &Heard,
) -> Result<Option<sea_orm::prelude::Uuid>, StoreError> {
    let Some(domain) = heard.domain.as_deref().map(normalised).filter(|domain| !domain.is_empty()) else {
        return Ok(None);
    };
    let row = customer_domain::Entity::find_by_id(domain).one(connection).await?;
    Ok(row.map(|row| row.customer_id))
}

/// With what the operator knows; the rest is for people to say.
async fn create(connection: &impl ConnectionTrait, heard: &Heard, now: Instant) -> Result<Known, StoreError> {
    let fields = CustomerFields {
        name: named(heard),
        tenant_id: heard.tenant_id.clone(),
        delegated_admin: DelegatedAdmin::of(heard.delegated_admin),
        ..CustomerFields::default()
    };
    let row = customer_row(CustomerId(fresh_id()), fields, seconds(now), 1);
    insert_all(connection, vec![row.clone()]).await?;
    if let Some(domain) = heard.domain.as_deref().map(normalised).filter(|domain| !domain.is_empty()) {
        let domain = customer_domain::Model { domain, customer_id: row.id };
        // Somebody else's domain stays his.
        customer_domain::Entity::insert_many([domain.into_active_model()])
            .on_conflict(OnConflict::column(customer_domain::Column::Domain).do_nothing().to_owned())
            .exec_without_returning(connection)
            .await?;
    }
    Ok(Known { row, link: None, is_new: true })
}

fn named(heard: &Heard) -> String {
    let name = without_nul(heard.name.trim());
    if name.is_empty() { heard.domain.clone().unwrap_or_else(|| heard.operator_id.clone()) } else { name }
}

/// The customer follows the operator where nobody said otherwise.
async fn follow(connection: &impl ConnectionTrait, known: &Known, heard: &Heard) -> Result<Vec<Change>, StoreError> {
    let old = &known.row;
    let change = |kind, before: &str, after: &str| Change {
        kind,
        customer: Some(CustomerId(old.id)),
        name: old.name.clone(),
        subject: String::new(),
        before: before.to_owned(),
        after: after.to_owned(),
    };
    if known.is_new {
        return Ok(vec![change(ChangeKind::CustomerCreated, "", "")]);
    }
    let mut row = old.clone();
    let mut changes = Vec::new();
    // A name that people changed is theirs.
    let told = known.link.as_ref().map(|link| link.name.as_str());
    let name = named(heard);
    if told == Some(old.name.as_str()) && name != old.name {
        changes.push(change(ChangeKind::CustomerRenamed, &old.name, &name));
        row.name = name;
    }
    let delegated = DelegatedAdmin::of(heard.delegated_admin).as_str();
    if heard.delegated_admin.is_some() && delegated != old.delegated_admin {
        changes.push(change(ChangeKind::DelegatedAdmin, &old.delegated_admin, delegated));
        delegated.clone_into(&mut row.delegated_admin);
    }
    if row.tenant_id.as_deref().is_none_or(|known| known.trim().is_empty()) {
        row.tenant_id = heard.tenant_id.clone().map(without_nul);
    }
    if row != *old {
        row.version += 1;
        row.into_active_model().reset_all().update(connection).await?;
    }
    Ok(changes)
}

async fn subscriptions(
    connection: &impl ConnectionTrait,
    (number, now): (i64, Instant),
    known: &Known,
    heard: &Heard,
) -> Result<(Counts, Vec<Change>), StoreError> {
    let (customer, name) = (CustomerId(known.row.id), known.row.name.as_str());
    let mut counts = Counts::default();
    let mut changes = Vec::new();
    let mut same = Vec::new();
    for fields in &heard.subscriptions {
        let (before, after) = upsert(connection, customer, fields.clone(), Some(number), now).await?;
        match before {
            Before::Same => same.push(after.id.0),
            Before::Nothing => {
                counts.created += 1;
                // Of a new customer everything is new; that goes without saying.
                if !known.is_new {
                    changes.push(told(name, ChangeKind::SubscriptionCreated, &after, "", after.fields.status.as_str()));
                }
            }
            Before::Other(before) => {
                counts.changed += 1;
                changes.extend(difference(name, &before, &after));
            }
        }
    }
    for part in same.chunks(ROWS_PER_INSERT) {
        subscription::Entity::update_many()
            .col_expr(subscription::Column::SeenAt, Expr::value(seconds(now)))
            .col_expr(subscription::Column::SeenRun, Expr::value(number))
            .filter(subscription::Column::Id.is_in(part.iter().copied()))
            .exec(connection)
            .await?;
    }
    Ok((counts, changes))
}

/// The one that people ask about first; none where nothing is different that people see.
fn difference(name: &str, before: &Subscription, after: &Subscription) -> Option<Change> {
    let (old, new) = (&before.fields, &after.fields);
    let quantity = |quantity: Option<i64>| quantity.map(|quantity| quantity.to_string()).unwrap_or_default();
    if old.status != new.status {
        return Some(told(name, ChangeKind::SubscriptionStatus, after, old.status.as_str(), new.status.as_str()));
    }
    if old.quantity != new.quantity {
        let (before, now) = (quantity(old.quantity), quantity(new.quantity));
        return Some(told(name, ChangeKind::SubscriptionQuantity, after, &before, &now));
    }
    let (was, is) = (details(old), details(new));
    let differ: Vec<bool> = was.iter().zip(&is).map(|(was, is)| was != is).collect();
    let said = |details: &[(&str, String)]| {
        let changed = details.iter().zip(&differ).filter(|(_, differs)| **differs);
        changed.map(|((field, value), _)| format!("{field}: {value}")).collect::<Vec<_>>().join(DETAILS_APART)
    };
    differ.contains(&true).then(|| told(name, ChangeKind::SubscriptionChanged, after, &said(&was), &said(&is)))
}

/// The rest of what is known of a subscription, by the names that the API gives it.
fn details(fields: &SubscriptionFields) -> [(&'static str, String); 8] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let day = |at: Option<Instant>| at.map(|at| at.date_naive().to_string()).unwrap_or_default();
    [
        ("offer", fields.offer.clone()),
        ("friendly_name", text(&fields.friendly_name)),
        ("suspension_reasons", fields.suspension_reasons.join(", ")),
        ("effective_start", day(fields.effective_start)),
        ("commitment_end", day(fields.commitment_end)),
        ("auto_renew", fields.auto_renew.map(|renews| renews.to_string()).unwrap_or_default()),
        ("billing_type", text(&fields.billing_type)),
        ("order_id", text(&fields.order_id)),
    ]
}

fn told(name: &str, kind: ChangeKind, subscription: &Subscription, before: &str, after: &str) -> Change {
    Change {
        kind,
        customer: Some(subscription.customer),
        name: name.to_owned(),
        subject: subscription.name().to_owned(),
        before: before.to_owned(),
        after: after.to_owned(),
    }
}

async fn link(
    connection: &impl ConnectionTrait,
    number: i64,
    customer: CustomerId,
    known: &Known,
    heard: &Heard,
) -> Result<(), StoreError> {
    let read_before = known.link.as_ref().map_or(0, |link| link.read_run);
    let row = operator_customer::Model {
        customer_id: customer.0,
        operator_id: without_nul(heard.operator_id.as_str()),
        name: named(heard),
        listed_run: number,
        read_run: if heard.is_whole { number } else { read_before },
        gone_at: None,
    };
    if known.link.is_some() {
        row.into_active_model().reset_all().update(connection).await?;
    } else {
        insert_all(connection, vec![row]).await?;
    }
    Ok(())
}
