//! A rota as people write it and the database keeps it: JSON, or the same shape in TOML.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::Instant;
use crate::desk::Named;
use crate::ids::{AgentId, Slug};

/// Only the shape is checked when it is read; [`super::Rota::compile`] checks the values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RotaSpec {
    pub slug: Slug,
    pub name: Named,
    /// The team it covers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<Slug>,
    #[serde(default)]
    pub layers: Vec<LayerSpec>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<OverrideSpec>,
}

/// People who take turns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerSpec {
    /// 1 is on call first, 2 is the backup, and so on.
    #[serde(default = "one")]
    pub level: u32,
    /// In the order of their turns; whoever is named twice has two turns.
    pub people: Vec<AgentId>,
    /// `daily` or `weekly`.
    pub rotation: String,
    /// A turn lasts so many days or weeks.
    #[serde(default = "one")]
    pub every: u32,
    /// Local time of the hand-over, `HH:MM`.
    pub hand_over: String,
    /// The weekday of a weekly hand-over; that of `starts_on` if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weekday: Option<String>,
    /// IANA name, such as `Asia/Shanghai`.
    pub time_zone: String,
    /// The date of the first hand-over, with which the first turn begins: `YYYY-MM-DD`.
    pub starts_on: String,
    /// The date on which the layer ends, at the time of the hand-over: the `starts_on` of the one that follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// The hours to which the layer is limited; none means always.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restrictions: Vec<RestrictionSpec>,
}

/// On duty from one local time to another, on these weekdays. An end of `24:00` is midnight; an end before the start
/// lies on the next day, and the whole belongs to the day it starts on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestrictionSpec {
    /// `mon` to `sun`; none means every day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weekdays: Vec<String>,
    pub from: String,
    pub to: String,
}

/// For the span `[from, to)` somebody else, or nobody, is on call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverrideSpec {
    #[serde(default = "one")]
    pub level: u32,
    pub from: Instant,
    pub to: Instant,
    /// Only while the layers put this person on call; whoever it is, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<AgentId>,
    /// Nobody on purpose, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<AgentId>,
}

impl RotaSpec {
    /// Everybody whom it names.
    pub fn people(&self) -> BTreeSet<AgentId> {
        let in_layers = self.layers.iter().flat_map(|layer| layer.people.iter().copied());
        let in_overrides = self.overrides.iter().flat_map(|swap| swap.replaces.into_iter().chain(swap.with));
        in_layers.chain(in_overrides).collect()
    }
}

fn one() -> u32 {
    1
}
