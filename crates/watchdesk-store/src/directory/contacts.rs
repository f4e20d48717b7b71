//! Contacts: people on a customer's side, and strangers who wrote.

use sea_orm::sea_query::{Condition, Expr, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use watchdesk_core::Instant;
use watchdesk_core::desk::Language;
use watchdesk_core::ids::{ContactId, CustomerId};

use super::customers::id_by_domain;
use super::{holds, language, normalised};
use crate::entities::contact::{Column, Entity, Model};
use crate::page::{after, clamped};
use crate::rows::{Place, seconds, without_nul};
use crate::{Cursor, Page, Store, StoreError, fresh_id};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub id: ContactId,
    pub customer: Option<CustomerId>,
    pub name: String,
    pub email: String,
    pub phone: Option<String>,
    /// None: the customer's.
    pub language: Option<Language>,
    /// May see all tickets of the organisation.
    pub whole_organisation: bool,
    /// Why nothing is sent there any more.
    pub suppressed: Option<String>,
    pub created_at: Instant,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactFields {
    pub customer: Option<CustomerId>,
    pub name: String,
    pub email: String,
    pub phone: Option<String>,
    pub language: Option<Language>,
    pub whole_organisation: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactFilter {
    pub customer: Option<CustomerId>,
    /// A part of the name or the address.
    pub text: Option<String>,
}

const LIST: &str = "contacts";
const ADDRESS: &str = "mail address";

pub async fn contact(store: &Store, id: ContactId) -> Result<Option<Contact>, StoreError> {
    Entity::find_by_id(id.0).one(store.reader()).await?.map(Contact::try_from).transpose()
}

/// Unknown ones are left out.
pub async fn contacts_by_ids(store: &Store, ids: &[ContactId]) -> Result<Vec<Contact>, StoreError> {
    let rows = Entity::find()
        .filter(Column::Id.is_in(ids.iter().map(|id| id.0)))
        .order_by_asc(Column::Email)
        .all(store.reader())
        .await?;
    rows.into_iter().map(Contact::try_from).collect()
}

pub async fn contact_by_email(store: &Store, email: &str) -> Result<Option<Contact>, StoreError> {
    let row = by_email(store.reader(), &normalised(email)).await?;
    row.map(Contact::try_from).transpose()
}

/// By address.
pub async fn contacts(
    store: &Store,
    filter: &ContactFilter,
    limit: u64,
    cursor: Option<&Cursor>,
) -> Result<Page<Contact>, StoreError> {
    let limit = clamped(limit);
    let mut query = Entity::find().filter(filter.condition()).order_by_asc(Column::Email);
    if let Some(email) = after::<String>(cursor, LIST)? {
        query = query.filter(Column::Email.gt(email));
    }
    let rows = query.limit(limit + 1).all(store.reader()).await?;
    Page::cut(rows, limit, |row| Cursor::of(LIST, &row.email)).try_map(Contact::try_from)
}

impl ContactFilter {
    fn condition(&self) -> Condition {
        let text = self.text.as_deref().filter(|text| !text.trim().is_empty());
        Condition::all().add_option(self.customer.map(|id| Column::CustomerId.eq(id.0))).add_option(
            text.map(|text| Condition::any().add(holds(Column::Name, text)).add(holds(Column::Email, text))),
        )
    }
}

pub async fn create_contact(store: &Store, fields: ContactFields) -> Result<Contact, StoreError> {
    let row = row(ContactId(fresh_id()), fields, None, seconds(store.now().await?));
    Entity::insert(row.clone().into_active_model())
        .exec_without_returning(store.writer())
        .await
        .map_err(|error| StoreError::taken(error, ADDRESS))?;
    row.try_into()
}

/// Replaces all fields. `None`: there is no such contact.
pub async fn update_contact(
    store: &Store,
    id: ContactId,
    fields: ContactFields,
) -> Result<Option<Contact>, StoreError> {
    let Some(old) = Entity::find_by_id(id.0).one(store.reader()).await? else { return Ok(None) };
    let row = row(id, fields, old.suppressed_reason, old.created_at);
    Entity::update_many()
        .set(sea_orm::ActiveModelTrait::reset_all(row.clone().into_active_model()))
        .filter(Column::Id.eq(id.0))
        .exec(store.writer())
        .await
        .map_err(|error| StoreError::taken(error, ADDRESS))?;
    row.try_into().map(Some)
}

/// Stops sending anything there, or begins again. `false`: there is no such contact.
pub async fn suppress_contact(store: &Store, id: ContactId, reason: Option<&str>) -> Result<bool, StoreError> {
    let updated = Entity::update_many()
        .col_expr(Column::SuppressedReason, Expr::value(reason.map(without_nul)))
        .filter(Column::Id.eq(id.0))
        .exec(store.writer())
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Who writes: known by the address, else new, and a customer's by the domain.
pub async fn find_or_create_contact(
    store: &Store,
    email: &str,
    name: &str,
    now: Instant,
) -> Result<Contact, StoreError> {
    let email = normalised(email);
    if let Some(known) = by_email(store.reader(), &email).await? {
        return known.try_into();
    }
    let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
    let customer = id_by_domain(store.reader(), domain).await?;
    let fields = ContactFields { customer, name: name.trim().to_owned(), email: email.clone(), ..Default::default() };
    // Two mails of one stranger may be looked at at once.
    Entity::insert_many([row(ContactId(fresh_id()), fields, None, seconds(now)).into_active_model()])
        .on_conflict(OnConflict::column(Column::Email).do_nothing().to_owned())
        .exec_without_returning(store.writer())
        .await?;
    by_email(store.writer(), &email).await?.ok_or(StoreError::Missing { what: "contact" })?.try_into()
}

async fn by_email(connection: &impl ConnectionTrait, email: &str) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find().filter(Column::Email.eq(email)).one(connection).await?)
}

fn row(id: ContactId, fields: ContactFields, suppressed_reason: Option<String>, created_at: i64) -> Model {
    Model {
        id: id.0,
        customer_id: fields.customer.map(|id| id.0),
        name: without_nul(fields.name),
        email: normalised(&fields.email),
        phone: fields.phone.map(without_nul),
        language: fields.language.map(|language| language.as_str().to_owned()),
        whole_organisation: fields.whole_organisation,
        suppressed_reason,
        created_at,
    }
}

impl TryFrom<Model> for Contact {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let id = row.id;
        let place = Place { table: "contact", id: &id };
        Ok(Self {
            id: ContactId(id),
            customer: row.customer_id.map(CustomerId),
            name: row.name,
            email: row.email,
            phone: row.phone,
            language: row.language.as_deref().map(|text| language(place, text)).transpose()?,
            whole_organisation: row.whole_organisation,
            suppressed: row.suppressed_reason,
            created_at: place.instant("created_at", row.created_at)?,
        })
    }
}
