//! Ladders: who is told, or what is done, when a target is near or missed.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::ids::Slug;
use crate::rights::Role;

/// Steps that one ladder may have.
pub const LADDER_STEPS_MAX: usize = 20;
/// Rounds that one ladder may call again.
pub const LADDER_REPEAT_MAX: u32 = 5;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Ladder {
    pub steps: Vec<LadderStep>,
    /// How many more rounds the steps that want an acknowledgement are called when nobody acknowledged.
    pub repeat: u32,
}

/// People write the steps alone, or the steps and what goes beside them.
impl<'de> Deserialize<'de> for Ladder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LadderVisitor)
    }
}

struct LadderVisitor;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    steps: Vec<LadderStep>,
    #[serde(default)]
    repeat: u32,
}

impl<'de> Visitor<'de> for LadderVisitor {
    type Value = Ladder;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of steps, or a table with `steps` and `repeat`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, steps: A) -> Result<Ladder, A::Error> {
        let steps = Vec::deserialize(de::value::SeqAccessDeserializer::new(steps))?;
        Ok(Ladder { steps, repeat: 0 })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Ladder, A::Error> {
        let Whole { steps, repeat } = Whole::deserialize(de::value::MapAccessDeserializer::new(map))?;
        Ok(Ladder { steps, repeat })
    }
}

impl Ladder {
    /// Whom it calls or assigns to by a rota.
    pub fn on_call(&self) -> impl Iterator<Item = &OnCall> {
        self.steps.iter().flat_map(|step| {
            let told = step.tell.iter().filter_map(|whom| match whom {
                Whom::OnCall(on_call) => Some(on_call),
                Whom::Assignee
                | Whom::Team
                | Whom::Leads
                | Whom::Managers
                | Whom::Role(_)
                | Whom::AccountOwner
                | Whom::Address(_)
                | Whom::Webhook(_) => None,
            });
            let assigned = step.assign.iter().filter_map(|to| match to {
                AssignTo::OnCall(on_call) => Some(on_call),
                AssignTo::Team(_) => None,
            });
            told.chain(assigned)
        })
    }
}

/// When, whom and what. Exactly one of `percent`, `before_s` and `after_s` says when.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LadderStep {
    /// Of the target; 100 is the deadline itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before_s: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_s: Option<i64>,
    pub tell: Vec<Whom>,
    /// Somebody has to say "I have seen it" within so many seconds of the delivery, else the next step is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledge_within_s: Option<i64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub raise_severity: bool,
    /// Only where nobody has it yet: a machine never takes a ticket away from a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assign: Option<AssignTo>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub propose_escalation: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepTime {
    Percent(u32),
    /// Seconds before the deadline.
    Before(i64),
    /// Seconds after it.
    After(i64),
}

impl LadderStep {
    pub fn time(&self) -> Option<StepTime> {
        match (self.percent, self.before_s, self.after_s) {
            (Some(percent), None, None) => Some(StepTime::Percent(percent)),
            (None, Some(before), None) => Some(StepTime::Before(before)),
            (None, None, Some(after)) => Some(StepTime::After(after)),
            _ => None,
        }
    }

    /// Whether it speaks of a target that is missed, not near.
    pub fn is_miss(&self) -> bool {
        match self.time() {
            Some(StepTime::Percent(percent)) => percent >= 100,
            Some(StepTime::After(_)) => true,
            Some(StepTime::Before(_)) | None => false,
        }
    }

    pub fn does_nothing(&self) -> bool {
        self.tell.is_empty()
            && !self.raise_severity
            && self.assign.is_none()
            && self.tags.is_empty()
            && !self.propose_escalation
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whom {
    /// The owner if on duty, else who is on call; where there is no owner, the team.
    #[serde(alias = "owner")]
    Assignee,
    /// Everybody of the ticket's team who takes tickets; without a team everybody who does.
    Team,
    /// The leads of the ticket's team, else all leads.
    Leads,
    Managers,
    Role(Role),
    /// The person who looks after the customer.
    AccountOwner,
    OnCall(OnCall),
    /// Somebody outside the desk.
    Address(String),
    /// A webhook of the configuration, by its slug.
    Webhook(Slug),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnCall {
    pub rota: Slug,
    #[serde(default = "first_level")]
    pub level: u32,
}

fn first_level() -> u32 {
    1
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssignTo {
    OnCall(OnCall),
    Team(Slug),
}
