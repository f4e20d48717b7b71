//! Ladders that call on a rota that is not there any more.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::desk::Desk;
use crate::ids::Slug;
use crate::policy::{OnCall, Policy, Side};

/// Where a ladder calls nobody, because the rota or the level that it names is not there. A policy that does
/// so is not published; a rota can be taken away, or changed, afterwards.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct NobodyCalled {
    pub rota: Slug,
    pub level: u32,
    /// Whether there is at least a rota of that name.
    pub is_level_only: bool,
    pub policy: Slug,
    /// `rules[2] "Azure".ladders.resolution`.
    pub entry: String,
}

impl fmt::Display for NobodyCalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rota, level, is_level_only, policy, entry } = self;
        write!(f, "{entry} of the policy {policy} ")?;
        match is_level_only {
            true => write!(f, "calls on level {level} of the rota {rota}, which has no such level")?,
            false => write!(f, "calls on the rota {rota}, which is not there")?,
        }
        f.write_str(": nobody is called; save that rota, or publish a policy that names another")
    }
}

impl Desk {
    /// Ladders of the newest policies that call on rotas, or levels of them, that the desk does not have.
    pub fn ladders_that_call_nobody(&self) -> BTreeSet<NobodyCalled> {
        let mut found = BTreeSet::new();
        for policy in Side::ALL.into_iter().filter_map(|side| self.policy(side).newest()).map(|newest| &newest.body) {
            for (index, rule) in policy.rules.iter().enumerate() {
                for (objective, ladder) in &rule.ladders {
                    let entry = format!("rules[{index}] {:?}.ladders.{objective}", rule.name);
                    found.extend(ladder.on_call().filter_map(|wanted| self.nobody(wanted, policy, &entry)));
                }
            }
        }
        found
    }

    fn nobody(&self, wanted: &OnCall, policy: &Policy, entry: &str) -> Option<NobodyCalled> {
        let rota = self.rotas.get(&wanted.rota);
        let is_there = rota.is_some_and(|rota| rota.levels().contains(&wanted.level));
        (!is_there).then(|| NobodyCalled {
            rota: wanted.rota.clone(),
            level: wanted.level,
            is_level_only: rota.is_some(),
            policy: policy.slug.clone(),
            entry: entry.to_owned(),
        })
    }
}
