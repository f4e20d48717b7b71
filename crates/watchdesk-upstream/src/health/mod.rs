//! The operator's health comes in by itself: one look at the directories of all customers.
//!
//! What is seen is written for the customer in whose directory it was seen: states by [`see_health`], issues by
//! [`observe`]. A directory that cannot be read keeps what was known and when, so that the gate sees it grow old, and is
//! left alone ever longer; the others go on.

mod report;
mod seen;
mod services;
mod trouble;
mod words;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::{StreamExt, TryStreamExt, stream};
use watchdesk_core::facts::DelegatedAdmin;
use watchdesk_core::ids::CustomerId;
use watchdesk_core::{Instant, whole_seconds};
use watchdesk_store::desk::{load, see_health};
use watchdesk_store::directory::{Customer, DirectoryFilter, customers};
use watchdesk_store::incidents::{Incident, News, Observation, Source, known_of, observe};
use watchdesk_store::{Cursor, Store, StoreError};

use crate::graph::{Graph, HealthOverview, Issue};
use crate::reading::Rows;
use crate::{AppIdentity, Upstream, UpstreamError};

pub use report::Look;
use seen::{At, Seen, understand};
pub use services::ServiceNames;
use trouble::Troubles;

/// Directories that are read at the same time.
const AT_ONCE: usize = 8;
/// Customers between two glances at the clock.
const PAGE_CUSTOMERS: u64 = 40;
/// A look that takes longer ends with its page; the next goes on from there. With the longest page it stays within the
/// lease of a scheduled task.
const LOOK_MAX: TimeDelta = TimeDelta::minutes(8);
/// A look never turns more pages: beyond that somebody adds customers faster than we read.
const PAGES_MAX: usize = 2_500;
/// A directory that takes longer has failed.
const TENANT_MAX: Duration = Duration::from_secs(30);
/// What was said longer ago is not written again; what is younger may still change within its second.
const SETTLED_AFTER: TimeDelta = TimeDelta::hours(1);

/// Looks at the health of services in the directories of a desk's customers.
pub struct HealthWatch {
    store: Store,
    upstream: Upstream,
    identity: AppIdentity,
    names: ServiceNames,
    memory: Mutex<Memory>,
}

/// What a node remembers from look to look.
#[derive(Debug, Default)]
struct Memory {
    troubles: Troubles,
    /// Where a look that was not finished goes on.
    goes_on: Option<Cursor>,
}

/// What became of one directory.
enum Visit {
    Read { news: u64, not_understood: u64, unknown_services: BTreeSet<String> },
    Failed(String),
}

/// Both lists of one directory.
struct Answers {
    overviews: Rows<HealthOverview>,
    issues: Rows<Issue>,
}

impl HealthWatch {
    /// `identity` is our app; it is signed in to the directory of each customer.
    pub fn new(store: Store, upstream: Upstream, identity: AppIdentity, names: ServiceNames) -> Self {
        Self { store, upstream, identity, names, memory: Mutex::default() }
    }

    /// Looks once at everybody who has a tenant id and whom we may administer.
    pub async fn look(&self) -> Result<Look, StoreError> {
        let begun_at = self.store.now().await?;
        let desk = load(&self.store).await?;
        let names = self.names.of_desk(&desk.services.keys().collect());
        let mut look = Look::default();
        let mut cursor = self.memory().goes_on.take();
        for _ in 0..PAGES_MAX {
            let page = customers(&self.store, &DirectoryFilter::default(), PAGE_CUSTOMERS, cursor.as_ref()).await?;
            self.visit_all(page.items, &names, &mut look).await?;
            cursor = page.next;
            if cursor.is_none() || self.store.now().await? - begun_at > LOOK_MAX {
                break;
            }
        }
        look.is_unfinished = cursor.is_some();
        self.memory().goes_on = cursor;
        Ok(look)
    }

    async fn visit_all(
        &self,
        customers: Vec<Customer>,
        names: &ServiceNames,
        look: &mut Look,
    ) -> Result<(), StoreError> {
        let now = self.store.now().await?;
        let (resting, asked): (Vec<_>, Vec<_>) = customers
            .into_iter()
            .filter_map(|customer| {
                Some((customer.id, customer.tenant_id.filter(|_| customer.delegated_admin == DelegatedAdmin::Granted)?))
            })
            .partition(|(id, _)| self.memory().troubles.rests(*id, now));
        look.resting += resting.len() as u64;
        let visits = asked.into_iter().map(|(customer, tenant)| self.visit(customer, tenant, names));
        let visits: Vec<Visit> = stream::iter(visits).buffered(AT_ONCE).try_collect().await?;
        visits.into_iter().for_each(|visit| look.add(visit));
        Ok(())
    }

    async fn visit(&self, customer: CustomerId, tenant: String, names: &ServiceNames) -> Result<Visit, StoreError> {
        // What is known is as old as the question.
        let at = At { customer, now: self.store.now().await? };
        let (why, asked) = match tokio::time::timeout(TENANT_MAX, self.ask(&tenant)).await {
            Ok(Ok(answers)) => {
                self.memory().troubles.worked(customer);
                return self.write(at, names, answers).await;
            }
            Ok(Err(failed)) => (failed.to_string(), failed.retry_after()),
            Err(_) => (format!("directory {tenant}: no answer within {} seconds", TENANT_MAX.as_secs()), None),
        };
        tracing::warn!(tenant, why, "the health of services could not be read");
        self.memory().troubles.failed(customer, at.now, asked);
        Ok(Visit::Failed(why))
    }

    async fn ask(&self, tenant: &str) -> Result<Answers, UpstreamError> {
        let graph = self.upstream.graph(&self.identity.in_tenant(tenant.trim()))?;
        match read(&graph).await {
            // The token was taken back before its time; the next one may be good.
            Err(UpstreamError::Forbidden { status: 401, .. }) => read(&graph).await,
            answered => answered,
        }
    }

    async fn write(&self, at: At, names: &ServiceNames, answers: Answers) -> Result<Visit, StoreError> {
        let Answers { overviews, issues } = answers;
        let Seen { health, incidents, unknown_services, unnameable } =
            understand(at, names, &overviews.rows, &issues.rows);
        let references: Vec<String> = incidents.iter().map(|incident| incident.reference.clone()).collect();
        let known = known_of(&self.store, at.customer, &references).await?;
        let mut news = 0;
        for incident in incidents.iter().filter(|incident| !is_settled(incident, &known, at.now)) {
            news += u64::from(observe(&self.store, incident).await? != News::Nothing);
        }
        // Last, so that a check never counts before the incidents that belong to it.
        see_health(&self.store, at.customer, &health).await?;
        let not_understood = (overviews.not_understood.len() + issues.not_understood.len() + unnameable) as u64;
        Ok(Visit::Read { news, not_understood, unknown_services })
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn read(graph: &Graph) -> Result<Answers, UpstreamError> {
    Ok(Answers { overviews: graph.health_overviews().await?, issues: graph.issues().await? })
}

/// Whether there is nothing to write. The operator remembers for months, and most of that is long on record.
fn is_settled(incident: &Observation, known: &[Incident], now: Instant) -> bool {
    let Some(known) = known.iter().find(|known| known.reference == incident.reference) else { return false };
    let said_at = whole_seconds(incident.modified_at);
    let is_same = known.source == Source::Connector
        && known.service == incident.service
        && known.is_open == incident.is_open
        && known.modified_at == said_at;
    is_same && now - said_at > SETTLED_AFTER
}

impl Look {
    fn add(&mut self, visit: Visit) {
        match visit {
            Visit::Read { news, not_understood, unknown_services } => {
                self.tenants += 1;
                self.news += news;
                self.not_understood += not_understood;
                self.unknown_services.extend(unknown_services);
            }
            Visit::Failed(why) => {
                self.failed += 1;
                self.first_failure.get_or_insert(why);
            }
        }
    }
}

impl fmt::Debug for HealthWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthWatch").field("upstream", &self.upstream).finish_non_exhaustive()
    }
}
