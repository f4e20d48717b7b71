//! What a desk has agreed on: policies, calendars, categories, services, people. A decision sees it as one value.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Instant;
use crate::calendar::Calendar;
use crate::ids::{AgentId, Slug, TeamId};
use crate::operator::Operators;
use crate::policy::{Policy, Side};
use crate::rights::Role;
use crate::rota::Rota;
use crate::ticket::Severity;

#[derive(Debug, Clone)]
pub struct Desk {
    /// What we owe the customers; every version.
    pub customer_policy: Versions<Policy>,
    /// What the operator owes us; every version.
    pub operator_policy: Versions<Policy>,
    /// By slug, every version; the slug `always` is the 24x7 calendar.
    pub calendars: BTreeMap<Slug, Versions<Arc<DeskCalendar>>>,
    pub rotas: BTreeMap<Slug, Arc<Rota>>,
    pub categories: BTreeMap<Slug, Category>,
    pub services: BTreeMap<Slug, Service>,
    pub agents: BTreeMap<AgentId, AgentFact>,
    pub teams: BTreeMap<TeamId, TeamFact>,
    pub operators: Operators,
    pub settings: Settings,
}

/// Everything that was ever published under one name, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions<T> {
    all: Vec<Published<T>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published<T> {
    pub version: i32,
    pub at: Instant,
    pub applies_to: AppliesTo,
    pub body: T,
}

/// Whom a new version is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppliesTo {
    /// Tickets that are opened from now on; what runs keeps the version it has.
    #[default]
    New,
    /// Those that run as well: they are measured anew from their original start.
    Running,
}

impl AppliesTo {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Running => "running",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::New, Self::Running].into_iter().find(|applies| applies.as_str() == text)
    }
}

impl<T> Default for Versions<T> {
    fn default() -> Self {
        Self { all: Vec::new() }
    }
}

impl<T> Versions<T> {
    pub fn new(mut all: Vec<Published<T>>) -> Self {
        all.sort_by_key(|published| published.version);
        Self { all }
    }

    /// The first and only version, for whatever there is.
    pub fn only(body: T) -> Self {
        let at = Instant::UNIX_EPOCH;
        Self { all: vec![Published { version: 1, at, applies_to: AppliesTo::Running, body }] }
    }

    /// The version that holds for what was opened then: the newest that is for running ones, or was there already. None
    /// for what is older than a first version that is for new ones only.
    pub fn for_opened(&self, at: Instant) -> Option<&Published<T>> {
        let holds = |published: &&Published<T>| published.applies_to == AppliesTo::Running || published.at <= at;
        self.all.iter().rev().find(holds)
    }

    pub fn version(&self, version: i32) -> Option<&Published<T>> {
        self.all.binary_search_by_key(&version, |published| published.version).ok().map(|at| &self.all[at])
    }

    pub fn newest(&self) -> Option<&Published<T>> {
        self.all.last()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Published<T>> {
        self.all.iter()
    }

    /// One more, as if it were published; for trying it.
    pub fn push(&mut self, published: Published<T>) {
        self.all.push(published);
        self.all.sort_by_key(|published| published.version);
    }
}

#[derive(Debug)]
pub struct DeskCalendar {
    pub slug: Slug,
    pub version: i32,
    pub calendar: Calendar,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentFact {
    pub id: AgentId,
    pub role: Role,
    pub teams: BTreeSet<TeamId>,
    pub active: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamFact {
    pub id: TeamId,
    pub slug: Slug,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    pub slug: Slug,
    pub name: Named,
    /// Triage must name a service.
    #[serde(default)]
    pub needs_service: bool,
    /// The highest severity the operator takes for it: billing tops out at B.
    #[serde(default)]
    pub escalation_severity_max: Option<Severity>,
    /// Evidence fields the gate wants filled: `tried`, `impact`, `affected_users`, `since`, `error_texts`, `tenant_id`,
    /// `subscription_id`, `order_id`, `customer_id`, `mpn_id`, `domain_name`, `invoice_number`, `invoice_or_order`.
    #[serde(default)]
    pub evidence: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    pub slug: Slug,
    pub name: Named,
}

impl Desk {
    pub fn policy(&self, side: Side) -> &Versions<Policy> {
        match side {
            Side::Customer => &self.customer_policy,
            Side::Operator => &self.operator_policy,
        }
    }

    /// The severity that a ticket is held to until it is triaged: as its policy says, or else as the settings do.
    pub fn severity_untriaged(&self, opened_at: Instant) -> Severity {
        let published = self.customer_policy.for_opened(opened_at);
        published.and_then(|known| known.body.severity_untriaged).unwrap_or(self.settings.severity_untriaged)
    }

    /// The calendar as it holds for what was opened then.
    pub fn calendar_for(&self, slug: &Slug, opened_at: Instant) -> Option<&Arc<DeskCalendar>> {
        self.calendars.get(slug)?.for_opened(opened_at).map(|published| &published.body)
    }

    pub fn calendar_version(&self, slug: &Slug, version: i32) -> Option<&Arc<DeskCalendar>> {
        self.calendars.get(slug)?.version(version).map(|published| &published.body)
    }
}

/// A name in the languages of the desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    pub en: String,
    pub zh: String,
}

impl Named {
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::English => &self.en,
            Language::Chinese => &self.zh,
        }
    }
}

/// The languages that mails and pages speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Language {
    #[serde(rename = "en")]
    English,
    #[serde(rename = "zh-CN")]
    Chinese,
}

impl Language {
    pub const ALL: [Self; 2] = [Self::English, Self::Chinese];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-CN",
        }
    }

    /// The best match for a language tag: any `zh…` is Chinese, everything else English.
    pub fn of_tag(tag: &str) -> Self {
        if tag.trim().to_ascii_lowercase().starts_with("zh") { Self::Chinese } else { Self::English }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How long the customer's answer reopens a resolved ticket; afterwards it is closed.
    pub reopening_window_s: i64,
    /// A health check older than this does not open the gate.
    pub health_valid_s: i64,
    /// The severity a ticket is held to before triage.
    pub severity_untriaged: Severity,
    /// The operator that cases go to, unless another one has the service.
    pub operator: Slug,
    /// Notices of a ladder that come later than this are put together into one mail for each person.
    #[serde(default = "digest_after_s")]
    pub digest_after_s: i64,
    /// The operator deletes the data of a subscription that was suspended for so many days.
    #[serde(default = "subscription_deletion_days")]
    pub subscription_deletion_days: i64,
    /// What was handed to the operator stays on record so long.
    #[serde(default = "disclosures_kept_s")]
    pub disclosures_kept_s: i64,
}

fn subscription_deletion_days() -> i64 {
    60
}

fn digest_after_s() -> i64 {
    3_600
}

/// Three years, as the law asks (PIPL art. 56).
fn disclosures_kept_s() -> i64 {
    1_096 * 24 * 3600
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            reopening_window_s: 7 * 24 * 3600,
            health_valid_s: 3600,
            severity_untriaged: Severity::B,
            operator: Slug::new("21vianet").expect("a legal slug"),
            digest_after_s: digest_after_s(),
            subscription_deletion_days: subscription_deletion_days(),
            disclosures_kept_s: disclosures_kept_s(),
        }
    }
}
