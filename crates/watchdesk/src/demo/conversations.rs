//! What people write to each other, as the files under `data/` say.

use std::collections::BTreeMap;

use anyhow::Context;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use watchdesk_core::case::{EscalationReason, Measure};
use watchdesk_core::desk::Language;
use watchdesk_core::facts::HealthStatus;
use watchdesk_core::ids::Slug;
use watchdesk_core::ticket::{Channel, Severity};

const CHINESE: [(&str, &str); 6] = [
    ("zh/mail.toml", include_str!("data/zh/mail.toml")),
    ("zh/office.toml", include_str!("data/zh/office.toml")),
    ("zh/sharepoint.toml", include_str!("data/zh/sharepoint.toml")),
    ("zh/azure.toml", include_str!("data/zh/azure.toml")),
    ("zh/business.toml", include_str!("data/zh/business.toml")),
    ("zh/billing.toml", include_str!("data/zh/billing.toml")),
];
const ENGLISH: [(&str, &str); 4] = [
    ("en/mail.toml", include_str!("data/en/mail.toml")),
    ("en/office.toml", include_str!("data/en/office.toml")),
    ("en/azure.toml", include_str!("data/en/azure.toml")),
    ("en/business.toml", include_str!("data/en/business.toml")),
];
const STORIES: [(&str, &str); 2] =
    [("stories.toml", include_str!("data/stories.toml")), ("escalations.toml", include_str!("data/escalations.toml"))];
const PHRASES: &str = include_str!("data/phrases.toml");

/// A problem, and how it goes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub id: String,
    #[serde(default = "english")]
    pub language: Language,
    /// Only for this one.
    pub customer: Option<String>,
    /// Only by this person, named by his mailbox.
    pub contact: Option<String>,
    pub category: Slug,
    pub service: Option<Slug>,
    pub severity: Severity,
    pub channel: Option<Channel>,
    pub subjects: Vec<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub ending: Ending,
    pub steps: Vec<Step>,
    /// What comes later, in a ticket of its own.
    #[serde(default)]
    pub follow_up: Vec<Step>,
    /// Minutes before now; a story has it, everything else happens when it happens.
    pub opens_ago: Option<i64>,
    /// ... at this time of that day, in Shanghai.
    pub opens_at: Option<String>,
    pub case: Option<CaseData>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// By its last step.
    #[default]
    Steps,
    Spam,
    Withdrawn,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Step {
    #[serde(flatten)]
    pub say: Say,
    /// Minutes after the step before.
    pub after: Option<i64>,
    /// The name of a file that goes along.
    pub file: Option<String>,
}

/// Who does what. The text may hold `{placeholders}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Say {
    Customer(String),
    Reply(String),
    /// A reply after which we wait for the customer.
    Ask(String),
    Solve(String),
    Note(String),
    CallIn(String),
    CallOut(String),
    /// It turns out to be worse, or not so bad.
    Severity(Severity),
    /// Links the operator's incident.
    Incident(String),
    /// Our last mail came back.
    #[serde(deserialize_with = "happens")]
    Bounced(()),
    #[serde(deserialize_with = "happens")]
    Draft(()),
    Filed(String),
    /// Joins the case of another scenario.
    Joins(String),
    Acknowledged(String),
    Operator(String),
    ToOperator(String),
    #[serde(deserialize_with = "happens")]
    WaitingOnUs(()),
    AnswerSolved(String),
    AnswerNotSolved(String),
    Refused(String),
    Withdrawn(String),
    #[serde(deserialize_with = "happens")]
    Confirmed(()),
    #[serde(deserialize_with = "happens")]
    Reopened(()),
    Learned(Lesson),
}

/// What the desk learned from a case that came back.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    pub body: String,
    pub measure: Measure,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseData {
    pub reason: EscalationReason,
    pub summary: String,
    pub tried: String,
    pub impact: String,
    pub affected_users: u32,
    pub error_texts: String,
}

/// Health of a service as somebody looked it up.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HealthCheck {
    pub ago: i64,
    pub at: Option<String>,
    pub service: Slug,
    pub status: HealthStatus,
    pub incident: Option<String>,
    pub note: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phrases {
    pub duplicates: Vec<String>,
    pub out_of_office: String,
    pub handovers: Vec<String>,
    pub second_matter: String,
    pub second_subject: String,
    pub second_answer: String,
    pub second_yes: String,
    pub second_solved: String,
    pub again: String,
    pub again_solved: String,
    /// Why a miss is nobody's fault here.
    pub excuses: Vec<String>,
}

/// All words of the demo.
#[derive(Debug, Clone)]
pub struct Words {
    /// What happens every day.
    pub scenarios: Vec<Scenario>,
    pub stories: Vec<Scenario>,
    pub health: Vec<HealthCheck>,
    phrases: BTreeMap<String, Phrases>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioFile {
    scenario: Vec<Scenario>,
    #[serde(default)]
    health: Vec<HealthCheck>,
}

/// `draft = true`: a step without words.
fn happens<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    match bool::deserialize(deserializer)? {
        true => Ok(()),
        false => Err(D::Error::custom("leave out what does not happen")),
    }
}

fn english() -> Language {
    Language::English
}

impl Words {
    pub fn load() -> anyhow::Result<Self> {
        let mut scenarios = Vec::new();
        for (language, files) in [(Language::Chinese, &CHINESE[..]), (Language::English, &ENGLISH[..])] {
            for (name, text) in files {
                let file: ScenarioFile = toml::from_str(text).with_context(|| format!("demo/data/{name}"))?;
                scenarios.extend(file.scenario.into_iter().map(|scenario| Scenario { language, ..scenario }));
            }
        }
        let (mut stories, mut health) = (Vec::new(), Vec::new());
        for (name, text) in STORIES {
            let file: ScenarioFile = toml::from_str(text).with_context(|| format!("demo/data/{name}"))?;
            stories.extend(file.scenario);
            health.extend(file.health);
        }
        let phrases = toml::from_str(PHRASES).context("demo/data/phrases.toml")?;
        Ok(Self { scenarios, stories, health, phrases })
    }

    pub fn phrases(&self, language: Language) -> anyhow::Result<&Phrases> {
        self.phrases
            .get(language.as_str())
            .with_context(|| format!("demo/data/phrases.toml has no {}", language.as_str()))
    }
}

impl Say {
    pub fn is_by_staff(&self) -> bool {
        matches!(self, Self::Reply(_) | Self::Ask(_) | Self::Solve(_))
    }
}

/// What stands for the placeholders of one conversation.
#[derive(Debug, Clone, Default)]
pub struct Values(pub BTreeMap<&'static str, String>);

impl Values {
    pub fn fill(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text.trim();
        while let Some(start) = rest.find('{') {
            let (before, from) = rest.split_at(start);
            filled.push_str(before);
            let end = from.find('}').unwrap_or(from.len().saturating_sub(1));
            let name = from.get(1..end).unwrap_or_default();
            match self.0.get(name) {
                Some(value) => filled.push_str(value),
                None => filled.push_str(&from[..=end]),
            }
            rest = &from[end + 1..];
        }
        filled.push_str(rest);
        filled
    }
}
