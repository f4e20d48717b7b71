//! Mailboxes: the addresses that customers write to, and what we say about ourselves there.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use watchdesk_core::desk::{Language, Named};
use watchdesk_core::ids::{MailboxId, TeamId};

use super::{WHOLE_LIST_MAX, language, normalised};
use crate::entities::mailbox::{Column, Entity, Model};
use crate::rows::{Place, without_nul};
use crate::{Store, StoreError, fresh_id};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    pub id: MailboxId,
    pub address: String,
    pub name: String,
    /// Who gets what is written there.
    pub team: Option<TeamId>,
    /// Of answers to people whose language nobody knows.
    pub language: Language,
    pub signature: String,
    pub support: Support,
    pub active: bool,
}

/// Our support channels and hours, of which the contract obliges us to inform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Support {
    pub phone: String,
    pub url: String,
    pub hours: Named,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxFields {
    pub address: String,
    pub name: String,
    pub team: Option<TeamId>,
    pub language: Language,
    pub signature: String,
    pub support: Support,
    pub active: bool,
}

const ADDRESS: &str = "mail address";

/// By address.
pub async fn mailboxes(store: &Store) -> Result<Vec<Mailbox>, StoreError> {
    let rows = Entity::find().order_by_asc(Column::Address).limit(WHOLE_LIST_MAX).all(store.reader()).await?;
    rows.into_iter().map(Mailbox::try_from).collect()
}

pub async fn mailbox(store: &Store, id: MailboxId) -> Result<Option<Mailbox>, StoreError> {
    Entity::find_by_id(id.0).one(store.reader()).await?.map(Mailbox::try_from).transpose()
}

pub async fn mailbox_by_address(store: &Store, address: &str) -> Result<Option<Mailbox>, StoreError> {
    let row = Entity::find().filter(Column::Address.eq(normalised(address))).one(store.reader()).await?;
    row.map(Mailbox::try_from).transpose()
}

pub async fn create_mailbox(store: &Store, fields: MailboxFields) -> Result<Mailbox, StoreError> {
    insert_mailbox(store.writer(), &fields).await
}

pub(crate) async fn insert_mailbox(
    connection: &impl ConnectionTrait,
    fields: &MailboxFields,
) -> Result<Mailbox, StoreError> {
    let row = row(MailboxId(fresh_id()), fields);
    Entity::insert(row.clone().into_active_model())
        .exec_without_returning(connection)
        .await
        .map_err(|error| StoreError::taken(error, ADDRESS))?;
    row.try_into()
}

/// Replaces all fields. `None`: there is no such mailbox.
pub async fn update_mailbox(
    store: &Store,
    id: MailboxId,
    fields: MailboxFields,
) -> Result<Option<Mailbox>, StoreError> {
    let row = row(id, &fields);
    let updated = Entity::update_many()
        .set(row.clone().into_active_model().reset_all())
        .filter(Column::Id.eq(id.0))
        .exec(store.writer())
        .await
        .map_err(|error| StoreError::taken(error, ADDRESS))?;
    if updated.rows_affected == 0 {
        return Ok(None);
    }
    row.try_into().map(Some)
}

fn row(id: MailboxId, fields: &MailboxFields) -> Model {
    Model {
        id: id.0,
        address: normalised(&fields.address),
        name: without_nul(fields.name.as_str()),
        team_id: fields.team.map(|id| id.0),
        language: fields.language.as_str().to_owned(),
        signature: without_nul(fields.signature.as_str()),
        support_phone: without_nul(fields.support.phone.as_str()),
        support_url: without_nul(fields.support.url.as_str()),
        support_hours_en: without_nul(fields.support.hours.en.as_str()),
        support_hours_zh: without_nul(fields.support.hours.zh.as_str()),
        active: fields.active,
    }
}

impl TryFrom<Model> for Mailbox {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let place = Place { table: "mailbox", id: &row.id };
        Ok(Self {
            id: MailboxId(row.id),
            language: language(place, &row.language)?,
            address: row.address,
            name: row.name,
            team: row.team_id.map(TeamId),
            signature: row.signature,
            support: Support {
                phone: row.support_phone,
                url: row.support_url,
                hours: Named { en: row.support_hours_en, zh: row.support_hours_zh },
            },
            active: row.active,
        })
    }
}
