//! The clients against the stand-in: real HTTP, virtual time.

mod confidential;
mod directory;
mod graph;
mod health;
mod pace;
mod partner_center;
mod requests;
mod retries;
mod service_requests;
mod sign_in;
mod synchronisation;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;
use watchdesk_standin::{Options, Recorded, Seed, SeedCustomer, Standin};

use crate::graph::Graph;
use crate::partner_center::PartnerCenter;
use crate::service_requests::ServiceRequests;
use crate::{AppIdentity, Hosts, Rest, Timer, Upstream, UpstreamOptions};

const TENANT: &str = "reseller.partner.example.cn";
const SECRET: &str = "stand-in-secret";
const CONTOSO: &str = "c0a80101-0000-4000-8000-000000000001";
const BEGIN_S: i64 = 1_771_300_800;

/// Time that moves only when somebody rests or says so. Clones show the same.
#[derive(Clone, Default)]
struct VirtualTime(Arc<AtomicU64>);

impl VirtualTime {
    fn advance(&self, length: Duration) {
        self.0.fetch_add(millis(length), Ordering::SeqCst);
    }

    fn date(&self) -> DateTime<Utc> {
        let begin = DateTime::from_timestamp(BEGIN_S, 0).unwrap();
        begin + chrono::Duration::from_std(self.now()).unwrap()
    }
}

impl Timer for VirtualTime {
    fn now(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::SeqCst))
    }

    fn rest(&self, length: Duration) -> Rest<'_> {
        self.0.fetch_max(millis(self.now() + length), Ordering::SeqCst);
        Box::pin(tokio::task::yield_now())
    }
}

fn millis(length: Duration) -> u64 {
    u64::try_from(length.as_micros().div_ceil(1_000)).unwrap()
}

/// Ids that anybody can tell apart.
fn fresh_ids() -> Arc<dyn Fn() -> Uuid + Send + Sync> {
    let count = AtomicU64::new(1);
    Arc::new(move || Uuid::from_u128(u128::from(count.fetch_add(1, Ordering::SeqCst))))
}

struct Rig {
    standin: Standin,
    time: VirtualTime,
    options: UpstreamOptions,
    upstream: Upstream,
}

impl Rig {
    /// One named customer.
    async fn new() -> Self {
        Self::with(|_| {}, |_| {}).await
    }

    async fn with(tell: impl FnOnce(&mut Options), set: impl FnOnce(&mut UpstreamOptions)) -> Self {
        let time = VirtualTime::default();
        let clock = time.clone();
        let mut options = Options::new(move || clock.date());
        options.seed = Seed::named(vec![SeedCustomer::new(CONTOSO, "康拓索物流有限公司", "contoso.example.cn")]);
        tell(&mut options);
        let standin = Standin::start(options).await.unwrap();
        let mut options = UpstreamOptions::new(Hosts::all_at(standin.base_url()).unwrap());
        set(&mut options);
        let upstream = Upstream::new(options.clone(), Arc::new(time.clone()), fresh_ids()).unwrap();
        Self { standin, time, options, upstream }
    }

    /// The program was killed and started again: all that was in memory is gone.
    fn restart(&mut self) {
        let timer = Arc::new(self.time.clone());
        self.upstream = Upstream::new(self.options.clone(), timer, fresh_ids()).unwrap();
    }

    fn identity(&self) -> AppIdentity {
        AppIdentity::new(TENANT, "watchdesk", SECRET)
    }

    fn partner_center(&self) -> PartnerCenter {
        self.upstream.partner_center(&self.identity()).unwrap()
    }

    fn graph(&self) -> Graph {
        self.upstream.graph(&self.identity().in_tenant(CONTOSO)).unwrap()
    }

    fn service_requests(&self) -> ServiceRequests {
        self.upstream.service_requests(&self.identity()).unwrap()
    }

    /// What came in below a path.
    fn requests(&self, path_contains: &str) -> Vec<Recorded> {
        self.standin.requests().into_iter().filter(|request| request.path.contains(path_contains)).collect()
    }

    fn seconds(&self) -> f64 {
        self.time.now().as_secs_f64()
    }
}
