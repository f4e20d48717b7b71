//! What a stand-in is told when it is started.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::seed::Seed;
use crate::spelling::Spelling;

/// Where the time comes from.
pub type Now = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

#[derive(Clone)]
pub struct Options {
    /// On 127.0.0.1; 0 takes a free one.
    pub port: u16,
    pub now: Now,
    /// The reseller's own directory.
    pub tenant: String,
    pub client_id: String,
    pub client_secret: String,
    pub seed: Seed,
    pub spelling: Spelling,
    /// Per signed-in tenant, in any sliding minute.
    pub requests_per_minute: usize,
    /// Documents disagree whether this operator has it.
    pub managed_services: bool,
    /// Whether a write that is repeated with the same `MS-RequestId` is recognised.
    pub honours_request_ids: bool,
    pub token_lifetime_s: i64,
}

impl Options {
    pub fn new(now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self {
            port: 0,
            now: Arc::new(now),
            tenant: "reseller.partner.example.cn".to_owned(),
            client_id: "watchdesk".to_owned(),
            client_secret: "stand-in-secret".to_owned(),
            seed: Seed::default(),
            spelling: Spelling::Mixed,
            requests_per_minute: 500,
            managed_services: false,
            honours_request_ids: true,
            token_lifetime_s: 3_600,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("port", &self.port).field("tenant", &self.tenant).finish_non_exhaustive()
    }
}

/// Where the links to next pages lead.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Links {
    #[default]
    Onward,
    /// To another origin, as an attacker would have it.
    Elsewhere(String),
    /// Every page names itself as the next one.
    Circular,
}
