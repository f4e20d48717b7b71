//! What the desk resells: added and renamed by hand. A service is never taken away, because tickets speak of it.

use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait, IntoActiveModel, PaginatorTrait};
use watchdesk_core::desk::Service;

use super::changed;
use crate::entities::service::{Column, Entity, Model};
use crate::rows::json;
use crate::{Store, StoreError};

/// Services of one desk.
pub const SERVICES_MAX: u64 = 200;

/// Adds it, or names it anew. `false`: there are too many.
pub async fn save_service(store: &Store, service: &Service) -> Result<bool, StoreError> {
    let transaction = store.begin().await?;
    let slug = service.slug.to_string();
    let count = Entity::find().count(&transaction).await?;
    let is_known = Entity::find_by_id(slug.as_str()).one(&transaction).await?.is_some();
    if !is_known && count >= SERVICES_MAX {
        return Ok(false);
    }
    let row = Model { slug, position: i32::try_from(count).unwrap_or(i32::MAX), body: json(service) };
    Entity::insert(row.into_active_model())
        .on_conflict(OnConflict::column(Column::Slug).update_column(Column::Body).to_owned())
        .exec_without_returning(&transaction)
        .await?;
    changed(&transaction).await?;
    transaction.commit().await?;
    Ok(true)
}
