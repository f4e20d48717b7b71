//! Calendars: when the desk, or the operator, is at work. Published in versions like policies; a published schedule of
//! holidays is imported as iCalendar.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{FromRequest, Request, State};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use watchdesk_core::Instant;
use watchdesk_core::calendar::{
    Calendar, CalendarError, CalendarSpec, ImportWarning, ImportedSchedule, holidays_from_icalendar,
};
use watchdesk_core::desk::{AppliesTo, Desk};
use watchdesk_core::ids::Slug;
use watchdesk_core::rights::Verb;
use watchdesk_store::recompute::{self, Cause};
use watchdesk_store::rules::{self, CalendarVersion, Edit};
use watchdesk_store::{PAGE_ITEMS_MAX, Store, desk};

use super::answer::{Answer, Answered, Listed, list as page, whole};
use super::policies::{PublicationView, RecomputeView, VersionsQuery, must_configure};
use super::request::{Call, Named, Query, TextCall, Version};
use super::trial::{TrialView, trial};
use crate::app::App;
use crate::input::{Document, Faults, InQuery, OneOrMany, Wrong, Year, documents, placed, request};
use crate::middleware::authenticate::Caller;
use crate::problem::Problem;

/// The calendar that is none: it never closes, and nobody changes it.
const ALWAYS: &str = "always";
/// A year with fewer days is the edge of its neighbour's schedule, unless whoever imports says otherwise.
const SCHEDULE_DAYS_MIN: usize = 3;

/// A version in a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CalendarSummary)]
pub(crate) struct CalendarSummary {
    slug: String,
    version: i32,
    /// None: it came with the program and never changes.
    #[serde(flatten)]
    published: Option<PublicationView>,
}

impl From<&CalendarVersion> for CalendarSummary {
    fn from(version: &CalendarVersion) -> Self {
        let published = Some(PublicationView::from(version.published));
        Self { slug: version.slug.to_string(), version: version.version, published }
    }
}

/// A version with its hours and days, as they are written.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Calendar)]
pub(crate) struct CalendarView {
    #[serde(flatten)]
    summary: CalendarSummary,
    #[schema(value_type = Object)]
    calendar: Value,
    /// How far it has got that what runs is measured by it; of the newest one that was published for that.
    recompute: Option<RecomputeView>,
    /// The newest first.
    versions: Vec<CalendarSummary>,
}

/// The newest of each.
pub(crate) async fn list(State(app): State<App>, caller: Caller) -> Listed<CalendarSummary> {
    caller.must_see(Verb::ReadReports)?;
    let desk = desk::load(&app.store).await?;
    let mut found = Vec::new();
    for slug in desk.calendars.keys() {
        found.extend(match rules::calendar(&app.store, slug, None).await? {
            Some(version) => Some(CalendarSummary::from(&version)),
            None => (slug.as_str() == ALWAYS).then(always),
        });
    }
    Ok(whole(found))
}

fn always() -> CalendarSummary {
    CalendarSummary { slug: ALWAYS.to_owned(), version: 1, published: None }
}

pub(crate) async fn read(State(app): State<App>, caller: Caller, Named(slug): Named) -> Answered<CalendarView> {
    caller.must_see(Verb::ReadReports)?;
    if slug.as_str() == ALWAYS {
        let calendar = written(&CalendarSpec::Always)?;
        let view = CalendarView { summary: always(), calendar, recompute: None, versions: vec![always()] };
        return Ok(Answer::ok(view).version(1));
    }
    view(&app.store, &slug, None).await
}

pub(crate) async fn version(
    State(app): State<App>,
    caller: Caller,
    Named(slug): Named,
    Version(version): Version,
) -> Answered<CalendarView> {
    caller.must_see(Verb::ReadReports)?;
    view(&app.store, &slug, Some(version)).await
}

pub(crate) async fn versions(
    State(app): State<App>,
    caller: Caller,
    Named(slug): Named,
    Query(query): Query<VersionsQuery>,
) -> Listed<CalendarSummary> {
    caller.must_see(Verb::ReadReports)?;
    if !desk::load(&app.store).await?.calendars.contains_key(&slug) {
        return Err(Problem::NotFound);
    }
    let found = rules::calendar_versions(&app.store, &slug, query.limit.0, query.cursor.as_ref()).await?;
    Ok(page(found, |version| CalendarSummary::from(&version)))
}

async fn view(store: &Store, slug: &Slug, version: Option<i32>) -> Answered<CalendarView> {
    let found = rules::calendar(store, slug, version).await?.ok_or(Problem::NotFound)?;
    let versions = rules::calendar_versions(store, slug, PAGE_ITEMS_MAX, None).await?;
    let job = recompute::latest(store, &Cause::Calendar(slug.clone())).await?;
    let view = CalendarView {
        summary: CalendarSummary::from(&found),
        calendar: written(&found.spec)?,
        recompute: job.map(RecomputeView::from),
        versions: versions.items.iter().map(CalendarSummary::from).collect(),
    };
    Ok(Answer::ok(view).version(i64::from(found.version)))
}

fn written(spec: &CalendarSpec) -> Result<Value, Problem> {
    serde_json::to_value(spec).map_err(Problem::internal)
}

documents! {
    /// A calendar as the files under `config/calendars` write it; also as `application/toml`.
    CalendarRequest {
        "always": Boolean "Open around the clock; then it has no other keys.",
        "time_zone": String "An IANA name, such as Asia/Shanghai.",
        "hours": Object "Frames such as [\"09:00\", \"18:00\"] by weekday, mon to sun.",
        "holidays": Array "Dates, or objects with date, name and is_off_day.",
        "yearly_holidays": Array "Days of every year, as MM-DD.",
        "extra_days": Object "Working days by date: a weekday whose hours they have, or frames.",
        "schedule_years": Array "The years whose schedule is known; all where it is left out.",
        "applies_to": String "`new`: tickets opened from now on; `running`: those that run as well. Published `new`, tried `running` where nothing is said.",
    }
}

/// One more version, or the first of a new calendar.
pub(crate) async fn publish(
    State(app): State<App>,
    Named(slug): Named,
    call: Call<CalendarRequest>,
) -> Answered<CalendarView> {
    must_configure(&call.caller)?;
    let (spec, calendar, applies_to) = calendar_of(call.body.0.clone())?;
    with_calendar(&app.store, &slug, calendar, AppliesTo::Running).await?;
    let edit = Edit { by: call.caller.agent(), expected: call.expected.version()? };
    let version = rules::publish_calendar(&app.store, edit, &slug, &spec, applies_to.unwrap_or_default()).await?;
    Ok(view(&app.store, &slug, Some(version)).await?.at(format!("/calendars/{slug}/versions/{version}")))
}

/// What it would do, without doing it.
pub(crate) async fn dry_run(
    State(app): State<App>,
    Named(slug): Named,
    call: Call<CalendarRequest>,
) -> Answered<TrialView> {
    must_configure(&call.caller)?;
    let (_, calendar, applies_to) = calendar_of(call.body.0.clone())?;
    Ok(Answer::ok(tried(&app.store, &slug, calendar, applies_to.unwrap_or(AppliesTo::Running)).await?))
}

async fn tried(store: &Store, slug: &Slug, calendar: Calendar, applies_to: AppliesTo) -> Result<TrialView, Problem> {
    let (desk, now) = with_calendar(store, slug, calendar, applies_to).await?;
    trial(store, &desk, now).await
}

/// The desk as it would be; refused, with the entries of the policies, where a target would never be used up in it.
async fn with_calendar(
    store: &Store,
    slug: &Slug,
    calendar: Calendar,
    applies_to: AppliesTo,
) -> Result<(Desk, Instant), Problem> {
    let (desk, now) = tokio::try_join!(desk::load(store), store.now())?;
    let desk = desk.with_calendar(slug, calendar, applies_to, now);
    let mut faults = Faults::default();
    for endless in desk.targets_without_deadline(now).into_iter().filter(|endless| endless.calendar == *slug) {
        let (policy, fault) = (&endless.policy, &endless.fault);
        faults.entry(
            "hours",
            Wrong::Said(format!("are too few for {} of the policy {policy}: {}", fault.entry, fault.why)),
        );
    }
    if faults.is_empty() { Ok((desk, now)) } else { Err(faults.into()) }
}

fn calendar_of(mut document: Document) -> Result<(CalendarSpec, Calendar, Option<AppliesTo>), Problem> {
    let applies_to = document.take("applies_to")?;
    let spec: CalendarSpec = document.read()?;
    let calendar = Calendar::compile(&spec).map_err(wrong)?;
    Ok((spec, calendar, applies_to))
}

fn wrong(error: CalendarError) -> Problem {
    placed(&error.to_string(), "hours").into()
}

request! {
    pub(crate) struct HolidaysQuery {
        /// The years whose schedule the file is, by commas; those of which it has three days or more where nothing is said.
        years: OneOrMany<Year>,
        /// Only says what would be imported, and what would change.
        dry_run: Option<InQuery<bool>>,
    }
}

/// A file of `text/calendar`, from somebody who may import it.
pub(crate) struct CalendarFile(TextCall);

impl FromRequest<App> for CalendarFile {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        TextCall::read(request, app, "text/calendar", must_configure).await.map(Self)
    }
}

/// What a published schedule says, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HolidayImport)]
pub(crate) struct ImportView {
    /// The version that was published for what runs; none in a dry run.
    version: Option<i32>,
    /// The years that count as known from now on.
    years: Vec<i32>,
    /// How many days the file has of each year.
    days_by_year: BTreeMap<i32, usize>,
    days: Vec<DayView>,
    /// Holidays of every year, as `MM-DD`.
    yearly_holidays: Vec<String>,
    /// What was left out or understood only in part, by line of the file.
    warnings: Vec<WarningView>,
    /// In a dry run: what would change.
    trial: Option<TrialView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScheduleDay)]
pub(crate) struct DayView {
    date: String,
    name: Option<String>,
    /// False: an extra working day.
    is_off_day: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportWarning)]
pub(crate) struct WarningView {
    line: usize,
    text: String,
}

impl From<ImportWarning> for WarningView {
    fn from(warning: ImportWarning) -> Self {
        Self { line: warning.line, text: warning.text }
    }
}

/// Its days take the place of what was known of those years, in the version that it was read into and in no other.
pub(crate) async fn import_holidays(
    State(app): State<App>,
    Named(slug): Named,
    Query(query): Query<HolidaysQuery>,
    CalendarFile(file): CalendarFile,
) -> Answered<ImportView> {
    let current = rules::calendar(&app.store, &slug, None).await?.ok_or(Problem::NotFound)?;
    let schedule = holidays_from_icalendar(&file.text)
        .map_err(|error| Problem::invalid("body", Wrong::Said(error.to_string())))?;
    let years = years_of(&query, &schedule)?;
    file.expected.is_version(current.version.into())?;
    let spec = current.spec.with_schedule(&years, &schedule.days).map_err(wrong)?;
    let spec = spec.with_yearly_holidays(&schedule.yearly_holidays).map_err(wrong)?;
    let calendar = Calendar::compile(&spec).map_err(wrong)?;
    let (mut version, mut trial) = (None, None);
    if query.dry_run == Some(InQuery(true)) {
        trial = Some(tried(&app.store, &slug, calendar, AppliesTo::Running).await?);
    } else {
        with_calendar(&app.store, &slug, calendar, AppliesTo::Running).await?;
        let edit = Edit { by: file.caller.agent(), expected: Some(current.version.into()) };
        version = Some(rules::publish_calendar(&app.store, edit, &slug, &spec, AppliesTo::Running).await?);
    }
    Ok(Answer::ok(imported(schedule, years, version, trial)))
}

fn years_of(query: &HolidaysQuery, schedule: &ImportedSchedule) -> Result<BTreeSet<i32>, Problem> {
    let named: BTreeSet<i32> = query.years.0.iter().map(|year| year.0).collect();
    if !named.is_empty() {
        return Ok(named);
    }
    let whole = |(_, days): &(i32, usize)| *days >= SCHEDULE_DAYS_MIN;
    let found: BTreeSet<i32> = schedule.days_by_year().into_iter().filter(whole).map(|(year, _)| year).collect();
    if found.is_empty() && schedule.yearly_holidays.is_empty() {
        let words = "has no year with three days or more; name the years that it is the schedule of";
        return Err(Problem::invalid("years", Wrong::Said(words.to_owned())));
    }
    Ok(found)
}

fn imported(
    schedule: ImportedSchedule,
    years: BTreeSet<i32>,
    version: Option<i32>,
    trial: Option<TrialView>,
) -> ImportView {
    let days_by_year = schedule.days_by_year();
    let day = |row: watchdesk_core::calendar::HolidayRow| DayView {
        date: row.date,
        name: row.name,
        is_off_day: row.is_off_day,
    };
    ImportView {
        version,
        years: years.into_iter().collect(),
        days_by_year,
        days: schedule.days.into_iter().map(day).collect(),
        yearly_holidays: schedule.yearly_holidays,
        warnings: schedule.warnings.into_iter().map(WarningView::from).collect(),
        trial,
    }
}
