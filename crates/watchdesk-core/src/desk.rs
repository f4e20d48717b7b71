//! What a desk has agreed on: policies, calendars, categories, services, people. A decision sees it as one value.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;
use crate::clock::Objective;
use crate::ids::{AgentId, CustomerId, Slug, TeamId};
use crate::rights::Role;
use crate::ticket::{Channel, Severity};

#[derive(Debug, Clone)]
pub struct Desk {
    pub policy: Policy,
    /// By slug; the slug `always` is the 24x7 calendar.
    pub calendars: BTreeMap<Slug, Arc<DeskCalendar>>,
    pub categories: BTreeMap<Slug, Category>,
    pub services: BTreeMap<Slug, Service>,
    pub agents: BTreeMap<AgentId, AgentFact>,
    pub teams: BTreeMap<TeamId, TeamFact>,
    pub settings: Settings,
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
    /// Evidence fields the gate wants filled: `tried`, `impact`, `affected_users`, `since`, `error_texts`, `tenant_id`, `subscription_id`.
    #[serde(default)]
    pub evidence: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    pub slug: Slug,
    pub name: Named,
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
    /// The operator that cases go to.
    pub operator: Slug,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            reopening_window_s: 7 * 24 * 3600,
            health_valid_s: 3600,
            severity_untriaged: Severity::B,
            operator: Slug::new("21vianet").expect("a legal slug"),
        }
    }
}

/// Ordered rules; the first whose condition matches decides what is owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    pub slug: Slug,
    #[serde(default = "first_version")]
    pub version: i32,
    pub rules: Vec<Rule>,
}

fn first_version() -> i32 {
    1
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub name: String,
    #[serde(default)]
    pub when: Condition,
    /// Explicitly nothing is owed.
    #[serde(default)]
    pub no_sla: bool,
    #[serde(default)]
    pub calendar: Option<Slug>,
    /// Seconds by objective and severity.
    #[serde(default)]
    pub targets: BTreeMap<Objective, BTreeMap<Severity, i64>>,
    #[serde(default)]
    pub reopening: Reopening,
    /// Who is told when, by objective.
    #[serde(default)]
    pub ladders: BTreeMap<Objective, Vec<LadderStep>>,
}

/// What a resolution clock does when a resolved ticket is taken up again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reopening {
    /// It carries the seconds already used; the resolved span does not count.
    #[default]
    Continue,
    Restart,
}

/// An empty list matches everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Condition {
    pub customers: BTreeSet<CustomerId>,
    pub tiers: BTreeSet<Slug>,
    pub categories: BTreeSet<Slug>,
    pub services: BTreeSet<Slug>,
    pub severities: BTreeSet<Severity>,
    pub channels: BTreeSet<Channel>,
    pub tags: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LadderStep {
    /// Of the target; 100 is the deadline itself.
    pub percent: u32,
    pub tell: Vec<Whom>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whom {
    /// The owner; where there is none, the team; where there is none either, everybody who takes tickets.
    Owner,
    Team,
    /// The leads of the ticket's team, else all leads.
    Leads,
    Managers,
}
