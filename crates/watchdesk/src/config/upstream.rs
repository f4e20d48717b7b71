//! The operator's interfaces: where they are, as whom we ask, what they call our services.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use watchdesk_core::ids::Slug;
use watchdesk_core::operator_mail::{OperatorMail, PatternError};
use watchdesk_upstream::health::ServiceNames;
use watchdesk_upstream::{AppIdentity, Hosts, UpstreamError, UpstreamOptions};

use super::calls::Hidden;
use super::environment::secret_in;
use super::{Config, ConfigError};

/// Whoever does not answer by then is asked again with the next look; nobody waits for him.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);
pub(super) const PATIENCE: Duration = Duration::from_secs(15);

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    pub authority: String,
    pub partner_center: String,
    pub graph: String,
    pub tenant: String,
    pub client_id: String,
    pub client_secret: Hidden,
    pub client_secret_file: PathBuf,
    pub health: UpstreamHealth,
    pub directory: UpstreamDirectory,
    pub mail: UpstreamMail,
    /// The operator's name of a service, and ours.
    pub services: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamHealth {
    pub every: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamDirectory {
    pub enabled: bool,
    pub every: String,
}

/// How the operator's mail is told apart.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamMail {
    pub from: Vec<String>,
    pub references: Vec<String>,
}

impl Config {
    /// How mail of the operators is told apart.
    pub fn recognised(&self) -> Result<OperatorMail, String> {
        OperatorMail::new(&self.operator_senders(), &self.upstream.mail.references).map_err(|error| {
            let key = match &error {
                PatternError::Sender(_) => "upstream.mail.from",
                PatternError::Reference { .. } => "upstream.mail.references",
                PatternError::TooMany => "upstream.mail",
            };
            format!("{key} is wrong: {error}")
        })
    }
}

/// What it takes to ask the operator.
pub struct Access {
    pub options: UpstreamOptions,
    pub identity: AppIdentity,
    pub names: ServiceNames,
}

impl Upstream {
    pub(super) fn read_secret_file(&mut self) -> Result<(), ConfigError> {
        if self.client_secret_file.as_os_str().is_empty() {
            return Ok(());
        }
        if !self.client_secret.is_empty() {
            let both = "upstream.client_secret_file and upstream.client_secret are both set; keep one";
            return Err(ConfigError::Wrong(both.to_owned()));
        }
        self.client_secret = Hidden::new(secret_in("upstream.client_secret_file", self.client_secret_file.clone())?);
        Ok(())
    }

    fn is_off(&self) -> bool {
        self.client_id.is_empty()
    }

    fn hosts(&self) -> Result<Hosts, String> {
        let named = |error| match error {
            UpstreamError::Setting { key, why } => format!("upstream.{key} is wrong: {why}"),
            other => format!("upstream: {other}"),
        };
        Hosts::parse(&self.authority, &self.partner_center, &self.graph).map_err(named)
    }

    fn names(&self) -> Result<ServiceNames, String> {
        let ours = |(name, slug): (&String, &String)| {
            let wrong =
                |error| format!("upstream.services.\"{name}\": {error}; or \"\" for one that you do not resell");
            let slug = if slug.is_empty() { None } else { Some(Slug::new(slug.as_str()).map_err(wrong)?) };
            Ok((name.clone(), slug))
        };
        Ok(ServiceNames::new(self.services.iter().map(ours).collect::<Result<Vec<_>, String>>()?))
    }
}

impl Config {
    pub(super) fn check_upstream(&self) -> Result<(), String> {
        let upstream = &self.upstream;
        upstream.hosts()?;
        upstream.names()?;
        self.recognised()?;
        watchdesk_notifier::scheduler::check_line("upstream.health.every", &upstream.health.every)
            .map_err(|error| error.to_string())?;
        watchdesk_notifier::scheduler::check_line("upstream.directory.every", &upstream.directory.every)
            .map_err(|error| error.to_string())?;
        if upstream.is_off() {
            if upstream.directory.enabled {
                return Err("upstream.directory.enabled is set, so upstream.client_id must be too: your app".to_owned());
            }
            return Ok(());
        }
        if upstream.tenant.is_empty() {
            return Err("upstream.client_id is set, so upstream.tenant must be too: your own directory".to_owned());
        }
        if upstream.client_secret.is_empty() {
            return Err(
                "upstream.client_id is set, so upstream.client_secret or upstream.client_secret_file must be too"
                    .to_owned(),
            );
        }
        Ok(())
    }

    /// None where the operator's interfaces are not used.
    pub fn upstream_access(&self) -> Result<Option<Access>, String> {
        let upstream = &self.upstream;
        if upstream.is_off() {
            return Ok(None);
        }
        let mut options = UpstreamOptions::new(upstream.hosts()?);
        options.request_timeout = REQUEST_TIMEOUT;
        options.patience = PATIENCE;
        let identity = AppIdentity::new(&upstream.tenant, &upstream.client_id, upstream.client_secret.reveal());
        Ok(Some(Access { options, identity, names: upstream.names()? }))
    }
}
