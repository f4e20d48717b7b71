//! Versions of the calendars.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use watchdesk_core::calendar::{Calendar, CalendarSpec};
use watchdesk_core::desk::AppliesTo;
use watchdesk_core::ids::Slug;

use crate::desk::{ALWAYS, spec_of};
use crate::entities::calendar::{Column, Entity, Model};
use crate::page::{after, clamped};
use crate::recompute::Cause;
use crate::rows::{Place, insert_all, seconds};
use crate::rules::{Edit, Publication, begin_change, on_record, publication, recompute};
use crate::{Cursor, Page, Store, StoreError};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarVersion {
    pub slug: Slug,
    pub version: i32,
    pub spec: CalendarSpec,
    pub published: Publication,
}

/// One more version of the calendar, or the first of a new one; answers its number. One that cannot be computed with is
/// [`StoreError::BadCalendar`], the name `always` is taken, and what is built on must be the newest
/// ([`StoreError::Stale`]).
pub async fn publish_calendar(
    store: &Store,
    edit: impl Into<Edit<i64>>,
    slug: &Slug,
    spec: &CalendarSpec,
    applies_to: AppliesTo,
) -> Result<i32, StoreError> {
    if slug.as_str() == ALWAYS {
        return Err(StoreError::Taken { what: "calendar" });
    }
    Calendar::compile(spec).map_err(StoreError::BadCalendar)?;
    let edit = edit.into();
    let transaction = store.begin().await?;
    begin_change(&transaction).await?;
    let now = store.shared.now(&transaction).await?;
    let current = newest(&transaction, slug).await?.map_or(0, |row| row.version);
    edit.require(current)?;
    let version = current + 1;
    let row = Model {
        slug: slug.to_string(),
        version,
        body: crate::rows::json(spec),
        published_at: seconds(now),
        applies_to: applies_to.as_str().to_owned(),
        publisher_id: Some(edit.by.0),
    };
    insert_all(&transaction, vec![row]).await?;
    let detail = json!({ "applies_to": applies_to });
    on_record(&transaction, now, edit.by, "calendar.published", &format!("{slug}/{version}"), detail).await?;
    recompute(&transaction, applies_to, &Cause::Calendar(slug.clone()), version, now).await?;
    transaction.commit().await?;
    Ok(version)
}

async fn newest(connection: &impl ConnectionTrait, slug: &Slug) -> Result<Option<Model>, StoreError> {
    let query = Entity::find().filter(Column::Slug.eq(slug.as_str())).order_by_desc(Column::Version);
    Ok(query.one(connection).await?)
}

/// A version of it, or the newest. `always` has none: it is no calendar at all.
pub async fn calendar(store: &Store, slug: &Slug, version: Option<i32>) -> Result<Option<CalendarVersion>, StoreError> {
    let row = match version {
        None => newest(store.reader(), slug).await?,
        Some(version) => Entity::find_by_id((slug.to_string(), version)).one(store.reader()).await?,
    };
    row.map(CalendarVersion::try_from).transpose()
}

/// The newest first.
pub async fn calendar_versions(
    store: &Store,
    slug: &Slug,
    limit: u64,
    cursor: Option<&Cursor>,
) -> Result<Page<CalendarVersion>, StoreError> {
    let limit = clamped(limit);
    let list = format!("calendar.{slug}");
    let mut query = Entity::find().filter(Column::Slug.eq(slug.as_str())).order_by_desc(Column::Version);
    if let Some(version) = after::<i32>(cursor, &list)? {
        query = query.filter(Column::Version.lt(version));
    }
    let rows = query.limit(limit + 1).all(store.reader()).await?;
    Page::cut(rows, limit, |row| Cursor::of(&list, &row.version)).try_map(CalendarVersion::try_from)
}

impl TryFrom<Model> for CalendarVersion {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let spec = spec_of(&row)?;
        let id = format!("{}/{}", row.slug, row.version);
        let place = Place { table: "calendar", id: &id };
        let published = publication(place, row.published_at, &row.applies_to, row.publisher_id)?;
        Ok(Self { slug: place.slug("slug", row.slug.clone())?, version: row.version, spec, published })
    }
}
