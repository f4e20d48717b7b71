//! The way in: one set of connections, and a line to every directory that is asked for.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::header::HeaderValue;
use url::Url;

use crate::UpstreamError;
use crate::auth::Tokens;
use crate::graph::Graph;
use crate::line::{FreshId, Line};
use crate::options::{AppIdentity, UpstreamOptions};
use crate::pace::Pace;
use crate::partner_center::PartnerCenter;
use crate::service_requests::ServiceRequests;
use crate::timer::Timer;
use crate::wire::Wire;

/// So many lines are kept; beyond that, those that nobody uses are forgotten.
const LINES_MAX: usize = 4_096;
const CUSTOMERS_PER_PAGE: std::ops::RangeInclusive<usize> = 1..=500;

/// The clients of one desk. Cheap to clone; clones share connections, tokens and pace.
#[derive(Clone)]
pub struct Upstream {
    shared: Arc<Shared>,
}

struct Shared {
    options: UpstreamOptions,
    locale: HeaderValue,
    wire: Wire,
    timer: Arc<dyn Timer>,
    fresh_id: FreshId,
    lines: Mutex<HashMap<LineKey, Arc<Line>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Interface {
    PartnerCenter,
    Graph,
}

#[derive(PartialEq, Eq, Hash)]
struct LineKey {
    interface: Interface,
    tenant: String,
    client_id: String,
}

impl Upstream {
    /// Fails naming the first setting that is wrong. Nothing is sent.
    pub fn new(options: UpstreamOptions, timer: Arc<dyn Timer>, fresh_id: FreshId) -> Result<Self, UpstreamError> {
        let wrong = |key, why: &str| UpstreamError::Setting { key, why: why.to_owned() };
        if options.requests_per_minute == 0 {
            return Err(wrong("requests_per_minute", "with 0 nothing could ever be asked"));
        }
        if !CUSTOMERS_PER_PAGE.contains(&options.customers_per_page) {
            return Err(wrong("customers_per_page", "the operator gives 1 to 500 on a page"));
        }
        let is_locale = !options.locale.is_empty()
            && options.locale.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let locale = HeaderValue::from_str(&options.locale).ok().filter(|_| is_locale);
        let locale = locale.ok_or_else(|| wrong("locale", "it is written like \"zh-CN\""))?;
        let wire = Wire::new(&options)?;
        Ok(Self { shared: Arc::new(Shared { options, locale, wire, timer, fresh_id, lines: Mutex::default() }) })
    }

    /// Customers and subscriptions, as an app in the reseller's own directory.
    pub fn partner_center(&self, identity: &AppIdentity) -> Result<PartnerCenter, UpstreamError> {
        let options = &self.shared.options;
        Ok(PartnerCenter {
            line: self.line(Interface::PartnerCenter, identity)?,
            customers_per_page: options.customers_per_page,
            managed_services: options.managed_services,
        })
    }

    /// Service health in the directory that the identity names: a customer's, or our own.
    pub fn graph(&self, identity: &AppIdentity) -> Result<Graph, UpstreamError> {
        Ok(Graph { line: self.line(Interface::Graph, identity)? })
    }

    /// Service requests, for operators that take them; as an app in the reseller's own directory.
    pub fn service_requests(&self, identity: &AppIdentity) -> Result<ServiceRequests, UpstreamError> {
        let locale = self.shared.options.locale.clone();
        Ok(ServiceRequests { line: self.line(Interface::PartnerCenter, identity)?, locale })
    }

    fn line(&self, interface: Interface, identity: &AppIdentity) -> Result<Arc<Line>, UpstreamError> {
        identity.check()?;
        let key =
            LineKey { interface, tenant: identity.tenant.to_ascii_lowercase(), client_id: identity.client_id.clone() };
        let mut lines = self.shared.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let known = lines.get(&key);
        if let Some(line) = known.filter(|line| line.tokens.identity().secret == identity.secret) {
            return Ok(Arc::clone(line));
        }
        // A new secret or another app needs its own tokens; the pace is the directory's.
        let is_same_directory = |other: &LineKey| other.interface == key.interface && other.tenant == key.tenant;
        let pace = lines.iter().find(|(other, _)| is_same_directory(other)).map(|(_, line)| Arc::clone(&line.pace));
        let line = Arc::new(self.shared.open(interface, identity, pace));
        if lines.len() >= LINES_MAX {
            lines.retain(|_, line| Arc::strong_count(line) > 1 || !line.pace.is_idle());
        }
        lines.insert(key, Arc::clone(&line));
        Ok(line)
    }
}

impl Shared {
    fn open(&self, interface: Interface, identity: &AppIdentity, pace: Option<Arc<Pace>>) -> Line {
        let hosts = &self.options.hosts;
        let (base, resource, locale): (&Url, &str, Option<HeaderValue>) = match interface {
            Interface::PartnerCenter => {
                (&hosts.partner_center, &hosts.partner_center_resource, Some(self.locale.clone()))
            }
            Interface::Graph => (&hosts.graph, &hosts.graph_resource, None),
        };
        let timer = || Arc::clone(&self.timer);
        let patience = self.options.patience;
        let tokens = Tokens::new(identity.clone(), &hosts.authority, resource, self.wire.clone(), timer(), patience);
        Line {
            tokens,
            pace: pace.unwrap_or_else(|| Arc::new(Pace::new(self.options.requests_per_minute, timer()))),
            wire: self.wire.clone(),
            timer: timer(),
            fresh_id: Arc::clone(&self.fresh_id),
            patience,
            base: base.clone(),
            locale,
        }
    }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream").field("hosts", &self.shared.options.hosts).finish_non_exhaustive()
    }
}
