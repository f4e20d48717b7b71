//! Single values of the desk, by key.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel};
use watchdesk_core::desk::Settings;

use crate::entities::setting::{Column, Entity, Model};
use crate::rows::Place;
use crate::{Store, StoreError};

const DESK: &str = "desk";

pub async fn setting(store: &Store, key: &str) -> Result<Option<String>, StoreError> {
    within(store.reader(), key).await
}

/// What stands under the key; the value given, where nothing did. Of several who come at once the first one wins.
pub async fn setting_or_insert(store: &Store, key: &str, value: &str) -> Result<String, StoreError> {
    let row = Model { key: key.to_owned(), value: value.to_owned() };
    Entity::insert_many([row.into_active_model()])
        .on_conflict(OnConflict::column(Column::Key).do_nothing().to_owned())
        .exec_without_returning(store.writer())
        .await?;
    within(store.writer(), key).await?.ok_or(StoreError::Missing { what: "setting" })
}

pub(super) async fn within(connection: &impl ConnectionTrait, key: &str) -> Result<Option<String>, StoreError> {
    Ok(Entity::find_by_id(key).one(connection).await?.map(|row| row.value))
}

pub(super) async fn save(connection: &impl ConnectionTrait, key: &str, value: &str) -> Result<(), StoreError> {
    let row = Model { key: key.to_owned(), value: value.to_owned() };
    Entity::insert(row.into_active_model())
        .on_conflict(OnConflict::column(Column::Key).update_column(Column::Value).to_owned())
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

pub(super) async fn desk_settings(connection: &impl ConnectionTrait) -> Result<Settings, StoreError> {
    match within(connection, DESK).await? {
        Some(text) => Place { table: "setting", id: &DESK }.json("value", &text),
        None => Ok(Settings::default()),
    }
}

pub(super) async fn save_desk_settings(
    connection: &impl ConnectionTrait,
    settings: &Settings,
) -> Result<(), StoreError> {
    save(connection, DESK, &crate::rows::json(settings)).await
}
