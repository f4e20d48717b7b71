//! The operator's names of services, and the desk's own.

use std::collections::{BTreeMap, BTreeSet};

use watchdesk_core::ids::Slug;

/// As the configuration says; nothing is guessed. The operator's spelling of a name varies in its capitals only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceNames(BTreeMap<String, Option<Slug>>);

/// What a name of the operator's means to the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning<'a> {
    Ours(&'a Slug),
    /// The desk does not resell it, and said so.
    NotOurs,
    Unknown,
}

impl ServiceNames {
    /// `None` stands for a service that the desk does not resell.
    pub fn new(names: impl IntoIterator<Item = (String, Option<Slug>)>) -> Self {
        Self(names.into_iter().map(|(name, slug)| (folded(&name), slug)).collect())
    }

    pub(super) fn meaning(&self, name: &str) -> Meaning<'_> {
        match self.0.get(&folded(name)) {
            Some(Some(slug)) => Meaning::Ours(slug),
            Some(None) => Meaning::NotOurs,
            None => Meaning::Unknown,
        }
    }

    /// Without those that name a service which the desk does not have: they mean nothing.
    pub(super) fn of_desk(&self, services: &BTreeSet<&Slug>) -> Self {
        let means = |slug: &Option<Slug>| slug.as_ref().is_none_or(|slug| services.contains(slug));
        Self(self.0.iter().filter(|(_, slug)| means(slug)).map(|(name, slug)| (name.clone(), slug.clone())).collect())
    }
}

fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}
