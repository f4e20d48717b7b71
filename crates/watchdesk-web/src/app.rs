//! What handlers work with.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono_tz::Tz;
use watchdesk_core::ids::Slug;
use watchdesk_core::packet::ResellerContact;
use watchdesk_core::portal::Portal;
use watchdesk_store::Store;
use watchdesk_templates::Engine;

use crate::health::Readiness;
use crate::metrics::Metrics;
use crate::network::TrustedProxies;

/// One desk, as the web sees it. Cheap to clone; every request has its own.
#[derive(Clone)]
pub struct App {
    pub store: Store,
    pub engine: Arc<Engine>,
    pub options: Arc<WebOptions>,
    /// What the binary knows about its own workers.
    pub readiness: Arc<dyn Fn() -> Readiness + Send + Sync>,
    pub(crate) metrics: Arc<Metrics>,
}

impl App {
    pub fn new(store: Store, engine: Arc<Engine>, options: WebOptions) -> Self {
        Self {
            store,
            engine,
            options: Arc::new(options),
            readiness: Arc::new(Readiness::default),
            metrics: Arc::new(Metrics::default()),
        }
    }

    #[must_use]
    pub fn with_readiness(mut self, readiness: impl Fn() -> Readiness + Send + Sync + 'static) -> Self {
        self.readiness = Arc::new(readiness);
        self
    }
}

#[derive(Debug, Clone)]
pub struct WebOptions {
    /// Where people reach the desk, without a slash at the end: `https://desk.example`. Links are built from it,
    /// never from what a request claims.
    pub base_url: String,
    /// Cookies travel over TLS only. Off only for a desk on the own machine.
    pub secure_cookies: bool,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: TrustedProxies,
    /// As customers know it.
    pub desk_name: String,
    /// Who stands on a request to the operator; the person is whoever files it.
    pub reseller: ResellerContact,
    /// JSON and form bodies.
    pub body_bytes_max: usize,
    /// One attachment.
    pub attachment_bytes_max: usize,
    /// How long an answer may take, the reading of the request included.
    pub answer_s_max: u64,
    /// The same for uploads.
    pub upload_s_max: u64,
    /// Deep links, in the order in which they are shown.
    pub portals: Vec<Portal>,
    /// Receivers of calls that the configuration has; policies may name them.
    pub webhooks: BTreeSet<Slug>,
    /// The desk's own: months and days of reports are its.
    pub time_zone: Tz,
    /// The sample desk says who may sign in.
    pub demo_hint: Option<String>,
}

impl Default for WebOptions {
    fn default() -> Self {
        Self {
            base_url: "http://127.0.0.1:8080".to_owned(),
            secure_cookies: false,
            trusted_proxies: TrustedProxies::default(),
            desk_name: "Watchdesk".to_owned(),
            reseller: ResellerContact {
                company: "Watchdesk".to_owned(),
                person: String::new(),
                phone: String::new(),
                email: String::new(),
                mpn_id: String::new(),
            },
            body_bytes_max: 1024 * 1024,
            attachment_bytes_max: 25 * 1024 * 1024,
            answer_s_max: 30,
            upload_s_max: 300,
            portals: Vec::new(),
            webhooks: BTreeSet::new(),
            time_zone: Tz::Asia__Shanghai,
            demo_hint: None,
        }
    }
}

impl WebOptions {
    pub(crate) fn answer_within(&self, is_upload: bool) -> Duration {
        Duration::from_secs(if is_upload { self.upload_s_max } else { self.answer_s_max })
    }
}
