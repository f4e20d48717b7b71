//! Rotas: who is on call, at which level, and where nobody is.
//!
//! A rota is written as a [`RotaSpec`] (data that people edit and the database keeps) and compiled once into a
//! [`Rota`]. Nothing here reads a clock: who asks brings the instant, and says who is active, for a person who has
//! left stands on the rota as a gap. An answer costs the same however long ago the rotation began.
//!
//! # The format
//!
//! ```toml
//! slug = "desk"
//! name = { en = "Service desk", zh = "服务台" }
//! team = "support"                     # the team it covers; may be left out
//!
//! [[layers]]
//! level = 1                            # 1 is on call first, 2 is the backup ...
//! people = ["01890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac96-774b-bcce-b302099a8058"]
//! rotation = "weekly"                  # or "daily"
//! every = 1                            # a turn lasts so many weeks, or days
//! hand_over = "09:00"                  # on the wall clock of the zone, all year round
//! weekday = "mon"                      # of a weekly hand-over
//! time_zone = "Asia/Shanghai"
//! starts_on = "2026-01-05"             # the first hand-over: the first turn begins
//! until = "2027-01-04"                 # the layer ends with the hand-over of this date; may be left out
//! # Limited to these hours; none means always. 20:00-08:00 belongs to the day it starts on.
//! restrictions = [{ weekdays = ["sat", "sun"], from = "20:00", to = "08:00" }]
//!
//! [[overrides]]
//! level = 1
//! from = "2026-02-16T01:00:00Z"        # [from, to)
//! to = "2026-02-18T01:00:00Z"
//! replaces = "01890a5d-ac96-774b-bcce-b302099a8057"    # left out: whoever is on call
//! with = "01890a5d-ac96-774b-bcce-b302099a8058"        # left out: nobody, on purpose
//! ```
//!
//! # Who wins
//!
//! At one level one person is on call at a time, or nobody. Of the layers of a level a later one wins where it is in
//! force and its turn falls on somebody active. Of the overrides that fit, the last one wins, and it is final: one that names
//! nobody, or somebody who has left, is a gap. `replaces` is whom the layers put on call, not whom another override
//! brought in, so two people who swap for a while are two overrides over the same span.

mod compile;
mod error;
pub mod ical;
mod layer;
mod spec;
mod timeline;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::Instant;
use crate::desk::Named;
use crate::ids::{AgentId, Slug};

pub use compile::{EVERY_MAX, LAYERS_MAX, LEVEL_MAX, OVERRIDES_MAX, PEOPLE_MAX, RESTRICTIONS_MAX};
pub use error::RotaError;
pub use spec::{LayerSpec, OverrideSpec, RestrictionSpec, RotaSpec};
pub use timeline::{Gap, HandOver, PIECES_MAX, SPAN_DAYS_MAX, Shift, Standing};

use compile::Override;
use layer::Layer;

/// Says whether a person still works here; on call is only who does.
pub type IsActive<'a> = &'a dyn Fn(AgentId) -> bool;

/// A rota ready to compute with.
#[derive(Debug, Clone)]
pub struct Rota {
    slug: Slug,
    name: Named,
    team: Option<Slug>,
    layers: Vec<Layer>,
    overrides: Vec<Override>,
}

impl Rota {
    /// Checks a rota and prepares it. Errors name the entry that is wrong.
    pub fn compile(spec: &RotaSpec) -> Result<Self, RotaError> {
        let layers = compile::layers_of(spec)?;
        let levels = layers.iter().map(|layer| layer.level).collect();
        let overrides = compile::overrides_of(spec, &levels)?;
        Ok(Self { slug: spec.slug.clone(), name: spec.name.clone(), team: spec.team.clone(), layers, overrides })
    }

    pub fn slug(&self) -> &Slug {
        &self.slug
    }

    pub fn name(&self) -> &Named {
        &self.name
    }

    /// The team it covers.
    pub fn team(&self) -> Option<&Slug> {
        self.team.as_ref()
    }

    /// The levels that have a layer; 1 is called first.
    pub fn levels(&self) -> BTreeSet<u32> {
        self.layers.iter().map(|layer| layer.level).collect()
    }

    /// Everybody whom a layer or an override names.
    pub fn people(&self) -> BTreeSet<AgentId> {
        let swapped_in = self.overrides.iter().filter_map(|swap| swap.with);
        self.layers.iter().flat_map(|layer| layer.people.iter().copied()).chain(swapped_in).collect()
    }

    /// Who is on call at a level, or nobody.
    pub fn on_call(&self, level: u32, instant: Instant, is_active: IsActive) -> Option<AgentId> {
        let at_s = instant.timestamp();
        let named = self.named(level, at_s, is_active);
        let fits = |swap: &&Override| {
            (swap.from_s..swap.to_s).contains(&at_s) && swap.replaces.is_none_or(|agent| named.contains(&agent))
        };
        let agent = match self.overrides_of(level).rev().find(fits) {
            Some(swap) => swap.with,
            None => named.last().copied(),
        };
        agent.filter(|agent| is_active(*agent))
    }

    /// Whom the layers put on call, the latest layer first, up to the first one who is active.
    fn named(&self, level: u32, at_s: i64, is_active: IsActive) -> Vec<AgentId> {
        let mut named = Vec::new();
        for agent in self.layers_of(level).rev().filter_map(|layer| layer.person_at(at_s)) {
            named.push(agent);
            if is_active(agent) {
                break;
            }
        }
        named
    }

    fn layers_of(&self, level: u32) -> impl DoubleEndedIterator<Item = &Layer> {
        self.layers.iter().filter(move |layer| layer.level == level)
    }

    fn overrides_of(&self, level: u32) -> impl DoubleEndedIterator<Item = &Override> {
        self.overrides.iter().filter(move |swap| swap.level == level)
    }
}
