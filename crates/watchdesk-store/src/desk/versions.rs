//! Every version of the policies and calendars, because a clock keeps those it was measured under.

use std::collections::BTreeMap;
use std::sync::Arc;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use watchdesk_core::calendar::{Calendar, CalendarSpec};
use watchdesk_core::desk::{AppliesTo, Desk, DeskCalendar, Published, Versions};
use watchdesk_core::ids::Slug;
use watchdesk_core::policy::{Policy, Side};

use crate::StoreError;
use crate::entities::{calendar, policy};
use crate::rows::Place;

/// The calendar that is none; every desk has it.
pub(crate) const ALWAYS: &str = "always";

/// When and for whom, as the columns have it.
type Publication = (String, i32, i64, String);

/// A desk without a policy promises nothing.
pub(super) async fn policy(
    connection: &impl ConnectionTrait,
    side: Side,
    before: Option<&Desk>,
) -> Result<Versions<Policy>, StoreError> {
    use policy::Column;
    let rows: Vec<Publication> = policy::Entity::find()
        .select_only()
        .columns([Column::Slug, Column::Version, Column::PublishedAt, Column::AppliesTo])
        .filter(Column::Side.eq(side.as_str()))
        .into_tuple()
        .all(connection)
        .await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let known = before.and_then(|desk| desk.policy(side).version(row.1));
        let body = match known {
            Some(known) => known.body.clone(),
            None => read_policy(connection, &row.0, row.1).await?,
        };
        all.push(published("policy", &row, body)?);
    }
    Ok(Versions::new(all))
}

async fn read_policy(connection: &impl ConnectionTrait, slug: &str, version: i32) -> Result<Policy, StoreError> {
    let row = policy::Entity::find_by_id((slug.to_owned(), version)).one(connection).await?;
    policy_of(&row.ok_or(StoreError::Missing { what: "policy" })?)
}

pub(crate) fn policy_of(row: &policy::Model) -> Result<Policy, StoreError> {
    let place = Place { table: "policy", id: &row.slug };
    let policy: Policy = place.json("body", &row.body)?;
    Ok(Policy { version: row.version, ..policy })
}

type Calendars = BTreeMap<Slug, Versions<Arc<DeskCalendar>>>;

pub(super) async fn calendars(
    connection: &impl ConnectionTrait,
    before: Option<&Desk>,
) -> Result<Calendars, StoreError> {
    use calendar::Column;
    let rows: Vec<Publication> = calendar::Entity::find()
        .select_only()
        .columns([Column::Slug, Column::Version, Column::PublishedAt, Column::AppliesTo])
        .into_tuple()
        .all(connection)
        .await?;
    let mut all: BTreeMap<Slug, Vec<Published<Arc<DeskCalendar>>>> = BTreeMap::new();
    for row in rows {
        let slug = Place { table: "calendar", id: &row.0 }.slug("slug", row.0.clone())?;
        let known = before.and_then(|desk| desk.calendar_version(&slug, row.1));
        let body = match known {
            Some(known) => Arc::clone(known),
            None => read_calendar(connection, &slug, row.1).await?,
        };
        all.entry(slug).or_default().push(published("calendar", &row, body)?);
    }
    let mut calendars: Calendars = all.into_iter().map(|(slug, all)| (slug, Versions::new(all))).collect();
    let always = always();
    calendars.insert(always.slug.clone(), Versions::only(always));
    Ok(calendars)
}

fn always() -> Arc<DeskCalendar> {
    let slug = Slug::new(ALWAYS).expect("a legal slug");
    Arc::new(DeskCalendar { slug, version: 1, calendar: Calendar::always() })
}

async fn read_calendar(
    connection: &impl ConnectionTrait,
    slug: &Slug,
    version: i32,
) -> Result<Arc<DeskCalendar>, StoreError> {
    let row = calendar::Entity::find_by_id((slug.to_string(), version)).one(connection).await?;
    let row = row.ok_or(StoreError::Missing { what: "calendar" })?;
    let spec = spec_of(&row)?;
    let place = Place { table: "calendar", id: &row.slug };
    let calendar = Calendar::compile(&spec).map_err(|error| place.corrupt("body", error))?;
    Ok(Arc::new(DeskCalendar { slug: slug.clone(), version, calendar }))
}

pub(crate) fn spec_of(row: &calendar::Model) -> Result<CalendarSpec, StoreError> {
    Place { table: "calendar", id: &row.slug }.json("body", &row.body)
}

fn published<T>(table: &'static str, row: &Publication, body: T) -> Result<Published<T>, StoreError> {
    let (slug, version, at, applies_to) = row;
    let id = format!("{slug}/{version}");
    let place = Place { table, id: &id };
    Ok(Published {
        version: *version,
        at: place.instant("published_at", *at)?,
        applies_to: place.word("applies_to", applies_to, AppliesTo::parse)?,
        body,
    })
}
