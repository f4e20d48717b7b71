//! How customers and subscriptions come in from the operator.

use axum::response::Response;
use watchdesk_core::desk::Language;
use watchdesk_core::facts::DelegatedAdmin;
use watchdesk_core::rights::Verb;
use watchdesk_core::subscription::SubscriptionStatus;
use watchdesk_store::schedules::{self, Schedule};
use watchdesk_store::synchronisation::{self, Change, ChangeKind, DETAILS_APART, Run, TASK};
use watchdesk_templates::names;
use watchdesk_templates::pages::{
    Nav, SynchronisationChange, SynchronisationRun, SynchronisationsPage, SynchronisedValue,
};

use super::answer::Said;
use super::reading::Reading;
use super::shell::shell;
use super::visit::{Form, Visit};
use crate::api::synchronisations::wanted;
use crate::problem::Problem;

const PAGE: &str = "/synchronisations";
const RUNS: u64 = 20;
const CHANGES: u64 = 100;

pub(super) async fn page(visit: Visit) -> Result<Response, Problem> {
    visit.must_see(Verb::ReadReports)?;
    let store = &visit.app.store;
    let (runs, schedules) = tokio::try_join!(synchronisation::list(store, RUNS, None), schedules::all(store))?;
    let schedule = schedules.iter().find(|schedule| schedule.name == TASK);
    let latest = runs.items.first();
    let changes = match latest {
        Some(run) => synchronisation::changes_of(store, run.number, CHANGES, None).await?.items,
        None => Vec::new(),
    };
    let mut shell = shell(&visit, Nav::Customers).await?;
    shell.path = PAGE.to_owned();
    let page = SynchronisationsPage {
        shell,
        is_on: schedule.is_some(),
        is_running: schedule.is_some_and(|schedule| schedule.is_running)
            || latest.is_some_and(|run| run.finished_at.is_none()),
        next_at: schedule.filter(|schedule| !schedule.is_running).map(|schedule| schedule.next_run_at),
        trouble: schedule.and_then(trouble),
        latest: latest.map(shown),
        changes: changes.iter().map(|change| said(visit.language(), change)).collect(),
        changes_left: latest.map_or(0, |run| run.changes - i64::try_from(changes.len()).unwrap_or(i64::MAX)),
        earlier: runs.items.iter().skip(1).map(shown).collect(),
        may_start: visit.may(Verb::Configure),
    };
    visit.page(&page)
}

/// What the last step said, if it failed.
fn trouble(schedule: &Schedule) -> Option<String> {
    let status = schedule.last_status.as_deref()?;
    status.strip_prefix("failed: ").map(str::to_owned)
}

fn shown(run: &Run) -> SynchronisationRun {
    SynchronisationRun {
        number: run.number,
        started_at: run.started_at,
        moved_at: run.moved_at,
        finished_at: run.finished_at,
        total: run.total,
        customers: run.customers,
        subscriptions: run.subscriptions,
        created: run.created,
        changed: run.changed,
        gone: run.gone,
        failures: run.failures,
    }
}

fn said(language: Language, change: &Change) -> SynchronisationChange {
    SynchronisationChange {
        kind: change.kind.as_str().to_owned(),
        customer_id: change.customer.map(|id| id.to_string()),
        customer: change.name.clone(),
        subject: change.subject.clone(),
        before: value(language, change.kind, &change.before),
        after: value(language, change.kind, &change.after),
    }
}

/// A word of ours is told in the reader's language, anything else as it is.
fn value(language: Language, kind: ChangeKind, text: &str) -> SynchronisedValue {
    if kind == ChangeKind::SubscriptionChanged {
        return SynchronisedValue { text: details(language, text), set: String::new() };
    }
    let set = match kind {
        ChangeKind::DelegatedAdmin => DelegatedAdmin::parse(text).map(|_| "dap"),
        ChangeKind::SubscriptionCreated | ChangeKind::SubscriptionStatus | ChangeKind::SubscriptionGone => {
            SubscriptionStatus::of(text).is_known().then_some("subscription")
        }
        ChangeKind::CustomerCreated
        | ChangeKind::CustomerRenamed
        | ChangeKind::CustomerGone
        | ChangeKind::SubscriptionQuantity
        | ChangeKind::SubscriptionChanged
        | ChangeKind::Unreadable => None,
    };
    SynchronisedValue { text: text.to_owned(), set: set.unwrap_or_default().to_owned() }
}

/// `order_id: 7` with the field's name in the reader's language.
fn details(language: Language, text: &str) -> String {
    let one = |detail: &str| match detail.split_once(": ") {
        Some((field, value)) => {
            let name = names::label(language, "subscription_field", field).unwrap_or(field);
            let none = if value.is_empty() { "–" } else { value };
            format!("{name} {none}")
        }
        None => detail.to_owned(),
    };
    text.split(DETAILS_APART).map(one).collect::<Vec<_>>().join(DETAILS_APART)
}

pub(super) async fn start(Form { visit, fields }: Form) -> Result<Response, Problem> {
    visit.must_see(Verb::ReadReports)?;
    visit.must_be_allowed(Verb::Configure)?;
    Reading::of(&fields, visit.locale.zone).finish(Some(()))?;
    wanted(&visit.app.store).await?;
    visit.record("synchronisation.started", TASK).await?;
    Ok(visit.done(PAGE, Said::SynchronisationStarted))
}
