//! The health of services: incidents that are opened, told on and ended while the stand-in runs.

use chrono::{DateTime, Utc};

/// Service, as the interface names it, and its id there.
pub(crate) const SERVICES: [(&str, &str); 8] = [
    ("Exchange", "Exchange Online"),
    ("SharePoint", "SharePoint Online"),
    ("Lync", "Skype for Business"),
    ("OSDPPlatform", "Office 365 Portal"),
    ("OfficeSubscription", "Office Subscription"),
    ("DynamicsCRM", "Dynamics 365"),
    ("PowerApps", "Power Apps"),
    ("OrgLiveID", "Identity Service"),
];
/// Of one incident we keep so many posts; of all incidents so many.
const POSTS_MAX: usize = 500;
const INCIDENTS_MAX: usize = 10_000;
const OPERATIONAL: &str = "serviceOperational";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    pub id: String,
    pub audience: Audience,
    /// As the interface names it: `Exchange Online`.
    pub service: String,
    pub feature: String,
    pub feature_group: String,
    pub title: String,
    pub impact: String,
    pub classification: String,
    /// In camelCase: `serviceDegradation`.
    pub status: String,
    pub resolved: bool,
    pub started: DateTime<Utc>,
    pub ended: Option<DateTime<Utc>>,
    pub modified: DateTime<Utc>,
    /// When, and the HTML that was written then.
    pub posts: Vec<(DateTime<Utc>, String)>,
}

/// Whose directories see an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    Everybody,
    Tenants(Vec<String>),
}

impl Incident {
    /// One that began now, for everybody, as a degradation.
    #[must_use]
    pub fn new(id: &str, service: &str, title: &str, started: DateTime<Utc>) -> Self {
        Self {
            id: id.to_owned(),
            audience: Audience::Everybody,
            service: service.to_owned(),
            feature: "Mailflow".to_owned(),
            feature_group: "E-Mail timely delivery".to_owned(),
            title: title.to_owned(),
            impact: title.to_owned(),
            classification: "Incident".to_owned(),
            status: "serviceDegradation".to_owned(),
            resolved: false,
            started,
            ended: None,
            modified: started,
            posts: Vec::new(),
        }
    }

    #[must_use]
    pub fn only_for(mut self, tenants: &[&str]) -> Self {
        self.audience = Audience::Tenants(tenants.iter().map(|tenant| (*tenant).to_owned()).collect());
        self
    }

    fn is_seen_by(&self, tenant: &str) -> bool {
        match &self.audience {
            Audience::Everybody => true,
            Audience::Tenants(tenants) => tenants.iter().any(|one| one.eq_ignore_ascii_case(tenant)),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Health(Vec<Incident>);

impl Health {
    /// One with the same id is replaced.
    pub fn open(&mut self, incident: Incident) {
        self.0.retain(|known| known.id != incident.id);
        if self.0.len() >= INCIDENTS_MAX {
            self.0.remove(0);
        }
        self.0.push(incident);
    }

    /// False where no incident has this id.
    pub fn change(&mut self, id: &str, now: DateTime<Utc>, change: impl FnOnce(&mut Incident)) -> bool {
        let Some(incident) = self.0.iter_mut().find(|incident| incident.id == id) else {
            return false;
        };
        change(incident);
        incident.modified = now;
        incident.posts.truncate(POSTS_MAX);
        true
    }

    /// Newest first.
    pub fn seen_by(&self, tenant: &str) -> Vec<&Incident> {
        self.0.iter().rev().filter(|incident| incident.is_seen_by(tenant)).collect()
    }

    /// What this tenant is told of a service: the newest open incident decides.
    pub fn status(&self, tenant: &str, service: &str) -> &str {
        let open = self.seen_by(tenant).into_iter().find(|incident| !incident.resolved && incident.service == service);
        open.map_or(OPERATIONAL, |incident| &incident.status)
    }
}
