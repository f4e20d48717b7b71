//! Policies: what is owed to whom. A version that was published never changes; a new one is tried, then published.

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;
use watchdesk_core::Instant;
use watchdesk_core::desk::{AppliesTo, Desk};
use watchdesk_core::ids::Slug;
use watchdesk_core::policy::{Policy, Side};
use watchdesk_core::rights::Verb;
use watchdesk_store::recompute::{self, Cause, Job};
use watchdesk_store::rules::{self, Edit, PolicyVersion, Publication};
use watchdesk_store::{Cursor, PAGE_ITEMS_MAX, desk};

use super::answer::{Answer, Answered, Listed, list as page, whole};
use super::request::{Call, Named, Query, Version};
use super::trial::{TrialView, trial};
use crate::app::App;
use crate::input::{Document, Faults, Limit, Wrong, documents, request};
use crate::middleware::authenticate::Caller;
use crate::problem::Problem;

const SIDES: [Side; 2] = [Side::Customer, Side::Operator];

/// A version in a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PolicySummary)]
pub(crate) struct PolicySummary {
    slug: String,
    version: i32,
    /// `customer`: what we owe; `operator`: what the operator owes us.
    side: &'static str,
    #[serde(flatten)]
    published: PublicationView,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PublicationView {
    published_at: DateTime<Utc>,
    /// None: it came with the desk.
    published_by: Option<Uuid>,
    /// `new` or `running`.
    applies_to: &'static str,
}

impl From<Publication> for PublicationView {
    fn from(published: Publication) -> Self {
        Self {
            published_at: published.at,
            published_by: published.by.map(|id| id.0),
            applies_to: published.applies_to.as_str(),
        }
    }
}

impl From<&PolicyVersion> for PolicySummary {
    fn from(version: &PolicyVersion) -> Self {
        Self {
            slug: version.policy.slug.to_string(),
            version: version.policy.version,
            side: version.policy.side.as_str(),
            published: version.published.into(),
        }
    }
}

/// A version with its rules, as they are written.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Policy)]
pub(crate) struct PolicyView {
    #[serde(flatten)]
    summary: PolicySummary,
    #[schema(value_type = Object)]
    policy: Value,
    /// How far it has got that what runs is measured by it; of the newest one that was published for that.
    recompute: Option<RecomputeView>,
    /// The newest first.
    versions: Vec<PolicySummary>,
}

/// What runs is measured anew, ticket by ticket.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Recompute)]
pub(crate) struct RecomputeView {
    version: i32,
    /// Tickets and cases.
    total: u64,
    done: u64,
    /// Could not be measured; the log says why.
    failed: u64,
    started_at: DateTime<Utc>,
    /// None: it goes on.
    finished_at: Option<DateTime<Utc>>,
}

impl From<Job> for RecomputeView {
    fn from(job: Job) -> Self {
        let Job { version, total, done, failed, started_at, finished_at, .. } = job;
        Self { version, total, done, failed, started_at, finished_at }
    }
}

/// The newest of each side.
pub(crate) async fn list(State(app): State<App>, caller: Caller) -> Listed<PolicySummary> {
    caller.must_see(Verb::ReadReports)?;
    let mut found = Vec::new();
    for side in SIDES {
        found.extend(rules::policy(&app.store, side, None).await?.as_ref().map(PolicySummary::from));
    }
    Ok(whole(found))
}

pub(crate) async fn read(State(app): State<App>, caller: Caller, Named(slug): Named) -> Answered<PolicyView> {
    caller.must_see(Verb::ReadReports)?;
    let desk = desk::load(&app.store).await?;
    let side = side_of(&desk, &slug).ok_or(Problem::NotFound)?;
    view(&app, side, None).await
}

pub(crate) async fn version(
    State(app): State<App>,
    caller: Caller,
    Named(slug): Named,
    Version(version): Version,
) -> Answered<PolicyView> {
    caller.must_see(Verb::ReadReports)?;
    let desk = desk::load(&app.store).await?;
    let side = side_of(&desk, &slug).ok_or(Problem::NotFound)?;
    view(&app, side, Some(version)).await
}

request! {
    pub(crate) struct VersionsQuery {
        limit: Limit,
        cursor: Option<Cursor>,
    }
}

pub(crate) async fn versions(
    State(app): State<App>,
    caller: Caller,
    Named(slug): Named,
    Query(query): Query<VersionsQuery>,
) -> Listed<PolicySummary> {
    caller.must_see(Verb::ReadReports)?;
    let desk = desk::load(&app.store).await?;
    let side = side_of(&desk, &slug).ok_or(Problem::NotFound)?;
    let found = rules::policy_versions(&app.store, side, query.limit.0, query.cursor.as_ref()).await?;
    Ok(page(found, |version| PolicySummary::from(&version)))
}

async fn view(app: &App, side: Side, version: Option<i32>) -> Answered<PolicyView> {
    let found = rules::policy(&app.store, side, version).await?.ok_or(Problem::NotFound)?;
    let versions = rules::policy_versions(&app.store, side, PAGE_ITEMS_MAX, None).await?;
    let job = recompute::latest(&app.store, &Cause::Policy(side)).await?;
    let number = i64::from(found.policy.version);
    let view = PolicyView {
        summary: PolicySummary::from(&found),
        policy: serde_json::to_value(&found.policy).map_err(Problem::internal)?,
        recompute: job.map(RecomputeView::from),
        versions: versions.items.iter().map(PolicySummary::from).collect(),
    };
    Ok(Answer::ok(view).version(number))
}

/// A desk has one policy a side, whose name is that of its newest version.
fn side_of(desk: &Desk, slug: &Slug) -> Option<Side> {
    let is_called = |side: &Side| desk.policy(*side).newest().is_some_and(|newest| newest.body.slug == *slug);
    SIDES.into_iter().find(is_called)
}

documents! {
    /// A policy as the files under `config/policies` write it; also as `application/toml`.
    PolicyRequest {
        "slug": String "As in the path; may be left out.",
        "version": Integer "Not looked at: it becomes the next one.",
        "side": String "`customer` or `operator`; as it is where it is left out.",
        "pauses": Object "In which states which objective stands still.",
        "severity_untriaged": String "`A`, `B` or `C`: what a ticket is held to until it is triaged; as the desk's settings say where it is left out.",
        "rules": Array "Ordered; the first whose condition matches decides.",
        "applies_to": String "`new`: tickets opened from now on; `running`: those that run as well. Published `new`, tried `running` where nothing is said.",
    }
}

/// One more version.
pub(crate) async fn publish(
    State(app): State<App>,
    Named(slug): Named,
    call: Call<PolicyRequest>,
) -> Answered<PolicyView> {
    must_configure(&call.caller)?;
    let desk = desk::load(&app.store).await?;
    let (policy, applies_to) = policy_of(&app, &desk, &slug, call.body.0.clone())?;
    let now = app.store.now().await?;
    must_end(&desk, &policy, now)?;
    let side = policy.side;
    let edit = Edit { by: call.caller.agent(), expected: call.expected.version()? };
    let version = rules::publish_policy(&app.store, edit, policy, applies_to.unwrap_or_default()).await?;
    Ok(view(&app, side, Some(version)).await?.at(format!("/policies/{slug}/versions/{version}")))
}

/// What it would do, without doing it.
pub(crate) async fn dry_run(
    State(app): State<App>,
    Named(slug): Named,
    call: Call<PolicyRequest>,
) -> Answered<TrialView> {
    must_configure(&call.caller)?;
    let desk = desk::load(&app.store).await?;
    let (policy, applies_to) = policy_of(&app, &desk, &slug, call.body.0.clone())?;
    let now = app.store.now().await?;
    must_end(&desk, &policy, now)?;
    let desk = desk.with_policy(policy, applies_to.unwrap_or(AppliesTo::Running), now);
    Ok(Answer::ok(trial(&app.store, &desk, now).await?))
}

/// Rules are there for those who may read them, and changed by those who set the desk up.
pub(super) fn must_configure(caller: &Caller) -> Result<(), Problem> {
    caller.must_see(Verb::ReadReports)?;
    caller.must_be_allowed(Verb::Configure)
}

/// A target that is never used up in its calendar would promise nothing to anybody.
fn must_end(desk: &Desk, policy: &Policy, now: Instant) -> Result<(), Problem> {
    let desk = desk.with_policy(policy.clone(), AppliesTo::Running, now);
    let mut faults = Faults::default();
    for endless in desk.targets_without_deadline(now).into_iter().filter(|endless| endless.side == policy.side) {
        faults.entry(&endless.fault.entry, Wrong::Said(endless.fault.why));
    }
    if faults.is_empty() { Ok(()) } else { Err(faults.into()) }
}

/// A policy that the desk can be held to, or everything that is wrong with it.
fn policy_of(
    app: &App,
    desk: &Desk,
    slug: &Slug,
    mut document: Document,
) -> Result<(Policy, Option<AppliesTo>), Problem> {
    let applies_to = document.take("applies_to")?;
    document.is_called(slug)?;
    let known = side_of(desk, slug);
    if let Some(side) = known {
        document.0.entry("side").or_insert_with(|| Value::from(side.as_str()));
    }
    let policy: Policy = document.read()?;
    match known {
        Some(side) if policy.side == side => {}
        Some(_) => return Err(Problem::invalid("side", Wrong::NotWith("the policy of the path"))),
        // The first policy of a side; afterwards it is known by its name.
        None if desk.policy(policy.side).newest().is_none() => {}
        None => return Err(Problem::NotFound),
    }
    let webhooks = app.options.webhooks.iter().cloned();
    let mut faults = Faults::default();
    for fault in policy.faults(&rules::known(desk, webhooks)) {
        faults.entry(&fault.entry, Wrong::Said(fault.why));
    }
    if faults.is_empty() { Ok((policy, applies_to)) } else { Err(faults.into()) }
}
