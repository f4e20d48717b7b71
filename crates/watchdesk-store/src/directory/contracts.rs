//! Contracts: what a customer agreed on. Tickets are held to the one in force when they were opened.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use watchdesk_core::Instant;
use watchdesk_core::ids::{ContractId, CustomerId, Slug};

use super::WHOLE_LIST_MAX;
use crate::entities::contract::{Column, Entity, Model};
use crate::rows::{Place, insert_all, seconds, seconds_or_none};
use crate::{Store, StoreError, fresh_id, recompute};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    pub id: ContractId,
    pub customer: CustomerId,
    pub tier: Slug,
    /// Whether the operator takes severity A for it.
    pub premium: bool,
    pub effective_from: Instant,
    /// The first instant at which it holds no more.
    pub effective_to: Option<Instant>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractFields {
    pub customer: CustomerId,
    pub tier: Slug,
    pub premium: bool,
    pub effective_from: Instant,
    pub effective_to: Option<Instant>,
}

/// The earliest first.
pub async fn contracts_of(store: &Store, customer: CustomerId) -> Result<Vec<Contract>, StoreError> {
    let rows = Entity::find()
        .filter(Column::CustomerId.eq(customer.0))
        .order_by_asc(Column::EffectiveFrom)
        .order_by_asc(Column::Id)
        .limit(WHOLE_LIST_MAX)
        .all(store.reader())
        .await?;
    rows.into_iter().map(Contract::try_from).collect()
}

/// Those of these customers that are in force at that instant; of several that overlap, the one that began last stands last.
pub async fn contracts_in_force(
    store: &Store,
    customers: &[CustomerId],
    at: Instant,
) -> Result<Vec<Contract>, StoreError> {
    if customers.is_empty() {
        return Ok(Vec::new());
    }
    let rows = Entity::find()
        .filter(Column::CustomerId.is_in(customers.iter().map(|id| id.0)))
        .filter(Column::EffectiveFrom.lte(seconds(at)))
        .filter(Column::EffectiveTo.is_null().or(Column::EffectiveTo.gt(seconds(at))))
        .order_by_asc(Column::EffectiveFrom)
        .order_by_asc(Column::Id)
        .all(store.reader())
        .await?;
    rows.into_iter().map(Contract::try_from).collect()
}

/// From a day in the past it reaches back: a job measures anew what is unfinished and was opened since then. What has
/// ended stays as it was.
pub async fn add_contract(store: &Store, fields: ContractFields) -> Result<Contract, StoreError> {
    let row = Model {
        id: fresh_id(),
        customer_id: fields.customer.0,
        tier: fields.tier.to_string(),
        premium: fields.premium,
        effective_from: seconds(fields.effective_from),
        effective_to: seconds_or_none(fields.effective_to),
    };
    let transaction = store.begin().await?;
    insert_all(&transaction, vec![row.clone()]).await?;
    let now = store.shared.now(&transaction).await?;
    let span = (fields.effective_from, fields.effective_to);
    recompute::start_for_contract(&transaction, fields.customer, span, now).await?;
    transaction.commit().await?;
    row.try_into()
}

/// It holds no more from then on, or again until then: a job measures anew what is unfinished and was opened in between.
/// `false`: there is no such contract.
pub async fn end_contract(store: &Store, id: ContractId, at: Instant) -> Result<bool, StoreError> {
    let transaction = store.begin().await?;
    let Some(row) = Entity::find_by_id(id.0).one(&transaction).await? else {
        transaction.rollback().await?;
        return Ok(false);
    };
    let contract = Contract::try_from(row)?;
    Entity::update_many()
        .col_expr(Column::EffectiveTo, Expr::value(seconds(at)))
        .filter(Column::Id.eq(id.0))
        .exec(&transaction)
        .await?;
    let now = store.shared.now(&transaction).await?;
    let (from, to) = match contract.effective_to {
        Some(before) if before < at => (before, Some(at)),
        Some(before) => (at, Some(before)),
        None => (at, None),
    };
    let span = (Ord::max(from, contract.effective_from), to);
    recompute::start_for_contract(&transaction, contract.customer, span, now).await?;
    transaction.commit().await?;
    Ok(true)
}

impl TryFrom<Model> for Contract {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let place = Place { table: "contract", id: &row.id };
        Ok(Self {
            id: ContractId(row.id),
            customer: CustomerId(row.customer_id),
            tier: place.slug("tier", row.tier.clone())?,
            premium: row.premium,
            effective_from: place.instant("effective_from", row.effective_from)?,
            effective_to: place.instant_or_none("effective_to", row.effective_to)?,
        })
    }
}
