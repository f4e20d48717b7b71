//! Rotas: who is on call, at which level, and where nobody is. Edited in place; who is called is found when it happens.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use watchdesk_core::Instant;
use watchdesk_core::desk::{Desk, Language};
use watchdesk_core::ids::{AgentId, Slug};
use watchdesk_core::rights::Verb;
use watchdesk_core::rota::ical::{Feed, calendar_of};
use watchdesk_core::rota::{Gap, Rota, RotaError, RotaSpec};
use watchdesk_store::rules::{self, Edit, RotaRecord};
use watchdesk_store::{Store, StoreError, desk, directory};

use super::answer::{Answer, Answered, Listed, content_tag, whole};
use super::lookup;
use super::request::{Call, Expected, Named, Nothing, Query};
use super::views::{NamedRef, NamedView};
use crate::app::App;
use crate::duty::{ahead, gaps, is_active, levels};
use crate::input::{Document, Faults, InQuery, ListText, Wrong, documents, placed, request};
use crate::language;
use crate::middleware::authenticate::Caller;
use crate::problem::Problem;

/// How far a calendar to subscribe to looks back and ahead.
const FEED_DAYS_BACK: i64 = 28;
const FEED_DAYS_AHEAD: i64 = 180;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RotaSummary)]
pub(crate) struct RotaSummary {
    slug: String,
    name: NamedView,
    /// The team it covers.
    team: Option<String>,
    levels: Vec<u32>,
    people: Vec<NamedRef>,
    updated_at: DateTime<Utc>,
}

/// A rota with its layers and overrides, as they are written.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Rota)]
pub(crate) struct RotaView {
    #[serde(flatten)]
    summary: RotaSummary,
    #[schema(value_type = Object)]
    rota: Value,
}

/// The names of people whom rotas name, looked up once.
struct People(BTreeMap<AgentId, String>);

impl People {
    async fn load(store: &Store, ids: impl IntoIterator<Item = AgentId>) -> Result<Self, StoreError> {
        let ids: BTreeSet<AgentId> = ids.into_iter().collect();
        if ids.is_empty() {
            return Ok(Self(BTreeMap::new()));
        }
        let ids: Vec<AgentId> = ids.into_iter().collect();
        let found = directory::agents_by_ids(store, &ids).await?;
        Ok(Self(found.into_iter().map(|agent| (agent.id, agent.name)).collect()))
    }

    fn named(&self, id: AgentId) -> NamedRef {
        NamedRef { id: id.0, name: self.0.get(&id).cloned().unwrap_or_default() }
    }
}

fn summary(record: &RotaRecord, people: &People) -> RotaSummary {
    let spec = &record.spec;
    let levels: BTreeSet<u32> = spec.layers.iter().map(|layer| layer.level).collect();
    RotaSummary {
        slug: spec.slug.to_string(),
        name: NamedView::from(&spec.name),
        team: spec.team.as_ref().map(ToString::to_string),
        levels: levels.into_iter().collect(),
        people: spec.people().into_iter().map(|id| people.named(id)).collect(),
        updated_at: record.updated_at,
    }
}

pub(crate) async fn list(State(app): State<App>, caller: Caller) -> Listed<RotaSummary> {
    caller.must_see(Verb::ReadDirectory)?;
    let records = rules::rotas(&app.store).await?;
    let people = People::load(&app.store, records.iter().flat_map(|record| record.spec.people())).await?;
    Ok(whole(records.iter().map(|record| summary(record, &people)).collect()))
}

pub(crate) async fn read(State(app): State<App>, caller: Caller, Named(slug): Named) -> Answered<RotaView> {
    caller.must_see(Verb::ReadDirectory)?;
    let record = rules::rota(&app.store, &slug).await?.ok_or(Problem::NotFound)?;
    Ok(Answer::ok(view(&app.store, &record).await?).tagged())
}

async fn view(store: &Store, record: &RotaRecord) -> Result<RotaView, Problem> {
    let people = People::load(store, record.spec.people()).await?;
    let rota = serde_json::to_value(&record.spec).map_err(Problem::internal)?;
    Ok(RotaView { summary: summary(record, &people), rota })
}

documents! {
    /// A rota as the files under `config/rotas` write it; also as `application/toml`.
    RotaRequest {
        "slug": String "As in the path; may be left out.",
        "name": Object "In both languages of the desk: en, zh.",
        "team": String "The slug of the team it covers; may be left out.",
        "layers": Array "People who take turns: level, people (ids or addresses), rotation, every, hand_over, weekday, time_zone, starts_on, until, restrictions.",
        "overrides": Array "Swaps: level, from, to, replaces, with.",
    }
}

/// A new rota, or another one under the same name; whoever changes one says which he has read.
pub(crate) async fn save(State(app): State<App>, Named(slug): Named, call: Call<RotaRequest>) -> Answered<RotaView> {
    call.caller.must_be_allowed(Verb::Configure)?;
    let old = rules::rota(&app.store, &slug).await?;
    match &old {
        Some(_) => call.expected.required()?,
        None => call.expected.is_version(0)?,
    }
    let is_new = old.is_none();
    let edit = edit_of(&app.store, &call, old).await?;
    let desk = desk::load(&app.store).await?;
    let mut document = call.body.0.clone();
    document.is_called(&slug)?;
    name_people_by_id(&app, &mut document).await?;
    let spec: RotaSpec = document.read()?;
    check(&desk, &spec)?;
    rules::save_rota(&app.store, edit, &spec).await?;
    let record = rules::rota(&app.store, &slug).await?.ok_or(Problem::NotFound)?;
    let answer = Answer::ok(view(&app.store, &record).await?).tagged();
    Ok(if is_new { answer.at(format!("/rotas/{slug}")) } else { answer })
}

/// Builds on what was read, unless whatever stands there is to go.
async fn edit_of<T>(store: &Store, call: &Call<T>, old: Option<RotaRecord>) -> Result<Edit<Option<RotaSpec>>, Problem> {
    if let Some(old) = &old {
        call.expected.check(&content_tag(&view(store, old).await?))?;
    }
    let by = call.caller.agent();
    match call.expected {
        Expected::Anything => Ok(by.into()),
        Expected::Unsaid | Expected::Tags(_) => Ok(Edit { by, expected: Some(old.map(|old| old.spec)) }),
    }
}

/// People may be named by their addresses, as everywhere else.
async fn name_people_by_id(app: &App, document: &mut Document) -> Result<(), Problem> {
    let mut named: Vec<(String, &mut Value)> = Vec::new();
    for (key, value) in &mut document.0 {
        let entries = value.as_array_mut().into_iter().flatten().enumerate();
        for (index, entry) in entries.filter_map(|(index, entry)| Some((index, entry.as_object_mut()?))) {
            for (field, value) in entry.iter_mut() {
                let place = format!("{key}[{index}].{field}");
                match (field.as_str(), value) {
                    ("people", Value::Array(people)) => {
                        let people = people.iter_mut().enumerate();
                        named.extend(people.map(|(person, value)| (format!("{place}[{person}]"), value)));
                    }
                    ("replaces" | "with", value) => named.push((place, value)),
                    _ => {}
                }
            }
        }
    }
    for (place, value) in named {
        let address = value.as_str().filter(|text| text.contains('@')).map(str::to_owned);
        if let Some(address) = address {
            *value = Value::from(lookup::agent(app, &place, &ListText(address)).await?.to_string());
        }
    }
    Ok(())
}

/// Everybody and the team must be known; what cannot be computed with is said as well.
fn check(desk: &Desk, spec: &RotaSpec) -> Result<(), Problem> {
    let mut faults = Faults::default();
    let mut known = |place: String, id: AgentId| {
        if !desk.agents.contains_key(&id) {
            faults.entry(&place, Wrong::NoSuch);
        }
    };
    for (index, layer) in spec.layers.iter().enumerate() {
        for (person, id) in layer.people.iter().enumerate() {
            known(format!("layers[{index}].people[{person}]"), *id);
        }
    }
    for (index, swap) in spec.overrides.iter().enumerate() {
        let fields = [("replaces", swap.replaces), ("with", swap.with)];
        for (field, id) in fields.into_iter().filter_map(|(field, id)| Some((field, id?))) {
            known(format!("overrides[{index}].{field}"), id);
        }
    }
    if let Some(team) = &spec.team
        && desk.teams.values().all(|known| known.slug != *team)
    {
        faults.entry("team", Wrong::NoSuch);
    }
    if let Err(error) = Rota::compile(spec) {
        let wrong = placed(&error.to_string(), "layers");
        wrong.iter().for_each(|fault| faults.entry(&fault.field, fault.wrong.clone()));
    }
    if faults.is_empty() { Ok(()) } else { Err(faults.into()) }
}

/// A ladder that still names it reaches nobody there, and says so.
pub(crate) async fn delete(
    State(app): State<App>,
    Named(slug): Named,
    call: Call<Nothing>,
) -> Result<StatusCode, Problem> {
    let old = rules::rota(&app.store, &slug).await?.ok_or(Problem::NotFound)?;
    call.caller.must_be_allowed(Verb::Configure)?;
    let edit = edit_of(&app.store, &call, Some(old)).await?;
    match rules::delete_rota(&app.store, edit, &slug).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::NotFound),
    }
}

request! {
    pub(crate) struct OnCallQuery {
        /// Now where nothing is said.
        at: Option<Instant>,
        /// 1 is called first; every level where nothing is said.
        level: Option<InQuery<u32>>,
    }
}

/// Who is on call at one level.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OnCall)]
pub(crate) struct OnCallView {
    level: u32,
    at: DateTime<Utc>,
    /// None: nobody.
    agent: Option<NamedRef>,
    since: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
}

pub(crate) async fn on_call(
    State(app): State<App>,
    caller: Caller,
    Named(slug): Named,
    Query(query): Query<OnCallQuery>,
) -> Listed<OnCallView> {
    let (desk, now) = seen(&app, &caller).await?;
    let rota = desk.rotas.get(&slug).ok_or(Problem::NotFound)?;
    let at = query.at.unwrap_or(now);
    let asked = levels_asked(rota, query.level)?;
    let standing = |level| (level, rota.standing(level, at, &is_active(&desk)));
    let found: Vec<_> = asked.into_iter().map(standing).collect();
    let people = People::load(&app.store, found.iter().filter_map(|(_, standing)| standing.agent)).await?;
    let shown = found.into_iter().map(|(level, standing)| OnCallView {
        level,
        at,
        agent: standing.agent.map(|id| people.named(id)),
        since: standing.since,
        until: standing.until,
    });
    Ok(whole(shown.collect()))
}

/// Whoever is of the desk may know who is called.
async fn seen(app: &App, caller: &Caller) -> Result<(Arc<Desk>, Instant), Problem> {
    caller.must_see(Verb::ReadDirectory)?;
    Ok(tokio::try_join!(desk::load(&app.store), app.store.now())?)
}

fn levels_asked(rota: &Rota, level: Option<InQuery<u32>>) -> Result<Vec<u32>, Problem> {
    let all: Vec<u32> = levels(rota).collect();
    match level {
        None => Ok(all),
        Some(InQuery(level)) if all.contains(&level) => Ok(vec![level]),
        Some(_) => Err(Problem::no_such("level")),
    }
}

request! {
    /// A span of time; the coming four weeks where nothing is said.
    pub(crate) struct SpanQuery {
        from: Option<Instant>,
        to: Option<Instant>,
    }
}

impl SpanQuery {
    fn around(&self, now: Instant) -> (Instant, Instant) {
        let from = self.from.unwrap_or(now);
        (from, self.to.unwrap_or_else(|| ahead(from).1))
    }
}

/// The span, or a part of the answer, is too long.
fn wrong_span(error: RotaError) -> Problem {
    placed(&error.to_string(), "to").into()
}

/// Nobody is on call.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RotaGap)]
pub(crate) struct GapView {
    rota: String,
    level: u32,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    length_s: i64,
}

impl GapView {
    fn new(rota: &Slug, gap: Gap) -> Self {
        let length_s = (gap.to - gap.from).num_seconds();
        Self { rota: rota.to_string(), level: gap.level, from: gap.from, to: gap.to, length_s }
    }
}

/// Every gap of one rota.
pub(crate) async fn coverage(
    State(app): State<App>,
    caller: Caller,
    Named(slug): Named,
    Query(query): Query<SpanQuery>,
) -> Listed<GapView> {
    let (desk, now) = seen(&app, &caller).await?;
    let rota = desk.rotas.get(&slug).ok_or(Problem::NotFound)?;
    let (from, to) = query.around(now);
    let gaps = rota.coverage(from, to, &is_active(&desk)).map_err(wrong_span)?;
    Ok(whole(gaps.into_iter().map(|gap| GapView::new(&slug, gap)).collect()))
}

/// Every gap of all rotas.
pub(crate) async fn coverage_of_all(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<SpanQuery>,
) -> Listed<GapView> {
    let (desk, now) = seen(&app, &caller).await?;
    let (from, to) = query.around(now);
    let gaps = gaps(&desk, from, to).map_err(wrong_span)?;
    Ok(whole(gaps.into_iter().map(|(slug, gap)| GapView::new(&slug, gap)).collect()))
}

/// A stretch with the same person on call, or nobody.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Shift)]
pub(crate) struct ShiftView {
    level: u32,
    agent: Option<NamedRef>,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

/// Level by level, without a hole between them.
pub(crate) async fn shifts(
    State(app): State<App>,
    caller: Caller,
    Named(slug): Named,
    Query(query): Query<SpanQuery>,
) -> Listed<ShiftView> {
    let (desk, now) = seen(&app, &caller).await?;
    let rota = desk.rotas.get(&slug).ok_or(Problem::NotFound)?;
    let (from, to) = query.around(now);
    let mut found = Vec::new();
    for level in levels(rota) {
        let shifts = rota.shifts(level, from, to, &is_active(&desk)).map_err(wrong_span)?;
        found.extend(shifts.into_iter().map(|shift| (level, shift)));
    }
    let people = People::load(&app.store, found.iter().filter_map(|(_, shift)| shift.agent)).await?;
    let shown = found.into_iter().map(|(level, shift)| ShiftView {
        level,
        agent: shift.agent.map(|id| people.named(id)),
        from: shift.from,
        to: shift.to,
    });
    Ok(whole(shown.collect()))
}

request! {
    pub(crate) struct FeedQuery {
        /// Id or address of an agent; your own where nothing is said.
        agent: Option<ListText>,
    }
}

/// One person's shifts, for a calendar program that can send the token.
pub(crate) async fn feed(
    State(app): State<App>,
    caller: Caller,
    Named(slug): Named,
    Query(query): Query<FeedQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (desk, now) = seen(&app, &caller).await?;
    let rota = desk.rotas.get(&slug).ok_or(Problem::NotFound)?;
    let agent = match &query.agent {
        Some(named) => lookup::agent(&app, "agent", named).await?,
        None => caller.agent(),
    };
    let text = feed_of(&desk, rota, agent, language::preferred(&headers), now).map_err(wrong_span)?;
    Ok(([(CONTENT_TYPE, "text/calendar; charset=utf-8")], text).into_response())
}

/// Also for the page that offers it.
pub(crate) fn feed_of(
    desk: &Desk,
    rota: &Rota,
    agent: AgentId,
    language: Language,
    now: Instant,
) -> Result<String, RotaError> {
    let (from, to) = (now - chrono::Duration::days(FEED_DAYS_BACK), now + chrono::Duration::days(FEED_DAYS_AHEAD));
    let feed = Feed { rota, agent, name: rota.name().in_language(language), language, from, to, now };
    calendar_of(&feed, &is_active(desk))
}
